"""Which documents an inpatient stay owes, and within what time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from suwen.core.finding import Confidence, Source
from suwen.core.record import NoteItem


@dataclass(frozen=True, slots=True)
class Duty:
    """A document that a stay owes.

    Attributes:
        codes: LOINC codes under which the record may hold it.
        after: from which event the time runs: ``admission`` or ``discharge``.
        confidence: how well the limit's source is known.
    """

    document_type: str
    codes: frozenset[str]
    after: str
    limit: timedelta
    source: Source
    confidence: Confidence


def _within_a_day(document_type: str, codes: set[str], after: str, section: str) -> Duty:
    norm = Source("病历书写基本规范（卫医政发〔2010〕11号）", "2010", section)
    return Duty(
        document_type, frozenset(codes), after, timedelta(hours=24), norm, Confidence.VERIFIED
    )


DUTIES: Final = (
    _within_a_day("admission_record", {"34117-2", "47039-3"}, "admission", "入院记录"),
    _within_a_day("discharge_summary", {"18842-5"}, "discharge", "出院记录"),
)


@dataclass(frozen=True, slots=True)
class DueDocument:
    """A document that is owed and not there; ``deadline`` may have passed."""

    document_type: str
    since: datetime
    deadline: datetime
    overdue: bool


def due_documents(
    admitted_at: datetime | None,
    discharged_at: datetime | None,
    present: Iterable[NoteItem],
    now: datetime,
) -> tuple[DueDocument, ...]:
    """What an inpatient stay owes now.

    Args:
        present: documents of the record; one counts when it was written in this stay.

    Returns:
        The owed documents, earliest deadline first. A stay without an admission time owes none
        that can be reckoned.
    """
    if admitted_at is None:
        return ()
    written = {
        note.note_type.code
        for note in present
        if note.note_type is not None and note.when is not None and note.when.start >= admitted_at
    }
    owed = []
    for duty in DUTIES:
        since = admitted_at if duty.after == "admission" else discharged_at
        if since is None or duty.codes & written:
            continue
        deadline = since + duty.limit
        owed.append(DueDocument(duty.document_type, since, deadline, now > deadline))
    return tuple(sorted(owed, key=lambda document: document.deadline))
