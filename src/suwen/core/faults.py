"""Named places where a process can be killed in a test; they do nothing unless one is armed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

FAULT_POINTS: Final = (
    "audit.before_commit",
    "audit.after_commit",
    "run.after_audit_open",
    "model.after_audit_open",
    "run.while_streaming",
    "run.before_draft_stored",
    "sign.before_commit",
    "sign.after_commit",
    "draft.before_save_commit",
    "release.before_commit",
    "release.after_commit",
    "knowledge.after_batch_stored",
    "knowledge.inside_build",
    "knowledge.before_activate",
    "knowledge.after_activate",
    "knowledge.document_erased",
    "jobs.batch_begun",
    "jobs.batch_done",
    "jobs.batch_noted",
    "inbound.before_commit",
    "inbound.after_commit",
    "inbound.before_processed",
    "inbound.after_processed",
    "hl7.before_sent",
    "hl7.after_answered",
    "hl7.after_settled",
    "fhir.page_read",
    "fhir.page_stored",
    "views.page_read",
    "views.before_stored",
    "views.after_stored",
    "files.page_stored",
    "files.before_done",
    "files.after_done",
    "files.after_moved",
    "dicom.after_file",
    "dicom.before_commit",
    "dicom.after_commit",
    "dicom.before_mapped",
    "dicom.after_mapped",
    "keys.ring_made",
    "keys.master_made",
    "keys.ring_replaced",
    "keys.some_wrapped",
    "keys.some_renewed",
    "keys.before_resealed",
    "keys.image_resealed",
    "backup.snapshots_taken",
    "bulk.before_batch_kept",
    "bulk.after_batch_kept",
    "chat.before_changed",
    "chat.after_changed",
    "prescriptions.before_taken",
    "prescriptions.after_taken",
    "prescriptions.before_decided",
    "prescriptions.after_decided",
    "evaluation.before_kept",
    "evaluation.after_kept",
    "monitor.before_day_counted",
)

_strike: Callable[[str], None] | None = None


def arm(strike: Callable[[str], None]) -> None:
    """Lets ``strike`` decide at every fault point what happens there; only bootstrap calls it."""
    global _strike
    _strike = strike


def fault_point(name: str) -> None:
    """Marks a window of interest; a no-op in normal running."""
    if _strike is not None:
        _strike(name)
