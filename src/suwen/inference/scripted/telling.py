"""One scripted answer on its way over the wire, as real servers send it or break it off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any, Final

from aiohttp import web

from suwen.inference.scripted.answers import (
    Fault,
    ReasoningForm,
    ScriptedAnswer,
    ScriptedRequest,
)

_NEVER_S: Final = 3600.0


def refuse(asked: ScriptedRequest, answer: ScriptedAnswer) -> web.Response:
    """The refusal that the script wants."""
    # Real servers repeat the prompt in such messages; a client must not pass it on.
    error = {"type": answer.error_type, "code": answer.status, "message": asked.prompt}
    headers = {} if answer.location is None else {"Location": answer.location}
    return web.json_response({"error": error}, status=answer.status, headers=headers)


class Telling:
    """One answer on its way."""

    def __init__(
        self, request: web.Request, asked: ScriptedRequest, answer: ScriptedAnswer
    ) -> None:
        self._request = request
        self._asked = asked
        self._answer = answer
        # One delta is one token, and the limit that the client asked for holds.
        deltas = list(_deltas(answer))
        limit = int(asked.body.get("max_tokens", len(deltas)))
        self._deltas = deltas[:limit]
        ended = "tool_calls" if answer.tool_calls else answer.finish_reason
        self._finish = ended if len(deltas) <= limit else "length"
        self._response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})

    async def tell(self) -> web.StreamResponse:
        """Sends the answer, or as much of it as the script wants."""
        answer = self._answer
        await asyncio.sleep(answer.first_delay_s)
        if not answer.streams or not self._asked.body.get("stream"):
            return web.json_response(self._whole())
        await self._response.prepare(self._request)
        await self._send(_chunk({"role": "assistant", "content": None}))
        for index, delta in enumerate(self._deltas):
            if answer.fault is not None and index == answer.fault_after and await self._fail():
                return self._response
            await asyncio.sleep(answer.delay_s)
            await self._send(_chunk(delta))
        await self._send(_chunk({}, finish=self._finish))
        if answer.counts:
            await self._send({"choices": [], "usage": self._usage()})
        if answer.fault is Fault.HANGS_AFTER_END:
            await asyncio.sleep(_NEVER_S)
        if answer.fault is not Fault.NO_DONE:
            await self._write(b"data: [DONE]\n\n")
        await self._response.write_eof()
        return self._response

    async def _fail(self) -> bool:
        """Whether the stream ends here."""
        fault = self._answer.fault
        if fault is Fault.STUCK:
            await asyncio.sleep(_NEVER_S)
        while fault is Fault.KEEP_ALIVES_ONLY:
            await self._write(b": still here\n\n")
            await asyncio.sleep(0.02)
        if fault is Fault.DISCONNECT and self._request.transport is not None:
            self._request.transport.abort()
            return True
        broken = {
            Fault.ENDS_EARLY: b"",
            Fault.ERROR_FRAME: _event(
                {"error": {"type": "server_error", "message": self._asked.prompt}}
            ),
            Fault.MALFORMED_JSON: b'data: {"choices": [\n\n',
            Fault.MALFORMED_UTF8: b'data: {"choices": "\xff\xfe"}\n\n',
        }
        if fault not in broken:
            return False
        await self._write(broken[fault])
        await self._response.write_eof()
        return True

    def _usage(self) -> dict[str, int]:
        output = len(self._deltas)
        prompt = len(self._asked.prompt.split())
        return {"prompt_tokens": prompt, "completion_tokens": output}

    def _whole(self) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": None}
        for delta in self._deltas:
            for name, piece in delta.items():
                message[name] = piece if message.get(name) is None else message[name] + piece
        choice = {"index": 0, "message": message, "finish_reason": self._finish}
        return {"choices": [choice], "usage": self._usage()}

    async def _send(self, value: dict[str, Any]) -> None:
        await self._write(_event(value))

    async def _write(self, data: bytes) -> None:
        size = self._answer.wire_bytes or len(data) or 1
        for at in range(0, len(data), size):
            await self._response.write(data[at : at + size])
            if self._answer.wire_bytes:
                # Gives the piece time to leave alone.
                await asyncio.sleep(0)


def _deltas(answer: ScriptedAnswer) -> Iterator[dict[str, Any]]:
    form, reasoning, content = answer.reasoning_form, answer.reasoning, answer.text
    if reasoning is not None:
        fields = {
            ReasoningForm.REASONING_CONTENT: ("reasoning_content",),
            ReasoningForm.REASONING: ("reasoning",),
            ReasoningForm.BOTH_FIELDS: ("reasoning", "reasoning_content"),
        }.get(form)
        if fields is not None:
            for piece in _cut(reasoning, answer.piece_characters):
                yield dict.fromkeys(fields, piece)
        elif form is ReasoningForm.UNCLOSED_TAG:
            content = f"<think>\n{reasoning}"
        else:
            opening = "<think>\n" if form is ReasoningForm.TAGS else ""
            content = f"{opening}{reasoning}\n</think>\n\n{content}"
    for piece in _cut(content, answer.piece_characters):
        yield {"content": piece}
    for index, (name, arguments) in enumerate(answer.tool_calls):
        function = {"name": name, "arguments": arguments}
        call = {"index": index, "id": f"call_{index}", "type": "function", "function": function}
        yield {"tool_calls": [call]}


def _cut(text: str, size: int) -> Iterator[str]:
    for at in range(0, len(text), size):
        yield text[at : at + size]


def _chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"object": "chat.completion.chunk", "choices": [choice]}


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"
