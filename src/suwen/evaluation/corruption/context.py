"""What is true of the patient at hand, so that no planted corruption is true by accident."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Final

from suwen.evaluation.corruption.numerals import as_decimal, numbers_in, same_or_rounding
from suwen.evaluation.corruption.vocabulary import (
    ANALYTE_BY_CODE,
    ANALYTE_BY_NAME,
    ANALYTE_PATTERN,
    DRUGS,
    Analyte,
    Drug,
)

_SILENT_KEYS: Final = frozenset(
    ["id", "data", "reference", "fullUrl", "system", "url", "meta", "div", "uid", "identifier"]
)
_ISO_DATE: Final = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})")
_AGE: Final = re.compile(r"\b(\d{1,3})[- ]?(?:years?[- ]old|yo\b|y/o)", re.IGNORECASE)
_VALUE_AFTER: Final = re.compile(
    r"(?:(?!\b(?:in|for|every|ago|over|after|at the|times|until|per|within)\b)[^\d\n;；。]){0,24}?"
    r"(?<![\w.-])(\d+(?:\.\d+)?)(?!\d)"
    r"(?!\s*(?:to|-)\s*\d+\s*times)"
    r"(?!\s*(?:times|weeks?|months?|days?|years?|hours?|minutes?)\b)",
    re.ASCII,
)
_CHINESE_BEFORE: Final = re.compile(r"[\u4e00-\u9fff]$")
_NUMBER_BEFORE: Final = re.compile(r"\d\s?$")


@dataclass(frozen=True, slots=True)
class EvidenceValue:
    """A measured value: which analyte, how much, and on which day (``None``: not known)."""

    analyte: str
    value: Decimal
    day: str | None = None


@dataclass(frozen=True)
class CorruptionContext:
    """What a statement rests on.

    Attributes:
        evidence_text: everything of the evidence that is text, in one piece.
        values: measured values of this patient, with the limits of their intervals.
        other_values: values of the same analytes from other records.
        numbers: further numbers that are true of the patient (ages, lengths of stay).
        days: every day that the evidence names, ``YYYY-MM-DD``.
        dialogue: turns as (speaker, text); empty for a record.
        oldest_age: age today in years, where the birth date is known; an age below it may have
            been true once.
        seed: makes the choice among possible corruptions repeatable.
    """

    evidence_text: str = field(repr=False)
    values: tuple[EvidenceValue, ...] = field(default=(), repr=False)
    other_values: tuple[EvidenceValue, ...] = field(default=(), repr=False)
    numbers: frozenset[Decimal] = field(default=frozenset(), repr=False)
    days: frozenset[str] = field(default=frozenset(), repr=False)
    dialogue: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    oldest_age: int | None = None
    seed: int = 0

    @cached_property
    def lowered(self) -> str:
        """The evidence in lower case, for look-ups."""
        return self.evidence_text.lower()

    @cached_property
    def all_numbers(self) -> frozenset[Decimal]:
        """Every number that the evidence names anywhere, in any reading."""
        return numbers_in(self.evidence_text) | self.numbers | {v.value for v in self.values}

    @cached_property
    def drugs_not_named(self) -> tuple[Drug, ...]:
        """Drugs that the evidence names in no way."""
        return tuple(d for d in DRUGS if not any(n in self.lowered for n in d.names))

    def names_number(self, number: Decimal) -> bool:
        """Whether the evidence names this number, or one that rounds to it, anywhere."""
        return any(same_or_rounding(number, known) for known in self.all_numbers)

    def is_value_of(self, number: Decimal, analyte: str) -> bool:
        """Whether the number is, or is a rounding of, a value of the analyte."""
        return any(v.analyte == analyte and same_or_rounding(number, v.value) for v in self.values)

    def days_of(self, number: Decimal) -> frozenset[str]:
        """The days on which anything was measured that is this number or rounds to it."""
        return frozenset(
            v.day for v in self.values if v.day is not None and same_or_rounding(number, v.value)
        )


def record_context(
    bundle: Mapping[str, Any], others: Sequence[Mapping[str, Any]] = (), seed: int = 0
) -> CorruptionContext:
    """What is true of a patient according to an R4 Bundle; ``others`` are other patients'."""
    resources = [entry["resource"] for entry in bundle["entry"]]
    strings = [text for resource in resources for text in _strings(resource)]
    values = tuple(value for resource in resources for value in _values(resource))
    other_values = tuple(
        value
        for other in others
        for entry in other["entry"]
        for value in _values(entry["resource"])
    )
    days = {match.group() for text in strings for match in _ISO_DATE.finditer(text)}
    numbers = {number for resource in resources for number in _json_numbers(resource)}
    return CorruptionContext(
        evidence_text="\n".join(strings),
        values=values,
        other_values=other_values,
        numbers=frozenset(numbers),
        days=frozenset(days),
        oldest_age=_age_today(resources),
        seed=seed,
    )


def dialogue_context(
    turns: Sequence[tuple[str, str]], others: Sequence[EvidenceValue] = (), seed: int = 0
) -> CorruptionContext:
    """What is true according to a conversation; ``others`` are values of other patients."""
    return CorruptionContext(
        evidence_text="\n".join(text for _, text in turns),
        other_values=tuple(others),
        dialogue=tuple(turns),
        seed=seed,
    )


def text_values(text: str) -> list[EvidenceValue]:
    """Values that a text states right after the name of an analyte, and the age it states."""
    found = [EvidenceValue("age", Decimal(m.group(1))) for m in _AGE.finditer(text)]
    for value in measured_in(text):
        number = as_decimal(text[value.number_start : value.number_end])
        if number is not None:
            found.append(EvidenceValue(value.analyte.key, number))
    return found


@dataclass(frozen=True, slots=True)
class Measured:
    """Where a text names an analyte and, right after it, its value."""

    analyte: Analyte
    start: int
    end: int
    number_start: int
    number_end: int


def measured_in(text: str) -> list[Measured]:
    """Analytes with their values; not those in the name of a disease, nor units, nor times."""
    named = analytes_in(text)
    lowered = text.lower()
    found = []
    for position, (analyte, start, end) in enumerate(named):
        following = named[position + 1][1] if position + 1 < len(named) else len(text)
        match = _VALUE_AFTER.match(lowered, end, following)
        if match and not _is_part_of_another_word(lowered, start, end):
            found.append(Measured(analyte, start, end, match.start(1), match.end(1)))
    return found


def _is_part_of_another_word(lowered: str, start: int, end: int) -> bool:
    """Whether the name is part of a disease (高血压病), of a drug (阿托伐他汀钙), or a unit."""
    before = lowered[max(0, start - 2) : start]
    if before.endswith(("高", "低")) or lowered.startswith(("病", "症"), end):
        return True
    if lowered[start:end].isascii():
        return bool(_NUMBER_BEFORE.search(before))
    return end - start == 1 and bool(_CHINESE_BEFORE.search(before))


def _strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        if "data" in node and str(node.get("contentType", "")).startswith("text/"):
            yield b64decode(node["data"]).decode()
        for key, value in node.items():
            if key not in _SILENT_KEYS:
                yield from _strings(value)
    elif isinstance(node, list):
        for item in node:
            yield from _strings(item)


def _json_numbers(node: object) -> Iterator[Decimal]:
    if isinstance(node, int | float) and not isinstance(node, bool):
        yield Decimal(str(node))
    elif isinstance(node, Mapping):
        for key, value in node.items():
            if key not in _SILENT_KEYS:
                yield from _json_numbers(value)
    elif isinstance(node, list):
        for item in node:
            yield from _json_numbers(item)


def _values(resource: Mapping[str, Any]) -> Iterator[EvidenceValue]:
    if resource.get("resourceType") != "Observation":
        return
    day = str(resource.get("effectiveDateTime", ""))[:10] or None
    for part in (resource, *resource.get("component", ())):
        key = analyte_key(resource if part is resource else part)
        whole = analyte_key(resource)
        quantities = [part.get("valueQuantity", {})]
        for interval in part.get("referenceRange", ()):
            quantities += [interval.get("low", {}), interval.get("high", {})]
        for quantity in quantities:
            if "value" in quantity:
                value = Decimal(str(quantity["value"]))
                yield EvidenceValue(key, value, day)
                if whole != key:
                    yield EvidenceValue(whole, value, day)


def analyte_key(coded: Mapping[str, Any]) -> str:
    """The analyte that an Observation or component measures, by its code, else by its wording."""
    code = coded.get("code", {})
    for coding in code.get("coding", ()):
        analyte = ANALYTE_BY_CODE.get(str(coding.get("code")))
        if analyte is not None:
            return analyte.key
    return str(code.get("text", "")).lower()


def analytes_in(text: str) -> list[tuple[Analyte, int, int]]:
    """Analytes that a text names, with the offsets of each name."""
    return [
        (ANALYTE_BY_NAME[m.group()], m.start(), m.end())
        for m in ANALYTE_PATTERN.finditer(text.lower())
    ]


def _age_today(resources: Sequence[Mapping[str, Any]]) -> int | None:
    born = [str(r["birthDate"]) for r in resources if r.get("birthDate")]
    if not born:
        return None
    return date.today().year - int(born[0][:4])  # noqa: DTZ011 - a year's slack is harmless
