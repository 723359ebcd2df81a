"""What a planted corruption is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class CorruptionKind(StrEnum):
    """What was falsified."""

    NUMBER = "number"
    UNIT = "unit"
    DRUG = "drug"
    DOSE = "dose"
    LATERALITY = "laterality"
    NEGATION_REMOVED = "negation_removed"
    NEGATION_INSERTED = "negation_inserted"
    OTHER_PATIENT = "other_patient"
    ANALYTE = "analyte"
    DATE = "date"
    PERSON = "person"


# Reasons by which a checker may rightly refuse each kind; ``no_evidence`` is right wherever the
# falsified thing does not occur in the evidence at all.
EXPECTED_REASONS: Final = {
    CorruptionKind.NUMBER: frozenset({"number", "dose", "date", "no_evidence"}),
    CorruptionKind.UNIT: frozenset({"unit", "dose", "number", "no_evidence"}),
    CorruptionKind.DRUG: frozenset({"drug", "no_evidence"}),
    CorruptionKind.DOSE: frozenset({"dose", "number", "no_evidence"}),
    CorruptionKind.LATERALITY: frozenset({"laterality", "no_evidence"}),
    CorruptionKind.NEGATION_REMOVED: frozenset({"negation", "no_evidence"}),
    CorruptionKind.NEGATION_INSERTED: frozenset({"negation", "no_evidence"}),
    CorruptionKind.OTHER_PATIENT: frozenset({"number", "dose", "no_evidence"}),
    CorruptionKind.ANALYTE: frozenset({"analyte", "number", "unit", "no_evidence"}),
    CorruptionKind.DATE: frozenset({"date", "number", "no_evidence"}),
    CorruptionKind.PERSON: frozenset({"person", "no_evidence"}),
}


@dataclass(frozen=True, slots=True)
class Corruption:
    """One falsified statement.

    Attributes:
        original: the statement as it was.
        corrupted: the statement as it is planted.
        start: where the falsified words stand in ``corrupted``; end exclusive, never empty.
        expected_reasons: values of UnsupportedReason that are right for it.
    """

    kind: CorruptionKind
    original: str = field(repr=False)
    corrupted: str = field(repr=False)
    start: int
    end: int
    expected_reasons: frozenset[str]


@dataclass(frozen=True, slots=True)
class Replacement:
    """What is put in place of a stretch of the statement."""

    kind: CorruptionKind
    start: int
    end: int
    text: str = field(repr=False)

    def apply(self, statement: str) -> Corruption:
        """The falsified statement, with the span of what was changed."""
        corrupted = statement[: self.start] + self.text + statement[self.end :]
        end = self.start + max(len(self.text), 1)
        return Corruption(
            kind=self.kind,
            original=statement,
            corrupted=corrupted,
            start=min(self.start, len(corrupted) - 1),
            end=min(end, len(corrupted)),
            expected_reasons=EXPECTED_REASONS[self.kind],
        )
