"""From a draft to a signed record: who decided what, on exactly which text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from suwen.core.identity import (
    AppId,
    DraftId,
    PatientId,
    PrincipalId,
    ReleaseHash,
    SignedRecordId,
    TraceId,
)
from suwen.core.manifest import Partition


class DraftStatus(StrEnum):
    """Where a draft stands."""

    DRAFT = "draft"
    AWAITING_COSIGN = "awaiting_cosign"
    SIGNED = "signed"
    REJECTED = "rejected"
    ESCALATED = "escalated"


class Decision(StrEnum):
    """The closed set of decisions on a draft."""

    ACCEPT = "accept"
    AMEND = "amend"
    REJECT = "reject"
    ESCALATE = "escalate"
    COSIGN = "cosign"


class RejectReason(StrEnum):
    """Coded reasons of a rejection."""

    WRONG_PATIENT = "wrong_patient"
    FACTUALLY_WRONG = "factually_wrong"
    INCOMPLETE = "incomplete"
    UNSAFE = "unsafe"
    BAD_LANGUAGE = "bad_language"
    NOT_NEEDED = "not_needed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class DraftRecord:
    """A stored draft; only a SignedRecord may leave for a hospital system.

    Attributes:
        content: the draft's output as shown (JSON-ready; for a document: sections with fields
            and statements, each with support and evidence).
        version: 1 for the draft as built, one more for each saved edit.
        content_hash: SHA-256 of the canonical JSON of ``content``, lower-case hexadecimal.
        model: ``used`` or ``skipped``.
    """

    id: DraftId
    app: AppId
    release: ReleaseHash
    partition: Partition
    trace: TraceId
    patient: PatientId | None
    encounter: str | None
    data_class: int
    status: DraftStatus
    version: int
    content: Mapping[str, Any] = field(repr=False)
    content_hash: str
    model: str
    created_at: datetime
    created_by: PrincipalId
    updated_at: datetime
    updated_by: PrincipalId


@dataclass(frozen=True, slots=True)
class SignOff:
    """One decision by a named practitioner on exactly one version.

    Attributes:
        edit_distance: Levenshtein distance in code points between the text as built and as
            signed; ``None`` for decisions without a text.
        signature: signature over the canonical decision, base64, by ``key_id``.
    """

    draft: DraftId
    version: int
    content_hash: str
    decision: Decision
    signer: PrincipalId
    signer_name: str
    signer_role: str
    decided_at: datetime
    reason: RejectReason | None = None
    comment: str | None = field(default=None, repr=False)
    edit_distance: int | None = None
    signature: str | None = None
    key_id: str | None = None


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """What a person answered for; it alone may leave. An amendment keeps the former one."""

    id: SignedRecordId
    draft: DraftId
    number: int
    content: Mapping[str, Any] = field(repr=False)
    content_hash: str
    sign_offs: tuple[SignOff, ...]
    signed_at: datetime
    supersedes: SignedRecordId | None = None
