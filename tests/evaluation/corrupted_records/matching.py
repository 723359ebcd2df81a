"""How answers are judged: which finding answers which planted defect, and which is false."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.evaluation.corrupted_records.model import Defect, Item

#: What a finding is about, in the words of the rule catalogue's author: its family.
FAMILIES = frozenset(
    {"time", "missing", "signature", "contradiction", "copy_forward", "abbreviation"}
)
_FAMILIES_OF_KIND: dict[str, frozenset[str]] = {
    "time_limit": frozenset({"time"}),
    "contradiction.order": frozenset({"time", "contradiction"}),
    "missing.document": frozenset({"missing", "time"}),
    "missing.section": frozenset({"missing"}),
    "missing.field": frozenset({"missing"}),
    "missing.signature": frozenset({"signature"}),
    "copy_forward": frozenset({"copy_forward"}),
    "abbreviation": frozenset({"abbreviation"}),
}
_CONTRADICTION = frozenset({"contradiction"})


@dataclass(frozen=True)
class Found:
    """A finding to judge.

    Attributes:
        family: one of ``FAMILIES``; ``None`` for a finding that only says what it could not
            check: it is neither right nor wrong here.
        span: code points of the document's text, end exclusive; ``None`` when it has none.
    """

    family: str | None
    document_id: str | None
    span: tuple[int, int] | None


@dataclass(frozen=True)
class Verdict:
    """The defects of one item that were found and missed, and the findings that are false."""

    found: tuple[Defect, ...]
    missed: tuple[Defect, ...]
    false: tuple[Found, ...]


def judge(item: Item, findings: Sequence[Found]) -> Verdict:
    """What the findings are worth for the item."""
    told = [finding for finding in findings if finding.family is not None]
    found = tuple(
        defect for defect in item.defects if any(answers(finding, defect) for finding in told)
    )
    return Verdict(
        found=found,
        missed=tuple(defect for defect in item.defects if defect not in found),
        false=tuple(
            finding
            for finding in told
            if not any(answers(finding, defect) for defect in item.defects)
        ),
    )


def answers(finding: Found, defect: Defect) -> bool:
    """Whether the finding names this defect, where it is or at its other side."""
    if finding.family not in _FAMILIES_OF_KIND.get(defect.kind, _CONTRADICTION):
        return False
    if defect.place is None:
        return None in (finding.document_id, defect.document_id) or (
            finding.document_id == defect.document_id
        )
    span = finding.span
    return span is not None and any(
        place.document_id == finding.document_id and span[0] < place.end and place.start < span[1]
        for place in (defect.place, *defect.also)
    )
