"""The OpenAI chat-completions wire form, as the servers in hospitals really speak it.

Source: OpenAI API reference, "Create chat completion"; vLLM and llama.cpp server documentation for
``reasoning``, ``reasoning_content`` and for errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from suwen.core.inference import Endpoint, GenerationRequest

# What servers call the two ends that we know; any other end is not an answer.
FINISH_REASONS: Final[Mapping[str, str]] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
}
_CONTEXT_EXCEEDED: Final = frozenset({"exceed_context_size_error", "context_length_exceeded"})
_SAFE_TYPE: Final = re.compile(r"[A-Za-z_.]{1,64}")
_STATUS_CODES: Final[Mapping[int, str]] = {
    408: "engine_timeout",
    429: "engine_busy",
    502: "engine_unreachable",
    503: "engine_busy",
    504: "engine_unreachable",
}


class WireError(Exception):
    """The server said that it failed, or said something that cannot be understood.

    Attributes:
        code: code of the InferenceError that this becomes.
        detail: facts without any text of the server's message, which may repeat the prompt.
    """

    def __init__(self, code: str, **detail: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class WireChunk:
    """What one event of the stream adds. ``finish`` is the server's own word, ``None`` before the
    end; token counts are ``None`` where the event states none."""

    content: str = ""
    reasoning: str = ""
    finish: str | None = None
    prompt_tokens: int | None = None
    output_tokens: int | None = None


def request_body(endpoint: Endpoint, request: GenerationRequest) -> dict[str, Any]:
    """The JSON body that asks for this generation as a stream with token counts at its end."""
    body: dict[str, Any] = {
        "model": endpoint.model,
        "messages": [{"role": m.role, "content": m.text} for m in request.messages],
        "max_tokens": request.max_output_tokens,
        "temperature": request.temperature,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.seed is not None:
        body["seed"] = request.seed
    if request.stop:
        body["stop"] = list(request.stop)
    if request.json_schema is not None:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": dict(request.json_schema)},
        }
    return body


def read_chunk(data: str, event: str = "message") -> WireChunk:
    """What one event says.

    Raises:
        WireError: an error frame (by what it states), or ``engine_answer_malformed``.
    """
    value = _object(data)
    if event == "error" or value.get("error") is not None:
        raise stated_error(value.get("error", value), status=None)
    return _chunk_of(value, "delta")


def read_answer(data: str) -> WireChunk:
    """What a server says that answers whole although it was asked for a stream.

    Raises:
        WireError: as ``read_chunk``.
    """
    value = _object(data)
    if value.get("error") is not None:
        raise stated_error(value["error"], status=None)
    return _chunk_of(value, "message")


def refusal(status: int, body: bytes) -> WireError:
    """The error that an HTTP status other than 200 and its body mean."""
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    stated = value.get("error", value) if isinstance(value, dict) else None
    return stated_error(stated, status)


def stated_error(stated: Any, status: int | None) -> WireError:
    """What a server's error object means, by its machine-readable parts only: its message may
    repeat the prompt."""
    stated = stated if isinstance(stated, dict) else {}
    if status is None and isinstance(stated.get("code"), int):
        status = stated["code"]
    types = [str(stated[key]) for key in ("code", "type") if isinstance(stated.get(key), str)]
    detail: dict[str, str | int] = {} if status is None else {"status": status}
    if safe := [name for name in types if _SAFE_TYPE.fullmatch(name)]:
        detail["type"] = safe[0]
    if _CONTEXT_EXCEEDED.intersection(types):
        return WireError("context_exceeded", **detail)
    return WireError(_STATUS_CODES.get(status or 0, "engine_refused"), **detail)


def _chunk_of(value: Mapping[str, Any], part: str) -> WireChunk:
    prompt_tokens, output_tokens = _usage(value.get("usage"))
    choices = value.get("choices")
    if not isinstance(choices, list):
        raise WireError("engine_answer_malformed", reason="no_choices")
    content = reasoning = ""
    finish = None
    for choice in choices:
        if not isinstance(choice, dict):
            raise WireError("engine_answer_malformed", reason="choice")
        if choice.get("index", 0) != 0:
            continue
        said = choice.get(part) or {}
        if not isinstance(said, dict):
            raise WireError("engine_answer_malformed", reason="choice")
        content += _text(said, "content")
        # Some servers send the same reasoning under both names.
        reasoning += _text(said, "reasoning_content") or _text(said, "reasoning")
        if choice.get("finish_reason") is not None:
            finish = str(choice["finish_reason"])
    return WireChunk(content, reasoning, finish, prompt_tokens, output_tokens)


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise WireError("engine_answer_malformed", reason=name)
    return value


def _usage(usage: Any) -> tuple[int | None, int | None]:
    if not isinstance(usage, dict):
        return None, None
    counts = [usage.get("prompt_tokens"), usage.get("completion_tokens")]
    prompt, output = (
        count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None
        for count in counts
    )
    return prompt, output


def _object(data: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise WireError("engine_answer_malformed", reason="json") from None
    if not isinstance(value, dict):
        raise WireError("engine_answer_malformed", reason="json")
    return value
