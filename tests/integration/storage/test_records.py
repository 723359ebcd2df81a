"""The record store loses nothing, mixes nobody, and repeats nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from suwen.core.errors import ConflictError, InputError, SuwenError
from suwen.core.identity import PrincipalId, Role
from suwen.core.language import Language
from suwen.storage.database import Database
from suwen.storage.people import PeopleStore, Person
from suwen.storage.records import (
    CareFilter,
    ImportCounts,
    RecordStore,
    StoredResource,
)
from suwen.storage.resource_place import resource_place
from suwen.storage.rows import EVERYBODY
from suwen.storage.vault import opened_texts

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)


def _resource(
    resource_type: str, identifier: str, patient: str | None = "p1", **body: Any
) -> StoredResource:
    department = body.pop("department", None)
    at = body.pop("at", None)
    return StoredResource(
        type=resource_type,
        id=identifier,
        patient_id=patient,
        encounter_id=None,
        department=department,
        at=at,
        origin="imported",
        body={"resourceType": resource_type, "id": identifier, **body},
    )


def _patient(identifier: str, name: str = "李娜") -> StoredResource:
    return _resource("Patient", identifier, identifier, name=[{"text": name}], gender="female")


def _encounter(
    identifier: str, patient: str, department: str, end: datetime | None = None, **more: Any
) -> StoredResource:
    period = {"start": "2025-02-20T08:00:00+08:00"}
    if end is not None:
        period["end"] = end.isoformat()
    status = more.pop("status", "finished" if end else "in-progress")
    return _resource(
        "Encounter",
        identifier,
        patient,
        department=department,
        status=status,
        period=period,
        **more,
    )


@pytest.fixture
def store(database: Database) -> RecordStore:
    return RecordStore(database)


async def test_every_digit_and_every_letter_comes_back(store: RecordStore) -> None:
    text = (
        '{"resourceType":"Observation","id":"o1","valueQuantity":{"value":176.35499866729558},'
        '"low":7.20,"high":1E+5,"tiny":0.0000001,"whole":12345678901234567890,'
        '"note":"血钾\\u0000\\"高\\" \\u2028 😀","none":null,"yes":true,"list":[1,[],{}]}'
    )
    body = json.loads(text, parse_float=Decimal)
    await store.import_unit([replace(_resource("Observation", "o1"), body=body)])
    found = await store.read_resource("Observation", "o1")
    assert found == body
    assert found is not None
    assert str(found["valueQuantity"]["value"]) == "176.35499866729558"
    assert str(found["low"]) == "7.20"
    assert list(found) == list(body)


async def test_the_same_unit_again_changes_nothing(store: RecordStore) -> None:
    unit = [_patient("p1"), _resource("Condition", "c1"), _resource("Condition", "c2")]
    assert await store.import_unit(unit) == ImportCounts(stored=3, unchanged=0, replaced=0)
    assert await store.import_unit(unit) == ImportCounts(stored=0, unchanged=3, replaced=0)
    assert await store.counts_by_type() == {"Condition": 2, "Patient": 1}


async def test_the_same_resource_twice_in_a_unit_is_one(store: RecordStore) -> None:
    assert (await store.import_unit([_patient("p1"), _patient("p1")])).stored == 1


async def test_an_empty_unit_is_nothing(store: RecordStore) -> None:
    assert await store.import_unit([]) == ImportCounts(0, 0, 0)


async def test_a_changed_resource_replaces_and_the_former_is_kept(
    store: RecordStore, database: Database
) -> None:
    for number in (1, 2, 3):
        changed = _resource("Observation", "o1", value=number)
        counts = await store.import_unit([_patient("p1"), changed])
    assert counts == ImportCounts(stored=0, unchanged=1, replaced=1)
    found = await store.read_resource("Observation", "o1")
    assert found is not None
    assert found["value"] == 3
    async with database.transaction(EVERYBODY) as connection:
        rows = await connection.exec_driver_sql(
            "SELECT body, version FROM resource_history ORDER BY version"
        )
        stored = [(row.body, resource_place("Observation", "o1", row.version)) for row in rows]
        former = await opened_texts(database.vault, connection, stored)
    assert [json.loads(body or "")["value"] for body in former] == [1, 2]


async def test_one_resource_in_two_forms_refuses_the_whole_unit(store: RecordStore) -> None:
    unit = [_patient("p1"), _resource("Condition", "c", a=1), _resource("Condition", "c", a=2)]
    with pytest.raises(InputError) as caught:
        await store.import_unit(unit)
    assert caught.value.code == "duplicate_resource"
    assert await store.counts_by_type() == {}


async def test_a_resource_of_another_patient_is_never_taken_over(store: RecordStore) -> None:
    await store.import_unit([_patient("p1"), _resource("Observation", "o1", value=1)])
    with pytest.raises(ConflictError) as caught:
        await store.import_unit([_patient("p2"), _resource("Observation", "o1", "p2", value=2)])
    assert caught.value.code == "resource_of_another_patient"
    assert await store.read_patient("p2") == []
    assert await store.patient_of("Observation", "o1") == "p1"


async def test_imported_records_do_not_replace_synthetic_ones(store: RecordStore) -> None:
    await store.import_unit([replace(_patient("p1"), origin="synthetic")])
    with pytest.raises(ConflictError) as caught:
        await store.import_unit([_patient("p1", "another")])
    assert caught.value.code == "resource_of_another_origin"


@pytest.mark.parametrize("value", ["\ud800", float("nan"), Decimal("Infinity"), {1, 2}])
async def test_a_damaged_unit_leaves_nothing(store: RecordStore, value: Any) -> None:
    with pytest.raises(InputError) as caught:
        await store.import_unit([_patient("p1"), _resource("Condition", "c", value=value)])
    assert caught.value.code == "resource_not_storable"
    assert await store.counts_by_type() == {}


async def test_a_refusal_by_the_database_leaves_nothing_and_quotes_nothing(
    store: RecordStore,
) -> None:
    unit = [_patient("p1", "欧阳秘密"), _resource("Condition", "nul\x00")]
    with pytest.raises(SuwenError) as caught:
        await store.import_unit(unit)
    shown = [caught.value.safe_message.en, str(caught.value), repr(caught.value.detail)]
    assert caught.value.code == "text_not_storable"
    assert "秘密" not in "".join(shown)
    assert caught.value.__cause__ is None
    assert await store.counts_by_type() == {}


async def test_reading_is_by_patient_and_type_in_order_of_time(store: RecordStore) -> None:
    late = _resource("Observation", "a", at=NOW)
    early = _resource("Observation", "b", at=NOW - timedelta(days=1))
    unknown = _resource("Observation", "c")
    others = [_patient("p2"), _resource("Observation", "x", "p2", at=NOW)]
    await store.import_unit([_patient("p1"), late, early, unknown, *others])
    assert [r["id"] for r in await store.read("p1", ["Observation"])] == ["c", "b", "a"]
    assert {r["id"] for r in await store.read_patient("p1")} == {"p1", "a", "b", "c"}
    assert await store.read("p1", []) == []
    assert await store.read_resource("Observation", "none") is None


async def test_several_patients_are_read_at_once_and_never_mixed(store: RecordStore) -> None:
    await store.import_unit([_patient("p1"), _resource("Condition", "c1", onset="2020")])
    await store.import_unit([_patient("p2"), _resource("Condition", "c2", "p2", onset="2021")])
    wanted = ("p1", "p2", "p3")
    several = await store.read_several(wanted, ("Patient", "Condition"))
    assert several == {one: await store.read(one, ("Patient", "Condition")) for one in wanted}
    assert [one["id"] for one in several["p2"]] == ["c2", "p2"]
    assert several["p3"] == []


async def test_real_records_are_told_from_synthetic_ones(store: RecordStore) -> None:
    assert not await store.has_real_records()
    await store.import_unit([replace(_patient("p1"), origin="synthetic")])
    assert not await store.has_real_records()
    await store.import_unit([_patient("p2")])
    assert await store.has_real_records()


async def test_the_worklist_shows_who_is_here_first_and_finds_by_text(store: RecordStore) -> None:
    await store.import_unit(
        [
            _patient("p1", "王一"),
            _encounter("e1", "p1", "card", NOW),
            _patient("p2", "王二"),
            _encounter("e2", "p2", "card"),
            _patient("p3", "100%"),
        ]
    )
    assert [row.id for row in await store.list_patients()] == ["p2", "p1", "p3"]
    assert [row.id for row in await store.list_patients(department="card")] == ["p2", "p1"]
    assert [row.id for row in await store.list_patients(query="王")] == ["p2", "p1"]
    assert [row.id for row in await store.list_patients(query="0%")] == ["p3"]
    assert [row.id for row in await store.list_patients(query="%")] == ["p3"]
    assert [row.id for row in await store.list_patients(limit=1, offset=1)] == ["p1"]
    found = await store.read_summary("p2")
    assert found is not None
    assert (found.name, found.encounter_id, found.encounter_status) == ("王二", "e2", "in-progress")
    assert await store.read_summary("p9") is None


async def test_a_later_unit_brings_the_list_up_to_date(store: RecordStore) -> None:
    await store.import_unit([_patient("p1"), _encounter("e1", "p1", "card")])
    await store.import_unit([_encounter("e1", "p1", "card", NOW)])
    found = await store.read_summary("p1")
    assert found is not None
    assert (found.encounter_status, found.discharged_at) == ("finished", NOW)


async def test_care_is_by_department_or_by_taking_part_and_ends(
    store: RecordStore, database: Database
) -> None:
    def person(account: str, practitioner: str | None) -> Person:
        return Person(
            PrincipalId(account),
            account,
            frozenset({Role.PHYSICIAN}),
            frozenset(),
            Language.ZH,
            False,
            "local",
            practitioner,
        )

    people = PeopleStore(database)
    for account, practitioner in (("dr.lin", "prac-1"), ("dr.wu", None), ("dr.he", "prac-2")):
        await people.add(person(account, practitioner))
    taking_part = [{"individual": {"reference": "Practitioner/prac-1"}}]
    since = NOW - timedelta(days=30)
    await store.import_unit(
        [
            _patient("open"),
            _encounter("e1", "open", "card", participant=taking_part),
            _patient("recent"),
            _encounter("e2", "recent", "resp", NOW - timedelta(days=29)),
            _patient("past"),
            _encounter("e3", "past", "card", NOW - timedelta(days=31), participant=taking_part),
            _patient("void"),
            _encounter("e4", "void", "card", NOW, status="entered-in-error"),
            _patient("unknown-end"),
            _encounter("e5", "unknown-end", "card", status="finished"),
        ]
    )
    team = await store.care_team("open", since)
    assert (team.departments, team.principals) == (frozenset({"card"}), frozenset({"dr.lin"}))
    for patient in ("past", "void", "unknown-end", "nobody"):
        team = await store.care_team(patient, since)
        assert (team.departments, team.principals) == (frozenset(), frozenset())
    assert (await store.care_team("recent", since)).departments == frozenset({"resp"})

    async def cared_for(account: str, *departments: str) -> set[str]:
        care = CareFilter(account, frozenset(departments), since)
        return {row.id for row in await store.list_cared_for(care)}

    assert await cared_for("dr.lin") == {"open"}
    assert await cared_for("dr.wu") == set()
    assert await cared_for("dr.wu", "resp") == {"recent"}
    assert await cared_for("dr.he", "card", "resp") == {"open", "recent"}


async def test_two_imports_at_once_do_not_harm_each_other(
    fresh_database_urls: Any, open_database: Callable[[str], Database]
) -> None:
    import asyncio

    stores = [RecordStore(open_database(fresh_database_urls.general)) for _ in range(2)]
    unit = [_patient("p1"), *(_resource("Condition", f"c{n}") for n in range(50))]
    done = await asyncio.gather(*(store.import_unit(unit) for store in stores))
    assert sorted(counts.stored for counts in done) == [0, 51]


async def test_a_large_unit_is_stored_whole(store: RecordStore) -> None:
    unit = [_patient("p1"), *(_resource("Observation", f"o{n}", value=n) for n in range(2500))]
    assert (await store.import_unit(unit)).stored == 2501
    changed = [_resource("Observation", f"o{n}", value=n + 1) for n in range(2500)]
    assert (await store.import_unit(changed)).replaced == 2500
