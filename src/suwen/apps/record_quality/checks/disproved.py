"""Diagnoses that need a value on one side of a limit, or a test with the other answer."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from suwen.clinical.laboratory.book import LaboratoryBook
from suwen.clinical.laboratory.limits import ReferenceInterval

INTERVAL: Final = "interval"
_LOW, _HIGH = "interval_low", "interval_high"
_GROWN_UP_Y: Final = 18
BOTH_SEXES: Final = ("male", "female")
_TABLE = Path(__file__).parents[1] / "tables" / "claims.toml"


@dataclass(frozen=True, slots=True)
class Claim:
    """A diagnosis that needs a value on one side of a limit.

    Attributes:
        below: it needs a value below this by sex, or below the reference interval; ``None`` where
            it needs one above. ``interval_high`` and ``interval_low`` name the other end.
        above: it needs a value above this.
        also: further analytes; a value of theirs above its interval speaks for the diagnosis too.
    """

    words: re.Pattern[str]
    analyte: str
    unit: str
    below: Mapping[str, Decimal] | str | None = None
    above: Mapping[str, Decimal] | str | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """A diagnosis that a test with a yes or no decides."""

    words: re.Pattern[str]
    negative: re.Pattern[str]
    positive: re.Pattern[str]


# What stands behind the name of a test with a yes or no.
_NO = r"[^,，。;\n+]{0,8}?(?:\(?-\)|阴性|negative\b|未见|正常)"
_YES = r"[^,，。;\n]{0,10}?(?:\d?\+|阳性|弱阳|positive\b|见(?!异|明)|充盈缺损|\d)"


@cache
def claims() -> tuple[Claim, ...]:
    """Every diagnosis with its border.

    Source: named in ``tables/claims.toml``, from memory.
    """
    return tuple(_claim(row) for row in _rows("claim"))


@cache
def answers() -> tuple[Answer, ...]:
    """Every diagnosis that a test answers with yes or no."""
    return tuple(
        Answer(
            re.compile(row["words"]),
            re.compile(row["test"] + _NO),
            re.compile(row["test"] + _YES),
        )
        for row in _rows("answer")
    )


@cache
def excluded() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    """Statements with the findings that exclude them."""
    return tuple((re.compile(row["words"]), re.compile(row["by"])) for row in _rows("excluded"))


@cache
def phrases() -> tuple[tuple[re.Pattern[str], str, str], ...]:
    """Words, the analyte they speak of, and whether they call it normal, high or low."""
    return tuple((re.compile(r["words"]), r["analyte"], r["says"]) for r in _rows("phrase"))


@cache
def any_claim() -> re.Pattern[str]:
    """Matches where some diagnosis of the tables is named."""
    words = [row["words"] for kind in ("claim", "answer", "excluded") for row in _rows(kind)]
    return re.compile("|".join(dict.fromkeys(words)))


@cache
def _rows(kind: str) -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads(_TABLE.read_text(encoding="utf-8"))[kind])


def _claim(row: dict[str, Any]) -> Claim:
    return Claim(
        words=re.compile(row["words"]),
        analyte=row["analyte"],
        unit=row["unit"],
        below=_border(row.get("below")),
        above=_border(row.get("above")),
        also=tuple(row.get("also", ())),
    )


def _border(said: object) -> Mapping[str, Decimal] | str | None:
    if said is None or (isinstance(said, str) and said.startswith(INTERVAL)):
        return said
    if isinstance(said, dict):
        return {sex: Decimal(value) for sex, value in said.items()}
    return {sex: Decimal(str(said)) for sex in BOTH_SEXES}


def end_of_interval(
    claim: Claim, laboratory: LaboratoryBook, ages: frozenset[int]
) -> Mapping[str, Decimal]:
    """The end of the reference interval for each sex, of several ages the one that excludes most
    surely: the highest lower end, the lowest upper end. A grown-up's and a child's are not mixed.
    """
    border = claim.below or claim.above
    low = border == _LOW or (border == INTERVAL and claim.below is not None)
    found: dict[str, list[Decimal]] = {"male": [], "female": []}
    for interval in laboratory.intervals_of(claim.analyte):
        value = interval.low if low else interval.high
        if value is None or not same_unit(interval.unit, claim.unit):
            continue
        if not of_these_ages(interval, ages):
            continue
        for sex in found if interval.sex is None else (interval.sex,):
            found[sex].append(value)
    best = max if claim.below is not None else min
    return {sex: best(values) for sex, values in found.items() if values}


def of_these_ages(interval: ReferenceInterval, ages: frozenset[int]) -> bool:
    """Whether an interval is one of a grown-up's or a child's, as the patient is."""
    grown_up = not ages or max(ages) >= _GROWN_UP_Y
    if not grown_up:
        return interval.age_min_y < _GROWN_UP_Y
    return interval.age_max_y is None or interval.age_max_y >= _GROWN_UP_Y


def same_unit(one: str | None, other: str | None) -> bool:
    """Whether two units are one, or one of them is not told."""
    return one is None or other is None or _bare_unit(one) == _bare_unit(other)


_SAME = {
    "iu/l": "u/l", "uiu/ml": "miu/l", "mu/l": "miu/l", "m[iu]/l": "miu/l", "mm[hg]": "mmhg",
    "ng/ml": "ug/l", "pg/ml": "ng/l", "10*9/l": "10^9/l",
}  # fmt: skip


def _bare_unit(unit: str) -> str:
    folded = unit.lower().replace("µ", "u").replace("μ", "u").replace("⁹", "9").replace("*", "^")
    plain = re.sub(r"[\s×x]", "", folded)
    return _SAME.get(plain, plain)
