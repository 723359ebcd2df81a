"""What the record holds of one source, to be compared with what the source holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import JSON, cast, select

from suwen.storage.database import Database
from suwen.storage.tables import resource

_PAGE: Final = 2000


@dataclass(frozen=True, slots=True)
class SourceState:
    """A resource that the record has from a source.

    Attributes:
        source_at: when the source made the state that is here.
        deleted: whether it is known already that the source deleted it.
    """

    id: str
    source_at: datetime | None
    deleted: bool


class SourceStates:
    """Reads the general database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(
        self, resource_type: str, source: str, deleted_tag: str
    ) -> AsyncIterator[SourceState]:
        """Every resource of a type whose ``meta.source`` is the source, by id.

        Args:
            deleted_tag: system of the ``meta.tag`` that marks what the source deleted.
        """
        columns = resource.c
        meta = cast(columns.body, JSON)["meta"]
        after = ""
        while True:
            query = (
                select(columns.id, columns.source_at, meta["tag"].as_string().label("tags"))
                .where(
                    columns.type == resource_type,
                    columns.id > after,
                    meta["source"].as_string() == source,
                )
                .order_by(columns.id)
                .limit(_PAGE)
            )
            async with self._database.transaction() as connection:
                rows = (await connection.execute(query)).all()
            for row in rows:
                yield SourceState(row.id, row.source_at, deleted_tag in (row.tags or ""))
            if len(rows) < _PAGE:
                return
            after = rows[-1].id
