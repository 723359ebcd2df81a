"""Prescription comments: what is judged after the fact, and what was found by national category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.storage.database import Database
from suwen.storage.prescription_tables import prescription, prescription_finding
from suwen.storage.prescription_types import UPHELD, PrescriptionState
from suwen.storage.rows import EVERYBODY
from suwen.storage.tables import care_encounter, resource

_P: Final = prescription.c
_F: Final = prescription_finding.c
NO_FAULT: Final = ("not_applicable", "record_wrong", "rule_doubtful")
"""Reasons for letting a finding be that say that there was nothing to find."""

RETROSPECTIVE: Final = "bulk"
_GRAVE: Final = ("contraindicated", "major", "moderate")


@dataclass(frozen=True, slots=True)
class WrittenOrder:
    """An order of a medicine in the record; ``at`` is when it was written."""

    id: str
    patient: str
    encounter: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class CommentScope:
    """Which prescriptions are counted.

    Attributes:
        retrospective: those judged after the fact, else those of the pharmacists' queue.
    """

    begin: datetime
    until: datetime
    retrospective: bool = False
    department: str | None = None
    prescriber: str | None = None


@dataclass(frozen=True, slots=True)
class CommentTotals:
    """One row: of a department, a prescriber, or of all.

    Attributes:
        name: ``None`` where it is not known.
        faulty: prescriptions with at least one fault.
    """

    name: str | None
    prescriptions: int
    faulty: int

    @property
    def sound_share(self) -> float | None:
        """Share without a fault; ``None`` where there is no prescription."""
        return 1 - self.faulty / self.prescriptions if self.prescriptions else None


@dataclass(frozen=True, slots=True)
class CommentFigures:
    """What was found in a scope.

    Attributes:
        categories: prescriptions by category, those with any fault of it.
        classes: prescriptions by ``IRR``, ``INA`` and ``EXC``.
    """

    total: CommentTotals
    categories: Mapping[str, int]
    classes: Mapping[str, int]
    departments: Sequence[CommentTotals]
    prescribers: Sequence[CommentTotals]


class CommentStore:
    """Counts over prescriptions and orders; no words of anybody's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def written(
        self, begin: datetime, until: datetime, department: str | None
    ) -> list[WrittenOrder]:
        """Orders of medicines that were written in between, by their time.

        Args:
            department: of the encounter; ``None`` for every one.
        """
        query = (
            select(resource.c.id, resource.c.patient, resource.c.encounter, resource.c.at)
            .outerjoin(care_encounter, care_encounter.c.id == resource.c.encounter)
            .where(
                resource.c.type == "MedicationRequest",
                resource.c.patient.is_not(None),
                resource.c.at >= begin,
                resource.c.at < until,
            )
            .order_by(resource.c.at, resource.c.id)
        )
        if department is not None:
            query = query.where(care_encounter.c.department == department)
        async with self._database.transaction(EVERYBODY) as opened:
            rows = (await opened.execute(query)).all()
        return [WrittenOrder(r.id, r.patient, r.encounter, r.at) for r in rows]

    async def figures(self, scope: CommentScope) -> CommentFigures:
        """What was found in a scope, by category, department and prescriber."""
        here = _in(scope)
        fault = _is_fault(scope)
        counted = func.count(_F.prescription.distinct())
        found = select(_F.category, counted).join(prescription, _P.id == _F.prescription)
        # Written out, so that what is grouped by is the very same expression.
        name = func.left(_F.category, literal_column("3"))
        classed = select(name, counted).join(prescription, _P.id == _F.prescription)
        async with self._database.reading() as opened:
            categories = {
                r[0]: r[1]
                for r in await opened.execute(found.where(here, fault).group_by(_F.category))
            }
            classes = {
                r[0]: r[1] for r in await opened.execute(classed.where(here, fault).group_by(name))
            }
            departments = await _totals(opened, _P.department, here, fault)
            prescribers = await _totals(opened, _P.prescriber, here, fault)
        total = CommentTotals(
            None,
            sum(one.prescriptions for one in departments),
            sum(one.faulty for one in departments),
        )
        return CommentFigures(total, categories, classes, departments, prescribers)

    async def faulty(self, scope: CommentScope, limit: int = 1000) -> list[tuple[str, str, str]]:
        """Prescriptions with a fault: id, rule and category, by the time they were written."""
        query = (
            select(_P.id, _F.rule, _F.category)
            .join(prescription_finding, _P.id == _F.prescription)
            .where(_in(scope), _is_fault(scope))
            .order_by(_P.written_at, _P.id, _F.n)
            .limit(limit)
        )
        async with self._database.reading() as opened:
            return [(r[0], r[1], r[2]) for r in await opened.execute(query)]


async def _totals(
    opened: AsyncConnection,
    name: ColumnElement[str | None],
    here: ColumnElement[bool],
    fault: ColumnElement[bool],
) -> list[CommentTotals]:
    """Rows by one column, those with most faults first."""
    with_fault = select(_F.prescription).where(_F.prescription == _P.id, fault).exists()
    query = (
        select(name, func.count(), func.count().filter(with_fault))
        .where(here)
        .group_by(name)
        .order_by(func.count().filter(with_fault).desc(), name)
    )
    return [CommentTotals(r[0], r[1], r[2]) for r in await opened.execute(query)]


def _in(scope: CommentScope) -> ColumnElement[bool]:
    wanted = [_P.written_at >= scope.begin, _P.written_at < scope.until]
    if scope.retrospective:
        wanted.append(_P.origin == RETROSPECTIVE)
    else:
        wanted.append(_P.origin != RETROSPECTIVE)
        # Of what nobody has looked at yet nobody can say that it is sound.
        unjudged = (PrescriptionState.WAITING.value, PrescriptionState.SUPERSEDED.value)
        wanted.append(_P.state.not_in(unjudged))
    if scope.department is not None:
        wanted.append(_P.department == scope.department)
    if scope.prescriber is not None:
        wanted.append(_P.prescriber == scope.prescriber)
    return and_(*wanted)


def _is_fault(scope: CommentScope) -> ColumnElement[bool]:
    """What counts: in the queue what a pharmacist acted on, in any round of it; after the fact
    what a rule found of moderate severity or more, unless somebody found it to be none."""
    if not scope.retrospective:
        return and_(_F.category != "", _F.outcome == UPHELD)
    return and_(
        _F.round == _P.round,
        _F.category != "",
        _F.severity.in_(_GRAVE),
        or_(_F.reason.is_(None), _F.reason.not_in(NO_FAULT)),
    )
