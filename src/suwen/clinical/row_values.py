"""What every hospital's row must be, whatever table it belongs to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from suwen.clinical.medicines.rows import RuleRow
from suwen.clinical.row_changes import ChangeKind, RowChange
from suwen.core.language import Bilingual

Fault = tuple[str, str, Bilingual]
"""Field, code and words of what is wrong; as in ``ChangeProblem``."""

MISSING: Final = Bilingual("缺此项", "is missing")
_ID: Final = re.compile(r"[\w .,'()+/%:-]{1,120}")
_LONGEST: Final = 4000
_LONGEST_HEAD: Final = 400
_NEEDS_REASON: Final = ("source", "reviewer", "reason")


def head_faults(change: RowChange, known: RuleRow | None) -> list[Fault]:
    """What is wrong with a change apart from its values.

    Args:
        known: the row as it is before the change, ``None`` where there is none.
    """
    if change.change is ChangeKind.ADD:
        if known is not None:
            return [("row", "row_exists", Bilingual("编号已存在", "the id is taken"))]
        if not _ID.fullmatch(change.row) or change.row != change.row.strip():
            return [("row", "value_wrong", Bilingual("编号无效", "the id is not usable"))]
    elif known is None:
        return [("row", "unknown_row", Bilingual("没有这一行", "there is no such row"))]
    found: list[Fault] = [
        (name, "value_missing", MISSING)
        for name in _NEEDS_REASON
        if not getattr(change, name).strip()
    ]
    too_long = Bilingual(f"最多{_LONGEST_HEAD}字", f"at most {_LONGEST_HEAD} characters")
    found += [
        (name, "value_wrong", too_long)
        for name in ("source", "edition", "reason")
        if len(getattr(change, name)) > _LONGEST_HEAD
    ]
    if change.change is ChangeKind.OVERRIDE and not change.values:
        words = Bilingual("没有改动任何列", "no column is changed")
        found.append(("values", "value_missing", words))
    return found


def column_faults(
    change: RowChange,
    columns: tuple[str, ...],
    needed: tuple[str, ...],
    wrong: Callable[[str, str], tuple[str, Bilingual] | None],
) -> list[Fault]:
    """What is wrong with the values of a row that is added or overridden.

    Args:
        wrong: code and words of what is wrong with one value that is not empty, or ``None``.
    """
    found: list[Fault] = []
    for name, value in change.values.items():
        if name not in columns:
            found.append((name, "unknown_column", Bilingual("没有这一列", "no such column")))
        elif len(value) > _LONGEST or any(ord(c) < 32 for c in value):
            words = Bilingual("过长或含控制字符", "is too long or holds control characters")
            found.append((name, "value_wrong", words))
        elif value and (fault := wrong(name, value)):
            found.append((name, *fault))
    adds = change.change is ChangeKind.ADD
    found += [
        (name, "value_missing", MISSING)
        for name in needed
        if (adds or name in change.values) and not change.values.get(name, "").strip()
    ]
    return found


def number_fault(value: str) -> Bilingual | None:
    """What is wrong with a text that must be a number from 0."""
    try:
        fine = 0 <= float(value) < float("inf") and value.isascii() and "_" not in value
    except ValueError:
        fine = False
    return None if fine else Bilingual("须为不小于0的数字", "must be a number from 0")


def choice_fault(value: str, choices: tuple[str, ...]) -> Bilingual | None:
    """What is wrong with a text that must be of a closed set."""
    if value in choices:
        return None
    listed = "、".join(choices)
    return Bilingual(f"须为其一：{listed}", f"must be one of {', '.join(choices)}")


def order_faults(row: RuleRow, pairs: Mapping[str, str]) -> list[Fault]:
    """The columns of a row whose lower end lies above its upper end.

    Args:
        pairs: the column of the upper end by that of the lower.
    """
    found: list[Fault] = []
    for low, high in pairs.items():
        lower, upper = row.number(low), row.number(high)
        if lower is not None and upper is not None and lower >= upper:
            words = Bilingual("下限须小于上限", "the lower end must lie below the upper")
            found.append((low, "value_wrong", words))
    return found
