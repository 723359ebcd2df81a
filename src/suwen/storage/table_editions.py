"""Editions of the tables that operators edit, in the device database: none is ever overwritten."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping, func, insert, select, text, update

from suwen.core.audit import content_hash
from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.identity import PrincipalId
from suwen.core.language import Bilingual
from suwen.storage.database import Database
from suwen.storage.device_tables import table_edition

# Any fixed number; two who change a table at once take turns on it.
_TURN = 0x5357_5445


class EditionState(StrEnum):
    """``active`` is in use, ``waiting`` needs a second person, the others are history."""

    ACTIVE = "active"
    WAITING = "waiting"
    REPLACED = "replaced"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class TableEdition:
    """One edition of one table.

    Attributes:
        number: counts the editions of the table from 1.
        base: the edition that it was made from; 0 is the platform's own table.
        changes: what each row became, ready for JSON.
        decided_by: who approved or refused it; ``None`` where nobody had to.
    """

    kind: str
    number: int
    base: int
    content: Mapping[str, Any] = field(repr=False)
    changes: Sequence[Mapping[str, Any]]
    reason: str
    state: EditionState
    made_at: datetime
    made_by: PrincipalId
    decided_at: datetime | None = None
    decided_by: PrincipalId | None = None

    @property
    def hash(self) -> str:
        """SHA-256 of the content; becomes part of the Release."""
        return content_hash(dict(self.content))


class TableEditionStore:
    """The editions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def active(self) -> dict[str, TableEdition]:
        """The edition in use of each table that was ever edited."""
        query = select(table_edition).where(table_edition.c.state == EditionState.ACTIVE.value)
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return {row["kind"]: _edition(row) for row in rows}

    async def list(self, kind: str) -> list[TableEdition]:
        """All editions of a table, the newest first."""
        query = (
            select(table_edition)
            .where(table_edition.c.kind == kind)
            .order_by(table_edition.c.number.desc())
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [_edition(row) for row in rows]

    async def read(self, kind: str, number: int) -> TableEdition:
        """One edition.

        Raises:
            NotFoundError: ``no_such_edition``.
        """
        query = select(table_edition).where(
            table_edition.c.kind == kind, table_edition.c.number == number
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise NotFoundError(
                "no_such_edition",
                Bilingual(zh="没有这个版本。", en="There is no such edition."),
                field="number",
            )
        return _edition(row)

    async def add(self, edition: TableEdition) -> TableEdition:
        """Keeps a new edition under the next number; an active one takes the place of the present.

        Raises:
            ConflictError: ``table_changed`` where it would be active and the present one is not
                the one that it was made from.
        """
        kind = edition.kind
        async with self._database.transaction() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
            if edition.state is EditionState.ACTIVE:
                await _require_present(connection, kind, edition.base)
                await connection.execute(_replaced(kind))
            query = select(func.coalesce(func.max(table_edition.c.number), 0)).where(
                table_edition.c.kind == kind
            )
            last = int((await connection.execute(query)).scalar_one())
            numbered = replace(edition, number=last + 1)
            await connection.execute(insert(table_edition).values(**_row(numbered)))
        return numbered

    async def decide(self, edition: TableEdition) -> None:
        """Makes a waiting edition active or refused, as it now is.

        Raises:
            ConflictError: ``table_changed`` as ``add``; ``edition_decided`` when somebody else
                decided meanwhile.
        """
        kind = edition.kind
        row = _row(edition)
        changing = {name: row[name] for name in ("base", "content", "content_hash", "state")}
        statement = (
            update(table_edition)
            .where(
                table_edition.c.kind == kind,
                table_edition.c.number == edition.number,
                table_edition.c.state == EditionState.WAITING.value,
            )
            .values(decided_at=edition.decided_at, decided_by=edition.decided_by, **changing)
        )
        async with self._database.transaction() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
            if edition.state is EditionState.ACTIVE:
                await _require_present(connection, kind, edition.base)
                await connection.execute(_replaced(kind))
            if not (await connection.execute(statement)).rowcount:
                raise ConflictError(
                    "edition_decided",
                    Bilingual(zh="此版本已有人决定。", en="Somebody decided on this edition."),
                )


async def _require_present(connection: Any, kind: str, base: int) -> None:
    query = select(table_edition.c.number).where(
        table_edition.c.kind == kind, table_edition.c.state == EditionState.ACTIVE.value
    )
    present = (await connection.execute(query)).scalar_one_or_none() or 0
    if present != base:
        raise ConflictError(
            "table_changed",
            Bilingual(
                zh="此表已被他人修改，请在最新版本上重做。",
                en="Somebody changed this table meanwhile. Do it again on the newest edition.",
            ),
        )


def _replaced(kind: str) -> Any:
    return (
        update(table_edition)
        .where(table_edition.c.kind == kind, table_edition.c.state == EditionState.ACTIVE.value)
        .values(state=EditionState.REPLACED.value)
    )


def _row(edition: TableEdition) -> dict[str, Any]:
    return {
        "kind": edition.kind,
        "number": edition.number,
        "base": edition.base,
        "content": json.dumps(edition.content, ensure_ascii=False),
        "content_hash": edition.hash,
        "changes": [dict(one) for one in edition.changes],
        "reason": edition.reason,
        "state": edition.state.value,
        "made_at": edition.made_at,
        "made_by": edition.made_by,
        "decided_at": edition.decided_at,
        "decided_by": edition.decided_by,
    }


def _edition(row: RowMapping) -> TableEdition:
    decided_by = row["decided_by"]
    return TableEdition(
        kind=row["kind"],
        number=row["number"],
        base=row["base"],
        content=json.loads(row["content"]),
        changes=row["changes"],
        reason=row["reason"],
        state=EditionState(row["state"]),
        made_at=row["made_at"],
        made_by=PrincipalId(row["made_by"]),
        decided_at=row["decided_at"],
        decided_by=PrincipalId(decided_by) if decided_by is not None else None,
    )
