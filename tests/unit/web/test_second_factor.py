"""The second factor, the list of devices, passwords, and what wrong attempts lead to."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Awaitable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from suwen.bootstrap.accounts import PersonRow, import_people
from suwen.control.access.second_factor import SecondFactors
from suwen.control.access.sign_in_types import SignInRules
from suwen.control.access.turns import Turns
from suwen.core.errors import AuthenticationError, InputError
from suwen.core.identity import Channel, PrincipalId, Role, batch_principal
from suwen.storage.people import Person
from suwen.storage.sessions import Where
from tests.support.web_site import Answer, Client, WebSite

PASSWORD = "a-long-first-password-7"
_NUMBER = iter(range(1000))


class SetClock:
    """A clock that the test moves by one time step at a time."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at

    def step(self) -> None:
        self.at += timedelta(seconds=30)


@pytest.fixture
def clock(web: WebSite, monkeypatch: pytest.MonkeyPatch) -> SetClock:
    clock = SetClock()
    factors = web.platform.sign_in.factors
    parts = dataclasses.replace(factors._parts, clock=clock)
    monkeypatch.setattr(factors, "_parts", parts)
    return clock


@pytest.fixture
def account(web: WebSite) -> Iterator[str]:
    name = f"factor.person{next(_NUMBER)}"
    row = {"name": name, "full_name": "甲", "roles": "security_administrator"}
    row["password"] = PASSWORD
    web.run(import_people(web.platform, [PersonRow(0, row)], batch_principal("root")))
    web.passwords[name] = PASSWORD
    yield name
    web.run(web.platform.people.disable(PrincipalId(name), web.platform.clock.now()))


def shown(clock: SetClock, secret: str) -> str:
    return pyotp.TOTP(secret).at(clock.now())


def factors_of(web: WebSite) -> SecondFactors:
    return web.platform.sign_in.factors


def set_up(web: WebSite, account: str, clock: SetClock) -> tuple[str, tuple[str, ...]]:
    """Secret and recovery codes of a factor that is on."""
    begun = web.run(factors_of(web).begin(PrincipalId(account), Channel.WEB))
    code = shown(clock, begun.secret)
    codes = web.run(factors_of(web).confirm(PrincipalId(account), code, Channel.WEB))
    clock.step()
    return begun.secret, codes


def second(client: Client, first: Answer, code: str, path: str = "/sign-in/code") -> Answer:
    fields = {
        f.attributes["name"] or "": f.attributes["value"] or ""
        for f in first.page.css("form input[type=hidden]")
    }
    return client.post(path, {**fields, "code": code})


def sign_in(web: WebSite, account: str, code: str | None) -> object:
    return web.run(web.platform.authentication.sign_in(account, PASSWORD, Channel.API, code))


def test_the_password_alone_is_not_enough_and_the_code_is(
    web: WebSite, account: str, clock: SetClock
) -> None:
    secret, _codes = set_up(web, account, clock)
    client = web.stranger()
    first = client.sign_in(account, PASSWORD)
    assert first.status == 200
    assert "suwen_session" not in client.cookies
    assert client.get("/people", Accept="application/json").status == 401
    wrong = second(client, first, "000000")
    assert wrong.status == 401
    assert "suwen_session" not in client.cookies
    done = second(client, first, shown(clock, secret))
    assert (done.status, done.headers["location"]) == (303, "/")
    assert client.get("/people").status == 200


def test_a_code_works_once(web: WebSite, account: str, clock: SetClock) -> None:
    secret, _codes = set_up(web, account, clock)
    code = shown(clock, secret)
    assert sign_in(web, account, code)
    with pytest.raises(AuthenticationError, match="second_factor_wrong"):
        sign_in(web, account, code)
    clock.step()
    assert sign_in(web, account, shown(clock, secret))


def test_without_the_memory_of_steps_a_code_would_work_twice(
    web: WebSite, account: str, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, _codes = set_up(web, account, clock)

    async def forgetful(_person: PrincipalId, _step: int) -> bool:
        return True

    monkeypatch.setattr(factors_of(web)._parts.store, "use_step", forgetful)
    code = shown(clock, secret)
    assert sign_in(web, account, code)
    assert sign_in(web, account, code)


def test_a_code_of_another_time_or_person_is_none(
    web: WebSite, account: str, clock: SetClock
) -> None:
    secret, _codes = set_up(web, account, clock)
    old = pyotp.TOTP(secret).at(clock.now() - timedelta(minutes=5))
    for code in (old, pyotp.TOTP(pyotp.random_base32()).at(clock.now()), "", "１２３４５６"):
        with pytest.raises(AuthenticationError):
            sign_in(web, account, code)


def test_a_recovery_code_works_once(web: WebSite, account: str, clock: SetClock) -> None:
    _secret, codes = set_up(web, account, clock)
    assert len(set(codes)) == 10
    assert sign_in(web, account, codes[0].upper())
    with pytest.raises(AuthenticationError, match="second_factor_wrong"):
        sign_in(web, account, codes[0])
    assert sign_in(web, account, codes[1])


def test_wrong_codes_lock_although_the_password_is_right(
    web: WebSite, account: str, clock: SetClock
) -> None:
    secret, _codes = set_up(web, account, clock)
    for _ in range(5):
        with pytest.raises(AuthenticationError, match="second_factor_wrong"):
            sign_in(web, account, "000000")
    with pytest.raises(AuthenticationError, match="account_locked"):
        sign_in(web, account, shown(clock, secret))
    clock.at += timedelta(minutes=16)
    assert sign_in(web, account, shown(clock, secret))


def test_a_ticket_is_for_its_person_and_not_for_long(
    web: WebSite, account: str, clock: SetClock
) -> None:
    secret, _codes = set_up(web, account, clock)
    client = web.stranger()
    first = client.sign_in(account, PASSWORD)
    [ticket] = [f.attributes["value"] for f in first.page.css("input[name=ticket]")]
    statements = factors_of(web)._parts.statements
    assert statements.holds(ticket, PrincipalId(account), "second factor")
    forged = {"account": "security.dong", "ticket": ticket, "next": "/", "code": "000000"}
    refused = client.post("/sign-in/code", forged).headers["location"]
    assert refused.startswith("/sign-in?ended=1&")
    made_up = {**forged, "account": account, "ticket": "x", "code": shown(clock, secret)}
    assert client.post("/sign-in/code", made_up).headers["location"] == refused
    assert "suwen_session" not in client.cookies


def test_a_role_that_must_have_it_sets_it_up_before_anything(
    web: WebSite, account: str, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    factors = factors_of(web)
    assert sign_in(web, account, None)
    required = frozenset({Role.SECURITY_ADMINISTRATOR})
    monkeypatch.setattr(factors, "_parts", dataclasses.replace(factors._parts, required=required))
    with pytest.raises(AuthenticationError, match="second_factor_not_set_up"):
        sign_in(web, account, None)
    client = web.stranger()
    first = client.sign_in(account, PASSWORD)
    assert first.page.css_first(".sw-qr svg") is not None
    secret = first.page.css_first(".sw-key").text()
    assert second(client, first, "000000", "/sign-in/set-up").status == 401
    done = second(client, first, shown(clock, secret), "/sign-in/set-up")
    assert done.status == 200
    assert len(done.page.css(".sw-codes li")) == 10
    assert client.get("/people").status == 200
    # The demonstration's own people are left alone.
    assert web.fresh("security.dong").get("/people").status == 200


def test_one_sets_it_up_and_turns_it_off_by_oneself(
    web: WebSite, account: str, clock: SetClock
) -> None:
    client = web.fresh(account)
    assert client.post("/account/second-factor", {"password": "wrong-password-1"}).status == 401
    begun = client.post("/account/second-factor", {"password": PASSWORD})
    secret = begun.page.css_first(".sw-key").text()
    confirmed = client.post("/account/second-factor/confirm", {"code": shown(clock, secret)})
    assert len(confirmed.page.css(".sw-codes li")) == 10
    assert client.post("/account/second-factor", {"password": PASSWORD}).status == 409
    clock.step()
    assert client.post("/account/second-factor/remove", {"code": "000000"}).status == 401
    gone = client.post("/account/second-factor/remove", {"code": shown(clock, secret)})
    assert gone.status == 303
    assert sign_in(web, account, None)


def test_the_secret_is_sealed_and_codes_are_hashed(
    web: WebSite, account: str, clock: SetClock
) -> None:
    from sqlalchemy import text

    secret, codes = set_up(web, account, clock)

    async def stored() -> str:
        async with web.platform.database.reading() as connection:
            query = text(
                "SELECT s::text FROM second_factor s UNION SELECT r::text FROM recovery_code r"
            )
            return "\n".join((await connection.execute(query)).scalars())

    found = web.run(stored())
    assert account in found
    assert secret not in found
    assert secret.encode().hex() not in found
    assert not any(code in found or code.replace("-", "") in found for code in codes)


def test_a_lost_app_is_reset_by_the_security_administrator_alone(
    web: WebSite, account: str, clock: SetClock
) -> None:
    set_up(web, account, clock)
    path = f"/people/{account}/second-factor/reset"
    assert web.person("dr.lin").post(path).status == 403
    assert web.person("it.cao").post(path).status == 403
    with pytest.raises(AuthenticationError, match="second_factor_needed"):
        sign_in(web, account, None)
    assert web.person("security.dong").post(path).status == 303
    assert sign_in(web, account, None)


def test_one_sees_where_one_is_signed_in_and_ends_it(web: WebSite, account: str) -> None:
    here, there = web.fresh(account), web.fresh(account)
    others = here.get("/account").page.css('form[action*="/account/sessions/"][action$="/end"]')
    [ending] = [f.attributes["action"] for f in others if f.attributes["action"].count("/") == 4]
    stranger = web.person("security.dong")
    assert stranger.post(ending or "").status == 303
    assert there.get("/account").status == 200
    assert here.post(ending or "").status == 303
    assert there.get("/account").status == 303
    assert here.get("/account").status == 200
    third = web.fresh(account)
    assert here.post("/account/sessions/end").status == 303
    assert (here.get("/account").status, third.get("/account").status) == (303, 303)


def test_a_password_is_changed_by_whoever_knows_it_and_by_its_rules(
    web: WebSite, account: str
) -> None:
    client = web.fresh(account)
    new = "another-good-secret-9"
    fields = {"old": PASSWORD, "new": new, "again": new}
    for wrong, status in (
        ({"old": "not-the-password-1"}, 401),
        ({"again": "something-else-99"}, 422),
        ({"new": "short1", "again": "short1"}, 422),
        ({"new": "1234567890123", "again": "1234567890123"}, 422),
        ({"new": f"{account}-2026", "again": f"{account}-2026"}, 422),
    ):
        assert client.post("/account/password", {**fields, **wrong}).status == status, wrong
    web.run(web.platform.people.clear_login_failures(account))
    assert client.post("/account/password", fields).status == 303
    assert client.get("/account").status == 303
    assert web.stranger().sign_in(account, PASSWORD).status == 401
    assert web.stranger().sign_in(account, new).status == 303


def test_too_many_failures_from_one_address_close_it_for_all_accounts(
    web: WebSite, account: str
) -> None:
    authentication = web.platform.authentication
    there, elsewhere = Where("browser", "203.0.113.7"), Where("browser", "203.0.113.8")

    async def fail(number: int) -> None:
        await web.platform.people.add_login_failure(
            f"guess{number}", web.platform.clock.now(), "203.0.113.7"
        )

    for number in range(49):
        web.run(fail(number))
    with pytest.raises(AuthenticationError, match="credentials_wrong"):
        web.run(authentication.sign_in("guess49", "guess-guess-1", Channel.WEB, None, there))
    with pytest.raises(AuthenticationError, match="address_locked"):
        web.run(authentication.sign_in(account, PASSWORD, Channel.WEB, None, there))
    assert web.run(authentication.sign_in(account, PASSWORD, Channel.WEB, None, elsewhere))


def test_guesses_at_once_are_counted_like_guesses_one_by_one(
    web: WebSite, account: str, clock: SetClock
) -> None:
    secret, _codes = set_up(web, account, clock)
    authentication, factors = web.platform.authentication, factors_of(web)
    most, person = SignInRules().failures, PrincipalId(account)

    async def answers(guesses: Iterable[Awaitable[object]]) -> Counter[str]:
        ended = await asyncio.gather(*guesses, return_exceptions=True)
        return Counter(getattr(one, "code", "in") for one in ended)

    def passwords(number: int) -> list[Awaitable[object]]:
        return [authentication.sign_in(account, f"guess-{n}", Channel.WEB) for n in range(number)]

    def codes(number: int) -> list[Awaitable[object]]:
        return [factors._check(person, f"guess-{n}", Channel.WEB) for n in range(number)]

    assert web.run(answers(codes(most - 1))) == {"second_factor_wrong": most - 1}
    assert sign_in(web, account, shown(clock, secret))
    told = web.run(answers(codes(most + 3)))
    assert told == {"second_factor_wrong": most, "account_locked": 3}
    told = web.run(answers(passwords(most + 3)))
    assert told == {"credentials_wrong": most, "account_locked": 3}


def test_more_guesses_than_wait_in_a_line_are_turned_away() -> None:
    async def crowd() -> Counter[str]:
        turns, opened = Turns(), asyncio.Event()

        async def one() -> None:
            async with turns.of("dr.lin"):
                await opened.wait()

        waiting = [asyncio.create_task(one()) for _ in range(40)]
        await asyncio.sleep(0)
        async with turns.of("dr.he"):
            opened.set()
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        await one()
        return Counter(getattr(error, "code", "in") for error in ended)

    assert asyncio.run(crowd()) == {"in": 32, "sign_in_busy": 8}


def test_the_account_page_is_not_for_launched_sessions(web: WebSite) -> None:
    person: Person = web.run(web.platform.people.read(PrincipalId("dr.lin")))
    patient = web.run(web.platform.records.list_patients())[0].id
    begun = web.run(web.platform.authentication.begin(person, Channel.LAUNCH, patient=patient))
    client = web.stranger()
    client.cookies["suwen_launch"] = begun.token
    assert client.get("/account").status == 403
    assert web.fresh("dr.lin").get("/account").status == 200


def test_a_password_error_names_its_rule(web: WebSite) -> None:
    with pytest.raises(InputError, match="password_too_weak"):
        web.run(web.platform.authentication.hash_of_password("x", "short"))


def test_what_went_wrong_stands_beside_the_code_that_was_asked_for(
    web: WebSite, account: str
) -> None:
    client = web.fresh(account)
    client.post("/account/second-factor", {"password": PASSWORD})
    page = client.post("/account/second-factor/confirm", {"code": "000000"})
    assert page.status == 401
    problem = page.page.css("section .sw-problem")
    assert len(problem) == 1 and page.page.css_first(".sw-key span") is not None
