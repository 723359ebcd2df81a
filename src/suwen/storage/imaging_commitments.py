"""Storage commitment: what others asked us to answer for, and what we asked of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from suwen.storage.database import Database
from suwen.storage.imaging_tables import dicom_commitment


class CommitmentState(StrEnum):
    """How a request stands; ``undelivered`` when the asker could not be told for too long."""

    WAITING = "waiting"
    COMMITTED = "committed"
    FAILED = "failed"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True)
class Commitment:
    """One request.

    Attributes:
        asked_by_peer: whether the other system asked us; else we asked it.
        peer: AE title of the other system.
        instances: SOP class and SOP Instance UID of each object.
        failed: SOP Instance UID and reason (PS3.3 C.14) of those that are not kept.
        attempts: how often the answer was sent in vain.
    """

    transaction_uid: str
    connection: str
    asked_by_peer: bool
    peer: str
    instances: tuple[tuple[str, str], ...]
    requested_at: datetime
    state: CommitmentState = CommitmentState.WAITING
    failed: tuple[tuple[str, int], ...] = ()
    answered_at: datetime | None = None
    attempts: int = 0


class CommitmentStore:
    """Requests in the general database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, request: Commitment) -> None:
        """Keeps a request; one that is there already stays as it is."""
        statement = insert(dicom_commitment).values(
            transaction_uid=request.transaction_uid,
            connection=request.connection,
            asked_by_peer=request.asked_by_peer,
            peer=request.peer,
            instances=[list(one) for one in request.instances],
            state=request.state.value,
            failed=[list(one) for one in request.failed],
            requested_at=request.requested_at,
            attempts=0,
        )
        async with self._database.transaction() as opened:
            await opened.execute(
                statement.on_conflict_do_nothing(index_elements=["transaction_uid"])
            )

    async def read(self, transaction_uid: str) -> Commitment | None:
        """One request, ``None`` when it is not known."""
        found = await self._read(dicom_commitment.c.transaction_uid == transaction_uid)
        return found[0] if found else None

    async def waiting(self, connection: str) -> list[Commitment]:
        """Requests of others that were not answered yet, the oldest first."""
        columns = dicom_commitment.c
        return await self._read(
            columns.connection == connection,
            columns.asked_by_peer,
            columns.state == CommitmentState.WAITING.value,
        )

    async def settle(
        self,
        transaction_uid: str,
        state: CommitmentState,
        failed: Sequence[tuple[str, int]],
        *,
        at: datetime,
    ) -> bool:
        """Keeps the answer; false when it was known already."""
        columns = dicom_commitment.c
        statement = (
            update(dicom_commitment)
            .where(
                columns.transaction_uid == transaction_uid,
                columns.state == CommitmentState.WAITING.value,
            )
            .values(state=state.value, failed=[list(one) for one in failed], answered_at=at)
            .returning(columns.transaction_uid)
        )
        async with self._database.transaction() as opened:
            return (await opened.execute(statement)).scalar_one_or_none() is not None

    async def tried(self, transaction_uid: str) -> None:
        """Counts an answer that was sent in vain."""
        columns = dicom_commitment.c
        async with self._database.transaction() as opened:
            await opened.execute(
                update(dicom_commitment)
                .where(columns.transaction_uid == transaction_uid)
                .values(attempts=columns.attempts + 1)
            )

    async def _read(self, *wanted: Any) -> list[Commitment]:
        query = select(dicom_commitment).where(*wanted).order_by(dicom_commitment.c.requested_at)
        async with self._database.transaction() as opened:
            rows = (await opened.execute(query.limit(200))).mappings().all()
        return [
            Commitment(
                transaction_uid=row["transaction_uid"],
                connection=row["connection"],
                asked_by_peer=row["asked_by_peer"],
                peer=row["peer"],
                instances=tuple((one[0], one[1]) for one in row["instances"]),
                requested_at=row["requested_at"],
                state=CommitmentState(row["state"]),
                failed=tuple((one[0], one[1]) for one in row["failed"]),
                answered_at=row["answered_at"],
                attempts=row["attempts"],
            )
            for row in rows
        ]
