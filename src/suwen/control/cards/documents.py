"""Documents that wait for a signature, and documents that a stay owes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from suwen.clinical.document_duties import DUTIES, DueDocument, Duty, due_documents
from suwen.control.cards.wording import recorded
from suwen.core.cards import Card, CardCase, CardLink, CardTopic, KnownDraft
from suwen.core.draft import DraftStatus
from suwen.core.finding import Confidence, Evidence, EvidenceKind, Finding, Severity, Source
from suwen.core.language import Bilingual
from suwen.core.record import EncounterItem

WAITING = "CDS-W01"
OWED = "CDS-W02"
INPATIENT = frozenset({"IMP", "ACUTE", "NONAC"})
"""Encounter classes of a stay. Source: HL7 v3 ActCode, ActEncounterCode."""

OPEN = frozenset({DraftStatus.DRAFT, DraftStatus.AWAITING_COSIGN, DraftStatus.ESCALATED})

_VOID = frozenset({"planned", "cancelled", "entered-in-error"})
_TITLES = {
    "admission_record": Bilingual("入院记录", "admission record"),
    "discharge_summary": Bilingual("出院记录", "discharge summary"),
    "outpatient_note": Bilingual("门诊病历", "outpatient note"),
    "first_course_note": Bilingual("首次病程记录", "first course note"),
    "daily_course_note": Bilingual("日常病程记录", "daily course note"),
}
_WAITS_FOR = {
    DraftStatus.DRAFT: Bilingual("等待签名", "awaits a signature"),
    DraftStatus.AWAITING_COSIGN: Bilingual("等待上级医师签名", "awaits a superior's signature"),
    DraftStatus.ESCALATED: Bilingual("已上报，等待上级医师决定", "was escalated to a superior"),
}
_OWN = Source("suwen, documents built here", "as stored")


def title_of(document_type: str) -> Bilingual:
    """What a document of that type is called."""
    return _TITLES.get(document_type, Bilingual(document_type, document_type))


def current_stay(case: CardCase) -> EncounterItem | None:
    """The encounter that is meant: the one named, else the latest that has begun."""
    begun = [e for e in case.record.encounters if e.status not in _VOID]
    if case.encounter is not None:
        wanted = f"Encounter/{case.encounter}"
        return next((e for e in case.record.encounters if e.reference == wanted), None)
    return begun[-1] if begun else None


def waiting_cards(case: CardCase) -> Iterator[Card]:
    """A card for each document built here that somebody has to sign or decide on."""
    for draft in case.drafts or ():
        if draft.status not in OPEN:
            continue
        title, waits = title_of(draft.document_type), _WAITS_FOR[draft.status]
        yield Card(
            finding=Finding(
                rule=WAITING,
                severity=Severity.INFO,
                message=Bilingual(
                    zh=f"{title.zh}草稿{waits.zh}。", en=f"Draft {title.en} {waits.en}."
                ),
                source=_OWN,
                confidence=Confidence.VERIFIED,
                evidence=(Evidence(EvidenceKind.RECORD, f"Draft/{draft.id}", draft.status.value),),
            ),
            topic=CardTopic.UNSIGNED_DOCUMENT,
            links=(CardLink(Bilingual("打开草稿", "Open the draft"), f"/drafts/{draft.id}"),),
        )


def owed_cards(case: CardCase, stay: EncounterItem) -> Iterator[Card]:
    """A card for each document that an inpatient stay owes by now."""
    if stay.encounter_class not in INPATIENT or stay.when is None:
        return
    admitted, discharged = stay.when.start, stay.when.end
    given = signed_here(case.drafts or (), admitted)
    for document in due_documents(admitted, discharged, case.record.notes, case.now):
        if document.document_type not in given:
            yield _owed(case, document, stay)


def signed_here(drafts: Sequence[KnownDraft], since: datetime) -> frozenset[str]:
    """Types of the documents of this stay that were signed on this platform."""
    return frozenset(
        d.document_type for d in drafts if d.status is DraftStatus.SIGNED and d.created_at >= since
    )


def _owed(case: CardCase, document: DueDocument, stay: EncounterItem) -> Card:
    duty = duty_of(document.document_type)
    title = title_of(document.document_type)
    deadline = document.deadline.astimezone(case.zone).strftime("%Y-%m-%d %H:%M")
    if document.overdue:
        message = Bilingual(
            zh=f"{title.zh}已超时：应于 {deadline} 前完成。",
            en=f"The {title.en} is overdue: it was due by {deadline}.",
        )
    else:
        message = Bilingual(
            zh=f"{title.zh}尚未完成：应于 {deadline} 前完成。",
            en=f"The {title.en} is not written yet: due by {deadline}.",
        )
    return Card(
        finding=Finding(
            rule=OWED,
            severity=Severity.MODERATE if document.overdue else Severity.INFO,
            message=message,
            source=duty.source,
            confidence=duty.confidence,
            evidence=(
                recorded(stay.reference, "Encounter.period", stay.when.text if stay.when else ""),
            ),
        ),
        topic=CardTopic.OWED_DOCUMENT,
        links=patient_link(case),
    )


def duty_of(document_type: str) -> Duty:
    """The duty that owes a document of that type."""
    return next(duty for duty in DUTIES if duty.document_type == document_type)


def patient_link(case: CardCase) -> tuple[CardLink, ...]:
    """The patient's page; none where the record is not held here."""
    if case.drafts is None:
        return ()
    patient = case.record.patient.reference.rpartition("/")[2]
    return (CardLink(Bilingual("打开患者页面", "Open the patient's page"), f"/patients/{patient}"),)
