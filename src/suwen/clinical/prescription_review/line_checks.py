"""What speaks against one line: dose, kidney, liver, pregnancy, age, disease, route and form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from suwen.clinical.prescription_review.compiling import CompiledRules
from suwen.clinical.prescription_review.findings import GRAVITY, ReviewFinding
from suwen.clinical.prescription_review.limits import Limit, route_fits
from suwen.clinical.prescription_review.lines import ReviewLine
from suwen.clinical.prescription_review.patient_state import PatientState
from suwen.clinical.prescription_review.plans import Check, Plan
from suwen.clinical.prescription_review.review_kinds import Action, Kind, action_of
from suwen.core.finding import Severity
from suwen.core.language import Bilingual

GROSS: Final = 1.5
"""A dose from so many times the limit on is taken for a slip of the unit or the decimal point."""

_GROSS_PIECE: Final = 2.0

_SLACK: Final = 1.000_5
_WEEKLY_AT_MOST: Final = 0.15


def line_findings(
    line: ReviewLine, plan: Plan, state: PatientState, rules: CompiledRules
) -> Iterator[ReviewFinding]:
    """What the rules have against one identified line."""
    for check in plan.checks:
        if _speaks(check, line, state):
            yield _checked(check, line, state)
    if plan.limits and not line.local and not _within(line, plan):
        yield from _dose(line, plan.limits, state, rules)
    compiled = line.compiled
    if compiled is not None and compiled.conditions & state.conditions:
        yield from _diseases(line, state, rules)


def _within(line: ReviewLine, plan: Plan) -> bool:
    """Whether the amounts are plainly within every limit."""
    return line.most_single <= plan.quick_single and line.most_daily <= plan.quick_daily


def _speaks(check: Check, line: ReviewLine, state: PatientState) -> bool:
    if check.needs and not check.needs & state.conditions:
        return False
    if check.not_with & state.conditions:
        return False
    if check.min_days is not None and (line.order.days or 0.0) <= check.min_days:
        return False
    if check.only_new and line.continued:
        return False
    if check.only_modified and "modified" not in line.release:
        return False
    if check.route == "plain":
        if "modified" in line.release:
            return False
    elif not route_fits(check.route, line.group):
        return False
    return not check.limited or _beyond(check, line, state)


def _beyond(check: Check, line: ReviewLine, state: PatientState) -> bool:
    weight = state.facts.weight_kg
    if check.row.text("effect") == "limit_lmwh":
        return _beyond_lmwh(check, line, weight)
    per_day = line.frequency.per_day
    interval = check.interval_h
    if interval is not None and per_day is not None and per_day > 24 / interval * _SLACK:
        return True
    if line.unit != "mg":
        return False
    size = weight if check.per_kg else 1.0
    if size is None:
        return False
    daily = line.daily if line.daily is not None else line.single
    single, most = line.single, check.single
    if most is not None and single is not None and single > most * size * _SLACK:
        return True
    return check.daily is not None and daily is not None and daily > check.daily * size * _SLACK


def _beyond_lmwh(check: Check, line: ReviewLine, weight: float | None) -> bool:
    """Above the preventive dose, unless it is the reduced treatment of 100 IU/kg once a day."""
    if line.single is None or check.daily is None:
        return False
    single = line.single * (100 if line.unit == "mg" else 1)
    per_day = line.frequency.per_day or 1.0
    once = per_day <= 1 and weight is not None
    if once and weight is not None and 80 * weight <= single <= 105 * weight:
        return False
    return single * per_day > check.daily * _SLACK


def _checked(check: Check, line: ReviewLine, state: PatientState) -> ReviewFinding:
    return ReviewFinding(
        check.row, check.kind, check.severity, check.action, (line,), patient=state
    )


def _dose(
    line: ReviewLine, limits: tuple[Limit, ...], state: PatientState, rules: CompiledRules
) -> Iterator[ReviewFinding]:
    gravest: dict[str, ReviewFinding] = {}
    for limit in limits:
        if line.unit != limit.unit and limit.days is None:
            continue
        if not _limit_fits(limit, line, state):
            continue
        found = _exceeded(limit, line, state, rules)
        if found is not None:
            kept = gravest.get(found.kind)
            better = 0 if kept is None else GRAVITY[found.severity] - GRAVITY[kept.severity]
            if kept is None or better > 0 or (better == 0 and limit.specific):
                gravest[found.kind] = found
    yield from gravest.values()


def _limit_fits(limit: Limit, line: ReviewLine, state: PatientState) -> bool:
    if not route_fits(limit.route, line.group):
        return False
    if limit.form == "modified" and "modified" not in line.release:
        return False
    if limit.form == "plain" and "modified" in line.release:
        return False
    weight = state.facts.weight_kg
    if limit.min_kg is not None or limit.max_kg is not None:
        if weight is None:
            return False
        return (limit.min_kg is None or weight >= limit.min_kg) and (
            limit.max_kg is None or weight < limit.max_kg
        )
    return True


def _exceeded(
    limit: Limit, line: ReviewLine, state: PatientState, rules: CompiledRules
) -> ReviewFinding | None:
    if limit.weekly is not None:
        return _weekly(limit, line, state, rules)
    if limit.days is not None:
        return _too_long(limit, line)
    single, daily = limit.single, limit.daily
    if limit.per_kg:
        weight = state.facts.weight_kg
        single = None if single is None or weight is None else single * weight
        daily = None if daily is None or weight is None else daily * weight
    single = _least(single, limit.absolute_single)
    daily = _least(daily, limit.absolute_daily)
    worst, what, most = 0.0, None, 0.0
    if single is not None and line.single is not None and not line.rate:
        worst, what, most = line.single / single, "single", single
    given = line.daily
    if given is None and line.frequency.once and single is None:
        given = line.single
    counts = line.frequency.per_day is None or line.frequency.per_day >= 1 or line.rate
    if daily is not None and given is not None and counts and given / daily > worst:
        worst, what, most = given / daily, "daily", daily
    if worst <= _SLACK or what is None:
        return None
    return _over(limit, line, (worst, what, most))


def _least(first: float | None, second: float | None) -> float | None:
    if first is None or second is None:
        return first if second is None else second
    return min(first, second)


def _over(limit: Limit, line: ReviewLine, found: tuple[float, str, float]) -> ReviewFinding:
    worst, what, most = found
    row = limit.row
    severity = Severity(row.text("severity"))
    piece = line.medicine is not None and "tcm_piece" in line.medicine.classes
    gross = worst >= (_GROSS_PIECE if piece else GROSS) - 1e-6
    interrupts = False
    if piece:
        severity = Severity.MODERATE if gross else severity
    elif gross and row.text("kind") == "dose" and severity is not Severity.MINOR:
        severity, interrupts = Severity.MAJOR, True
    unit = limit.unit
    given = (line.single if what == "single" else line.daily) or line.single or 0.0
    zh = {"single": "单次", "daily": "每日"}[what]
    en = {"single": "single dose", "daily": "daily dose"}[what]
    detail = Bilingual(
        f"{zh}{given:g} {unit}，超过上限{most:g} {unit}（{worst:.1f}倍）",
        f"{en} {given:g} {unit} is above the limit of {most:g} {unit} ({worst:.1f} times)",
    )
    action = action_of(severity, interrupts=interrupts)
    return ReviewFinding(row, Kind(row.text("kind")), severity, action, (line,), detail)


def _weekly(
    limit: Limit, line: ReviewLine, state: PatientState, rules: CompiledRules
) -> ReviewFinding | None:
    if state.conditions & rules.conditions.get("cancer", 0) or limit.weekly is None:
        return None
    per_day = line.frequency.per_day
    if per_day is not None and per_day > _WEEKLY_AT_MOST:
        row = rules.statements["MTX-daily"]
        severity = Severity.CONTRAINDICATED
        return ReviewFinding(row, Kind.DOSE, severity, Action.INTERRUPT, (line,))
    week = None if line.daily is None else line.daily * 7
    week = line.single if week is None else week
    if week is None or week <= limit.weekly * _SLACK:
        return None
    return _over(limit, line, (week / limit.weekly, "single", limit.weekly))


def _too_long(limit: Limit, line: ReviewLine) -> ReviewFinding | None:
    days = line.order.days
    if limit.days is None or days is None or days <= limit.days:
        return None
    severity = Severity(limit.row.text("severity"))
    detail = Bilingual(
        f"疗程{days:g}天，超过{limit.days:g}天", f"{days:g} days, more than {limit.days:g}"
    )
    return ReviewFinding(limit.row, Kind.DOSE, severity, action_of(severity), (line,), detail)


def _diseases(
    line: ReviewLine, state: PatientState, rules: CompiledRules
) -> Iterator[ReviewFinding]:
    compiled = line.compiled
    if compiled is None:
        return
    for bit, row in compiled.diseases:
        if not bit & state.conditions:
            continue
        if line.local and "@beta_blocker" not in compiled.names:
            continue
        youngest, age = row.number("min_age_y"), state.facts.age_y
        if youngest is not None and (age is None or age < youngest):
            continue
        if row.id == "alcohol-apap" and (line.daily is None or line.daily <= 2000):
            continue
        severity = Severity(row.text("severity"))
        condition = rules.book.row("conditions", row.text("condition"))
        title = None
        if condition is not None:
            title = Bilingual(condition.text("zh"), condition.text("en"))
        kind = Kind(row.text("kind") or "disease")
        yield ReviewFinding(row, kind, severity, action_of(severity), (line,), title)
