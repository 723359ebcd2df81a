"""Review of one prescription by rules; pure, no input or output, no model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from suwen.appkit import (
    Bilingual,
    CoreResult,
    Draft,
    ModelAnswer,
    Passage,
    PatientRecord,
    Plan,
    PreconditionError,
    PromptSpec,
    RecordRead,
)
from suwen.apps.prescription_review.cards import CARD_HOOKS, CARD_TITLE, cards_of
from suwen.apps.prescription_review.detail import REQUEST_SCHEMA, detail_of
from suwen.apps.prescription_review.from_record import prescription_of, requester_of
from suwen.apps.prescription_review.rules import awaiting_in, judged, result_of, unchecked_in
from suwen.apps.prescription_review.schema import (
    PatientForm,
    PrescriptionReviewRequest,
    parse_request,
)
from suwen.apps.prescription_review.wording import RULES_AWAIT, unchecked_limit
from suwen.clinical.prescription_review import (
    Prescription,
    PrescriptionTables,
    Review,
    RowChange,
    RuleBook,
    rule_book,
)
from suwen.clinical.prescription_review.changes import SET_ID
from suwen.clinical.prescription_review.rulebook import book_of
from suwen.core.cards import CardAnswer, CardCase, Hook

READS = (
    "Patient",
    "Encounter",
    "Condition",
    "Observation",
    "AllergyIntolerance",
    "Medication",
    "MedicationRequest",
    "MedicationStatement",
)


class PrescriptionReview:
    """What speaks against a prescription, and what could not be checked about it.

    Args:
        changes: a hospital's own decisions on the rows to judge by; read at the first review.
    """

    def __init__(self, changes: Sequence[RowChange] = ()) -> None:
        self._changes = changes
        self._own_book: RuleBook | None = None

    def rule_sets(self) -> tuple[str, ...]:
        """The tables that a hospital may change."""
        return (SET_ID,)

    def with_rules(self, changes: Mapping[str, Sequence[RowChange]]) -> PrescriptionReview:
        """The same application by the shipped rows with these changes."""
        return PrescriptionReview(changes[SET_ID])

    @property
    def _book(self) -> RuleBook:
        if not self._changes:
            return rule_book()
        if self._own_book is None:
            self._own_book = book_of(PrescriptionTables().rows(self._changes))
        return self._own_book

    def parse(self, request: Mapping[str, Any]) -> PrescriptionReviewRequest:
        """Checks a request strictly.

        Raises:
            InputError: ``request_invalid`` or ``text_not_storable`` with the field at fault.
        """
        return parse_request(request)

    def plan(self, request: PrescriptionReviewRequest) -> Plan:
        """Reads the record, or nothing where the prescription is handed in."""
        form = request.record
        if form is None:
            return Plan(language=request.language)
        if isinstance(form, PatientForm):
            read = RecordRead(READS, patient_id=form.patient_id, encounter_id=form.encounter_id)
        else:
            read = RecordRead(READS, bundle=form.bundle)
        return Plan(language=request.language, read=read)

    def core(
        self,
        request: PrescriptionReviewRequest,
        record: PatientRecord | None,
        passages: Sequence[Passage],
    ) -> CoreResult:
        """The whole decision.

        Raises:
            InputError: ``request_invalid`` where the record holds no prescription.
            PreconditionError: ``no_record``.
        """
        prescription, limits = _prescription(request, record)
        book = self._book
        found = judged(prescription, book)
        draft = _draft(found, limits)
        if request.detail and draft.result is not None:
            draft.result.update(detail_of(prescription, found, book))
            if record is not None and request.record is not None:
                draft.result["requester"] = requester_of(record, request.record)
        return CoreResult(draft)

    def ask(self, request: PrescriptionReviewRequest, result: CoreResult) -> PromptSpec | None:
        """Nothing: rules decide and explain."""
        return None

    def merge(
        self,
        request: PrescriptionReviewRequest,
        result: CoreResult,
        answer: ModelAnswer | None,
    ) -> Draft:
        """The findings of the rules, whatever else was said."""
        return result.draft

    def request_schema(self) -> Mapping[str, Any]:
        """What may be asked, for other programs."""
        return REQUEST_SCHEMA

    @property
    def card_title(self) -> Bilingual:
        """How people know what speaks at a hook."""
        return CARD_TITLE

    @property
    def card_hooks(self) -> frozenset[Hook]:
        """Where orders are chosen and where they are signed."""
        return CARD_HOOKS

    @property
    def card_reads(self) -> frozenset[str]:
        """What is wanted of the record at a hook."""
        return frozenset(READS)

    def cards(self, case: CardCase) -> CardAnswer:
        """What speaks against the orders in the making."""
        return cards_of(case, self._book)

    def output(self, draft: Draft) -> Mapping[str, Any]:
        """The result in the form of the contract."""
        if draft.result is None:
            raise TypeError("a draft of this application is a list of findings")
        return draft.result


def _prescription(
    request: PrescriptionReviewRequest, record: PatientRecord | None
) -> tuple[Prescription, tuple[Bilingual, ...]]:
    if request.prescription is not None:
        return request.prescription, ()
    if record is None or request.record is None:
        raise PreconditionError(
            "no_record",
            Bilingual(zh="没有读到该患者的记录。", en="No record of the patient was read."),
        )
    return prescription_of(record, request.record)


def _draft(found: Review, limits: tuple[Bilingual, ...]) -> Draft:
    unchecked = unchecked_in(found)
    told = (
        *limits,
        *((unchecked_limit(unchecked),) if unchecked else ()),
        *((RULES_AWAIT,) if awaiting_in(found) else ()),
    )
    result = result_of(found)
    result["limits"] = [{"zh": limit.zh, "en": limit.en} for limit in told]
    findings = tuple(finding.as_finding() for finding in found.findings)
    return Draft(document=None, findings=findings, result=result, limits=told)


APP = PrescriptionReview()
