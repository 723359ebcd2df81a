"""The door for systems that ask for cards: admitted, audited, answered within the time there is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from time import monotonic
from typing import Any, Final
from uuid import uuid4

from suwen.control.access.decision import Action, PatientTarget, RecordOrigin
from suwen.control.access.purposes import purpose_of
from suwen.control.cards import platform_sources
from suwen.control.gateway.acts import Act, audited
from suwen.control.gateway.card_data import (
    build_record,
    parsed_body,
    take_orders,
    take_request,
)
from suwen.control.gateway.card_quiet import quieter, said_once
from suwen.control.gateway.card_reading import CardReader
from suwen.control.gateway.parts import GatewayParts
from suwen.core.cards import (
    Card,
    CardAnswer,
    CardCase,
    CardMemory,
    CardSource,
    Hook,
    OrderQueue,
    Quieted,
    RecordServer,
    Unchecked,
)
from suwen.core.errors import (
    AccessError,
    DataNotObtainedError,
    SuwenError,
)
from suwen.core.identity import (
    AppId,
    Channel,
    Principal,
    PrincipalId,
    Purpose,
    Role,
)
from suwen.core.language import Bilingual
from suwen.integration.cdshooks.answers import Form, answer, call_number, in_order
from suwen.integration.cdshooks.calls import STAFF, HookCall, read_call
from suwen.integration.cdshooks.catalogue import service_of
from suwen.integration.cdshooks.clients import CdsClient
from suwen.storage.people import PeopleStore

log = logging.getLogger(__name__)

ACTION: Final = "cards.answer"
KEPT_FOR_WRITING_S: Final = 0.12
"""Time of an answer that is kept back for the rules, the audit's end and the writing."""

_NOT_ASKED = Bilingual("时间已到，未运行", "the time was over, it was not run")
_LARGE_BYTES: Final = 128 * 1024

# Cards are answered many times a second: whether tables were changed is not asked at each.
_RENEW_EVERY_S: Final = 2.0
_NO_ENCOUNTER = Bilingual(
    "请求没有指明就诊（encounterId），按最近一次就诊核对",
    "the call names no encounter (encounterId); the latest one was taken",
)
_BROKE = Bilingual("运行出错，已记入日志", "it failed; the log says where")
_SUSPENDED = Bilingual("该应用已停用", "the application is out of use")


@dataclass(frozen=True, slots=True)
class CardRules:
    """How cards are made on this installation.

    Attributes:
        deadline_s: time from the arrival of a call to its answer, in seconds.
        base_url: our own address, for links; ``None`` leaves them out.
        zone: the wards' time zone.
        memory: what was answered to cards; ``None`` remembers nothing.
        orders: where orders that are signed are reviewed; ``None`` for nowhere.
    """

    deadline_s: float
    base_url: str | None
    zone: tzinfo
    memory: CardMemory | None = None
    orders: OrderQueue | None = None


def principal_of(client: CdsClient) -> Principal:
    """The clinical system as an actor: it may have checked what it brings, and nothing else."""
    return Principal(
        id=PrincipalId(f"cds:{client.name}"),
        name=client.name,
        roles=frozenset({Role.SERVICE}),
        departments=frozenset(),
        purpose=Purpose.TREATMENT,
        channel=Channel.CDS_HOOKS,
    )


class CardDesk:
    """Answers calls of CDS Hooks.

    Args:
        server: asks the caller's FHIR server; ``None`` where it is never asked.
        sources: whoever has cards to say, ``None`` for the platform's own; applications of this
            partition that do are added by themselves.
        seconds: a clock that never goes back.
    """

    def __init__(
        self,
        parts: GatewayParts,
        people: PeopleStore,
        rules: CardRules,
        server: RecordServer | None = None,
        sources: Sequence[CardSource] | None = None,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._parts = parts
        self._people = people
        self._rules = rules
        self._seconds = seconds
        self._reader = CardReader(parts, server, seconds)
        own = platform_sources(parts.laboratory, parts.rule_book) if sources is None else sources
        self._own = tuple(own)
        self._renew_from = 0.0

    async def _sources(self) -> list[tuple[AppId | None, CardSource]]:
        """Whoever has cards to say, applications by the tables that the hospital agreed on."""
        now = self._seconds()
        if now >= self._renew_from:
            self._renew_from = now + _RENEW_EVERY_S
            await self._parts.renew()
        found: list[tuple[AppId | None, CardSource]] = [(None, source) for source in self._own]
        for app, installed in self._parts.applications.items():
            # One of the other partition has no say here, whoever installed it.
            here = installed.manifest.partition is self._parts.partition
            if here and isinstance(installed.application, CardSource):
                found.append((app, installed.application))
        return found

    async def answer(
        self, client: CdsClient, service: str, body: bytes, arrived: float
    ) -> Mapping[str, Any]:
        """The body of the answer to a call.

        Args:
            service: id of the service that is called.
            arrived: when the call came, by the clock of this desk.

        Raises:
            NotFoundError: ``cds_service_not_found``.
            InputError: the call is malformed or about another patient; with the element's path.
            AccessError: ``cds_user_not_staff``, or as the policies say.
            DataNotObtainedError: ``cds_nothing_known`` when nothing of the patient was obtained.
            AuditError: when the call cannot be audited; then nothing is read.
        """
        wanted = service_of(service)
        large = len(body) > _LARGE_BYTES
        parsed = await asyncio.to_thread(parsed_body, body) if large else parsed_body(body)
        call = read_call(parsed, wanted)
        person = await self._person(call)
        actor = person or principal_of(client)
        number = call_number(uuid4())
        act = Act(
            ACTION,
            f"Hook/{wanted.id}",
            patient=call.patient,
            detail={
                "client": client.name,
                "service": wanted.id,
                "user": "/".join(call.user),
                "instance": call.hook_instance,
                "encounter": call.encounter or "",
            },
        )
        async with audited(self._parts.audit, actor, act, str(number)) as opened:
            self._admit(client, call)
            until = arrived + self._rules.deadline_s - KEPT_FOR_WRITING_S
            case, unchecked = await self._case(client, call, person, until, large=large)
            cards, more = await self._ask(case, arrived + self._rules.deadline_s)
            cards = quieter(cards, await self._remembered(call, until))
            if case.hook is Hook.ORDER_SIGN and self._rules.orders is not None:
                await self._rules.orders.signed(client.name, call.patient, case)
            shown = in_order(cards, [*unchecked, *more], wanted.title)
            opened.detail.update(_told(shown, case))
            opened.detail["took_ms"] = round((self._seconds() - arrived) * 1000)
            form = Form(number, client.language, self._rules.base_url, client.smart_launch)
            return answer(shown, form)

    async def _remembered(self, call: HookCall, until: float) -> Quieted:
        """What was answered before; nothing where it does not come in time: then all of it asks."""
        if self._rules.memory is None or call.draft_orders is None:
            return Quieted()
        try:
            async with asyncio.timeout(max(0.0, until - self._seconds())):
                return await self._rules.memory.quieted(call.patient, call.encounter or "")
        except (TimeoutError, SuwenError):
            return Quieted()

    def _admit(self, client: CdsClient, call: HookCall) -> None:
        if call.user[0] not in STAFF:
            raise AccessError(
                "cds_user_not_staff",
                Bilingual(
                    zh="卡片只供医务人员使用，不向患者或家属显示。",
                    en="Cards are for clinical staff only, not for patients or their relatives.",
                ),
                detail={"user_type": call.user[0]},
            )
        target = PatientTarget(call.patient, RecordOrigin.REQUEST, care=False)
        self._parts.access.require(principal_of(client), Action.READ_RECORD, target)

    async def _person(self, call: HookCall) -> Principal | None:
        """The account here of whoever works there; ``None`` when there is none, or several."""
        kind, identity = call.user
        if kind != "Practitioner":
            return None
        found = [p for p in await self._people.by_practitioner(identity) if not p.disabled]
        if len(found) != 1:
            return None
        [person] = found
        return Principal(
            id=person.id,
            name=person.name,
            roles=person.roles,
            departments=person.departments,
            purpose=purpose_of(person.roles, None),
            channel=Channel.CDS_HOOKS,
        )

    async def _case(
        self,
        client: CdsClient,
        call: HookCall,
        person: Principal | None,
        until: float,
        *,
        large: bool,
    ) -> tuple[CardCase, list[Unchecked]]:
        """What is known of the patient by then, and what could not be obtained."""
        now = self._parts.clock.now()
        # What takes long is kept off the loop, on which other calls have their time running.
        gathered = (
            await asyncio.to_thread(take_request, call, now) if large else take_request(call, now)
        )
        if call.encounter is None and call.service.needs_encounter:
            gathered.doubt("Encounter", _NO_ENCOUNTER)
        orders_wanted = call.draft_orders is not None
        drafts = await self._reader.read(client, call, gathered, person, until)
        if not gathered.held and drafts is None and not orders_wanted:
            raise _nothing_known()
        orders = take_orders(call, gathered)
        case = CardCase(
            hook=call.service.hook,
            now=now,
            zone=self._rules.zone,
            record=build_record(gathered, call.patient),
            held=dict(gathered.held),
            encounter=call.encounter,
            orders=orders,
            drafts=drafts,
        )
        return case, gathered.unchecked

    async def _ask(self, case: CardCase, deadline: float) -> tuple[list[Card], list[Unchecked]]:
        """What every source says; those of applications for as long as there is time.

        The platform's own rules take less than the time that leaving them out would save.
        """
        cards: list[tuple[AppId | None, Card]] = []
        unchecked: list[Unchecked] = []
        for app, source in await self._sources():
            if case.hook not in source.card_hooks:
                continue
            if app is not None and self._seconds() > deadline:
                unchecked.append(Unchecked(source.card_title, _NOT_ASKED, grave=True))
                continue
            if app is not None and await self._parts.releases.suspension(app) is not None:
                unchecked.append(Unchecked(source.card_title, _SUSPENDED, grave=True))
                continue
            said = _said_by(source, case)
            cards.extend((app, card) for card in said.cards)
            unchecked.extend(said.unchecked)
        return said_once(cards), unchecked


def _said_by(source: CardSource, case: CardCase) -> CardAnswer:
    """What a source says; a defect of one takes away its own cards only, and that is said."""
    try:
        return source.cards(case)
    except Exception as error:  # noqa: BLE001 - the edge to code of applications
        # Its words may quote the record: only its kind is kept.
        log.error("a source of cards failed: %s: %s", type(source).__name__, type(error).__name__)
        return CardAnswer(unchecked=(Unchecked(source.card_title, _BROKE, grave=True),))


def _told(shown: Sequence[Card], case: CardCase) -> dict[str, Any]:
    """What the audit keeps of an answer."""
    return {
        "cards": [_noted(card) for card in shown],
        "own_record": case.drafts is not None,
        "held": {kind: origin.value for kind, origin in case.held.items()},
    }


def _noted(card: Card) -> dict[str, str]:
    """A card as the audit keeps it: no wording, which holds patient text."""
    finding = card.finding
    return {
        "rule": finding.rule,
        "topic": card.topic.value,
        "severity": finding.severity.value,
        "indicator": card.shown_as.value,
        "confidence": finding.confidence.value,
        **({"matter": card.matter} if card.matter is not None else {}),
    }


def _nothing_known() -> DataNotObtainedError:
    return DataNotObtainedError(
        "cds_nothing_known",
        Bilingual(
            zh="没有取得该患者的任何数据：请随请求提供 prefetch，或提供可用的 fhirAuthorization。",
            en="Nothing of the patient was obtained: send prefetch data, or a fhirAuthorization "
            "that can be used.",
        ),
        field="prefetch",
    )
