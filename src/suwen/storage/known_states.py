"""How resources stand in the record store, and how old each state is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, tuple_

from suwen.core.exact_json import read_exact
from suwen.core.record import Resource
from suwen.storage.database import Database
from suwen.storage.resource_place import resource_place
from suwen.storage.rows import EVERYBODY
from suwen.storage.tables import resource
from suwen.storage.vault import opened_texts

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class KnownState:
    """A resource as it stands.

    Attributes:
        at: when its sender made this state; ``None`` when that is not known.
        message: number of the inbound message that brought it, where one did.
    """

    body: Resource = field(repr=False)
    at: datetime | None
    message: int | None


async def read_states(database: Database, keys: Collection[Key]) -> dict[Key, KnownState]:
    """The resources of some types and ids, those that are there.

    Args:
        keys: pairs of resource type and id.
    """
    if not keys:
        return {}
    columns = resource.c
    query = select(
        columns.type,
        columns.id,
        columns.version,
        columns.body,
        columns.source_at,
        columns.source_message,
    ).where(tuple_(columns.type, columns.id).in_(list(keys)))
    async with database.transaction(EVERYBODY) as connection:
        rows = (await connection.execute(query)).all()
        stored = [(row.body, resource_place(row.type, row.id, row.version)) for row in rows]
        bodies = await opened_texts(database.vault, connection, stored)
    return {
        (row.type, row.id): KnownState(read_exact(body), row.source_at, row.source_message)
        for row, body in zip(rows, bodies, strict=True)
        if body is not None
    }
