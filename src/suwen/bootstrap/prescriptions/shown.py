"""What the pharmacists' desk shows, and what somebody wants done at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from suwen.storage.patient_summary import PatientSummary
from suwen.storage.prescription_types import (
    FindingRow,
    PrescriptionAct,
    PrescriptionStep,
    StoredPrescription,
)


@dataclass(frozen=True, slots=True)
class QueueView:
    """What waits, the most urgent first.

    Attributes:
        patients: what is known of each, by id.
        counts: how many wait, by what they ask.
        unreviewed: orders that reached the record and wait to be reviewed.
        failed: codes of those that could not be, by patient.
    """

    prescriptions: Sequence[StoredPrescription]
    patients: Mapping[str, PatientSummary]
    counts: Mapping[str, int]
    departments: Sequence[str]
    unreviewed: int
    failed: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class PrescriptionView:
    """One prescription with everything that is decided on.

    Attributes:
        acts: what this person may do now.
        undo_s: seconds that are left to take the last decision back; 0 for none.
        second: whether its acceptance needs a second pharmacist.
    """

    prescription: StoredPrescription
    patient: PatientSummary | None
    rows: Sequence[FindingRow]
    steps: Sequence[PrescriptionStep]
    acts: tuple[PrescriptionAct, ...]
    undo_s: int
    second: bool


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody wants done.

    Attributes:
        version: that was seen.
        reason: coded; a national category for a query or a rejection.
        overridden: coded reason by matter.
    """

    act: PrescriptionAct
    version: int
    reason: str | None = None
    comment: str = field(default="", repr=False)
    overridden: Mapping[str, str] = field(default_factory=dict)
