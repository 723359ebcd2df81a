"""What a review finds: small when made; words, sources and evidence are put together when asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from suwen.clinical.medicines.rows import ReviewState, RuleRow
from suwen.clinical.prescription_review.lines import ReviewLine
from suwen.clinical.prescription_review.patient_state import PatientState
from suwen.clinical.prescription_review.review_kinds import Action, Kind
from suwen.clinical.prescription_review.wording import (
    advice_of,
    explanation_of,
    measured,
    message_of,
)
from suwen.core.finding import Confidence, Evidence, EvidenceKind, Finding, Severity, Source
from suwen.core.language import Bilingual

GRAVITY: Final[Mapping[Severity, int]] = {
    Severity.CONTRAINDICATED: 4, Severity.MAJOR: 3, Severity.MODERATE: 2, Severity.MINOR: 1,
    Severity.INFO: 0,
}  # fmt: skip
_CATEGORIES: Final[Mapping[Kind, str]] = {
    Kind.INTERACTION: "INA8", Kind.COMPATIBILITY: "INA8", Kind.ALLERGY: "INA2", Kind.DOSE: "INA5",
    Kind.RENAL: "INA5", Kind.HEPATIC: "INA2", Kind.PREGNANCY: "INA2", Kind.LACTATION: "INA2",
    Kind.AGE: "INA2", Kind.DUPLICATE: "INA7", Kind.DISEASE: "INA2", Kind.QUANTITY: "IRR12",
    Kind.FORM: "INA3", Kind.INDICATION: "INA1", Kind.ANTIBACTERIAL: "IRR14",
    Kind.UNKNOWN_DRUG: "IRR6", Kind.UNCHECKED: "",
}  # fmt: skip


class ReviewFinding(NamedTuple):
    """One thing that speaks against the prescription, or that could not be checked.

    Attributes:
        row: the rule, with its source, confidence and review state.
        lines_found: the lines it is about.
        detail: what it was measured against, per language, for the message.
        action: what this finding alone asks for.
        grouped_under: key of the finding that says the same more gravely; ``None`` for most.
        suppressed_by: who silenced it, where somebody did.
        patient: the patient's derived values, where it rests on them.
        meant: for which meaning of a name of several it holds; ``None`` where names are certain.
    """

    row: RuleRow
    kind: Kind
    severity: Severity
    action: Action
    lines_found: tuple[ReviewLine, ...] = ()
    detail: Bilingual | None = None
    patient: PatientState | None = None
    grouped_under: str | None = None
    suppressed_by: str | None = None
    overridable: bool = True
    meant: Bilingual | None = None

    @property
    def rule(self) -> str:
        """The stable identifier of the rule."""
        return self.row.id

    @property
    def drugs(self) -> tuple[str, ...]:
        """The drugs concerned, as written."""
        return tuple(line.order.drug for line in self.lines_found)

    @property
    def drug_names(self) -> tuple[Bilingual, ...]:
        """The drugs concerned by their generic names, as written where not identified."""
        return tuple(
            Bilingual(line.order.drug, line.order.drug)
            if line.medicine is None
            else line.medicine.title
            for line in self.lines_found
        )

    @property
    def lines(self) -> tuple[str, ...]:
        """References of the order lines concerned."""
        return tuple(line.order.reference for line in self.lines_found)

    @property
    def key(self) -> str:
        """The same for the same matter and medicines in every run."""
        named = sorted(
            line.order.drug if line.medicine is None else line.medicine.id
            for line in self.lines_found
        )
        return f"{self.row.id}:{'+'.join(named)}"

    @property
    def source(self) -> Source:
        """Where the rule comes from."""
        return self.row.source

    @property
    def confidence(self) -> Confidence:
        """How well the source is known."""
        return self.row.confidence

    @property
    def review_state(self) -> ReviewState:
        """Whether this hospital has confirmed the rule."""
        return self.row.review_state

    @property
    def category(self) -> str:
        """The national category of prescription comments; empty where none fits."""
        return self.row.text("category") or _CATEGORIES[self.kind]

    @property
    def message(self) -> Bilingual:
        """What was found, in one sentence."""
        detail = self.detail
        if detail is None and self.patient is not None:
            detail = measured(self.row, self.kind, self.patient)
        said = message_of(self.row, self.drugs, self.drug_names, detail)
        if self.meant is None:
            return said
        return Bilingual(f"{self.meant.zh}{said.zh}", f"{self.meant.en}{said.en}")

    @property
    def advice(self) -> Bilingual:
        """What to do."""
        return advice_of(self.row)

    @property
    def explanation(self) -> Bilingual:
        """Why, from which source, and that local review is awaited where it is."""
        return explanation_of(self.row)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The rule, the order lines and the calculations that it rests on."""
        lines = (
            Evidence(EvidenceKind.RECORD, f"{line.order.reference}.drug", line.order.drug)
            for line in self.lines_found
        )
        rule = Evidence(EvidenceKind.RULE, f"{self.row.table}/{self.row.id}", self.source.title)
        renal = self.kind is Kind.RENAL and self.patient is not None
        return (rule, *lines, *(self.patient.evidence if renal and self.patient else ()))

    def as_finding(self) -> Finding:
        """The finding in the form that drafts and cards carry."""
        return Finding(
            rule=self.rule,
            severity=self.severity,
            message=self.message,
            source=self.source,
            confidence=self.confidence,
            suggestion=self.advice,
            evidence=self.evidence,
        )
