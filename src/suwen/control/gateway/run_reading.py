"""Whether somebody may still read what a run told them: as long as the record is open to them.

A run's events hold what it read. Whoever started it reads them again later, out of another session
too: by then the patient may be nobody whom they care for, or not the one whom the session is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from suwen.control.access.decision import Action, PatientTarget, RecordOrigin
from suwen.control.gateway.acts import Act, note, note_refusal
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.patient_access import admitted_patient
from suwen.control.gateway.run_state import Run
from suwen.core.audit import AuditEvent, AuditOutcome
from suwen.core.errors import AccessError
from suwen.core.identity import AppId, Principal, TraceId
from suwen.storage.traces import Trace, no_such_trace


class AuditedRuns(Protocol):
    """What the audit says of runs, which it keeps longer than they are told."""

    async def latest(
        self, limit: int = 100, before_sequence: int | None = None, **wanted: str
    ) -> list[AuditEvent]:
        """Latest events first of those that have these values."""


@dataclass(frozen=True, slots=True)
class RunSubject:
    """Whom a run is about.

    Attributes:
        patient: ``None`` for a run about nobody.
        origin: where the record came from; ``None`` is not known, and counts as kept here.
    """

    trace: TraceId
    app: AppId
    patient: str | None
    origin: RecordOrigin | None

    @classmethod
    def of(cls, run: Run) -> RunSubject:
        """Whom a run is about that goes on in this process."""
        return cls(run.trace, run.app, run.patient, run.origin)


class RunReader:
    """Lets those who started a run read what it told."""

    def __init__(self, parts: GatewayParts, audits: AuditedRuns) -> None:
        self._parts = parts
        self._audits = audits

    async def subject_of(self, trace: Trace) -> RunSubject:
        """Whom a run is about that ended, or that another process runs.

        Raises:
            NotFoundError: ``no_such_trace`` for a run that the audit does not know.
        """
        events = await self._audits.latest(1, None, trace=trace.id)
        if not events:
            raise no_such_trace()
        admitted = next((stage for stage in trace.stages if stage.name == "admit"), None)
        origin = admitted.result.get("origin") if admitted is not None else None
        return RunSubject(
            trace.id,
            trace.app,
            events[0].entry.patient,
            RecordOrigin(origin) if origin is not None else None,
        )

    async def require(self, principal: Principal, about: RunSubject) -> None:
        """Lets those pass who may read the patient's record now, as the run itself had to.

        Raises:
            AccessError, NotFoundError: as the policies and the record say; a refusal is audited.
        """
        if about.patient is None:
            return
        try:
            if about.origin is RecordOrigin.REQUEST:
                brought = PatientTarget(about.patient, RecordOrigin.REQUEST, care=False)
                self._parts.access.require(principal, Action.READ_RECORD, brought)
                return
            now = self._parts.clock.now()
            await admitted_patient(
                self._parts.records, self._parts.access, principal, about.patient, now
            )
        except AccessError as error:
            await note_refusal(self._parts.audit, principal, _act(about), error)
            raise

    async def note(self, principal: Principal, about: RunSubject) -> None:
        """Makes durable that what a run told is read again, after it ended.

        Raises:
            AuditError: when it is not durable; then nothing is told.
        """
        if about.patient is not None:
            await note(self._parts.audit, principal, _act(about), AuditOutcome.DONE)


def _act(about: RunSubject) -> Act:
    # Without the run's number as its own: it must not close what the run left open.
    return Act("run.read", f"Run/{about.trace}", about.patient, about.app)
