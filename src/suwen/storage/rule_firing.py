"""How often each rule spoke in what is kept, and how often people went on all the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from suwen.storage.bulk_tables import quality_finding
from suwen.storage.database import Database
from suwen.storage.prescription_tables import prescription_finding


@dataclass(frozen=True, slots=True)
class Firing:
    """How often a rule spoke.

    Attributes:
        overridden: of these, how often somebody went on with a reason.
    """

    fired: int
    overridden: int


async def firing_by_rule(database: Database) -> Mapping[str, Firing]:
    """The kept findings of prescriptions and of records, by rule; silent rules are not there."""
    overridden = func.count().filter(prescription_finding.c.outcome == "overridden")
    of_prescriptions = select(prescription_finding.c.rule, func.count(), overridden).group_by(
        prescription_finding.c.rule
    )
    of_records = select(quality_finding.c.rule, func.count()).group_by(quality_finding.c.rule)
    async with database.reading() as connection:
        found = {
            rule: Firing(fired, times)
            for rule, fired, times in await connection.execute(of_prescriptions)
        }
        found |= {rule: Firing(fired, 0) for rule, fired in await connection.execute(of_records)}
    return found
