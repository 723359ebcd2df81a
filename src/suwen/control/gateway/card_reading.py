"""Reads what a call of CDS Hooks did not bring, all at once, until its time is over."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from suwen.control.access.decision import Action, DraftTarget, PatientTarget, RecordOrigin
from suwen.control.gateway.card_data import Gathered, take_stored
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.patient_access import admitted_patient
from suwen.control.gateway.reading import read_stored
from suwen.control.privacy.data_class import class_of_item
from suwen.core.application import RecordRead
from suwen.core.cards import Fetched, Held, KnownDraft, RecordServer, Unchecked
from suwen.core.data_class import may_pass
from suwen.core.draft import DraftRecord, DraftStatus
from suwen.core.errors import AccessError, NotFoundError, SuwenError
from suwen.core.identity import PatientId, Principal
from suwen.core.language import Bilingual
from suwen.core.record import Resource
from suwen.integration.cdshooks.calls import HookCall
from suwen.integration.cdshooks.catalogue import HookService
from suwen.integration.cdshooks.clients import CdsClient
from suwen.integration.fhir.record import patient_of

_MOST_DRAFTS: Final = 20
_LOOKED_AT: Final = frozenset(
    {
        DraftStatus.DRAFT,
        DraftStatus.AWAITING_COSIGN,
        DraftStatus.ESCALATED,
        DraftStatus.SIGNED,
    }
)
_HERE = Bilingual("本平台的病历", "the record held here")
_IN_TIME = Bilingual("未能及时取得", "it did not come in time")
_FAILED = Bilingual("读取失败", "reading it failed")
_OTHER_SERVER = Bilingual(
    "请求所指的 FHIR 服务器不是登记的服务器",
    "the FHIR server that the call names is not the registered one",
)
_OF_ANOTHER = Bilingual(
    "对方服务器返回了另一位患者的数据，未使用", "the server sent another patient's data; not used"
)
_WITHHELD = Bilingual(
    "数据级别高于此连接的上限，未使用", "above the data class of this connection; not used"
)


@dataclass(frozen=True, slots=True)
class _Here:
    """What our own record holds; ``drafts`` is ``None`` for whoever may not see the patient."""

    resources: tuple[Resource, ...]
    drafts: tuple[KnownDraft, ...] | None


class CardReader:
    """Asks the caller's FHIR server and our own record.

    Args:
        server: asks the caller's FHIR server; ``None`` where it is never asked.
        seconds: a clock that never goes back.
    """

    def __init__(
        self, parts: GatewayParts, server: RecordServer | None, seconds: Callable[[], float]
    ) -> None:
        self._parts = parts
        self._server = server
        self._seconds = seconds

    async def read(
        self,
        client: CdsClient,
        call: HookCall,
        gathered: Gathered,
        person: Principal | None,
        until: float,
    ) -> tuple[KnownDraft, ...] | None:
        """Fills what was gathered; the drafts about the patient.

        Args:
            person: who works there; our own record is read by this person's rights only.
            until: when to stop waiting, by the reader's clock.

        Returns:
            ``None`` when the drafts could not be looked at.
        """
        asked = self._ask_server(client, call, gathered)
        here = None
        if person is not None:
            here = asyncio.create_task(self._read_here(person, call))
        tasks: list[asyncio.Task[Any]] = [*asked.values(), *([here] if here else [])]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=max(0.0, until - self._seconds()))
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for key, task in asked.items():
            _take_fetched(gathered, call, call.service.wanted[key].resource_type, task)
        return None if here is None else _take_here(gathered, client, call.service, here)

    def _ask_server(
        self, client: CdsClient, call: HookCall, gathered: Gathered
    ) -> dict[str, asyncio.Task[Fetched]]:
        """A query for each kind that the call did not bring, where it may be asked."""
        missing = {k: w for k, w in call.service.wanted.items() if k not in call.prefetch}
        if not missing or call.access is None or self._server is None:
            return {}
        registered = (client.fhir_server or "").rstrip("/")
        if not registered or (call.fhir_server or "").rstrip("/") != registered:
            for wanted in missing.values():
                gathered.doubt(wanted.resource_type, _OTHER_SERVER)
            return {}
        queries = {k: w.query(call.patient, call.encounter) for k, w in missing.items()}
        return {
            key: asyncio.create_task(self._server.read(registered, call.access.token, query))
            for key, query in queries.items()
            if query is not None
        }

    async def _read_here(self, person: Principal, call: HookCall) -> _Here:
        parts, now = self._parts, self._parts.clock.now()
        try:
            target = await admitted_patient(parts.records, parts.access, person, call.patient, now)
        except (AccessError, NotFoundError):
            return _Here((), None)
        wanted = RecordRead(tuple(sorted(kinds_of(call.service))), call.patient)
        resources = await read_stored(parts.records, wanted, call.patient)
        drafts = await parts.drafts.list(
            patient=PatientId(call.patient), status=_LOOKED_AT, limit=_MOST_DRAFTS
        )
        return _Here(tuple(resources), self._readable(person, target, drafts))

    def _readable(
        self, person: Principal, patient: PatientTarget, drafts: Iterable[DraftRecord]
    ) -> tuple[KnownDraft, ...]:
        found = []
        for draft in drafts:
            origin = RecordOrigin(draft.content.get("origin") or RecordOrigin.REQUEST)
            own = draft.created_by == person.id
            care = own if origin is RecordOrigin.REQUEST else patient.care
            target = DraftTarget(draft.id, origin, care, frozenset())
            document = draft.content["result"].get("document")
            if document is None:
                continue
            if self._parts.access.decide(person, Action.READ_DRAFT, target).allowed:
                kind = document["document_type"]
                found.append(KnownDraft(draft.id, kind, draft.status, draft.created_at))
        return tuple(found)


def kinds_of(service: HookService) -> frozenset[str]:
    """The resource types that a service reads."""
    return frozenset(wanted.resource_type for wanted in service.wanted.values())


def _outcome(task: asyncio.Task[Any]) -> Bilingual | None:
    """Why a reading came to nothing; ``None`` when it came to something.

    Raises:
        BaseException: what is no error of ours: a defect is not hidden as missing data.
    """
    if task.cancelled():
        return _IN_TIME
    error = task.exception()
    if isinstance(error, SuwenError):
        return _FAILED
    if error is not None:
        raise error
    return None


def _take_fetched(
    gathered: Gathered, call: HookCall, kind: str, task: asyncio.Task[Fetched]
) -> None:
    failed = _outcome(task)
    if failed is not None:
        gathered.doubt(kind, failed)
        return
    fetched = task.result()
    own = (None, f"Patient/{call.patient}")
    if any(patient_of(resource) not in own for resource in fetched.resources):
        gathered.doubt(kind, _OF_ANOTHER)
        return
    if not fetched.complete:
        gathered.doubt(kind, _FAILED)
    gathered.add(kind, fetched.resources, Held.SERVER)


def _take_here(
    gathered: Gathered, client: CdsClient, service: HookService, task: asyncio.Task[_Here]
) -> tuple[KnownDraft, ...] | None:
    failed = _outcome(task)
    if failed is not None:
        gathered.unchecked.append(Unchecked(_HERE, failed))
        return None
    found = task.result()
    if found.drafts is None:
        return None
    kept = [r for r in found.resources if may_pass(class_of_item(r), client.ceiling)]
    left = len(found.resources) - len(kept)
    if left:
        what = Bilingual(f"本平台病历中的 {left} 项", f"{left} items of the record held here")
        gathered.unchecked.append(Unchecked(what, _WITHHELD))
    take_stored(gathered, kept, kinds_of(service))
    return found.drafts
