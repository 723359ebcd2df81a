"""A hospital's own rows over the shipped ones: confirm, override, disable, enable, add.

Pure data: whoever keeps the changes and lets two people agree on them builds a book from them.
Later changes win. Nothing is ever removed from the shipped rows.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from suwen.clinical.medicines.rows import (
    TABLES,
    Origin,
    ReviewState,
    RuleRow,
    columns_of,
    shipped_rows,
)
from suwen.clinical.prescription_review.compiling import subject_names
from suwen.clinical.prescription_review.rulebook import RuleBook, book_of
from suwen.core.errors import ClinicalDataError
from suwen.core.finding import Confidence, Severity, Source
from suwen.core.language import Bilingual

_ID = re.compile(r"[\w .,'()+/%:-]{1,120}")
_SEVERITIES = frozenset(severity.value for severity in Severity)
_SUBJECTS = ("medicine", "a", "b", "to_subject")
_NUMBERS = (
    "max_single", "max_daily", "absolute_single", "absolute_daily", "max_weekly", "max_days",
    "min_age_y", "max_age_y", "min_kg", "max_kg", "low", "high", "count", "from_week", "max_doses",
    "min_days",
)  # fmt: skip
_PATTERNS = ("words", "not_words")
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "medicines": (),
    "interactions": ("kind", "a", "b", "severity", "effect_zh", "effect_en"),
    "dose_limits": ("medicine", "route", "unit", "severity", "kind"),
    "renal": ("medicine", "metric", "effect", "severity", "advice_zh", "advice_en"),
    "hepatic": ("medicine", "grades", "severity", "advice_zh", "advice_en"),
    "pregnancy": ("medicine", "advice_zh", "advice_en"),
    "ages": ("medicine", "severity", "advice_zh", "advice_en"),
    "conditions": ("zh", "en", "words"),
    "diseases": ("condition", "medicine", "severity", "reason_zh", "reason_en"),
    "duplicates": ("classes", "count", "severity", "kind", "title_zh", "title_en"),
    "allergens": ("words", "subject"),
    "allergies": ("from_subject", "to_subject", "severity", "advice_zh", "advice_en"),
    "routes": ("medicine", "routes", "severity", "advice_zh", "advice_en"),
    "legal": ("setting", "severity", "text_zh", "text_en"),
    "reminders": ("medicine", "text_zh", "text_en"),
    "statements": ("kind", "severity", "action", "text_zh", "text_en"),
}


class ChangeKind(StrEnum):
    """What a hospital does with a row."""

    CONFIRM = "confirm"
    OVERRIDE = "override"
    DISABLE = "disable"
    ENABLE = "enable"
    ADD = "add"


@dataclass(frozen=True, slots=True)
class RowChange:
    """One decision on one row.

    Attributes:
        values: the columns that are set; the others stay (override) or are empty (add).
        source, edition: where the hospital's row comes from.
        reviewer: who answers for it.
    """

    table: str
    row: str
    change: ChangeKind
    source: str
    edition: str
    reviewer: str
    reviewed_at: datetime
    reason: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ChangeProblem:
    """Why a change is refused.

    Attributes:
        index: place of the change, from 0; ``line`` of a file is ``index + 2``.
        field: what is at fault.
        code: ``unknown_table``, ``unknown_row``, ``row_exists``, ``unknown_column``,
            ``value_missing``, ``value_wrong`` or ``unknown_subject``.
    """

    index: int
    field: str
    code: str
    message: Bilingual


def check_changes(changes: Sequence[RowChange]) -> tuple[ChangeProblem, ...]:
    """What is wrong with these changes; empty when a book can be built of them."""
    known = {(row.table, row.id): row for table in TABLES for row in shipped_rows(table)}
    classes = {c for row in shipped_rows("medicines") for c in row.text("classes").split()}
    medicines = {row.id for row in shipped_rows("medicines")}
    problems: list[ChangeProblem] = []
    for index, change in enumerate(changes):
        found = _faults(change, known, medicines, classes)
        problems.extend(ChangeProblem(index, *fault) for fault in found)
        if not found and change.change is ChangeKind.ADD:
            known[change.table, change.row] = _added(change)
            if change.table == "medicines":
                medicines.add(change.row)
                classes.update(change.values.get("classes", "").split())
    return tuple(problems)


def rule_book_with(changes: Sequence[RowChange]) -> RuleBook:
    """The shipped rows with a hospital's changes.

    Raises:
        ClinicalDataError: ``rule_change_invalid`` with the place of the first fault.
    """
    problems = check_changes(changes)
    if problems:
        first = problems[0]
        field = f"changes[{first.index}].{first.field}"
        message = Bilingual(f"{field}：{first.message.zh}", f"{field}: {first.message.en}")
        raise ClinicalDataError("rule_change_invalid", message, field=field)
    rows = {(row.table, row.id): row for table in TABLES for row in shipped_rows(table)}
    for change in changes:
        key = (change.table, change.row)
        rows[key] = _added(change) if change.change is ChangeKind.ADD else _with(rows[key], change)
    return book_of(rows.values())


def _with(row: RuleRow, change: RowChange) -> RuleRow:
    reviewed = {
        "review_state": ReviewState.REVIEWED,
        "confidence": Confidence.REVIEWED,
        "reviewer": change.reviewer,
    }
    if change.change is ChangeKind.CONFIRM:
        return replace(row, **reviewed)  # type: ignore[arg-type]
    if change.change in (ChangeKind.DISABLE, ChangeKind.ENABLE):
        enabled = change.change is ChangeKind.ENABLE
        return replace(row, enabled=enabled, reviewer=change.reviewer)
    return replace(
        row,
        values={**row.values, **change.values},
        source=Source(change.source, change.edition),
        origin=Origin.HOSPITAL,
        enabled=True,
        **reviewed,  # type: ignore[arg-type]
    )


def _added(change: RowChange) -> RuleRow:
    return RuleRow(
        id=change.row,
        table=change.table,
        values={name: change.values.get(name, "") for name in columns_of(change.table)},
        source=Source(change.source, change.edition),
        confidence=Confidence.REVIEWED,
        review_state=ReviewState.REVIEWED,
        origin=Origin.HOSPITAL,
        reviewer=change.reviewer,
    )


_Fault = tuple[str, str, Bilingual]


def _faults(
    change: RowChange,
    known: Mapping[tuple[str, str], RuleRow],
    medicines: set[str],
    classes: set[str],
) -> list[_Fault]:
    if change.table not in TABLES:
        return [("table", "unknown_table", Bilingual("没有这个表", "there is no such table"))]
    exists = (change.table, change.row) in known
    if change.change is ChangeKind.ADD:
        if exists:
            return [("row", "row_exists", Bilingual("编号已存在", "the id is taken"))]
        if not _ID.fullmatch(change.row):
            return [("row", "value_wrong", Bilingual("编号无效", "the id is not usable"))]
    elif not exists:
        return [("row", "unknown_row", Bilingual("没有这一行", "there is no such row"))]
    found = [
        (name, "value_missing", Bilingual("缺此项", "is missing"))
        for name in ("source", "reviewer", "reason")
        if not getattr(change, name).strip()
    ]
    if change.change in (ChangeKind.ADD, ChangeKind.OVERRIDE):
        found += _value_faults(change, known, medicines, classes)
    return found


def _value_faults(
    change: RowChange,
    known: Mapping[tuple[str, str], RuleRow],
    medicines: set[str],
    classes: set[str],
) -> list[_Fault]:
    columns = columns_of(change.table)
    found: list[_Fault] = []
    for name, value in change.values.items():
        if name not in columns:
            found.append((name, "unknown_column", Bilingual("没有这一列", "no such column")))
        elif value and (fault := _wrong(name, value, medicines, classes)):
            found.append((name, *fault))
    needed = _NEEDED[change.table] if change.change is ChangeKind.ADD else ()
    found += [
        (name, "value_missing", Bilingual("缺此项", "is missing"))
        for name in needed
        if not change.values.get(name, "").strip()
    ]
    condition = change.values.get("condition")
    if change.table == "diseases" and condition and ("conditions", condition) not in known:
        found.append(
            ("condition", "unknown_subject", Bilingual("没有这个病情", "no such condition"))
        )
    return found


def _wrong(
    name: str, value: str, medicines: set[str], classes: set[str]
) -> tuple[str, Bilingual] | None:
    if name == "severity" and value not in _SEVERITIES:
        return "value_wrong", Bilingual("严重程度无效", "is no severity")
    if name in _NUMBERS and not _is_number(value):
        return "value_wrong", Bilingual("须为不小于0的数字", "must be a number from 0")
    if name in _PATTERNS and not _compiles(value):
        return "value_wrong", Bilingual("正则表达式无效", "is no regular expression")
    if name in _SUBJECTS and value != "*":
        for subject in subject_names(value.lstrip("!")):
            ours = subject[1:] in classes if subject.startswith("@") else subject in medicines
            if not ours and subject not in ("@iv_drug", "@im_injection"):
                words = Bilingual(f"没有药品或类别“{subject}”", f'no medicine or class "{subject}"')
                return "unknown_subject", words
    return None


def _is_number(value: str) -> bool:
    try:
        return 0 <= float(value) < float("inf")
    except ValueError:
        return False


def _compiles(value: str) -> bool:
    try:
        re.compile("|".join(part for part in value.split(";") if part))
    except re.error:
        return False
    return True


_FILE_COLUMNS: Final = ("table", "row", "change", "source", "edition", "reviewer", "reviewed_at",
                        "reason")  # fmt: skip


def changes_as_csv(changes: Sequence[RowChange]) -> str:
    """Changes as a file: one line each, one ``value:column`` for each column that is set."""
    names = sorted({name for change in changes for name in change.values})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*_FILE_COLUMNS, *(f"value:{name}" for name in names)))
    for change in changes:
        head = (
            change.table, change.row, change.change.value, change.source, change.edition,
            change.reviewer, change.reviewed_at.isoformat(), change.reason,
        )  # fmt: skip
        writer.writerow((*head, *(change.values.get(name, "") for name in names)))
    return out.getvalue()


def changes_from_csv(text: str) -> tuple[RowChange, ...]:
    """The changes that a file holds.

    Raises:
        ClinicalDataError: ``rule_change_file_invalid`` with the line and column at fault.
    """
    lines = csv.DictReader(io.StringIO(text))
    header = tuple(lines.fieldnames or ())
    missing = [name for name in _FILE_COLUMNS if name not in header]
    if missing:
        raise _file_error(1, missing[0])
    return tuple(_change_of(line, number) for number, line in enumerate(lines, start=2))


def _change_of(line: Mapping[str, str | None], number: int) -> RowChange:
    for name in _FILE_COLUMNS:
        if line.get(name) is None:
            raise _file_error(number, name)
    head = {name: line[name] or "" for name in _FILE_COLUMNS}
    try:
        kind = ChangeKind(head["change"])
    except ValueError:
        raise _file_error(number, "change") from None
    try:
        reviewed_at = datetime.fromisoformat(head["reviewed_at"])
    except ValueError:
        raise _file_error(number, "reviewed_at") from None
    values = {
        name.removeprefix("value:"): value
        for name, value in line.items()
        if name is not None and name.startswith("value:") and value
    }
    return RowChange(
        head["table"], head["row"], kind, head["source"], head["edition"], head["reviewer"],
        reviewed_at, head["reason"], values,
    )  # fmt: skip


def _file_error(line: int, column: str) -> ClinicalDataError:
    message = Bilingual(
        f"第{line}行“{column}”列缺失或无效", f'line {line}: column "{column}" is missing or wrong'
    )
    return ClinicalDataError("rule_change_file_invalid", message, field=f"line[{line}].{column}")
