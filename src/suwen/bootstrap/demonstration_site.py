"""The demonstration hospital on a site: its records, its accounts, and when they may exist."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from suwen.bootstrap.demonstration import DemonstrationHospital, build_demonstration_hospital
from suwen.bootstrap.demonstration.library_documents import COLLECTIONS, document_lines
from suwen.bootstrap.demonstration.staff_list import STAFF
from suwen.bootstrap.demonstration_connections import (
    put_demonstration_connections,
    retire_demonstration_connections,
)
from suwen.bootstrap.demonstration_prescriptions import queue_demonstration_prescriptions
from suwen.bootstrap.platform import Platform
from suwen.bootstrap.safety import refuse_unsafe_demonstration
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import NotFoundError
from suwen.core.identity import PrincipalId, Role, batch_principal
from suwen.core.knowledge import DocumentState
from suwen.core.language import Bilingual, Language
from suwen.integration.fhir import read_resources, stored_resources
from suwen.jobs.model import JobRequest
from suwen.storage.people import DEMONSTRATION, Person
from suwen.storage.record_import import SYNTHETIC
from suwen.storage.secret_files import read_secret, secrets_folder, write_secret

SEED = 20260
BUILT_AT = "demonstration.built_at"
LOADED = "demonstration.loaded"
LIBRARY_ASKED = "demonstration.library_asked"
LIBRARY_JOB = "demonstration_library"
ASKED, RETIRED = "asked", "retired"
# Without letters and digits that are mistaken for each other when read from a screen.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class DemonstrationAccount:
    """An account that is printed at the start."""

    name: str
    password: str
    roles: tuple[str, ...]
    title: str


async def prepare_demonstration(
    platform: Platform, *, host: str, wanted: bool
) -> tuple[DemonstrationAccount, ...]:
    """Loads the demonstration hospital once, or takes its accounts out of use.

    Args:
        host: address that the pages listen on.
        wanted: whether the demonstration was asked for; without it its accounts are disabled.

    Returns:
        The accounts with their passwords; empty without a demonstration.

    Raises:
        ConfigurationError: when demonstration accounts would be unsafe.
    """
    if not wanted:
        await retire_demonstration_accounts(platform)
        await _retire_library(platform)
        await retire_demonstration_connections(platform)
        return ()
    real = await platform.records.has_real_records()
    refuse_unsafe_demonstration(host=host, has_real_records=real)
    # Kept before anything is loaded, so that a start that was cut off goes on with the same one.
    built_at = await platform.site.put_once(BUILT_AT, datetime.now(UTC).isoformat())
    if not await platform.site.get(LOADED):
        moment = datetime.fromisoformat(built_at).astimezone(platform.settings.zone)
        await _load_records(platform, build_demonstration_hospital(SEED, moment))
        await platform.site.put(LOADED, True)
    await _ask_for_library(platform)
    await put_demonstration_connections(platform)
    await queue_demonstration_prescriptions(platform)
    password = _password(platform)
    await _put_accounts(platform, password)
    return tuple(
        DemonstrationAccount(s.username, password, s.roles, f"{s.title_zh} {s.name_zh}")
        for s in STAFF
    )


async def _ask_for_library(platform: Platform) -> None:
    """Leaves the library to the worker, so that the start is none the slower for it."""
    if platform.jobs.are_kept and await platform.site.get(LIBRARY_ASKED) is None:
        request = JobRequest(
            LIBRARY_JOB,
            Bilingual(zh="准备示范资料库", en="Preparing the demonstration library"),
            unique=LIBRARY_JOB,
        )
        await platform.jobs.start(request, batch_principal(None))
        await platform.site.put(LIBRARY_ASKED, ASKED)


async def _retire_library(platform: Platform) -> None:
    """Takes the demonstration's documents out of use: they must not be cited in earnest."""
    if await platform.site.get(LIBRARY_ASKED) != ASKED:
        return
    now = platform.clock.now()
    store = platform.library.parts.store
    curation = store.curation(PrincipalId("system"), now)
    retired = 0
    for collection in COLLECTIONS:
        for line in document_lines(collection):
            with contextlib.suppress(NotFoundError):
                found = await store.summary(collection, line["id"])
                if found.source == line["source"] and found.state is not DocumentState.DELETED:
                    await curation.delete(collection, line["id"])
                    retired += 1
    await platform.audit.append(
        AuditEntry(
            action="library.retire",
            actor="system",
            channel="cli",
            outcome=AuditOutcome.DONE,
            subject="demonstration",
            detail={"documents": retired},
        )
    )
    await platform.site.put(LIBRARY_ASKED, RETIRED)


async def retire_demonstration_accounts(platform: Platform) -> int:
    """Disables every demonstration account and ends its sessions; how many there were."""
    now = datetime.now(UTC)
    accounts = [p for p in await platform.people.list(DEMONSTRATION) if not p.disabled]
    for account in accounts:
        await platform.audit.append(
            AuditEntry(
                action="people.disable",
                actor="system",
                channel="cli",
                outcome=AuditOutcome.DONE,
                subject=f"Person/{account.id}",
                detail={"reason": "demonstration_ended"},
            )
        )
        await platform.people.disable(account.id, now)
    return len(accounts)


async def _load_records(platform: Platform, hospital: DemonstrationHospital) -> None:
    counts = {"stored": 0, "units": 0}
    for bundle in hospital.bundles:
        resources = read_resources(bundle)
        imported = await platform.records.import_unit(stored_resources(resources, SYNTHETIC))
        counts["stored"] += imported.stored
        counts["units"] += 1
    await platform.audit.append(
        AuditEntry(
            action="record.import",
            actor="system",
            channel="cli",
            outcome=AuditOutcome.DONE,
            subject="demonstration",
            detail=counts,
        )
    )


async def _put_accounts(platform: Platform, password: str) -> None:
    known = {p.id for p in await platform.people.list(DEMONSTRATION) if not p.disabled}
    if {s.username for s in STAFF} <= known:
        return
    hashed = await platform.authentication.hash_of_password("demonstration", password)
    await platform.people.put_all(
        [
            (
                Person(
                    id=PrincipalId(member.username),
                    name=_shown_name(member.name_zh, member.name_en),
                    roles=frozenset(Role(role) for role in member.roles),
                    departments=frozenset({member.department_code}),
                    language=Language.EN if "·" in member.name_zh else Language.ZH,
                    disabled=False,
                    origin=DEMONSTRATION,
                    practitioner=member.id,
                ),
                hashed,
            )
            for member in STAFF
        ]
    )


def _shown_name(name_zh: str, name_en: str) -> str:
    """A transliterated name is shown as its bearer writes it."""
    return name_en if "·" in name_zh else name_zh


def _password(platform: Platform) -> str:
    """One password for all demonstration accounts of this installation, made once."""
    file = secrets_folder(platform.settings.home) / "demonstration_password"
    if not file.exists():
        parts = ("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
        write_secret(file, "-".join(parts).encode())
    return read_secret(file).decode()
