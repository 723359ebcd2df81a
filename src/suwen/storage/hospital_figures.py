"""Figures that the hospital states about itself, each with its source: every version is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from suwen.core.errors import ConflictError
from suwen.core.language import Bilingual
from suwen.storage.database import Database
from suwen.storage.monitoring_tables import hospital_figure


@dataclass(frozen=True, slots=True)
class HospitalFigure:
    """One version of a figure.

    Attributes:
        figure: what it is, for example ``minutes_without``.
        app, department: empty for all of them.
        value: ``None`` where the hospital took it back.
        source: how the hospital knows it.
    """

    figure: str
    app: str
    department: str
    version: int
    value: float | None
    source: str
    written_by: str
    written_at: datetime


class HospitalFigureStore:
    """The hospital's own figures in the general database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def latest(self) -> Sequence[HospitalFigure]:
        """The newest version of each figure."""
        columns = hospital_figure.c
        key = (columns.figure, columns.app, columns.department)
        query = (
            select(hospital_figure).ext(distinct_on(*key)).order_by(*key, columns.version.desc())
        )
        async with self._database.reading() as opened:
            return [
                HospitalFigure(**{n: row[n] for n in HospitalFigure.__dataclass_fields__})
                for row in (await opened.execute(query)).mappings()
            ]

    async def append(self, given: HospitalFigure) -> None:
        """Adds the next version.

        Raises:
            ConflictError: ``figure_changed`` when somebody else wrote it meanwhile.
        """
        row = {name: getattr(given, name) for name in HospitalFigure.__dataclass_fields__}
        statement = insert(hospital_figure).values(row).on_conflict_do_nothing()
        async with self._database.transaction() as opened:
            kept = await opened.execute(statement.returning(hospital_figure.c.version))
            if kept.one_or_none() is None:
                raise ConflictError(
                    "figure_changed",
                    Bilingual(
                        zh="别人刚刚改过这个数；请重新打开后再改。",
                        en="Somebody else changed this figure meanwhile; open the page again.",
                    ),
                )
