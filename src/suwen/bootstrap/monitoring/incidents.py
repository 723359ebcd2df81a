"""The desk of incidents and near misses: everybody reports, the offices look into it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.monitoring.incident_codes import (
    NEXT,
    Act,
    Cause,
    Harm,
    Kind,
    Problem,
    Remedy,
    State,
)
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.gateway.draft_access import DraftDoor
from suwen.control.gateway.patient_access import find_patient
from suwen.core.errors import ConflictError, InputError, NotFoundError
from suwen.core.identity import DraftId, Principal, PrincipalId, TraceId
from suwen.core.language import Bilingual
from suwen.storage.encryption import field_cipher
from suwen.storage.incidents import (
    Incident,
    IncidentEntry,
    IncidentLine,
    IncidentStore,
    incident_changed,
    no_such_incident,
)

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

LONGEST: Final = 4_000
SENT_TWICE: Final = timedelta(minutes=10)
"""For so long the same report of the same person counts as sent twice, not as another one."""
_PLACE: Final = re.compile(r"/(drafts|runs|evidence|patients)/([A-Za-z0-9.\-]{1,64})(?:/|$)")

CODES_OF: Final[Mapping[Act, Mapping[str, type[StrEnum]]]] = {
    Act.REPORT: {"kind": Kind, "problem": Problem, "harm": Harm},
    Act.TRIAGE: {"problem": Problem, "harm": Harm},
    Act.ANALYSE: {"cause": Cause},
    Act.ACT: {"remedy": Remedy},
}
"""Codes that a step states."""

NEEDS_WORDS: Final = frozenset(
    {Act.REPORT, Act.ANALYSE, Act.ACT, Act.REFUSE_CLOSING, Act.REOPEN, Act.NOTE}
)


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody reports.

    Attributes:
        place: address of the screen that it was reported from; tells run, draft, Release, patient.
        codes: ``kind``, ``problem`` and ``harm``.
    """

    place: str
    codes: Mapping[str, str]
    words: str = field(repr=False)
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident as one person sees it.

    Attributes:
        legible: whether this person may read the words, and whom they are about.
        entries: without words where the person may not read them.
        withheld: whether there are words that the person may not read.
    """

    incident: Incident
    state: State
    facts: Mapping[str, Any]
    entries: tuple[IncidentEntry, ...]
    legible: bool
    withheld: bool
    next_acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Linked:
    """What a screen was about, as far as this person may know."""

    app: str | None = None
    release: str | None = None
    trace: str | None = None
    draft: str | None = None
    draft_version: int | None = None
    patient: str | None = None


class IncidentDesk:
    """Reports, and the way of an incident until it is closed by two people."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._parts = platform.parts
        self._store = IncidentStore(platform.database, field_cipher(platform.settings.home))
        self._door = DraftDoor(platform.parts)

    def handles(self, principal: Principal) -> bool:
        """Whether somebody looks into incidents."""
        decided = self._parts.access.decide(
            principal, Action.HANDLE_INCIDENTS, InstallationTarget()
        )
        return decided.allowed

    async def linked(self, place: str, principal: Principal) -> Linked:
        """What the screen at an address is about; nothing of what this person may not see."""
        found = _PLACE.match(place)
        if found is None:
            return Linked()
        kind, name = found.groups()
        try:
            if kind == "drafts":
                draft = await self._platform.drafts.read(DraftId(name))
                if not await self._door.may_read(principal, draft):
                    return Linked()
                return Linked(
                    draft.app, draft.release, draft.trace, draft.id, draft.version, draft.patient
                )
            if kind == "patients":
                return Linked(patient=name) if await self._may_read(name, principal) else Linked()
            trace = await self._platform.traces.read(TraceId(name))
        except NotFoundError:
            return Linked()
        events = await self._platform.audit_store.latest(1, None, trace=trace.id)
        patient = events[0].entry.patient if events else None
        known = patient is not None and await self._may_read(patient, principal)
        return Linked(trace.app, trace.release, trace.id, patient=patient if known else None)

    async def report(self, given: Report, principal: Principal) -> str:
        """Keeps a report; its number. The same words again are the same report, sent twice.

        Raises:
            AccessError: for programs; every person may.
            InputError: ``field_missing``, ``field_wrong``, ``field_too_long``, ``time_in_future``.
        """
        self._parts.access.require(principal, Action.REPORT_INCIDENT, InstallationTarget())
        codes = _codes(Act.REPORT, given.codes)
        words = _words(Act.REPORT, given.words)
        now = self._platform.clock.now()
        _check_time(given.happened_at, now)
        told = await self._told_before(given, codes, words, principal)
        if told is not None:
            return told
        linked = await self.linked(given.place, principal)
        department = next(iter(principal.departments)) if len(principal.departments) == 1 else None
        number = f"{now.astimezone(self._platform.settings.zone):%Y%m%d}-{uuid.uuid4().hex[:6]}"
        reported = Incident(
            id=number,
            kind=codes["kind"],
            app=linked.app,
            release=linked.release,
            trace=linked.trace,
            draft=linked.draft,
            draft_version=linked.draft_version,
            patient=linked.patient,
            department=department,
            place=given.place[:200],
            happened_at=given.happened_at,
            reported_at=now,
            reported_by=principal.id,
        )
        first = IncidentEntry(
            number,
            1,
            Act.REPORT.value,
            State.REPORTED.value,
            codes,
            principal.id,
            now,
            {"text": words},
        )
        act = act_of(
            principal,
            "incident.report",
            app=linked.app,
            subject=f"Incident/{number}",
            patient=linked.patient,
            **{name: value for name, value in codes.items() if isinstance(value, str)},
        )
        async with audited(self._platform.audit, act):
            await self._store.report(reported, first)
        return number

    async def _told_before(
        self, given: Report, codes: Mapping[str, object], words: str, principal: Principal
    ) -> str | None:
        """Number of the same report of the same person, kept a moment ago."""
        since = self._platform.clock.now() - SENT_TWICE
        for line in await self._store.list(principal.id, limit=10):
            one = line.incident
            same = (one.happened_at, one.place) == (given.happened_at, given.place[:200])
            if not same or one.reported_at < since:
                continue
            _, entries = await self._store.read(one.id)
            if entries[0].facts == codes and entries[0].words == {"text": words}:
                return one.id
        return None

    async def list(self, principal: Principal) -> list[IncidentLine]:
        """All incidents for whoever handles them; for everybody else what they reported.

        Raises:
            AccessError: for programs.
        """
        self._parts.access.require(principal, Action.REPORT_INCIDENT, InstallationTarget())
        found = await self._store.list(None if self.handles(principal) else principal.id)
        about = ((one, one.incident.patient) for one in found)
        return [one for one, patient in about if patient is None or principal.is_for(patient)]

    async def read(self, number: str, principal: Principal) -> IncidentView:
        """One incident; that it is read is on the audit before.

        Raises:
            NotFoundError: ``no_such_incident``, also for whom it does not concern.
        """
        self._parts.access.require(principal, Action.REPORT_INCIDENT, InstallationTarget())
        found, entries = await self._store.read(number)
        known = self.handles(principal) or found.reported_by == principal.id
        if not known or not (found.patient is None or principal.is_for(found.patient)):
            raise no_such_incident()
        act = act_of(
            principal,
            "incident.read",
            app=found.app,
            subject=f"Incident/{number}",
            patient=found.patient,
        )
        async with audited(self._platform.audit, act):
            legible = await self._may_read_words(found, principal)
        shown = tuple(e if legible else _without_words(e) for e in entries)
        state = State(entries[-1].state)
        return IncidentView(
            incident=found,
            state=state,
            facts=entries[-1].facts,
            entries=shown,
            legible=legible,
            withheld=not legible and any(e.words is not None for e in entries),
            next_acts=self._next(state, entries[-1], principal),
        )

    async def move(
        self,
        number: str,
        act: Act,
        seen: int,
        given: Mapping[str, str],
        principal: Principal,
    ) -> None:
        """Takes an incident a step on.

        Args:
            seen: number of the entry that was the last one on the screen.
            given: codes of the step, and ``words``.

        Raises:
            NotFoundError: ``no_such_incident``.
            ConflictError: ``step_not_possible``, ``incident_changed``.
            InputError: ``field_missing``, ``field_wrong``, ``field_too_long``.
        """
        self._parts.access.require(principal, Action.HANDLE_INCIDENTS, InstallationTarget())
        found, entries = await self._store.read(number)
        last = entries[-1]
        if seen != last.n:
            raise incident_changed()
        if act not in self._next(State(last.state), last, principal):
            raise ConflictError(
                "step_not_possible",
                Bilingual(
                    zh="此时不能这样处理；结案须由另一人批准。",
                    en="This cannot be done with it now; closing needs another person.",
                ),
            )
        codes = _codes(act, given)
        words = _words(act, given.get("words", ""))
        entry = IncidentEntry(
            incident=number,
            n=last.n + 1,
            act=act.value,
            state=NEXT[State(last.state)][act].value,
            facts={**last.facts, **codes},
            by=principal.id,
            at=self._platform.clock.now(),
            words={"text": words} if words else None,
        )
        opened = act_of(
            principal,
            f"incident.{act.value}",
            app=found.app,
            subject=f"Incident/{number}",
            patient=found.patient,
            n=entry.n,
        )
        async with audited(self._platform.audit, opened):
            await self._store.append(entry)

    def _next(self, state: State, last: IncidentEntry, principal: Principal) -> tuple[Act, ...]:
        if not self.handles(principal):
            return ()
        if state is State.CLOSING and last.by == principal.id:
            # Nobody closes what they proposed to close.
            return ()
        return tuple(NEXT[state])

    async def _may_read_words(self, found: Incident, principal: Principal) -> bool:
        """The words may tell of the patient: who wrote them reads them, and who may read the
        record; without a patient, whoever looks into it."""
        if found.reported_by == principal.id:
            return True
        if found.patient is None:
            return self.handles(principal)
        return await self._may_read(found.patient, principal)

    async def _may_read(self, patient: str, principal: Principal) -> bool:
        target = await find_patient(
            self._platform.records, principal, patient, self._platform.clock.now()
        )
        if target is None:
            return False
        return self._parts.access.decide(principal, Action.READ_RECORD, target).allowed

    async def name_of(self, account: str) -> str:
        """Name of somebody in an incident's history; the account where there is none."""
        try:
            return (await self._platform.people.read(PrincipalId(account))).name
        except NotFoundError:
            return account


def _check_time(happened_at: datetime, now: datetime) -> None:
    if happened_at > now:
        raise InputError(
            "time_in_future",
            Bilingual(zh="发生时间不能在将来。", en="It cannot have happened in the future."),
            field="happened_at",
        )


def _codes(act: Act, given: Mapping[str, str]) -> dict[str, str]:
    codes = {}
    for name, kind in CODES_OF.get(act, {}).items():
        try:
            codes[name] = kind(given.get(name, "")).value
        except ValueError:
            listed = ", ".join(kind)
            raise InputError(
                "field_wrong",
                Bilingual(zh=f"须为：{listed}。", en=f"Must be one of: {listed}."),
                field=name,
            ) from None
    return codes


def _words(act: Act, given: str) -> str:
    words = given.strip()
    if not words and act in NEEDS_WORDS:
        raise InputError(
            "field_missing", Bilingual(zh="请填写此项。", en="Fill this in."), field="words"
        )
    if len(words) > LONGEST:
        raise InputError(
            "field_too_long",
            Bilingual(zh=f"最多 {LONGEST} 个字符。", en=f"At most {LONGEST} characters."),
            field="words",
        )
    return words


def _without_words(entry: IncidentEntry) -> IncidentEntry:
    return IncidentEntry(
        entry.incident,
        entry.n,
        entry.act,
        entry.state,
        entry.facts,
        entry.by,
        entry.at,
        None,
        entry.erased,
    )
