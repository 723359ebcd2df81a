"""How judged stays look together: the newest judgement of each, by department, author or month.

A stay that is judged again takes the place of its earlier judgement: the newest of each item's
patient and month counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.storage.bulk_tables import quality_finding, quality_stay
from suwen.storage.database import Database
from suwen.storage.quality import OPEN
from suwen.storage.quality_newest import of_newest_judgement
from suwen.storage.tables import person


@dataclass(frozen=True, slots=True)
class JudgedStay:
    """The newest judgement of one stay.

    Attributes:
        run, ordinal: the item of a bulk run that judged it.
        month: of the end of the stay, else of its begin, ``YYYY-MM``.
        score: 0 to 100.
        findings: how many there are, without what could not be checked.
    """

    run: str
    ordinal: int
    patient: str | None
    department: str | None
    month: str | None
    score: float
    grade: str
    findings: int
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class QualityTotals:
    """One row of a dashboard: what was judged in a department, month or by an author.

    Attributes:
        score: mean of the scores, 0 to 100; ``None`` for authors, who have no score.
        grades: stays by grade.
        open: findings that are still on their way.
    """

    name: str | None
    stays: int
    score: float | None
    grades: Mapping[str, int]
    findings: int
    open: int


async def judged_stays(database: Database, patients: Collection[str]) -> list[JudgedStay]:
    """The newest judgement of each stay of these patients, the latest month first."""
    query = (
        select(quality_stay)
        .where(quality_stay.c.patient.in_(patients), of_newest_judgement(quality_stay))
        .order_by(quality_stay.c.month.desc().nulls_last(), quality_stay.c.run)
    )
    async with database.reading() as connection:
        return [JudgedStay(**row._mapping) for row in await connection.execute(query)]


async def totals(database: Database, by: str) -> list[QualityTotals]:
    """Dashboard rows by ``department``, ``month`` or ``author``."""
    async with database.transaction() as connection:
        counted = await _counted(connection, by)
        stays: dict[str | None, dict[str, tuple[int, float]]] = {}
        if by != "author":
            name = getattr(quality_stay.c, by)
            grouped = (
                select(name, quality_stay.c.grade, func.count(), func.sum(quality_stay.c.score))
                .where(of_newest_judgement(quality_stay))
                .group_by(name, quality_stay.c.grade)
            )
            for r in await connection.execute(grouped):
                stays.setdefault(r[0], {})[r[1]] = (r[2], r[3])
    rows = []
    for name_of in sorted({*counted, *stays}, key=lambda n: (n is None, n or "")):
        grades = stays.get(name_of, {})
        number = sum(n for n, _ in grades.values())
        total = sum(s for _, s in grades.values())
        found, still = counted.get(name_of, (0, 0))
        rows.append(
            QualityTotals(
                name=name_of,
                stays=number,
                score=round(total / number, 1) if number else None,
                grades={g: n for g, (n, _) in sorted(grades.items())},
                findings=found,
                open=still,
            )
        )
    return rows


async def _counted(connection: AsyncConnection, by: str) -> dict[str | None, tuple[int, int]]:
    """Findings, and those still open, by name. Authors are told apart by their accounts: what one
    person signed in two spellings is theirs, and namesakes carry their account."""
    numbers = (func.count(), func.count().filter(quality_finding.c.state.in_(OPEN)))
    if by != "author":
        name = getattr(quality_finding.c, by)
        query = select(name, *numbers).where(of_newest_judgement(quality_finding)).group_by(name)
        return {r[0]: (r[1], r[2]) for r in await connection.execute(query)}
    author = func.coalesce(person.c.name, quality_finding.c.author)
    authors = (
        select(author, person.c.id, *numbers)
        .join(person, person.c.id == quality_finding.c.author_account, isouter=True)
        .where(of_newest_judgement(quality_finding))
        .group_by(author, person.c.id)
    )
    found = (await connection.execute(authors)).all()
    bearers = Counter(r[0] for r in found)
    return {
        f"{r[0]} ({r[1]})" if r[1] is not None and bearers[r[0]] > 1 else r[0]: (r[2], r[3])
        for r in found
    }
