"""Cards: what the platform says to a clinician at a moment of the work in another system.

The moments are the hooks of CDS Hooks 2.0. Whoever has something to say (the platform, an
application) is a ``CardSource``: a pure function from what is known of one patient to findings.
The gateway reads, admits, audits and keeps the time; a source does no input or output.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Protocol, runtime_checkable

from suwen.core.draft import DraftStatus
from suwen.core.finding import Finding, Severity
from suwen.core.identity import DraftId
from suwen.core.language import Bilingual
from suwen.core.record import CodedItem, MedicationItem, PatientRecord, Resource


class Hook(StrEnum):
    """The moments at which another system asks. Source: CDS Hooks 2.0 and its hook library."""

    PATIENT_VIEW = "patient-view"
    ORDER_SELECT = "order-select"
    ORDER_SIGN = "order-sign"
    ENCOUNTER_START = "encounter-start"
    ENCOUNTER_DISCHARGE = "encounter-discharge"


class Indicator(StrEnum):
    """How urgently a card is shown, least first."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class CardTopic(StrEnum):
    """What a card is about; its name goes into the answer, the audit and the statistics."""

    ALLERGY = "allergy"
    DUPLICATE = "duplicate"
    INTERACTION = "interaction"
    DOSE = "dose"
    UNCHECKED = "unchecked"
    CRITICAL_RESULT = "critical_result"
    UNSIGNED_DOCUMENT = "unsigned_document"
    OWED_DOCUMENT = "owed_document"
    ALLERGY_STATUS = "allergy_status"
    PENDING_RESULT = "pending_result"
    INCOMPLETE_ORDER = "incomplete_order"
    CONTRAINDICATION = "contraindication"
    PRESCRIBING = "prescribing"


class Held(StrEnum):
    """Where the items of one kind came from."""

    REQUEST = "request"
    SERVER = "server"
    STORE = "store"


_INDICATORS: Mapping[Severity, Indicator] = {
    Severity.CONTRAINDICATED: Indicator.CRITICAL,
    Severity.MAJOR: Indicator.CRITICAL,
    Severity.MODERATE: Indicator.WARNING,
    Severity.MINOR: Indicator.INFO,
    Severity.INFO: Indicator.INFO,
}


def matter_of(key: str) -> str:
    """A short name of a matter that quotes nothing: a key may hold a drug's name as written."""
    return hashlib.sha256(key.encode()).hexdigest()[:24]


def indicator_of(severity: Severity) -> Indicator:
    """How urgently a finding of this severity is shown."""
    return _INDICATORS[severity]


@dataclass(frozen=True, slots=True)
class CardLink:
    """A page of the platform that shows more, as a path on this installation."""

    label: Bilingual
    path: str


@dataclass(frozen=True, slots=True)
class Removal:
    """The proposal to take one draft order back; the person decides.

    Attributes:
        label: what the button says.
        order: reference of the draft order, ``Type/id``.
    """

    label: Bilingual
    order: str


@dataclass(frozen=True, slots=True)
class Card:
    """One thing that is said.

    Attributes:
        finding: rule, severity, wording, source, confidence and evidence; its message is the
            card's one sentence and may hold names out of the record.
        topic: what it is about.
        details: further sentences, plain text.
        indicator: how urgently it is shown; ``None`` follows the finding's severity.
        orders: references of the draft orders that it is about.
        removals: orders that may be taken back because of it.
        overridable: whether the person who goes on in spite of it is asked for a reason.
        matter: what names the same rule about the same medicines in every call, so that what was
            answered once in an encounter asks no more; ``None`` where nothing is remembered.
    """

    finding: Finding
    topic: CardTopic
    details: tuple[Bilingual, ...] = ()
    indicator: Indicator | None = None
    orders: tuple[str, ...] = ()
    removals: tuple[Removal, ...] = ()
    links: tuple[CardLink, ...] = ()
    overridable: bool = False
    matter: str | None = None

    @property
    def shown_as(self) -> Indicator:
        """How urgently it is shown."""
        return self.indicator or indicator_of(self.finding.severity)


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Something that could not be checked, and why; never left out of an answer.

    Attributes:
        what: which check, or of what.
        why: what was missing.
        grave: whether it hides a danger at this moment (an order is about to be signed).
    """

    what: Bilingual
    why: Bilingual
    grave: bool = False


@dataclass(frozen=True, slots=True)
class CardAnswer:
    """What one source says."""

    cards: tuple[Card, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftOrder:
    """An order that is being written and not signed yet.

    Attributes:
        reference: ``Type/id`` as the other system names it.
        selected: whether the checks are about it; the others are there for context.
        item: the order, typed where it is of a type that is checked.
    """

    reference: str
    selected: bool
    item: MedicationItem | CodedItem | None
    resource: Resource = field(repr=False, hash=False, compare=False)

    @property
    def kind(self) -> str:
        """The resource type."""
        return self.reference.partition("/")[0]


@dataclass(frozen=True, slots=True)
class KnownDraft:
    """A document built on this platform, as far as cards need it.

    Attributes:
        created_at: when it was built.
    """

    id: DraftId
    document_type: str
    status: DraftStatus
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CardCase:
    """What is known at one moment about one patient.

    Attributes:
        now: the instant to which limits are reckoned.
        zone: the wards' time zone, in which days begin.
        record: the patient's items; only kinds named in ``held`` were obtained.
        held: resource type and where its items came from. A type that is not named was not
            obtained: its emptiness in ``record`` says nothing.
        encounter: id of the encounter that the moment belongs to; ``None`` when none was named.
        orders: orders in the making; empty at the other hooks.
        drafts: documents built here about the patient; ``None`` when they could not be looked at.
    """

    hook: Hook
    now: datetime
    zone: tzinfo
    record: PatientRecord
    held: Mapping[str, Held]
    encounter: str | None = None
    orders: tuple[DraftOrder, ...] = ()
    drafts: tuple[KnownDraft, ...] | None = None

    def obtained(self, *types: str) -> bool:
        """Whether items of all these resource types were obtained."""
        return all(kind in self.held for kind in types)


@runtime_checkable
class CardSource(Protocol):
    """Something that has cards to say. An application that does is one itself.

    ``card_hooks``: at which moments it is asked. ``card_reads``: FHIR resource types that it
    needs; the gateway obtains no others. ``card_title``: how it is named when it was not asked
    in time. All orders of one call come together, so that tables are looked up once for all.
    """

    @property
    def card_title(self) -> Bilingual:
        """How people know the source."""

    @property
    def card_hooks(self) -> frozenset[Hook]:
        """At which moments it has something to say."""

    @property
    def card_reads(self) -> frozenset[str]:
        """Resource types that it needs."""

    def cards(self, case: CardCase) -> CardAnswer:
        """What it says; pure, and quick: a few tens of microseconds for one order."""


@dataclass(frozen=True, slots=True)
class Quieted:
    """What asks no more.

    Attributes:
        matters: overridden before in this encounter of the patient.
        rules: made quiet for a while by the hospital.
    """

    matters: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()


class CardMemory(Protocol):
    """Remembers what was answered to cards."""

    async def quieted(self, patient: str, encounter: str) -> Quieted:
        """What asks no more about this patient in this encounter."""


class OrderQueue(Protocol):
    """Takes orders that are about to be signed to whoever reviews them."""

    async def signed(self, client: str, patient: str, case: CardCase) -> None:
        """Notes them durably; the same orders come in once."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a query found.

    Attributes:
        complete: false when there is more than was sent, or part of it could not be read.
    """

    resources: tuple[Resource, ...] = field(repr=False)
    complete: bool = True


class RecordServer(Protocol):
    """Asks the FHIR server of the system that called, with the access it granted for this call."""

    async def read(self, base_url: str, access_token: str, query: str) -> Fetched:
        """The resources that a read (``Patient/1``) or a search (``Observation?…``) finds.

        Args:
            base_url: the configured server, never one that a request names by itself.
            query: relative to the server's base.

        Raises:
            SuwenError: when the server does not answer, refuses, or answers no FHIR R4.
        """
