"""What was signed, in the order of signing, for those who carry it to other systems."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, or_, select

from suwen.core.draft import SignedRecord
from suwen.storage.database import Database
from suwen.storage.draft_reading import signed_of
from suwen.storage.tables import draft, signed_record


@dataclass(frozen=True, slots=True)
class SignedEntry:
    """A signed record with the patient, the encounter and the data class (1 to 5) of its draft."""

    record: SignedRecord = field(repr=False)
    patient: str | None
    encounter: str | None
    data_class: int


async def signed_since(
    database: Database, since: datetime, after: tuple[datetime, str] | None, limit: int
) -> list[SignedEntry]:
    """Records signed at ``since`` or later, the oldest first.

    Args:
        after: instant and id of the last one of the page before; ``None`` for the first page.
        limit: at most so many, >= 1.
    """
    columns = signed_record.c
    query = (
        select(
            signed_record,
            draft.c.patient.label("of_patient"),
            draft.c.encounter.label("of_stay"),
            draft.c.data_class.label("of_class"),
        )
        .join(draft, draft.c.id == columns.draft)
        .where(columns.signed_at >= since)
        .order_by(columns.signed_at, columns.id)
        .limit(limit)
    )
    if after is not None:
        at, last = after
        query = query.where(
            or_(columns.signed_at > at, and_(columns.signed_at == at, columns.id > last))
        )
    async with database.transaction() as connection:
        rows = (await connection.execute(query)).mappings().all()
        opened = await signed_of(database.vault, connection, rows)
        return [
            SignedEntry(record, row["of_patient"], row["of_stay"], row["of_class"])
            for row, record in zip(rows, opened, strict=True)
            if record is not None
        ]
