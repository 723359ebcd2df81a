"""Increments: whatever is committed within the overlap is read, whatever the order."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suwen.core.errors import ConfigurationError, IntegrationError
from suwen.core.row_mapping import RowPlace, RowSource
from suwen.core.row_mapping_reading import read_row_mapping
from suwen.integration.sqlviews.dialects import checked_url
from suwen.integration.sqlviews.passes import (
    finished,
    next_pass,
    not_beyond,
    position_of,
)
from suwen.integration.sqlviews.positions import Mark, Position, ViewCursor
from suwen.integration.sqlviews.views import Views
from tests.support.rows import VIEWS

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
NUMBERED = (
    VIEWS[: VIEWS.index('[[rows]]\nname = "results"')]
    .replace('updated = "timestamp"', 'updated = "whole"')
    .replace("overlap_s = 60", "overlap_numbers = 3")
    .replace("his.v_patient", "v_patient")
    .replace('born = "date"', 'born = "text"')
)


def source(text: str = NUMBERED) -> RowSource:
    return read_row_mapping(text, RowPlace.VIEWS, "m.toml").sources[0]


@pytest.mark.parametrize(
    "mark",
    [7, date(2026, 5, 1), datetime(2026, 5, 1, 8, 0, 0, 123456, UTC), None],
)
def test_a_cursor_comes_back_as_it_was_kept(mark: Mark | None) -> None:
    cursor = ViewCursor("d", mark, mark, Position(mark, ("P1", 5)), whole=False, whole_at="x")
    assert ViewCursor.of_text(cursor.as_text()) == cursor


def test_a_watermark_never_lies_in_the_future() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    local = datetime(2026, 5, 1, 20)  # noqa: DTZ001 - as databases without zones give it
    assert not_beyond(local + timedelta(hours=1), zone, NOW) == local
    assert not_beyond(local - timedelta(hours=1), zone, NOW) == local - timedelta(hours=1)
    assert not_beyond(date(2099, 1, 1), zone, NOW) == date(2026, 5, 1)
    assert not_beyond(2**62, zone, NOW) == 2**62


def test_a_view_without_a_watermark_is_read_whole_when_it_is_due() -> None:
    text = NUMBERED.replace(
        'watermark = "updated"\noverlap_numbers = 3', "reread_minutes = 10"
    ).replace('updated = "whole"\n', "")
    view = source(text)
    first = next_pass(view, None, NOW)
    assert first is not None
    done = finished(first, None, NOW)
    assert next_pass(view, done, NOW + timedelta(minutes=9)) is None
    again = next_pass(view, done, NOW + timedelta(minutes=10))
    assert again is not None
    assert again.whole


@st.composite
def histories(draw: st.DrawFn) -> list[list[tuple[int, str]]]:
    """Rounds of commits: each row's watermark lies at most the overlap behind the highest one."""
    highest, rounds = 0, []
    for _ in range(draw(st.integers(1, 6))):
        committed = []
        for _ in range(draw(st.integers(0, 6))):
            mark = draw(st.integers(max(0, highest - 3), highest + 3))
            committed.append((mark, f"P{draw(st.integers(0, 9))}"))
        highest = max([highest, *(mark for mark, _ in committed)])
        rounds.append(committed)
    return rounds


@settings(max_examples=60, deadline=None)
@given(history=histories(), limit=st.integers(1, 4))
def test_no_commit_within_the_overlap_is_ever_missed(
    tmp_path_factory: pytest.TempPathFactory, history: list[list[tuple[int, str]]], limit: int
) -> None:
    place = tmp_path_factory.mktemp("source") / "his.db"
    own = sqlite3.connect(place)
    own.execute(
        "CREATE TABLE v_patient (pid TEXT PRIMARY KEY, name TEXT, sex TEXT, born TEXT, "
        "updated INTEGER)"
    )
    view = source()
    views = Views(f"sqlite:///{place}", 5, [view])
    views.check(view)
    cursor: ViewCursor | None = None
    read: dict[str, str] = {}
    version = 0
    for committed in history:
        for mark, pid in committed:
            version += 1
            own.execute(
                "INSERT INTO v_patient VALUES (?, ?, '1', NULL, ?) ON CONFLICT (pid) DO UPDATE "
                "SET name = excluded.name, updated = max(updated, excluded.updated)",
                (pid, f"v{version}", mark),
            )
        own.commit()
        going = next_pass(view, cursor, NOW)
        assert going is not None
        while rows := views.read(view, going.start, going.position, limit):
            read.update((row[0], row[1]) for row in rows)
            going = going.at(position_of(view, rows[-1]))
            # Kept and read again, as after a kill.
            going = ViewCursor.of_text(going.as_text())
            if len(rows) < limit:
                break
        cursor = finished(going, None, NOW)
        assert read == dict(own.execute("SELECT pid, name FROM v_patient"))
    views.close()
    own.close()


def test_another_database_is_read_only_too(tmp_path: Path) -> None:
    place = tmp_path / "his.db"
    own = sqlite3.connect(place)
    own.execute(
        "CREATE TABLE v_patient (pid TEXT, name TEXT, sex TEXT, born TEXT, updated INTEGER)"
    )
    own.commit()
    views = Views(f"sqlite:///{place}", 5, [source()])
    with pytest.raises(IntegrationError, match="statement_not_select"), views._reading() as opened:
        opened.exec_driver_sql("DELETE FROM v_patient")
    with views._reading() as opened:
        assert opened.exec_driver_sql("SELECT count(*) FROM v_patient").scalar() == 0
        driver = opened.connection.dbapi_connection
        assert driver is not None
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            driver.cursor().execute("INSERT INTO v_patient VALUES ('a', 'b', 'c', 'd', 1)")
    views.close()
    own.close()


@pytest.mark.parametrize("address", ["", "x", "db2://a/b", "postgresql+nothing://a/b"])
def test_an_address_that_cannot_be_used_is_a_mistake_of_the_settings(address: str) -> None:
    with pytest.raises(ConfigurationError):
        Views(address, 5, [source()])
    assert checked_url("postgresql://a@b/c").drivername == "postgresql+psycopg"
