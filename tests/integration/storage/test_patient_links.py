"""Merged patients are one; taking a merge back leaves everything as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from suwen.core.errors import ConflictError, InputError
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.inbound import InboundStore
from suwen.storage.inbound_types import NewMessage, ProcessedMessage
from suwen.storage.patient_links import PatientLink, PatientLinkStore
from suwen.storage.record_import import IMPORTED, StoredResource
from suwen.storage.records import CareFilter, RecordStore

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Site:
    """The stores over one database, and messages that say that patients are one."""

    def __init__(self, database: Database) -> None:
        self.records = RecordStore(database)
        self.links = PatientLinkStore(database)
        self.inbound = InboundStore(database, FieldCipher(bytes(32)))
        self._number = 0

    async def say(self, *links: PatientLink) -> None:
        self._number += 1
        given = NewMessage("his", str(self._number), "ADT^A40", None, b"", "utf-8", NOON)
        (receipt,) = await self.inbound.receive_all([given], NOON)
        await self.inbound.process([ProcessedMessage(receipt.id, links=links)], NOON)


@pytest.fixture
async def site(database: Database) -> Site:
    site = Site(database)
    for name in ("p", "q", "r"):
        await site.records.import_unit(record(name))
    return site


def link(prior: str, surviving: str, minute: int = 0, linked: bool = True) -> PatientLink:
    return PatientLink(prior, surviving, linked, NOON + timedelta(minutes=minute))


def resource(kind: str, name: str, owner: str, /, **body: object) -> StoredResource:
    whole = {
        "resourceType": kind,
        "id": name,
        **({} if kind == "Patient" else {"subject": {"reference": f"Patient/{owner}"}}),
        **body,
    }
    department = str(body.get("department", "")) or None
    whole.pop("department", None)
    encounter = name if kind == "Encounter" else None
    return StoredResource(kind, name, owner, encounter, department, NOON, IMPORTED, whole)


def record(name: str) -> list[StoredResource]:
    return [
        resource("Patient", name, name, name=[{"text": f"Name {name}"}]),
        resource("Observation", f"o-{name}", name),
        resource(
            "Encounter",
            f"e-{name}",
            name,
            status="in-progress",
            department=f"dep-{name}",
            period={"start": "2026-03-01T08:00:00Z"},
        ),
    ]


async def held(site: Site, patient: str) -> set[str]:
    return {f"{r['resourceType']}/{r['id']}" for r in await site.records.read_patient(patient)}


async def test_whichever_id_is_asked_the_record_is_that_of_both(site: Site) -> None:
    await site.say(link("q", "p"))
    both = {"Patient/p", "Observation/o-p", "Observation/o-q", "Encounter/e-p", "Encounter/e-q"}
    assert await held(site, "p") == both
    assert await held(site, "q") == both
    assert await site.links.survivor("q") == "p"
    assert await site.links.united("p") == {"p", "q"}
    (observation,) = [r for r in await site.records.read("q", ["Observation"]) if r["id"] == "o-q"]
    assert observation["subject"] == {"reference": "Patient/p"}
    stored = await site.records.read_resource("Observation", "o-q")
    assert stored is not None
    assert stored["subject"] == {"reference": "Patient/q"}
    assert await site.records.patient_of("Observation", "o-q") == "p"


async def test_taking_it_back_leaves_both_as_they_were(site: Site) -> None:
    before = {name: await site.records.read_patient(name) for name in "pq"}
    rows = {name: await site.records.read_summary(name) for name in "pq"}
    await site.say(link("q", "p"))
    await site.say(link("q", "p", 1, linked=False))
    assert {name: await site.records.read_patient(name) for name in "pq"} == before
    assert {name: await site.records.read_summary(name) for name in "pq"} == rows
    said = await site.links.links("q")
    assert [(one.link.linked, one.message is not None) for one in said] == [
        (True, True),
        (False, True),
    ]


async def test_a_chain_of_merges_leads_to_the_last_survivor(site: Site) -> None:
    await site.say(link("r", "q"))
    await site.say(link("q", "p", 1))
    assert await site.links.united("r") == {"p", "q", "r"}
    assert await held(site, "r") == await held(site, "p")
    assert await site.records.with_priors(["p"]) == {"p", "q", "r"}
    await site.say(link("q", "p", 2, linked=False))
    assert await site.links.united("r") == {"q", "r"}


async def test_an_older_statement_changes_nothing(site: Site) -> None:
    await site.say(link("q", "p", 5))
    await site.say(link("q", "r", 1))
    await site.say(link("q", "p", 2, linked=False))
    assert await site.links.survivor("q") == "p"
    assert len(await site.links.links("q")) == 1


async def test_taking_back_a_merge_with_another_says_nothing_about_this_one(site: Site) -> None:
    await site.say(link("q", "p"))
    await site.say(link("q", "r", 1, linked=False))
    assert await site.links.survivor("q") == "p"


async def test_a_merge_the_other_way_round_turns_the_two(site: Site) -> None:
    await site.say(link("q", "p"))
    await site.say(link("p", "q", 1))
    assert await site.links.survivor("p") == "q"
    assert await site.links.survivor("q") == "q"
    await site.say(link("q", "p"))
    assert await site.links.survivor("p") == "q", "the older statement again"


async def test_two_priors_of_one_stay_apart_from_a_circle(site: Site) -> None:
    await site.say(link("q", "p"), link("r", "p"))
    await site.say(link("q", "r", 1))
    assert await site.links.united("q") == {"p", "q", "r"}
    assert await site.links.survivor("r") == "p"


async def test_nobody_is_merged_with_oneself(site: Site) -> None:
    with pytest.raises(InputError, match="patient_link_to_itself"):
        await site.say(link("p", "p"))


async def test_the_list_shows_the_survivor_with_what_both_have(site: Site) -> None:
    allergy = resource(
        "AllergyIntolerance",
        "a-q",
        "q",
        code={"text": "penicillin"},
        clinicalStatus={"coding": [{"code": "active"}]},
    )
    await site.records.import_unit([allergy])
    assert (await listed(site))["p"] is None
    await site.say(link("q", "p"))
    assert await listed(site) == {"p": True, "r": None}
    await site.say(link("q", "p", 1, linked=False))
    assert await listed(site) == {"p": None, "q": True, "r": None}


async def listed(site: Site) -> dict[str, bool | None]:
    return {one.id: one.has_allergy for one in await site.records.list_patients()}


async def test_who_cares_for_one_of_them_cares_for_the_survivor(site: Site) -> None:
    since = NOON - timedelta(days=1)
    care = CareFilter("dr.x", frozenset({"dep-q"}), since)
    assert [one.id for one in await site.records.list_cared_for(care)] == ["q"]
    await site.say(link("q", "p"))
    assert [one.id for one in await site.records.list_cared_for(care)] == ["p"]
    assert (await site.records.care_team("p", since)).departments == {"dep-p", "dep-q"}
    assert (await site.records.care_team("q", since)).departments == {"dep-p", "dep-q"}
    await site.say(link("q", "p", 1, linked=False))
    assert (await site.records.care_team("p", since)).departments == {"dep-p"}


async def test_a_result_sent_anew_for_the_survivor_moves_and_for_a_stranger_does_not(
    site: Site,
) -> None:
    with pytest.raises(ConflictError, match="resource_of_another_patient"):
        await site.records.import_unit([resource("Observation", "o-q", "p")])
    await site.say(link("q", "p"))
    await site.records.import_unit([resource("Observation", "o-q", "p")])
    with pytest.raises(ConflictError, match="resource_of_another_patient"):
        await site.records.import_unit([resource("Observation", "o-q", "r")])
    stored = await site.records.read_resource("Observation", "o-q")
    assert stored is not None
    assert stored["subject"] == {"reference": "Patient/p"}


async def test_several_are_read_at_once_each_under_the_id_that_was_asked(site: Site) -> None:
    await site.say(link("q", "p"))
    found = await site.records.read_several(["q", "r", "nobody"], ["Observation"])
    assert {key: {r["id"] for r in items} for key, items in found.items()} == {
        "q": {"o-p", "o-q"},
        "r": {"o-r"},
        "nobody": set(),
    }
