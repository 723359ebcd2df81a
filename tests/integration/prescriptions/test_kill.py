"""``kill -9`` while a prescription is taken in and while it is decided on: once, and whole."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.prescription_arrivals import ArrivalStore
from suwen.storage.prescription_types import PrescriptionState
from suwen.storage.prescriptions import PrescriptionStore
from suwen.storage.rule_answers import RuleAnswerStore
from suwen.storage.urls import DatabaseUrls
from tests.support.prescription_process import KEY

KILLS = 10


class Killed:
    """A process that dies where it is told to."""

    def __init__(self, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.prescription_process", url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def order(self, window: str, act: str, number: int) -> int:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{window} {act} {number}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        assert self._process.wait(30) == 0


@pytest.fixture
def killed(fresh_database_urls: DatabaseUrls) -> Iterator[Killed]:
    process = Killed(fresh_database_urls.general)
    try:
        yield process
    finally:
        process.end()


@pytest.mark.parametrize(("window", "there"), [("before_taken", False), ("after_taken", True)])
async def test_what_arrived_is_taken_once(
    killed: Killed, database: Database, window: str, there: bool
) -> None:
    store = PrescriptionStore(database, FieldCipher(KEY))
    arrivals = ArrivalStore(database, FieldCipher(KEY))
    for number in range(KILLS):
        assert killed.order(f"prescriptions.{window}", "take", number) == signal.SIGKILL
        assert bool(await store.queue([PrescriptionState.WAITING], offset=number)) is there
        assert bool(await arrivals.waiting()) is not there
        assert killed.order("-", "take", number) == 0
        assert len(await store.queue([PrescriptionState.WAITING])) == number + 1
        assert await arrivals.waiting() == []
        assert len(await store.findings(f"p{number}", 1)) == 1


@pytest.mark.parametrize(("window", "done"), [("before_decided", False), ("after_decided", True)])
async def test_a_decision_is_whole_or_not_at_all(
    killed: Killed, database: Database, window: str, done: bool
) -> None:
    store = PrescriptionStore(database, FieldCipher(KEY))
    answers = RuleAnswerStore(database)
    for number in range(KILLS):
        assert killed.order("-", "take", number) == 0
        assert killed.order(f"prescriptions.{window}", "decide", number) == signal.SIGKILL
        for again in (False, True):
            if again:
                assert killed.order("-", "decide", number) == 0
            there = done or again
            found = await store.read(f"p{number}")
            [row] = await store.findings(f"p{number}", 1)
            assert (found.state is PrescriptionState.ACCEPTED) is there
            assert (row.outcome == "overridden") is there
            assert bool(await answers.overridden(f"patient-{number}", "e1")) is there
            assert len(await store.steps(f"p{number}")) == 1 + there
