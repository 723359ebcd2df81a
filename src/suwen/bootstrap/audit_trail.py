"""The audit chain for those who check it: verification, export, the latest events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from suwen.bootstrap.audit_opening import CHAIN
from suwen.bootstrap.platform import Platform
from suwen.bootstrap.settings import Settings
from suwen.control.audit import (
    KeyFileSigner,
    VerifyReport,
    export_chain,
    export_fhir,
    open_anchor,
    verify_file,
    verify_store,
)
from suwen.control.audit.anchor import read_anchor_file
from suwen.core.audit import AuditEvent
from suwen.core.errors import InputError
from suwen.core.language import Bilingual


async def verify_trail(platform: Platform, anchor: Path | None) -> VerifyReport:
    """Checks the chain in the database against its checkpoints and the anchor outside.

    Args:
        anchor: another anchor file than the one that is set.
    """
    target = str(anchor) if anchor else platform.settings.audit.anchor or ""
    if anchor is not None:
        _require_file(anchor, "--anchor")
    chain = await platform.site.get(CHAIN)
    reader = open_anchor(target, chain)
    return await verify_store(platform.audit_store, reader, platform.signer.public_keys())


def verify_export(settings: Settings, file: Path, anchor: Path | None, chain: str) -> VerifyReport:
    """Checks an export; with this installation's keys where they are here.

    Raises:
        InputError: ``input_missing``, ``not_an_audit_export``.
    """
    _require_file(file, "--file")
    folder = settings.home / "secrets" / "signing"
    keys = KeyFileSigner(folder).public_keys() if folder.is_dir() else None
    if anchor is not None:
        _require_file(anchor, "--anchor")
    return verify_file(file, keys, read_anchor_file(anchor, chain) if anchor else None)


async def export_trail(platform: Platform, file: Path, *, fhir: bool) -> int:
    """Writes the chain to a file and says how many events."""
    if fhir:
        return await export_fhir(platform.audit_store, file)
    return await export_chain(platform.audit_store, file, platform.signer, platform.clock.now())


async def read_trail(
    platform: Platform, *, last: int, patient: str | None = None, actor: str | None = None
) -> list[dict[str, Any]]:
    """The latest events, oldest first."""
    wanted = {"patient": patient, "actor": actor}
    given = {name: value for name, value in wanted.items() if value is not None}
    events = await platform.audit_store.latest(last, None, **given)
    return [event_as_json(event) for event in reversed(events)]


def event_as_json(event: AuditEvent) -> dict[str, Any]:
    """An event as listed."""
    entry = event.entry
    return {
        "sequence": event.sequence,
        "at": event.at.isoformat(timespec="milliseconds"),
        "action": entry.action,
        "outcome": entry.outcome.value,
        "actor": entry.actor,
        "channel": entry.channel,
        "subject": entry.subject,
        "patient": entry.patient,
        "app": entry.app,
        "trace": entry.trace,
        "purpose": entry.purpose,
        "detail": dict(entry.detail),
        "hash": event.hash,
    }


def _require_file(path: Path, field: str) -> None:
    if not path.is_file():
        raise InputError(
            "input_missing",
            Bilingual(zh=f"找不到文件 {path}。", en=f"The file {path} does not exist."),
            field=field,
        )
