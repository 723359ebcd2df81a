"""The review: every check over every line, then order, grouping and the decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from suwen.clinical.medicines.rows import RuleRow
from suwen.clinical.prescription_review.allergy_checks import allergies_of, allergy_findings
from suwen.clinical.prescription_review.ambiguity import by_meaning
from suwen.clinical.prescription_review.compiling import CompiledRules
from suwen.clinical.prescription_review.fatigue import ShownBefore, grouped, quietened
from suwen.clinical.prescription_review.findings import GRAVITY, ReviewFinding
from suwen.clinical.prescription_review.legal_checks import (
    FAR_BELOW,
    MOST_ITEMS,
    hardly_any,
    legal_findings,
    line_form,
    unchecked,
)
from suwen.clinical.prescription_review.line_checks import line_findings
from suwen.clinical.prescription_review.lines import ReviewLine, mark_odd, resolved
from suwen.clinical.prescription_review.pair_checks import Together, pair_findings
from suwen.clinical.prescription_review.patient_state import PatientState, state_of
from suwen.clinical.prescription_review.plans import Plan, plan_of
from suwen.clinical.prescription_review.prescription import Prescription
from suwen.clinical.prescription_review.review_kinds import Action, Kind
from suwen.clinical.prescription_review.route_checks import route_findings
from suwen.clinical.prescription_review.rulebook import RuleBook, rule_book
from suwen.core.finding import Severity
from suwen.core.language import Bilingual

_MARKS: Final[Mapping[str, Bilingual]] = {
    "narcotic": Bilingual("麻醉药品", "narcotic"),
    "psychotropic_1": Bilingual("第一类精神药品", "class-1 psychotropic"),
    "psychotropic_2": Bilingual("第二类精神药品", "class-2 psychotropic"),
    "tcm_toxic": Bilingual("医疗用毒性药品", "toxic medicine"),
    "high_alert": Bilingual("高警示药品", "high-alert"),
    "skin_test": Bilingual("须皮试", "skin test"),
    "lv2": Bilingual("限制使用级抗菌药物", "restricted antibacterial"),
    "lv3": Bilingual("特殊使用级抗菌药物", "special-use antibacterial"),
}


@dataclass(frozen=True, slots=True)
class IdentifiedLine:
    """What a line was taken for.

    Attributes:
        medicine: id of the medicine, ``None`` when it was not identified.
        how: ``exact``, ``salt``, ``misspelt`` or ``unknown``.
        single, daily: amounts in ``unit`` (mg or IU), ``None`` where not known.
        marks: special management, high alert, skin test, level of antibacterial.
    """

    reference: str
    written: str
    medicine: str | None
    title: Bilingual | None
    how: str
    single: float | None
    daily: float | None
    unit: str
    marks: tuple[Bilingual, ...]


class Review(NamedTuple):
    """What a review says.

    Attributes:
        decision: the gravest action of any finding.
        findings: gravest first.
        lines: the lines as resolved, orders first.
    """

    decision: Action
    findings: tuple[ReviewFinding, ...]
    lines: tuple[ReviewLine, ...]
    state: PatientState

    @property
    def identified(self) -> tuple[IdentifiedLine, ...]:
        """What each line was taken for."""
        return tuple(_identified(line) for line in self.lines)

    @property
    def reminders(self) -> tuple[ReviewFinding, ...]:
        """High-alert notes, skin tests and tests before the start; they ask for nothing."""
        found = {
            (index, row.id): ReviewFinding(row, Kind.FORM, Severity.INFO, Action.PASS, (meaning,))
            for index, line in enumerate(self.lines)
            for meaning in line.meanings or (line,)
            if meaning.compiled is not None and not line.current and not line.local
            for row in meaning.compiled.reminders
        }
        return tuple(found.values())

    @property
    def groups(self) -> tuple[tuple[ReviewFinding, ...], ...]:
        """Findings that say the same of the same medicines, the gravest of each group first."""
        return grouped(self.findings)


def review(
    prescription: Prescription,
    rules: RuleBook | None = None,
    *,
    shown: ShownBefore | None = None,
) -> Review:
    """What speaks against a prescription, and what could not be checked.

    Args:
        rules: shipped and the hospital's own rows; the shipped ones when ``None``.
        shown: what was overridden with a reason before in the same episode.
    """
    return judged(understood(prescription, rules), shown=shown)


@dataclass(frozen=True, slots=True)
class UnderstoodPrescription:
    """A prescription with its medicines, amounts and the patient's derived values.

    Attributes:
        formal: whether anything can speak against its form as a whole.
    """

    prescription: Prescription
    lines: tuple[ReviewLine, ...]
    state: PatientState
    rules: CompiledRules
    formal: bool


def understood(prescription: Prescription, rules: RuleBook | None = None) -> UnderstoodPrescription:
    """The prescription with every free text read; the first half of a review."""
    compiled = (rules or rule_book()).compiled
    state = state_of(prescription, compiled)
    lines = [resolved(order, compiled, state, current=False) for order in prescription.orders]
    lines += [resolved(order, compiled, state, current=True) for order in prescription.current]
    usual = compiled.usual_days.get(prescription.setting, float("inf"))
    for line in lines:
        mark_odd(line, usual)
    formal = (
        not prescription.diagnoses
        or len(lines) > MOST_ITEMS
        or (state.facts.age_in == "years" and (state.facts.age_y or 1.0) < 1)
        or any(line.compiled is not None and line.compiled.piece for line in lines)
    )
    return UnderstoodPrescription(prescription, tuple(lines), state, compiled, formal)


def judged(read: UnderstoodPrescription, *, shown: ShownBefore | None = None) -> Review:
    """What the rules have against it; the second half of a review."""
    prescription, lines, state, rules = read.prescription, read.lines, read.state, read.rules
    findings, lacking = _against(read)
    if lacking and lacking[0][0].meanings:
        told = tuple(findings)
        findings.extend(
            by_meaning(lines, told, lambda taken: _against(replace(read, lines=taken))[0])
        )
    if read.formal:
        findings.extend(legal_findings(prescription, lines, state, rules))
    if lacking or prescription.allergies is None or state.contradiction is not None:
        findings.extend(unchecked(prescription, lacking, state, rules))
    ordered = quietened(findings, shown) if findings else ()
    return Review(_decision(ordered), ordered, lines, state)


def _against(
    read: UnderstoodPrescription,
) -> tuple[list[ReviewFinding], list[tuple[ReviewLine, Plan | None]]]:
    """What speaks against the lines alone and together, and of which of them something may lack."""
    prescription, lines, rules = read.prescription, read.lines, read.rules
    if prescription.current:
        taken = {line.medicine.id for line in lines if line.current and line.medicine is not None}
        for line in lines:
            line.continued = line.medicine is not None and line.medicine.id in taken
    findings: list[ReviewFinding] = []
    lacking, together = _by_line(read, findings)
    if together is not None:
        findings.extend(pair_findings(lines, together, read.state.facts.age_y, rules))
    if prescription.allergies:
        findings.extend(_allergy(prescription.allergies, lines, rules))
    return findings, lacking


def _by_line(
    read: UnderstoodPrescription, findings: list[ReviewFinding]
) -> tuple[list[tuple[ReviewLine, Plan | None]], Together | None]:
    """Adds what speaks against single lines.

    Written for speed: a line with which all is well passes without a call, and the masks say
    whether any two lines can have anything to do with one another.

    Returns:
        The lines of which something may lack, and what pairs there can be, ``None`` for none.
    """
    conditions, profile = read.state.conditions, read.state.profile
    first_seen = second_seen = once = twice = side_a = side_b = 0
    interact = shared = False
    substances: set[str] = set()
    lacking: list[tuple[ReviewLine, Plan | None]] = []
    for line in read.lines:
        compiled = line.compiled
        if compiled is None:
            # Names of several meanings stand first.
            lacking.insert(0 if line.meanings else len(lacking), (line, None))
            if not line.current:
                findings.extend(line_form(read.prescription, line, read.state, read.rules))
            continue
        first, second, one, of_a, of_b, contained, plans, against = compiled.hot
        if first & second_seen or second & first_seen:
            interact = True
        first_seen |= first
        second_seen |= second
        twice |= once & one
        once |= one
        side_a |= of_a
        side_b |= of_b
        if not substances.isdisjoint(contained):
            shared = True
        substances |= contained
        plan = plans.get(profile) or plan_of(compiled, read.state, read.rules)
        if not line.complete or plan.may_lack or line.unit != "mg" or read.state.of_liver:
            lacking.append((line, plan))
        fine = (
            line.most_single <= plan.quick_single
            and line.most_daily <= plan.quick_daily
            and not against & conditions
            and not line.odd
            and not plan.checks
        )
        if not (fine or line.current):
            _about(line, plan, read, findings)
    found = twice | side_a & side_b
    return lacking, Together(interact, found, shared) if interact or found or shared else None


def _about(
    line: ReviewLine, plan: Plan, read: UnderstoodPrescription, findings: list[ReviewFinding]
) -> None:
    """Adds what speaks against one line of which something does."""
    compiled, days = line.compiled, line.order.days
    findings.extend(line_findings(line, plan, read.state, read.rules))
    if line.forbidden:
        findings.extend(route_findings(line, read.lines, read.rules))
    usual = read.rules.usual_days.get(read.prescription.setting, float("inf"))
    if (
        compiled is not None
        and compiled.antibacterial
        and line.most_daily * FAR_BELOW <= plan.quick_daily
    ):
        findings.extend(hardly_any(line, read.state, read.rules))
    legal = compiled is not None and compiled.legal
    if legal or (days is not None and days > usual) or line.frequency.as_directed:
        findings.extend(line_form(read.prescription, line, read.state, read.rules))
    if line.identity is not None and line.identity.how == "misspelt":
        findings.append(_read_as(line, read.rules))


def _allergy(
    texts: Sequence[str], lines: Sequence[ReviewLine], rules: CompiledRules
) -> Iterator[ReviewFinding]:
    allergies = allergies_of(texts, rules)
    yield from allergy_findings(lines, allergies, rules)
    if any(not allergy.understood for allergy in allergies):
        row = rules.statements["UNC-allergy-text"]
        yield ReviewFinding(row, Kind.UNCHECKED, Severity.INFO, Action.INFORM)


def _read_as(line: ReviewLine, rules: CompiledRules) -> ReviewFinding:
    row: RuleRow = rules.statements["READ-AS"]
    title = None if line.identity is None else line.identity.medicine.title
    return ReviewFinding(
        row, Kind.UNKNOWN_DRUG, Severity.INFO, Action(row.text("action")), (line,), title
    )


def _decision(findings: Sequence[ReviewFinding]) -> Action:
    return findings[0].action if findings else Action.PASS


def _identified(line: ReviewLine) -> IdentifiedLine:
    medicine = line.medicine
    classes = frozenset() if medicine is None else medicine.classes
    return IdentifiedLine(
        reference=line.order.reference,
        written=line.order.drug,
        medicine=None if medicine is None else medicine.id,
        title=None if medicine is None else medicine.title,
        how="unknown" if line.identity is None else line.identity.how,
        single=line.single,
        daily=line.daily,
        unit=line.unit,
        marks=tuple(mark for name, mark in _MARKS.items() if name in classes),
    )


def review_as_json(result: Review) -> Mapping[str, Any]:
    """The result in the form of the contract, with further fields."""
    return {
        "decision": result.decision.value,
        "findings": [finding_as_json(finding) for finding in result.findings],
        "reminders": [finding_as_json(finding) for finding in result.reminders],
        "lines": [
            {
                "reference": line.reference,
                "drug": line.written,
                "medicine": line.medicine,
                "how": line.how,
                "name_zh": None if line.title is None else line.title.zh,
                "name_en": None if line.title is None else line.title.en,
                "marks": [{"zh": mark.zh, "en": mark.en} for mark in line.marks],
            }
            for line in result.identified
        ],
    }


def finding_as_json(finding: ReviewFinding) -> Mapping[str, Any]:
    """One finding in the form of the contract, with further fields."""
    message, advice, why = finding.message, finding.advice, finding.explanation
    source = finding.source
    return {
        "rule": finding.rule,
        "kind": finding.kind.value,
        "severity": finding.severity.value,
        "drugs": list(finding.drugs),
        "message_zh": message.zh,
        "message_en": message.en,
        "action": finding.action.value,
        "source": f"{source.title} ({source.edition})",
        "confidence": finding.confidence.value,
        "review_state": finding.review_state.value,
        "advice_zh": advice.zh,
        "advice_en": advice.en,
        "explanation_zh": why.zh,
        "explanation_en": why.en,
        "lines": list(finding.lines),
        "category": finding.category,
        "key": finding.key,
        "grouped_under": finding.grouped_under,
        "overridable": finding.overridable,
    }


def gravest(findings: Sequence[ReviewFinding]) -> ReviewFinding | None:
    """The gravest of some findings, ``None`` of none."""
    return max(findings, key=lambda f: GRAVITY[f.severity], default=None)
