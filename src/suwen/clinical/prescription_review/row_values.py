"""What the columns of prescription review may hold; what a row without a meaning would be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from suwen.clinical.medicines.rows import RuleRow, shipped_rows
from suwen.clinical.medicines.wording import folded_name
from suwen.clinical.prescription_review.categories import CATEGORIES
from suwen.clinical.prescription_review.compiling import subject_names
from suwen.clinical.prescription_review.review_kinds import Action
from suwen.clinical.row_changes import RowChange
from suwen.clinical.row_values import (
    Fault,
    choice_fault,
    column_faults,
    number_fault,
    order_faults,
)
from suwen.core.finding import Severity
from suwen.core.language import Bilingual

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "medicines": (),
    "products": ("names", "medicine"),
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

_SEVERITIES: Final = tuple(severity.value for severity in Severity)
_GROUPS: Final = ("any", "enteral", "injected", "inhaled", "local", "systemic")
_CLOSED: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("interactions", "kind"): ("interaction", "compatibility"),
    ("interactions", "routes"): ("iv", "systemic"),
    ("dose_limits", "route"): _GROUPS,
    ("dose_limits", "form"): ("modified", "plain"),
    ("dose_limits", "per"): ("kg",),
    ("dose_limits", "unit"): ("mg", "g", "ug", "IU"),
    ("dose_limits", "kind"): ("dose", "age"),
    ("renal", "metric"): ("crcl", "egfr", "creatinine", "weight", "apixaban_criteria"),
    ("renal", "route"): _GROUPS,
    ("hepatic", "grades"): ("A", "B", "C", "AB", "BC", "ABC"),
    ("ages", "route"): (*_GROUPS, "plain"),
    ("duplicates", "kind"): ("duplicate", "age"),
    ("diseases", "kind"): ("disease", "indication"),
    ("allergies", "only_named"): ("yes",),
    ("legal", "form"): ("injection", "modified", "other"),
    ("legal", "category"): tuple(CATEGORIES),
    ("statements", "action"): tuple(action.value for action in Action),
    ("statements", "category"): tuple(CATEGORIES),
}
# Columns whose words mean something to the program: those of the shipped rows are known.
_SHIPPED_ONLY: Final = frozenset(
    {("renal", "effect"), ("allergies", "keyword"), ("statements", "kind"), ("routes", "routes"),
     ("routes", "forms"), ("legal", "setting")}
)  # fmt: skip
_LISTS: Final = frozenset({("routes", "routes"), ("routes", "forms"), ("legal", "setting")})
_SUBJECTS: Final = ("medicine", "a", "b", "to_subject", "from_subject", "subject")
_NUMBERS: Final = (
    "max_single", "max_daily", "absolute_single", "absolute_daily", "max_weekly", "max_days",
    "min_age_y", "max_age_y", "min_kg", "max_kg", "low", "high", "from_week", "max_doses",
    "min_days",
)  # fmt: skip
_CONDITIONS: Final = ("condition", "except_condition")
_OWN_CONDITION: Final = {"renal": ("diabetes_only",), "duplicates": ()}
_PATTERNS: Final = ("words", "not_words")
_LONGEST_PATTERN: Final = 1000
_REPEATED_REPEAT: Final = re.compile(r"[+*]\)[+*{]|[+*][+*]")
_NAMES: Final = frozenset(
    {("medicines", "zh"), ("medicines", "en"), ("medicines", "brands"), ("products", "names")}
)
_OF_LINES: Final = ("@iv_drug", "@im_injection")
_ONE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "dose_limits": ("max_single", "max_daily", "absolute_single", "absolute_daily", "max_weekly",
                    "max_days"),
    "renal": ("low", "high"),
    "pregnancy": ("pregnancy", "lactation"),
    "ages": ("min_age_y", "max_age_y"),
}  # fmt: skip


class KnownNames:
    """The medicines, classes and conditions that rows may speak of, and every medicine's names."""

    def __init__(self, rows: Iterable[RuleRow]) -> None:
        self.medicines: set[str] = set()
        self.classes: set[str] = set()
        self.conditions: set[str] = set()
        # What a name means is settled by whoever had it first, as in looking it up.
        self._named: dict[str, tuple[str, str]] = {}
        for row in rows:
            self.learn(row)

    def learn(self, row: RuleRow) -> None:
        """Takes a row of medicines or conditions in; others teach nothing."""
        if row.table == "conditions":
            self.conditions.add(row.id)
        if row.table == "products":
            for name in (row.id, *row.text("names").split(";")):
                self._named.setdefault(folded_name(name), (row.text("medicine"), row.id))
        if row.table != "medicines":
            return
        self.medicines.add(row.id)
        self.classes.update(row.text("classes").split())
        written = ";".join(row.text(column) for column in ("zh", "en", "brands"))
        for name in (row.id, *filter(None, written.split(";"))):
            self._named.setdefault(folded_name(name), (row.id, row.id))

    def other_of(self, name: str, medicine: str, row: str) -> str | None:
        """The other medicine that goes by a name by another row than this, or ``None``."""
        found = self._named.get(folded_name(name))
        return None if found is None or medicine == found[0] or row == found[1] else found[0]

    def knows(self, subject: str) -> bool:
        """Whether a medicine or, behind ``@``, a class is known."""
        if subject.startswith("@"):
            return subject[1:] in self.classes or subject in _OF_LINES
        return subject in self.medicines


@cache
def choices_of(table: str, column: str) -> tuple[str, ...]:
    """The values that a column may hold; empty where it is not closed."""
    if column == "severity" or (table, column) in (
        ("pregnancy", "pregnancy"),
        ("pregnancy", "lactation"),
        ("allergies", "card_severity"),
        ("allergies", "card_named"),
    ):
        return _SEVERITIES
    if column == "interrupts":
        return ("yes",)
    if (table, column) in _SHIPPED_ONLY:
        written = {row.text(column) for row in shipped_rows(table)}
        if (table, column) in _LISTS:
            written = {word for text in written for word in text.split()}
        return tuple(sorted(word for word in written if word))
    return _CLOSED.get((table, column), ())


def value_faults(
    change: RowChange, columns: tuple[str, ...], names: KnownNames, known: RuleRow | None
) -> list[Fault]:
    """What is wrong with the values of a row that is added, or overridden (``known``)."""
    medicine = change.row
    if change.table == "products":
        medicine = change.values.get("medicine") or (
            "" if known is None else known.text("medicine")
        )

    def wrong(column: str, value: str) -> tuple[str, Bilingual] | None:
        named = (change.table, column) in _NAMES
        if named and (words := _taken(change, value, medicine, names)) is not None:
            return "name_taken", words
        return _wrong(change.table, column, value, names)

    return column_faults(change, columns, NEEDED[change.table], wrong)


def _wrong(table: str, column: str, value: str, names: KnownNames) -> tuple[str, Bilingual] | None:
    words: Bilingual | None = None
    if choices := choices_of(table, column):
        listed = value.split() if (table, column) in _LISTS else [value]
        words = next((w for part in listed if (w := choice_fault(part, choices))), None)
    elif column in _NUMBERS:
        words = number_fault(value)
    elif column == "count":
        fine = value in ("2", "3", "4", "5", "6")
        words = None if fine else Bilingual("须为2到6", "must be from 2 to 6")
    elif column in _PATTERNS and table == "conditions":
        words = _pattern_fault(value)
    elif column in _CONDITIONS:
        return _unknown_condition(table, value, names)
    elif column in _SUBJECTS or (table, column) == ("duplicates", "classes"):
        return _unknown_subject(value, names)
    elif table == "medicines":
        words = _medicine_fault(column, value, names)
    return None if words is None else ("value_wrong", words)


def _pattern_fault(value: str) -> Bilingual | None:
    if len(value) > _LONGEST_PATTERN or _REPEATED_REPEAT.search(value):
        return Bilingual("正则表达式过长或重复嵌套", "the pattern is too long or repeats repeats")
    try:
        re.compile("|".join(part for part in value.split(";") if part))
    except re.error:
        return Bilingual("正则表达式无效", "is no regular expression")
    return None


def _unknown_condition(table: str, value: str, names: KnownNames) -> tuple[str, Bilingual] | None:
    for name in value.split(";"):
        bare = name.strip().removeprefix("!") if table == "legal" else name.strip()
        if bare not in names.conditions and bare not in _OWN_CONDITION.get(table, ()):
            words = Bilingual(f"没有病情“{bare[:60]}”", f'no condition "{bare[:60]}"')
            return "unknown_subject", words
    return None


def _unknown_subject(value: str, names: KnownNames) -> tuple[str, Bilingual] | None:
    if value == "*":
        return None
    for subject in subject_names(value.replace("+", ";").lstrip("!")):
        if not names.knows(subject):
            shown = subject[:60]
            words = Bilingual(f"没有药品或类别“{shown}”", f'no medicine or class "{shown}"')
            return "unknown_subject", words
    return None


def _medicine_fault(column: str, value: str, names: KnownNames) -> Bilingual | None:
    if column == "classes":
        strange = next((c for c in value.split() if c not in names.classes), None)
        if strange is not None:
            return Bilingual(f"没有类别“{strange[:60]}”", f'no class "{strange[:60]}"')
    if column == "components":
        for part in filter(None, value.split(";")):
            name, _, amount = part.partition(":")
            if name not in names.medicines or (amount and number_fault(amount)):
                return Bilingual(
                    "须为“药品:毫克”，以分号隔开", 'must be "medicine:milligrams" by semicolons'
                )
    return None


def _taken(change: RowChange, written: str, medicine: str, names: KnownNames) -> Bilingual | None:
    """Whether the row's id or one of these names means another medicine already."""
    for name in (change.row, *filter(None, written.split(";"))):
        other = names.other_of(name, medicine, change.row)
        if other is not None:
            shown = name[:60]
            return Bilingual(
                f"“{shown}”已是另一药品（{other}）的名称",
                f'"{shown}" names another medicine ({other})',
            )
    return None


def whole_row_faults(row: RuleRow) -> list[Fault]:
    """What is wrong with a row as a whole, so that it could never speak."""
    found = order_faults(row, {"min_age_y": "max_age_y", "min_kg": "max_kg", "low": "high"})
    one_of = _ONE_OF.get(row.table, ())
    if one_of and not any(row.text(name) for name in one_of):
        listed = ", ".join(one_of)
        words = Bilingual(f"至少填写其一：{listed}", f"give at least one of {listed}")
        found.append((one_of[0], "value_missing", words))
    if row.table == "legal" and row.origin.value == "hospital" and not _is_own_legal(row):
        words = Bilingual("新规则须写药品与限量", "a rule of one's own names medicines and a limit")
        found.append(("medicine", "value_missing", words))
    return found


def _is_own_legal(row: RuleRow) -> bool:
    shipped = any(known.id == row.id for known in shipped_rows("legal"))
    limited = row.text("max_days") or row.text("max_doses")
    return shipped or bool(row.text("medicine") and limited)
