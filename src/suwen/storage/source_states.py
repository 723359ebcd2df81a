"""What the record holds of one source, to be compared with what the source holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from suwen.core.exact_json import read_exact
from suwen.storage.database import Database
from suwen.storage.resource_place import resource_place
from suwen.storage.rows import EVERYBODY
from suwen.storage.tables import resource
from suwen.storage.vault import opened_texts

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
        after = ""
        while True:
            query = (
                select(columns.id, columns.version, columns.source_at, columns.body)
                .where(columns.type == resource_type, columns.id > after)
                .order_by(columns.id)
                .limit(_PAGE)
            )
            async with self._database.transaction(EVERYBODY) as connection:
                rows = (await connection.execute(query)).all()
                stored = [
                    (row.body, resource_place(resource_type, row.id, row.version)) for row in rows
                ]
                bodies = await opened_texts(self._database.vault, connection, stored)
            for row, body in zip(rows, bodies, strict=True):
                meta = read_exact(body).get("meta", {}) if body is not None else {}
                if meta.get("source") == source:
                    tags = {tag.get("system") for tag in meta.get("tag", ())}
                    yield SourceState(row.id, row.source_at, deleted_tag in tags)
            if len(rows) < _PAGE:
                return
            after = rows[-1].id
