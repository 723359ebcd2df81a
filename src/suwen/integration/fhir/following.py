"""Follows a FHIR server by ``_lastUpdated``: every update reaches the record, none twice.

How nothing is missed. A search goes on from the ``_lastUpdated`` of the last resource that was
stored, never by an offset into a list that changes meanwhile; its cursor moves in the transaction
that stores the page; and each search reaches back by an overlap, for what was stamped earlier than
it became visible. What a page holds twice changes nothing. A server that does not sort as it was
asked, which is tried out, is read to its end before its cursor moves. What was deleted, and
whatever a server's clock might still have hidden, the sweep finds (``sweeping``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from suwen.core.connection import ConnectionReport
from suwen.core.errors import ConflictError, InputError, SuwenError, UnavailableError
from suwen.core.faults import fault_point
from suwen.core.patient_numbers import numbered_patient
from suwen.core.record import Resource
from suwen.integration.fhir.client import FhirClient
from suwen.integration.fhir.localising import (
    IdSpace,
    for_the_store,
    last_updated,
    localised,
    patients_named,
    subject_path,
)
from suwen.integration.fhir.matching import PatientMatcher
from suwen.integration.fhir.pages import Page
from suwen.integration.fhir.problems import refused as refused_element
from suwen.integration.fhir.setting_apart import set_apart, waiting_resources
from suwen.storage.cursors import CursorStore
from suwen.storage.inbound import InboundStore
from suwen.storage.inbound_types import ProcessedMessage
from suwen.storage.record_import import StatedSource, StoredResource

PATIENT_UNKNOWN: Final = "patient_not_known"
_PROBE: Final = 20
# Servers that compare whole seconds give a little more than was asked.
_COARSE: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class FollowRules:
    """How one source is followed.

    Attributes:
        overlap: how far each search reaches back before what was read last.
        page_size: resources asked for at once.
        since: where the first search begins; ``None`` reads everything there is.
        search: further search parameters by resource type, as pairs.
        origin: ``imported``, or ``synthetic`` for a demonstration.
        numberings: by which identifiers its patients are matched with those of other connections.
    """

    types: tuple[str, ...]
    overlap: timedelta
    page_size: int
    since: datetime | None
    origin: str
    search: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    numberings: Mapping[str, str] = field(default_factory=dict)


class Follower:
    """Brings the resources of one FHIR server into the record.

    Args:
        matcher: matches its patients with ours; ``None`` where its numbering is ours.
        is_master: by resource type, whether this source is the master of it.
    """

    def __init__(  # noqa: PLR0913 - each is one part of the site that it works with
        self,
        client: FhirClient,
        space: IdSpace,
        rules: FollowRules,
        cursors: CursorStore,
        inbound: InboundStore,
        matcher: PatientMatcher | None,
        is_master: Mapping[str, bool],
    ) -> None:
        self._client = client
        self._space = space
        self._rules = rules
        self._cursors = cursors
        self._inbound = inbound
        self._matcher = matcher
        self.is_master = is_master
        self._sorts: dict[str, bool] = {}

    async def follow_all(self, report: ConnectionReport) -> int:
        """Reads what changed since the last time, of every type; how many states are new here.

        A type that the server refuses is reported and holds up no other.

        Raises:
            UnavailableError: the server or the database does not answer; cursors stand where they
                stood.
            SuwenError: why the first type was refused, when every one was.
        """
        new, failures = 0, dict[str, SuwenError]()
        for kind in self._rules.types:
            try:
                new += await self.follow(kind, report)
            except UnavailableError:
                raise
            except SuwenError as error:
                failures[kind] = error
        if len(failures) == len(self._rules.types):
            raise next(iter(failures.values()))
        for kind, failure in failures.items():
            report.error(failure.code, kind)
        return new

    async def follow(self, resource_type: str, report: ConnectionReport) -> int:
        """Reads what changed since the last time, of one type; how many states are new here."""
        cursor = await self._cursors.read(self._space.connection, resource_type)
        reached = _instant(cursor) if cursor else None
        start = reached - self._rules.overlap if reached else self._rules.since
        by_steps = await self._is_sorted(resource_type)
        new = 0
        while True:
            step = await self._step(resource_type, start, reached, by_steps, report)
            new, reached = new + step.new, step.reached
            if step.position is None:
                return new
            start = step.position

    async def take(
        self,
        page: Page,
        resource_type: str,
        reached: datetime | None,
        report: ConnectionReport,
    ) -> int:
        """Stores a page and moves the cursor, in one transaction; how many states are new here.

        What cannot be stored waits in the queue of messages before the cursor moves: nothing is
        passed over in silence.
        """
        for refused in page.refused:
            where = refused.error.field or resource_type
            await self._set_apart(refused.body, refused.error.code, where, report)
        ready = await self._ready(page.resources, report)
        cursor = None if reached is None else _text(reached)
        if cursor is None:
            cursor = await self._cursors.read(self._space.connection, resource_type) or ""
        try:
            new = await self._store([one for _, one in ready], resource_type, cursor)
        except (InputError, ConflictError):
            new = await self._store_each(ready, resource_type, cursor, report)
        if new:
            stamps = [s for s in _stamps(page) if s is not None]
            lag = (datetime.now(UTC) - max(stamps)).total_seconds() if stamps else None
            report.message(new, None if lag is None else max(0.0, lag))
        return new

    async def take_waiting(self, limit: int) -> int:
        """Works through resources that a person, or the arrival of a patient, let go on.

        Returns:
            How many there were; those refused again are back in the queue with the reason.
        """
        waiting = await self._inbound.next_messages(self._space.connection, limit)
        done: list[ProcessedMessage] = []
        now = datetime.now(UTC)
        for message in waiting:
            try:
                [resource] = waiting_resources(message.body)
                done.append(ProcessedMessage(message.id, [await self._made_ready(resource)]))
            except InputError as error:
                await self._inbound.fail(message.id, error.code, error.field or "", at=now)
        if done:
            await self._inbound.process_each(done, at=now)
        return len(waiting)

    async def _step(
        self,
        resource_type: str,
        start: datetime | None,
        reached: datetime | None,
        by_steps: bool,
        report: ConnectionReport,
    ) -> _Step:
        """One search from an instant on, left for a new one as soon as its pages moved on."""
        new, latest, position = 0, reached, None
        pages = self._client.search(resource_type, self._parameters(resource_type, start))
        try:
            async for page in pages:
                fault_point("fhir.page_read")
                stamps = _stamps(page)
                if by_steps and not _ascending(page, start):
                    by_steps = self._sorts[resource_type] = False
                position = max([s for s in stamps if s is not None], default=None)
                latest = max([s for s in (latest, position) if s is not None], default=None)
                # Of a server that does not sort, only the whole says how far one has come.
                new += await self.take(page, resource_type, latest if by_steps else reached, report)
                fault_point("fhir.page_stored")
                moved = position is not None and (start is None or position > start)
                if by_steps and moved and page.next is not None:
                    return _Step(new, latest, position)
        finally:
            await pages.aclose()
        if not by_steps and latest is not None:
            await self._cursors.advance(self._space.connection, resource_type, _text(latest))
        return _Step(new, latest, None)

    async def _is_sorted(self, resource_type: str) -> bool:
        """Whether the server sorts by ``_lastUpdated``; where that cannot be told yet, it does
        not. One that pays no heed gives the same list both ways."""
        known = self._sorts.get(resource_type)
        if known is not None:
            return known
        up, down = [
            [s for s in _stamps(page)[: len(page.resources)] if s is not None]
            for page in [
                await self._first_page(resource_type, order)
                for order in ("_lastUpdated", "-_lastUpdated")
            ]
        ]
        if len({*up, *down}) < 2:
            return False
        sorts = up == sorted(up) and down == sorted(down, reverse=True) and up[0] < down[0]
        self._sorts[resource_type] = sorts
        return sorts

    async def _first_page(self, resource_type: str, order: str) -> Page:
        pairs = [*self._rules.search.get(resource_type, ()), ("_sort", order)]
        pages = self._client.search(resource_type, [*pairs, ("_count", str(_PROBE))])
        try:
            return await anext(pages)
        finally:
            await pages.aclose()

    async def _made_ready(self, resource: Resource) -> StoredResource:
        """A single resource, ready for the store.

        Raises:
            InputError: ``patient_not_known`` with the element.
        """
        patients = await self._patients([resource])
        if self._lacks_patient(resource, patients):
            raise refused_element(
                PATIENT_UNKNOWN,
                subject_path(resource),
                "本院病历中没有此患者；患者到达后会自动重试。",
                "The record here has no such patient; it is tried again once the patient is there.",
            )
        return self._for_store(localised(resource, self._space, patients))

    async def _ready(
        self, resources: Sequence[Resource], report: ConnectionReport
    ) -> list[tuple[Resource, StoredResource]]:
        """What can be stored of a page, as read and as kept; whose patient is not known here
        waits in the queue."""
        patients = await self._patients(resources)
        ready: list[tuple[Resource, StoredResource]] = []
        for resource in resources:
            if not self._lacks_patient(resource, patients):
                body = localised(resource, self._space, patients)
                ready.append((resource, self._for_store(body)))
            elif resource["resourceType"] != "Patient":
                where = subject_path(resource)
                await self._set_apart(resource, PATIENT_UNKNOWN, where, report)
        return ready

    async def _patients(self, resources: Sequence[Resource]) -> Mapping[str, str]:
        if self._matcher is None:
            return {}
        named = frozenset[str]().union(*(patients_named(r) for r in resources))
        return await self._matcher.match(self._client, named)

    def _lacks_patient(self, resource: Resource, patients: Mapping[str, str]) -> bool:
        return self._matcher is not None and bool(patients_named(resource) - patients.keys())

    def _for_store(self, body: dict[str, Any]) -> StoredResource:
        master = self.is_master.get(body["resourceType"], False)
        stated = StatedSource(self._space.source, master)
        stored = for_the_store(body, self._rules.origin, stated)
        numberings = self._rules.numberings
        if not numberings or stored.type != "Patient":
            return stored
        return replace(stored, numbered=numbered_patient(body, numberings, self._space.connection))

    async def _store(self, ready: Sequence[StoredResource], resource_type: str, cursor: str) -> int:
        # A list that changes while it is read can hold one resource in two states.
        twice = len({(one.type, one.id) for one in ready}) != len(ready)
        units = [[one] for one in ready] if twice else [list(ready)]
        counts = await self._cursors.import_and_advance(
            units, self._space.connection, resource_type, cursor
        )
        return counts.stored + counts.replaced

    async def _store_each(
        self,
        ready: Sequence[tuple[Resource, StoredResource]],
        resource_type: str,
        cursor: str,
        report: ConnectionReport,
    ) -> int:
        """Stores a page resource by resource after one of them was refused."""
        former = await self._cursors.read(self._space.connection, resource_type) or ""
        new = 0
        for resource, one in ready:
            try:
                new += await self._store([one], resource_type, former)
            except (InputError, ConflictError) as error:
                await self._set_apart(resource, error.code, error.field or one.type, report)
        await self._cursors.advance(self._space.connection, resource_type, cursor)
        return new

    async def _set_apart(
        self, resource: Mapping[str, Any], code: str, where: str, report: ConnectionReport
    ) -> None:
        if await set_apart(self._inbound, self._space.connection, resource, code, where):
            report.error(code, where)

    def _parameters(self, resource_type: str, start: datetime | None) -> list[tuple[str, str]]:
        pairs = list(self._rules.search.get(resource_type, ()))
        if start is not None:
            pairs.append(("_lastUpdated", f"ge{_text(start)}"))
        return [*pairs, ("_sort", "_lastUpdated"), ("_count", str(self._rules.page_size))]


@dataclass(frozen=True, slots=True)
class _Step:
    """``position``: where the next search begins; ``None`` when there is nothing more."""

    new: int
    reached: datetime | None
    position: datetime | None


def _stamps(page: Page) -> list[datetime | None]:
    """When each resource of a page was last changed, to the millisecond; those that are not valid
    too."""
    bodies = [*page.resources, *(refused.body for refused in page.refused)]
    return [_whole_ms(last_updated(body)) for body in bodies]


def _ascending(page: Page, start: datetime | None) -> bool:
    """Whether a page is sorted as was asked, as far as it says."""
    stamps = _stamps(page)
    known = [s for s in stamps if s is not None]
    if len(known) != len(stamps):
        return False
    valid = known[: len(page.resources)]
    in_order = all(a <= b for a, b in pairwise(valid))
    return in_order and (start is None or not known or min(known) >= start - _COARSE)


def _whole_ms(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _instant(cursor: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(cursor)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
