"""Drafts with all their versions, the decisions on them, and the signed records."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.draft import Decision, DraftRecord, DraftStatus, SignedRecord, SignOff
from suwen.core.errors import NotFoundError
from suwen.core.faults import fault_point
from suwen.core.identity import AppId, DraftId, PatientId, PrincipalId, SignedRecordId, TraceId
from suwen.core.language import Bilingual
from suwen.storage import tables
from suwen.storage.database import Database
from suwen.storage.draft_reading import (
    draft_changed,
    drafts_of,
    no_such_draft,
    read_draft,
    sealed_content,
    sealed_record,
    signed_of,
    version_place,
    with_comments,
    with_content,
    with_sealed_comments,
)
from suwen.storage.draft_rows import (
    content_text,
    draft_row,
    read_content,
    sign_off_of,
    sign_off_row,
    signed_row,
)
from suwen.storage.vault import erased, opened_texts

_EDITABLE = (DraftStatus.DRAFT, DraftStatus.AWAITING_COSIGN, DraftStatus.ESCALATED)
# As in the function suwen_remove_draft, which decides.
_REMOVABLE = (DraftStatus.DRAFT, DraftStatus.REJECTED, DraftStatus.ESCALATED)
# From which states a decision may be taken; a signed or rejected draft takes none.
_DECIDABLE: Mapping[Decision, tuple[DraftStatus, ...]] = {
    Decision.ACCEPT: (DraftStatus.DRAFT, DraftStatus.ESCALATED),
    Decision.AMEND: (DraftStatus.DRAFT, DraftStatus.ESCALATED),
    Decision.COSIGN: (DraftStatus.AWAITING_COSIGN,),
    Decision.REJECT: _EDITABLE,
    Decision.ESCALATE: (DraftStatus.DRAFT, DraftStatus.AWAITING_COSIGN),
}


@dataclass(frozen=True, slots=True)
class DraftVersion:
    """One saved state of a draft; version 1 is as it was built."""

    draft: DraftId
    version: int
    content: Mapping[str, Any] = field(repr=False)
    content_hash: str
    saved_at: datetime
    saved_by: PrincipalId


@dataclass(frozen=True, slots=True)
class UntouchedDraft:
    """A draft that may be removed; nothing of its text."""

    id: DraftId
    app: AppId
    status: DraftStatus
    content_hash: str
    updated_at: datetime


class DraftStore:
    """Drafts and signed records of one partition."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._vault = database.vault

    async def create(self, record: DraftRecord) -> None:
        """Stores a draft as built, with its content as version ``record.version``.

        Raises:
            SuwenError: ``content_hash_wrong``.
        """
        text = content_text(record.content, record.content_hash)
        place = version_place(record.id, record.version)
        async with self._database.transaction() as connection:
            content = await sealed_content(self._vault, connection, record.patient, text, place)
            await connection.execute(insert(tables.draft).values(draft_row(record)))
            await connection.execute(
                insert(tables.draft_version).values(
                    draft=record.id,
                    version=record.version,
                    content=content,
                    content_hash=record.content_hash,
                    saved_at=record.created_at,
                    saved_by=record.created_by,
                )
            )

    async def read(self, draft: DraftId) -> DraftRecord:
        """The draft in its present version.

        Raises:
            NotFoundError: ``no_such_draft``.
        """
        async with self._database.transaction() as connection:
            return await read_draft(connection, draft, self._vault)

    async def versions(self, draft: DraftId) -> list[DraftVersion]:
        """Every saved state, oldest first; empty for an unknown draft."""
        kept = tables.draft_version
        query = select(kept).where(kept.c.draft == draft).order_by(kept.c.version)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(query)).mappings().all()
            stored = [(row["content"], version_place(draft, row["version"])) for row in rows]
            contents = await opened_texts(self._vault, connection, stored)
        return [
            DraftVersion(
                draft=DraftId(row["draft"]),
                version=row["version"],
                content=read_content(content, row["content_hash"]),
                content_hash=row["content_hash"],
                saved_at=row["saved_at"],
                saved_by=PrincipalId(row["saved_by"]),
            )
            for row, content in zip(rows, contents, strict=True)
            if content is not None
        ]

    async def save_version(
        self,
        draft: DraftId,
        expected_version: int,
        content: Mapping[str, Any],
        content_hash: str,
        by: PrincipalId,
        at: datetime,
    ) -> DraftRecord:
        """Stores an edit as the next version; returns only once it is durable.

        An edit of a draft that waits for the second signature takes back the first one's effect:
        the draft must be signed anew.

        Raises:
            ConflictError: ``draft_changed`` when somebody saved or decided meanwhile.
            NotFoundError: ``no_such_draft``.
            SuwenError: ``content_hash_wrong``.
        """
        text = content_text(content, content_hash)
        async with self._database.transaction() as connection:
            former = await _lock(connection, draft)
            if former["version"] != expected_version or former["status"] not in _EDITABLE:
                raise draft_changed(former["version"], former["status"])
            version = expected_version + 1
            place = version_place(draft, version)
            sealed = await sealed_content(self._vault, connection, former["patient"], text, place)
            waiting = former["status"] == DraftStatus.AWAITING_COSIGN
            await connection.execute(
                insert(tables.draft_version).values(
                    draft=draft,
                    version=version,
                    content=sealed,
                    content_hash=content_hash,
                    saved_at=at,
                    saved_by=by,
                )
            )
            await connection.execute(
                update(tables.draft)
                .where(tables.draft.c.id == draft)
                .values(
                    version=version,
                    content_hash=content_hash,
                    status=DraftStatus.DRAFT.value if waiting else former["status"],
                    updated_at=at,
                    updated_by=by,
                )
            )
            saved = await read_draft(connection, draft, self._vault)
            fault_point("draft.before_save_commit")
        return saved

    async def decide(
        self,
        decision: SignOff,
        new_status: DraftStatus,
        signed: SignedRecord | None,
        expected_version: int,
    ) -> DraftRecord:
        """Stores a decision, the draft's new state and the signed record, all or nothing.

        Args:
            decision: on exactly the version and hash that the signer was shown.
            signed: the record that leaves, when the decision completes one.
            expected_version: version that the signer was shown.

        Raises:
            ConflictError: ``draft_changed`` when version, hash or state differ.
            NotFoundError: ``no_such_draft``.
            SuwenError: ``content_hash_wrong`` for the signed record.
        """
        signed_values = signed_row(signed) if signed is not None else None
        async with self._database.transaction() as connection:
            former = await _lock(connection, decision.draft)
            shown = (expected_version, decision.version, decision.content_hash)
            now = (former["version"], former["version"], former["content_hash"])
            if shown != now or former["status"] not in _DECIDABLE[decision.decision]:
                raise draft_changed(former["version"], former["status"])
            patient = former["patient"]
            rows = [sign_off_row(decision)]
            rows = await with_sealed_comments(self._vault, connection, patient, rows)
            await connection.execute(insert(tables.sign_off).values(rows))
            if signed_values is not None:
                kept = await sealed_record(self._vault, connection, patient, signed_values)
                await connection.execute(insert(tables.signed_record).values(kept))
            await connection.execute(
                update(tables.draft)
                .where(tables.draft.c.id == decision.draft)
                .values(
                    status=new_status.value,
                    updated_at=decision.decided_at,
                    updated_by=decision.signer,
                )
            )
            decided = await read_draft(connection, decision.draft, self._vault)
            fault_point("sign.before_commit")
        fault_point("sign.after_commit")
        return decided

    async def reopen_signed(
        self, draft: DraftId, expected_version: int, by: PrincipalId, at: datetime
    ) -> DraftRecord:
        """Opens a signed draft for an amendment; what was signed stays as it is.

        The amended text is signed as a further record that supersedes the former.

        Raises:
            ConflictError: ``draft_changed`` when it is not signed or the version differs.
            NotFoundError: ``no_such_draft``.
        """
        async with self._database.transaction() as connection:
            former = await _lock(connection, draft)
            if former["version"] != expected_version or former["status"] != DraftStatus.SIGNED:
                raise draft_changed(former["version"], former["status"])
            await connection.execute(
                update(tables.draft)
                .where(tables.draft.c.id == draft)
                .values(status=DraftStatus.DRAFT.value, updated_at=at, updated_by=by)
            )
            return await read_draft(connection, draft, self._vault)

    async def of_trace(self, trace: TraceId) -> DraftId | None:
        """The draft that a run left, ``None`` when it left none or it was removed."""
        query = select(tables.draft.c.id).where(tables.draft.c.trace == trace).limit(1)
        async with self._database.transaction() as connection:
            found = (await connection.execute(query)).scalar_one_or_none()
        return DraftId(found) if found is not None else None

    async def untouched(
        self, since: datetime, after: UntouchedDraft | None = None, limit: int = 1000
    ) -> list[UntouchedDraft]:
        """Drafts that nobody signed and nobody changed or decided on since, oldest first.

        Args:
            after: the last one of the former page.
        """
        columns = tables.draft.c
        query = (
            select(
                columns.id, columns.app, columns.status, columns.content_hash, columns.updated_at
            )
            .where(
                columns.updated_at < since,
                columns.status.in_([status.value for status in _REMOVABLE]),
                ~func.suwen_was_signed(columns.id, type_=Boolean),
            )
            .order_by(columns.updated_at, columns.id)
        )
        if after is not None:
            place = tuple_(columns.updated_at, columns.id)
            query = query.where(place > (after.updated_at, after.id))
        async with self._database.transaction() as connection:
            rows = (await connection.execute(query.limit(limit))).mappings()
            return [
                UntouchedDraft(
                    id=DraftId(row["id"]),
                    app=AppId(row["app"]),
                    status=DraftStatus(row["status"]),
                    content_hash=row["content_hash"],
                    updated_at=row["updated_at"],
                )
                for row in rows
            ]

    async def remove(self, draft: DraftId, untouched_since: datetime) -> bool:
        """Removes a draft with its versions and decisions, for good.

        The database itself decides: false for one that was ever signed, that waits for a second
        signature, or that somebody touched since.
        """
        query = select(func.suwen_remove_draft(draft, untouched_since, type_=Boolean))
        async with self._database.transaction() as connection:
            return bool((await connection.execute(query)).scalar_one())

    async def sign_offs(self, draft: DraftId) -> list[SignOff]:
        """Every decision on the draft, oldest first."""
        kept = tables.sign_off
        query = select(kept).where(kept.c.draft == draft).order_by(kept.c.number)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(query)).mappings().all()
            return [sign_off_of(row) for row in await with_comments(self._vault, connection, rows)]

    async def signed(self, record: SignedRecordId) -> SignedRecord:
        """One signed record.

        Raises:
            NotFoundError: ``no_such_signed_record``, ``record_erased``.
        """
        kept = tables.signed_record
        async with self._database.transaction() as connection:
            found = await connection.execute(select(kept).where(kept.c.id == record))
            row = found.mappings().one_or_none()
            opened = await signed_of(self._vault, connection, [row] if row is not None else [])
        if not opened:
            raise NotFoundError(
                "no_such_signed_record",
                Bilingual(zh="没有这份已签署的文书。", en="There is no such signed document."),
            )
        if opened[0] is None:
            raise erased()
        return opened[0]

    async def signed_versions(self, draft: DraftId) -> list[SignedRecord]:
        """The signed records of a draft, oldest first; the last one stands."""
        kept = tables.signed_record
        query = select(kept).where(kept.c.draft == draft).order_by(kept.c.number)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(query)).mappings().all()
            opened = await signed_of(self._vault, connection, rows)
        return [record for record in opened if record is not None]

    async def list(  # noqa: PLR0913 - each is one filter of the worklist
        self,
        patient: PatientId | None = None,
        status: DraftStatus | Collection[DraftStatus] | None = None,
        app: AppId | None = None,
        owner: PrincipalId | None = None,
        patients: Collection[str] | None = None,
        ceiling: int | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> list[DraftRecord]:
        """Drafts in their present version, latest change first.

        Args:
            status: one state or any of several.
            owner: who had it built.
            patients: any of these; ``None`` is no filter, an empty collection finds nothing.
            ceiling: data class up to which a draft may be.
        """
        query, columns = with_content(), tables.draft.c
        if patient is not None:
            query = query.where(columns.patient == patient)
        if patients is not None:
            query = query.where(columns.patient.in_(sorted(patients)))
        if status is not None:
            statuses = [status] if isinstance(status, DraftStatus) else status
            query = query.where(columns.status.in_([one.value for one in statuses]))
        if app is not None:
            query = query.where(columns.app == app)
        if owner is not None:
            query = query.where(columns.created_by == owner)
        if ceiling is not None:
            query = query.where(columns.data_class <= ceiling)
        query = query.order_by(columns.updated_at.desc(), columns.id).limit(limit).offset(offset)
        async with self._database.transaction() as connection:
            rows = (await connection.execute(query)).mappings().all()
            return await drafts_of(self._vault, connection, rows)


async def _lock(connection: AsyncConnection, draft: DraftId) -> Mapping[str, Any]:
    columns = tables.draft.c
    query = select(columns.version, columns.status, columns.content_hash, columns.patient)
    found = await connection.execute(query.where(columns.id == draft).with_for_update())
    row = found.mappings().one_or_none()
    if row is None:
        raise no_such_draft()
    return dict(row)
