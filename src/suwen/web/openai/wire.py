"""What programs send to ``/v1``: checked strictly, and made into what an engine is asked.

Only what is named here reaches an engine. Switches that one kind of engine has of its own (slots,
caches, adapters) could reach another program's data there and are refused as unknown.

Source: OpenAI API reference, "Create chat completion" and "Create embeddings".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from suwen.control.gateway.model_requests import CHAT, EMBEDDING, EngineRequest
from suwen.core.inference import Endpoint
from suwen.web.openai.errors import wrong
from suwen.web.openai.features import take_format, take_thinking, take_tools
from suwen.web.openai.messages import Conversation, read_conversation
from suwen.web.openai.tokens import estimate_tokens

_MOST_STOPS: Final = 16
_MOST_INPUTS: Final = 2048
_MOST_TOKENS: Final = 10_000_000

_NUMBERS: Final[Mapping[str, tuple[float, float]]] = {
    "temperature": (0.0, 2.0),
    "top_p": (0.0, 1.0),
    "min_p": (0.0, 1.0),
    "frequency_penalty": (-2.0, 2.0),
    "presence_penalty": (-2.0, 2.0),
    "repetition_penalty": (0.0, 2.0),
}
_WHOLE: Final[Mapping[str, tuple[int, int]]] = {
    "seed": (-(2**63), 2**63 - 1),
    "top_k": (-1, 1_000_000),
}
_DROPPED: Final = frozenset(
    {
        "user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key",
        "prompt_cache_retention", "verbosity", "modalities",
    }
)  # fmt: skip
"""Known to OpenAI's clients; taken and not passed on: they may name a person, or mean nothing to
an engine of our own."""

_CHAT_FIELDS: Final = (
    frozenset(
        {
            "model", "messages", "stream", "stream_options", "n", "max_tokens",
            "max_completion_tokens", "stop", "response_format", "tools", "tool_choice",
            "parallel_tool_calls", "reasoning_effort", "chat_template_kwargs",
        }
    )
    | _NUMBERS.keys()
    | _WHOLE.keys()
    | _DROPPED
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat completion that is asked for, checked.

    Attributes:
        passed: what an engine is sent besides model, messages, limit and stream.
        needs: capabilities beyond chat, with the field that asks for each.
    """

    model: str
    conversation: Conversation = field(repr=False)
    streams: bool
    wants_usage: bool
    max_output_tokens: int | None
    passed: Mapping[str, Any] = field(repr=False)
    needs: tuple[tuple[str, str], ...]

    @property
    def prompt_tokens(self) -> int:
        """A high estimate of what the engine reads."""
        return self.conversation.tokens + _estimate_extra(self.passed)

    def for_engine(self, raw: bytes, declared_class: int | None) -> EngineRequest:
        """The same, as it passes the gateway."""
        return EngineRequest(
            kind=CHAT,
            engine=self.model,
            path="/chat/completions",
            body_for=self._body_for,
            raw=raw,
            texts=self.conversation.guarded,
            prompt_tokens=self.prompt_tokens,
            needs=self.needs,
            declared_class=declared_class,
            max_output_tokens=self.max_output_tokens,
            streams=self.streams,
            wants_usage=self.wants_usage,
        )

    def _body_for(self, endpoint: Endpoint, most_tokens: int) -> bytes:
        body: dict[str, Any] = {
            "model": endpoint.model,
            "messages": self.conversation.messages,
            "max_tokens": most_tokens,
            **self.passed,
        }
        if self.streams:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        return dumps(body)


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """Vectors that are asked for, checked."""

    model: str
    texts: tuple[str, ...] = field(repr=False)
    dimensions: int | None
    as_base64: bool

    def for_engine(self, raw: bytes, declared_class: int | None) -> EngineRequest:
        """The same, as it passes the gateway; a text to be embedded gives no orders to anything,
        so no guard reads it."""
        return EngineRequest(
            kind=EMBEDDING,
            engine=self.model,
            path="/embeddings",
            body_for=self._body_for,
            raw=raw,
            texts=(),
            prompt_tokens=sum(estimate_tokens(text) for text in self.texts),
            declared_class=declared_class,
        )

    def _body_for(self, endpoint: Endpoint, most_tokens: int) -> bytes:
        body: dict[str, Any] = {
            "model": endpoint.model,
            "input": self.texts,
            "encoding_format": "float",
        }
        if self.dimensions is not None:
            body["dimensions"] = self.dimensions
        return dumps(body)


def read_json(raw: bytes) -> dict[str, Any]:
    """The object that a body holds.

    Raises:
        InputError: ``not_json`` for what is no JSON object in UTF-8, or is nested too deeply.
    """
    try:
        value = orjson.loads(raw)
    except ValueError:
        value = None
    if type(value) is not dict:
        raise wrong(
            "body",
            code="not_json",
            zh="须为 UTF-8 编码的 JSON 对象，嵌套不可过深。",
            en="it must be a JSON object in UTF-8 that is not nested too deeply.",
        )
    return value


def read_chat(body: dict[str, Any]) -> ChatRequest:
    """A chat completion that is asked for.

    Raises:
        InputError: with the field at fault as OpenAI names it.
    """
    _require_known(body, _CHAT_FIELDS)
    passed: dict[str, Any] = {}
    for name, (low, high) in _NUMBERS.items():
        if (value := body.get(name)) is not None:
            passed[name] = _number(name, value, low, high)
    for name, (least, most) in _WHOLE.items():
        if (value := body.get(name)) is not None:
            passed[name] = whole(name, value, least, most)
    if (stop := body.get("stop")) is not None:
        passed["stop"] = _stops(stop)
    if body.get("n") not in (None, 1):
        raise wrong("n", zh="只支持 1。", en="only 1 is supported.")
    conversation = read_conversation(body.get("messages"))
    needs: list[tuple[str, str]] = []
    if conversation.images:
        needs.append(("vision", "messages"))
    take_format(body.get("response_format"), passed, needs)
    take_tools(body, passed, needs)
    take_thinking(body, passed)
    options = body.get("stream_options")
    if options is not None and (
        type(options) is not dict or options.keys() - {"include_usage", "include_obfuscation"}
    ):
        raise wrong("stream_options", zh="只支持 include_usage。", en="only include_usage.")
    return ChatRequest(
        model=read_model(body),
        conversation=conversation,
        streams=_flag("stream", body.get("stream")),
        wants_usage=bool(options and _flag("stream_options", options.get("include_usage"))),
        max_output_tokens=_most_output(body),
        passed=passed,
        needs=tuple(needs),
    )


def read_embedding(body: dict[str, Any]) -> EmbeddingRequest:
    """Vectors that are asked for; raises as ``read_chat``."""
    fields = frozenset({"model", "input", "encoding_format", "dimensions"}) | _DROPPED
    _require_known(body, fields)
    given = body.get("input")
    texts = [given] if type(given) is str else given
    if (
        type(texts) is not list
        or not 1 <= len(texts) <= _MOST_INPUTS
        or not all(type(text) is str and text for text in texts)
    ):
        raise wrong(
            "input",
            zh=f"须为非空文本或 1–{_MOST_INPUTS} 段非空文本（不接受 token 编号）。",
            en=f"it must be a text, or 1 to {_MOST_INPUTS} texts, none empty (no token ids).",
        )
    form = body.get("encoding_format")
    if form not in (None, "float", "base64"):
        raise wrong("encoding_format", zh="须为 float 或 base64。", en="float or base64.")
    dimensions = body.get("dimensions")
    if dimensions is not None:
        dimensions = whole("dimensions", dimensions, 1, 65_536)
    return EmbeddingRequest(read_model(body), tuple(texts), dimensions, form == "base64")


def read_model(body: Mapping[str, Any]) -> str:
    """Which model is asked; raises as ``read_chat``."""
    model = body.get("model")
    if type(model) is not str or not 1 <= len(model) <= 200:
        raise wrong("model", zh="须为模型名称。", en="it must be the name of a model.")
    return model


def dumps(value: object) -> bytes:
    """JSON of plain data.

    Raises:
        InputError: ``not_json`` when it is nested too deeply.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        raise wrong(
            "body", code="not_json", zh="嵌套过深。", en="it is nested too deeply."
        ) from None


def whole(name: str, value: object, least: int, most: int) -> int:
    """A whole number within its bounds; raises as ``read_chat``."""
    if type(value) is not int or not least <= value <= most:
        raise wrong(
            name, zh=f"须为 {least} 至 {most} 的整数。", en=f"a number of {least} to {most}."
        )
    return value


def _require_known(body: Mapping[str, Any], known: frozenset[str]) -> None:
    unknown = body.keys() - known
    if unknown:
        name = min(unknown)
        shown = name if name.isascii() and name.isprintable() and len(name) < 60 else "?"
        raise wrong(shown, code="unknown_parameter", zh="不支持此参数。", en="is not supported.")


def _number(name: str, value: object, low: float, high: float) -> float:
    if type(value) not in (int, float) or not low <= value <= high:  # type: ignore[operator]
        raise wrong(name, zh=f"须为 {low} 至 {high} 的数。", en=f"a number of {low} to {high}.")
    return value  # type: ignore[return-value]


def _flag(name: str, value: object) -> bool:
    if value is not None and type(value) is not bool:
        raise wrong(name, zh="须为 true 或 false。", en="it must be true or false.")
    return bool(value)


def _stops(value: object) -> list[str]:
    stops = [value] if type(value) is str else value
    if (
        type(stops) is not list
        or len(stops) > _MOST_STOPS
        or not all(type(one) is str and 0 < len(one) <= 200 for one in stops)
    ):
        raise wrong(
            "stop",
            zh=f"须为文本或最多 {_MOST_STOPS} 段文本。",
            en=f"it must be a text or at most {_MOST_STOPS} texts.",
        )
    return stops


def _most_output(body: Mapping[str, Any]) -> int | None:
    limits = [
        whole(name, body[name], 1, _MOST_TOKENS)
        for name in ("max_completion_tokens", "max_tokens")
        if body.get(name) is not None
    ]
    return min(limits, default=None)


def _estimate_extra(passed: Mapping[str, Any]) -> int:
    extra = [passed[name] for name in ("tools", "response_format") if name in passed]
    return len(dumps(extra)) // 3 if extra else 0
