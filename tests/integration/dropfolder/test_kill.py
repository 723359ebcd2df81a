"""``kill -9`` at every window of a file: nothing is lost, nothing is stored twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from suwen.storage.urls import DatabaseUrls
from tests.integration.dropfolder.conftest import HEADER, Folder
from tests.support.database import connect

POINTS = ("files.page_stored", "files.before_done", "files.after_done", "files.after_moved")
ROWS = 30


@contextmanager
def reader(store: str, folder: Folder) -> Iterator[subprocess.Popen[bytes]]:
    """A process that reads the folder into the store."""
    home = folder.mapping.parent
    command = [sys.executable, "-m", "tests.support.rows", "files"]
    process = subprocess.Popen(
        [*command, store, str(folder.place), str(home)],
        env={**os.environ, "SUWEN_FAULT_FOLDER": str(home / "faults")},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def put_away(folder: Folder) -> None:
    async with asyncio.timeout(40):
        while True:
            if not folder.files():
                return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("point", POINTS)
async def test_a_killed_reader_goes_on_where_it_stood(
    folder: Folder, fresh_database_urls: DatabaseUrls, point: str
) -> None:
    rows = "".join(f"P{n},N{n:02},{'1' if n % 10 else '9'},\n" for n in range(ROWS))
    folder.drop("patients.csv", HEADER + rows)
    faults = folder.mapping.parent / "faults"
    faults.mkdir()
    for _ in range(1 if point == "files.after_moved" else 2):
        (faults / point).write_text("kill")
        with reader(fresh_database_urls.general, folder) as process:
            await asyncio.to_thread(process.wait, 30)
            if process.returncode != -signal.SIGKILL:
                raise AssertionError(f"{point} was not passed")
        if point == "files.after_done":
            break
    with reader(fresh_database_urls.general, folder):
        await put_away(folder)
    with connect(fresh_database_urls.migration) as owner:
        versions = owner.execute(
            "SELECT count(*), max(version), (SELECT count(*) FROM resource_history) FROM resource"
        ).fetchone()
    good = [f"N{n:02}" for n in range(ROWS) if n % 10]
    assert versions == (len(good), 1, 0)
    assert await folder.names() == good
    assert folder.files("processed") == ["patients.csv"]
    told = folder.text("refused/patients.csv.refused-rows.csv").splitlines()
    assert [line.split(",")[1] for line in told[1:]] == ["2", "12", "22"]
