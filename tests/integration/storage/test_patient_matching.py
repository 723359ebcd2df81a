"""Patients of several systems with one number are one person, as long as nothing speaks against it.

What comes out is the same in whatever order the patients came.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from suwen.core.errors import ConflictError
from suwen.core.patient_numbers import Contradiction, MatchState, numbered_patient
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.inbound import InboundStore
from suwen.storage.inbound_types import NewMessage, ProcessedMessage
from suwen.storage.patient_links import PatientLink, PatientLinkStore
from suwen.storage.patient_matches import PatientMatch, PatientMatchStore
from suwen.storage.record_import import IMPORTED, SYNTHETIC, StoredResource
from suwen.storage.records import RecordStore
from suwen.storage.resealing import Resealing
from tests.support.database import connect

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NUMBERINGS = {"urn:his:mr": "mrn", "urn:emr:mr": "mrn", "urn:ins": "insurance"}


def patient(
    name: str,
    source: str,
    *numbers: str,
    born: str | None = "1950-01-02",
    sex: str | None = "female",
    insurance: str | None = None,
    origin: str = IMPORTED,
) -> StoredResource:
    system = f"urn:{source}:mr"
    body: dict[str, Any] = {
        "resourceType": "Patient",
        "id": name,
        "meta": {"source": f"urn:suwen:{source}"},
        "identifier": [{"system": system, "value": number} for number in numbers],
        "name": [{"text": f"Name {name}"}],
    }
    if insurance is not None:
        body["identifier"].append({"system": "urn:ins", "value": insurance})
    body |= {"birthDate": born} if born else {}
    body |= {"gender": sex} if sex else {}
    numbered = numbered_patient(body, NUMBERINGS, source)
    return StoredResource("Patient", name, name, None, None, None, origin, body, numbered=numbered)


class Site:
    def __init__(self, database: Database) -> None:
        self.records = RecordStore(database)
        self.links = PatientLinkStore(database)
        self.matches = PatientMatchStore(database)
        self.inbound = InboundStore(database, FieldCipher(bytes(32)))
        self._number = 0

    async def take(self, *patients: StoredResource) -> None:
        for one in patients:
            await self.records.import_unit([one])

    async def say(self, *links: PatientLink) -> None:
        self._number += 1
        given = NewMessage("his", str(self._number), "ADT^A40", None, b"", "utf-8", NOON)
        (receipt,) = await self.inbound.receive_all([given], NOON)
        await self.inbound.process([ProcessedMessage(receipt.id, links=links)], NOON)

    async def one(self, *names: str) -> bool:
        return all([set(names) <= await self.links.united(name) for name in names])

    async def only(self) -> PatientMatch:
        [found] = await self.matches.list()
        return found


@pytest.fixture
async def site(database: Database) -> Site:
    return Site(database)


HIS = patient("h1", "his", "100")
EMR = patient("e1", "emr", "100")


@pytest.mark.parametrize("given", list(permutations([HIS, EMR])))
async def test_one_number_in_two_systems_is_one_patient(
    site: Site, given: tuple[StoredResource, ...]
) -> None:
    await site.take(*given)
    assert await site.one("h1", "e1")
    assert await site.links.survivor("e1") == given[0].id, "who was here first stands for both"
    [listed] = [p for p in await site.records.list_patients() if p.id in ("h1", "e1")]
    assert listed.id == given[0].id
    assert (await site.only()).state is MatchState.LINKED
    # Coming again changes nothing.
    await site.take(*given)
    assert len(await site.links.links("e1")) == 1


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (patient("e1", "emr", "100", born="1951-01-02"), Contradiction.BIRTH_DATE_DIFFERS),
        (patient("e1", "emr", "100", sex="male"), Contradiction.SEX_DIFFERS),
        (patient("h2", "his", "100"), Contradiction.SAME_SOURCE),
        (patient("e1", "emr", "200", insurance="I1"), Contradiction.NUMBERS_DIFFER),
    ],
)
async def test_what_speaks_against_it_is_shown_and_nobody_is_linked(
    site: Site, other: StoredResource, reason: Contradiction
) -> None:
    await site.take(patient("h1", "his", "100", insurance="I1"), other)
    assert not await site.one("h1", other.id)
    found = await site.only()
    assert (found.state, found.reason) == (MatchState.CONFLICT, reason)


@pytest.mark.parametrize(
    "other",
    [
        patient("e1", "emr", "100", born=None, sex=None),
        patient("e1", "emr", "100", born="1950-01", sex="unknown"),
    ],
)
async def test_what_is_not_known_speaks_against_nothing(site: Site, other: StoredResource) -> None:
    await site.take(HIS, other)
    assert await site.one("h1", "e1")


async def test_real_and_invented_patients_are_never_one(site: Site) -> None:
    await site.take(HIS, patient("e1", "emr", "100", origin=SYNTHETIC))
    assert not await site.one("h1", "e1")
    assert await site.matches.list() == []


async def test_names_and_numbers_that_nobody_declared_count_for_nothing(site: Site) -> None:
    await site.take(HIS, patient("x1", "lis", "100"))
    assert not await site.one("h1", "x1")


TWICE = [HIS, EMR, patient("h2", "his", "100")]


@pytest.mark.parametrize("given", [TWICE, TWICE[::-1], [*TWICE[1:], TWICE[0]]])
async def test_a_number_that_two_patients_of_a_system_have_links_neither(
    site: Site, given: list[StoredResource]
) -> None:
    await site.take(*given)
    for name in ("h1", "e1", "h2"):
        assert await site.links.united(name) == {name}
    states = {m.state for m in await site.matches.list()}
    assert states == {MatchState.CONFLICT}
    # The system says that they are one: then all three are.
    await site.say(PatientLink("h2", "h1", True, NOON))
    await site.take(patient("e1", "emr", "100", born=None))
    assert await site.one("h1", "h2", "e1")


async def test_a_number_that_was_wrong_parts_them_again_and_leaves_everything(site: Site) -> None:
    await site.take(HIS, EMR)
    observation = {
        "resourceType": "Observation",
        "id": "o",
        "subject": {"reference": "Patient/e1"},
    }
    stored = StoredResource("Observation", "o", "e1", None, None, NOON, IMPORTED, observation)
    await site.records.import_unit([stored])
    assert "o" in {r["id"] for r in await site.records.read_patient("h1")}
    await site.take(patient("e1", "emr", "900"))
    assert not await site.one("h1", "e1")
    assert "o" not in {r["id"] for r in await site.records.read_patient("h1")}
    assert "o" in {r["id"] for r in await site.records.read_patient("e1")}
    assert (await site.only()).state is MatchState.GONE
    await site.take(EMR)
    assert await site.one("h1", "e1")


async def test_a_fact_that_comes_to_contradict_parts_them(site: Site) -> None:
    await site.take(HIS, EMR, patient("e1", "emr", "100", born="1999-09-09"))
    assert not await site.one("h1", "e1")
    assert (await site.only()).reason is Contradiction.BIRTH_DATE_DIFFERS


async def test_what_the_hospital_took_back_is_not_linked_by_a_number(site: Site) -> None:
    plain = [patient("h1", "his"), patient("l1", "lis")]
    await site.take(*plain)
    await site.say(PatientLink("l1", "h1", True, NOON))
    await site.say(PatientLink("l1", "h1", False, NOON + timedelta(minutes=1)))
    await site.take(patient("h1", "his", insurance="I1"), patient("l1", "lis", insurance="I1"))
    assert not await site.one("h1", "l1")


async def test_an_old_message_that_comes_late_still_counts_more_than_a_number(site: Site) -> None:
    await site.take(HIS, EMR)
    await site.take(patient("h2", "his", insurance="I2"))
    await site.say(PatientLink("h1", "h2", True, NOON - timedelta(days=900)))
    assert await site.one("h1", "h2", "e1")
    assert await site.links.survivor("e1") == "h2"


async def test_a_chain_of_numbers_never_joins_two_patients_of_one_system(site: Site) -> None:
    await site.take(
        patient("h1", "his", "100"),
        patient("e1", "emr", "100", insurance="I1"),
        patient("h2", "his", insurance="I1"),
    )
    assert not await site.one("h1", "h2")
    assert MatchState.CONFLICT in {m.state for m in await site.matches.list()}


async def test_a_person_decides_and_that_stands(site: Site) -> None:
    await site.take(HIS, patient("e1", "emr", "100", born="1951-01-02"))
    seen = await site.only()
    await site.matches.decide(seen, one_person=True, by="it.cao", at=NOON)
    assert await site.one("h1", "e1")
    await site.take(patient("e1", "emr", "100", born="1952-01-02"))
    assert await site.one("h1", "e1"), "a number that speaks against it undoes no decision"
    with pytest.raises(ConflictError) as stale:
        await site.matches.decide(seen, one_person=False, by="it.cao", at=NOON)
    assert stale.value.code == "match_changed"
    await site.matches.decide(await site.only(), one_person=False, by="it.cao", at=NOON)
    assert not await site.one("h1", "e1")
    await site.take(EMR)
    assert not await site.one("h1", "e1"), "nor does one that speaks for it"
    assert (await site.only()).state is MatchState.APART


async def test_what_a_message_joined_is_not_parted_here(site: Site) -> None:
    await site.take(patient("h1", "his"), patient("l1", "lis"))
    await site.say(PatientLink("l1", "h1", True, NOON))
    await site.take(patient("h1", "his", insurance="I1"), patient("l1", "lis", insurance="I1"))
    with pytest.raises(ConflictError) as refused:
        await site.matches.decide(await site.only(), one_person=False, by="it.cao", at=NOON)
    assert refused.value.code == "patients_linked_otherwise"
    assert await site.one("h1", "l1")


async def test_every_change_waits_for_the_audit_once(site: Site) -> None:
    await site.take(HIS, EMR)
    [waiting] = await site.matches.not_audited()
    await site.matches.mark_audited(waiting)
    assert await site.matches.not_audited() == []
    await site.take(EMR)
    assert await site.matches.not_audited() == []
    await site.take(patient("e1", "emr", "900"))
    assert [m.state for m in await site.matches.not_audited()] == [MatchState.GONE]


@pytest.mark.parametrize("sealed_between", [False, True])
async def test_numbers_that_were_kept_in_the_clear_match_sealed_ones(
    open_database: Any, fresh_database_urls: Any, sealed_between: bool
) -> None:
    clear = Database(fresh_database_urls.general, pool_size=1)
    database = open_database(fresh_database_urls.general)
    site = Site(database)
    await Site(clear).take(HIS, patient("x1", "his", "555", born="1960-01-01"))
    await clear.close()
    if sealed_between:
        await Resealing(database, records=True).all()
    # The same number and day of birth: one; the same number and another day: a contradiction.
    await site.take(EMR, patient("y1", "emr", "555", born="1961-01-01"))
    assert await site.one("h1", "e1")
    assert not await site.one("x1", "y1")
    reasons = {(m.one, m.other): m.reason for m in await site.matches.list()}
    assert reasons == {
        ("e1", "h1"): None,
        ("x1", "y1"): Contradiction.BIRTH_DATE_DIFFERS,
    }
    shared = {m.one: await site.matches.shared_numbers(m) for m in await site.matches.list()}
    assert shared == {"e1": [("mrn", "100")], "x1": [("mrn", "555")]}
    with connect(fresh_database_urls.migration) as owner:
        kept = owner.execute("SELECT value, sealed FROM patient_number").fetchall()
        days = owner.execute("SELECT birth_date FROM matched_patient").fetchall()
    assert all(value.startswith("~") and sealed.startswith("~") for value, sealed in kept)
    assert sealed_between is all(day.startswith("~") for (day,) in days)


async def test_who_is_removed_is_matched_with_nobody(site: Site, fresh_database_urls: Any) -> None:
    await site.take(HIS, EMR)
    with connect(fresh_database_urls.migration) as owner:
        owner.execute("DELETE FROM patient WHERE id = 'e1'")
        left = owner.execute("SELECT patient FROM patient_number").fetchall()
        assert left == [("h1",)]
        assert not owner.execute("SELECT one FROM patient_match").fetchall()
