"""Which documents of a stay are still owed, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from suwen.core.finding import Source
from suwen.core.record import NoteItem

_NORM = Source("病历书写基本规范（卫医政发〔2010〕11号）", "2010", "住院病历书写内容及要求")


@dataclass(frozen=True, slots=True)
class Duty:
    """A document that a stay owes.

    Attributes:
        codes: LOINC codes under which the record may hold it.
        after: from which event the time runs: ``admission`` or ``discharge``.
    """

    document_type: str
    codes: frozenset[str]
    after: str
    limit: timedelta
    source: Source


DUTIES = (
    Duty(
        "admission_record", frozenset({"34117-2", "47039-3"}), "admission", timedelta(hours=24),
        _NORM,
    ),
    Duty("discharge_summary", frozenset({"18842-5"}), "discharge", timedelta(hours=24), _NORM),
)  # fmt: skip


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
