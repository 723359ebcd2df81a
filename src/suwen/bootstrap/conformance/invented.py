"""An invented patient for trials, and a draft about them that is gone when the trial is over.

The draft is of a record that came with its request, so that nobody but the batch service may open
it; it bears the words that it is no patient's, and it is removed whether or not the trial succeeds.
One that a killed trial left is removed by the next.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final

from suwen.bootstrap.demonstration import build_demonstration_hospital
from suwen.bootstrap.platform import Platform
from suwen.bootstrap.retention import remove_draft
from suwen.control.access.decision import RecordOrigin
from suwen.control.gateway.run_types import RunOptions
from suwen.core.draft import DraftRecord, DraftStatus
from suwen.core.errors import SuwenError
from suwen.core.identity import AppId, DraftId, PatientId, batch_principal
from suwen.storage.drafts import UntouchedDraft

APPLICATION: Final = AppId("record_writer")
TRIAL_PATIENT: Final = PatientId("conformance-draft")
TRIAL_NAME: Final = "一致性检查，非患者 (conformance check, no patient)"
_TEMPLATE: Final = "demo-p01"
_REMOVABLE: Final = (DraftStatus.DRAFT, DraftStatus.REJECTED, DraftStatus.ESCALATED)


def invented_request(platform: Platform, patient: str, name: str) -> dict[str, Any]:
    """What ``record_writer`` is asked about a patient whom nobody knows."""
    moment = platform.clock.now().astimezone(platform.settings.zone)
    hospital = build_demonstration_hospital(1, moment)
    written = json.dumps(hospital.bundles[1], ensure_ascii=False)
    bundle = json.loads(written.replace(_TEMPLATE, patient))
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "Patient":
            entry["resource"]["name"] = [{"text": name, "family": name}]
    return {"bundle": bundle, "document_type": "admission_record", "language": "zh"}


async def make_trial_draft(platform: Platform) -> DraftId | None:
    """An unsigned draft about the invented patient; ``None`` where none can be made here."""
    for left in await platform.drafts.list(
        patient=TRIAL_PATIENT, status=_REMOVABLE, owner=batch_principal(None).id
    ):
        await _remove(platform, left)
    if APPLICATION not in platform.applications:
        return None
    request = invented_request(platform, TRIAL_PATIENT, TRIAL_NAME)
    options = RunOptions(without_model=True, store=True)
    try:
        result = await platform.gateway.run(batch_principal(None), APPLICATION, request, options)
    except SuwenError:
        # Suspended, or not in use: what is there is tried without it.
        return None
    return result.draft_id


async def remove_trial_draft(platform: Platform, draft: DraftId) -> bool:
    """Removes the draft of a trial for good; false where somebody touched it meanwhile."""
    return await _remove(platform, await platform.drafts.read(draft))


async def _remove(platform: Platform, record: DraftRecord) -> bool:
    """Only what is surely a trial's: whatever a list says, nobody else's draft goes."""
    trial = (TRIAL_PATIENT, batch_principal(None).id, RecordOrigin.REQUEST)
    if (record.patient, record.created_by, record.content.get("origin")) != trial:
        return False
    untouched = UntouchedDraft(
        record.id, record.app, record.status, record.content_hash, record.updated_at
    )
    since = record.updated_at + timedelta(microseconds=1)
    return await remove_draft(platform, batch_principal(None), untouched, since)
