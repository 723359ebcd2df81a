"""The statement checker: splits a text, reads each statement's claims, judges each claim."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from datetime import date

from suwen.clinical.laboratory.book import LaboratoryBook, laboratory_book
from suwen.control.guardrails.grounding.check_advice import check_advice
from suwen.control.guardrails.grounding.check_days import check_days
from suwen.control.guardrails.grounding.check_drugs import check_drugs
from suwen.control.guardrails.grounding.check_findings import (
    check_findings,
    check_persons,
    check_sides,
)
from suwen.control.guardrails.grounding.check_identity import check_identity
from suwen.control.guardrails.grounding.check_polarity import check_polarity
from suwen.control.guardrails.grounding.check_qualities import check_qualities
from suwen.control.guardrails.grounding.check_results import (
    check_known_allergy,
    check_results,
)
from suwen.control.guardrails.grounding.check_trace import check_trace, is_claim_of_absence
from suwen.control.guardrails.grounding.check_values import check_values
from suwen.control.guardrails.grounding.claims import read_claims
from suwen.control.guardrails.grounding.evidence import EvidenceIndex
from suwen.control.guardrails.grounding.outcome import Outcome
from suwen.core.finding import Span
from suwen.core.grounding import CheckedStatement, EvidenceBase, StatementChecker
from suwen.core.language import Language
from suwen.language.dates import find_dates
from suwen.language.statements import find_headings, find_statements
from suwen.language.width import fold, normalise_newlines

# What is listed behind a label (过敏史：青霉素；磺胺) is all of its kind.
_LABEL = re.compile(r"[^\s:：。；;，,][^:：。；;，,\n]{0,30}[:：]")
_LISTED = re.compile(r"[^\d:：，,]{1,24}")


def build_checker(base: EvidenceBase, laboratory: LaboratoryBook | None = None) -> StatementChecker:
    """A checker for one evidence base; indexing happens here, once.

    Args:
        laboratory: the tables of the hospital's laboratory; ``None`` for the shipped ones.
    """
    return EvidenceChecker(EvidenceIndex(base, laboratory or laboratory_book()))


class EvidenceChecker:
    """Checks statements against indexed evidence; holds no state between statements."""

    def __init__(self, index: EvidenceIndex) -> None:
        self._index = index

    def check_text(self, text: str, language: Language | None = None) -> Sequence[CheckedStatement]:
        """Every statement of a text; offsets count the text after CRLF became LF."""
        clean = normalise_newlines(text)
        days = _days_of(clean)
        headings = find_headings(clean)
        spans = sorted([*find_statements(clean), *self._claiming(clean, headings)], key=_start)
        starts = [h.start for h in headings]
        checked: list[CheckedStatement] = []
        previous = 0
        for span in spans:
            nearest = bisect_left(starts, span.start) - 1
            heading = ""
            if nearest >= 0:
                heading = clean[headings[nearest].start : headings[nearest].end]
            context = f"{clean[previous : span.start][-160:]}\n{heading}\n"
            statement = clean[span.start : span.end]
            checked.append(self._check(statement, context, days, span.start))
            previous = span.start
        return checked

    def check_statement(
        self, text: str, context: str = "", language: Language | None = None
    ) -> CheckedStatement:
        """One statement as it is; offsets count this statement alone.

        What is really several statements (joined by ；, or several sentences) is checked one by
        one and stands only if all do.
        """
        clean = normalise_newlines(text)
        days = _days_of(f"{context}\n{clean}")
        parts = sorted([*find_statements(clean), *find_headings(clean)], key=_start)
        outcome, label = Outcome(), ""
        for span in parts or [Span(0, len(clean))]:
            part = clean[span.start : span.end]
            under = f"{context}\n{label}" if label and _LISTED.fullmatch(part) else context
            outcome.joins(self._judged(part, under, days))
            found = _LABEL.match(part)
            label = found.group() if found else label
        return _checked(clean, 0, outcome)

    def _claiming(self, text: str, headings: Sequence[Span]) -> list[Span]:
        """Headings that also claim something ("Left knee pain") are checked as statements."""
        found = []
        for heading in headings:
            claims = read_claims(text[heading.start : heading.end], "", self._index.spotter)
            if claims.drugs or claims.values or claims.reading.dates or claims.reading.sides:
                found.append(heading)
        return found

    def _check(
        self, text: str, context: str, days: frozenset[date], start: int
    ) -> CheckedStatement:
        return _checked(text, start, self._judged(text, context, days))

    def _judged(self, text: str, context: str, days: frozenset[date]) -> Outcome:
        outcome = Outcome()
        advising = bool(self._index.advising)
        claims = read_claims(text, context, self._index.spotter, advised=advising)
        check_identity(claims, self._index, outcome, days)
        if not is_claim_of_absence(claims, self._index, outcome):
            check_values(claims, self._index, outcome)
            advised = check_advice(claims, self._index, outcome)
            check_drugs(claims, self._index, outcome, settled=advised)
            check_results(claims, self._index, outcome)
            check_known_allergy(claims, self._index, outcome)
            check_findings(claims, self._index, outcome)
            check_sides(claims, self._index, outcome)
            check_persons(claims, self._index, outcome)
            if not advised:
                check_polarity(claims, self._index, outcome)
            check_qualities(claims, self._index, outcome)
            check_days(claims, self._index, outcome)
            check_trace(claims, self._index, outcome)
        return outcome


def _checked(text: str, start: int, outcome: Outcome) -> CheckedStatement:
    reason = outcome.reason
    return CheckedStatement(
        start=start,
        end=start + len(text),
        text=text,
        supported=reason is None,
        reason=reason,
        evidence=tuple(outcome.evidence.values()),
    )


def _start(span: Span) -> int:
    return span.start


def _days_of(text: str) -> frozenset[date]:
    return frozenset(
        date(m.year, m.month, m.day)
        for m in find_dates(fold(text))
        if m.year is not None and m.month is not None and m.day is not None
    )
