"""Every endpoint of this partition, ready to be asked, and whether each is well."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suwen.core.errors import InferenceError, NotFoundError
from suwen.core.inference import (
    ChatMessage,
    Delta,
    DeltaKind,
    Endpoint,
    Finished,
    GenerationRequest,
)
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    from suwen.inference.client import OpenAiModel

# Enough for a reasoning model to close its reasoning, in the best case.
_PROBE_TOKENS: Final = 256
_PROBE_SCHEMA: Final = {
    "type": "object",
    "properties": {"ready": {"type": "boolean"}},
    "required": ["ready"],
    "additionalProperties": False,
}
UNMARKED: Final = "reasoning_unmarked"
NOT_CLOSED: Final = "reasoning_not_closed"
_REASONING_FAULTS: Final = (UNMARKED, NOT_CLOSED)
_UNTRUSTED: Final = ("ClientConnectorCertificateError", "ClientConnectorSSLError")
_FREE_PROBE: Final = "Answer with one word: ready"
_JSON_PROBE: Final = 'Answer with this JSON and nothing else: {"ready": true}'


@dataclass(frozen=True, slots=True)
class EndpointTest:
    """What a trial of an endpoint showed; ``None`` is what could not be found out.

    Attributes:
        reachable: the server answered.
        latency_ms: time to its list of models, in milliseconds.
        models: what it offers.
        model_offered: whether the endpoint's own model is among them; ``None`` where the server
            offers no list.
        first_token_ms: time to the first token of a short answer.
        output_tokens: tokens of that answer, by the server's count.
        reasons: it sends reasoning; the endpoint then needs the capability ``reasoning``.
        json_schema: it keeps to a JSON schema.
        reasoning_fault: ``reasoning_unmarked`` when reasoning comes inside the answer without a
            mark where it begins, ``reasoning_not_closed`` when none ends where one is declared.
        certificate_trusted: false when its TLS certificate is not trusted here.
        error: code of the first failure.
    """

    reachable: bool
    latency_ms: float | None
    models: tuple[str, ...]
    model_offered: bool | None
    first_token_ms: float | None
    output_tokens: int | None
    reasons: bool | None
    json_schema: bool | None
    error: str | None
    reasoning_fault: str | None = None
    certificate_trusted: bool | None = None


class ModelPool:
    """One ``OpenAiModel`` for each endpoint, each with its own bounded queue.

    Args:
        endpoints: those of this partition only.
        ca_file: certificate authority of the hospital, instead of the system's.

    Raises:
        ConfigurationError: an endpoint's address or key cannot be used safely.
    """

    def __init__(self, endpoints: Iterable[Endpoint] = (), *, ca_file: Path | None = None) -> None:
        self._ca_file = ca_file
        self._models = {e.name: self._new_model(e) for e in endpoints}

    def model(self, name: str) -> OpenAiModel:
        """The model of this endpoint.

        Raises:
            NotFoundError: ``endpoint_unknown``.
        """
        try:
            return self._models[name]
        except KeyError:
            raise NotFoundError(
                "endpoint_unknown",
                Bilingual(zh="没有该模型服务。", en="There is no such endpoint."),
                field="endpoint",
            ) from None

    def endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints, in the order in which they were added."""
        return tuple(model.endpoint for model in self._models.values())

    async def put(self, endpoint: Endpoint) -> None:
        """Adds an endpoint or replaces the one of the same name; what runs there is cut off when
        the settings differ.

        Raises:
            ConfigurationError: its address or key cannot be used safely.
        """
        present = self._models.get(endpoint.name)
        if present is not None and _asked_alike(present.endpoint, endpoint):
            return
        self._models[endpoint.name] = self._new_model(endpoint)
        if present is not None:
            await present.close()

    async def remove(self, name: str) -> None:
        """Takes an endpoint away, if it is there, and cuts off what runs there."""
        model = self._models.pop(name, None)
        if model is not None:
            await model.close()

    async def test(self, endpoint: Endpoint) -> EndpointTest:
        """Tries an endpoint with two short made-up questions, whether it is in the pool or not.

        Raises:
            ConfigurationError: its address or key cannot be used safely.
        """
        model = self._new_model(endpoint)
        try:
            return await _try(model)
        finally:
            await model.close()

    def _new_model(self, endpoint: Endpoint) -> OpenAiModel:
        # Loaded here: a site without an engine does not wait for what speaks to one.
        from suwen.inference.client import OpenAiModel

        return OpenAiModel(endpoint, ca_file=self._ca_file)

    async def close(self) -> None:
        """Closes every connection."""
        for model in self._models.values():
            await model.close()


async def _try(model: OpenAiModel) -> EndpointTest:
    started = time.perf_counter()
    error: str | None = None
    reachable = True
    models: tuple[str, ...] | None = None
    latency_ms = first_token_ms = None
    output_tokens = None
    reasons: bool | None = None
    json_schema: bool | None = None
    fault: str | None = None
    trusted: bool | None = None
    try:
        models = await _list_models(model)
        latency_ms = _since(started)
        first_token_ms, output_tokens, reasons = await _ask_freely(model)
        json_schema = await _keeps_to_schema(model)
    except InferenceError as failure:
        error = failure.code
        reachable = error not in ("engine_unreachable", "engine_timeout") or latency_ms is not None
        reason = failure.detail.get("reason")
        fault = str(reason) if reason in _REASONING_FAULTS else None
        reasons = True if fault == UNMARKED else reasons
        trusted = False if failure.detail.get("at") in _UNTRUSTED else None
    return EndpointTest(
        reachable=reachable,
        latency_ms=latency_ms,
        models=models or (),
        model_offered=None if models is None else model.endpoint.model in models,
        first_token_ms=first_token_ms,
        output_tokens=output_tokens,
        reasons=reasons,
        json_schema=json_schema,
        error=error,
        reasoning_fault=fault,
        certificate_trusted=trusted,
    )


async def _list_models(model: OpenAiModel) -> tuple[str, ...] | None:
    """What the server offers; ``None`` where it has no list, which need not be a fault."""
    try:
        return await model.served_models()
    except InferenceError as failure:
        if failure.detail.get("status") == 404:
            return None
        raise


async def _ask_freely(model: OpenAiModel) -> tuple[float | None, int | None, bool]:
    request = GenerationRequest((ChatMessage("user", _FREE_PROBE),), _PROBE_TOKENS)
    started = time.perf_counter()
    first_token_ms = output_tokens = None
    reasons = False
    async with aclosing(model.stream(request)) as parts:
        async for part in parts:
            if isinstance(part, Finished):
                output_tokens = part.output_tokens
            elif isinstance(part, Delta):
                first_token_ms = first_token_ms or _since(started)
                reasons = reasons or part.kind is DeltaKind.REASONING
    return first_token_ms, output_tokens, reasons


async def _keeps_to_schema(model: OpenAiModel) -> bool | None:
    """Whether a schema is kept to; ``None`` when a long reasoning left no room to find out."""
    messages = (ChatMessage("user", _JSON_PROBE),)
    request = GenerationRequest(messages, _PROBE_TOKENS, json_schema=_PROBE_SCHEMA)
    try:
        async with aclosing(model.stream(request)) as parts:
            async for _ in parts:
                pass
    except InferenceError as failure:
        if failure.detail.get("reason") == "truncated":
            return None
        if failure.code in ("engine_answer_malformed", "engine_refused"):
            return False
        raise
    return True


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _asked_alike(one: Endpoint, other: Endpoint) -> bool:
    """Whether two endpoints differ at most in what is known of their model."""
    same = replace(other, weights=one.weights, quantisation=one.quantisation, served=one.served)
    return one == same
