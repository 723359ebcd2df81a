"""The review: every check over every line, then order, grouping and the decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from suwen.clinical.medicines.rows import RuleRow
from suwen.clinical.prescription_review.allergy_checks import allergies_of, allergy_findings
from suwen.clinical.prescription_review.compiling import CompiledRules
from suwen.clinical.prescription_review.fatigue import ShownBefore, grouped, quietened
from suwen.clinical.prescription_review.findings import GRAVITY, ReviewFinding
from suwen.clinical.prescription_review.legal_checks import legal_findings, unchecked
from suwen.clinical.prescription_review.line_checks import line_findings
from suwen.clinical.prescription_review.lines import ReviewLine, resolved
from suwen.clinical.prescription_review.pair_checks import duplicates, interactions
from suwen.clinical.prescription_review.patient_state import PatientState, state_of
from suwen.clinical.prescription_review.plans import Plan, plan_of
from suwen.clinical.prescription_review.prescription import Prescription
from suwen.clinical.prescription_review.review_kinds import Action, Kind
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


@dataclass(frozen=True, slots=True)
class Review:
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
    compiled = (rules or rule_book()).compiled
    state = state_of(prescription, compiled)
    lines = [resolved(order, compiled, state, current=False) for order in prescription.orders]
    for order in prescription.current:
        lines.append(resolved(order, compiled, state, current=True))
    return _reviewed(prescription, lines, state, compiled, shown)


def _reviewed(
    prescription: Prescription,
    lines: Sequence[ReviewLine],
    state: PatientState,
    rules: CompiledRules,
    shown: ShownBefore | None,
) -> Review:
    if prescription.current:
        taken = {line.medicine.id for line in lines if line.current and line.medicine is not None}
        for line in lines:
            line.continued = line.medicine is not None and line.medicine.id in taken
    plans: list[Plan | None] = []
    findings: list[ReviewFinding] = []
    for line in lines:
        if line.compiled is None:
            plans.append(None)
            continue
        plan = plan_of(line.compiled, state, rules)
        plans.append(plan)
        if not line.current:
            findings.extend(line_findings(line, plan, state, rules))
            if line.compiled.rows["reminders"]:
                findings.extend(_reminders(line, rules))
            if line.identity is not None and line.identity.how == "misspelt":
                findings.append(_read_as(line, rules))
    if len(lines) > 1:
        findings.extend(interactions(lines, rules))
        findings.extend(duplicates(lines, state.facts.age_y, rules))
    if prescription.allergies:
        findings.extend(_allergy(prescription.allergies, lines, rules))
    findings.extend(legal_findings(prescription, lines, state, rules))
    findings.extend(unchecked(prescription, lines, plans, state, rules))
    ordered = quietened(findings, shown)
    return Review(_decision(ordered), ordered, tuple(lines), state)


def _allergy(
    texts: Sequence[str], lines: Sequence[ReviewLine], rules: CompiledRules
) -> Iterator[ReviewFinding]:
    allergies = allergies_of(texts, rules)
    yield from allergy_findings(lines, allergies, rules)
    if any(not allergy.understood for allergy in allergies):
        row = rules.statements["UNC-allergy-text"]
        yield ReviewFinding(row, Kind.UNCHECKED, Severity.INFO, Action.INFORM)


def _reminders(line: ReviewLine, rules: CompiledRules) -> Iterator[ReviewFinding]:
    if line.compiled is not None and not line.local:
        for row in line.compiled.rows["reminders"]:
            yield ReviewFinding(row, Kind.FORM, Severity.INFO, Action.PASS, (line,))


def _read_as(line: ReviewLine, rules: CompiledRules) -> ReviewFinding:
    row: RuleRow = rules.statements["READ-AS"]
    title = None if line.identity is None else line.identity.medicine.title
    return ReviewFinding(
        row, Kind.UNKNOWN_DRUG, Severity.INFO, Action(row.text("action")), (line,), title
    )


def _decision(findings: Sequence[ReviewFinding]) -> Action:
    actions = {finding.action for finding in findings}
    if Action.INTERRUPT in actions:
        return Action.INTERRUPT
    return Action.INFORM if Action.INFORM in actions else Action.PASS


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
