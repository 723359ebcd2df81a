"""Follows a FHIR server once, and dies at the n-th time that a fault point is passed.

Run as a process of its own: ``python -m tests.support.follow_once POINT N`` (0: never).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from suwen.core import faults
from suwen.integration.fhir.client import FhirClient
from suwen.integration.fhir.server import FhirServer
from suwen.storage.database import Database


def arm(point: str, at: int) -> None:
    passed = 0

    def strike(name: str) -> None:
        nonlocal passed
        passed += name == point
        if name == point and passed == at:
            os.kill(os.getpid(), signal.SIGKILL)

    faults.arm(strike)


async def follow() -> None:
    from tests.integration.fhir.test_following import Site

    database = Database(os.environ["FOLLOW_URL"], pool_size=2)
    site = Site(database)
    async with FhirClient(FhirServer(os.environ["FOLLOW_BASE"])) as client:
        await site.follower(client).follow_all(site.told)
    await database.close()


if __name__ == "__main__":
    arm(sys.argv[1], int(sys.argv[2]))
    asyncio.run(follow())
