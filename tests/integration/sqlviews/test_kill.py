"""``kill -9`` at every window of a pass: nothing is lost, nothing is stored twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from suwen.storage.database import Database
from suwen.storage.records import RecordStore
from suwen.storage.urls import DatabaseUrls
from tests.integration.sqlviews.conftest import Hospital
from tests.support.database import connect

POINTS = ("views.page_read", "views.before_stored", "views.after_stored")
ROWS = 30


@contextmanager
def reader(store: str, source: str, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that reads the views into the store."""
    command = [sys.executable, "-m", "tests.support.rows", "views", store, source, str(home)]
    environment = {**os.environ, "SUWEN_FAULT_FOLDER": str(home / "faults")}
    process = subprocess.Popen(command, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def all_there(store: Database, count: int) -> None:
    async with asyncio.timeout(40):
        while True:
            if (await RecordStore(store).counts_by_type()).get("Patient", 0) >= count:
                return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("point", POINTS)
async def test_a_killed_reader_goes_on_where_it_stood(
    store: Database,
    fresh_database_urls: DatabaseUrls,
    hospital: Hospital,
    mapping: Path,
    point: str,
) -> None:
    for number in range(ROWS):
        hospital.patient(number, name=f"N{number:02}")
    faults = mapping.parent / "faults"
    faults.mkdir()
    for _ in range(2):
        (faults / point).write_text("kill")
        with reader(fresh_database_urls.general, hospital.address, mapping.parent) as process:
            await asyncio.to_thread(process.wait, 30)
            assert process.returncode == -signal.SIGKILL
    with reader(fresh_database_urls.general, hospital.address, mapping.parent):
        await all_there(store, ROWS)
    with connect(fresh_database_urls.migration) as owner:
        versions = owner.execute(
            "SELECT count(*), max(version), (SELECT count(*) FROM resource_history) FROM resource"
        ).fetchone()
    assert versions == (ROWS, 1, 0)
    stored = {p.name for p in await RecordStore(store).list_patients(limit=1000)}
    assert stored == {f"N{number:02}" for number in range(ROWS)}
