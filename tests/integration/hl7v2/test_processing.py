"""From durable messages to the record: updates, masters, merges, and one bad message alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from suwen.storage.database import Database
from suwen.storage.inbound import InboundStore
from suwen.storage.inbound_types import MessageState, NewMessage
from suwen.storage.patient_links import PatientLinkStore
from suwen.storage.records import RecordStore
from suwen.storage.urls import DatabaseUrls
from tests.support.hl7 import (
    CIPHER,
    PID,
    PV1,
    Running,
    adt,
    connected,
    facts,
    lab,
    listening,
    message,
)


@pytest.fixture
async def door(
    database: Database,
    fresh_database_urls: DatabaseUrls,
    open_database: Callable[[str], Database],
) -> AsyncIterator[Running]:
    async with listening(database, open_database(fresh_database_urls.general)) as running:
        yield running


async def bring(door: Running, *texts: str) -> None:
    """Sends messages one after the other and waits until they are in the record."""
    async with connected(door.port) as sender:
        for text in texts:
            assert (await sender.send(text))[0] == "AA", text
    await door.settled()


async def one(database: Database, kind: str) -> dict[str, Any]:
    """The one resource of a type of the one patient."""
    records = RecordStore(database)
    [patient] = await records.list_patients()
    [found] = await records.read(patient.id, [kind])
    return dict(found)


async def test_an_update_keeps_what_it_does_not_say(door: Running, database: Database) -> None:
    await bring(
        door,
        adt("A01", "M1", PID + "|||1 High St^^Town", PV1, at="20240531083000"),
        adt("A08", "M2", "PID|1||P100^^^HOSP^MR||||||||||^PRN^PH^^^10^1", at="20240531090000"),
    )
    patient = await one(database, "Patient")
    assert patient["name"][0]["text"] == "王小明"
    assert patient["address"][0]["city"] == "Town"
    assert patient["telecom"][0]["value"] == "10-1"


async def test_two_quotation_marks_remove(door: Running, database: Database) -> None:
    await bring(
        door,
        adt("A01", "M1", PID, PV1, at="20240531083000"),
        adt("A08", "M2", 'PID|1||P100^^^HOSP^MR||||""', at="20240531090000"),
    )
    patient = await one(database, "Patient")
    assert "birthDate" not in patient
    assert patient["gender"] == "male"


async def test_discharge_its_cancelling_and_late_news(door: Running, database: Database) -> None:
    gone = PV1 + "|20240602100000"
    await bring(
        door,
        adt("A01", "M1", PID, PV1, at="20240531083000"),
        adt("A03", "M2", PID, gone, at="20240602100000"),
    )
    stay = await one(database, "Encounter")
    assert (stay["status"], "end" in stay["period"]) == ("finished", True)
    # An address update with a visit that looks open does not open it again.
    await bring(door, adt("A08", "M3", PID, PV1, at="20240602110000"))
    assert (await one(database, "Encounter"))["status"] == "finished"
    # A laboratory's copy of the visit changes nothing either.
    late = message("ORU^R01", "M4", PID, PV1, "OBR|1|O1||1^x", "OBX|1|NM|1^a^L||7|g/L|||||F",
                   at="20240603080000")  # fmt: skip
    await bring(door, late)
    assert (await one(database, "Encounter"))["status"] == "finished"
    await bring(door, adt("A13", "M5", PID, PV1, at="20240603090000"))
    stay = await one(database, "Encounter")
    assert (stay["status"], "end" in stay["period"]) == ("in-progress", False)


async def test_a_laboratory_is_not_the_master_of_a_patient(
    door: Running, database: Database
) -> None:
    other_name = "PID|1||P100^^^HOSP^MR||王^晓明||19570215|M"
    result = message("ORU^R01", "M1", other_name, "OBR|1|O1||1^x",
                     "OBX|1|NM|1^a^L||7|g/L|||||F", at="20240601080000")  # fmt: skip
    await bring(door, result)
    assert (await one(database, "Patient"))["name"][0]["text"] == "王晓明"
    # ADT counts, though its message is older; then the laboratory changes nothing.
    await bring(door, adt("A01", "M2", PID, PV1, at="20240531083000"))
    patient = await one(database, "Patient")
    assert (patient["name"][0]["text"], patient["birthDate"]) == ("王小明", "1957-02-14")
    await bring(door, result.replace("|M1|", "|M3|"))
    assert (await one(database, "Patient"))["name"][0]["text"] == "王小明"


async def test_an_older_update_changes_nothing_and_later_ones_do_not_inherit_it(
    door: Running, database: Database
) -> None:
    def update(number: str, city: str, at: str) -> str:
        return adt("A08", number, PID + f"|||1^^{city}" if city else PID, at=at)

    await bring(
        door,
        update("M1", "New", "20240531090000"),
        update("M2", "Old", "20240531080000"),
        update("M3", "", "20240531100000"),
    )
    assert (await one(database, "Patient"))["address"][0]["city"] == "New"


async def test_a40_unites_and_a37_parts_again(door: Running, database: Database) -> None:
    old = PID.replace("P100", "P099")
    await bring(
        door,
        adt("A01", "M1", PID, PV1, at="20240531080000"),
        lab("M2", "P099", "O9", "101", at="20240531081000"),
        adt("A40", "M3", PID, "MRG|P099^^^HOSP^MR", at="20240531090000"),
    )
    records, links = RecordStore(database), PatientLinkStore(database)
    [patient] = await records.list_patients()
    assert patient.identifier == "P100"
    kinds = [r["resourceType"] for r in await records.read_patient(patient.id)]
    assert kinds.count("Observation") == 1
    prior = next(iter(await links.united(patient.id) - {patient.id}))
    assert await links.survivor(prior) == patient.id
    # What still comes under the given-up number belongs to the survivor.
    await bring(door, lab("M4", "P099", "O9", "102", at="20240531093000"))
    assert len(await records.list_patients()) == 1
    await bring(door, adt("A37", "M5", PID, old, at="20240531100000"))
    assert sorted(str(p.identifier) for p in await records.list_patients()) == ["P099", "P100"]
    assert await links.united(patient.id) == {patient.id}


async def test_corrected_results_take_the_place_of_former_ones(
    door: Running, database: Database
) -> None:
    first = lab("M1", "P100", "O1", "101", at="20240531080000")
    second = lab("M2", "P100", "O1", "110", at="20240531090000")
    await bring(door, first, second.replace("|||F|||", "|||C|||"))
    observation = await one(database, "Observation")
    assert (observation["status"], str(observation["valueQuantity"]["value"])) == (
        "corrected",
        "110",
    )


async def test_a_message_that_cannot_be_processed_holds_up_nobody(
    door: Running, database: Database
) -> None:
    now = datetime.now(UTC)
    bodies = [
        ("D1", b"\xff\xfe", "utf-8"),
        ("D2", b"MSH|^~\\&", "utf-8"),
        ("D3", adt("A01", "D3", "PID|1").encode(), "utf-8"),
        ("G1", adt("A01", "G1", PID, PV1).encode(), "utf-8"),
    ]
    await door.inbound.receive_all(
        [NewMessage("his", n, "ADT^A01", None, body, codec, now) for n, body, codec in bodies], now
    )
    door.processor.notice()
    await door.settled()
    states = {m.control_id: (m.state, m.error_code) for m in await door.inbound.queue()}
    assert states == {
        "D1": (MessageState.FAILED, "hl7_character_set"),
        "D2": (MessageState.FAILED, "hl7_field_missing"),
        "D3": (MessageState.FAILED, "hl7_field_missing"),
        "G1": (MessageState.PROCESSED, None),
    }
    assert len(await RecordStore(database).list_patients()) == 1


async def test_fields_that_nothing_carries_are_kept_as_remarks(door: Running) -> None:
    await bring(door, adt("A08", "M1", PID + "|" * 23 + "x", "ZPI|1|b"))
    [kept] = await door.inbound.queue()
    assert kept.notes == {"unmapped": ["PID-31", "ZPI-1", "ZPI-2"]}


async def test_channels_with_one_namespace_speak_of_the_same_patient(
    database: Database,
    fresh_database_urls: DatabaseUrls,
    open_database: Callable[[str], Database],
) -> None:
    for name in ("his-a", "lis-b"):
        channel = facts(name=name, namespace="hospital")
        receiving = open_database(fresh_database_urls.general)
        async with listening(database, receiving, channel) as running:
            await bring(running, adt("A08", "M1", PID))
    [_] = await RecordStore(database).list_patients()
    assert len(await InboundStore(database, CIPHER).queue()) == 2
