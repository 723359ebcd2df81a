"""Which departments a patient's words point to: a table of weighed words, and, where a hospital
has learned from its own visits, what was learned laid over the table."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Protocol

from suwen.clinical.patient_concepts import as_one_text, read_patient
from suwen.clinical.patient_denial import is_denied
from suwen.clinical.patient_wording import PatientWording
from suwen.clinical.tables import read_edited_table
from suwen.core.finding import Confidence, Source
from suwen.core.language import Bilingual

GENERAL_PRACTICE: Final = "general_practice"
EMERGENCY: Final = "emergency"
CHILD_BELOW_Y: Final = 14.0
_SHARPNESS: Final = 0.6
_AGE_WEIGHT: Final = 9.0
_MOST_WEIGHT: Final = 20.0
_STAYS_AMONG: Final = 3
_END: Final = re.compile(r"[\n。？！?!]")
_OPENING: Final = 60
_NEEDED: Final = (GENERAL_PRACTICE, EMERGENCY, "paediatrics", "obstetrics")


@dataclass(frozen=True, slots=True)
class Department:
    """One department; ``words`` gives how strongly each word points to it."""

    code: str
    name: Bilingual
    source: Source
    confidence: Confidence
    words: Mapping[str, float]


class DepartmentTable:
    """The departments of a hospital and the words that point to them; never changed once made."""

    def __init__(self, departments: Sequence[Department]) -> None:
        self.departments: Mapping[str, Department] = {one.code: one for one in departments}
        owners: dict[str, list[tuple[str, float]]] = {}
        for one in departments:
            for word, weight in one.words.items():
                owners.setdefault(word, []).append((one.code, weight))
        self.owners: Mapping[str, tuple[tuple[str, float], ...]] = {
            word: tuple(who) for word, who in owners.items()
        }


@dataclass(frozen=True, slots=True)
class DepartmentScore:
    """How well a department fits, 0 to 1; the scores of all departments together are 1."""

    department: Department
    score: float


class LearnedDepartments(Protocol):
    """What a hospital's own visits show of its departments."""

    def shares(
        self, plain: str, whole: Mapping[str, float], opening: Mapping[str, float]
    ) -> Mapping[str, float]:
        """How likely each department is among those that were learned, together 1.

        Args:
            plain: what was said, folded.
            whole: the table's shares for all of it.
            opening: the table's shares for its first sentence.
        """


def opening_of(plain: str) -> str:
    """The first sentence or line of a text, where the complaint is named."""
    return _END.split(plain.strip(), maxsplit=1)[0][:_OPENING]


@cache
def own_table() -> DepartmentTable:
    """The platform's own table, until the hospital has made its own of it."""
    return table_from(read_edited_table("departments"))


def departments() -> Mapping[str, Department]:
    """The platform's own directory by code."""
    return own_table().departments


def table_from(table: Mapping[str, Any]) -> DepartmentTable:
    """The departments of a table as operators edit it.

    Raises:
        ValueError: with the row at fault: a code that is there twice or is needed and missing, a
            weight that is none.
    """
    found = []
    for row in table["departments"]:
        words = {}
        for item in row["words"].split():
            word, _, weight = item.partition("*")
            words[word.lower().replace("_", " ")] = _weight(row["code"], item, weight)
        source = Source(title=row["source"], edition="as cited")
        name = Bilingual(**row["name"])
        found.append(Department(row["code"], name, source, Confidence(row["confidence"]), words))
    codes = [one.code for one in found]
    if len(set(codes)) < len(codes):
        raise ValueError("a department is there twice")
    for needed in _NEEDED:
        if needed not in codes:
            raise ValueError(f"{needed}: this department is needed")
    return DepartmentTable(found)


def _weight(code: str, item: str, weight: str) -> float:
    try:
        value = float(weight or 1)
    except ValueError:
        value = 0.0
    if not 0 < value <= _MOST_WEIGHT:
        raise ValueError(f"{code}: {item} has a weight that is none")
    return value


def weights_of(text: str, table: DepartmentTable) -> Mapping[str, float]:
    """How strongly the words of a text point to departments, by code; nothing denied or counted."""
    weights: dict[str, float] = {}
    for word, owners in table.owners.items():
        if word in text.lower():
            for code, weight in owners:
                weights[code] = weights.get(code, 0.0) + weight
    return weights


def plain_of(messages: Sequence[str]) -> str:
    """What was said, folded as the table's words are."""
    return read_patient(as_one_text(messages)).plain


def shares_of(plain: str, table: DepartmentTable) -> Mapping[str, float]:
    """The share of each department by the words of a folded text alone, together 1."""
    return _shares(_weights(read_patient(plain), table))


def rank_departments(
    messages: Sequence[str],
    *,
    age_y: float | None = None,
    pregnant: bool | None = None,
    table: DepartmentTable | None = None,
    learned: LearnedDepartments | None = None,
) -> list[DepartmentScore]:
    """All departments, the best first.

    What a hospital learned from its own visits divides anew what the table gives to the departments
    that it knows, and to those that nothing points to; a department that something points to keeps
    what the table gives it, and what the table names first stays among the first three.

    Args:
        messages: what the patient wrote.
        age_y: below 14 points to the departments for children; ``None`` points nowhere.
        pregnant: ``True`` points to obstetrics; ``None`` points nowhere.
        table: by default the platform's own.
        learned: what the hospital's own visits show; ``None`` is the table alone.
    """
    table = table or own_table()
    wording = read_patient(as_one_text(messages))
    by_words = _weights(wording, table)
    weights = dict(by_words)
    if age_y is not None and age_y < CHILD_BELOW_Y:
        weights["paediatrics"] += _AGE_WEIGHT
    if pregnant:
        weights["obstetrics"] += _AGE_WEIGHT
    shares = _shares(weights)
    first = max(shares, key=lambda code: shares[code])
    if learned is not None:
        free = {code for code, weight in weights.items() if not weight}
        shares = _divided_anew(shares, free, _told(learned, wording.plain, by_words, table))
    ranked = sorted(shares.items(), key=lambda item: -item[1])
    place = next(n for n, (code, _) in enumerate(ranked) if code == first)
    if place >= _STAYS_AMONG:
        held = ranked[_STAYS_AMONG - 1][1]
        ranked.insert(_STAYS_AMONG - 1, (first, held))
        del ranked[place + 1]
    return [DepartmentScore(table.departments[code], share) for code, share in ranked]


def _told(
    learned: LearnedDepartments, plain: str, by_words: Mapping[str, float], table: DepartmentTable
) -> Mapping[str, float]:
    """What was learned says of these words, as factors on the table's shares by words."""
    whole, opening = _shares(by_words), shares_of(opening_of(plain), table)
    told = learned.shares(plain, whole, opening)
    return {code: share / whole[code] for code, share in told.items() if code in whole}


def _divided_anew(
    shares: Mapping[str, float], free: Collection[str], told: Mapping[str, float]
) -> dict[str, float]:
    """The shares, where what the departments that were learned and the free ones have is divided as
    learned. What is known besides the words, age and pregnancy, is in the shares and keeps its
    weight."""
    known = {code: factor * shares[code] for code, factor in told.items()}
    total = sum(known.values())
    if not total:
        return dict(shares)
    given_up = {code: 0.0 for code in free if code not in known}
    held = sum(shares[code] for code in (*known, *given_up))
    divided = {code: held * share / total for code, share in known.items()}
    return {**shares, **given_up, **divided}


def _weights(wording: PatientWording, table: DepartmentTable) -> dict[str, float]:
    weights = dict.fromkeys(table.departments, 0.0)
    weights[GENERAL_PRACTICE] = 1.5
    for word, owners in table.owners.items():
        start = wording.plain.find(word)
        if start < 0 or is_denied(wording, start, start + len(word), frozenset(word)):
            continue
        told_again = 1 + 0.5 * math.log(max(wording.plain.count(word), 1))
        for code, weight in owners:
            weights[code] += weight * told_again
    return weights


def _shares(weights: Mapping[str, float]) -> dict[str, float]:
    top = max(weights.values())
    shares = {code: math.exp(_SHARPNESS * (w - top)) for code, w in weights.items()}
    total = sum(shares.values())
    return {code: share / total for code, share in shares.items()}
