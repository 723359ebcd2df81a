"""A receiver that is killed: forks itself for each order, so that forty kills take seconds.

Reads orders ``window nth count`` from standard input, one a line. For each, a fresh process
receives the next ``count`` messages, notes those that were acknowledged in a file, processes what
waits, and dies by SIGKILL the nth time that it passes the fault point ``window`` (``-`` for none).
Answers with the signal that ended it, 0 for none.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from suwen.core import faults
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.inbound import InboundStore
from suwen.storage.inbound_types import NewMessage, ProcessedMessage, QueuedMessage
from suwen.storage.record_import import IMPORTED, StoredResource

PATIENTS = 7
SENDERS = 4
BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
KEY = bytes(32)


def new_message(number: int) -> NewMessage:
    """The message of a number; two follow each other within one second of the sender's clock."""
    sent_at = BEGAN + timedelta(seconds=number // 2)
    owner = f"p{number % PATIENTS}"
    body = str(number).encode()
    return NewMessage("his", f"M{number}", "ADT^A08", owner, body, "ascii", sent_at)


def said(message: QueuedMessage) -> ProcessedMessage:
    """What it says: a thing of its own, and a new state of its patient."""
    number, owner = int(message.body), str(message.patient_key)
    subject = {"reference": f"Patient/{owner}"}
    return ProcessedMessage(
        message.id,
        [
            _resource("Patient", owner, owner, {"multipleBirthInteger": number}),
            _resource("Observation", f"o{number}", owner, {"subject": subject}),
        ],
    )


def _resource(kind: str, name: str, owner: str, rest: dict[str, object]) -> StoredResource:
    body = {"resourceType": kind, "id": name, **rest}
    return StoredResource(kind, name, owner, None, None, None, IMPORTED, body)


async def _work(url: str, acknowledged: Path, known: set[str], count: int) -> None:
    database = Database(url)
    store = InboundStore(database, FieldCipher(KEY))
    # Each sender sends one after the other and again what was not acknowledged.
    first = max((int(name[1:]) for name in known), default=-1) + 1
    missing = [n for n in range(first) if f"M{n}" not in known]
    lanes: list[list[int]] = [[] for _ in range(SENDERS)]
    for number in [*missing, *range(first, first + count)]:
        lanes[number % PATIENTS % SENDERS].append(number)

    async def send(lane: list[int]) -> None:
        for number in lane:
            await store.receive_all([new_message(number)], datetime.now(UTC))
            with acknowledged.open("a") as file:
                file.write(f"M{number}\n")

    async def process() -> None:
        while waiting := await store.next_messages("his", 5):
            await store.process([said(message) for message in waiting], datetime.now(UTC))

    await asyncio.gather(*(send(lane) for lane in lanes))
    await process()
    await database.close()


def _arm(window: str, nth: int) -> None:
    passed = 0

    def strike(name: str) -> None:
        nonlocal passed
        passed += name == window
        if name == window and passed == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    faults.arm(strike)


def main(url: str, acknowledged: Path) -> None:
    """Serves orders until standard input ends."""
    for line in sys.stdin:
        window, nth, count = line.split()
        child = os.fork()
        if child == 0:
            _arm(window, int(nth))
            known = set(acknowledged.read_text().split())
            asyncio.run(_work(url, acknowledged, known, int(count)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)
        sys.stdout.write(f"{ended}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(os.environ["INBOUND_URL"], Path(sys.argv[1]))
