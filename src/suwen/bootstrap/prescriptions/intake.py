"""How prescriptions come into the pharmacists' queue: reviewed by the gateway, each once."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from suwen.bootstrap.prescriptions.quieting import Quiet, quietened, rows_of, urgency_of
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.gateway.acts import Act, audited
from suwen.control.gateway.reading import read_stored
from suwen.control.gateway.run_types import RunOptions, RunResult
from suwen.core.application import RecordRead
from suwen.core.errors import GovernanceError, SuwenError
from suwen.core.identity import AppId, Channel, Principal, PrincipalId, Purpose, Role
from suwen.core.record import Resource
from suwen.storage.encryption import field_cipher
from suwen.storage.prescription_arrivals import GIVES_UP_AT, ArrivalStore
from suwen.storage.prescription_types import (
    Arrival,
    NewPrescription,
    PrescriptionState,
    StoredPrescription,
)
from suwen.storage.prescriptions import PrescriptionStore
from suwen.storage.rule_answers import RuleAnswerStore

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

REVIEW: Final = AppId("prescription_review")
QUEUE_PRINCIPAL: Final = PrincipalId("pharmacy-queue")
NOT_STORED: Final = RunOptions(without_model=True, store=False)
_READS: Final = (
    "Patient", "Encounter", "Condition", "Observation", "AllergyIntolerance", "Medication",
    "MedicationRequest", "MedicationStatement",
)  # fmt: skip
_TO_REVIEW: Final = frozenset({"active", "draft", "on-hold"})

log = logging.getLogger(__name__)


def queue_principal(channel: Channel = Channel.HL7V2) -> Principal:
    """The installation itself, which has orders reviewed that reached the record."""
    return Principal(
        id=QUEUE_PRINCIPAL,
        name="pharmacy-queue",
        roles=frozenset({Role.SERVICE}),
        departments=frozenset(),
        purpose=Purpose.TREATMENT,
        channel=channel,
    )


@dataclass(frozen=True, slots=True)
class Submitted:
    """A prescription that another system hands in.

    Attributes:
        request: in the form of the application's contract.
        key: the sender's own name for it; the same comes in once. ``None`` makes one.
        patient: as the sender knows the patient; ``None`` where nobody is named.
        prescriber: account of whoever wrote it; ``None`` is whoever hands it in.
    """

    request: Mapping[str, Any] = field(repr=False)
    key: str | None = None
    patient: str | None = None
    encounter: str | None = None
    department: str | None = None
    prescriber: str | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a prescription besides what was found."""

    origin: str
    key: str
    patient: str | None
    encounter: str | None
    department: str | None
    prescriber: str | None
    prescriber_name: str | None
    orders: tuple[str, ...]
    written_at: datetime


class Intake:
    """Takes prescriptions in.

    What is reviewed passes the gateway like every run; what came by a message is noted in the
    transaction that brought it into the record, and taken from there.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        cipher = field_cipher(platform.settings.home)
        self.store = PrescriptionStore(platform.database, cipher)
        self.arrivals = ArrivalStore(platform.database, cipher)
        self.answers = RuleAnswerStore(platform.database)

    async def submit(self, principal: Principal, given: Submitted) -> StoredPrescription:
        """Reviews a prescription and puts it into the queue.

        Raises:
            AccessError: ``not_permitted``, ``wrong_partition`` or as the record says.
            InputError: the request's field at fault.
            GovernanceError: the application is out of use.
        """
        platform = self._platform
        platform.access.require(principal, Action.SUBMIT_PRESCRIPTIONS, InstallationTarget())
        result = await self._review(principal, given.request)
        patient = given.patient or _text(given.request.get("patient_id"))
        about = About(
            origin="record" if "patient_id" in given.request else "rest",
            key=f"rest:{principal.id}:{given.key or secrets.token_hex(12)}",
            patient=patient,
            encounter=given.encounter or _text(given.request.get("encounter_id")),
            department=given.department or next(iter(sorted(principal.departments)), None),
            prescriber=given.prescriber or principal.id,
            prescriber_name=None if given.prescriber else principal.name,
            orders=_references(result.output),
            written_at=platform.clock.now(),
        )
        new = await self._new(about, result)
        act = Act("prescription.submit", f"Prescription/{new.id}", new.patient, REVIEW)
        async with audited(platform.audit, principal, act):
            await self.store.add(new, principal.id, platform.clock.now())
        return await self.store.by_key(new.origin_key)

    async def review_again(
        self, principal: Principal, request: Mapping[str, Any], patient: str | None, encounter: str
    ) -> tuple[RunResult, dict[str, Any]]:
        """A changed prescription's run, and its result as it asks now; raises as ``submit``."""
        result = await self._review(principal, request)
        quiet = await self._quiet(patient, encounter)
        return result, quietened(result.output, quiet)

    async def take_arrivals(self, most: int = 20) -> int:
        """Reviews what reached the record; how many were taken.

        What cannot be reviewed stays visible with its code. While the application is out of use
        everything waits.

        Raises:
            UnavailableError: the database does not answer; nothing is lost.
        """
        taken = 0
        for arrival in await self.arrivals.waiting(most):
            try:
                await self._take(arrival)
                taken += 1
            except GovernanceError:
                return taken
            except SuwenError as error:
                over = not error.retryable or arrival.attempts + 1 >= GIVES_UP_AT
                now = self._platform.clock.now()
                await self.arrivals.tried(arrival.number, error.code, now, over=over)
                log.warning("orders were not reviewed: %s", error.code)
        return taken

    async def _take(self, arrival: Arrival) -> None:
        platform, who = self._platform, queue_principal(_CHANNELS.get(arrival.origin, Channel.API))
        now = platform.clock.now()
        if arrival.content is not None:
            resources: Sequence[Resource] = arrival.content["resources"]
        else:
            wanted = RecordRead(_READS, patient_id=arrival.patient)
            resources = await read_stored(platform.records, wanted, arrival.patient)
        named = set(arrival.orders)
        orders = [
            r
            for r in resources
            if r["resourceType"] == "MedicationRequest"
            and f"MedicationRequest/{r['id']}" in named
            and r.get("status") in _TO_REVIEW
        ]
        if not orders:
            await self.store.withdraw_orders(
                arrival.patient, arrival.orders, who.id, now, arrival.number
            )
            return
        references = [f"MedicationRequest/{r['id']}" for r in orders]
        request = {
            "bundle": {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [{"resource": r} for r in resources],
            },
            "orders": references,
            "detail": True,
            **({"setting": s} if (s := (arrival.content or {}).get("setting")) else {}),
        }
        result = await platform.gateway.run(who, REVIEW, request, NOT_STORED)
        new = await self._new(await self._about(arrival, orders), result)
        act = Act("prescription.submit", f"Prescription/{new.id}", new.patient, REVIEW)
        async with audited(platform.audit, who, act):
            await self.store.add(new, who.id, now, arrival.number)

    async def _about(self, arrival: Arrival, orders: Sequence[Resource]) -> About:
        first = orders[0]
        encounter = _id_of(first.get("encounter"))
        requester = first.get("requester")
        practitioner = _id_of(requester)
        accounts = await self._platform.people.by_practitioner(practitioner) if practitioner else []
        known = [p for p in accounts if not p.disabled]
        summary = await self._platform.records.read_summary(arrival.patient)
        display = requester.get("display") if isinstance(requester, Mapping) else None
        return About(
            origin=arrival.origin,
            key=arrival.key,
            patient=arrival.patient,
            encounter=encounter,
            department=summary.department if summary is not None else None,
            prescriber=known[0].id if len(known) == 1 else None,
            prescriber_name=_text(display) or (known[0].name if len(known) == 1 else None),
            orders=tuple(f"MedicationRequest/{r['id']}" for r in orders),
            written_at=_written(first) or arrival.arrived_at,
        )

    async def _review(self, principal: Principal, request: Mapping[str, Any]) -> RunResult:
        return await self._platform.gateway.run(
            principal, REVIEW, {**request, "detail": True}, NOT_STORED
        )

    async def _quiet(self, patient: str | None, encounter: str | None) -> Quiet:
        rules = await self.answers.quiet_rules(self._platform.clock.now())
        if patient is None:
            return Quiet(rules=rules)
        return Quiet(await self.answers.overridden(patient, encounter or ""), rules)

    async def _new(self, about: About, result: RunResult) -> NewPrescription:
        said = quietened(result.output, await self._quiet(about.patient, about.encounter))
        return new_prescription(about, result, said)


def new_prescription(about: About, result: RunResult, said: Mapping[str, Any]) -> NewPrescription:
    """A reviewed prescription on its way in."""
    return NewPrescription(
        id=hashlib.sha256(about.key.encode()).hexdigest()[:20],
        origin=about.origin,
        origin_key=about.key,
        patient=about.patient,
        encounter=about.encounter,
        department=about.department,
        prescriber=about.prescriber,
        orders=about.orders,
        setting=said["reviewed"]["setting"],
        decision=said["decision"],
        urgency=urgency_of(said),
        written_at=about.written_at,
        findings=rows_of(said),
        content=content_of(result, said, about.prescriber_name),
        state=PrescriptionState.WAITING,
    )


def content_of(
    result: RunResult, said: Mapping[str, Any], prescriber_name: str | None
) -> dict[str, Any]:
    """What the queue keeps of a run, sealed."""
    return {
        "result": dict(said),
        "run": {"trace": result.trace, "release": result.release},
        "prescriber_name": prescriber_name,
    }


_CHANNELS: Final = {"hl7": Channel.HL7V2, "cds": Channel.CDS_HOOKS}


def _references(output: Mapping[str, Any]) -> tuple[str, ...]:
    lines = output["reviewed"]["orders"]
    named = (str(line.get("reference", "")) for line in lines)
    return tuple(one for one in named if one.startswith("MedicationRequest/"))


def _id_of(reference: object) -> str | None:
    """The id that a reference ends in; ``None`` where there is none."""
    value = reference.get("reference") if isinstance(reference, Mapping) else None
    return value.rpartition("/")[2] or None if isinstance(value, str) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _written(order: Resource) -> datetime | None:
    said = order.get("authoredOn")
    try:
        moment = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
