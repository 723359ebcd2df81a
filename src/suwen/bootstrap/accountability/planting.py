"""Makes a known-wrong copy of a true draft: one statement is falsified, the rest stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from suwen.core.record import Resource
from suwen.evaluation.corruption.model import Corruption, CorruptionKind

KINDS: Final = (
    CorruptionKind.DOSE,
    CorruptionKind.DRUG,
    CorruptionKind.LATERALITY,
    CorruptionKind.NEGATION_REMOVED,
    CorruptionKind.NUMBER,
    CorruptionKind.UNIT,
    CorruptionKind.NEGATION_INSERTED,
    CorruptionKind.DATE,
)
"""What is falsified, the first that a draft has room for; each is told by looking at the source."""


_EARLY: Final = 4
"""Of each statement so many falsifications are considered."""


@dataclass(frozen=True, slots=True)
class Falsified:
    """A content in which one statement is false.

    Attributes:
        content: as a draft keeps it.
        section: id of the section; ``statement`` that of the statement.
    """

    content: dict[str, Any] = field(repr=False)
    section: str
    statement: str
    corruption: Corruption = field(repr=False)


def falsified(
    content: Mapping[str, Any], record: Sequence[Resource], kind: CorruptionKind | None, seed: int
) -> Falsified | None:
    """A copy of a draft's content with one false statement; ``None`` where it has no room for one.

    Args:
        record: every resource of the patient, so that nothing planted is true by accident.
        kind: what to falsify; ``None`` takes the first of ``KINDS`` that is possible.
        seed: chooses among the statements.
    """
    # Loaded where somebody plants a check: the start of a service does not wait for it.
    from suwen.evaluation.corruption.context import record_context
    from suwen.evaluation.corruption.plant import corruptions

    document = content["result"].get("document")
    if document is None:
        return None
    context = record_context({"entry": [{"resource": dict(one)} for one in record]}, seed=seed)
    places = [
        (section, statement, corruption)
        for section in document["sections"]
        for statement in section["statements"]
        if statement["supported"] is True and _stands_once(document, section, statement["text"])
        # What stands first in a statement is what it says; behind it come intervals and times.
        for corruption in sorted(corruptions(statement["text"], context), key=_start)[:_EARLY]
    ]
    for wanted in (kind,) if kind is not None else KINDS:
        of_kind = [place for place in places if place[2].kind is wanted]
        if of_kind:
            section, statement, corruption = of_kind[seed % len(of_kind)]
            changed = _changed(content, section["id"], statement["id"], corruption)
            return Falsified(changed, section["id"], statement["id"], corruption)
    return None


def _start(corruption: Corruption) -> int:
    return corruption.start


def _stands_once(document: Mapping[str, Any], section: Mapping[str, Any], text: str) -> bool:
    return bool(
        text.strip() and section["text"].count(text) == 1 and document["text"].count(text) == 1
    )


def _changed(
    content: Mapping[str, Any], section: str, statement: str, corruption: Corruption
) -> dict[str, Any]:
    document = content["result"]["document"]
    before, after = corruption.original, corruption.corrupted
    sections = [
        {
            **one,
            "text": one["text"].replace(before, after),
            "statements": [
                {**said, "text": after} if said["id"] == statement else said
                for said in one["statements"]
            ],
        }
        if one["id"] == section
        else one
        for one in document["sections"]
    ]
    text = document["text"].replace(before, after)
    changed = {**document, "sections": sections, "text": text}
    return {**content, "result": {**content["result"], "document": changed}}
