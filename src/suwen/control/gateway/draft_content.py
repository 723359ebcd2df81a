"""The content of a draft: what is shown, hashed, edited and signed, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from suwen.control.gateway.run_state import Run
from suwen.core.audit import content_hash
from suwen.core.document_form import document_as_json, finding_as_json
from suwen.core.draft import DraftRecord, DraftStatus
from suwen.core.identity import PatientId
from suwen.core.language import Bilingual, Language
from suwen.core.manifest import Partition

CRITICAL = ("contraindicated", "major")
"""Severities of findings that a signer must have acknowledged."""


def draft_content(run: Run) -> dict[str, Any]:
    """The content of the draft of a run: the application's output, label, limits, model.

    The document and the findings stand in the platform's own form, so that every application's
    draft can be edited, verified and signed alike. The model's reasoning is not part of it: it is
    shown for checking and never filed.
    """
    draft, result = run.merged, dict(run.output)
    if draft.document is not None:
        result["document"] = document_as_json(
            draft.document, visible_label(run.label, draft.document.language)
        )
    result["findings"] = _findings(result, [finding_as_json(f) for f in draft.findings])
    result["limits"] = [_both(limit) for limit in draft.limits]
    reason = run.model_reason
    return {
        "result": result,
        "label": run.label,
        "model": run.model,
        "model_reason": _both(reason) if reason else None,
        "limits": result["limits"],
        "origin": run.origin.value if run.origin else None,
        "trace": run.trace,
    }


def draft_record(run: Run, partition: Partition, at: datetime) -> DraftRecord:
    """The draft of a run as it is stored, version 1."""
    read = run.admitted_plan.read
    encounter = run.core_result.memory.get("encounter") or (read.encounter_id if read else None)
    return DraftRecord(
        id=run.content_id,
        app=run.app,
        release=run.admitted_release,
        partition=partition,
        trace=run.trace,
        patient=PatientId(run.patient) if run.patient else None,
        encounter=encounter,
        data_class=run.data_class,
        status=DraftStatus.DRAFT,
        version=1,
        content=run.content,
        content_hash=content_hash(run.content),
        model=run.model,
        created_at=at,
        created_by=run.principal.id,
        updated_at=at,
        updated_by=run.principal.id,
    )


def visible_label(label: Mapping[str, Any], language: Language) -> str:
    """The visible mark in the language of the document."""
    return str(label["visible_zh" if language is Language.ZH else "visible_en"])


def text_of(content: Mapping[str, Any]) -> str | None:
    """The plain text of a content's document, ``None`` when it has none."""
    document = content["result"].get("document")
    return None if document is None else str(document["text"])


def open_items(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of everything that a signer must have acknowledged: statements without support and
    findings that are contraindicated or major."""
    result = content["result"]
    document = result.get("document") or {"sections": []}
    statements = [
        str(statement["id"])
        for section in document["sections"]
        for statement in section["statements"]
        if statement["supported"] is not True
    ]
    findings = [str(f["id"]) for f in result["findings"] if f["severity"] in CRITICAL]
    return (*statements, *findings)


def _findings(result: Mapping[str, Any], own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The findings, each with an id; an application may have told its own in more detail, those
    of the platform follow."""
    told = [dict(finding) for finding in result.get("findings", ())]
    rules = {finding.get("rule") for finding in told}
    told.extend(finding for finding in own if finding["rule"] not in rules)
    return [{**finding, "id": f"finding.{n}"} for n, finding in enumerate(told, start=1)]


def _both(text: Bilingual) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
