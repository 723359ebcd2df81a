"""Orders that come by a message wait for the pharmacist from the moment they are in the record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from suwen.storage.database import Database
from suwen.storage.prescription_arrivals import ArrivalStore
from suwen.storage.records import RecordStore
from suwen.storage.urls import DatabaseUrls
from tests.support.hl7 import CIPHER, PID, PV1, Running, connected, listening, message

RXE = "RXE|1^^^20240531083000|AMOX^阿莫西林胶囊^L|0.5||g|CAP"
RXR = "RXR|PO^口服^HL70162"


@pytest.fixture
async def door(
    database: Database,
    fresh_database_urls: DatabaseUrls,
    open_database: Callable[[str], Database],
    request: pytest.FixtureRequest,
) -> AsyncIterator[Running]:
    reviews = getattr(request, "param", True)
    receiving = open_database(fresh_database_urls.general)
    async with listening(database, receiving, reviews=reviews) as running:
        yield running


def order(identity: str, control: str = "NW", kind: str = "RDE^O11") -> str:
    return message(kind, identity, PID, PV1, f"ORC|{control}|O1", RXE, RXR)


async def bring(door: Running, *texts: str) -> None:
    async with connected(door.port) as sender:
        for text in texts:
            assert (await sender.send(text))[0] == "AA", text
    await door.settled()


async def test_an_order_that_is_in_the_record_waits_once(door: Running, database: Database) -> None:
    await bring(door, order("M1"), order("M1"))
    [arrival] = await ArrivalStore(database, CIPHER).waiting()
    [patient] = await RecordStore(database).list_patients()
    [request] = await RecordStore(database).read(patient.id, ["MedicationRequest"])
    assert (arrival.origin, arrival.patient) == ("hl7", patient.id)
    assert arrival.orders == (f"MedicationRequest/{request['id']}",)
    await bring(door, order("M2", "CA"))
    assert [a.orders for a in await ArrivalStore(database, CIPHER).waiting()] == [
        arrival.orders,
        arrival.orders,
    ]


@pytest.mark.parametrize("door", [False], indirect=True)
async def test_where_nobody_reviews_nothing_waits(door: Running, database: Database) -> None:
    await bring(door, order("M1"))
    assert await RecordStore(database).list_patients() != []
    assert await ArrivalStore(database, CIPHER).waiting() == []
