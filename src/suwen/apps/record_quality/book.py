"""The tables that a run is judged by: time limits, abbreviations, scheme; with hospital changes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from suwen.appkit import Bilingual, Confidence, Source
from suwen.clinical.laboratory.book import LaboratoryBook, laboratory_book

_TABLES = Path(__file__).parent / "tables"
OWN_LIST = "RQ-A04"
"""Rule of the abbreviations that a hospital itself forbids."""

_NORM = Source("病历书写基本规范（卫医政发〔2010〕11号）", "2010")


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """When a document must be there.

    Attributes:
        relation: ``within``, ``before``, ``same_day`` or ``event``.
        limit: elapsed time, inclusive; zero where the relation needs none.
        lapses: whether the duty ends with the stay when its limit comes later.
        optional: whether only a document that is there is judged.
        instead: kinds of documents that replace it.
    """

    id: str
    document: str
    event: str
    relation: str
    limit: timedelta
    lapses: bool
    optional: bool
    instead: tuple[str, ...]
    source: Source
    confidence: Confidence
    note: str | None


@dataclass(frozen=True, slots=True)
class Interval:
    """How many calendar days may lie between two course notes."""

    id: str
    days: int
    source: Source
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """One that is not allowed, and what to write instead.

    Attributes:
        after_digit: whether it counts only right behind a number.
        context: what must stand in the same sentence, ``None`` for nothing.
        not_in: what must not stand in it.
        not_in_chinese: whether a Chinese document may write it.
        only_in_diagnoses: whether it counts only where a document states diagnoses.
    """

    rule: str
    find: re.Pattern[str]
    instead: Bilingual
    after_digit: bool
    context: re.Pattern[str] | None
    not_in: re.Pattern[str] | None
    not_in_chinese: bool = False
    only_in_diagnoses: bool = False


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade and the least score for it, 0 to 100."""

    id: str
    title: Bilingual
    at_least: float


@dataclass(frozen=True, slots=True)
class Line:
    """What one rule, kind or absence costs.

    Attributes:
        points: deducted, 0 to 100.
        most: most points of all findings of a kind; ``None`` for no limit.
        veto: the best grade that remains possible.
    """

    points: float
    most: float | None = None
    veto: str | None = None


@dataclass(frozen=True, slots=True)
class Scheme:
    """How findings become a score and a grade."""

    full: float
    grades: tuple[Grade, ...]
    kinds: Mapping[str, Line]
    rules: Mapping[str, Line]
    absent: Mapping[tuple[str, str | None], Line]


@dataclass(frozen=True, slots=True)
class Book:
    """All tables of one Release.

    Attributes:
        disabled: rules that the hospital switched off.
        allowed: abbreviations that the hospital allows, as written.
        changed: the hospital's own source of each rule that it changed or added.
        laboratory: the laboratory's tables.
    """

    limits: tuple[TimeLimit, ...]
    intervals: Mapping[str, Interval]
    after_operation: Interval
    stage: Interval
    stage_documents: frozenset[str]
    abbreviations: tuple[Abbreviation, ...]
    scheme: Scheme
    disabled: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()
    changed: Mapping[str, Source] = field(default_factory=dict)
    laboratory: LaboratoryBook = field(default_factory=laboratory_book)


@cache
def own_book() -> Book:
    """The tables as they come, without a hospital's changes."""
    times = _read("time_limits")
    return Book(
        limits=tuple(_limit(row) for row in times["limit"]),
        intervals={name: _interval(row) for name, row in times["intervals"].items()},
        after_operation=_interval(times["after_operation"]),
        stage=_interval(times["stage"]),
        stage_documents=frozenset(times["stage"]["documents"]),
        abbreviations=tuple(
            _abbreviation(part["id"], row)
            for part in _read("abbreviations")["list"]
            for row in part["rows"]
        ),
        scheme=_scheme(_read("scheme")),
    )


@cache
def abbreviation_lists() -> Mapping[str, tuple[Source, Confidence]]:
    """Source and confidence of each list of abbreviations, by its rule."""
    return {
        part["id"]: (_source(part["source"]), Confidence(part["confidence"]))
        for part in _read("abbreviations")["list"]
    }


def with_changes(book: Book, changes: Mapping[str, Any]) -> Book:
    """The tables with a hospital's changes, checked by ``overrides.parse_overrides``."""
    limits = tuple(
        replace(row, limit=_elapsed(changes["limits"][row.id]))
        if row.id in changes["limits"]
        else row
        for row in book.limits
    )
    intervals = {
        name: replace(row, days=changes["intervals"].get(row.id, row.days))
        for name, row in book.intervals.items()
    }
    forbidden = tuple(_abbreviation(OWN_LIST, row) for row in changes["forbidden"])
    source = Source(changes["source"], f"reviewed by {changes['reviewed_by']}")
    touched = {*changes["limits"], *changes["intervals"], OWN_LIST}
    return replace(
        book,
        limits=limits,
        intervals=intervals,
        abbreviations=(*book.abbreviations, *forbidden),
        scheme=_changed_scheme(book.scheme, changes),
        disabled=frozenset(changes["disabled"]),
        allowed=frozenset(changes["allowed"]),
        changed=dict.fromkeys(touched, source),
    )


def _changed_scheme(scheme: Scheme, changes: Mapping[str, Any]) -> Scheme:
    rules = {row["id"]: _line(row) for row in changes["rules"]}
    grades = tuple(_grade(row) for row in changes["grades"]) or scheme.grades
    kinds = {name: _line(row) for name, row in changes["kinds"].items()}
    return replace(
        scheme,
        grades=grades,
        rules={**scheme.rules, **rules},
        kinds={**scheme.kinds, **kinds},
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_TABLES / f"{name}.toml").read_text(encoding="utf-8"))


def _source(row: Mapping[str, str]) -> Source:
    return Source(row["title"], row["edition"])


def _limit(row: Mapping[str, Any]) -> TimeLimit:
    return TimeLimit(
        id=row["id"],
        document=row["document"],
        event=row["event"],
        relation=row.get("relation", "within"),
        limit=_elapsed(row),
        lapses=row.get("lapses", False),
        optional=row.get("optional", False),
        instead=tuple(row.get("instead", ())),
        source=_source(row["source"]),
        confidence=Confidence(row["confidence"]),
        note=row.get("note"),
    )


def _elapsed(row: Mapping[str, Any]) -> timedelta:
    return timedelta(
        days=row.get("days") or 0, hours=row.get("hours") or 0, minutes=row.get("minutes") or 0
    )


def _interval(row: Mapping[str, Any]) -> Interval:
    source = _source(row["source"]) if "source" in row else _NORM
    return Interval(row["id"], row["days"], source, Confidence(row["confidence"]))


def _abbreviation(rule: str, row: Mapping[str, Any]) -> Abbreviation:
    context, not_in = row.get("word_context"), row.get("not_in")
    body = f"(?:{row['find']})"
    if not row.get("after_digit"):
        body = rf"(?<![A-Za-z]){body}(?![A-Za-z])" if _is_latin(row["find"]) else body
    else:
        body = rf"(?<=\d)\s?{body}(?![A-Za-z])"
    return Abbreviation(
        rule=rule,
        find=re.compile(body),
        instead=Bilingual(zh=row["zh"], en=row["en"]),
        after_digit=bool(row.get("after_digit")),
        context=re.compile(context, re.IGNORECASE) if context else None,
        not_in=re.compile(not_in, re.IGNORECASE) if not_in else None,
        not_in_chinese=bool(row.get("not_in_chinese")),
        only_in_diagnoses=bool(row.get("only_in_diagnoses")),
    )


def _is_latin(pattern: str) -> bool:
    return re.match(r"[A-Za-z]", pattern) is not None


def _scheme(table: Mapping[str, Any]) -> Scheme:
    return Scheme(
        full=table["full"],
        grades=tuple(_grade(row) for row in table["grade"]),
        kinds={name: _line(row) for name, row in table["kinds"].items()},
        rules={row["id"]: _line(row) for row in table["rule"]},
        absent={(row["document"], row.get("section")): _line(row) for row in table["absent"]},
    )


def _grade(row: Mapping[str, Any]) -> Grade:
    return Grade(row["id"], Bilingual(zh=row["zh"], en=row["en"]), row["at_least"])


def _line(row: Mapping[str, Any]) -> Line:
    return Line(row.get("points") or 0, row.get("most"), row.get("veto"))
