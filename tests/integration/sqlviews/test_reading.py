"""Views are read by increments: everything once, nothing missed, never written to."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest

from suwen.core.errors import IntegrationError
from suwen.core.row_mapping import RowPlace
from suwen.core.row_mapping_reading import read_row_mapping
from suwen.integration.sqlviews.connector import ReadingPace
from suwen.integration.sqlviews.views import Views
from suwen.storage.cursors import CursorStore
from suwen.storage.database import Database
from suwen.storage.records import RecordStore
from tests.integration.sqlviews.conftest import Hospital
from tests.support.database import connect
from tests.support.rows import NAME, VIEWS, Report, rounds, run_until, views_on


async def read_all(store: Database, hospital: Hospital, mapping: Path, count: int = 1) -> Report:
    connector = views_on(store, hospital.address, mapping)
    return await run_until(connector, lambda report: rounds(report, count))


def rewrite(mapping: Path, before: str, after: str) -> None:
    assert before in VIEWS
    mapping.write_text(VIEWS.replace(before, after), encoding="utf-8")


async def names(store: Database) -> list[str]:
    records = RecordStore(store)
    return sorted(p.name or "" for p in await records.list_patients(limit=10_000))


async def test_rows_become_resources_with_the_source_named(
    store: Database, hospital: Hospital, mapping: Path
) -> None:
    hospital.patient(1, name="张三")
    hospital.own.execute(
        "INSERT INTO his.results VALUES (7, 'P00001', '血糖', '<5.20', 'mmol/L', '3.9-6.1', "
        "'2026-05-01 07:30:00', '2026-05-01 08:00:00')"
    )
    report = await read_all(store, hospital, mapping)
    records = RecordStore(store)
    (patient,) = await records.list_patients()
    assert (patient.name, patient.sex, patient.identifier) == ("张三", "female", "P00001")
    found = {r["resourceType"]: r for r in await records.read_patient(patient.id)}
    assert set(found) == {"Patient", "Observation"}
    assert found["Patient"]["meta"] == {"source": f"urn:suwen:{NAME}"}
    observation = found["Observation"]
    assert str(observation["valueQuantity"]["value"]) == "5.20"
    assert observation["valueQuantity"]["comparator"] == "<"
    assert observation["effectiveDateTime"] == "2026-05-01T07:30:00+08:00"
    assert report.messages == 2
    assert not report.errors
    assert not report.downs


async def test_many_rows_of_one_watermark_are_read_once_each(
    store: Database, hospital: Hospital, mapping: Path
) -> None:
    for number in range(40):
        hospital.patient(number, name=f"N{number:02}")
    report = await read_all(store, hospital, mapping, count=3)
    assert await names(store) == [f"N{n:02}" for n in range(40)]
    assert report.messages == 40


async def test_a_change_is_read_and_an_unchanged_row_is_not_stored_again(
    store: Database, hospital: Hospital, mapping: Path
) -> None:
    for number in range(10):
        hospital.patient(number, name=f"N{number}")
    await read_all(store, hospital, mapping)
    hospital.patient(4, updated="2026-05-01 09:00:00", name="changed")
    report = await read_all(store, hospital, mapping, count=2)
    assert report.messages == 1
    assert "changed" in await names(store)


async def test_a_transaction_that_commits_late_is_not_missed(
    store: Database, hospital: Hospital, mapping: Path
) -> None:
    hospital.patient(1, updated="2026-05-01 08:00:00", name="early")
    with psycopg.connect(hospital.own.info.dsn, password=hospital.own.info.password) as late:
        late.execute(
            "INSERT INTO his.patients VALUES ('P9', 'late', '1', NULL, NULL, '2026-05-01 07:59:30')"
        )
        report = await read_all(store, hospital, mapping, count=2)
        assert report.messages == 1
        late.commit()
    await read_all(store, hospital, mapping)
    assert await names(store) == ["early", "late"]


async def test_what_commits_later_than_the_declared_overlap_would_be_missed(
    store: Database, hospital: Hospital, mapping: Path
) -> None:
    """The twin: the overlap is what finds a late commit, nothing else does."""
    hospital.patient(1, updated="2026-05-01 08:00:00", name="early")
    await read_all(store, hospital, mapping)
    hospital.patient(2, updated="2026-05-01 07:58:30", name="too late")
    await read_all(store, hospital, mapping, count=2)
    assert await names(store) == ["early"]


async def test_a_row_dated_into_the_future_hides_nothing(
    store: Database, hospital: Hospital, mapping: Path
) -> None:
    hospital.patient(1, updated="2099-01-01 00:00:00", name="future")
    await read_all(store, hospital, mapping)
    now = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).replace(tzinfo=None)
    hospital.patient(2, updated=str(now + timedelta(seconds=1)), name="today")
    await read_all(store, hospital, mapping)
    assert await names(store) == ["future", "today"]


async def test_a_changed_mapping_reads_everything_anew(
    store: Database, hospital: Hospital, mapping: Path
) -> None:
    hospital.patient(1, name="first")
    await read_all(store, hospital, mapping)
    rewrite(mapping, '"name[0].text" = "name"', '"name[0].family" = "name"')
    report = await read_all(store, hospital, mapping)
    assert report.messages == 1
    (patient,) = await RecordStore(store).list_patients()
    found = await RecordStore(store).read_resource("Patient", patient.id)
    assert found is not None
    assert found["name"] == [{"family": "first"}]


async def test_refused_rows_are_told_once_and_the_others_are_stored(
    store: Database, hospital: Hospital, mapping: Path
) -> None:
    hospital.patient(1, name="good")
    hospital.own.execute(
        "INSERT INTO his.patients VALUES ('P2', 'bad', '9', NULL, NULL, '2026-05-01 08:00:00')"
    )
    report = await read_all(store, hospital, mapping, count=4)
    assert await names(store) == ["good"]
    assert report.errors[("code_unmapped", "patients: sex → gender")] == 1


async def test_rows_without_a_watermark_are_told(
    store: Database, hospital: Hospital, mapping: Path
) -> None:
    hospital.own.execute("ALTER TABLE his.patients ALTER updated DROP NOT NULL")
    hospital.own.execute("INSERT INTO his.patients VALUES ('P2', 'bad', '1', NULL, NULL, NULL)")
    report = await read_all(store, hospital, mapping)
    assert report.errors[("watermark_missing", "patients")] == 1
    assert await names(store) == []


async def test_a_key_that_is_none_is_told_and_neither_row_is_taken(
    store: Database, hospital: Hospital, mapping: Path
) -> None:
    hospital.own.execute("ALTER TABLE his.patients DROP CONSTRAINT patients_pkey")
    for name in ("one", "other"):
        hospital.own.execute(
            "INSERT INTO his.patients VALUES ('P1', %s, '1', NULL, NULL, '2026-05-01 08:00:00')",
            (name,),
        )
    report = await read_all(store, hospital, mapping)
    assert await names(store) == []
    assert report.errors[("key_repeated", "patients: pid")] == 3


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ("SELECT pid, name, born, updated FROM his.patients", "sex", "view_changed"),
        (
            "SELECT pid, name, sex::int AS sex, born, updated FROM his.patients",
            "sex",
            "view_changed",
        ),
        (
            "SELECT pid, name, sex, born, updated AT TIME ZONE 'UTC' AS updated FROM his.patients",
            "updated",
            "view_changed",
        ),
        (
            "SELECT pid, name, sex, born, updated, false AS voided FROM his.patients",
            "voided",
            "view_changed",
        ),
    ],
)
async def test_a_changed_view_is_down_with_the_exact_column_and_nothing_is_read(
    store: Database, hospital: Hospital, mapping: Path, change: str, column: str, code: str
) -> None:
    hospital.patient(1)
    hospital.own.execute("DROP VIEW his.v_patient")
    hospital.own.execute(f"CREATE VIEW his.v_patient AS {change}")
    connector = views_on(store, hospital.address, mapping)

    async def is_down(report: Report) -> bool:
        return bool(report.downs)

    report = await run_until(connector, is_down)
    assert (report.downs[0].code, report.downs[0].field) == (code, f"patients.{column}")
    assert column in report.downs[0].safe_message.en
    assert not report.ups
    assert await names(store) == []
    test = await connector.test()
    assert not test.ok
    assert column in test.detail.zh


async def test_a_view_that_is_gone_keeps_no_other_view_from_being_read(
    store: Database, hospital: Hospital, mapping: Path
) -> None:
    hospital.patient(1, name="there")
    hospital.own.execute("DROP VIEW his.v_result")
    connector = views_on(store, hospital.address, mapping)

    async def is_down(report: Report) -> bool:
        return bool(report.downs)

    report = await run_until(connector, is_down)
    assert report.downs[0].code == "view_missing"
    assert await names(store) == ["there"]


async def test_a_source_that_is_away_is_down_and_comes_back(
    store: Database, hospital: Hospital, mapping: Path
) -> None:
    hospital.patient(1, name="back")
    hospital.own.execute("ALTER SCHEMA his RENAME TO gone")
    connector = views_on(store, hospital.address, mapping)
    back = asyncio.Event()

    async def reached(report: Report) -> bool:
        if report.downs and not back.is_set():
            hospital.own.execute("ALTER SCHEMA gone RENAME TO his")
            back.set()
        return report.ups > 0

    await run_until(connector, reached)
    assert await names(store) == ["back"]


def reading(hospital: Hospital, mapping_text: str = VIEWS, timeout_s: int = 5) -> Views:
    mapping = read_row_mapping(mapping_text, RowPlace.VIEWS, "m.toml")
    return Views(hospital.address, timeout_s, mapping.sources)


def test_the_transaction_is_read_only_although_the_account_may_write(hospital: Hospital) -> None:
    hospital.own.execute(
        "CREATE FUNCTION his.sneaky() RETURNS text LANGUAGE plpgsql AS "
        "$$ BEGIN DELETE FROM his.patients; RETURN 'x'; END $$"
    )
    hospital.patient(1)
    text = VIEWS.replace(
        'view = "his.v_patient"',
        'query = "SELECT pid, his.sneaky() AS name, sex, born, updated FROM his.patients"',
    )
    views = reading(hospital, text)
    source = read_row_mapping(text, RowPlace.VIEWS, "m.toml").sources[0]
    with pytest.raises(IntegrationError) as refused:
        views.read(source, None, None, 10)
    views.close()
    assert refused.value.code == "source_would_write"
    left = hospital.own.execute("SELECT count(*) FROM his.patients").fetchone()
    assert left == (1,)
    # The twin: the same account writes where the transaction lets it.
    with connect(hospital.address) as own:
        own.execute("SELECT his.sneaky()")
        assert own.execute("SELECT count(*) FROM his.patients").fetchone() == (0,)


def test_a_statement_that_is_no_select_never_reaches_the_database(hospital: Hospital) -> None:
    views = reading(hospital)
    with pytest.raises(IntegrationError) as refused, views._reading() as connection:
        connection.exec_driver_sql("UPDATE his.patients SET name = 'x'")
    views.close()
    assert refused.value.code == "statement_not_select"


def test_a_query_that_takes_too_long_is_ended(hospital: Hospital) -> None:
    hospital.patient(1)
    text = VIEWS.replace(
        'view = "his.v_patient"',
        'query = "SELECT pid, pg_sleep(9)::text AS name, sex, born, updated FROM his.patients"',
    )
    source = read_row_mapping(text, RowPlace.VIEWS, "m.toml").sources[0]
    views = reading(hospital, text, timeout_s=1)
    with pytest.raises(Exception) as refused:
        views.read(source, None, None, 10)
    views.close()
    assert getattr(refused.value, "code", "") == "source_timed_out"


async def test_stopping_ends_a_hanging_query_within_three_seconds(
    store: Database, hospital: Hospital, mapping: Path
) -> None:
    hospital.patient(1)
    rewrite(
        mapping,
        'view = "his.v_patient"',
        'query = "SELECT pid, pg_sleep(60)::text AS name, sex, born, updated FROM his.patients"',
    )
    connector = views_on(store, hospital.address, mapping, ReadingPace(poll_s=1))
    task = asyncio.create_task(connector.run(Report()))
    await asyncio.sleep(1.0)
    begun = asyncio.get_running_loop().time()
    task.cancel()
    await asyncio.wait([task], timeout=10)
    assert task.cancelled()
    assert asyncio.get_running_loop().time() - begun < 3
    await asyncio.sleep(0.1)
    running = hospital.own.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' "
        "AND state = 'active' AND pid <> pg_backend_pid()"
    ).fetchone()
    assert running == (0,)


async def test_the_cursor_says_nothing_of_a_patient(
    store: Database, hospital: Hospital, mapping: Path
) -> None:
    hospital.patient(1, name="某人")
    await read_all(store, hospital, mapping)
    cursors = await CursorStore(store).read_all(NAME)
    assert set(cursors) == {"view:patients", "view:results"}
    assert all("某人" not in value for value, _ in cursors.values())
    assert all("P00001" not in value for value, _ in cursors.values())


async def test_the_hospital_is_read_no_faster_than_declared(
    store: Database, hospital: Hospital, mapping: Path
) -> None:
    for number in range(30):
        hospital.patient(number)
    pace = ReadingPace(poll_s=0.05, page_rows=10, rows_per_second=20)
    connector = views_on(store, hospital.address, mapping, pace)
    begun = asyncio.get_running_loop().time()
    await run_until(connector, lambda report: rounds(report))
    assert asyncio.get_running_loop().time() - begun > 1.4
