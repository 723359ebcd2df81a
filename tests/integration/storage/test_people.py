from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from suwen.core.errors import ConflictError, NotFoundError, SuwenError
from suwen.core.identity import Channel, PrincipalId, Role
from suwen.core.language import Language
from suwen.storage.database import Database
from suwen.storage.people import PeopleStore, Person

AT = datetime(2025, 3, 1, 8, tzinfo=UTC)
LATER = AT + timedelta(hours=8)
LIN = Person(
    PrincipalId("dr.lin"),
    "林医生",
    frozenset({Role.PHYSICIAN, Role.QUALITY_OFFICER}),
    frozenset({"card", "resp"}),
    Language.ZH,
    False,
    "local",
    "prac-lin",
)


@pytest.fixture
async def people(database: Database) -> PeopleStore:
    store = PeopleStore(database)
    await store.add(LIN, "hash-1")
    return store


async def test_a_person_comes_back(people: PeopleStore) -> None:
    assert await people.read(LIN.id) == LIN
    assert await people.list() == [LIN]
    assert await people.list(origin="demo") == []
    with pytest.raises(NotFoundError):
        await people.read(PrincipalId("nobody"))


async def test_an_account_is_not_added_twice(people: PeopleStore) -> None:
    with pytest.raises(ConflictError) as caught:
        await people.add(replace(LIN, name="somebody else"), "hash-2")
    assert caught.value.code == "account_exists"
    assert (await people.read(LIN.id)).name == "林医生"
    assert await people.password_hash(LIN.id) == "hash-1"


async def test_an_import_adds_and_replaces_all_or_none(people: PeopleStore) -> None:
    renamed = replace(LIN, name="林主任")
    new = replace(LIN, id=PrincipalId("nurse.he"))
    await people.put_all([(renamed, None), (new, "hash-3")])
    assert (await people.read(LIN.id)).name == "林主任"
    assert await people.password_hash(LIN.id) == "hash-1"
    broken = replace(LIN, id=PrincipalId("x"), name="\x00")
    with pytest.raises(SuwenError):
        await people.put_all([(replace(LIN, name="third"), None), (broken, None)])
    assert (await people.read(LIN.id)).name == "林主任"


async def test_a_barred_account_has_no_password_and_no_session(people: PeopleStore) -> None:
    await people.create_session("token-hash", LIN.id, Channel.WEB, LATER, AT)
    await people.disable(LIN.id, AT)
    assert (await people.read(LIN.id)).disabled
    assert await people.password_hash(LIN.id) is None
    assert await people.read_session("token-hash", AT) is None
    await people.enable(LIN.id)
    assert await people.password_hash(LIN.id) == "hash-1"
    assert await people.read_session("token-hash", AT) is None


async def test_password_and_language_change(people: PeopleStore) -> None:
    await people.set_password_hash(LIN.id, "hash-9")
    await people.set_language(LIN.id, Language.EN)
    assert await people.password_hash(LIN.id) == "hash-9"
    assert (await people.read(LIN.id)).language is Language.EN
    with pytest.raises(NotFoundError):
        await people.set_password_hash(PrincipalId("nobody"), "x")


async def test_a_session_is_in_force_until_it_ends_or_expires(people: PeopleStore) -> None:
    await people.create_session("one", LIN.id, Channel.WEB, LATER, AT)
    await people.create_session("two", LIN.id, Channel.API, LATER, AT)
    found = await people.read_session("one", AT)
    assert found is not None
    assert found[0] == LIN
    assert (found[1].channel, found[1].expires_at) == (Channel.WEB, LATER)
    assert await people.read_session("one", LATER) is None
    assert await people.read_session("unknown", AT) is None
    assert await people.end_session("one", AT)
    assert not await people.end_session("one", AT)
    assert await people.read_session("one", AT) is None
    assert await people.end_all(LIN.id, AT) == 1
    assert await people.read_session("two", AT) is None


async def test_failed_attempts_are_counted_and_forgotten(people: PeopleStore) -> None:
    for seconds in (0, 60, 120):
        await people.add_login_failure("dr.lin", AT + timedelta(seconds=seconds))
    await people.add_login_failure("no such account", AT)
    assert await people.login_failures_since("dr.lin", AT + timedelta(seconds=60)) == 2
    await people.clear_login_failures("dr.lin")
    assert await people.login_failures_since("dr.lin", AT) == 0
    assert await people.login_failures_since("no such account", AT) == 1
