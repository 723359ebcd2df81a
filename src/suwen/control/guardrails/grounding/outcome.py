"""What the parts of a check found out, and which reason counts in the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from suwen.core.document import UnsupportedReason
from suwen.core.finding import Evidence

_GRAVEST_FIRST = (
    UnsupportedReason.PERSON,
    UnsupportedReason.DRUG,
    UnsupportedReason.ANALYTE,
    UnsupportedReason.DOSE,
    UnsupportedReason.UNIT,
    UnsupportedReason.NUMBER,
    UnsupportedReason.LATERALITY,
    UnsupportedReason.NEGATION,
    UnsupportedReason.DATE,
    UnsupportedReason.NO_EVIDENCE,
)
_MOST_EVIDENCE = 12


@dataclass(slots=True)
class Outcome:
    """Collects problems and evidence while a statement is checked."""

    problems: set[UnsupportedReason] = field(default_factory=set)
    evidence: dict[tuple[str, str], Evidence] = field(default_factory=dict)

    def fails(self, reason: UnsupportedReason) -> None:
        """A claim of the statement is not so."""
        self.problems.add(reason)

    def holds(self, *evidence: Evidence) -> None:
        """A claim of the statement rests on this."""
        for item in evidence:
            if len(self.evidence) < _MOST_EVIDENCE:
                self.evidence.setdefault((item.reference, item.quote), item)

    def joins(self, other: Outcome) -> None:
        """Takes over what was found out about another part of the same statement."""
        self.problems |= other.problems
        self.holds(*other.evidence.values())

    @property
    def reason(self) -> UnsupportedReason | None:
        """The gravest problem, ``None`` when everything holds."""
        return next((r for r in _GRAVEST_FIRST if r in self.problems), None)
