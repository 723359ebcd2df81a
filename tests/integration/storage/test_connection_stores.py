"""Messages out, cursors, clients, launches, feedback and outside identities, on a real database."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from suwen.core.connection import (
    Connection,
    ConnectionHealth,
    ConnectionKind,
    ConnectionState,
    ErrorSample,
)
from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.identity import Channel, PatientId, PrincipalId
from suwen.core.language import Language
from suwen.storage.api_clients import ApiClient, ApiClientStore, ClientUsage
from suwen.storage.card_feedback import CardFeedback, CardFeedbackStore
from suwen.storage.connections import ConnectionStore
from suwen.storage.cursors import CursorStore
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.external_identities import ExternalIdentityStore, ExternalSession
from suwen.storage.launches import (
    Launch,
    LaunchStore,
    PendingAuthorizationStore,
    SharedTokenStore,
    UsedTokenStore,
)
from suwen.storage.outbound import Carried, OutboundState, OutboundStore
from suwen.storage.people import LOCAL, PeopleStore, Person
from suwen.storage.record_import import IMPORTED, StoredResource
from suwen.storage.records import RecordStore
from suwen.storage.urls import DatabaseUrls
from tests.support.database import connect

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)
CIPHER = FieldCipher(bytes(32))


def patient(name: str, version: str = "a") -> StoredResource:
    body = {"resourceType": "Patient", "id": name, "language": version}
    return StoredResource("Patient", name, name, None, None, None, IMPORTED, body)


async def add_person(database: Database, name: str) -> PrincipalId:
    account = PrincipalId(name)
    await PeopleStore(database).add(
        Person(account, name, frozenset(), frozenset(), Language.ZH, False, LOCAL)
    )
    return account


async def test_a_message_goes_out_once_however_often_it_is_put_in(database: Database) -> None:
    outbound = OutboundStore(database, CIPHER)
    first = await outbound.enqueue("mdm", "SignedRecord/1", b"body", Carried("p", 4), NOON)
    assert await outbound.enqueue("mdm", "SignedRecord/1", b"other", Carried("p", 4), NOON) == first
    (waiting,) = await outbound.next_messages("mdm", 10, NOON)
    assert (waiting.id, waiting.body, waiting.attempts) == (first, b"body", 0)
    assert await outbound.delivered(first, b"MSA|AA", LATER)
    assert not await outbound.delivered(first, b"MSA|AA", LATER)
    assert await outbound.next_messages("mdm", 10, LATER) == []
    kept = await outbound.read(first)
    assert (kept.state, kept.reply, kept.attempts) == (OutboundState.DELIVERED, b"MSA|AA", 1)


async def test_one_that_waits_holds_back_what_follows_for_the_same_patient(
    database: Database,
) -> None:
    outbound = OutboundStore(database, CIPHER)
    first, second, other = [
        await outbound.enqueue("mdm", key, b"", Carried(owner, 4), NOON)
        for key, owner in (("1", "p"), ("2", "p"), ("3", "q"))
    ]
    await outbound.failed(first, "no_answer", LATER, NOON)
    assert [m.id for m in await outbound.next_messages("mdm", 10, NOON)] == [other]
    assert [m.id for m in await outbound.next_messages("mdm", 10, LATER)] == [first, second, other]
    await outbound.failed(first, "refused", None, NOON)
    assert await outbound.counts() == {"mdm": (2, 1)}
    assert await outbound.replay_failed("mdm", "op", LATER) == 1
    await outbound.set_aside(first, "op", "wrong patient", LATER)
    (aside,) = await outbound.queue("mdm", OutboundState.SET_ASIDE)
    assert (aside.reason, aside.decided_by, aside.body) == ("wrong patient", "op", b"")
    with pytest.raises(NotFoundError, match="no_such_message"):
        await outbound.replay(other + 1, "op", NOON)
    await outbound.delivered(other, None, NOON)
    with pytest.raises(ConflictError, match="message_not_replayable"):
        await outbound.replay(other, "op", NOON)


async def test_a_cursor_moves_with_what_was_read_or_not_at_all(database: Database) -> None:
    cursors, records = CursorStore(database), RecordStore(database)
    assert await cursors.read("views", "lab") is None
    units = [[patient("p", "a")], [patient("p", "b")]]
    counts = await cursors.import_and_advance(units, "views", "lab", "41")
    assert (counts.stored, counts.replaced) == (1, 1)
    other = StoredResource(
        "Observation", "o", "q", None, None, None, IMPORTED, {"resourceType": "Observation"}
    )
    await records.import_unit([other])
    taken = StoredResource(
        "Observation", "o", "p", None, None, None, IMPORTED, {"resourceType": "Observation"}
    )
    with pytest.raises(ConflictError, match="resource_of_another_patient"):
        await cursors.import_and_advance([[patient("r")], [taken]], "views", "lab", "42")
    assert await cursors.read("views", "lab") == "41"
    assert await records.read_patient("r") == []
    await cursors.advance("views", "vitals", "1")
    assert set(await cursors.read_all("views")) == {"lab", "vitals"}


async def test_a_launch_opens_once_even_when_two_come_at_once(database: Database) -> None:
    launches = LaunchStore(database)
    wanted = Launch("hash", PatientId("p"), None, PrincipalId("dr.lin"), "his", LATER)
    await launches.put(wanted)
    taken = await asyncio.gather(*(launches.take("hash", NOON) for _ in range(5)))
    assert [one for one in taken if one is not None] == [wanted]
    await launches.put(Launch("late", PatientId("p"), None, PrincipalId("dr.lin"), "his", NOON))
    assert await launches.take("late", NOON) is None
    assert await launches.forget(NOON) == 1


@pytest.mark.parametrize("kind", [UsedTokenStore, SharedTokenStore])
async def test_a_token_of_another_issuer_is_used_once(
    database: Database, kind: type[UsedTokenStore | SharedTokenStore]
) -> None:
    tokens = kind(database)
    taken = await asyncio.gather(*(tokens.take("emr", "jti", LATER, at=NOON) for _ in range(5)))
    assert sorted(taken) == [False] * 4 + [True]
    assert await tokens.take("other", "jti", LATER, at=NOON)
    assert not await kind(database).take("emr", "jti", LATER, at=NOON), "nor by another process"


async def test_a_used_token_is_known_to_other_processes_and_forgotten_when_it_expired(
    database: Database, fresh_database_urls: DatabaseUrls
) -> None:
    def kept() -> object:
        with connect(fresh_database_urls.general) as connection:
            return connection.execute("SELECT token_id FROM used_token").fetchall()

    assert await UsedTokenStore(database).take("emr", "first", LATER, at=NOON)
    assert not await UsedTokenStore(database).take("emr", "first", LATER, at=NOON)
    after = LATER + timedelta(seconds=1)
    one = UsedTokenStore(database)
    assert await one.take("emr", "second", after + timedelta(minutes=9), at=after)
    assert kept() == [("second",)]
    assert not await one.take("emr", "second", after, at=after)


async def test_a_pending_sign_in_is_taken_once_by_its_kind_and_kept_sealed(
    database: Database, fresh_database_urls: DatabaseUrls
) -> None:
    pending = PendingAuthorizationStore(database, CIPHER)
    await pending.put("state", "oidc", {"verifier": "SECRETVERIFIER"}, LATER)
    with connect(fresh_database_urls.general) as connection:
        rows = connection.execute("SELECT pending_authorization::text FROM pending_authorization")
        assert b"SECRETVERIFIER".hex() not in str(rows.fetchall())
    assert await pending.take("state", "smart", NOON) is None
    assert await pending.take("state", "oidc", NOON) == {"verifier": "SECRETVERIFIER"}
    assert await pending.take("state", "oidc", NOON) is None


async def test_feedback_is_kept_once_sealed_and_never_changed(
    database: Database, fresh_database_urls: DatabaseUrls
) -> None:
    store = CardFeedbackStore(database, CIPHER)
    given = CardFeedback(
        "emr", "order-sign", "card", "overridden", NOON, NOON, comment="the patient's own words"
    )
    assert await store.put([given]) == 1
    assert await store.put([given]) == 0
    assert await store.list("order-sign") == [given]
    with connect(fresh_database_urls.general) as connection:
        assert "own words" not in str(
            connection.execute("SELECT card_feedback::text FROM card_feedback").fetchall()
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM card_feedback")


async def test_a_client_is_found_by_its_key_and_its_use_adds_up(database: Database) -> None:
    clients = ApiClientStore(database)
    wanted = ApiClient(
        "dify", "Dify", "hash", frozenset({"chat"}), 2, 60, 1000, frozenset(), "it.cao",
        None, False, NOON,
    )  # fmt: skip
    await clients.put(wanted)
    with pytest.raises(ConflictError, match="client_exists"):
        await clients.put(wanted)
    assert await clients.read_by_key_hash("hash") == wanted
    assert await clients.read_by_key_hash("other") is None
    await clients.disable("dify")
    assert (await clients.read("dify")).disabled
    day = date(2026, 3, 2)
    more = ClientUsage("dify", day, requests=1, input_tokens=10, output_tokens=5)
    await asyncio.gather(*(clients.add_usage([more, more]) for _ in range(5)))
    assert await clients.usage("dify", day) == ClientUsage("dify", day, 10, 0, 100, 50)


async def test_a_subject_is_one_account_and_the_provider_ends_its_sessions(
    database: Database,
) -> None:
    store, people = ExternalIdentityStore(database, CIPHER), PeopleStore(database)
    lin, he = await add_person(database, "dr.lin"), await add_person(database, "dr.he")
    await store.link("https://idp", "sub-1", lin, at=NOON)
    await store.link("https://idp", "sub-1", lin, at=LATER)
    with pytest.raises(ConflictError, match="identity_of_another_account"):
        await store.link("https://idp", "sub-1", he, at=LATER)
    assert await store.person_of("https://idp", "sub-1") == lin
    assert await store.person_of("https://other", "sub-1") is None
    for name in ("one", "two"):
        await people.create_session(name, lin, Channel.WEB, LATER, NOON)
        await store.put_session(ExternalSession(name, "https://idp", "sub-1", name, "id-token"))
    assert (await store.read_session("one")).id_token == "id-token"  # type: ignore[union-attr]
    ended = await store.end_sessions("https://idp", subject=None, session_id="one", at=NOON)
    assert ended == 1
    assert await people.read_session("one", NOON) is None
    assert await people.read_session("two", NOON) is not None
    everywhere = await store.end_sessions("https://idp", subject="sub-1", session_id=None, at=NOON)
    assert everywhere == 1
    assert await people.forget_sessions(NOON) == 2
    assert await store.read_session("one") is None


async def test_samples_add_up_and_those_of_a_removed_connection_are_left_out(
    database: Database,
) -> None:
    store = ConnectionStore(database, CIPHER)
    await store.put(Connection("his", ConnectionKind.HL7V2_LISTENER, {}), None, by="x", at=NOON)
    samples = [
        ErrorSample(name, at, "code", place, 1)
        for name in ("his", "gone")
        for at, place in ((NOON, "PID-7"), (LATER, "PID-7"), (NOON, "PID-3"))
    ]
    await store.add_samples(samples)
    await store.add_samples(samples[:1])
    assert await store.samples("his") == [
        ErrorSample("his", LATER, "code", "PID-7", 3),
        ErrorSample("his", NOON, "code", "PID-3", 1),
    ]
    states = [ConnectionHealth(name, ConnectionState.UP, NOON) for name in ("his", "gone")]
    await store.write_health(states, NOON)
    assert [one.name for one in await store.health()] == ["his"]
    many = [ErrorSample("his", LATER, "code", f"OBX-{n}", 1) for n in range(300)]
    await store.add_samples(many)
    assert len(await store.samples("his", 1000)) == 200
    await store.remove("his")
    assert await store.health() == []
