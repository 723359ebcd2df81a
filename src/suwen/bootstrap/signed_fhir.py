"""Our read-only FHIR endpoint: what was signed as FHIR R4, and the audit for its administrator."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import urlencode

from suwen.bootstrap.platform import Platform
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.audit.fhir import audit_event_resource
from suwen.control.gateway.acts import Act, note, note_refusal
from suwen.control.gateway.signed_desk import SignedDesk
from suwen.core.audit import AuditEvent, AuditOutcome
from suwen.core.errors import AccessError, InputError, NotFoundError
from suwen.core.identity import Principal, SignedRecordId
from suwen.core.language import Bilingual
from suwen.core.record import Resource
from suwen.integration.fhir.asking import (
    SEARCHABLE,
    Ask,
    page_mark,
    read_ask,
    unknown_parameter,
)
from suwen.integration.fhir.capability import capability_statement
from suwen.integration.fhir.composition import SignedDocument
from suwen.integration.fhir.leaving import check_resource_leaving
from suwen.integration.fhir.served import ServedDocument, served
from suwen.storage.audit import AuditStore
from suwen.storage.signed_records import SignedEntry, SignedRecordStore, SignedWish

STATED: Final = "2026-11-22"
_AUDIT_ID: Final = "suwen-audit-"
_OUTCOMES: Final = {"0": "done", "4": "refused", "8": "failed"}


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a search.

    Attributes:
        total: how many there are in all; ``None`` where that is not told.
        next: query of the next page; ``None`` on the last.
    """

    resources: tuple[dict[str, Any], ...]
    total: int | None
    next: str | None


class SignedFhir:
    """What the doors below ``/fhir`` answer.

    Args:
        base: our own FHIR base address, for links.
    """

    def __init__(self, platform: Platform, base: str) -> None:
        self._platform = platform
        self._base = base
        self._desk = SignedDesk(platform.parts, SignedRecordStore(platform.database))

    def capabilities(self) -> dict[str, Any]:
        """The CapabilityStatement."""
        hospital = self._platform.settings.site.name_zh
        return capability_statement(self._base, hospital, version("suwen"), STATED)

    async def read(self, principal: Principal, resource_type: str, identity: str) -> dict[str, Any]:
        """One resource.

        Raises:
            NotFoundError: ``no_such_resource``, ``no_such_signed_record``.
            AccessError: as the policies say.
            IntegrationError: ``fhir_invalid`` when it could not be stated as valid R4.
        """
        if resource_type == "AuditEvent":
            return await self._read_audit(principal, identity)
        if resource_type not in SEARCHABLE:
            raise _no_such_type(resource_type)
        # Several issues come of one record: theirs is followed by which one it is.
        number = identity.rpartition("-")[0] if resource_type == "DetectedIssue" else identity
        entry = await self._desk.read(principal, SignedRecordId(number), resource_type)
        for resource in await self._resources(entry, resource_type):
            if resource["id"] == identity:
                return resource
        raise _no_such_resource()

    async def search(
        self, principal: Principal, resource_type: str, pairs: Sequence[tuple[str, str]]
    ) -> Found:
        """A page of resources, the latest signed first.

        Raises:
            InputError: as ``read_ask``.
            AccessError, NotFoundError: for a patient whom the person may not see.
        """
        if resource_type == "AuditEvent":
            return await self._search_audit(principal, pairs)
        if resource_type not in SEARCHABLE:
            raise _no_such_type(resource_type)
        ask = read_ask(resource_type, pairs)
        limit = 1 if ask.count_only else ask.count + 1
        entries, total = await self._desk.find(principal, _wish(ask), limit, resource_type)
        # Several issues come of one record, so that the records' number would not be theirs.
        told = None if resource_type == "DetectedIssue" else total
        if ask.count_only:
            return Found((), total, None)
        shown, following = entries[: ask.count], None
        if len(entries) > ask.count:
            last = shown[-1].record
            kept = [(n, v) for n, v in pairs if n != "_after"]
            following = urlencode([*kept, ("_after", page_mark(last.signed_at, last.id))])
        resources = [r for e in shown for r in await self._resources(e, resource_type)]
        return Found(tuple(resources), told, following)

    async def _resources(self, entry: SignedEntry, resource_type: str) -> list[dict[str, Any]]:
        """What a signed record gives; nothing where it holds no document, or its patient is not in
        the record any more."""
        if entry.record.content["result"].get("document") is None:
            return []
        records = self._platform.records
        patient = await records.read_resource("Patient", entry.patient)
        if patient is None:
            return []
        encounter: Resource | None = None
        if entry.encounter:
            encounter = await records.read_resource(
                "Encounter", entry.encounter.removeprefix("Encounter/")
            )
        document = ServedDocument(
            SignedDocument(
                signed=entry.record,
                patient=patient,
                encounter=encounter,
                hospital=self._platform.settings.site.name_zh,
                release=entry.release,
            ),
            app=entry.app,
            trace=entry.trace,
            drafted_at=entry.drafted_at,
            superseded=entry.superseded,
            base=self._base,
        )
        return await asyncio.to_thread(served, document, resource_type)

    async def _read_audit(self, principal: Principal, identity: str) -> dict[str, Any]:
        await self._admit_to_audit(principal, identity)
        number = identity.removeprefix(_AUDIT_ID)
        if identity == number or not (number.isascii() and number.isdigit()) or len(number) > 18:
            raise _no_such_resource()
        found = await self._platform.audit_store.events(int(number), 1)
        if not found or found[0].sequence != int(number):
            raise _no_such_resource()
        return _audit_resource(found[0])

    async def _search_audit(self, principal: Principal, pairs: Sequence[tuple[str, str]]) -> Found:
        await self._admit_to_audit(principal, None)
        ask, wanted, kept = _read_audit_ask(pairs)
        store = self._platform.audit_store
        before = await _sequence_at(store, ask.before) if ask.before else None
        if ask.after is not None:
            mark = int(ask.after[1])
            before = mark if before is None else min(before, mark)
        lowest = await _sequence_at(store, ask.since) if ask.since else 0
        events = await store.latest(ask.count + 1, before, **wanted)
        events = [e for e in events if e.sequence >= lowest]
        shown, following = events[: ask.count], None
        if len(events) > ask.count:
            last = shown[-1]
            mark_text = page_mark(last.at, str(last.sequence))
            following = urlencode([*kept, ("_after", mark_text)])
        return Found(tuple(_audit_resource(e) for e in shown), None, following)

    async def _admit_to_audit(self, principal: Principal, identity: str | None) -> None:
        platform = self._platform
        act = Act("audit.read", f"AuditEvent/{identity}" if identity else "AuditEvent")
        try:
            platform.access.require(principal, Action.READ_AUDIT, InstallationTarget())
        except AccessError as error:
            await note_refusal(platform.audit, principal, act, error)
            raise
        await note(platform.audit, principal, act, AuditOutcome.DONE)


def _wish(ask: Ask) -> SignedWish:
    return SignedWish(
        patients=ask.patients,
        ids=ask.ids,
        encounter=ask.encounter,
        superseded=ask.superseded,
        since=ask.since,
        before=ask.before,
        after=ask.after,
    )


def _read_audit_ask(
    pairs: Sequence[tuple[str, str]],
) -> tuple[Ask, dict[str, str], list[tuple[str, str]]]:
    """Times and page by the general reader, the columns of the audit by their own names."""
    wanted: dict[str, str] = {}
    general: list[tuple[str, str]] = []
    for name, value in pairs:
        if name == "patient":
            wanted["patient"] = value.removeprefix("Patient/")
        elif name == "agent":
            wanted["actor"] = value.rpartition("|")[2]
        elif name == "subtype":
            wanted["action"] = value.rpartition("|")[2]
        elif name == "outcome" and value in _OUTCOMES:
            wanted["outcome"] = _OUTCOMES[value]
        elif name in ("date", "_count", "_after", "_format", "_pretty", "_lastUpdated"):
            general.append((name, value))
        else:
            raise unknown_parameter(name)
    ask = read_ask("Composition", general)
    if ask.after is not None and not ask.after[1].isdigit():
        raise InputError(
            "search_parameter_wrong",
            Bilingual(zh="_after 无效。", en="_after is wrong."),
            field="_after",
        )
    return ask, wanted, [(n, v) for n, v in pairs if n != "_after"]


async def _sequence_at(store: AuditStore, at: datetime) -> int:
    """Number of the first event at an instant or later; one beyond the last where there is none."""
    head = await store.head()
    low, high = 1, (head.sequence if head else 0) + 1
    while low < high:
        middle = (low + high) // 2
        found = await store.events(middle, 1)
        if found and found[0].at < at:
            low = found[0].sequence + 1
        else:
            high = middle
    return low


def _audit_resource(event: AuditEvent) -> dict[str, Any]:
    resource = audit_event_resource(event)
    check_resource_leaving(resource)
    return resource


def _no_such_type(resource_type: str) -> NotFoundError:
    return NotFoundError(
        "no_such_resource_type",
        Bilingual(
            zh="此端点不提供该资源类型；提供的类型见 /fhir/metadata。",
            en="This endpoint does not serve this resource type; /fhir/metadata lists those that "
            "it does.",
        ),
        field=resource_type[:64] if resource_type.isalpha() else "resourceType",
    )


def _no_such_resource() -> NotFoundError:
    return NotFoundError(
        "no_such_resource", Bilingual(zh="没有这个资源。", en="There is no such resource.")
    )
