"""From durable messages to the record: in their order, each once, a bad one set aside alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final
from weakref import WeakKeyDictionary

from suwen.core.connection import ConnectionReport
from suwen.core.errors import SuwenError, UnavailableError
from suwen.core.ports import Clock
from suwen.core.record import Resource
from suwen.integration.hl7v2.mapping import ChannelFacts, MappedMessage
from suwen.integration.hl7v2.mapping import PatientLink as StatedLink
from suwen.integration.hl7v2.merging import merged
from suwen.integration.hl7v2.reading import read
from suwen.storage.database import Database
from suwen.storage.inbound import InboundStore
from suwen.storage.inbound_types import ProcessedMessage, QueuedMessage
from suwen.storage.known_states import KnownState, read_states
from suwen.storage.patient_links import PatientLink
from suwen.storage.record_import import StoredResource

log = logging.getLogger(__name__)

#: State of what a message merely mentions: anything that its master ever said is newer.
_MENTIONED: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ORDERS: Final = frozenset({("RDE", "O11"), ("OMP", "O09"), ("RDE", "O25")})
_AT_ONCE: Final = 50
_REST_S: Final = 1.0
_BREATHE_EVERY: Final = 8

ToStore = Callable[[Sequence[Resource]], Sequence[StoredResource]]
Key = tuple[str, str]

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Stores:
    """Where messages come from and where what they say goes.

    Attributes:
        to_store: checks R4 resources and gives them the columns by which the store finds them.
        reviews: whether orders of medicines are to be reviewed by pharmacists here.
    """

    inbound: InboundStore
    database: Database
    to_store: ToStore
    clock: Clock
    reviews: bool = False


@dataclass(slots=True)
class _Read:
    queued: QueuedMessage
    mapped: MappedMessage

    @property
    def at(self) -> datetime:
        return self.queued.sent_at or self.queued.received_at


@dataclass(slots=True)
class _Known:
    """What is known of resources while a batch is worked through."""

    states: dict[Key, KnownState] = field(default_factory=dict)

    def is_newer(self, key: Key, at: datetime, number: int) -> bool:
        """Whether the store holds a newer state than one of this time and message."""
        state = self.states.get(key)
        if state is None or state.at is None:
            return False
        if state.at != at:
            return state.at > at
        return state.message is not None and state.message > number


class Processor:
    """Works through the messages of one connection."""

    def __init__(self, channel: ChannelFacts, stores: Stores) -> None:
        self._channel = channel
        self._stores = stores
        self._wake = asyncio.Event()
        self._receiving_until = 0.0

    def notice(self) -> None:
        """Says that a message came; receiving goes before processing for a moment."""
        self._receiving_until = asyncio.get_running_loop().time() + 0.02
        self._wake.set()

    async def run(self, report: ConnectionReport) -> None:
        """Works until cancelled; what cannot be reached now is tried again."""
        while True:
            self._wake.clear()
            try:
                worked = await self.work(report)
            except UnavailableError as error:
                report.error(error.code, "")
                worked = 0
                await asyncio.sleep(_REST_S)
            if not worked:
                try:
                    async with asyncio.timeout(_REST_S):
                        await self._wake.wait()
                except TimeoutError:
                    continue

    async def work(self, report: ConnectionReport) -> int:
        """Processes the next messages; how many were taken up, 0 when none waits.

        Raises:
            UnavailableError: the database does not answer; nothing is lost.
        """
        async with _turn():
            waiting = await self._stores.inbound.next_messages(self._channel.name, _AT_ONCE)
            if not waiting:
                return 0
            read_ones = await self._read_all(waiting, report)
            done = await self._prepared(read_ones, report)
            if done:
                await self._finish(done, read_ones, report)
            return len(waiting)

    async def _read_all(
        self, waiting: Sequence[QueuedMessage], report: ConnectionReport
    ) -> list[_Read]:
        found: list[_Read] = []
        for number, queued in enumerate(waiting, start=1):
            mapped = await self._read_one(queued, report)
            if mapped is not None:
                found.append(_Read(queued, mapped))
            if number % _BREATHE_EVERY == 0:
                await self._let_receive()
        return found

    async def _read_one(
        self, queued: QueuedMessage, report: ConnectionReport
    ) -> MappedMessage | None:
        code, where = "hl7_defect", ""
        try:
            text = queued.body.decode(queued.character_set)
            outcome = read(text, self._channel, queued.character_set)
            if outcome.mapped is not None:
                return outcome.mapped
            if outcome.refusal is not None:
                code, where = outcome.refusal.code, outcome.refusal.where
        except UnicodeDecodeError:
            code, where = "hl7_character_set", "MSH-18"
        except Exception:  # noqa: BLE001 - a defect with one message must not hold up the others
            log.error("a defect with an HL7 message", extra={"message_id": queued.id})
        await self._fail(queued, code, where, report)
        return None

    async def _prepared(
        self, read_ones: Sequence[_Read], report: ConnectionReport
    ) -> list[ProcessedMessage]:
        keys = {_key(reference) for one in read_ones for reference in one.mapped.partial}
        known = _Known(await read_states(self._stores.database, sorted(keys)))
        done: list[ProcessedMessage] = []
        for number, one in enumerate(read_ones, start=1):
            try:
                done.append(self._prepare(one, known))
            except SuwenError as error:
                await self._fail(one.queued, error.code, error.field or "", report)
            if number % _BREATHE_EVERY == 0:
                await self._let_receive()
        return done

    def _prepare(self, one: _Read, known: _Known) -> ProcessedMessage:
        mapped = one.mapped
        bodies: list[Resource] = []
        for resource in mapped.resources:
            reference = f"{resource['resourceType']}/{resource['id']}"
            whole = self._as_known(reference, resource, one, known)
            if whole is not None:
                bodies.append(whole)
        stored = [
            replace(item, source_at=_MENTIONED)
            if f"{item.type}/{item.id}" in mapped.gap_filling
            else item
            for item in self._stores.to_store(bodies)
        ]
        orders, patient = self._ordered(one)
        return ProcessedMessage(
            id=one.queued.id,
            resources=stored,
            links=[_dated(link, one.at) for link in mapped.links],
            notes={"unmapped": mapped.unmapped} if mapped.unmapped else {},
            orders=orders,
            orders_of=patient,
        )

    def _ordered(self, one: _Read) -> tuple[list[str], str | None]:
        """The orders of medicines that a message brings, and of whom, where they are reviewed."""
        kind = one.queued.message_type.replace("_", "^").split("^")
        if not self._stores.reviews or tuple(kind[:2]) not in _ORDERS:
            return [], None
        orders = [r for r in one.mapped.resources if r["resourceType"] == "MedicationRequest"]
        subjects = {r["subject"]["reference"] for r in orders if r.get("subject")}
        if len(subjects) != 1:
            return [], None
        patient = subjects.pop().removeprefix("Patient/")
        return [f"MedicationRequest/{r['id']}" for r in orders], patient

    def _as_known(
        self, reference: str, said: Resource, one: _Read, known: _Known
    ) -> Resource | None:
        """The resource with what was known before; ``None`` for a mere mention of what is known."""
        mapped = one.mapped
        if reference not in mapped.partial:
            return said
        key = _key(reference)
        at = _MENTIONED if reference in mapped.gap_filling else one.at
        newer = known.is_newer(key, at, one.queued.id)
        if newer and at is _MENTIONED:
            return None
        state = known.states.get(key)
        whole = merged(
            state.body if state else None,
            said,
            derived_status=reference in mapped.derived_status,
            removed=mapped.removed.get(reference, ()),
        )
        if not newer:
            known.states[key] = KnownState(whole, at, one.queued.id)
        return whole

    async def _finish(
        self,
        done: Sequence[ProcessedMessage],
        read_ones: Sequence[_Read],
        report: ConnectionReport,
    ) -> None:
        now = self._stores.clock.now()
        refused = await self._stores.inbound.process_each(done, now)
        for error in refused.values():
            report.error(error.code, error.field or "")
        finished = {given.id for given in done} - set(refused)
        if finished:
            last = max(one.at for one in read_ones if one.queued.id in finished)
            report.message(len(finished), max((now - last).total_seconds(), 0.0))

    async def _fail(
        self, queued: QueuedMessage, code: str, where: str, report: ConnectionReport
    ) -> None:
        await self._stores.inbound.fail(queued.id, code, where, self._stores.clock.now())
        report.error(code, where)

    async def _let_receive(self) -> None:
        """Gives way to the listener, which answers senders that wait."""
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(0.005 if now < self._receiving_until else 0)


def _turn() -> asyncio.Lock:
    """One processor at a time reads what is known and stores what follows from it."""
    loop = asyncio.get_running_loop()
    lock = _turns.get(loop)
    if lock is None:
        lock = _turns[loop] = asyncio.Lock()
    return lock


def _key(reference: str) -> Key:
    kind, _, identity = reference.partition("/")
    return kind, identity


def _dated(link: StatedLink, at: datetime) -> PatientLink:
    return PatientLink(link.prior, link.surviving, link.linked, at)
