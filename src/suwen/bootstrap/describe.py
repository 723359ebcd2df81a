"""What the doors say about applications, drafts, patients and records, ready for JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from suwen.bootstrap.placing import placement_here
from suwen.bootstrap.platform import Platform
from suwen.core.application import InstalledApplication
from suwen.core.draft import DraftRecord
from suwen.core.errors import NotFoundError
from suwen.core.identity import AppId
from suwen.core.language import Bilingual, Language
from suwen.core.manifest import Partition
from suwen.core.record import PatientRecord
from suwen.storage.database import Database
from suwen.storage.patient_summary import PatientSummary
from suwen.storage.releases import ReleaseStore


async def application_as_json(
    platform: Platform, app: AppId | None, language: Language
) -> list[dict[str, Any]]:
    """Manifest, Release and state of one application, or of all.

    What belongs to the device partition is told where this process holds its address, as the
    operator's commands do; a service of the general partition only knows that it is there.

    Raises:
        NotFoundError: ``no_such_application``.
    """
    every = list(platform.applications.values())
    wanted = every if app is None else [platform.applications.get(app)]
    async with _release_stores(platform) as stores:
        return [
            {**await _application(one, app, stores, language), **_why_there(one, platform)}
            for one in wanted
        ]


@asynccontextmanager
async def _release_stores(platform: Platform) -> AsyncIterator[Mapping[Partition, ReleaseStore]]:
    """The Releases by partition, as far as this process holds the partition's address."""
    own = {Partition.GENERAL: platform.releases}
    if Partition.DEVICE not in platform.urls.partitions:
        yield own
        return
    database = Database(platform.urls.device, pool_size=1)
    try:
        yield {**own, Partition.DEVICE: ReleaseStore(database)}
    finally:
        await database.close()


def _why_there(installed: InstalledApplication | None, platform: Platform) -> dict[str, Any]:
    """By what law, or whose decision, it runs in its partition."""
    if installed is None:
        return {}
    placed = placement_here(installed.manifest, platform.settings)
    return {"placed_by": placed.by.value, "laws": [law.value for law in placed.laws]}


async def _application(
    installed: InstalledApplication | None,
    app: AppId | None,
    stores: Mapping[Partition, ReleaseStore],
    language: Language,
) -> dict[str, Any]:
    if installed is None:
        raise NotFoundError(
            "no_such_application",
            Bilingual(zh=f"没有应用 {app}。", en=f"There is no application {app}."),
            field="app",
        )
    manifest = installed.manifest
    releases = stores.get(manifest.partition)
    release = await releases.current(manifest.id) if releases else None
    suspension = await releases.suspension(manifest.id) if releases else None
    return {
        "id": manifest.id,
        "title": manifest.title.in_language(language),
        "intended_use": manifest.intended_use.in_language(language),
        "not_for": manifest.not_for.in_language(language),
        "audience": manifest.audience.value,
        "data_class": manifest.data_class,
        "reasoning_demand": manifest.reasoning_demand,
        "partition": manifest.partition.value,
        "roles": sorted(role.value for role in manifest.roles),
        "sign_off": manifest.sign_off.value,
        "reads": list(manifest.reads),
        "owner": manifest.owner.in_language(language),
        "state": _state(known=releases is not None, disabled=suspension is not None),
        "reason": suspension.reason if suspension else None,
        "release": release.hash if release else "",
    }


def _state(*, known: bool, disabled: bool) -> str:
    if not known:
        return "in the device partition"
    return "disabled" if disabled else "in use"


def draft_as_json(draft: DraftRecord, *, whole: bool) -> dict[str, Any]:
    """A draft as listed, or with its whole content and text."""
    result = draft.content.get("result", {})
    document = result.get("document") or {}
    row: dict[str, Any] = {
        "id": draft.id,
        "app": draft.app,
        "title": document.get("document_type"),
        "patient": draft.patient,
        "encounter": draft.encounter,
        "status": draft.status.value,
        "version": draft.version,
        "content_hash": draft.content_hash,
        "model": draft.model,
        "trace": draft.trace,
        "release": draft.release,
        "created_at": draft.created_at.isoformat(),
        "created_by": draft.created_by,
        "updated_at": draft.updated_at.isoformat(),
        "updated_by": draft.updated_by,
    }
    if whole:
        row["text"] = document.get("text", "")
        row["content"] = dict(draft.content)
    return row


def patient_as_json(patient: PatientSummary) -> dict[str, Any]:
    """A patient as listed."""
    return {key: _plain(value) for key, value in asdict(patient).items()}


def record_as_json(record: PatientRecord) -> dict[str, Any]:
    """What a record holds, by kind; the resources themselves are exported, not shown."""
    patient = record.patient
    others = Counter(str(r.get("resourceType")) for r in record.others)
    return {
        "patient": patient.reference,
        "name": patient.name,
        "sex": patient.sex,
        "birth_date": _plain(patient.birth_date),
        "identifier": patient.identifier,
        "encounters": len(record.encounters),
        "conditions": len(record.conditions),
        "observations": len(record.observations),
        "medications": len(record.medications),
        "allergies": len(record.allergies),
        "procedures": len(record.procedures),
        "reports": len(record.reports),
        "imaging": len(record.imaging),
        "immunizations": len(record.immunizations),
        "family_history": len(record.family_history),
        "care_plans": len(record.care_plans),
        "appointments": len(record.appointments),
        "service_requests": len(record.service_requests),
        "notes": len(record.notes),
        "kept_raw": dict(others),
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
