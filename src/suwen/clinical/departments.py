"""Which departments a patient's words point to: a table of weighed words, nothing learned."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from suwen.clinical.patient_concepts import as_one_text, read_patient
from suwen.clinical.patient_denial import is_denied
from suwen.clinical.tables import read_edited_table
from suwen.core.finding import Confidence, Source
from suwen.core.language import Bilingual

GENERAL_PRACTICE: Final = "general_practice"
EMERGENCY: Final = "emergency"
CHILD_BELOW_Y: Final = 14.0
_SHARPNESS: Final = 0.6
_AGE_WEIGHT: Final = 9.0
_MOST_WEIGHT: Final = 20.0
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


def rank_departments(
    messages: Sequence[str],
    *,
    age_y: float | None = None,
    pregnant: bool | None = None,
    table: DepartmentTable | None = None,
) -> list[DepartmentScore]:
    """All departments, the best first.

    Args:
        messages: what the patient wrote.
        age_y: below 14 points to the departments for children; ``None`` points nowhere.
        pregnant: ``True`` points to obstetrics; ``None`` points nowhere.
        table: by default the platform's own.
    """
    table = table or own_table()
    weights = dict.fromkeys(table.departments, 0.0)
    weights[GENERAL_PRACTICE] = 1.5
    wording = read_patient(as_one_text(messages))
    for word, owners in table.owners.items():
        start = wording.plain.find(word)
        if start < 0 or is_denied(wording, start, start + len(word), frozenset(word)):
            continue
        told_again = 1 + 0.5 * math.log(max(wording.plain.count(word), 1))
        for code, weight in owners:
            weights[code] += weight * told_again
    if age_y is not None and age_y < CHILD_BELOW_Y:
        weights["paediatrics"] += _AGE_WEIGHT
    if pregnant:
        weights["obstetrics"] += _AGE_WEIGHT
    top = max(weights.values())
    shares = {code: math.exp(_SHARPNESS * (w - top)) for code, w in weights.items()}
    total = sum(shares.values())
    ranked = sorted(shares.items(), key=lambda item: -item[1])
    return [DepartmentScore(table.departments[code], share / total) for code, share in ranked]
