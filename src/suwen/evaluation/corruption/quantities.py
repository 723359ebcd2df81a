"""Falsifies numbers, units and doses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Final

from suwen.evaluation.corruption.context import CorruptionContext, measured_in
from suwen.evaluation.corruption.model import CorruptionKind, Replacement
from suwen.evaluation.corruption.vocabulary import DRUG_PATTERN

_DOSE_UNITS: Final = (
    "mg|mcg|µg|μg|ug|micrograms?|milligrams?|grams?|units?|iu|tablets?|capsules?|puffs?|drops?|"
    "毫克|微克|克|片|粒|单位|喷|滴|g|ml|u"
)
_NUMBER: Final = re.compile(
    r"(?<![\w.,/^*:-])(?<![A-Za-z]-)(\d+(?:\.\d+)?)(?![\d,]*\d)(?!\.\d)(?![:*^])(?!(?:st|nd|rd|th)\b)(?![A-Z][a-z])",
    re.ASCII,
)
# Stretches in which a number is no quantity: dates, times, powers of ten, names, ordinals.
_NO_QUANTITY: Final = re.compile(
    r"\d{4}\s*[-/年.]\s*\d{1,2}(?:\s*[-/月.]\s*\d{1,2}日?)?|\d{1,2}/\d{1,2}/\d{2,4}|\d{1,2}月\d{1,2}日|"
    r"\d{1,2}:\d{2}(?::\d{2})?|10\s*[*^]\s*\d+|[x×]\s*10\S*|1\.73\s*m\S*|\{1\.73\S*|"
    r"(?<![A-Za-z])(?:type|grade|stage|class|phase|day|covid|step|no\.|number|section|table|line|"
    r"(?:c|t|l|s)\d?-?)\s*\d+|"
    r"^\s*[\(（]?\d{1,2}\s*[.、)）]\s*(?!\d)|[A-Za-z]+\d[\w-]*|\d+[-–]\d+[-–][\d-]+|\b(?:19|20)\d{2}\b|"
    r"\d{6,}|\+\d{1,2}:\d{2}|[\da-f]{8}-[\da-f-]{20,}",
    re.IGNORECASE | re.MULTILINE | re.ASCII,
)
_UNIT_AFTER: Final = re.compile(
    r"\s*-?\s*([A-Za-z%‰°℃µμ\u4e00-\u9fff]+(?:[A-Za-z/0-9*^.{}_]*[A-Za-z0-9}])?)"
)
_OTHER_UNITS: Final[Mapping[str, tuple[str, ...]]] = {
    "mg": ("g", "mcg"),
    "milligrams": ("grams", "micrograms"),
    "milligram": ("gram", "microgram"),
    "mcg": ("mg",),
    "g": ("mg",),
    "ml": ("L",),
    "mL": ("L",),
    "mmhg": ("kPa",),
    "kg": ("lb", "g"),
    "pounds": ("kilograms",),
    "cm": ("mm", "m"),
    "mm": ("cm",),
    "cel": ("[degF]",),
    "℃": ("℉",),
    "mg/dl": ("mmol/L", "g/dL"),
    "mmol/l": ("mg/dL", "μmol/L"),
    "μmol/l": ("mmol/L",),
    "umol/l": ("mmol/L",),
    "g/dl": ("mg/dL",),
    "g/l": ("mg/L",),
    "u/l": ("mg/L",),
    "kg/m2": ("g/cm2",),
    "fl": ("pg",),
    "pg": ("fL",),
    "units": ("mL",),
    "days": ("weeks", "months"),
    "day": ("week", "month"),
    "weeks": ("months", "days"),
    "week": ("month", "day"),
    "months": ("years", "weeks"),
    "month": ("year", "week"),
    "years": ("months", "weeks"),
    "hours": ("minutes", "days"),
    "hour": ("minute", "day"),
    "minutes": ("hours", "days"),
    "毫克": ("克", "微克"),
    "微克": ("毫克",),
    "克": ("毫克",),
    "天": ("周", "月"),
    "周": ("天", "年"),
    "小时": ("天", "分钟"),
    "个月": ("年", "周"),
    "mmHg": ("kPa",),
}
_FREQUENCIES: Final = (
    (r"\bonce (?:a day|daily|per day)", ("three times daily", "every 4 hours")),
    (r"\btwice (?:a day|daily|per day)", ("once weekly", "five times daily")),
    (r"\bdaily\b", ("every 2 hours", "once weekly")),
    (r"\bq\.?d\b\.?|\bqd\b", ("q2h",)),
    (r"\bb\.?i\.?d\b\.?|\bbid\b", ("q2h", "qw")),
    (r"\bt\.?i\.?d\b\.?|\btid\b", ("q2h", "qw")),
    (r"每日\s*(?:1|一)次|每天\s*(?:1|一)次", ("每日4次", "每周1次")),
    (r"每日\s*(?:2|两|二)次|每天\s*(?:2|两|二)次", ("每日5次", "每周1次")),
    (r"每日\s*(?:3|三)次|每天\s*(?:3|三)次", ("每日6次", "每周1次")),
)
_AGE_AFTER: Final = re.compile(
    r"[ -]?(?:years?[ -]old|year olds?|y/o|yo\b|岁|years of age|years?$)"
)
_DAYS_LIKE: Final = ("day", "天", "日", "week", "周")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a statement and the word after it."""

    start: int
    end: int
    digits: str
    unit: str
    unit_start: int
    after: str

    @property
    def value(self) -> Decimal:
        """The number."""
        return Decimal(self.digits)


def quantities_in(statement: str) -> list[Quantity]:
    """Numbers of a statement that say how much, not which or when."""
    blocked = [match.span() for match in _NO_QUANTITY.finditer(statement)]
    found = []
    for match in _NUMBER.finditer(statement):
        if any(start < match.end() and match.start() < end for start, end in blocked):
            continue
        unit = _UNIT_AFTER.match(statement, match.end())
        found.append(
            Quantity(
                match.start(1),
                match.end(1),
                match.group(1),
                unit.group(1) if unit else "",
                unit.start(1) if unit else match.end(),
                statement[match.end() : match.end() + 12].lower(),
            )
        )
    return found


def changed_numbers(
    statement: str, context: CorruptionContext, random: Random
) -> Iterator[Replacement]:
    """Digit swaps, decimal shifts and changes by 10 to 50 per cent."""
    for quantity in quantities_in(statement):
        for digits in _near(quantity, random):
            if _is_false(Decimal(digits), quantity, context):
                yield Replacement(CorruptionKind.NUMBER, quantity.start, quantity.end, digits)
                break


def changed_units(
    statement: str, context: CorruptionContext, random: Random
) -> Iterator[Replacement]:
    """Another unit after the right number."""
    for quantity in quantities_in(statement):
        others = _OTHER_UNITS.get(quantity.unit) or _OTHER_UNITS.get(quantity.unit.lower(), ())
        usable = [u for u in others if not _is_stated(quantity.digits, u, context)]
        if usable:
            end = quantity.unit_start + len(quantity.unit)
            chosen = random.choice(usable)
            yield Replacement(CorruptionKind.UNIT, quantity.unit_start, end, chosen)


def changed_doses(
    statement: str, context: CorruptionContext, random: Random
) -> Iterator[Replacement]:
    """Another amount or another frequency beside the name of a drug."""
    lowered = statement.lower()
    if not DRUG_PATTERN.search(lowered):
        return
    for quantity in quantities_in(statement):
        if not re.fullmatch(_DOSE_UNITS, quantity.unit.split("/")[0], re.IGNORECASE):
            continue
        factors = [Decimal("10"), Decimal("2"), Decimal("0.5"), Decimal("0.1")]
        random.shuffle(factors)
        for factor in factors:
            value = quantity.value * factor
            if value and not context.names_number(value):
                digits = f"{value.normalize():f}"
                yield Replacement(CorruptionKind.DOSE, quantity.start, quantity.end, digits)
                break
    for pattern, others in _FREQUENCIES:
        for match in re.finditer(pattern, lowered):
            usable = [o for o in others if o.lower() not in context.lowered]
            if usable:
                chosen = random.choice(usable)
                yield Replacement(CorruptionKind.DOSE, match.start(), match.end(), chosen)


def other_patients_numbers(
    statement: str, context: CorruptionContext, random: Random
) -> Iterator[Replacement]:
    """The value that another patient has for the same analyte."""
    quantities = quantities_in(statement)
    for value in measured_in(statement):
        for quantity in quantities:
            if quantity.start == value.number_start:
                yield from _other_value(quantity, value.analyte.key, context, random)
    for quantity in quantities:
        if _is_age(quantity):
            yield from _other_value(quantity, "age", context, random)


def _other_value(
    quantity: Quantity, key: str, context: CorruptionContext, random: Random
) -> Iterator[Replacement]:
    pool = sorted({v.value for v in context.other_values if v.analyte == key})
    random.shuffle(pool)
    places = len(quantity.digits.partition(".")[2])
    for value in pool:
        rounded = round(value, places)
        if context.dialogue:
            false = not context.names_number(rounded)
        else:
            false = not context.is_value_of(rounded, key)
        age_true = _is_age(quantity) and not _is_false_age(rounded, context)
        if rounded != quantity.value and false and not age_true:
            yield Replacement(
                CorruptionKind.OTHER_PATIENT, quantity.start, quantity.end, f"{rounded:f}"
            )
            return


def _near(quantity: Quantity, random: Random) -> list[str]:
    digits = quantity.digits
    options = []
    whole, _, decimals = digits.partition(".")
    for position in range(len(whole) - 1):
        swapped = list(whole)
        swapped[position], swapped[position + 1] = swapped[position + 1], swapped[position]
        options.append("".join(swapped) + (f".{decimals}" if decimals else ""))
    if decimals and whole != "0":
        options.append(whole + decimals)
    for percent in (10, 15, 20, 30, 40, 50, -10, -20, -30, -50):
        value = quantity.value * (100 + percent) / 100
        options.append(f"{round(value, len(decimals)):f}")
    if quantity.value < 10:
        options += [f"{quantity.value + step:f}" for step in (2, 3, 4)]
    random.shuffle(options)
    return [o for o in options if Decimal(o) != quantity.value and Decimal(o) > 0 and o[0] != "0"]


def _is_false(value: Decimal, quantity: Quantity, context: CorruptionContext) -> bool:
    if _is_age(quantity) and not _is_false_age(value, context):
        return False
    if quantity.unit.lower().startswith(_DAYS_LIKE) and abs(value - quantity.value) < 2:
        return False
    if value == int(value) and abs(value - quantity.value) < 2 and value < 10:
        return False
    return not context.names_number(value)


def _is_age(quantity: Quantity) -> bool:
    return bool(_AGE_AFTER.match(quantity.after))


def _is_false_age(value: Decimal, context: CorruptionContext) -> bool:
    """An age below today's may have been true once; without a birth date only words count."""
    if context.oldest_age is not None:
        return value > context.oldest_age + 1
    return not context.names_number(value)


def _is_stated(digits: str, unit: str, context: CorruptionContext) -> bool:
    return bool(
        re.search(rf"(?<![\d.]){re.escape(digits)}\s*{re.escape(unit)}(?![a-z])", context.lowered)
    ) or (
        bool(context.dialogue) and bool(re.search(rf"\b{re.escape(unit.lower())}", context.lowered))
    )
