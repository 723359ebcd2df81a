"""Who read this patient's record: the answer that a patient gets from the patient office.

It comes from the audit, so it holds what really happened. A number that is nobody's gets the same
empty report as a patient whom nobody read, and the report itself is in the audit of the patient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.gateway.acts import Act, note, note_refusal
from suwen.control.gateway.chart import BROKEN_GLASS
from suwen.control.gateway.parts import GatewayParts
from suwen.core.audit import AuditEvent, AuditOutcome
from suwen.core.errors import AccessError, InputError
from suwen.core.identity import Principal, PrincipalId
from suwen.core.language import Bilingual
from suwen.core.plain_text import require_plain
from suwen.storage.audit import AuditStore
from suwen.storage.people import PeopleStore, Person

MOST_ROWS: Final = 5000
_MOST_ID: Final = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that somebody did with the record, or tried.

    Attributes:
        sequence: number of the event in the audit.
        name: the person's name now; ``None`` for a program or an account that is gone.
        departments: the person's departments now.
        done: false for what was refused or failed.
        break_glass: whether only a declared emergency opened the record.
    """

    sequence: int
    at: datetime
    account: str
    name: str | None
    departments: tuple[str, ...]
    action: str
    purpose: str | None
    channel: str
    done: bool
    break_glass: bool


@dataclass(frozen=True, slots=True)
class ReadersReport:
    """Who read a patient's record, the latest first.

    Attributes:
        cut: whether there is more than the 5,000 rows that are here.
    """

    patient: str
    rows: tuple[Reading, ...]
    cut: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose readers are asked for: an id or record number, and from when until when."""

    patient: str
    since: datetime | None = None
    until: datetime | None = None


class ReadersDesk:
    """Answers who read a record."""

    def __init__(self, parts: GatewayParts, store: AuditStore, people: PeopleStore) -> None:
        self._parts = parts
        self._store = store
        self._people = people

    async def report(
        self, principal: Principal, asked: Asked, *, exported: bool = False
    ) -> ReadersReport:
        """Who read the record of a patient.

        Args:
            exported: whether the report leaves the screen as a file, for the audit.

        Raises:
            AccessError: ``not_permitted`` for everybody but the patient and compliance office.
            InputError: ``patient_missing``.
            AuditError: when the question cannot be audited; then it gets no answer.
        """
        patient = asked.patient.strip()[:_MOST_ID]
        require_plain(patient, "patient")
        action = "readers.export" if exported else "readers.report"
        act = Act(action, f"Patient/{patient}", patient=patient or None)
        try:
            self._parts.access.require(principal, Action.REPORT_READERS, InstallationTarget())
        except AccessError as error:
            await note_refusal(self._parts.audit, principal, act, error)
            raise
        if not patient:
            raise InputError(
                "patient_missing",
                Bilingual(
                    zh="请填写患者编号或病历号。", en="State the patient's id or record number."
                ),
                field="patient",
            )
        await note(self._parts.audit, principal, act, AuditOutcome.DONE)
        ids = await self._ids(patient)
        events = await self._store.about(ids, MOST_ROWS + 1, asked.since, asked.until)
        emergencies = await self._store.about(ids, MOST_ROWS, action_prefix="emergency.")
        people = {person.id: person for person in await self._people.list()}
        windows = _windows(emergencies)
        rows = [_reading(event, people, windows) for event in _closed(events[:MOST_ROWS])]
        return ReadersReport(patient, tuple(rows), len(events) > MOST_ROWS)

    async def _ids(self, asked: str) -> frozenset[str]:
        """Every id under which the audit may know the patient."""
        records = self._parts.records
        summary = await records.read_summary(asked)
        if summary is None:
            known = await records.patients_by_identifier(asked)
            summary = await records.read_summary(known[0]) if len(known) == 1 else None
        if summary is None:
            return frozenset({asked})
        return frozenset({asked, summary.id}) | await records.with_priors([summary.id])


@dataclass(frozen=True, slots=True)
class _Window:
    """From when until when somebody had emergency access."""

    account: str
    since: datetime
    until: datetime


def _windows(events: Sequence[AuditEvent]) -> list[_Window]:
    """The emergencies that were declared, each until it ran out or was ended."""
    done = [event for event in events if event.entry.outcome is AuditOutcome.DONE]
    ends: dict[str, datetime] = {}
    for event in done:
        over = event.entry.action == "emergency.end" or (
            event.entry.detail.get("outcome") == "not_justified"
        )
        if over:
            ends[str(event.entry.detail.get("emergency"))] = event.at
    windows = []
    for event in done:
        until = event.entry.detail.get("until")
        if event.entry.action == "emergency.open" and until is not None:
            planned = datetime.fromisoformat(str(until))
            ended = ends.get(str(event.entry.detail.get("emergency")), planned)
            windows.append(_Window(event.entry.actor, event.at, min(planned, ended)))
    return windows


def _closed(events: Sequence[AuditEvent]) -> list[AuditEvent]:
    """One event for each act: its end where it has one, else its beginning."""
    ended = {
        (event.entry.trace, event.entry.subject)
        for event in events
        if event.entry.trace is not None and event.entry.outcome is not AuditOutcome.OPENED
    }
    return [
        event
        for event in events
        if event.entry.outcome is not AuditOutcome.OPENED
        or (event.entry.trace, event.entry.subject) not in ended
    ]


def _reading(
    event: AuditEvent, people: Mapping[PrincipalId, Person], windows: Sequence[_Window]
) -> Reading:
    entry = event.entry
    person = people.get(PrincipalId(entry.actor))
    in_emergency = any(
        window.account == entry.actor and window.since <= event.at <= window.until
        for window in windows
    )
    return Reading(
        sequence=event.sequence,
        at=event.at,
        account=entry.actor,
        name=person.name if person is not None else None,
        departments=tuple(sorted(person.departments)) if person is not None else (),
        action=entry.action,
        purpose=entry.purpose,
        channel=entry.channel,
        done=entry.outcome in (AuditOutcome.DONE, AuditOutcome.OPENED),
        break_glass=bool(entry.detail.get(BROKEN_GLASS))
        or entry.action == "emergency.open"
        or in_emergency,
    )
