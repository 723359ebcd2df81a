"""Killed between the wire and the record: nothing acknowledged is lost, nothing done twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg

from suwen.storage.urls import DatabaseUrls
from tests.support.database import connect
from tests.support.inbound_process import PATIENTS

WINDOWS = (
    "inbound.before_commit",
    "inbound.after_commit",
    "inbound.before_processed",
    "inbound.after_processed",
)
KILLS = 10
MESSAGES = 24


class Receiver:
    """The process that forks a receiver for each order."""

    def __init__(self, url: str, acknowledged: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.inbound_process", str(acknowledged)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "INBOUND_URL": url},
        )

    def run(self, window: str, nth: int, count: int) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{window} {nth} {count}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()


def test_ten_kills_in_each_window(own_database_urls: DatabaseUrls, tmp_path: Path) -> None:
    acknowledged = tmp_path / "acknowledged"
    acknowledged.touch()
    receiver = Receiver(own_database_urls.general, acknowledged)
    try:
        for number in range(KILLS):
            for window in WINDOWS:
                killed = receiver.run(window, 1 + number % 4, MESSAGES)
                assert killed == signal.SIGKILL, window
                with connect(own_database_urls.general) as database:
                    _nothing_acknowledged_is_lost(database, acknowledged)
        assert receiver.run("-", 0, MESSAGES) == 0
    finally:
        receiver.stop()
    with connect(own_database_urls.migration) as database:
        _nothing_acknowledged_is_lost(database, acknowledged)
        _everything_was_processed_once_in_order(database, acknowledged)


def _nothing_acknowledged_is_lost(database: psycopg.Connection, acknowledged: Path) -> None:
    stored = [row[0] for row in database.execute("SELECT control_id FROM inbound_message")]
    assert len(stored) == len(set(stored))
    assert set(acknowledged.read_text().split()) <= set(stored)


def _everything_was_processed_once_in_order(
    database: psycopg.Connection, acknowledged: Path
) -> None:
    numbers = sorted(int(name[1:]) for name in acknowledged.read_text().split())
    assert numbers == list(range(len(numbers)))
    states = database.execute("SELECT DISTINCT state FROM inbound_message").fetchall()
    assert states == [("processed",)]
    observations = database.execute(
        "SELECT id, version FROM resource WHERE type = 'Observation'"
    ).fetchall()
    assert sorted(observations) == sorted((f"o{number}", 1) for number in numbers)
    for patient in range(PATIENTS):
        own = [number for number in numbers if number % PATIENTS == patient]
        states_of_patient = database.execute(
            "SELECT (body::json ->> 'multipleBirthInteger')::int FROM ("
            "SELECT version, body FROM resource_history WHERE type = 'Patient' AND id = %(id)s "
            "UNION ALL SELECT version, body FROM resource WHERE type = 'Patient' AND id = %(id)s"
            ") AS every ORDER BY version",
            {"id": f"p{patient}"},
        ).fetchall()
        assert [row[0] for row in states_of_patient] == own, "each once, in the sender's order"
