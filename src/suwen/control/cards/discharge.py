"""What a stay still lacks when somebody is about to end it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from suwen.clinical.document_duties import DUTIES
from suwen.clinical.laboratory.book import LaboratoryBook, laboratory_book
from suwen.control.cards.chart import allergy_cards, not_obtained
from suwen.control.cards.completeness import Lacking, dose_missing, lacking, words_of_lacking
from suwen.control.cards.critical_results import critical_results
from suwen.control.cards.documents import (
    INPATIENT,
    current_stay,
    duty_of,
    owed_cards,
    patient_link,
    signed_here,
    title_of,
    waiting_cards,
)
from suwen.control.cards.wording import listed, named, recorded
from suwen.core.cards import Card, CardAnswer, CardCase, CardTopic, Hook
from suwen.core.finding import Confidence, Evidence, Finding, Severity, Source
from suwen.core.language import Bilingual
from suwen.core.record import EncounterItem, MedicationItem, RecordItem

UNWRITTEN = "CDS-X01"
UNSIGNED_NOTE = "CDS-X02"
PENDING = "CDS-X03"

_DISCHARGE_DOCUMENT = "discharge_summary"
_UNFINISHED_REPORT = frozenset({"registered", "partial", "preliminary"})
_FINISHED_REPORT = frozenset({"final", "amended", "corrected", "appended"})
_OPEN_REQUEST = frozenset({"active", "on-hold"})
_RUNNING = frozenset({"active", "on-hold"})
_STATUS = Source("HL7 FHIR R4 DiagnosticReport.status, ServiceRequest.status", "4.0.1")
_NORM = Source("病历书写基本规范（卫医政发〔2010〕11号）", "2010", "第八条：签名")


class DischargeChecks:
    """Documents, signatures, results, allergy status and doses that are missing.

    Args:
        laboratory: the tables of the hospital's laboratory as they work now.
    """

    card_title = Bilingual(zh="出院核对", en="Discharge checks")
    card_hooks = frozenset({Hook.ENCOUNTER_DISCHARGE})
    card_reads = frozenset(
        {
            "Encounter",
            "AllergyIntolerance",
            "Observation",
            "DocumentReference",
            "DiagnosticReport",
            "MedicationRequest",
            "ServiceRequest",
        }
    )

    def __init__(self, laboratory: Callable[[], LaboratoryBook] = laboratory_book) -> None:
        self._laboratory = laboratory

    def cards(self, case: CardCase) -> CardAnswer:
        """Everything that is missing, the gravest first."""
        results = critical_results(case, self._laboratory())
        cards = list(results.cards)
        stay = current_stay(case)
        cards.extend(_pending(case))
        cards.extend(allergy_cards(case))
        if case.obtained("MedicationRequest"):
            cards.extend(_without_dose(case))
        if stay is not None and case.obtained("DocumentReference"):
            cards.extend(_documents(case, stay))
        cards.extend(waiting_cards(case))
        unchecked = (*results.unchecked, *not_obtained(case, self.card_reads))
        return CardAnswer(tuple(cards), unchecked)


def _documents(case: CardCase, stay: EncounterItem) -> Iterator[Card]:
    """Owed documents, the discharge summary that is not begun, documents not signed."""
    owed = list(owed_cards(case, stay))
    yield from owed
    told = any(title_of(_DISCHARGE_DOCUMENT).zh in card.finding.message.zh for card in owed)
    if not told and _is_unwritten(case, stay):
        duty, title = duty_of(_DISCHARGE_DOCUMENT), title_of(_DISCHARGE_DOCUMENT)
        yield Card(
            finding=Finding(
                rule=UNWRITTEN,
                severity=Severity.INFO,
                message=Bilingual(
                    zh=f"{title.zh}尚未完成：出院后 24 小时内应完成。",
                    en=f"The {title.en} is not written yet: due within 24 hours of discharge.",
                ),
                source=duty.source,
                confidence=duty.confidence,
            ),
            topic=CardTopic.OWED_DOCUMENT,
            links=patient_link(case),
        )
    for note in case.record.notes:
        if note.signed is False and _of_stay(note, stay):
            name = named(note.note_type.text if note.note_type else "") or note.reference
            yield Card(
                finding=Finding(
                    rule=UNSIGNED_NOTE,
                    severity=Severity.MODERATE,
                    message=Bilingual(
                        zh=f"病历中的“{name}”尚未签名。",
                        en=f"“{name}” in the record is not signed.",
                    ),
                    source=_NORM,
                    confidence=Confidence.FROM_MEMORY,
                    evidence=(recorded(note.reference, "docStatus", note.status),),
                ),
                topic=CardTopic.UNSIGNED_DOCUMENT,
            )


def _is_unwritten(case: CardCase, stay: EncounterItem) -> bool:
    if stay.encounter_class not in INPATIENT or stay.when is None:
        return False
    codes = next(d.codes for d in DUTIES if d.document_type == _DISCHARGE_DOCUMENT)
    written = any(
        note.note_type is not None and note.note_type.code in codes and _of_stay(note, stay)
        for note in case.record.notes
    )
    signed = signed_here(case.drafts or (), stay.when.start)
    return not written and _DISCHARGE_DOCUMENT not in signed


def _of_stay(item: RecordItem, stay: EncounterItem) -> bool:
    """Whether an item belongs to the stay: by its encounter, else by its time."""
    if item.encounter is not None:
        return item.encounter == stay.reference
    if item.when is None or stay.when is None:
        return False
    return item.when.start >= stay.when.start


def _pending(case: CardCase) -> Iterator[Card]:
    """Reports that are not final and examinations that are not done, of this encounter."""
    stay = current_stay(case)
    if stay is None:
        return
    found: list[RecordItem] = []
    if case.obtained("DiagnosticReport"):
        found += [
            r for r in case.record.reports if r.status in _UNFINISHED_REPORT and _of_stay(r, stay)
        ]
    if case.obtained("ServiceRequest", "DiagnosticReport"):
        answered = _answered(case)
        found += [
            r
            for r in case.record.service_requests
            if r.status in _OPEN_REQUEST and _of_stay(r, stay) and r.reference not in answered
        ]
    if not found:
        return
    names = listed(named(_name(item)) or item.reference for item in found)
    yield Card(
        finding=Finding(
            rule=PENDING,
            severity=Severity.MODERATE,
            message=Bilingual(
                zh=f"仍有 {len(found)} 项结果未出：{names.zh}。",
                en=f"Results still to come ({len(found)}): {names.en}.",
            ),
            source=_STATUS,
            confidence=Confidence.VERIFIED,
            evidence=tuple(_status_of(item) for item in found),
        ),
        topic=CardTopic.PENDING_RESULT,
        details=(
            Bilingual(
                zh="请在出院记录中写明由谁、何时随访这些结果。",
                en="State in the discharge summary who follows them up, and when.",
            ),
        ),
        links=patient_link(case),
    )


def _answered(case: CardCase) -> frozenset[str]:
    """Orders on which a final report is based."""
    return frozenset(
        str(reference["reference"])
        for report in case.record.reports
        if report.status in _FINISHED_REPORT
        for reference in report.resource.get("basedOn") or ()
        if isinstance(reference, dict) and reference.get("reference")
    )


def _name(item: RecordItem) -> str:
    code = getattr(item, "code", None)
    return code.text if code is not None else ""


def _status_of(item: RecordItem) -> Evidence:
    kind = item.reference.partition("/")[0]
    return recorded(item.reference, f"{kind}.status", item.status)


def _without_dose(case: CardCase) -> Iterator[Card]:
    """Medicines that go on after the discharge and have no dose."""
    for item in case.record.medications:
        if item.status in _RUNNING and item.reference.startswith("MedicationRequest/"):
            missing = lacking(item.resource)
            if Lacking.DOSE in missing and _goes_home(item, case):
                yield _incomplete(item, missing)


def _goes_home(item: MedicationItem, case: CardCase) -> bool:
    """Whether it is to be taken after the discharge, or may be: nothing says otherwise."""
    if item.when is not None and item.when.end is not None and item.when.end < case.now:
        return False
    return item.category in (None, "discharge", "community", "outpatient")


def _incomplete(item: MedicationItem, missing: tuple[Lacking, ...]) -> Card:
    name = named(item.medication.text if item.medication else "") or item.reference
    parts = words_of_lacking(missing)
    return Card(
        finding=dose_missing(
            Bilingual(
                zh=f"出院后用药“{name}”缺少{parts.zh}。",
                en=f"Medicine to take home “{name}”: no {parts.en}.",
            ),
            Severity.MODERATE,
            recorded(item.reference, "MedicationRequest.dosageInstruction", ""),
        ),
        topic=CardTopic.INCOMPLETE_ORDER,
    )
