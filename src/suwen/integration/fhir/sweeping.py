"""Compares the record with its source as a whole: what was deleted there, what was overlooked.

A search never shows what was deleted. So from time to time the ids and times of everything that
the source holds are set beside what the record has of it. Nothing is taken for deleted because a
list lacks it: the source itself must say so, for each one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from suwen.core.connection import ConnectionReport
from suwen.core.errors import InputError, IntegrationError, NotFoundError
from suwen.core.language import Bilingual
from suwen.integration.fhir.client import FhirClient
from suwen.integration.fhir.following import Follower, FollowRules
from suwen.integration.fhir.localising import (
    DELETED_TAG,
    IdSpace,
    as_deleted,
    for_the_store,
    last_updated,
)
from suwen.integration.fhir.pages import Page
from suwen.storage.record_import import StatedSource
from suwen.storage.records import RecordStore
from suwen.storage.source_states import SourceStates

_PAGE: Final = 500
_FEW: Final = 50
_PART: Final = 0.2
_NEVER_DELETED: Final = frozenset({"Patient"})


class Sweeper:
    """Compares one source with the record.

    Args:
        is_master: by resource type; only what this source is the master of is marked deleted.
    """

    def __init__(
        self,
        client: FhirClient,
        space: IdSpace,
        rules: FollowRules,
        records: RecordStore,
        states: SourceStates,
        follower: Follower,
    ) -> None:
        self._client = client
        self._space = space
        self._rules = rules
        self._records = records
        self._states = states
        self._follower = follower

    async def sweep(self, resource_type: str, report: ConnectionReport) -> tuple[int, int]:
        """How many states were fetched that had been overlooked, and how many marked deleted.

        Raises:
            IntegrationError: ``fhir_too_many_gone`` when so much is missing there that something
                else must be wrong; nothing is marked then.
        """
        there = await self._held_there(resource_type)
        here = {
            state.id: state
            async for state in self._states.of(resource_type, self._space.source, DELETED_TAG)
        }
        fetched = 0
        for identity, at in there.items():
            known = here.get(self._space.local(resource_type, identity))
            if known is None or (
                at is not None and known.source_at is not None and known.source_at < at
            ):
                fetched += await self._fetch(resource_type, identity, report)
        standing = {self._space.local(resource_type, identity) for identity in there}
        missing = [s.id for s in here.values() if s.id not in standing and not s.deleted]
        if resource_type in _NEVER_DELETED:
            for _ in missing:
                report.error("patient_gone_at_source", resource_type)
            return fetched, 0
        if len(missing) > max(_FEW, _PART * len(here)):
            raise _too_many(resource_type, len(missing))
        gone = [one for one in missing if await self._is_gone(resource_type, one)]
        return fetched, sum([await self.mark(resource_type, one, report) for one in gone])

    async def follow_deletions(
        self, resource_type: str, since: str, report: ConnectionReport
    ) -> str:
        """Marks what the source's history says was deleted since an instant.

        Returns:
            The latest instant that it told, where the next call begins.
        """
        latest = since
        pages = self._client.history(resource_type, since, _PAGE)
        async for page in pages:
            for reference, at in page.deleted:
                kind, _, identity = reference.partition("/")
                if kind == resource_type and kind not in _NEVER_DELETED:
                    await self.mark(kind, self._space.local(kind, identity), report)
                latest = max(latest, at or latest)
        return latest

    async def mark(self, resource_type: str, local_id: str, report: ConnectionReport) -> int:
        """Marks one resource as deleted by its source, unless another source states it; 1 if so."""
        stored = await self._records.read_resource(resource_type, local_id)
        if stored is None or (stored.get("meta") or {}).get("source") != self._space.source:
            return 0
        deleted = as_deleted(stored)
        if deleted is None:
            report.error("deleted_without_status", resource_type)
            return 0
        stated_by = StatedSource(self._space.source, master=True)
        counts = await self._records.import_unit(
            [for_the_store(deleted, self._rules.origin, stated_by)]
        )
        return counts.replaced

    async def _held_there(self, resource_type: str) -> Mapping[str, datetime | None]:
        """Ids and times of everything that the source holds of a type."""
        found: dict[str, datetime | None] = {}
        pairs = [
            *self._rules.search.get(resource_type, ()),
            ("_elements", "id,meta"),
            ("_count", str(_PAGE)),
        ]
        pages = self._client.search(resource_type, pairs)
        async for page in pages:
            # A summary lacks what R4 requires, so most of it stands among what is not valid.
            for body in [*page.resources, *(r.body for r in page.refused)]:
                if isinstance(body.get("id"), str):
                    found[str(body["id"])] = last_updated(body)
        return found

    async def _fetch(self, resource_type: str, identity: str, report: ConnectionReport) -> int:
        try:
            resource = await self._client.read(resource_type, identity)
        except NotFoundError:
            return 0
        except InputError as error:
            report.error(error.code, error.field or resource_type)
            return 0
        return await self._follower.take(Page((resource,)), resource_type, None, report)

    async def _is_gone(self, resource_type: str, local_id: str) -> bool:
        """Whether the source itself says that it has no such resource."""
        if not local_id.startswith(self._space.prefix):
            # A derived id does not lead back to the one there.
            return False
        identity = local_id.removeprefix(self._space.prefix)
        try:
            await self._client.read(resource_type, identity)
        except NotFoundError:
            return True
        except InputError:
            return False
        return False


def _too_many(resource_type: str, count: int) -> IntegrationError:
    return IntegrationError(
        "fhir_too_many_gone",
        Bilingual(
            zh=f"数据源缺少过多的 {resource_type}（{count} 个），可能是对方故障或权限变化；"
            "未作删除标记，请核实。",
            en=f"The source lacks too many {resource_type} ({count}): it may be broken or its "
            "rights may have changed. Nothing was marked as deleted; look into it.",
        ),
        field=resource_type,
        detail={"count": count},
    )
