"""Findings, their severity, and the evidence that every statement must have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from suwen.core.language import Bilingual


class Severity(StrEnum):
    """How grave a finding is, gravest first."""

    CONTRAINDICATED = "contraindicated"
    MAJOR = "major"
    MODERATE = "moderate"
    MINOR = "minor"
    INFO = "info"


class Confidence(StrEnum):
    """How well the source of a rule is known."""

    REVIEWED = "reviewed"
    VERIFIED = "verified"
    FROM_MEMORY = "from_memory"


class EvidenceKind(StrEnum):
    """Where a statement rests."""

    RECORD = "record"
    PASSAGE = "passage"
    RULE = "rule"
    CALCULATION = "calculation"
    DIALOGUE = "dialogue"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that a statement rests on.

    Attributes:
        reference: ``Resource/id#FHIRPath`` for a record item (for example
            ``Observation/k1#Observation.valueQuantity.value``), else a passage id, a rule id,
            a turn number, or the formula's name for a calculation.
        quote: the value or wording as it stands in the source.
    """

    kind: EvidenceKind
    reference: str
    quote: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule comes from: standard or guideline, edition, section."""

    title: str
    edition: str
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text: Unicode code points, end exclusive, 0 <= start <= end."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule noticed; a return value, never an exception."""

    rule: str
    severity: Severity
    message: Bilingual
    source: Source
    confidence: Confidence
    span: Span | None = None
    suggestion: Bilingual | None = None
    evidence: tuple[Evidence, ...] = ()
