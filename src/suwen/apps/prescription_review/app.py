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
from suwen.apps.prescription_review.from_record import prescription_of
from suwen.apps.prescription_review.rules import awaiting_in, judged, result_of, unchecked_in
from suwen.apps.prescription_review.schema import PrescriptionReviewRequest, parse_request
from suwen.apps.prescription_review.wording import RULES_AWAIT, unchecked_limit
from suwen.clinical.prescription_review import Prescription, Review, RuleBook, rule_book

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
        book: the tables to judge by; the shipped ones when ``None``, read at the first review.
    """

    def __init__(self, book: RuleBook | None = None) -> None:
        self._book = book

    def parse(self, request: Mapping[str, Any]) -> PrescriptionReviewRequest:
        """Checks a request strictly.

        Raises:
            InputError: ``request_invalid`` or ``text_not_storable`` with the field at fault.
        """
        return parse_request(request)

    def plan(self, request: PrescriptionReviewRequest) -> Plan:
        """Reads the bundle, or nothing where the prescription is handed in."""
        if request.bundle is None:
            return Plan(language=request.language)
        return Plan(
            language=request.language,
            read=RecordRead(resource_types=READS, bundle=request.bundle.bundle),
        )

    def core(
        self,
        request: PrescriptionReviewRequest,
        record: PatientRecord | None,
        passages: Sequence[Passage],
    ) -> CoreResult:
        """The whole decision.

        Raises:
            InputError: ``request_invalid`` where the bundle holds no prescription.
            PreconditionError: ``no_record``.
        """
        prescription, limits = _prescription(request, record)
        found = judged(prescription, self._book or rule_book())
        return CoreResult(_draft(found, limits))

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
    if record is None or request.bundle is None:
        raise PreconditionError(
            "no_record",
            Bilingual(zh="没有读到该患者的记录。", en="No record of the patient was read."),
        )
    return prescription_of(record, request.bundle)


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
