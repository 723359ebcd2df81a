"""All rules over one stay, gravest first. They inform the quality office and change nothing.

| rules | what they notice |
|---|---|
| EMR-T01 to EMR-T37 | a document that is late, by document and event |
| RQ-M01 to RQ-M05 | documents, sections and fields that are missing |
| RQ-S01 to RQ-S03 | signatures that are missing |
| RQ-C01 to RQ-C16 | contradictions |
| RQ-F01 | a note copied forward |
| RQ-A01 to RQ-A05 | abbreviations that are not allowed, and those nobody knows |
| RQ-U01 to RQ-U03 | what could not be checked, and what a model noticed |
"""

from __future__ import annotations

from collections.abc import Iterator

from suwen.appkit import Bilingual, Severity
from suwen.apps.record_quality.book import Book
from suwen.apps.record_quality.checks.abbreviations import abbreviation_defects
from suwen.apps.record_quality.checks.anchored_days import anchored_day_defects
from suwen.apps.record_quality.checks.assertions import assertion_defects
from suwen.apps.record_quality.checks.completeness import section_defects, signature_defects
from suwen.apps.record_quality.checks.copies import copy_defects
from suwen.apps.record_quality.checks.counted_days import counted_day_defects
from suwen.apps.record_quality.checks.dates import date_defects
from suwen.apps.record_quality.checks.denied_findings import denied_statements
from suwen.apps.record_quality.checks.denied_histories import denied_histories
from suwen.apps.record_quality.checks.denied_matters import denied_matters
from suwen.apps.record_quality.checks.denied_operations import denied_operations
from suwen.apps.record_quality.checks.durations import duration_defects
from suwen.apps.record_quality.checks.happened import happened_defects
from suwen.apps.record_quality.checks.intervals import interval_defects
from suwen.apps.record_quality.checks.laboratory import laboratory_defects
from suwen.apps.record_quality.checks.medicines import allergy_defects
from suwen.apps.record_quality.checks.persons import person_defects
from suwen.apps.record_quality.checks.quoted_values import quoted_values
from suwen.apps.record_quality.checks.sides import side_defects
from suwen.apps.record_quality.checks.single_facts import single_fact_defects
from suwen.apps.record_quality.checks.time_limits import time_defects
from suwen.apps.record_quality.checks.told_days import told_day_defects
from suwen.apps.record_quality.checks.unknown_abbreviations import unknown_abbreviations
from suwen.apps.record_quality.checks.value_words import value_word_defects
from suwen.apps.record_quality.findings import Defect, rules
from suwen.apps.record_quality.reading import KNOWN_EVENTS
from suwen.apps.record_quality.stay import Stay

_GRAVEST_FIRST = list(Severity)
_FEWEST_LETTERS = 3
"""Different letters below which no text is a note."""


def defects_of(stay: Stay, book: Book) -> tuple[Defect, ...]:
    """What the rules noticed in a stay, gravest first; rules that are switched off say nothing."""
    quoted = [quote for paper in stay.papers for quote in quoted_values(paper)]
    copies = tuple(copy_defects(stay))
    copied = frozenset(d.document.id for d in copies if d.document is not None)
    found = [
        *person_defects(stay),
        *side_defects(stay),
        *allergy_defects(stay),
        *time_defects(stay, book),
        *interval_defects(stay, book),
        *section_defects(stay),
        *signature_defects(stay),
        *assertion_defects(stay),
        *denied_histories(stay),
        *denied_matters(stay),
        *denied_statements(stay),
        *denied_operations(stay),
        *single_fact_defects(stay),
        *laboratory_defects(stay, book.laboratory, quoted, copied),
        *value_word_defects(stay, book.laboratory, quoted),
        *date_defects(stay),
        *happened_defects(stay),
        *counted_day_defects(stay, copied),
        *told_day_defects(stay),
        *anchored_day_defects(stay),
        *duration_defects(stay),
        *copies,
        *abbreviation_defects(stay, book),
        *unknown_abbreviations(stay, book),
        *_unchecked(stay),
    ]
    kept = [defect for defect in found if defect.rule not in book.disabled]
    return tuple(sorted(kept, key=lambda d: _GRAVEST_FIRST.index(severity_of(d))))


def severity_of(defect: Defect) -> Severity:
    """How grave a defect is."""
    return rules()[defect.rule].rule.severity


def _unchecked(stay: Stay) -> Iterator[Defect]:
    """What no rule could look at; silence would be taken for soundness."""
    for paper in stay.papers:
        if paper.kind is None:
            yield Defect(
                "RQ-U01",
                Bilingual(
                    zh=f"文书类型“{paper.type_name}”未知：未检查其内容要求与时限。",
                    en=f"The kind of document “{paper.type_name}” is not known: its sections and "
                    "limits were not checked.",
                ),
                document=paper,
            )
        if not paper.text.strip():
            yield _not_made(
                paper.type_name, "文书没有文字，内容未检查", "it has no text, nothing was checked"
            )
        elif len({c for c in paper.text if c.isalpha()}) < _FEWEST_LETTERS:
            yield _not_made(
                paper.type_name,
                "文字无法读作病历（乱码或重复字符），内容未检查",
                "its text cannot be read as words (garbled or one character over and over), "
                "nothing was checked",
            )
        if paper.written_at is None:
            yield _not_made(
                paper.type_name, "没有书写时间，时限未检查", "it has no time, no limit was checked"
            )
    if stay.unread:
        yield _not_made(
            None,
            f"{stay.unread} 项检验或过敏记录无法读取，未据此检查",
            f"{stay.unread} results or allergies could not be read and were not used",
        )
    if stay.admitted_at is None:
        yield _not_made(
            None, "没有入院时间，时限未检查", "no admission, its limits were not checked"
        )
    if stay.person.sex not in ("male", "female"):
        yield _not_made(None, "性别未知，性别矛盾未检查", "the sex is not known, nor checked")
    if stay.person.birth_date is None and stay.person.age_y is None:
        yield _not_made(None, "年龄未知，年龄矛盾未检查", "the age is not known, nor checked")
    if not stay.papers:
        yield _not_made(None, "没有任何文书", "there is no document at all")
    for kind in sorted({e.type for e in stay.events} - KNOWN_EVENTS):
        yield _not_made(None, f"事件类型“{kind}”未知，未据此检查", f"events “{kind}” are not known")


def _not_made(name: str | None, zh: str, en: str) -> Defect:
    where_zh, where_en = (f"{name}：", f"{name}: ") if name else ("", "")
    return Defect("RQ-U02", Bilingual(zh=f"{where_zh}{zh}。", en=f"{where_en}{en}."))
