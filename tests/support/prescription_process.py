"""A desk that is killed: forks itself for each order, so that forty kills take seconds.

Reads orders ``window act number`` from standard input, one a line. For each, a fresh process puts
prescription ``number`` in or decides on it, and dies by SIGKILL when it passes the fault point
``window`` (``-`` for none). Answers with the signal that ended it, 0 for none.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from datetime import UTC, datetime

from suwen.core import faults
from suwen.core.errors import ConflictError
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.prescription_arrivals import ArrivalStore
from suwen.storage.prescription_types import (
    FindingRow,
    NewPrescription,
    PrescriptionAct,
    PrescriptionState,
    RuleAnswer,
    Step,
)
from suwen.storage.prescriptions import PrescriptionStore

KEY = bytes(32)
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
FINDING = FindingRow("penicillin-penicillin", "m1", "allergy", "major", "INA2", "interrupt")


def prescription(number: int) -> NewPrescription:
    """The prescription of a number: of a patient and an order of its own."""
    return NewPrescription(
        id=f"p{number}",
        origin="hl7",
        origin_key=f"hl7:{number}",
        patient=f"patient-{number}",
        encounter="e1",
        department=None,
        prescriber=None,
        orders=(f"MedicationRequest/{number}",),
        setting="inpatient",
        decision="interrupt",
        urgency=23,
        written_at=AT,
        findings=(FINDING,),
        content={"result": {}},
    )


def acceptance(number: int) -> Step:
    """That it is accepted over its finding."""
    answer = RuleAnswer(
        f"patient-{number}", "e1", FINDING.rule, "m1", "overridden", "will_monitor", "ph", "desk"
    )
    return Step(
        prescription=f"p{number}",
        version=1,
        act=PrescriptionAct.ACCEPT,
        before=PrescriptionState.WAITING,
        after=PrescriptionState.ACCEPTED,
        by="ph",
        at=AT,
        decided=True,
        overridden={"m1": "will_monitor"},
        answers=(answer,),
    )


async def _work(url: str, act: str, number: int) -> None:
    database = Database(url)
    cipher = FieldCipher(KEY)
    store, arrivals = PrescriptionStore(database, cipher), ArrivalStore(database, cipher)
    if act == "take":
        await arrivals.add(f"hl7:{number}", "hl7", f"patient-{number}", [], None, AT)
        for arrival in await arrivals.waiting():
            if arrival.key == f"hl7:{number}":
                await store.add(prescription(number), "pharmacy-queue", AT, arrival.number)
    else:
        with contextlib.suppress(ConflictError):
            await store.do(acceptance(number))
    await database.close()


def _die_at(window: str) -> None:
    def strike(name: str) -> None:
        if name == window:
            os.kill(os.getpid(), signal.SIGKILL)

    faults.arm(strike)


def main() -> None:
    """Works through the orders on standard input."""
    url = sys.argv[1]
    for line in sys.stdin:
        window, act, number = line.split()
        child = os.fork()
        if child == 0:
            _die_at(window)
            asyncio.run(_work(url, act, int(number)))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
        ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        sys.stdout.write(f"{ended}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
