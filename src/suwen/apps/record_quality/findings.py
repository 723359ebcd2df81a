"""The catalogue of rules, and what a rule says about one place."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from suwen.appkit import Bilingual, Confidence, Evidence, EvidenceKind, Rule, Severity, Source, Span
from suwen.apps.record_quality.book import abbreviation_lists, own_book
from suwen.apps.record_quality.papers import Paper

UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class QualityRule:
    """One rule with its kind: ``time``, ``missing``, ``signature``, ``contradiction``,
    ``copy_forward``, ``abbreviation`` or ``unchecked``."""

    rule: Rule
    kind: str
    title: Bilingual


@dataclass(frozen=True, slots=True)
class Defect:
    """What a rule noticed.

    Attributes:
        document: ``None`` when a whole document is missing or the notes fall silent.
        span: code points of the document's text; ``None`` for an absence or a time.
        absent: kind of the document that is missing, and its section where only that is.
    """

    rule: str
    message: Bilingual
    document: Paper | None = None
    span: Span | None = None
    evidence: tuple[Evidence, ...] = ()
    absent: tuple[str, str | None] | None = None
    suggestion: Bilingual | None = None

    @property
    def quote(self) -> str | None:
        """The words at the span."""
        if self.document is None or self.span is None:
            return None
        return self.document.quote(self.span)


@cache
def rules() -> Mapping[str, QualityRule]:
    """Every rule by its id."""
    table = tomllib.loads((Path(__file__).parent / "tables" / "rules.toml").read_text("utf-8"))
    found: dict[str, QualityRule] = {}
    for row in table["rule"]:
        source = Source(row["source"]["title"], row["source"]["edition"])
        rule = Rule(row["id"], Severity(row["severity"]), source, Confidence(row["confidence"]))
        found[row["id"]] = QualityRule(rule, row["kind"], Bilingual(zh=row["zh"], en=row["en"]))
    times = table["times"]
    for limit in own_book().limits:
        rule = Rule(limit.id, Severity.MODERATE, limit.source, limit.confidence)
        found[limit.id] = QualityRule(rule, "time", Bilingual(**times[limit.id]))
    book = own_book()
    for interval in (*book.intervals.values(), book.after_operation, book.stage):
        rule = Rule(interval.id, Severity.MODERATE, interval.source, interval.confidence)
        found[interval.id] = QualityRule(rule, "time", Bilingual(**times[interval.id]))
    for name, (source, confidence) in abbreviation_lists().items():
        rule = Rule(name, Severity.MINOR, source, confidence)
        found[name] = QualityRule(rule, "abbreviation", Bilingual(**table["lists"][name]))
    return found


def seen(paper: Paper, span: Span) -> Evidence:
    """A place in a document as evidence: its id with the offsets."""
    return Evidence(EvidenceKind.RECORD, f"{paper.id}#{span.start}-{span.end}", paper.quote(span))


def title_of(paper: Paper) -> Bilingual:
    """How people call a document."""
    return paper.kind.title if paper.kind else Bilingual(zh=paper.type_name, en=paper.type_name)
