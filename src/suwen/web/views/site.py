"""The installation itself: engines, applications, audit, parts. No clinical content."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any
from urllib.parse import urlencode

from suwen.bootstrap.describe import application_as_json
from suwen.bootstrap.platform import Platform
from suwen.control.audit.writer import AuditStatus
from suwen.core.audit import AuditEvent
from suwen.storage.audit import Wanted
from suwen.web.forms import Form
from suwen.web.texts import Texts

EVENTS_A_PAGE = 50
SOUGHT = ("actor", "action", "subject", "outcome", "trace", "since", "until")
"""What the audit may be searched by."""


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An engine; its key is never part of it, only whether there is one."""

    name: str
    url: str
    model: str
    partition: str
    ceiling: int
    capabilities: tuple[str, ...]
    context_tokens: int
    embedded: bool
    has_key: bool


@dataclass(frozen=True, slots=True)
class SystemPage:
    """What is known without trying anything."""

    version: str
    home: str
    disk_free_gib: float
    disk_total_gib: float
    time_zone: str
    jurisdiction: str
    database: str
    resources: dict[str, int]
    anchor: str
    audit: AuditStatus
    head: AuditEvent | None
    endpoints: tuple[EndpointRow, ...]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """The chain's head and its latest events."""

    head: AuditEvent | None
    status: AuditStatus
    anchor: str
    anchor_age_s: int | None
    last_checkpoint: datetime | None
    events: tuple[AuditEvent, ...]

    @property
    def before(self) -> int | None:
        """Where the next page begins; ``None`` when there is none."""
        if len(self.events) < EVENTS_A_PAGE or self.events[-1].sequence <= 1:
            return None
        return self.events[-1].sequence


async def read_endpoints(platform: Platform) -> tuple[EndpointRow, ...]:
    """The engines of the installation."""
    return tuple(
        EndpointRow(
            name=endpoint.name,
            url=endpoint.url,
            model=endpoint.model,
            partition=endpoint.partition.value,
            ceiling=endpoint.ceiling,
            capabilities=tuple(sorted(endpoint.capabilities)),
            context_tokens=endpoint.context_tokens,
            embedded=endpoint.embedded,
            has_key=endpoint.key is not None,
        )
        for endpoint in await platform.endpoints.list()
    )


async def read_applications(platform: Platform, texts: Texts) -> list[dict[str, Any]]:
    """The installed applications with their hazards and their results at the gate."""
    rows = await application_as_json(platform, None, texts.language)
    for row in rows:
        installed = platform.applications[row["id"]]
        row["hazards"] = [
            (hazard.id, texts.of(hazard.harm), texts.of(hazard.mitigation))
            for hazard in installed.manifest.hazards
        ]
        row["gates"] = await platform.releases.gates(row["release"]) if row["release"] else ()
    return rows


async def read_system(platform: Platform) -> SystemPage:
    """The state of the installation as far as it is known without trying its parts."""
    settings = platform.settings
    disk = shutil.disk_usage(settings.home)
    return SystemPage(
        version=version("suwen"),
        home=str(settings.home),
        disk_free_gib=disk.free / 1024**3,
        disk_total_gib=disk.total / 1024**3,
        time_zone=settings.site.time_zone,
        jurisdiction=settings.site.jurisdiction,
        database="outside" if settings.outside_databases else "embedded",
        resources=await platform.records.counts_by_type(),
        anchor=settings.audit.anchor or "",
        audit=platform.audit.status(),
        head=await platform.audit_store.head(),
        endpoints=await read_endpoints(platform),
    )


async def read_audit_page(platform: Platform, before: int | None, wanted: Wanted) -> AuditPage:
    """The audit's latest wanted events before a number, and how the chain is anchored."""
    status = platform.audit.status()
    checkpoint = await platform.audit_store.last_checkpoint()
    age = None
    if status.anchored_at is not None:
        age = int((platform.clock.now() - status.anchored_at).total_seconds())
    return AuditPage(
        head=await platform.audit_store.head(),
        status=status,
        anchor=platform.settings.audit.anchor or "",
        anchor_age_s=age,
        last_checkpoint=checkpoint.at if checkpoint else None,
        events=tuple(await platform.audit_store.found(wanted, EVENTS_A_PAGE, before)),
    )


def audit_address(asked: Form, before: int | None) -> str:
    """Where the next page of the same search is; empty when there is none."""
    if before is None:
        return ""
    kept = {name: asked.text(name) for name in SOUGHT if asked.text(name)}
    return f"/audit?{urlencode({**kept, 'before': before})}"
