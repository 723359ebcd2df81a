"""Quality control of the documents of one stay; pure, no input or output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from suwen.appkit import (
    Bilingual,
    Confidence,
    CoreResult,
    Draft,
    Finding,
    Language,
    ModelAnswer,
    Passage,
    PatientRecord,
    Plan,
    PreconditionError,
    PromptSpec,
    RecordRead,
    finding_as_json,
)
from suwen.apps.record_quality.book import Book, own_book
from suwen.apps.record_quality.findings import Defect, rules
from suwen.apps.record_quality.reading import stay_of_record, stay_of_request
from suwen.apps.record_quality.rows import SET_ID, book_with_rows
from suwen.apps.record_quality.rules import defects_of
from suwen.apps.record_quality.schema import RecordQualityRequest, parse_request
from suwen.apps.record_quality.scoring import score_of
from suwen.apps.record_quality.second_look import noticed_by_model, prompt_for
from suwen.apps.record_quality.stay import Stay
from suwen.clinical.laboratory.book import laboratory_book_with
from suwen.clinical.laboratory.rows import SET_ID as LABORATORY
from suwen.clinical.row_changes import RowChange

READS = (
    "Patient",
    "Encounter",
    "Observation",
    "AllergyIntolerance",
    "Procedure",
    "DocumentReference",
    "Composition",
    "Practitioner",
)


class RecordQuality:
    """Which defects the documents of a stay have, and what they cost.

    Args:
        book: the tables to judge by.
    """

    def __init__(self, book: Book) -> None:
        self._book = book

    def rule_sets(self) -> tuple[str, ...]:
        """The tables that a hospital may change."""
        return (SET_ID, LABORATORY)

    def with_rules(self, changes: Mapping[str, Sequence[RowChange]]) -> RecordQuality:
        """The same application with a hospital's decisions on rows.

        Raises:
            ConfigurationError: ``hospital_rules_invalid`` where they do not fit this program.
        """
        book = book_with_rows(self._book, changes.get(SET_ID, ()))
        return RecordQuality(
            replace(book, laboratory=laboratory_book_with(changes.get(LABORATORY, ())))
        )

    def parse(self, request: Mapping[str, Any]) -> RecordQualityRequest:
        """Checks a request strictly.

        Raises:
            InputError: ``request_invalid``, ``stay_or_patient`` or ``document_id_twice``.
        """
        return parse_request(request)

    def plan(self, request: RecordQualityRequest) -> Plan:
        """Reads the record of the one patient, or nothing where the stay is handed in."""
        language = _language(request)
        if request.patient_id is None:
            return Plan(language=language)
        encounter = request.encounter_id
        return Plan(
            language=language,
            read=RecordRead(
                resource_types=READS,
                patient_id=request.patient_id.removeprefix("Patient/"),
                encounter_id=encounter.removeprefix("Encounter/") if encounter else None,
            ),
        )

    def core(
        self,
        request: RecordQualityRequest,
        record: PatientRecord | None,
        passages: Sequence[Passage],
    ) -> CoreResult:
        """Judges the stay by all rules.

        Raises:
            InputError: ``request_invalid`` where the bundle is none.
            PreconditionError: ``no_record``, ``no_inpatient_encounter``, ``stay_without_begin``.
        """
        if not request.from_store:
            stay = stay_of_request(request)
        elif record is None:
            raise PreconditionError(
                "no_record",
                Bilingual(zh="没有读到该患者的记录。", en="No record of the patient was read."),
            )
        else:
            stay = stay_of_record(record, request)
        defects = defects_of(stay, self._book)
        return CoreResult(self._draft(stay, defects), {"stay": stay, "defects": defects})

    def ask(self, request: RecordQualityRequest, result: CoreResult) -> PromptSpec | None:
        """Asks for contradictions that rules do not see, each with its exact words."""
        return prompt_for(result.memory["stay"], _language(request))

    def merge(
        self, request: RecordQualityRequest, result: CoreResult, answer: ModelAnswer | None
    ) -> Draft:
        """The findings, with what a model noticed behind them; that deducts nothing."""
        if answer is None:
            return result.draft
        stay: Stay = result.memory["stay"]
        defects: tuple[Defect, ...] = result.memory["defects"]
        return self._draft(stay, (*defects, *noticed_by_model(stay, answer)))

    def output(self, draft: Draft) -> Mapping[str, Any]:
        """The result in the form of the contract."""
        if draft.result is None:
            raise TypeError("a draft of this application is a list of findings")
        return draft.result

    def _draft(self, stay: Stay, defects: Sequence[Defect]) -> Draft:
        scored = score_of(defects, self._book.scheme)
        findings = tuple(_finding(d, self._book) for d in defects)
        rows = [
            _row(defect, finding, points)
            for defect, finding, points in zip(defects, findings, scored.deductions, strict=True)
        ]
        result: dict[str, object] = {
            "score": scored.score,
            "grade": scored.grade.id,
            "grade_zh": scored.grade.title.zh,
            "grade_en": scored.grade.title.en,
            "admitted_at": stay.admitted_at.isoformat() if stay.admitted_at else None,
            "ended_at": stay.ended_at.isoformat() if stay.ended_at else None,
            "vetoes": list(dict.fromkeys(scored.vetoes)),
            "documents": [
                {
                    "id": p.id,
                    "document_type": p.kind.id if p.kind else p.type_name,
                    "title_zh": p.kind.title.zh if p.kind else p.type_name,
                    "title_en": p.kind.title.en if p.kind else p.type_name,
                    "written_at": p.written_at.isoformat() if p.written_at else None,
                    "author": p.author or p.signed_by,
                    "author_ids": list(p.author_ids),
                }
                for p in stay.papers
            ],
            "findings": rows,
        }
        return Draft(document=None, findings=findings, result=result, limits=_limits(stay))


def _finding(defect: Defect, book: Book) -> Finding:
    rule = rules()[defect.rule].rule
    if defect.rule in book.changed:
        rule = replace(rule, source=book.changed[defect.rule], confidence=Confidence.REVIEWED)
    return replace(
        rule.finding(defect.message, defect.evidence, defect.span), suggestion=defect.suggestion
    )


def _row(defect: Defect, finding: Finding, points: float) -> dict[str, object]:
    return {
        **finding_as_json(finding),
        "kind": rules()[defect.rule].kind,
        "document_id": defect.document.id if defect.document else None,
        "quote": defect.quote,
        "deduction": points,
        "absent": list(defect.absent) if defect.absent else None,
    }


def _limits(stay: Stay) -> tuple[Bilingual, ...]:
    found = []
    if not stay.measured:
        found.append(
            Bilingual(
                zh="没有检验数据：诊断与检验、文中数值与检验系统未能核对。",
                en="No laboratory data: diagnoses and quoted values could not be compared.",
            )
        )
    if stay.ended_at is None:
        found.append(
            Bilingual(
                zh="住院尚未结束：只判断到最近一次记录为止已到期的文书。",
                en="The stay goes on: only what was due by its newest entry is judged.",
            )
        )
    return tuple(found)


def _language(request: RecordQualityRequest) -> Language:
    if request.language is not None:
        return request.language
    said = "".join(d.text[:200] for d in (request.documents or [])[:3])
    chinese = not said or any("\u4e00" <= c <= "\u9fff" for c in said)
    return Language.ZH if chinese else Language.EN


APP = RecordQuality(own_book())
