"""Which departments a patient's words point to: a table of weighed words, nothing learned."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from suwen.clinical.patient_concepts import read_patient
from suwen.clinical.patient_denial import is_denied
from suwen.core.finding import Confidence, Source
from suwen.core.language import Bilingual

GENERAL_PRACTICE: Final = "general_practice"
EMERGENCY: Final = "emergency"
CHILD_BELOW_Y: Final = 14.0
_SHARPNESS: Final = 0.6
_AGE_WEIGHT: Final = 9.0


@dataclass(frozen=True, slots=True)
class Department:
    """One department; ``words`` gives how strongly each word points to it."""

    code: str
    name: Bilingual
    source: Source
    confidence: Confidence
    words: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class DepartmentScore:
    """How well a department fits, 0 to 1; the scores of all departments together are 1."""

    department: Department
    score: float


@cache
def departments() -> Mapping[str, Department]:
    """The directory by code."""
    text = files("suwen.clinical").joinpath("data/departments.toml").read_text("utf-8")
    found = {}
    for row in tomllib.loads(text)["departments"]:
        words = {}
        for item in row["words"].split():
            word, _, weight = item.partition("*")
            words[word.lower().replace("_", " ")] = float(weight or 1)
        found[row["code"]] = Department(
            row["code"],
            Bilingual(**row["name"]),
            Source(title=row["source"], edition="as cited"),
            Confidence(row["confidence"]),
            words,
        )
    return found


@cache
def _owners() -> Mapping[str, tuple[tuple[str, float], ...]]:
    owners: dict[str, list[tuple[str, float]]] = {}
    for department in departments().values():
        for word, weight in department.words.items():
            owners.setdefault(word, []).append((department.code, weight))
    return {word: tuple(who) for word, who in owners.items()}


def rank_departments(
    messages: Sequence[str], *, age_y: float | None = None, pregnant: bool | None = None
) -> list[DepartmentScore]:
    """All departments, the best first.

    Args:
        messages: what the patient wrote.
        age_y: below 14 points to the departments for children; ``None`` points nowhere.
        pregnant: ``True`` points to obstetrics; ``None`` points nowhere.
    """
    weights = dict.fromkeys(departments(), 0.0)
    weights[GENERAL_PRACTICE] = 1.5
    wording = read_patient("\n".join(messages))
    for word, owners in _owners().items():
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
    return [DepartmentScore(departments()[code], share / total) for code, share in ranked]
