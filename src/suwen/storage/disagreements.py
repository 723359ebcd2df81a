"""Where a clinician and an output disagreed, and what a second reader found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.identity import AppId, DraftId, PatientId, PrincipalId, ReleaseHash
from suwen.core.language import Bilingual
from suwen.storage.accountability_tables import disagreement
from suwen.storage.database import Database
from suwen.storage.vault import Unsealed, opened_texts, sealed_texts

_MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class SecondReading:
    """What a second reader found; ``outcome`` is a code of ``control.governance.disagreement``."""

    person: PrincipalId
    name: str
    role: str
    at: datetime
    outcome: str
    view: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A clinician's own view against a part of an output.

    Attributes:
        version: of the draft that was shown, with its ``content_hash``.
        item: id of the statement or finding; ``None`` for the whole.
        code: what is wrong in the person's view.
        view: what the person holds instead, and why; empty once the patient's data were erased.
        second: ``None`` while it waits for a second reader.
    """

    id: str
    draft: DraftId
    version: int
    content_hash: str
    app: AppId
    release: ReleaseHash
    patient: PatientId | None
    item: str | None
    code: str
    view: str = field(repr=False)
    person: PrincipalId
    name: str
    role: str
    at: datetime
    second: SecondReading | None = None


class DisagreementStore:
    """Disagreements in the general database; what people wrote is sealed by the patient's key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, wanted: Disagreement) -> None:
        """Keeps a disagreement; it waits for a second reader from now on."""
        values = {
            name: getattr(wanted, name)
            for name in Disagreement.__dataclass_fields__
            if name not in ("view", "second")
        }
        async with self._database.transaction() as connection:
            sealed = await self._sealed(connection, wanted, wanted.view, "view")
            await connection.execute(insert(disagreement).values(**values, view=sealed))

    async def read(self, wanted: str) -> Disagreement:
        """One disagreement.

        Raises:
            NotFoundError: ``no_such_disagreement``.
        """
        found = await self._list(disagreement.c.id == wanted)
        if not found:
            raise unknown_disagreement()
        return found[0]

    async def of_draft(self, draft: DraftId) -> Sequence[Disagreement]:
        """Those about a draft, latest first."""
        return await self._list(disagreement.c.draft == draft)

    async def latest(self, *, waiting: bool = False) -> Sequence[Disagreement]:
        """The latest 500; with ``waiting`` only those without a second reading."""
        return await self._list(disagreement.c.second_at.is_(None) if waiting else None)

    async def settle(self, wanted: Disagreement, second: SecondReading) -> None:
        """Keeps the one second reading that there is of it.

        Raises:
            ConflictError: ``disagreement_settled`` when there is one already, or the reader is
                whoever disagreed.
        """
        columns = disagreement.c
        async with self._database.transaction() as connection:
            sealed = await self._sealed(connection, wanted, second.view, "second")
            statement = (
                update(disagreement)
                .where(
                    columns.id == wanted.id,
                    columns.second_at.is_(None),
                    columns.person != second.person,
                )
                .values(
                    second_person=second.person,
                    second_name=second.name,
                    second_role=second.role,
                    second_at=second.at,
                    outcome=second.outcome,
                    second_view=sealed,
                )
                .returning(columns.id)
            )
            if (await connection.execute(statement)).one_or_none() is None:
                raise ConflictError(
                    "disagreement_settled",
                    Bilingual(
                        "该异议已由他人复核，或您就是提出异议的人。",
                        "Somebody has read this a second time already, or you are who disagreed.",
                    ),
                )

    async def _sealed(
        self, connection: AsyncConnection, wanted: Disagreement, text: str, what: str
    ) -> str:
        item = Unsealed(owner_of(wanted.patient, wanted.draft), text, _place(wanted.id, what))
        return (await sealed_texts(self._database.vault, connection, [item]))[0]

    async def _list(self, wanted: ColumnElement[bool] | None) -> Sequence[Disagreement]:
        query = select(disagreement).order_by(disagreement.c.at.desc()).limit(_MOST_ROWS)
        if wanted is not None:
            query = query.where(wanted)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(query)).mappings().all()
            stored = [(row["view"], _place(row["id"], "view")) for row in rows]
            stored += [(row["second_view"] or "", _place(row["id"], "second")) for row in rows]
            opened = await opened_texts(self._database.vault, connection, stored)
        views, seconds = opened[: len(rows)], opened[len(rows) :]
        return [
            _of(row, view or "", second or "")
            for row, view, second in zip(rows, views, seconds, strict=True)
        ]


def owner_of(patient: PatientId | None, draft: DraftId) -> str:
    """Whose key seals what people wrote about a draft: the patient's, or the draft's own where it
    is about nobody. Neither is ever taken out of use by a rotation."""
    return patient if patient is not None else f"draft/{draft}"


def _of(row: RowMapping, view: str, second_view: str) -> Disagreement:
    second = None
    if row["second_at"] is not None:
        second = SecondReading(
            PrincipalId(row["second_person"]),
            row["second_name"],
            row["second_role"],
            row["second_at"],
            row["outcome"],
            second_view,
        )
    plain = {
        name: row[name]
        for name in Disagreement.__dataclass_fields__
        if name not in ("view", "second")
    }
    return Disagreement(**plain, view=view, second=second)


def _place(wanted: str, what: str) -> str:
    return f"disagreement/{wanted}/{what}"


def unknown_disagreement() -> NotFoundError:
    """The answer about a disagreement that is not there, or not for whoever asks."""
    return NotFoundError(
        "no_such_disagreement", Bilingual("没有这条异议。", "There is no such disagreement.")
    )
