"""Following a FHIR server: nothing is missed, nothing comes twice, the master's word counts."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from suwen.core.errors import ConfigurationError, IntegrationError, SuwenError
from suwen.integration.fhir.client import FhirClient
from suwen.integration.fhir.following import PATIENT_UNKNOWN, Follower, FollowRules
from suwen.integration.fhir.localising import DELETED_TAG, IdSpace
from suwen.integration.fhir.masters import Declared, master_table
from suwen.integration.fhir.matching import PatientMatcher
from suwen.integration.fhir.server import FhirServer, Limits
from suwen.integration.fhir.setting_apart import let_go
from suwen.integration.fhir.sweeping import Sweeper
from suwen.storage.cursors import CursorStore
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.inbound import InboundStore
from suwen.storage.inbound_queue import InboundQueue
from suwen.storage.inbound_types import MessageState
from suwen.storage.record_import import IMPORTED
from suwen.storage.records import RecordStore
from suwen.storage.rows import EVERYBODY
from suwen.storage.source_states import SourceStates
from suwen.storage.urls import DatabaseUrls
from tests.integration.fhir.test_client import fhir, misbehaving
from tests.support.peers.medplum import MedplumServer, medplum_server

MRN = "urn:oid:2.16.156.1"
ROOT = Path(__file__).parents[3]


class Told:
    """What a connection reported."""

    def __init__(self) -> None:
        self.errors: list[tuple[str, str]] = []
        self.messages = 0

    def up(self, *, port: int | None = None) -> None:
        pass

    def down(self, error: SuwenError) -> None:
        self.errors.append((error.code, "down"))

    def message(self, count: int = 1, lag_s: float | None = None) -> None:
        assert lag_s is None or lag_s >= 0
        self.messages += count

    def error(self, code: str, where: str) -> None:
        self.errors.append((code, where))


class Site:
    """The stores of one site and followers of sources."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.cipher = FieldCipher(b"k" * 32)
        self.cursors = CursorStore(database)
        self.inbound = InboundStore(database, self.cipher)
        self.queue = InboundQueue(database, self.cipher)
        self.records = RecordStore(database)
        self.told = Told()

    def follower(
        self,
        client: FhirClient,
        name: str = "emr",
        *,
        types: tuple[str, ...] = ("Patient", "Observation"),
        prefix: str = "",
        matched: bool = False,
        master: bool = True,
        page_size: int = 3,
    ) -> Follower:
        return Follower(
            client,
            IdSpace(name, prefix),
            rules(types, page_size),
            self.cursors,
            self.inbound,
            PatientMatcher(self.records, MRN) if matched else None,
            dict.fromkeys(types, master),
        )

    async def ids(self, patient: str, kind: str = "Observation") -> set[str]:
        return {str(r["id"]) for r in await self.records.read(patient, [kind])}


def rules(types: tuple[str, ...], page_size: int = 3) -> FollowRules:
    return FollowRules(
        types=types,
        overlap=timedelta(seconds=2),
        page_size=page_size,
        since=None,
        origin=IMPORTED,
    )


def observation(patient: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": text},
        "subject": {"reference": f"Patient/{patient}"},
        **more,
    }


@pytest.fixture(scope="module")
def medplum() -> Iterator[MedplumServer]:
    with medplum_server() as server:
        yield server


@pytest.fixture
async def client(medplum: MedplumServer) -> AsyncIterator[FhirClient]:
    async with FhirClient(FhirServer(medplum.base, ceiling=5)) as opened:
        yield opened


@pytest.fixture
async def site(database: Database) -> Site:
    return Site(database)


async def new_patient(client: FhirClient, number: str) -> str:
    body = {
        "resourceType": "Patient",
        "identifier": [{"system": MRN, "value": number}],
        "name": [{"family": "测", "given": ["试"]}],
    }
    return (await client.create(body)).reference.partition("/")[2]


async def test_what_is_new_and_what_changed_comes_and_nothing_else(
    client: FhirClient, site: Site
) -> None:
    patient = await new_patient(client, "1")
    made = [(await client.create(observation(patient, f"o{n}"))).reference for n in range(10)]
    follower = site.follower(client)
    assert await follower.follow_all(site.told) >= 11
    assert await site.ids(patient) == {one.partition("/")[2] for one in made}
    [kept, *_] = await site.records.read(patient, ["Observation"])
    assert kept["meta"]["source"] == "urn:suwen:emr"
    # Nothing new: what the overlap brings again changes nothing.
    assert await follower.follow_all(site.told) == 0
    changed = await client.read("Observation", made[4].partition("/")[2])
    await client.update({**changed, "status": "amended"})
    late = (await client.create(observation(patient, "late"))).reference
    assert await follower.follow_all(site.told) == 2
    found = {str(r["id"]): r for r in await site.records.read(patient, ["Observation"])}
    assert found[changed["id"]]["status"] == "amended" and late.partition("/")[2] in found
    assert site.told.errors == []


async def test_updates_while_pages_are_read_are_not_missed(client: FhirClient, site: Site) -> None:
    """A list that is sorted by the time of change moves under whoever pages through it."""
    patient = await new_patient(client, "2")
    made = [(await client.create(observation(patient, f"m{n}"))).reference for n in range(30)]
    follower = site.follower(client, types=("Patient", "Observation"), page_size=4)
    taken = 0
    take = follower.take

    async def take_and_change(*arguments: Any, **named: Any) -> int:
        nonlocal taken
        # One that was read already moves to the end: every later one moves up by one.
        if taken < 8:
            former = await client.read("Observation", made[taken].partition("/")[2])
            await client.update({**former, "status": "corrected"})
            taken += 1
        return await take(*arguments, **named)

    follower.take = take_and_change  # type: ignore[method-assign]
    await follower.follow_all(site.told)
    assert taken == 8
    await site.follower(client).follow_all(site.told)
    assert {one.partition("/")[2] for one in made} <= await site.ids(patient)
    found = {str(r["id"]): r["status"] for r in await site.records.read(patient, ["Observation"])}
    assert all(found[one.partition("/")[2]] == "corrected" for one in made[:8])


async def test_a_resource_that_cannot_be_stored_waits_with_its_reason(site: Site) -> None:
    damaged = observation("p", "x", id="bad", status="finished", meta=stamp(1))
    good = [
        {"resourceType": "Patient", "id": "p", "meta": stamp(0)},
        observation("p", "y", id="good", meta=stamp(2)),
    ]

    async def serve(request: web.Request) -> web.Response:
        kind = request.path.rpartition("/")[2]
        listed = [r for r in (*good, damaged) if r["resourceType"] == kind]
        entries = [{"resource": r} for r in listed]
        return fhir({"resourceType": "Bundle", "type": "searchset", "entry": entries})

    async with misbehaving(serve) as server, FhirClient(FhirServer(server.base)) as client:
        follower = site.follower(client)
        await follower.follow_all(site.told)
        await follower.follow_all(site.told)
    assert await site.ids("p") == {"good"}
    [waiting] = await site.queue.queue("emr", MessageState.FAILED)
    assert (waiting.error_code, waiting.error_place) == ("code_not_allowed", "Observation.status")
    assert site.told.errors == [("code_not_allowed", "Observation.status")]
    # A person mends it and lets it go on.
    body = (await site.queue.read(waiting.id)).body.replace(b"finished", b"final")
    now = datetime.now(UTC)
    await site.queue.edit(waiting.id, body, by="it", at=now)
    await site.queue.replay(waiting.id, by="it", at=now)
    async with misbehaving(serve) as server, FhirClient(FhirServer(server.base)) as client:
        assert await site.follower(client).take_waiting(10) == 1
    assert await site.ids("p") == {"good", "bad"}


def stamp(second: int) -> dict[str, str]:
    return {"versionId": "1", "lastUpdated": f"2026-01-01T00:00:{second:02d}.000Z"}


async def test_a_server_that_does_not_sort_is_read_to_its_end(site: Site) -> None:
    kept = [{"resourceType": "Patient", "id": "p", "meta": stamp(0)}]
    kept += [observation("p", "x", id=f"o{n}", meta=stamp(50 - n)) for n in range(9)]
    kept += [observation("p", "x", id=f"a{n}", meta=stamp(n)) for n in range(9)]

    async def serve(request: web.Request) -> web.Response:
        kind = request.path.rpartition("/")[2]
        start = int(request.query.get("_offset", "0"))
        since = request.query.get("_lastUpdated", "ge")[2:]
        listed = [
            r for r in kept if r["resourceType"] == kind and r["meta"]["lastUpdated"] >= since
        ]
        page = listed[start : start + 4]
        bundle: dict[str, Any] = {
            "resourceType": "Bundle",
            "type": "searchset",
            "entry": [{"resource": r} for r in page],
        }
        if start + 4 < len(listed):
            url = request.url.update_query(_offset=str(start + 4))
            bundle["link"] = [{"relation": "next", "url": str(url)}]
        return fhir(bundle)

    async with misbehaving(serve) as server, FhirClient(FhirServer(server.base)) as client:
        follower = site.follower(client, page_size=4)
        await follower.follow_all(site.told)
        expected = {str(r["id"]) for r in kept if r["resourceType"] == "Observation"}
        assert await site.ids("p") == expected
        kept.append(observation("p", "late", id="late", meta=stamp(55)))
        assert await follower.follow_all(site.told) == 1
        assert await site.ids("p") == {*expected, "late"}


async def test_more_of_one_instant_than_a_page_holds_all_come(site: Site) -> None:
    kept = [{"resourceType": "Patient", "id": "p", "meta": stamp(0)}]
    kept += [observation("p", "x", id=f"o{n:02d}", meta=stamp(7)) for n in range(11)]
    kept += [observation("p", "x", id="z", meta=stamp(9))]

    async def serve(request: web.Request) -> web.Response:
        kind = request.path.rpartition("/")[2]
        start, count = int(request.query.get("_offset", "0")), int(request.query["_count"])
        since = request.query.get("_lastUpdated", "ge")[2:]
        listed = sorted(
            (r for r in kept if r["resourceType"] == kind and r["meta"]["lastUpdated"] >= since),
            key=lambda r: str(r["meta"]["lastUpdated"]),
            reverse=request.query.get("_sort", "").startswith("-"),
        )
        bundle: dict[str, Any] = {
            "resourceType": "Bundle",
            "type": "searchset",
            "entry": [{"resource": r} for r in listed[start : start + count]],
        }
        if start + count < len(listed):
            url = request.url.update_query(_offset=str(start + count))
            bundle["link"] = [{"relation": "next", "url": str(url)}]
        return fhir(bundle)

    async with misbehaving(serve) as server, FhirClient(FhirServer(server.base)) as client:
        await site.follower(client).follow_all(site.told)
    assert len(await site.ids("p")) == 12


async def test_the_master_alone_says_how_it_is(site: Site) -> None:
    async def follow(name: str, body: dict[str, Any], *, master: bool) -> None:
        patient = {"resourceType": "Patient", "id": "p", "meta": stamp(0)}

        async def serve(request: web.Request) -> web.Response:
            kind = request.path.rpartition("/")[2]
            entries = [{"resource": r} for r in (patient, body) if r["resourceType"] == kind]
            return fhir({"resourceType": "Bundle", "type": "searchset", "entry": entries})

        async with misbehaving(serve) as server, FhirClient(FhirServer(server.base)) as client:
            await site.follower(client, name, master=master).follow_all(site.told)

    async def stands() -> str:
        [found] = await site.records.read("p", ["Observation"])
        return str(found["code"]["text"])

    await follow("copy", observation("p", "by copy", id="o", meta=stamp(30)), master=False)
    assert await stands() == "by copy"
    # The master's state counts although its clock says that it is older.
    await follow("lis", observation("p", "by master", id="o", meta=stamp(10)), master=True)
    assert await stands() == "by master"
    await follow("copy", observation("p", "by copy again", id="o", meta=stamp(59)), master=False)
    assert await stands() == "by master"
    await follow("lis", observation("p", "by master later", id="o", meta=stamp(11)), master=True)
    assert await stands() == "by master later"


def test_masters_must_be_declared_once() -> None:
    emr = Declared("emr", frozenset({"Patient", "Observation"}), frozenset({"Patient"}))
    lis = Declared("lis", frozenset({"Observation"}), frozenset({"Observation"}))
    assert master_table([emr, lis]) == {"Patient": "emr", "Observation": "lis"}
    with pytest.raises(ConfigurationError) as none:
        master_table([emr, Declared("lis", frozenset({"Observation"}), frozenset())])
    assert none.value.code == "fhir_no_master"
    with pytest.raises(ConfigurationError) as two:
        master_table([emr, Declared("pms", frozenset({"Patient"}), frozenset({"Patient"}))])
    assert two.value.code == "fhir_two_masters"


async def test_patients_of_another_numbering_are_matched_by_their_record_number(
    client: FhirClient, site: Site
) -> None:
    with medplum_server() as other:
        async with FhirClient(FhirServer(other.base, ceiling=5)) as laboratory:
            here = await new_patient(client, "matched")
            await site.follower(client, types=("Patient",)).follow_all(site.told)
            there = await new_patient(laboratory, "matched")
            stranger = await new_patient(laboratory, "stranger")
            await laboratory.create(observation(there, "ours"))
            await laboratory.create(observation(stranger, "nobody's"))
            follower = site.follower(
                laboratory, "lis", types=("Observation",), prefix="lis-", matched=True
            )
            await follower.follow_all(site.told)
            [found] = await site.records.read(here, ["Observation"])
            assert found["code"]["text"] == "ours" and found["id"].startswith("lis-")
            assert found["subject"]["reference"] == f"Patient/{here}"
            assert site.told.errors == [(PATIENT_UNKNOWN, "Observation.subject")]
            # Later the patient is known here too, and what waited goes on.
            known = await new_patient(client, "stranger")
            await site.follower(client, types=("Patient",)).follow_all(site.told)
            assert await let_go(site.queue, "lis", PATIENT_UNKNOWN) == 1
            assert await follower.take_waiting(10) == 1
            [late] = await site.records.read(known, ["Observation"])
            assert late["code"]["text"] == "nobody's"


async def test_what_was_deleted_is_marked_when_the_source_itself_says_so(
    client: FhirClient, medplum: MedplumServer, site: Site
) -> None:
    patient = await new_patient(client, "deleting")
    made = [(await client.create(observation(patient, f"d{n}"))).reference for n in range(4)]
    follower = site.follower(client)
    await follower.follow_all(site.told)
    await delete(medplum, made[1])
    sweeper = Sweeper(
        client,
        IdSpace("emr", ""),
        rules(("Observation",)),
        site.records,
        SourceStates(site.database),
        follower,
    )
    assert await sweeper.sweep("Observation", site.told) == (0, 1)
    assert await sweeper.sweep("Observation", site.told) == (0, 0)
    found = {str(r["id"]): r for r in await site.records.read(patient, ["Observation"])}
    gone = found[made[1].partition("/")[2]]
    assert gone["status"] == "entered-in-error"
    assert {"system": DELETED_TAG, "code": "deleted"} in gone["meta"]["tag"]
    assert sum(r["status"] == "final" for r in found.values()) == 3
    # Deletions of a history come at once.
    since = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    await delete(medplum, made[2])
    latest = await sweeper.follow_deletions("Observation", since, site.told)
    assert latest >= since
    found = {str(r["id"]): r for r in await site.records.read(patient, ["Observation"])}
    assert found[made[2].partition("/")[2]]["status"] == "entered-in-error"


async def delete(server: MedplumServer, reference: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.delete(f"{server.base}/{reference}") as answer,
    ):
        assert answer.status == 200


async def test_what_was_overlooked_is_found_by_the_sweep(client: FhirClient, site: Site) -> None:
    patient = await new_patient(client, "overlooked")
    follower = site.follower(client)
    await follower.follow_all(site.told)
    late = (await client.create(observation(patient, "hidden"))).reference
    # As if the server's clock had been wrong: the cursor stands beyond it.
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="milliseconds")
    await site.cursors.advance("emr", "Observation", ahead)
    await follower.follow_all(site.told)
    assert await site.ids(patient) == set()
    sweeper = Sweeper(
        client,
        IdSpace("emr", ""),
        rules(("Observation",)),
        site.records,
        SourceStates(site.database),
        follower,
    )
    fetched, _ = await sweeper.sweep("Observation", site.told)
    assert fetched >= 1
    assert await site.ids(patient) == {late.partition("/")[2]}


async def test_a_source_that_lost_everything_deletes_nothing(site: Site) -> None:
    kept = [{"resourceType": "Patient", "id": "p", "meta": stamp(0)}]
    kept += [observation("p", "x", id=f"o{n}", meta=stamp(n % 50)) for n in range(70)]

    async def serve(request: web.Request) -> web.Response:
        kind = request.path.rpartition("/")[2]
        entries = [{"resource": r} for r in kept if r["resourceType"] == kind]
        if not entries and kind not in ("Patient", "Observation"):
            return fhir({}, 404)
        return fhir({"resourceType": "Bundle", "type": "searchset", "entry": entries})

    async with misbehaving(serve) as server:
        limits = Limits(attempts=1)
        async with FhirClient(FhirServer(server.base, limits=limits)) as client:
            follower = site.follower(client, page_size=100)
            await follower.follow_all(site.told)
            assert len(await site.ids("p")) == 70
            kept.clear()
            sweeper = Sweeper(
                client,
                IdSpace("emr", ""),
                rules(("Observation",)),
                site.records,
                SourceStates(site.database),
                follower,
            )
            with pytest.raises(IntegrationError) as refused:
                await sweeper.sweep("Observation", site.told)
    assert refused.value.code == "fhir_too_many_gone"
    found = await site.records.read("p", ["Observation"])
    assert all(r["status"] == "final" for r in found)


@pytest.mark.parametrize("point", ["fhir.page_read", "fhir.page_stored"])
async def test_killed_between_page_and_cursor_nothing_is_missed_or_doubled(
    client: FhirClient, medplum: MedplumServer, fresh_database_urls: DatabaseUrls, point: str
) -> None:
    patient = await new_patient(client, f"killed {point}")
    made = {(await client.create(observation(patient, f"k{n}"))).reference for n in range(12)}
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}/src:{ROOT}",
        "FOLLOW_URL": fresh_database_urls.general,
        "FOLLOW_BASE": medplum.base,
    }
    kills = 0
    for strike_at in (1, 2, 4, 0):
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "tests.support.follow_once", point, str(strike_at)],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        kills += done.returncode == -signal.SIGKILL
        assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()
    assert kills == 3
    database = Database(fresh_database_urls.general, pool_size=2)
    try:
        site = Site(database)
        assert await site.ids(patient) == {one.partition("/")[2] for one in made}
        async with database.transaction(EVERYBODY) as connection:
            history = await connection.exec_driver_sql("SELECT count(*) FROM resource_history")
            assert history.scalar_one() == 0
    finally:
        await database.close()
