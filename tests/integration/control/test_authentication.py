"""Signing in, staying in, and being kept out."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from suwen.control.access.authentication import Authenticator, SignInRules, token_hash
from suwen.core.audit import AuditOutcome
from suwen.core.errors import AccessError, AuthenticationError, InputError
from suwen.core.identity import Channel, Purpose
from suwen.storage.database import Database
from tests.integration.control.conftest import PASSWORD, Ward
from tests.support.applications import staff


async def wrong(ward: Ward, account: str, password: str) -> str:
    with pytest.raises(AuthenticationError) as refused:
        await ward.authenticator.sign_in(account, password, Channel.WEB)
    return refused.value.code


async def test_the_right_password_opens_a_session_and_signing_out_ends_it(ward: Ward) -> None:
    signed_in = await ward.authenticator.sign_in("dr.lin", PASSWORD, Channel.WEB)
    principal = await ward.authenticator.principal_of(signed_in.token, Channel.WEB)
    assert (principal.id, principal.purpose) == ("dr.lin", Purpose.TREATMENT)
    await ward.authenticator.sign_out(signed_in.token)
    with pytest.raises(AuthenticationError):
        await ward.authenticator.principal_of(signed_in.token, Channel.WEB)
    assert ward.site.audit.told == [
        ("session.open", AuditOutcome.DONE),
        ("session.close", AuditOutcome.DONE),
    ]


async def test_a_token_is_stored_only_as_its_hash(ward: Ward, database: Database) -> None:
    from sqlalchemy import text

    token = (await ward.authenticator.sign_in("dr.lin", PASSWORD, Channel.WEB)).token
    async with database.transaction() as connection:
        rows = (await connection.execute(text("SELECT * FROM session"))).all()
    assert token not in repr(rows)
    assert len(token) >= 43


async def test_unknown_barred_and_wrong_are_told_alike(ward: Ward) -> None:
    await ward.site.people.disable((await ward.site.people.read("dr.wu")).id, ward.site.clock.at)
    codes = {
        await wrong(ward, "nobody", PASSWORD),
        await wrong(ward, "dr.wu", PASSWORD),
        await wrong(ward, "dr.lin", "not this one"),
    }
    assert codes == {"credentials_wrong"}


async def test_what_is_typed_as_an_account_is_not_written_down(ward: Ward) -> None:
    await wrong(ward, "my-secret-password", "x")
    assert "my-secret-password" not in repr(ward.site.audit.events)
    assert ward.site.audit.events[-1].entry.actor == "unknown"


async def test_five_failures_lock_an_account_for_a_while(ward: Ward) -> None:
    for _ in range(5):
        assert await wrong(ward, "dr.lin", "guess") == "credentials_wrong"
    assert await wrong(ward, "dr.lin", PASSWORD) == "account_locked"
    assert (await ward.authenticator.sign_in("dr.zhou", PASSWORD, Channel.WEB)).token
    ward.site.clock.forward(timedelta(minutes=16))
    assert (await ward.authenticator.sign_in("dr.lin", PASSWORD, Channel.WEB)).token


async def test_an_unknown_account_is_locked_like_a_known_one(ward: Ward) -> None:
    for _ in range(5):
        await wrong(ward, "nobody", "guess")
    assert await wrong(ward, "nobody", "guess") == "account_locked"


async def test_many_failures_of_anybody_slow_everybody(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    delays: list[float] = []

    async def sleep(seconds: float) -> None:
        delays.append(seconds)

    monkeypatch.setattr("suwen.control.access.authentication.sleep", sleep)
    rules = SignInRules(calm_failures=2)
    authenticator = Authenticator(ward.site.people, ward.site.audit, ward.site.clock, rules)
    for number in range(4):
        with pytest.raises(AuthenticationError):
            await authenticator.sign_in(f"guess{number}", "x", Channel.WEB)
    assert delays == [pytest.approx(0.1)]
    ward.site.clock.forward(timedelta(minutes=2))
    await authenticator.sign_in("dr.lin", PASSWORD, Channel.WEB)
    assert len(delays) == 1


async def test_a_session_ends_when_it_is_idle_and_at_its_longest(ward: Ward) -> None:
    async def still_in(token: str, channel: Channel) -> bool:
        try:
            await ward.authenticator.principal_of(token, channel)
        except AuthenticationError:
            return False
        return True

    web = (await ward.authenticator.sign_in("dr.lin", PASSWORD, Channel.WEB)).token
    command_line = (await ward.authenticator.sign_in("dr.lin", PASSWORD, Channel.CLI)).token
    ward.site.clock.forward(timedelta(minutes=29))
    assert await still_in(web, Channel.WEB)
    ward.site.clock.forward(timedelta(minutes=29))
    assert await still_in(web, Channel.WEB), "each use counts"
    ward.site.clock.forward(timedelta(minutes=31))
    assert not await still_in(web, Channel.WEB)
    assert await still_in(command_line, Channel.CLI)
    ward.site.clock.forward(timedelta(hours=11))
    assert not await still_in(command_line, Channel.CLI)


async def test_the_idle_time_goes_on_over_a_restart(ward: Ward) -> None:
    token = (await ward.authenticator.sign_in("dr.lin", PASSWORD, Channel.WEB)).token

    def restarted() -> Authenticator:
        return Authenticator(ward.site.people, ward.site.audit, ward.site.clock, SignInRules())

    ward.site.clock.forward(timedelta(minutes=20))
    assert await restarted().principal_of(token, Channel.WEB)
    ward.site.clock.forward(timedelta(minutes=20))
    assert await restarted().principal_of(token, Channel.WEB), "the use before was kept"
    ward.site.clock.forward(timedelta(minutes=31))
    with pytest.raises(AuthenticationError):
        await restarted().principal_of(token, Channel.WEB)


async def test_a_use_is_kept_at_most_once_a_minute(ward: Ward) -> None:
    token = (await ward.authenticator.sign_in("dr.lin", PASSWORD, Channel.WEB)).token
    began = ward.site.clock.at
    for seconds, kept in ((30, 0), (29, 0), (1, 60), (59, 60), (1, 120)):
        ward.site.clock.forward(timedelta(seconds=seconds))
        await ward.authenticator.principal_of(token, Channel.WEB)
        found = await ward.site.people.read_session(token_hash(token), ward.site.clock.at)
        assert found is not None
        assert found[1].seen_at == began + timedelta(seconds=kept)


async def test_a_short_idle_time_is_kept_exactly_enough(ward: Ward) -> None:
    rules = SignInRules(idle=timedelta(minutes=1))
    short = Authenticator(ward.site.people, ward.site.audit, ward.site.clock, rules)
    token = (await short.sign_in("dr.lin", PASSWORD, Channel.WEB)).token
    for _ in range(4):
        ward.site.clock.forward(timedelta(seconds=50))
        assert await short.principal_of(token, Channel.WEB)


async def test_a_token_for_programs_lasts_at_most_90_days(ward: Ward) -> None:
    issued = await ward.authenticator.issue_token(ward.principals["dr.lin"], timedelta(days=400))
    assert issued.expires_at == ward.site.clock.at + timedelta(days=90)
    ward.site.clock.forward(timedelta(days=89))
    assert (await ward.authenticator.principal_of(issued.token, Channel.API)).id == "dr.lin"
    ward.site.clock.forward(timedelta(days=2))
    with pytest.raises(AuthenticationError):
        await ward.authenticator.principal_of(issued.token, Channel.API)


async def test_a_new_password_ends_all_sessions(ward: Ward) -> None:
    lin, token = ward.principals["dr.lin"], ward.tokens["dr.lin"]
    with pytest.raises(AuthenticationError):
        await ward.authenticator.change_password(lin, "not this one", "another horse 43")
    with pytest.raises(InputError):
        await ward.authenticator.change_password(lin, PASSWORD, "dr.lin-1234")
    await ward.authenticator.change_password(lin, PASSWORD, "another horse 43")
    with pytest.raises(AuthenticationError):
        await ward.authenticator.principal_of(token, Channel.WEB)
    assert await wrong(ward, "dr.lin", PASSWORD) == "credentials_wrong"
    assert (await ward.authenticator.sign_in("dr.lin", "another horse 43", Channel.WEB)).token


async def test_demonstration_accounts_work_only_where_they_are_allowed(ward: Ward) -> None:
    demo = dataclasses.replace(staff("demo.lin"), origin="demo")
    await ward.site.people.add(demo, await ward.authenticator.hash_of_password("x", PASSWORD))
    assert await wrong(ward, "demo.lin", PASSWORD) == "credentials_wrong"
    allowed = Authenticator(
        ward.site.people,
        ward.site.audit,
        ward.site.clock,
        SignInRules(demonstration_allowed=True),
    )
    token = (await allowed.sign_in("demo.lin", PASSWORD, Channel.WEB)).token
    assert (await allowed.principal_of(token, Channel.WEB)).id == "demo.lin"
    with pytest.raises(AuthenticationError):
        await ward.authenticator.principal_of(token, Channel.WEB)


async def test_a_purpose_must_be_one_of_the_roles(ward: Ward) -> None:
    token = ward.tokens["dr.lin"]
    with pytest.raises(AccessError) as refused:
        await ward.authenticator.principal_of(token, Channel.WEB, Purpose.QUALITY)
    assert refused.value.code == "purpose_not_permitted"
    principal = await ward.authenticator.principal_of(token, Channel.WEB, Purpose.TREATMENT)
    assert principal.purpose is Purpose.TREATMENT


async def test_without_an_audit_nobody_gets_in(ward: Ward, database: Database) -> None:
    ward.site.audit.broken_after = 0
    with pytest.raises(Exception, match="audit_unavailable"):
        await ward.authenticator.sign_in("dr.zhou", PASSWORD, Channel.API)
