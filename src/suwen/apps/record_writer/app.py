"""Writes standardised medical records from the structured record; pure, no input or output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from suwen.apps.record_writer.documents import build_document, limits_of
from suwen.apps.record_writer.narrative import Fact, facts_of, prompt_for, with_narrative
from suwen.apps.record_writer.rules import findings_of
from suwen.apps.record_writer.schema import RecordWriterRequest, parse_request
from suwen.apps.record_writer.visit import choose_visit
from suwen.core.application import (
    CoreResult,
    ModelAnswer,
    Plan,
    PromptSpec,
    RecordRead,
)
from suwen.core.document import Draft
from suwen.core.document_form import document_as_json, finding_as_json
from suwen.core.errors import PreconditionError
from suwen.core.knowledge import Passage
from suwen.core.language import Bilingual
from suwen.core.record import PatientRecord

READS = (
    "Patient",
    "Encounter",
    "Condition",
    "Observation",
    "DiagnosticReport",
    "MedicationRequest",
    "MedicationStatement",
    "Medication",
    "AllergyIntolerance",
    "Procedure",
    "ImagingStudy",
    "Immunization",
    "FamilyMemberHistory",
    "CarePlan",
    "Appointment",
    "ServiceRequest",
    "DocumentReference",
    "Composition",
    "Practitioner",
    "Organization",
    "Location",
)


class RecordWriter:
    """Discharge summaries, admission records and outpatient notes."""

    def parse(self, request: Mapping[str, Any]) -> RecordWriterRequest:
        """Checks a request strictly.

        Raises:
            InputError: ``request_invalid``, ``patient_or_bundle`` or ``form_not_available``.
        """
        return parse_request(request)

    def plan(self, request: RecordWriterRequest) -> Plan:
        """Reads the whole record of the one patient; nothing is retrieved."""
        patient = request.patient_id.removeprefix("Patient/") if request.patient_id else None
        encounter = request.encounter_id
        return Plan(
            language=request.language,
            read=RecordRead(
                resource_types=READS,
                patient_id=patient,
                bundle=request.bundle,
                encounter_id=encounter.removeprefix("Encounter/") if encounter else None,
            ),
        )

    def core(
        self,
        request: RecordWriterRequest,
        record: PatientRecord | None,
        passages: Sequence[Passage],
    ) -> CoreResult:
        """Builds the document and the findings from the record alone.

        Raises:
            PreconditionError: ``no_record``, ``no_inpatient_encounter``, ``no_encounter``,
                ``encounter_not_inpatient`` or ``encounter_not_held``.
            NotFoundError: ``encounter_not_found``.
        """
        if record is None:
            raise PreconditionError(
                "no_record",
                Bilingual(zh="没有读到该患者的记录。", en="No record of the patient was read."),
            )
        visit = choose_visit(record, request.encounter_id, request.document_type, request.language)
        document = build_document(visit)
        draft = Draft(
            document=document,
            findings=findings_of(visit, document),
            limits=limits_of(visit),
        )
        return CoreResult(
            draft,
            {
                "facts": facts_of(document),
                "encounter": visit.encounter.reference.removeprefix("Encounter/"),
            },
        )

    def ask(self, request: RecordWriterRequest, result: CoreResult) -> PromptSpec | None:
        """Asks for sentences on the course, from the numbered facts of the document."""
        return prompt_for(_facts(result), request.language)

    def merge(
        self, request: RecordWriterRequest, result: CoreResult, answer: ModelAnswer | None
    ) -> Draft:
        """The document with the model's sentences; without an answer as the rules built it."""
        document = result.draft.document
        if answer is None or document is None:
            return result.draft
        return replace(result.draft, document=with_narrative(document, _facts(result), answer))

    def output(self, draft: Draft) -> Mapping[str, Any]:
        """The result in the form of the contract."""
        document = draft.document
        if document is None:
            raise TypeError("a draft of this application is a document")
        return {
            "document": document_as_json(document),
            "completion": {
                "fields_total": document.fields_total,
                "fields_filled": document.fields_filled,
            },
            "findings": [finding_as_json(f) for f in draft.findings],
            "limits": [{"zh": item.zh, "en": item.en} for item in draft.limits],
        }


def _facts(result: CoreResult) -> tuple[Fact, ...]:
    facts: tuple[Fact, ...] = result.memory["facts"]
    return facts


APP = RecordWriter()
