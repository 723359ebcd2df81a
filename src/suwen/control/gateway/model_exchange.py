"""One answer of an engine on its way to the program that asked, looked at while it passes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final, Protocol

import orjson

from suwen.control.guardrails.model_traffic import AnswerWatch
from suwen.core.errors import InferenceError
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.inference.failures import inference_error
from suwen.inference.server_sent_events import DONE
from suwen.inference.wire import stated_error

NOT_GATED: Final = Bilingual(
    zh="【AI 生成】语言模型的直接输出，未经核对依据，不得直接用于诊疗。",
    en="[AI-generated] Straight from a language model, checked against nothing; not for direct "
    "use in care.",
)
_CHARACTERS_A_TOKEN: Final = 3


class AnswerOnItsWay(Protocol):
    """An engine's answer as it comes; see ``inference.relay.RelayedAnswer``."""

    @property
    def streams(self) -> bool:
        """Whether it comes as a stream of events."""

    async def whole(self) -> bytes:
        """All of an answer that does not stream."""

    def events(self) -> AsyncGenerator[list[bytes]]:
        """The data of the events, up to and with ``[DONE]``."""


def not_gated_label(provider: str, content_id: str) -> dict[str, Any]:
    """The AI label of an answer that comes straight from an engine.

    Source: as ``disclosure.label``; the program that shows the answer shows the visible mark.
    """
    return {
        "visible_zh": NOT_GATED.zh,
        "visible_en": NOT_GATED.en,
        "attribute": "ai-generated",
        "gated": False,
        "provider": provider,
        "system": "suwen",
        "content_id": content_id,
    }


class ModelExchange:
    """The answer, to be read once: ``events`` where it streams, else ``whole``.

    Args:
        watches: each looks at every piece of text before it is handed on.
        label: what says of this answer that a machine wrote it and that nobody checked it.
        wants_usage: whether the event with the token counts is handed on.
    """

    def __init__(
        self,
        answer: AnswerOnItsWay,
        endpoint: Endpoint,
        watches: Sequence[AnswerWatch],
        label: Mapping[str, Any],
        *,
        wants_usage: bool,
    ) -> None:
        self._answer = answer
        self._endpoint = endpoint
        self._watches = watches
        self._wants_usage = wants_usage
        self.label = label
        self.finish: str | None = None
        self._input_tokens: int | None = None
        self._output_tokens: int | None = None
        self._characters = 0

    def usage(self, prompt_estimate: int) -> tuple[int, int]:
        """Tokens in and out: by the engine's count, else by an estimate from what has passed."""
        given, made = self._input_tokens, self._output_tokens
        if given is None:
            given = prompt_estimate
        if made is None:
            made = -(-self._characters // _CHARACTERS_A_TOKEN)
        return given, made

    async def events(self) -> AsyncGenerator[bytes]:
        """The stream as bytes to send, without its last event ``[DONE]``, which is the door's to
        send once the exchange is over; the first event carries the label.

        Raises:
            InferenceError: the engine fails in the middle.
            GuardrailError: a guard ends the answer.
        """
        if not self._answer.streams:
            raise self._malformed("no_stream")
        labelled = False
        async with aclosing(self._answer.events()) as batches:
            async for batch in batches:
                passed: list[bytes] = []
                for data in batch:
                    if data == DONE:
                        break
                    chunk = self._read(data)
                    if not self._take(chunk, "delta") and not self._wants_usage:
                        continue
                    if not labelled:
                        labelled = True
                        data = orjson.dumps({**chunk, "suwen": self.label})
                    passed.append(data)
                if batch[-1] == DONE:
                    self._finish_watches()
                if passed:
                    yield b"data: " + b"\n\ndata: ".join(passed) + b"\n\n"

    async def whole(self) -> dict[str, Any]:
        """The whole answer, with its label.

        Raises:
            InferenceError, GuardrailError: as ``events``.
        """
        value = self._read(await self._answer.whole())
        if "choices" in value:
            self._take(value, "message")
            self._finish_watches()
        else:
            self._take_usage(value.get("usage"))
        value["suwen"] = self.label
        return value

    def _read(self, data: bytes) -> dict[str, Any]:
        try:
            value = orjson.loads(data)
        except ValueError:
            raise self._malformed("json") from None
        if type(value) is not dict:
            raise self._malformed("json")
        if value.get("error") is not None:
            # The relay makes an InferenceError of it, as of everything that an engine says.
            raise stated_error(value["error"], None)
        return value

    def _take(self, value: dict[str, Any], part: str) -> bool:
        """Notes what a chunk or an answer says; false for one that holds nothing but counts."""
        self._take_usage(value.get("usage"))
        choices = value.get("choices")
        if type(choices) is not list:
            raise self._malformed("no_choices")
        for choice in choices:
            said = choice.get(part) if type(choice) is dict else None
            if type(said) is not dict:
                raise self._malformed("choice")
            if text := _text_of(said):
                self._characters += len(text)
                for watch in self._watches:
                    watch.add(text)
            if (ended := choice.get("finish_reason")) is not None:
                self.finish = str(ended)[:32]
        return bool(choices)

    def _take_usage(self, usage: object) -> None:
        if type(usage) is not dict:
            return
        given, made = usage.get("prompt_tokens"), usage.get("completion_tokens", 0)
        if type(given) is int and type(made) is int and given >= 0 and made >= 0:
            self._input_tokens, self._output_tokens = given, made

    def _finish_watches(self) -> None:
        for watch in self._watches:
            watch.finish()

    def _malformed(self, reason: str) -> InferenceError:
        return inference_error("engine_answer_malformed", self._endpoint, reason=reason)


def _text_of(said: dict[str, Any]) -> str:
    """Everything in a piece that a reader, or a tool, will take in."""
    content = said.get("content")
    calls = said.get("tool_calls")
    if not calls:
        return content if type(content) is str else ""
    parts = [content if type(content) is str else ""]
    if type(calls) is list:
        for call in calls:
            function = call.get("function") if type(call) is dict else None
            if type(function) is dict and type(function.get("arguments")) is str:
                parts.append(function["arguments"])
    return " ".join(parts)
