"""What clinicians thought before they saw an output, and how it compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import RowMapping, Select, select
from sqlalchemy.dialects.postgresql import insert

from suwen.core.audit import content_hash
from suwen.core.errors import ConflictError
from suwen.core.identity import AppId, DraftId, PatientId, PrincipalId, ReleaseHash
from suwen.core.language import Bilingual
from suwen.storage.accountability_tables import first_opinion, opinion_comparison
from suwen.storage.database import Database
from suwen.storage.disagreements import owner_of
from suwen.storage.vault import Unsealed, opened_texts, sealed_texts


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the clinician said of both: codes of ``control.governance.first_opinion``."""

    agrees: str
    kept: str
    compared_at: datetime


@dataclass(frozen=True, slots=True)
class FirstOpinion:
    """A clinician's own view, written before the output of a draft was shown to them.

    Attributes:
        opinion: empty once the patient's data were erased.
        comparison: ``None`` until the clinician set both side by side.
    """

    draft: DraftId
    person: PrincipalId
    app: AppId
    release: ReleaseHash
    patient: PatientId | None
    opinion: str = field(repr=False)
    written_at: datetime
    comparison: Comparison | None = None


class FirstOpinionStore:
    """First opinions in the general database; none is ever changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, wanted: FirstOpinion) -> None:
        """Keeps an opinion; a second one of the same person does not replace the first.

        Raises:
            ConflictError: ``first_opinion_written`` when there is one already.
        """
        place = _place(wanted.draft, wanted.person)
        async with self._database.transaction() as connection:
            item = Unsealed(owner_of(wanted.patient, wanted.draft), wanted.opinion, place)
            [sealed] = await sealed_texts(self._database.vault, connection, [item])
            statement = (
                insert(first_opinion)
                .values(
                    draft=wanted.draft,
                    person=wanted.person,
                    app=wanted.app,
                    release=wanted.release,
                    patient=wanted.patient,
                    opinion=sealed,
                    opinion_hash=content_hash({"opinion": wanted.opinion}),
                    written_at=wanted.written_at,
                )
                .on_conflict_do_nothing()
                .returning(first_opinion.c.draft)
            )
            if (await connection.execute(statement)).one_or_none() is None:
                raise ConflictError(
                    "first_opinion_written",
                    Bilingual(
                        "您已写下自己的判断，不能再改。",
                        "You wrote your own view already; it is not changed afterwards.",
                    ),
                )

    async def has(self, draft: DraftId, person: PrincipalId) -> bool:
        """Whether the person wrote one about the draft."""
        columns = first_opinion.c
        query = select(columns.draft).where(columns.draft == draft, columns.person == person)
        async with self._database.reading() as connection:
            return (await connection.execute(query)).one_or_none() is not None

    async def of_draft(self, draft: DraftId) -> Sequence[FirstOpinion]:
        """Every opinion about a draft, oldest first."""
        return await self._list(_joined().where(first_opinion.c.draft == draft))

    async def of_app(self, app: AppId, limit: int = 5000) -> Sequence[FirstOpinion]:
        """The latest opinions about outputs of an application."""
        wanted = _joined().where(first_opinion.c.app == app)
        return await self._list(wanted.order_by(first_opinion.c.written_at.desc()).limit(limit))

    async def compare(self, draft: DraftId, person: PrincipalId, wanted: Comparison) -> None:
        """Keeps how both compared, once.

        Raises:
            ConflictError: ``opinion_compared`` when it was said already.
        """
        statement = (
            insert(opinion_comparison)
            .values(
                draft=draft,
                person=person,
                agrees=wanted.agrees,
                kept=wanted.kept,
                compared_at=wanted.compared_at,
            )
            .on_conflict_do_nothing()
            .returning(opinion_comparison.c.draft)
        )
        async with self._database.transaction() as connection:
            if (await connection.execute(statement)).one_or_none() is None:
                raise ConflictError(
                    "opinion_compared",
                    Bilingual("已经比较过了。", "Both were compared already."),
                )

    async def _list(self, query: Select[tuple[object, ...]]) -> Sequence[FirstOpinion]:
        async with self._database.transaction() as connection:
            rows = (await connection.execute(query)).mappings().all()
            stored = [(row["opinion"], _place(row["draft"], row["person"])) for row in rows]
            opened = await opened_texts(self._database.vault, connection, stored)
        return [_of(row, text or "") for row, text in zip(rows, opened, strict=True)]


def _joined() -> Select[tuple[object, ...]]:
    kept = opinion_comparison.c
    return (
        select(first_opinion, kept.agrees, kept.kept, kept.compared_at)
        .join(
            opinion_comparison,
            (kept.draft == first_opinion.c.draft) & (kept.person == first_opinion.c.person),
            isouter=True,
        )
        .order_by(first_opinion.c.written_at)
    )


def _of(row: RowMapping, opinion: str) -> FirstOpinion:
    comparison = None
    if row["compared_at"] is not None:
        comparison = Comparison(row["agrees"], row["kept"], row["compared_at"])
    return FirstOpinion(
        draft=DraftId(row["draft"]),
        person=PrincipalId(row["person"]),
        app=AppId(row["app"]),
        release=ReleaseHash(row["release"]),
        patient=row["patient"],
        opinion=opinion,
        written_at=row["written_at"],
        comparison=comparison,
    )


def _place(draft: str, person: str) -> str:
    return f"first_opinion/{draft}/{person}"
