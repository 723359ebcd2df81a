"""Rows turned into masks and short lists, so that a review looks at few of them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from suwen.clinical.medicines.medicine import Medicine
from suwen.clinical.medicines.rows import RuleRow
from suwen.clinical.medicines.wording import folded_name
from suwen.clinical.prescription_review.limits import Limit, limit_of
from suwen.clinical.prescription_review.review_kinds import Action, Kind, action_of
from suwen.core.finding import Severity

if TYPE_CHECKING:
    from suwen.clinical.prescription_review.allergy_checks import Allergy
    from suwen.clinical.prescription_review.plans import Plan
    from suwen.clinical.prescription_review.rulebook import RuleBook

_OFTEN_TWICE: Final = frozenset({"fluid", "tcm_piece", "insulin", "contrast", "vitamin"})
_AS_MEDICINES: Final = ("dose_limits", "renal", "hepatic", "pregnancy", "ages", "diseases",
                        "reminders", "legal")  # fmt: skip


@dataclass(frozen=True, slots=True)
class PairRule:
    """A row on two medicines, with its words read."""

    row: RuleRow
    kind: Kind
    severity: Severity
    action: Action
    into_a_vein: bool

    @classmethod
    def of(cls, row: RuleRow) -> PairRule:
        """The rule that a row of ``interactions`` states."""
        severity = Severity(row.text("severity"))
        action = action_of(severity, interrupts=row.text("interrupts") == "yes")
        return cls(row, Kind(row.text("kind")), severity, action, row.text("routes") == "iv")


class Subjects:
    """Which rows speak of a medicine, by its substances and classes."""

    def __init__(self, rows: Iterable[RuleRow], column: str) -> None:
        self._by_name: dict[str, list[RuleRow]] = defaultdict(list)
        for row in rows:
            for name in subject_names(row.text(column)):
                self._by_name[name].append(row)

    def of(self, names: Iterable[str]) -> tuple[RuleRow, ...]:
        """The rows that speak of any of these names, each once."""
        found: dict[str, RuleRow] = {}
        for name in names:
            for row in self._by_name.get(name, ()):
                found[row.id] = row
        return tuple(found.values())


class CompiledMedicine:
    """What the rules say of one medicine, given in one way."""

    __slots__ = (
        "allergic_to",
        "antibacterial",
        "conditions",
        "counted",
        "diseases",
        "duplicates_a",
        "duplicates_b",
        "duplicates_one",
        "first",
        "hot",
        "legal",
        "level",
        "limits",
        "medicine",
        "names",
        "piece",
        "plans",
        "quantities",
        "reminders",
        "routes",
        "rows",
        "second",
        "substances",
    )  # fmt: skip

    def __init__(self, medicine: Medicine, names: frozenset[str]) -> None:
        self.medicine = medicine
        self.names = names
        self.substances = medicine.substances
        self.piece = "@tcm_piece" in names
        self.counted: frozenset[str] = frozenset()
        self.first = self.second = self.allergic_to = self.conditions = self.level = 0
        self.antibacterial = False
        self.duplicates_one = self.duplicates_a = self.duplicates_b = 0
        self.diseases: tuple[tuple[int, RuleRow], ...] = ()
        self.limits: tuple[Limit, ...] = ()
        self.hot: tuple[int, int, int, int, int, frozenset[str], dict[int, Plan], int]
        self.rows: Mapping[str, tuple[RuleRow, ...]] = {}
        self.legal: tuple[RuleRow, ...] = ()
        self.quantities: tuple[RuleRow, ...] = ()
        self.reminders: tuple[RuleRow, ...] = ()
        self.plans: dict[int, Plan] = {}
        self.routes: dict[object, tuple[RuleRow, ...]] = {}


class CompiledRules:
    """Everything that a review looks up."""

    def __init__(self, book: RuleBook) -> None:
        self.book = book
        self.interactions = tuple(PairRule.of(row) for row in book.live("interactions"))
        self.duplicates = book.live("duplicates")
        self.allergies = book.live("allergies")
        self.conditions = {row.id: 1 << index for index, row in enumerate(book.live("conditions"))}
        self._condition_patterns = tuple(
            (self.conditions[row.id], *_patterns(row)) for row in book.live("conditions")
        )
        self._subjects = {name: Subjects(book.live(name), "medicine") for name in _AS_MEDICINES}
        self._first = _bits(book.live("interactions"), "a")
        self._second = _bits(book.live("interactions"), "b")
        self._allergy_to = _bits(self.allergies, "to_subject")
        self._medicines: dict[tuple[str, frozenset[str]], CompiledMedicine] = {}
        self.age_bounds = _bounds(
            (*book.live("ages"), *book.live("dose_limits")), ("min_age_y", "max_age_y")
        )
        renal = book.live("renal")
        self.renal_bounds = {
            metric: _bounds((r for r in renal if r.text("metric") == metric), ("low", "high"))
            for metric in ("egfr", "crcl", "creatinine")
        }
        self.usual_days = {
            setting: _most_days(book.row("legal", rule))
            for setting, rule in (("outpatient", "RX02"), ("emergency", "RX03"))
        }
        self.profiles: dict[tuple[object, ...], int] = {}
        self.of_liver = self.mask(("cirrhosis_decompensated", "active_liver"))
        self.route_rows = book.live("routes")
        self.statements = {row.id: row for row in book.rows("statements")}
        self.legal = {row.id: row for row in book.live("legal")}
        self.allergies_read: dict[str, Allergy | None] = {}
        self._conditions_of = lru_cache(maxsize=16_384)(self._find_conditions)

    def medicine(self, medicine: Medicine, more: frozenset[str]) -> CompiledMedicine:
        """What the rules say of a medicine that belongs to ``more`` classes as it is given."""
        key = (medicine.id, more)
        found = self._medicines.get(key)
        if found is None:
            found = self._medicines[key] = self._compile(medicine, more)
        return found

    def conditions_of(self, text: str, code: str | None) -> int:
        """The conditions that a diagnosis names, as a mask."""
        return self._conditions_of(text, code)

    def profile(self, what: tuple[object, ...]) -> int:
        """The number of a kind of patient, the same for the same ``what``."""
        return self.profiles.setdefault(what, len(self.profiles))

    def age_band(self, age: float) -> int:
        """Which stretch of ages between two limits an age lies in."""
        return bisect_right(self.age_bounds, age)

    def renal_band(self, metric: str, value: float) -> int:
        """Which stretch between two limits a value of renal function lies in."""
        return bisect_right(self.renal_bounds[metric], value)

    def mask(self, condition_ids: Iterable[str]) -> int:
        """The mask of conditions by id."""
        found = 0
        for name in condition_ids:
            found |= self.conditions.get(name, 0)
        return found

    def rows_of(self, table: str, names: Iterable[str]) -> tuple[RuleRow, ...]:
        """The rows of a table that speak of any of these names."""
        return self._subjects[table].of(names)

    def _compile(self, medicine: Medicine, more: frozenset[str]) -> CompiledMedicine:
        names = frozenset((*medicine.substances, *(f"@{name}" for name in medicine.classes | more)))
        found = CompiledMedicine(medicine, names)
        found.counted = frozenset(name for name in medicine.substances if self._counts(name))
        found.first = _union(self._first, names)
        found.second = _union(self._second, names)
        found.allergic_to = _union(self._allergy_to, names)
        found.duplicates_one, found.duplicates_a, found.duplicates_b = self._duplicates(names)
        found.diseases = tuple(
            (self.conditions.get(row.text("condition"), 0), row)
            for row in self.rows_of("diseases", names)
        )
        for bit, _ in found.diseases:
            found.conditions |= bit
        found.limits = tuple(limit_of(row) for row in self._limits(medicine, names))
        found.rows = {
            table: self.rows_of(table, names)
            for table in ("renal", "hepatic", "pregnancy", "ages", "reminders", "legal")
        }
        found.legal, found.reminders = found.rows["legal"], found.rows["reminders"]
        found.quantities = tuple(
            row for row in found.legal if row.text("max_days") or row.text("max_doses")
        )
        found.antibacterial = "@antibacterial" in names
        found.level = next((n for n in (1, 2, 3) if f"@lv{n}" in names), 0)
        found.hot = (
            found.first, found.second, found.duplicates_one, found.duplicates_a,
            found.duplicates_b, found.substances, found.plans, found.conditions,
        )  # fmt: skip
        return found

    def _counts(self, substance: str) -> bool:
        """Whether a substance that is given twice is worth a word: fluids and vitamins are not."""
        known = self.book.medicines.get(substance)
        own = () if known is None else known.row.text("classes").split()
        return not _OFTEN_TWICE.intersection(own)

    def _limits(self, medicine: Medicine, names: frozenset[str]) -> Iterator[RuleRow]:
        """Limits of the product itself; those of its parts count over the whole prescription."""
        own = {medicine.id, *(name for name in names if name.startswith("@"))}
        yield from self.rows_of("dose_limits", own)

    def limits_of_substance(self, substance: str) -> tuple[Limit, ...]:
        """The limits of one substance, whatever it is part of."""
        return tuple(limit_of(row) for row in self.rows_of("dose_limits", (substance,)))

    def _duplicates(self, names: frozenset[str]) -> tuple[int, int, int]:
        one = first = second = 0
        for index, row in enumerate(self.duplicates):
            sides = row.text("classes").split("+")
            if len(sides) == 1:
                one |= (1 << index) if names & set(subject_names(sides[0])) else 0
            else:
                first |= (1 << index) if names & set(subject_names(sides[0])) else 0
                second |= (1 << index) if names & set(subject_names(sides[1])) else 0
        return one, first, second

    def _find_conditions(self, text: str, code: str | None) -> int:
        folded = folded_name(text)
        found = 0
        for bit, words, not_words, codes in self._condition_patterns:
            coded = code is not None and codes and code.upper().startswith(codes)
            if coded or (
                words.search(folded) and not (not_words is not None and not_words.search(folded))
            ):
                found |= bit
        return found


def subject_names(written: str) -> tuple[str, ...]:
    """The medicines (``name``) and classes (``@name``) that a column lists."""
    return tuple(part.strip() for part in written.split(";") if part.strip())


def _patterns(
    row: RuleRow,
) -> tuple[re.Pattern[str], re.Pattern[str] | None, tuple[str, ...]]:
    not_words = row.text("not_words")
    return (
        _pattern(row.text("words")),
        _pattern(not_words) if not_words else None,
        tuple(code for code in row.text("icd10").split(";") if code),
    )


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile("|".join(part for part in words.split(";") if part))


def _bits(rows: Iterable[RuleRow], column: str) -> Mapping[str, int]:
    found: dict[str, int] = defaultdict(int)
    for index, row in enumerate(rows):
        for name in subject_names(row.text(column)):
            found[name] |= 1 << index
    return found


def _union(bits: Mapping[str, int], names: Iterable[str]) -> int:
    found = 0
    for name in names:
        found |= bits.get(name, 0)
    return found


def _bounds(rows: Iterable[RuleRow], columns: tuple[str, ...]) -> list[float]:
    return sorted({v for row in rows for c in columns if (v := row.number(c)) is not None})


def _most_days(row: RuleRow | None) -> float:
    most = None if row is None or not row.enabled else row.number("max_days")
    return float("inf") if most is None else most
