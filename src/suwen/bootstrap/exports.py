"""What leaves: a draft as JSON or a watermarked PDF, and what was signed as PDF or FHIR."""

from __future__ import annotations

import asyncio
import json
from enum import StrEnum
from typing import Any

from suwen.bootstrap.describe import draft_as_json
from suwen.bootstrap.platform import Platform
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.draft import DraftRecord, SignedRecord
from suwen.core.errors import PreconditionError
from suwen.core.exact_json import write_exact
from suwen.core.identity import DraftId, PatientId, Principal
from suwen.core.language import Bilingual, Language
from suwen.core.record import Resource
from suwen.integration.exports.pdf import render_pdf
from suwen.integration.exports.printed import PrintedDocument
from suwen.integration.fhir.composition import SignedDocument, signed_bundle


class ExportForm(StrEnum):
    """The forms in which a document leaves."""

    JSON = "json"
    PDF = "pdf"
    FHIR = "fhir"


async def export_draft(
    platform: Platform, principal: Principal, draft_id: DraftId, form: ExportForm
) -> bytes:
    """The document in the wanted form; the act is audited before anything is handed over.

    Raises:
        PreconditionError: ``not_signed``: only what was signed leaves as FHIR;
            ``no_document``: the draft holds a judgement, which no document is printed of.
        NotFoundError, AccessError: as for opening the draft.
    """
    draft = await platform.sign_off.open_draft(principal, draft_id)
    versions = await platform.drafts.signed_versions(draft_id)
    signed = versions[-1] if versions else None
    if form is ExportForm.PDF and "document" not in draft.content["result"]:
        raise PreconditionError(
            "no_document",
            Bilingual(
                zh="这份结果不是文书，没有可打印的正文；请在网页上查看或以 JSON 导出。",
                en="This result is no document, so there is no text to print: read it on its page "
                "or export it as JSON.",
            ),
        )
    await _audit(platform, principal, draft, form, signed)
    if form is ExportForm.JSON:
        return json.dumps(draft_as_json(draft, whole=True), ensure_ascii=False).encode()
    if form is ExportForm.PDF:
        return await asyncio.to_thread(render_pdf, _printed(platform, draft, signed))
    if signed is None:
        raise PreconditionError(
            "not_signed",
            Bilingual(
                zh="只有已签署的文书才能以 FHIR 形式导出。",
                en="Only a signed document leaves as FHIR: sign it first.",
            ),
        )
    return write_exact(await _as_fhir(platform, draft, signed)).encode()


def _printed(
    platform: Platform, draft: DraftRecord, signed: SignedRecord | None
) -> PrintedDocument:
    """A signed document is printed as it was signed, not as it may have been edited since."""
    current = signed is not None and signed.content_hash == draft.content_hash
    content = signed.content if signed is not None and current else draft.content
    language = Language(content["result"]["document"]["language"])
    site = platform.settings.site
    return PrintedDocument(
        content=content,
        hospital=site.name_zh if language is Language.ZH else site.name_en,
        version=draft.version,
        content_hash=draft.content_hash,
        printed_at=platform.clock.now().astimezone(platform.settings.zone),
        signed=signed if current else None,
    )


async def _as_fhir(platform: Platform, draft: DraftRecord, signed: SignedRecord) -> dict[str, Any]:
    patient = await _resource(platform, f"Patient/{draft.patient}") if draft.patient else None
    if patient is None:
        raise PreconditionError(
            "patient_not_in_store",
            Bilingual(
                zh="该患者不在病历库中，无法写出 FHIR 文书；请先导入其病历。",
                en="The patient is not in the record store, so there is nobody whom the FHIR "
                "document could be about: import the record first.",
            ),
        )
    encounter = await _resource(platform, draft.encounter) if draft.encounter else None
    return signed_bundle(
        SignedDocument(
            signed=signed,
            patient=patient,
            encounter=encounter,
            hospital=platform.settings.site.name_zh,
            release=draft.release,
        )
    )


async def _resource(platform: Platform, reference: str) -> Resource | None:
    kind, _, name = reference.rpartition("/")
    return await platform.records.read_resource(kind or "Encounter", name)


async def export_record(
    platform: Platform, principal: Principal, patient: PatientId
) -> list[Resource]:
    """A patient's whole record, every resource as it was received.

    Raises:
        NotFoundError, AccessError, PrivacyError: as for opening the chart.
    """
    return await platform.charts.read_all(principal, patient)


async def _audit(
    platform: Platform,
    principal: Principal,
    draft: DraftRecord,
    form: ExportForm,
    signed: SignedRecord | None,
) -> None:
    await platform.audit.append(
        AuditEntry(
            action="draft.export",
            actor=principal.id,
            channel=principal.channel.value,
            outcome=AuditOutcome.DONE,
            subject=f"Draft/{draft.id}",
            patient=draft.patient,
            app=draft.app,
            trace=draft.trace,
            purpose=principal.purpose.value,
            detail={"form": form.value, "signed": signed.id if signed else ""},
        )
    )
