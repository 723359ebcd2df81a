"""Drafts, decisions and signed records as rows and back, without losing a digit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping

from suwen.core.audit import canonical_json, content_hash
from suwen.core.draft import (
    Decision,
    DraftRecord,
    DraftStatus,
    RejectReason,
    SignedRecord,
    SignOff,
)
from suwen.core.errors import SuwenError
from suwen.core.identity import (
    AppId,
    DraftId,
    PatientId,
    PrincipalId,
    ReleaseHash,
    SignedRecordId,
    TraceId,
)
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition


def content_text(content: Mapping[str, Any], expected_hash: str) -> str:
    """The canonical text of a content, which must have the hash that was stated for it.

    Raises:
        SuwenError: ``content_hash_wrong``; storing it would make a signature meaningless.
    """
    if content_hash(content) != expected_hash:
        raise SuwenError(
            "content_hash_wrong",
            Bilingual(
                zh="文书内容与其校验值不一致，未保存。",
                en="The document does not match its hash; it was not saved.",
            ),
        )
    return canonical_json(content).decode()


def read_content(text: str, stated_hash: str) -> dict[str, Any]:
    """The content of a stored text.

    Raises:
        SuwenError: ``stored_content_damaged`` when it is no longer what was hashed.
    """
    content: dict[str, Any] = json.loads(text)
    if content_hash(content) != stated_hash:
        raise SuwenError(
            "stored_content_damaged",
            Bilingual(
                zh="存储的文书已被改动或损坏，不能使用。请联系系统管理员并核对审计链。",
                en="The stored document was altered or damaged and cannot be used. Tell the system "
                "administrator and verify the audit chain.",
            ),
        )
    return content


def draft_row(record: DraftRecord) -> dict[str, Any]:
    """The row of table ``draft``; the content is in ``draft_version``."""
    return {
        "id": record.id,
        "app": record.app,
        "release": record.release,
        "partition": record.partition.value,
        "trace": record.trace,
        "patient": record.patient,
        "encounter": record.encounter,
        "data_class": record.data_class,
        "status": record.status.value,
        "version": record.version,
        "content_hash": record.content_hash,
        "model": record.model,
        "created_at": record.created_at,
        "created_by": record.created_by,
        "updated_at": record.updated_at,
        "updated_by": record.updated_by,
    }


def draft_record(row: RowMapping, content: str) -> DraftRecord:
    """The draft of a row of ``draft`` and the content of its version."""
    return DraftRecord(
        id=DraftId(row["id"]),
        app=AppId(row["app"]),
        release=ReleaseHash(row["release"]),
        partition=Partition(row["partition"]),
        trace=TraceId(row["trace"]),
        patient=PatientId(row["patient"]) if row["patient"] is not None else None,
        encounter=row["encounter"],
        data_class=row["data_class"],
        status=DraftStatus(row["status"]),
        version=row["version"],
        content=read_content(content, row["content_hash"]),
        content_hash=row["content_hash"],
        model=row["model"],
        created_at=row["created_at"],
        created_by=PrincipalId(row["created_by"]),
        updated_at=row["updated_at"],
        updated_by=PrincipalId(row["updated_by"]),
    )


def sign_off_row(decision: SignOff) -> dict[str, Any]:
    """The row of a decision."""
    return {
        "draft": decision.draft,
        "version": decision.version,
        "content_hash": decision.content_hash,
        "decision": decision.decision.value,
        "signer": decision.signer,
        "signer_name": decision.signer_name,
        "signer_role": decision.signer_role,
        "decided_at": decision.decided_at,
        "reason": decision.reason.value if decision.reason else None,
        "comment": decision.comment,
        "edit_distance": decision.edit_distance,
        "signature": decision.signature,
        "key_id": decision.key_id,
    }


def sign_off_of(row: Mapping[str, Any] | RowMapping) -> SignOff:
    """The decision of a row, or of its JSON form inside a signed record."""
    decided_at = row["decided_at"]
    if isinstance(decided_at, str):
        decided_at = datetime.fromisoformat(decided_at)
    return SignOff(
        draft=DraftId(row["draft"]),
        version=row["version"],
        content_hash=row["content_hash"],
        decision=Decision(row["decision"]),
        signer=PrincipalId(row["signer"]),
        signer_name=row["signer_name"],
        signer_role=row["signer_role"],
        decided_at=decided_at,
        reason=RejectReason(row["reason"]) if row["reason"] else None,
        comment=row["comment"],
        edit_distance=row["edit_distance"],
        signature=row["signature"],
        key_id=row["key_id"],
    )


def signed_row(record: SignedRecord) -> dict[str, Any]:
    """The row of a signed record, its decisions within it."""
    sign_offs = [
        {**sign_off_row(decision), "decided_at": decision.decided_at.isoformat()}
        for decision in record.sign_offs
    ]
    return {
        "id": record.id,
        "draft": record.draft,
        "number": record.number,
        "content": content_text(record.content, record.content_hash),
        "content_hash": record.content_hash,
        "sign_offs": sign_offs,
        "signed_at": record.signed_at,
        "supersedes": record.supersedes,
    }


def signed_record_of(row: Mapping[str, Any] | RowMapping, content: str) -> SignedRecord:
    """The signed record of a row and its content.

    Raises:
        SuwenError: ``stored_content_damaged``.
    """
    return SignedRecord(
        id=SignedRecordId(row["id"]),
        draft=DraftId(row["draft"]),
        number=row["number"],
        content=read_content(content, row["content_hash"]),
        content_hash=row["content_hash"],
        sign_offs=tuple(sign_off_of(item) for item in row["sign_offs"]),
        signed_at=row["signed_at"],
        supersedes=SignedRecordId(row["supersedes"]) if row["supersedes"] else None,
    )
