"""Score and grade of a stay by the scheme."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from suwen.apps.record_quality.book import Grade, Line, Scheme
from suwen.apps.record_quality.findings import Defect, rules


@dataclass(frozen=True, slots=True)
class Scored:
    """What a stay is worth.

    Attributes:
        score: 0 to 100.
        deductions: points of each defect in the order given; beyond the most of a kind zero.
        vetoes: rules that alone limited the grade.
    """

    score: float
    grade: Grade
    deductions: tuple[float, ...]
    vetoes: tuple[str, ...]


def score_of(defects: Sequence[Defect], scheme: Scheme) -> Scored:
    """Score, grade and what each defect cost.

    Source: 医院病历评分标准 QC01–QC17 (verified hospital sheets and local standards, see
    ``tables/scheme.toml``).
    """
    spent: dict[str, float] = defaultdict(float)
    deductions: list[float] = []
    vetoes: list[tuple[str, str]] = []
    for defect in defects:
        kind = rules()[defect.rule].kind if defect.rule in rules() else "abbreviation"
        line, limit = _line(defect, kind, scheme), scheme.kinds[kind].most
        points = line.points
        if limit is not None:
            points = min(points, max(0.0, limit - spent[kind]))
        spent[kind] += points
        deductions.append(points)
        if line.veto is not None:
            vetoes.append((defect.rule, line.veto))
    score = max(0.0, round(scheme.full - sum(deductions), 2))
    return Scored(
        score, _grade(score, vetoes, scheme), tuple(deductions), tuple(rule for rule, _ in vetoes)
    )


def _line(defect: Defect, kind: str, scheme: Scheme) -> Line:
    own = scheme.rules.get(defect.rule, scheme.kinds[kind])
    if defect.absent is None:
        return own
    absent = scheme.absent.get(defect.absent)
    if absent is None:
        return own
    return Line(absent.points or own.points, None, absent.veto)


def _grade(score: float, vetoes: Sequence[tuple[str, str]], scheme: Scheme) -> Grade:
    """The first grade, best first, that the score reaches and no veto forbids."""
    names = [g.id for g in scheme.grades]
    lowest = max((names.index(v) for _, v in vetoes if v in names), default=0)
    for place, grade in enumerate(scheme.grades):
        if score >= grade.at_least and place >= lowest:
            return grade
    return scheme.grades[-1]
