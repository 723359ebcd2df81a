"""The gate of a partition as its settings want it, and what follows from a changed Release."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from suwen.control.governance.gate import Gate
from suwen.storage.releases import ReleaseStore

if TYPE_CHECKING:
    from suwen.bootstrap.settings import Settings
    from suwen.control.gateway.parts import GatewayParts
    from suwen.storage.database import Database


def open_gate(settings: Settings, database: Database) -> Gate:
    """The gate of one partition."""
    days = timedelta(days=settings.releases.evaluation_days)
    return Gate(ReleaseStore(database), days, shipped_hash)


@cache
def shipped_hash(suite: str) -> str | None:
    """The hash of a platform suite with its own cases, sample and seed: a run with others is told
    no gate. ``None`` for a suite of the hospital's, and where the cases are a published set."""
    from suwen.evaluation.suites.reading import SuiteChoice, read_suite, shipped_suites

    if not any(one.id == suite and not one.needs_data for one in shipped_suites()):
        return None
    return read_suite(suite, SuiteChoice()).hash


async def renew_model_parts(settings: Settings, parts: GatewayParts, database: Database) -> None:
    """Gives the engines of earlier Releases their place at the present ones, as the changes allow;
    a partition without any is none the slower for it."""
    if not await parts.releases.bindings.list():
        return
    from suwen.bootstrap.releases.opening import demands_here
    from suwen.bootstrap.releases.succession import SucceedingReleases

    demands = demands_here(settings, parts.partition, database)
    await SucceedingReleases(parts, demands).succeed()
