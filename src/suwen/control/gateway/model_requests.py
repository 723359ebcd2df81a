"""A program of the hospital asks an engine directly, in the order in which it happens.

Read ``ModelRequests.exchange``: those are the stages, and there is no other road from a key to an
engine. What comes of it is labelled as generated and as not gated: no application stands around
it, no statement is checked against evidence, nobody signs. Access, privacy, guardrails and audit
fail closed.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from suwen.control.access.clients import ASK_ENGINES, EMBED, KnownClient
from suwen.control.access.decision import Action, EngineTarget
from suwen.control.access.quotas import ClientQuotas, Place
from suwen.control.gateway.model_exchange import AnswerOnItsWay, ModelExchange, not_gated_label
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.process import this_process
from suwen.control.gateway.shared_audit import SharedAudit
from suwen.control.guardrails.model_traffic import TrafficGuard
from suwen.control.privacy.data_class import check_ceiling, check_client_ceiling
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import (
    InputError,
    NotFoundError,
    QuotaError,
    SuwenError,
    meaning_of,
)
from suwen.core.faults import fault_point
from suwen.core.identity import Channel, Principal
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual

ACTION: Final = "model.request"
CHAT: Final = "chat"
EMBEDDING: Final = "embedding"
SCOPE_OF: Final = {CHAT: ASK_ENGINES, EMBEDDING: EMBED}

DEFAULT_OUTPUT_TOKENS: Final = 4096
"""Most tokens of an answer where the request names no limit; the engine's context if smaller."""

_REMEMBERED: Final = 4096
# A guard reads about two characters a microsecond: more than this is read beside the event loop.
_GUARDED_AT_ONCE: Final = 4000


class RelayingModel(Protocol):
    """An engine that a request can be passed on to."""

    @property
    def endpoint(self) -> Endpoint:
        """Which endpoint this is."""

    def relay(self, path: str, body: bytes) -> AbstractAsyncContextManager[AnswerOnItsWay]:
        """Passes a request on; see ``OpenAiModel.relay``."""


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """What a program asks of an engine; its form was checked at the door.

    Attributes:
        kind: ``chat`` or ``embedding``: the capability and the scope that it needs.
        engine: name of the endpoint.
        path: below the engine's base address.
        body_for: the engine's own body, from the endpoint and the most tokens of the answer.
        raw: the request as it came, for its hash.
        texts: what the guards look at; ``prompt_characters`` counts everything.
        needs: further capabilities that the endpoint must have, with the field that asks for each.
        declared_class: data class that the program states, ``None`` where it states none.
        max_output_tokens: as asked; ``None`` where the request sets no limit.
        streams: whether the answer is to come piece by piece.
        wants_usage: whether a streamed answer is to end with its token counts.
    """

    kind: str
    engine: str
    path: str
    body_for: Callable[[Endpoint, int], bytes] = field(repr=False)
    raw: bytes = field(repr=False)
    texts: tuple[str, ...] = field(repr=False)
    prompt_tokens: int
    needs: tuple[tuple[str, str], ...] = ()
    declared_class: int | None = None
    max_output_tokens: int | None = None
    streams: bool = False
    wants_usage: bool = False


@dataclass(slots=True)
class _Call:
    """One request on its way; filled stage by stage."""

    request: EngineRequest
    client: KnownClient
    trace: str
    principal: Principal
    endpoint: Endpoint | None = None
    place: Place | None = None
    data_class: int = 0
    audit_open: bool = False
    exchange: ModelExchange | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> Endpoint:
        """The endpoint, once it is found."""
        if self.endpoint is None:
            raise AssertionError("a stage ran before the one that it rests on")
        return self.endpoint


class ModelRequests:
    """The only road from a program's key to an engine.

    Args:
        endpoints: the engines as they are now.
        model: the engine behind an endpoint's name.
        guards: every one of them must let a request pass; each may end an answer.
    """

    def __init__(
        self,
        parts: GatewayParts,
        quotas: ClientQuotas,
        endpoints: Callable[[], Sequence[Endpoint]],
        model: Callable[[str], RelayingModel],
        guards: Sequence[TrafficGuard],
    ) -> None:
        self._access = parts.access
        self._audit = SharedAudit(parts.audit)
        self._clock = parts.clock
        self._partition = parts.partition
        self._provider = parts.provider
        self._quotas = quotas
        self._endpoints = endpoints
        self._model = model
        self._guards = tuple(guards)
        self._admitted: OrderedDict[tuple[str, str, str, str], Principal] = OrderedDict()
        self._told: OrderedDict[str, int] = OrderedDict()

    @asynccontextmanager
    async def exchange(
        self, client: KnownClient, request: EngineRequest
    ) -> AsyncIterator[ModelExchange]:
        """Asks an engine; the answer is read inside the block, and counts once the block is left
        without an error. Leaving it by an error or a cancellation stops the engine.

        Raises:
            AccessError, QuotaError, PrivacyError, GuardrailError, InputError, NotFoundError: when
                the request may not be asked.
            InferenceError: when the engine fails, also in the middle.
            AuditError: when it cannot be audited; then nothing is sent, or the end of the answer
                must not be told.
        """
        call = _Call(request, client, str(uuid.uuid4()), client.principal(Channel.OPENAI))
        try:
            await self._admit(call)
            await self._open_audit(call)
            self._check_class(call)
            await self._guard_input(call)
            self._route(call)
            async with self._relay(call) as exchange:
                yield exchange
        except BaseException as error:
            # On record from here on, even if whoever waits for it is cancelled.
            await self._close_without_answer(call, error)
            raise
        await self._close(call)

    def usable(self, client: KnownClient) -> list[tuple[Endpoint, str]]:
        """The engines that a client may ask, with the kind of each."""
        principal = client.principal(Channel.OPENAI)
        return [
            (endpoint, kind)
            for endpoint in self._endpoints()
            for kind, scope in SCOPE_OF.items()
            if endpoint.partition is self._partition
            and kind in endpoint.capabilities
            and self._access.decide(
                principal, Action.USE_ENGINE, EngineTarget(endpoint.name, scope)
            ).allowed
        ]

    async def _admit(self, call: _Call) -> None:
        """1. Whether this key has a request left, and whether it opens this engine.

        What is not permitted counts too: nobody tries names without end.
        """
        request = call.request
        endpoint = call.endpoint = self._find(request)
        output = 0
        if endpoint is not None and request.kind == CHAT:
            most = min(DEFAULT_OUTPUT_TOKENS, endpoint.context_tokens)
            output = request.max_output_tokens or most
        call.facts["max_output_tokens"] = output
        call.place = await self._quotas.take(call.client, request.prompt_tokens + output)
        # Something about the client may have changed since it was looked up.
        call.client = call.place.client
        self._require_permitted(call)
        if endpoint is None:
            raise no_such_model()

    async def _open_audit(self, call: _Call) -> None:
        """2. The request is durably on record before anything happens. No audit, no request."""
        request = call.request
        call.data_class = request.declared_class or call.client.facts.ceiling
        await self._audit.append(
            _entry(
                call,
                AuditOutcome.OPENED,
                {
                    "kind": request.kind,
                    "request": hashlib.sha256(request.raw).hexdigest(),
                    "data_class": call.data_class,
                    "streams": request.streams,
                    "process": this_process(),
                },
            )
        )
        call.audit_open = True
        fault_point("model.after_audit_open")

    def _check_class(self, call: _Call) -> None:
        """3. How sensitive the data are: as stated, else the highest that the key may send."""
        check_client_ceiling(call.data_class, call.principal)
        check_ceiling(call.data_class, call.target)

    async def _guard_input(self, call: _Call) -> None:
        """4. What users and sources say in it must not set a model's orders aside."""
        texts = call.request.texts
        for guard in self._guards:
            if sum(map(len, texts)) > _GUARDED_AT_ONCE:
                await asyncio.to_thread(guard.check_input, texts)
            else:
                guard.check_input(texts)

    def _route(self, call: _Call) -> None:
        """5. Only an engine that can do what is asked of it."""
        for capability, asked_by in call.request.needs:
            if capability not in call.target.capabilities:
                raise InputError(
                    "engine_cannot",
                    Bilingual(
                        zh=f"模型服务“{call.target.name}”未声明能力 {capability}，"
                        f"不支持 {asked_by}。",
                        en=f"Endpoint '{call.target.name}' does not declare the capability "
                        f"{capability}; {asked_by} is not supported.",
                    ),
                    field=asked_by,
                    detail={"capability": capability},
                )

    @asynccontextmanager
    async def _relay(self, call: _Call) -> AsyncIterator[ModelExchange]:
        """6. The engine is asked, and every guard looks at what it answers."""
        request = call.request
        body = request.body_for(call.target, call.facts["max_output_tokens"])
        async with self._model(call.target.name).relay(request.path, body) as answer:
            watches = [guard.watch() for guard in self._guards] if request.kind == CHAT else []
            label = not_gated_label(self._provider, call.trace)
            call.exchange = ModelExchange(
                answer, call.target, watches, label, wants_usage=request.wants_usage
            )
            yield call.exchange

    async def _close(self, call: _Call) -> None:
        """7. How it truly ended, with what it cost."""
        input_tokens, output_tokens = self._settle(call)
        facts: dict[str, Any] = {"input_tokens": input_tokens, "output_tokens": output_tokens}
        if call.exchange is not None and call.exchange.finish is not None:
            facts["finish"] = call.exchange.finish
        await self._audit.append(_entry(call, AuditOutcome.DONE, facts))

    async def _close_without_answer(self, call: _Call, error: BaseException) -> None:
        outcome, code = AuditOutcome.FAILED, "internal"
        if isinstance(error, SuwenError):
            outcome, code = AuditOutcome(meaning_of(error).audit_outcome), error.code
        elif isinstance(error, asyncio.CancelledError | GeneratorExit):
            code = "cancelled"
        facts: dict[str, Any] = {"code": code}
        if call.place is not None:
            facts["input_tokens"], facts["output_tokens"] = self._settle(call)
        if isinstance(error, SuwenError) and error.category == "audit":
            return
        if isinstance(error, QuotaError) and not self._first_this_minute(call):
            return
        await self._audit.append(_entry(call, outcome, facts))

    def _settle(self, call: _Call) -> tuple[int, int]:
        """Corrects what was set aside to what was used; an engine that was asked and stated no
        count is taken by the estimate."""
        if call.place is None:
            return 0, 0
        used = (0, 0) if call.exchange is None else call.exchange.usage(call.request.prompt_tokens)
        self._quotas.settle(call.place, *used)
        return used

    def _require_permitted(self, call: _Call) -> None:
        """Asks the policies, once for what they cannot decide otherwise the next time."""
        request, client = call.request, call.client
        key = (client.key_hash, client.version, request.kind, request.engine)
        known = self._admitted.get(key)
        if known is None:
            call.principal = client.principal(Channel.OPENAI)
            target = EngineTarget(request.engine, SCOPE_OF[request.kind])
            self._access.require(call.principal, Action.USE_ENGINE, target)
            known = self._admitted[key] = call.principal
            while len(self._admitted) > _REMEMBERED:
                self._admitted.popitem(last=False)
        call.principal = known

    def _find(self, request: EngineRequest) -> Endpoint | None:
        for endpoint in self._endpoints():
            if (
                endpoint.name == request.engine
                and endpoint.partition is self._partition
                and request.kind in endpoint.capabilities
            ):
                return endpoint
        return None

    def _first_this_minute(self, call: _Call) -> bool:
        """Whether this client's want of quota was not told yet in this minute; a client that goes
        on asking must not fill the audit."""
        minute = int(self._clock.now().timestamp()) // 60
        if self._told.get(call.client.facts.id) == minute:
            return False
        self._told[call.client.facts.id] = minute
        while len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        return True


def no_such_model() -> NotFoundError:
    """The refusal of a model that does not exist, or that this key does not open."""
    return NotFoundError(
        "model_not_found",
        Bilingual(
            zh="没有此模型，或该密钥无权使用。可用模型见 GET /v1/models。",
            en="There is no such model, or this key does not open it. GET /v1/models lists those "
            "that it may use.",
        ),
        field="model",
    )


def _entry(call: _Call, outcome: AuditOutcome, detail: dict[str, Any]) -> AuditEntry:
    return AuditEntry(
        action=ACTION,
        actor=call.principal.id,
        channel=Channel.OPENAI.value,
        outcome=outcome,
        # As asked for a name that we know, else none: what is typed there may be anything.
        subject=None if call.endpoint is None else f"Endpoint/{call.endpoint.name}",
        trace=call.trace,
        purpose=call.principal.purpose.value,
        detail=detail,
    )
