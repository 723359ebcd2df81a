"""The database shows a transaction only the patients that it was opened for.

No rights condition of the program takes part here: every statement asks for everything.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from suwen.core.errors import SuwenError
from suwen.core.identity import PrincipalId, Role
from suwen.core.language import Language
from suwen.storage.database import Database
from suwen.storage.people import PeopleStore, Person
from suwen.storage.records import RecordStore
from suwen.storage.rows import EVERYBODY, Rows
from suwen.storage.tables import care_encounter, patient, resource, resource_history
from suwen.storage.urls import DatabaseUrls
from tests.integration.storage.test_records import _encounter, _patient, _resource
from tests.support.database import connect

NOW = datetime(2025, 3, 1, 8, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=400)


@pytest.fixture
async def filled(database: Database) -> Database:
    records = RecordStore(database)
    wu = Person(
        PrincipalId("dr.wu"), "吴", frozenset({Role.PHYSICIAN}), frozenset(), Language.ZH,
        disabled=False, origin="imported", practitioner="wu",
    )  # fmt: skip
    await PeopleStore(database).add(wu)
    takes_part = [{"individual": {"reference": "Practitioner/wu"}}]
    for number, (department, more) in enumerate(
        (("card", {}), ("resp", {"participant": takes_part}), ("neuro", {})), 1
    ):
        name = f"p{number}"
        await records.import_unit(
            [_patient(name), _encounter(f"e{number}", name, department, **more)]
        )
    await records.import_unit([_resource("Organization", "o1", None)])
    await records.import_unit([_patient("p1", name="另名")])
    return database


async def _seen(database: Database, rows: Rows | None) -> dict[str, set[str | None]]:
    async with database.transaction(rows) as connection:
        return {
            "patient": set((await connection.execute(select(patient.c.id))).scalars()),
            "resource": set((await connection.execute(select(resource.c.patient))).scalars()),
            "stay": set((await connection.execute(select(care_encounter.c.patient))).scalars()),
            "history": set((await connection.execute(select(resource_history.c.id))).scalars()),
        }


def _only(*patients: str) -> dict[str, set[str | None]]:
    return {
        "patient": set(patients),
        # What belongs to no patient is everybody's.
        "resource": {None, *patients},
        "stay": set(patients),
        "history": set(),
    }


@pytest.mark.parametrize(
    ("rows", "patients"),
    [
        (None, ()),
        (Rows.of([]), ()),
        (Rows.of(["p2"]), ("p2",)),
        (Rows.of(["p1", "p3", "nobody"]), ("p1", "p3")),
        (Rows.cared_for("dr.lin", ["card"], LONG_AGO), ("p1",)),
        (Rows.cared_for("dr.lin", [], LONG_AGO), ()),
        (Rows.cared_for("dr.wu", ["neuro"], LONG_AGO), ("p2", "p3")),
        (Rows("anything else"), ()),
    ],
)
async def test_a_statement_without_any_condition_sees_only_whom_it_was_opened_for(
    filled: Database, rows: Rows | None, patients: tuple[str, ...]
) -> None:
    assert await _seen(filled, rows) == _only(*patients)


async def test_work_on_everybody_sees_everybody(filled: Database) -> None:
    everybody = _only("p1", "p2", "p3") | {"history": {"p1"}}
    assert await _seen(filled, EVERYBODY) == everybody


async def test_what_one_transaction_saw_the_next_one_does_not(filled: Database) -> None:
    for _ in range(8):
        await _seen(filled, EVERYBODY)
        assert await _seen(filled, None) == _only()


async def test_nothing_is_written_for_whom_it_was_not_opened(filled: Database) -> None:
    values = {"id": "e9", "patient": "p9", "participants": []}
    for rows in (None, Rows.of(["p1"])):
        with pytest.raises(SuwenError) as caught:
            async with filled.transaction(rows) as connection:
                await connection.execute(care_encounter.insert().values(values))
        assert caught.value.detail["sqlstate"] == "42501"
        async with filled.transaction(rows) as connection:
            await connection.execute(
                care_encounter.update().where(care_encounter.c.id == "e2").values(department="x")
            )
    async with filled.transaction(Rows.of(["p9"])) as connection:
        await connection.execute(care_encounter.insert().values(values))
        found = await connection.execute(text("SELECT count(*) FROM care_encounter"))
        assert found.scalar_one() == 1


async def test_with_the_wall_taken_down_the_same_statements_see_everything(
    filled: Database, fresh_database_urls: DatabaseUrls
) -> None:
    tables = ("patient", "resource", "care_encounter", "resource_history")
    with connect(fresh_database_urls.migration) as owner:
        for table in tables:
            owner.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        try:
            everybody = _only("p1", "p2", "p3") | {"history": {"p1"}}
            assert await _seen(filled, None) == everybody
        finally:
            for table in tables:
                owner.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    assert await _seen(filled, None) == _only()


async def test_the_service_cannot_take_the_wall_down(
    filled: Database, fresh_database_urls: DatabaseUrls
) -> None:
    with connect(fresh_database_urls.general) as service:
        for attempt in (
            "ALTER TABLE patient DISABLE ROW LEVEL SECURITY",
            "DROP POLICY whose_rows ON patient",
            "ALTER ROLE suwen_general BYPASSRLS",
        ):
            with pytest.raises(Exception, match=r"must be owner|permission denied"):
                service.execute(attempt)
