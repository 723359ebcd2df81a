"""The audit chains for those who check them: verification, export, the latest events.

Each partition of a site has a chain of its own; the functions here take any of the two.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from suwen.bootstrap.audit_opening import CHAIN, SystemClock, site_signer
from suwen.bootstrap.database import SiteDatabase
from suwen.bootstrap.device.place import device_settings
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
from suwen.core.manifest import Partition
from suwen.storage.audit import AuditStore
from suwen.storage.database import Database
from suwen.storage.settings import SettingStore


class AuditTrail(Protocol):
    """What is needed to read one partition's chain; the platform of either partition has it."""

    @property
    def settings(self) -> Settings:
        """The partition's own: its state directory, its anchor."""

    @property
    def site(self) -> SettingStore:
        """Facts of the partition, the chain's name among them."""

    @property
    def audit_store(self) -> AuditStore:
        """The events."""

    @property
    def signer(self) -> KeyFileSigner:
        """The keys that sign the chain's checkpoints."""

    @property
    def clock(self) -> SystemClock:
        """The present instant, for an export."""


@dataclass(frozen=True, slots=True)
class _Trail:
    settings: Settings
    site: SettingStore
    audit_store: AuditStore
    signer: KeyFileSigner
    clock: SystemClock


@asynccontextmanager
async def device_trail(site: Settings) -> AsyncIterator[AuditTrail]:
    """The device partition's chain, without the rest of that partition.

    Raises:
        ConfigurationError: ``partition_not_held`` where its database is not this site's to open.
        UnavailableError: when the database does not answer.
    """
    settings = device_settings(site)
    async with SiteDatabase(site, Partition.DEVICE).opened() as urls:
        database = Database(urls.service(Partition.DEVICE), pool_size=1)
        try:
            yield _Trail(
                settings,
                SettingStore(database),
                AuditStore(database),
                site_signer(settings),
                SystemClock(),
            )
        finally:
            await database.close()


async def verify_trail(trail: AuditTrail, anchor: Path | None) -> VerifyReport:
    """Checks the chain in the database against its checkpoints and the anchor outside.

    Args:
        anchor: another anchor file than the one that is set.
    """
    target = str(anchor) if anchor else trail.settings.audit.anchor or ""
    if anchor is not None:
        _require_file(anchor, "--anchor")
    # A partition that was never opened has written nothing yet.
    chain = await trail.site.get(CHAIN) or ""
    reader = open_anchor(target, chain)
    return await verify_store(trail.audit_store, reader, trail.signer.public_keys())


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


async def export_trail(trail: AuditTrail, file: Path, *, fhir: bool) -> int:
    """Writes the chain to a file and says how many events."""
    if fhir:
        return await export_fhir(trail.audit_store, file)
    return await export_chain(trail.audit_store, file, trail.signer, trail.clock.now())


async def read_trail(
    trail: AuditTrail, *, last: int, patient: str | None = None, actor: str | None = None
) -> list[dict[str, Any]]:
    """The latest events, oldest first."""
    wanted = {"patient": patient, "actor": actor}
    given = {name: value for name, value in wanted.items() if value is not None}
    events = await trail.audit_store.latest(last, None, **given)
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
