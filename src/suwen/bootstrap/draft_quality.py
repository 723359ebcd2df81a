"""What the quality office would find in a draft if it were signed as it stands.

The rules of record_quality are asked about the stay with the draft in it. They are pure: nothing is
run, stored or sent; the record and the draft are those that the person has just opened. Nothing
here keeps anybody from signing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from suwen.bootstrap.quality import QUALITY_APP
from suwen.control.gateway.draft_content import text_of
from suwen.control.governance.releases import require_active
from suwen.core.application import InstalledApplication
from suwen.core.draft import DraftRecord, DraftStatus, SignedRecord
from suwen.core.errors import SuwenError
from suwen.core.identity import AppId
from suwen.core.record import Coded, NoteItem, PatientRecord, When

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

UNCHECKED: Final = "unchecked"
_OPEN: Final = frozenset({DraftStatus.DRAFT, DraftStatus.AWAITING_COSIGN, DraftStatus.ESCALATED})


@dataclass(frozen=True, slots=True)
class QualityNotes:
    """What the rules say of a draft.

    Attributes:
        findings: in the form of record_quality's contract, the highest deduction first.
        unchecked: what could not be judged, in the same form; it deducts nothing.
        judged: whether the rules were asked at all.
    """

    findings: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    unchecked: Sequence[Mapping[str, Any]] = field(default=(), repr=False)
    judged: bool = False


async def quality_of_draft(
    platform: Platform,
    draft: DraftRecord,
    signed: Sequence[SignedRecord],
    record: PatientRecord | None,
) -> QualityNotes:
    """What concerns this draft; empty where it is decided, of no stay, or the rules are not in use.

    Args:
        signed: what was signed of it before: an amendment is as old as its first signature.
        record: the patient's, as this person was shown it.
    """
    installed = platform.applications.get(AppId(QUALITY_APP))
    text = text_of(draft.content)
    if installed is None or record is None or not text or draft.status not in _OPEN:
        return QualityNotes()
    now = platform.clock.now()
    await platform.parts.renew()
    try:
        await require_active(platform.releases, installed, now)
    except SuwenError:
        # Suspended or taken out of use: nobody is told anything by it.
        return QualityNotes()
    written = min((one.signed_at for one in signed), default=now)
    note = _note(draft, text, written.astimezone(platform.settings.zone))
    return await asyncio.to_thread(_judge, installed, record, note, now)


def _note(draft: DraftRecord, text: str, written: datetime) -> NoteItem:
    """The draft as a document of the record, signed by whoever is about to."""
    return NoteItem(
        reference=f"Draft/{draft.id}",
        status="final",
        encounter=_reference(draft.encounter),
        when=When(written, "instant", written.isoformat()),
        resource={},
        note_type=Coded(text=str(draft.content["result"]["document"]["title"])),
        text=text,
        authors=(draft.updated_by,),
        signed=True,
    )


def _reference(encounter: str | None) -> str | None:
    return f"Encounter/{encounter.removeprefix('Encounter/')}" if encounter else None


def _judge(
    installed: InstalledApplication, record: PatientRecord, note: NoteItem, now: datetime
) -> QualityNotes:
    application = installed.application
    patient = record.patient.reference.removeprefix("Patient/")
    wanted: dict[str, Any] = {"patient_id": patient, "at": now.isoformat()}
    if note.encounter is not None:
        wanted["encounter_id"] = note.encounter
    try:
        request = application.parse(wanted)
        application.plan(request)
        whole = replace(record, notes=(*record.notes, note))
        told = application.output(application.core(request, whole, ()).draft)
    except SuwenError:
        # A visit, or a stay whose beginning nobody recorded: its documents are not judged.
        return QualityNotes()
    mine = [found for found in told["findings"] if _concerns(found, note.reference)]
    mine.sort(key=lambda found: -found["deduction"])
    return QualityNotes(
        findings=[found for found in mine if found["kind"] != UNCHECKED],
        unchecked=[found for found in mine if found["kind"] == UNCHECKED],
        judged=True,
    )


def _concerns(found: Mapping[str, Any], reference: str) -> bool:
    """Whether a finding is in the document, or rests on its words."""
    places = (str(seen["reference"]) for seen in found["evidence"])
    return found["document_id"] == reference or any(
        place == reference or place.startswith(f"{reference}#") for place in places
    )
