"""The tables of record quality as rows that a hospital may change, and the book that they give."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

from suwen.appkit import Bilingual, Source
from suwen.apps.record_quality.book import OWN_LIST, Book, own_book, with_changes
from suwen.apps.record_quality.findings import rules
from suwen.apps.record_quality.overrides import parse_overrides
from suwen.clinical.medicines.rows import Origin, ReviewState, RuleRow
from suwen.clinical.row_changes import (
    ChangeKind,
    ChangeProblem,
    RowChange,
    added_row,
    changed_row,
    laid_over,
    problems_of,
)
from suwen.clinical.row_values import (
    Fault,
    choice_fault,
    column_faults,
    head_faults,
    number_fault,
)
from suwen.core.finding import Confidence

SET_ID: Final = "record_quality"
RULES: Final = "quality_rules"
KINDS: Final = "quality_kinds"
GRADES: Final = "quality_grades"
FORBIDDEN: Final = "abbreviations_forbidden"
ALLOWED: Final = "abbreviations_allowed"

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    RULES: ("title_zh", "title_en", "kind", "severity", "days", "hours", "minutes", "points",
            "veto"),
    KINDS: ("points", "most"),
    GRADES: ("title_zh", "title_en", "at_least"),
    FORBIDDEN: ("find", "zh", "en"),
    ALLOWED: ("note_zh",),
}  # fmt: skip
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    KINDS: ("points",), GRADES: ("title_zh", "title_en", "at_least"),
    FORBIDDEN: ("find", "zh", "en"),
}  # fmt: skip
_FIXED: Final = ("title_zh", "title_en", "kind", "severity")
_WHOLE: Final = ("days", "hours", "minutes")
_NUMBERS: Final = (*_WHOLE, "points", "most", "at_least")
_ADDED: Final = frozenset({FORBIDDEN, ALLOWED})
_SCHEME: Final = Source("hospital scoring sheets, as recalled", "as cited")


class QualityTables:
    """The tables of record quality as rows that a hospital may change."""

    id = SET_ID
    tables: tuple[str, ...] = tuple(_COLUMNS)

    def columns(self, table: str) -> tuple[str, ...]:
        """The columns that carry a row's content, in order."""
        return _COLUMNS[table]

    def needed(self, table: str) -> tuple[str, ...]:
        """The columns that no row may be without."""
        return _NEEDED.get(table, ())

    def choices(self, table: str, column: str) -> tuple[str, ...]:
        """The values that a column may hold; empty where it is not closed."""
        if (table, column) == (RULES, "veto"):
            return tuple(grade.id for grade in own_book().scheme.grades)
        return ()

    def rows(self, changes: Sequence[RowChange]) -> tuple[RuleRow, ...]:
        """Every row with the changes laid over."""
        return laid_over(_shipped(), changes, self)

    def check(self, changes: Sequence[RowChange]) -> tuple[ChangeProblem, ...]:
        """What is wrong with these changes, one after another; empty when a book can be built."""
        return problems_of(_shipped(), changes, self._judged)

    def towards_safety(self, before: RuleRow | None, change: RowChange) -> bool:
        """Whether a change can only find more: a further forbidden abbreviation, a rule again."""
        if change.change is ChangeKind.ADD:
            return change.table == FORBIDDEN
        return change.change is ChangeKind.ENABLE and change.table == RULES

    def _judged(
        self, change: RowChange, known: RuleRow | None
    ) -> tuple[list[Fault], RuleRow | None]:
        """What is wrong with a change, and the row that it would make."""
        found = self._faults(change, known)
        if found:
            return found, None
        if known is None:
            return [], added_row(change, self.columns(change.table))
        return [], changed_row(known, change)

    def _faults(self, change: RowChange, known: RuleRow | None) -> list[Fault]:
        if change.table not in _COLUMNS:
            return [("table", "unknown_table", Bilingual("没有这个表", "there is no such table"))]
        found = head_faults(change, known)
        adds = change.change is ChangeKind.ADD
        switches = change.change in (ChangeKind.DISABLE, ChangeKind.ENABLE)
        if adds and change.table not in _ADDED:
            words = Bilingual("此表不能新增", "nothing is added to this table")
            found.append(("change", "value_wrong", words))
        if switches and change.table in (KINDS, GRADES):
            words = Bilingual("此表的行不能停用", "a row of this table is not switched off")
            found.append(("change", "not_to_be_switched_off", words))
        if adds or change.change is ChangeKind.OVERRIDE:
            found += column_faults(
                change, self.columns(change.table), self.needed(change.table),
                lambda column, value: self._wrong(change.table, column, value),
            )  # fmt: skip
            found += _fixed_faults(change, known)
        return found

    def _wrong(self, table: str, column: str, value: str) -> tuple[str, Bilingual] | None:
        words: Bilingual | None = None
        if choices := self.choices(table, column):
            words = choice_fault(value, choices)
        elif column in _NUMBERS:
            words = number_fault(value)
            if words is None and column in _WHOLE and not value.isdigit():
                words = Bilingual("须为整数", "must be a whole number")
            if words is None and column not in _WHOLE and float(value) > 100:
                words = Bilingual("最多100", "at most 100")
        elif column == "find":
            try:
                re.compile(value)
            except re.error:
                words = Bilingual("正则表达式无效", "is no regular expression")
        return None if words is None else ("value_wrong", words)


def _fixed_faults(change: RowChange, known: RuleRow | None) -> list[Fault]:
    """What a hospital cannot change of a rule: what it looks for is in the program."""
    if change.table != RULES or known is None:
        return []
    fixed = [*_FIXED]
    if not any(known.text(name) for name in _WHOLE):
        fixed += _WHOLE
    elif known.text("days") and known.origin is Origin.SHIPPED:
        fixed += ["hours", "minutes"]
    words = Bilingual("此列不能修改", "this column is not for changing")
    return [
        (name, "value_wrong", words)
        for name in fixed
        if name in change.values and change.values[name] != known.text(name)
    ]


@cache
def _shipped() -> tuple[RuleRow, ...]:
    book = own_book()
    limits = {limit.id: limit.limit for limit in book.limits}
    days = {interval.id: interval.days for interval in book.intervals.values()}
    found = []
    for name, known in rules().items():
        line = book.scheme.rules.get(name)
        minutes = int(limits[name].total_seconds() // 60) if name in limits else None
        found.append(
            _row(RULES, name, known.rule.source, known.rule.confidence, {
                "title_zh": known.title.zh, "title_en": known.title.en, "kind": known.kind,
                "severity": known.rule.severity.value,
                "days": str(days[name]) if name in days else "",
                "hours": str(minutes // 60) if minutes is not None and minutes % 60 == 0 else "",
                "minutes": str(minutes) if minutes is not None and minutes % 60 else "",
                "points": "" if line is None else f"{line.points:g}",
                "veto": "" if line is None else line.veto or "",
            })
        )  # fmt: skip
    for name, line in book.scheme.kinds.items():
        values = {
            "points": f"{line.points:g}",
            "most": "" if line.most is None else f"{line.most:g}",
        }
        found.append(_row(KINDS, name, _SCHEME, Confidence.FROM_MEMORY, values))
    for grade in book.scheme.grades:
        values = {"title_zh": grade.title.zh, "title_en": grade.title.en,
                  "at_least": f"{grade.at_least:g}"}  # fmt: skip
        found.append(_row(GRADES, grade.id, _SCHEME, Confidence.FROM_MEMORY, values))
    return tuple(found)


def _row(
    table: str, name: str, source: Source, confidence: Confidence, values: Mapping[str, str]
) -> RuleRow:
    return RuleRow(name, table, values, source, confidence, ReviewState.AWAITING)


def book_with_rows(book: Book, changes: Sequence[RowChange]) -> Book:
    """A book with a hospital's decisions on rows.

    Raises:
        ConfigurationError: ``hospital_rules_invalid`` where they do not fit this program.
    """
    before = {(row.table, row.id): row for row in _shipped()}
    rows = QualityTables().rows(changes)
    touched = [row for row in rows if row != before.get((row.table, row.id))]
    body: dict[str, Any] = {
        "source": "hospital", "reviewed_by": "hospital",
        "limits": [], "intervals": {}, "rules": [], "kinds": {},
        "disabled": [r.id for r in rows if r.table == RULES and not r.enabled],
        "allowed": [r.id for r in rows if r.table == ALLOWED and r.enabled],
        "forbidden": [
            {name: row.text(name) for name in _COLUMNS[FORBIDDEN]}
            for row in rows
            if row.table == FORBIDDEN and row.enabled
        ],
    }  # fmt: skip
    limits = {limit.id for limit in book.limits}
    for row in touched:
        if row.table == RULES:
            _changed_rule(row, limits, body)
        elif row.table == KINDS:
            body["kinds"][row.id] = {n: row.number(n) for n in ("points", "most") if row.text(n)}
    if any(row.table == GRADES for row in touched):
        body["grades"] = [
            {"id": row.id, "zh": row.text("title_zh"), "en": row.text("title_en"),
             "at_least": row.number("at_least")}
            for row in rows
            if row.table == GRADES
        ]  # fmt: skip
    changed = with_changes(book, parse_overrides(body))
    sources = {row.id: row.source for row in touched if row.table == RULES}
    own = next((row.source for row in rows if row.table == FORBIDDEN), None)
    return replace(changed, changed={**sources, **({} if own is None else {OWN_LIST: own})})


def _changed_rule(row: RuleRow, limits: set[str], body: dict[str, Any]) -> None:
    if row.origin is not Origin.HOSPITAL:
        return
    if row.id in limits:
        elapsed = {name: int(row.text(name)) for name in _WHOLE if row.text(name)}
        body["limits"].append({"id": row.id, **elapsed})
    elif row.text("kind") == "time" and row.text("days"):
        body["intervals"][row.id] = int(row.text("days"))
    if row.text("points"):
        line: dict[str, Any] = {"id": row.id, "points": row.number("points")}
        body["rules"].append({**line, **({"veto": row.text("veto")} if row.text("veto") else {})})
