"""What the rules ask of one medicine in one kind of patient, worked out once and kept."""

from __future__ import annotations

from dataclasses import dataclass

from suwen.clinical.medicines.rows import RuleRow
from suwen.clinical.prescription_review.compiling import CompiledMedicine, CompiledRules
from suwen.clinical.prescription_review.limits import Limit
from suwen.clinical.prescription_review.patient_state import PatientState
from suwen.clinical.prescription_review.prescription import PatientFacts
from suwen.clinical.prescription_review.review_kinds import Action, Kind, action_of
from suwen.core.finding import Severity

_MOST_PLANS = 512
_NEVER = (-1.0, -1.0)


@dataclass(frozen=True, slots=True)
class Check:
    """A row that speaks against the medicine in such a patient.

    Attributes:
        needs, not_with: masks of conditions, one of which must and none of which may be there.
        route: group of routes that it is about.
        limited: whether it speaks only above ``single`` or ``daily`` (mg), or below ``interval``.
        only_new: whether it speaks of a start only, not of what the patient takes already.
        only_modified: whether it speaks of modified release only.
        min_days: it speaks of longer courses only.
    """

    row: RuleRow
    kind: Kind
    severity: Severity
    action: Action
    needs: int = 0
    not_with: int = 0
    route: str = "any"
    limited: bool = False
    single: float | None = None
    daily: float | None = None
    interval_h: float | None = None
    per_kg: bool = False
    only_new: bool = False
    only_modified: bool = False
    min_days: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The checks of one medicine for one kind of patient.

    Attributes:
        unchecked: statements on what is not known and would have been asked.
        quick_single, quick_daily: amounts (mg) up to which no limit can be exceeded, whatever
            the form and route; below 0 where that depends on more.
        may_lack: whether something may lack for this patient.
    """

    checks: tuple[Check, ...]
    limits: tuple[Limit, ...]
    unchecked: tuple[str, ...]
    needs_weight: bool
    has_limit: bool
    quick_single: float
    quick_daily: float
    may_lack: bool


def plan_of(compiled: CompiledMedicine, state: PatientState, rules: CompiledRules) -> Plan:
    """The plan of a medicine for this patient's profile."""
    found = compiled.plans.get(state.profile)
    if found is None:
        if len(compiled.plans) >= _MOST_PLANS:
            compiled.plans.clear()
        found = compiled.plans[state.profile] = _made(compiled, state, rules)
    return found


def _made(compiled: CompiledMedicine, state: PatientState, rules: CompiledRules) -> Plan:
    checks: list[Check] = []
    unchecked: list[str] = []
    _ages(compiled, state, rules, checks)
    _renal(compiled, state, rules, checks, unchecked)
    _hepatic(compiled, state, checks)
    _pregnancy(compiled, state, rules, checks, unchecked)
    age = state.facts.age_y
    limits = tuple(limit for limit in compiled.limits if limit.for_age(age))
    if age is None:
        unchecked.append("UNC-age")
    needs_weight = any(limit.per_kg or _by_weight(limit) for limit in limits)
    quick = _quick(limits)
    return Plan(
        checks=tuple(checks),
        limits=limits,
        unchecked=tuple(unchecked),
        needs_weight=needs_weight,
        has_limit=bool(compiled.limits),
        quick_single=quick[0],
        quick_daily=quick[1],
        may_lack=bool(unchecked) or needs_weight or not compiled.limits,
    )


def _action(row: RuleRow) -> Action:
    severity = Severity(row.text("severity"))
    return action_of(severity, interrupts=row.text("interrupts") == "yes")


def _quick(limits: tuple[Limit, ...]) -> tuple[float, float]:
    single = daily = float("inf")
    for limit in limits:
        if limit.per_kg or limit.weekly is not None or limit.days is not None or limit.unit != "mg":
            return _NEVER
        for bound in (limit.single, limit.absolute_single):
            single = single if bound is None else min(single, bound)
        for bound in (limit.daily, limit.absolute_daily):
            daily = daily if bound is None else min(daily, bound)
    return single, daily


def _by_weight(limit: Limit) -> bool:
    return limit.min_kg is not None or limit.max_kg is not None


def _ages(
    compiled: CompiledMedicine, state: PatientState, rules: CompiledRules, checks: list[Check]
) -> None:
    age = state.facts.age_y
    if age is None:
        return
    for row in compiled.rows["ages"]:
        low, high = row.number("min_age_y"), row.number("max_age_y")
        if (low is None or age >= low) and (high is None or age < high):
            route = row.text("route")
            needs, not_with = row.text("condition"), row.text("except_condition")
            checks.append(
                Check(
                    row,
                    Kind.AGE,
                    Severity(row.text("severity")),
                    _action(row),
                    needs=rules.mask(needs.split(";")) if needs else 0,
                    not_with=rules.mask(not_with.split(";")) if not_with else 0,
                    route=route,
                    min_days=row.number("min_days"),
                )
            )


def _renal(
    compiled: CompiledMedicine,
    state: PatientState,
    rules: CompiledRules,
    checks: list[Check],
    unchecked: list[str],
) -> None:
    values = {
        "egfr": state.egfr if state.egfr is not None else state.crcl,
        "crcl": state.crcl,
        "creatinine": state.facts.creatinine_umol_l,
        "weight": state.facts.weight_kg,
        "apixaban_criteria": apixaban_criteria(state.facts),
    }
    for row in compiled.rows["renal"]:
        value = values[row.text("metric")]
        if value is None:
            if row.text("metric") in ("egfr", "crcl") and "UNC-renal" not in unchecked:
                unchecked.append("UNC-renal")
            continue
        low, high = row.number("low"), row.number("high")
        if (low is None or value >= low) and (high is None or value < high):
            checks.append(_renal_check(row, rules))


def _renal_check(row: RuleRow, rules: CompiledRules) -> Check:
    effect = row.text("effect")
    needs = row.text("condition")
    interval = { "limit_interval12": 12.0, "limit_interval24": 24.0,
                "limit_interval48": 48.0}.get(effect)  # fmt: skip
    severity = Severity(row.text("severity"))
    return Check(
        row,
        Kind.RENAL,
        severity,
        _action(row),
        needs=rules.mask(needs.split(";")) if needs and needs != "diabetes_only" else 0,
        not_with=rules.mask(("heart_failure", "eskd")) if needs == "diabetes_only" else 0,
        route=row.text("route") or "any",
        limited=effect.startswith("limit") or interval is not None,
        only_new=effect == "start",
        only_modified=effect == "modified",
        per_kg=effect == "limit_kg",
        single=row.number("max_single"),
        daily=row.number("max_daily"),
        interval_h=interval,
    )


def apixaban_criteria(facts: PatientFacts) -> float:
    """How many of the label's three criteria for the lower dose a patient meets.

    Source: product label of apixaban (atrial fibrillation): age from 80 years, weight up to
    60 kg, creatinine from 133 umol/L.
    """
    age, weight, creatinine = facts.age_y, facts.weight_kg, facts.creatinine_umol_l
    return float(
        (age is not None and age >= 80)
        + (weight is not None and weight <= 60)
        + (creatinine is not None and creatinine >= 133)
    )


def _hepatic(compiled: CompiledMedicine, state: PatientState, checks: list[Check]) -> None:
    grade = state.facts.child_pugh
    if grade is None:
        return
    for row in compiled.rows["hepatic"]:
        if grade in row.text("grades"):
            daily = row.number("max_daily")
            severity = Severity(row.text("severity"))
            checks.append(
                Check(
                    row,
                    Kind.HEPATIC,
                    severity,
                    _action(row),
                    route="systemic",
                    limited=daily is not None,
                    daily=daily,
                )
            )


def _pregnancy(
    compiled: CompiledMedicine,
    state: PatientState,
    rules: CompiledRules,
    checks: list[Check],
    unchecked: list[str],
) -> None:
    rows = compiled.rows["pregnancy"]
    if not rows:
        return
    for row in rows:
        severity, lactation = row.text("pregnancy"), row.text("lactation")
        if severity and state.pregnant and _from_week(row, state):
            excepted = row.text("except_condition")
            not_with = rules.mask(excepted.split(";")) if excepted else 0
            checks.append(_in_state(row, Kind.PREGNANCY, severity, not_with))
        if lactation and state.lactating:
            checks.append(_in_state(row, Kind.LACTATION, lactation, 0))
    if not state.may_be_pregnant:
        return
    if state.pregnant is None and any(r.text("pregnancy") for r in rows):
        unchecked.append("UNC-pregnancy")
    if state.lactating is None and any(r.text("lactation") for r in rows):
        unchecked.append("UNC-lactation")


def _in_state(row: RuleRow, kind: Kind, written: str, not_with: int) -> Check:
    severity = Severity(written)
    return Check(row, kind, severity, action_of(severity), not_with=not_with, route="systemic")


def _from_week(row: RuleRow, state: PatientState) -> bool:
    week = row.number("from_week")
    return week is None or (state.week is not None and state.week >= week)
