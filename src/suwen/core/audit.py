"""The audit chain: what an event is, and how each is bound to the one before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from json.encoder import encode_basestring as _quoted
from typing import Any

GENESIS_HASH = "0" * 64

_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
)

_CANONICAL = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
)


class AuditOutcome(StrEnum):
    """How the audited act ended."""

    OPENED = "opened"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What somebody wants audited; carries no patient text, only identifiers and hashes.

    Attributes:
        action: dotted name, for example ``run.open``, ``draft.sign``, ``record.read``.
        subject: what was acted on, for example ``Draft/…`` or ``Patient/…``.
        detail: JSON-ready facts (hashes, counts, codes).
    """

    action: str
    actor: str
    channel: str
    outcome: AuditOutcome
    subject: str | None = None
    patient: str | None = None
    app: str | None = None
    trace: str | None = None
    purpose: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """An entry in the chain: ``hash`` covers everything else and the event before it."""

    sequence: int
    at: datetime
    entry: AuditEntry
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed statement of the chain's head."""

    sequence: int
    head_hash: str
    at: datetime
    key_id: str
    signature: str


def canonical_json(value: object) -> bytes:
    """The one byte form of JSON data that is hashed and signed: sorted keys, no spaces, UTF-8."""
    return _CANONICAL.encode(value).encode()


def content_hash(value: object) -> str:
    """SHA-256 of the canonical form, lower-case hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def chain_hash(sequence: int, at: datetime, entry: AuditEntry, previous_hash: str) -> str:
    """Hash of an event from its content and the hash of the event before it.

    The bytes are those of ``canonical_json`` over ``chain_content``, put together by hand because
    a verification makes them for every event there is.
    """
    return hashlib.sha256(_chain_bytes(sequence, at, entry, previous_hash)).hexdigest()


def chain_content(
    sequence: int, at: datetime, entry: AuditEntry, previous_hash: str
) -> dict[str, object]:
    """What the hash of an event covers, as JSON-ready data."""
    return {
        "sequence": sequence,
        "at": at.isoformat(),
        "action": entry.action,
        "actor": entry.actor,
        "channel": entry.channel,
        "outcome": entry.outcome.value,
        "subject": entry.subject,
        "patient": entry.patient,
        "app": entry.app,
        "trace": entry.trace,
        "purpose": entry.purpose,
        "detail": dict(entry.detail),
        "previous": previous_hash,
    }


def _chain_bytes(sequence: int, at: datetime, entry: AuditEntry, previous_hash: str) -> bytes:
    text = _quoted
    detail = _ENCODER.encode(dict(entry.detail)) if entry.detail else "{}"
    return (
        f'{{"action":{text(entry.action)},"actor":{text(entry.actor)},'
        f'"app":{_optional(entry.app)},"at":"{at.isoformat()}",'
        f'"channel":{text(entry.channel)},"detail":{detail},'
        f'"outcome":{text(entry.outcome)},"patient":{_optional(entry.patient)},'
        f'"previous":{text(previous_hash)},"purpose":{_optional(entry.purpose)},'
        f'"sequence":{sequence},"subject":{_optional(entry.subject)},'
        f'"trace":{_optional(entry.trace)}}}'
    ).encode()


def _optional(text: str | None) -> str:
    return "null" if text is None else _quoted(text)
