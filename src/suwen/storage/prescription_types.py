"""A prescription on its way through the pharmacists' queue, as its store hands it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class PrescriptionState(StrEnum):
    """Where a prescription stands.

    ``COMMENTED`` is one that was judged after the fact, for statistics: it waits for nobody.
    """

    WAITING = "waiting"
    ANSWERED = "answered"
    SECOND = "second"
    QUERIED = "queried"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    COMMENTED = "commented"


class PrescriptionAct(StrEnum):
    """What somebody did with a prescription."""

    SUBMIT = "submit"
    ACCEPT = "accept"
    SECOND = "second"
    RETURN = "return"
    QUERY = "query"
    REJECT = "reject"
    UNDO = "undo"
    CHANGE = "change"
    JUSTIFY = "justify"
    WITHDRAW = "withdraw"
    SUPERSEDE = "supersede"


QUEUE: Final = (PrescriptionState.WAITING, PrescriptionState.ANSWERED, PrescriptionState.SECOND)
"""What waits for a pharmacist."""

OPEN: Final = (*QUEUE, PrescriptionState.QUERIED)
"""What waits for anybody."""

OVERRIDDEN: Final = "overridden"
UPHELD: Final = "upheld"


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding as statistics keep it; its words are in the prescription's content.

    Attributes:
        matter: names the same rule about the same medicines.
        category: national category of prescription comments; empty where none fits.
        asked: ``pass``, ``inform`` or ``interrupt``.
        outcome: ``overridden`` or ``upheld``; ``None`` while nobody decided on it.
        reason: coded; for what was overridden.
    """

    rule: str
    matter: str
    kind: str
    severity: str
    category: str
    asked: str
    outcome: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class NewPrescription:
    """A prescription that was reviewed, on its way in.

    Attributes:
        origin: ``rest``, ``hl7``, ``cds``, ``record`` or ``bulk``.
        origin_key: names it where it came from; the same comes in once.
        orders: references of the orders in the record, empty where there are none.
        urgency: the greater the sooner.
        written_at: the day that statistics count it to.
        content: ``result`` of the review, what it was ``reviewed`` from, who wrote it.
        state: ``COMMENTED`` for one that was judged after the fact.
    """

    id: str
    origin: str
    origin_key: str
    patient: str | None
    encounter: str | None
    department: str | None
    prescriber: str | None
    orders: tuple[str, ...]
    setting: str
    decision: str
    urgency: int
    written_at: datetime
    findings: tuple[FindingRow, ...]
    content: Mapping[str, Any] = field(repr=False)
    state: PrescriptionState = PrescriptionState.WAITING


@dataclass(frozen=True, slots=True)
class StoredPrescription:
    """A prescription as it stands.

    Attributes:
        version: counts every act; an act says which one it saw.
        round: which review is the present one, from 1; a changed prescription is reviewed again.
        taken_at: when somebody else was told of the decision; it cannot be undone since.
    """

    id: str
    origin: str
    patient: str | None
    encounter: str | None
    department: str | None
    prescriber: str | None
    orders: tuple[str, ...]
    setting: str
    state: PrescriptionState
    version: int
    round: int
    decision: str
    urgency: int
    written_at: datetime
    submitted_at: datetime
    changed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    taken_at: datetime | None
    content: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PrescriptionStep:
    """One step of a prescription's way; ``reason`` is coded."""

    act: PrescriptionAct
    state: PrescriptionState
    by: str
    at: datetime
    reason: str | None
    comment: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """What somebody answered to a rule about a patient in an encounter.

    Attributes:
        door: ``desk`` for the pharmacists' queue, ``cds`` for a card in the EMR.
        outcome: ``overridden`` or ``accepted``.
    """

    patient: str
    encounter: str
    rule: str
    matter: str
    outcome: str
    reason: str | None
    by: str
    door: str


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done with a prescription.

    Attributes:
        version: that was seen; somebody else's act in between is a conflict.
        before: state that was seen.
        decided: whether it is a decision that may be undone.
        overridden: coded reason by matter.
        upheld: matters that the decision rests on.
        answers: what is remembered for the encounter.
    """

    prescription: str
    version: int
    act: PrescriptionAct
    before: PrescriptionState
    after: PrescriptionState
    by: str
    at: datetime
    reason: str | None = None
    comment: str = field(default="", repr=False)
    decided: bool = False
    overridden: Mapping[str, str] = field(default_factory=dict)
    upheld: frozenset[str] = frozenset()
    answers: tuple[RuleAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A prescription that was changed and reviewed again."""

    decision: str
    urgency: int
    setting: str
    findings: tuple[FindingRow, ...]
    content: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Orders that reached the record and wait to be reviewed.

    Attributes:
        content: what came with it; ``None`` where the record holds it.
    """

    number: int
    key: str
    origin: str
    patient: str
    orders: tuple[str, ...]
    arrived_at: datetime
    attempts: int
    content: Mapping[str, Any] | None = field(repr=False)
