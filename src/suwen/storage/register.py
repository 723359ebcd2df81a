"""What people wrote on the register of AI systems: every version is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from suwen.core.errors import ConflictError
from suwen.core.identity import PrincipalId
from suwen.core.language import Bilingual
from suwen.storage.access_tables import register_entry
from suwen.storage.database import Database


@dataclass(frozen=True, slots=True)
class WrittenEntry:
    """One version of what people wrote of a system.

    Attributes:
        version: 1 for the first.
        body: facts by name, and the answers to the questions of the risk classes.
    """

    system: str
    version: int
    body: Mapping[str, Any]
    written_by: PrincipalId
    written_at: datetime


class RegisterStore:
    """The register in the general database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def latest(self) -> Sequence[WrittenEntry]:
        """The newest version of every system, by its id."""
        statement = (
            select(register_entry)
            .ext(distinct_on(register_entry.c.system))
            .order_by(register_entry.c.system, register_entry.c.version.desc())
        )
        async with self._database.reading() as connection:
            return [_entry(row) for row in (await connection.execute(statement)).mappings()]

    async def versions(self, system: str) -> Sequence[WrittenEntry]:
        """All versions of a system, newest first; empty where nobody has written any."""
        statement = (
            select(register_entry)
            .where(register_entry.c.system == system)
            .order_by(register_entry.c.version.desc())
        )
        async with self._database.reading() as connection:
            return [_entry(row) for row in (await connection.execute(statement)).mappings()]

    async def append(self, entry: WrittenEntry) -> None:
        """Adds the next version.

        Raises:
            ConflictError: ``register_changed`` when somebody else has written that version.
        """
        # Whoever writes the same version at the same instant waits here, and then finds it taken.
        statement = (
            insert(register_entry)
            .values(
                system=entry.system,
                version=entry.version,
                body=dict(entry.body),
                written_by=entry.written_by,
                written_at=entry.written_at,
            )
            .on_conflict_do_nothing()
            .returning(register_entry.c.version)
        )
        async with self._database.transaction() as connection:
            if (await connection.execute(statement)).first() is None:
                raise register_changed()


def register_changed() -> ConflictError:
    """What somebody hears who wrote at the same time as another."""
    return ConflictError(
        "register_changed",
        Bilingual(
            "别人刚刚改过这一条；请重新打开后再改。",
            "Somebody else changed this entry meanwhile; open it again.",
        ),
    )


def _entry(row: RowMapping) -> WrittenEntry:
    return WrittenEntry(
        row["system"],
        row["version"],
        row["body"],
        PrincipalId(row["written_by"]),
        row["written_at"],
    )
