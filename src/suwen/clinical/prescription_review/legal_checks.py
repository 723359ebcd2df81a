"""Legal form and quantity, antibacterial rights, diagnosis; and what could not be checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from suwen.clinical.medicines.rows import RuleRow
from suwen.clinical.prescription_review.compiling import CompiledRules
from suwen.clinical.prescription_review.findings import ReviewFinding
from suwen.clinical.prescription_review.limits import route_fits
from suwen.clinical.prescription_review.lines import ReviewLine
from suwen.clinical.prescription_review.patient_state import PatientState
from suwen.clinical.prescription_review.plans import Plan, plan_of
from suwen.clinical.prescription_review.prescription import Prescription
from suwen.clinical.prescription_review.review_kinds import Action, Kind, action_of
from suwen.core.finding import Severity
from suwen.core.language import Bilingual

MOST_ITEMS: Final = 5
"""Source: 处方管理办法 (2007) article 6."""

_LONG_TERM = 84.0
_ADULT_FROM: Final = 18.0
_SOUND_KIDNEY: Final = 60.0
FAR_BELOW: Final = 10.0
"""So many times below the most of a day is no dose of an antibacterial."""

_BY_SEX: Final = frozenset({"UNC-renal", "UNC-pregnancy", "UNC-lactation"})


def legal_findings(
    prescription: Prescription,
    lines: Sequence[ReviewLine],
    state: PatientState,
    rules: CompiledRules,
) -> Iterator[ReviewFinding]:
    """What speaks against the form of the prescription as a whole."""
    if not prescription.diagnoses:
        yield from _one("RX17", Kind.INDICATION, (), rules)
    if state.facts.age_in == "years" and (state.facts.age_y or 1.0) < 1:
        yield from _one("RX18", Kind.QUANTITY, (), rules)
    if len(lines) < 2:
        return
    pieces = known = ordered = 0
    for line in lines:
        if not line.current:
            ordered += 1
            if line.compiled is not None:
                known += 1
                pieces += line.compiled.piece
    if prescription.setting != "inpatient" and ordered - pieces > MOST_ITEMS:
        yield from _one("RX16", Kind.QUANTITY, (), rules)
    if pieces and pieces < known:
        yield from _one("IRR5", Kind.QUANTITY, (), rules)


def line_form(
    prescription: Prescription, line: ReviewLine, state: PatientState, rules: CompiledRules
) -> Iterator[ReviewFinding]:
    """What speaks against the wording, the quantity or the prescriber's rights of one line."""
    compiled = line.compiled
    if line.frequency.as_directed:
        yield from _one("RX19", Kind.FORM, (line,), rules)
    if compiled is None:
        yield from _ordinary(prescription, line, state, rules)
        return
    if compiled.quantities or line.order.days is not None:
        yield from _quantity(prescription, line, state, rules)
    if compiled.level or compiled.antibacterial:
        yield from _antibacterial(prescription, line, state, rules)


def _is(line: ReviewLine, name: str) -> bool:
    return line.medicine is not None and name in line.medicine.classes


def _one(
    rule: str,
    kind: Kind,
    lines: tuple[ReviewLine, ...],
    rules: CompiledRules,
    detail: Bilingual | None = None,
) -> Iterator[ReviewFinding]:
    row = rules.legal.get(rule)
    if row is not None:
        severity = Severity(row.text("severity"))
        yield ReviewFinding(row, kind, severity, action_of(severity), lines, detail)


def _quantity(
    prescription: Prescription, line: ReviewLine, state: PatientState, rules: CompiledRules
) -> Iterator[ReviewFinding]:
    special = False
    for row in line.compiled.quantities if line.compiled is not None else ():
        if prescription.setting in row.text("setting").split():
            special = True
            if _meant(row, line, state, rules):
                yield from _above(row, line)
    if not special:
        yield from _ordinary(prescription, line, state, rules)


def _meant(row: RuleRow, line: ReviewLine, state: PatientState, rules: CompiledRules) -> bool:
    condition = row.text("condition")
    wanted = not condition.startswith("!")
    if condition:
        has = bool(state.conditions & rules.conditions.get(condition.lstrip("!"), 0))
        if has is not wanted:
            return False
    form = row.text("form")
    injected = line.group == "injected" or line.form == "injection"
    modified = "modified" in line.release
    if row.text("medicine").startswith("@narcotic") and _is_methylphenidate(line):
        return False
    return {
        "": True,
        "injection": injected,
        "modified": modified and not injected,
        "other": not injected and not modified,
    }[form]


def _is_methylphenidate(line: ReviewLine) -> bool:
    return line.medicine is not None and line.medicine.id.endswith("methylphenidate")


def _above(row: RuleRow, line: ReviewLine) -> Iterator[ReviewFinding]:
    days, per_day = line.order.days, line.frequency.per_day
    most_days, most_doses = row.number("max_days"), row.number("max_doses")
    doses = 1.0 if line.frequency.once else None
    if doses is None and days is not None and per_day is not None:
        doses = days * per_day
    elif doses is None and days is not None:
        doses = days
    over = (most_days is not None and days is not None and days > most_days) or (
        most_doses is not None and doses is not None and doses > most_doses
    )
    if over:
        severity = Severity(row.text("severity"))
        detail = None if days is None else Bilingual(f"开具{days:g}日", f"{days:g} days ordered")
        yield ReviewFinding(row, Kind.QUANTITY, severity, action_of(severity), (line,), detail)


def _ordinary(
    prescription: Prescription, line: ReviewLine, state: PatientState, rules: CompiledRules
) -> Iterator[ReviewFinding]:
    days = line.order.days
    if days is None or prescription.setting == "inpatient":
        return
    rule = "RX03" if prescription.setting == "emergency" else "RX02"
    row = rules.legal.get(rule)
    most = None if row is None else row.number("max_days")
    if row is None or most is None or days <= most:
        return
    chronic = bool(state.conditions & rules.conditions.get("chronic", 0))
    antimicrobial = line.compiled is not None and bool(
        line.compiled.names & {"@antibacterial", "@antiviral", "@antifungal"}
    )
    detail = Bilingual(f"开具{days:g}日", f"{days:g} days ordered")
    if prescription.setting == "outpatient" and chronic and not antimicrobial:
        limit = rules.legal.get("LT1")
        if limit is not None and days > (limit.number("max_days") or _LONG_TERM):
            severity = Severity(limit.text("severity"))
            action = action_of(severity)
            yield ReviewFinding(limit, Kind.QUANTITY, severity, action, (line,), detail)
        else:
            yield ReviewFinding(row, Kind.QUANTITY, Severity.INFO, Action.PASS, (line,), detail)
        return
    severity = Severity(row.text("severity"))
    yield ReviewFinding(row, Kind.QUANTITY, severity, action_of(severity), (line,), detail)


def _antibacterial(
    prescription: Prescription, line: ReviewLine, state: PatientState, rules: CompiledRules
) -> Iterator[ReviewFinding]:
    level = line.compiled.level if line.compiled is not None else 0
    rights = prescription.antibacterial_level
    if line.local:
        return
    if rights is None and level >= 2:
        row = rules.statements["UNC-level"]
        yield ReviewFinding(row, Kind.UNCHECKED, Severity.INFO, Action.INFORM, (line,))
    elif rights is not None and level > rights:
        yield from _one("AB2S" if level == 3 else "AB2", Kind.ANTIBACTERIAL, (line,), rules)
    if level == 3 and prescription.setting == "outpatient":
        yield from _one("AB3", Kind.ANTIBACTERIAL, (line,), rules)
    infection = rules.conditions.get("infection", 0)
    if prescription.diagnoses and not state.conditions & infection:
        yield from _one("EXC1", Kind.INDICATION, (line,), rules)


def hardly_any(
    line: ReviewLine, state: PatientState, rules: CompiledRules
) -> Iterator[ReviewFinding]:
    """A day's amount far below every dose that is given to an adult with sound kidneys."""
    if line.local:
        return
    age, compiled, daily = state.facts.age_y, line.compiled, line.daily
    kidney = state.crcl if state.crcl is not None else state.egfr
    if compiled is None or daily is None or age is None or age < _ADULT_FROM or line.rate:
        return
    if (kidney is not None and kidney < _SOUND_KIDNEY) or (line.frequency.per_day or 0) < 1:
        return
    most = [
        limit.daily
        for limit in compiled.limits
        if limit.daily is not None
        and not limit.per_kg
        and limit.unit == line.unit
        and limit.for_age(age)
        and route_fits(limit.route, line.group)
    ]
    if most and daily <= min(most) / FAR_BELOW:
        row = rules.statements["LOW-dose"]
        detail = Bilingual(f"每日{daily:g} {line.unit}", f"{daily:g} {line.unit} a day")
        action = Action(row.text("action"))
        yield ReviewFinding(row, Kind.DOSE, Severity.MINOR, action, (line,), detail)


def unchecked(
    prescription: Prescription,
    lacking: Sequence[tuple[ReviewLine, Plan | None]],
    state: PatientState,
    rules: CompiledRules,
) -> Iterator[ReviewFinding]:
    """What could not be checked, one finding for each thing that lacks.

    Args:
        lacking: the lines of which something may not be known.
    """
    by_reason: dict[str, list[ReviewLine]] = defaultdict(list)
    for line, plan in lacking:
        if line.meanings:
            yield _ambiguous(line, rules)
            for reason in _of_any_meaning(line, state, rules):
                by_reason[reason].append(line)
            continue
        for reason in _reasons(line, plan, state, rules):
            by_reason[reason].append(line)
    if prescription.allergies is None:
        by_reason["UNC-allergies"] = []
    if state.contradiction is not None:
        row = rules.statements["UNC-contradictory"]
        yield ReviewFinding(
            row, Kind.UNCHECKED, Severity.INFO, Action.INFORM, detail=state.contradiction
        )
    for reason, concerned in by_reason.items():
        row = rules.statements[reason]
        action = Action(row.text("action"))
        kind = Kind(row.text("kind"))
        yield ReviewFinding(row, kind, Severity.INFO, action, tuple(concerned))


def _ambiguous(line: ReviewLine, rules: CompiledRules) -> ReviewFinding:
    row = rules.statements["AMBIGUOUS-DRUG"]
    meant = [one.medicine for one in line.meanings if one.medicine is not None]
    detail = Bilingual(
        "、".join(medicine.title.zh for medicine in meant),
        ", ".join(medicine.title.en for medicine in meant),
    )
    action, kind = Action(row.text("action")), Kind(row.text("kind"))
    return ReviewFinding(row, kind, Severity.INFO, action, (line,), detail)


def _of_any_meaning(line: ReviewLine, state: PatientState, rules: CompiledRules) -> Iterator[str]:
    """What lacks for any meaning of a name of several, each once."""
    reasons: dict[str, None] = {}
    for meaning in line.meanings:
        if meaning.compiled is not None:
            plan = plan_of(meaning.compiled, state, rules)
            reasons |= dict.fromkeys(_reasons(meaning, plan, state, rules))
    yield from reasons


def _reasons(
    line: ReviewLine, plan: Plan | None, state: PatientState, rules: CompiledRules
) -> Iterator[str]:
    if plan is None:
        yield "UNKNOWN-DRUG"
        return
    yield from plan.unchecked
    if state.facts.sex not in ("male", "female") and not _BY_SEX.isdisjoint(plan.unchecked):
        yield "UNC-sex"
    if state.of_liver and line.compiled is not None and line.compiled.rows["hepatic"]:
        yield "UNC-hepatic"
    if line.current:
        return
    if plan.needs_weight and state.facts.weight_kg is None and line.missing != "UNC-weight":
        yield "UNC-weight"
    if line.missing is not None:
        yield line.missing
    elif _of_other_units(line, plan):
        yield "UNC-unit"
    elif not line.local and not plan.has_limit and not _needs_no_limit(line):
        yield "UNC-limit"
    if not line.local and line.daily is None and line.missing != "UNC-weight" and _how_often(line):
        yield "UNC-frequency"
    if line.route is None:
        yield "UNC-route"


def _of_other_units(line: ReviewLine, plan: Plan) -> bool:
    """Whether the amount is in units of activity and every limit in mass, or the reverse."""
    if line.local or (line.single is None and line.daily is None):
        return False
    of_doses = [limit for limit in plan.limits if limit.days is None]
    return bool(of_doses) and all(limit.unit != line.unit for limit in of_doses)


def _how_often(line: ReviewLine) -> bool:
    """Whether it is open how often the medicine is given."""
    frequency = line.frequency
    return frequency.per_day is None and not (frequency.once or frequency.as_needed)


def _needs_no_limit(line: ReviewLine) -> bool:
    return _is(line, "fluid") or _is(line, "tcm_patent") or _is(line, "vaccine")
