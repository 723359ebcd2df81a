"""Messages from the hospital's systems as the store takes and gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from suwen.storage.patient_links import PatientLink
from suwen.storage.record_import import StoredResource


class MessageState(StrEnum):
    """How far a message from another system is.

    ``received``: durable, its sender was told so; ``processed``: what it says is in the record;
    ``failed``: it could not be, and a person must look; ``set_aside``: a person decided that it
    is not processed.
    """

    RECEIVED = "received"
    PROCESSED = "processed"
    FAILED = "failed"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message as it arrived.

    Attributes:
        control_id: the sender's own number of it (MSH-10, SOP Instance UID …); one message per
            connection and number.
        patient_key: what tells whose message it is as the sender writes it, where it says so.
        character_set: name of the encoding that ``body`` is in, as Python spells it.
        sent_at: the sender's own time, aware; ``None`` where it gives none.
    """

    connection: str
    control_id: str
    message_type: str
    patient_key: str | None
    body: bytes = field(repr=False)
    character_set: str
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a message is durable.

    Attributes:
        duplicate: whether a message of this number was there already; it was not stored again.
        same_body: whether that one has the same bytes as first received; true for a new one.
    """

    id: int
    duplicate: bool
    same_body: bool


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A durable message that is to be processed."""

    id: int
    connection: str
    control_id: str
    message_type: str
    patient_key: str | None
    body: bytes = field(repr=False)
    character_set: str
    sent_at: datetime | None
    received_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class ProcessedMessage:
    """What a message says, ready to be stored.

    Attributes:
        resources: a resource without a time of its source gets the message's.
        notes: JSON-ready remarks for the operator, without patient text (values that the mapping
            did not know, segments that were left out …).
        orders: references of orders of medicines that pharmacists are to review, and
            ``orders_of`` whose they are.
    """

    id: int
    resources: Sequence[StoredResource] = ()
    links: Sequence[PatientLink] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)
    orders: Sequence[str] = ()
    orders_of: str | None = None


@dataclass(frozen=True, slots=True)
class MessageSummary:
    """A message as a list shows it, without a word of what it says.

    Attributes:
        attempts: how often processing it was begun by a replay, beyond the first time.
        version: 1 as received, one more for each edit.
        error_place: segment, field, tag or path that it failed at; never a value.
        decided_by: account that replayed it, edited it or set it aside last.
    """

    id: int
    connection: str
    control_id: str
    message_type: str
    sent_at: datetime | None
    received_at: datetime
    state: MessageState
    attempts: int
    version: int
    finished_at: datetime | None
    error_code: str | None
    error_place: str | None
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    notes: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class FormerBody:
    """A message's body before somebody edited it; version 1 is as received."""

    version: int
    body: bytes = field(repr=False)
    replaced_at: datetime
    replaced_by: str


@dataclass(frozen=True, slots=True)
class WholeMessage:
    """A message with its body and all its former bodies, the oldest first."""

    summary: MessageSummary
    patient_key: str | None
    character_set: str
    body: bytes = field(repr=False)
    former: tuple[FormerBody, ...] = field(default=(), repr=False)
