"""A deterministic rule: stable id, severity, source; what it notices is a Finding."""

from __future__ import annotations

from dataclasses import dataclass

from suwen.core.finding import Confidence, Evidence, Finding, Severity, Source, Span
from suwen.core.language import Bilingual


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of an application.

    Attributes:
        id: stable; a rule that changes its meaning gets a new one.
        source: standard or guideline, edition, section; a rule without one is not a rule.
    """

    id: str
    severity: Severity
    source: Source
    confidence: Confidence

    def finding(
        self,
        message: Bilingual,
        evidence: tuple[Evidence, ...] = (),
        span: Span | None = None,
        suggestion: Bilingual | None = None,
    ) -> Finding:
        """What the rule noticed."""
        return Finding(
            rule=self.id,
            severity=self.severity,
            message=message,
            source=self.source,
            confidence=self.confidence,
            span=span,
            suggestion=suggestion,
            evidence=evidence,
        )
