"""Chat completions, embeddings and models, for programs with keys."""

from __future__ import annotations

import asyncio
import base64
import time
import uuid
from array import array
from collections.abc import AsyncIterator, Coroutine
from contextlib import aclosing, asynccontextmanager
from typing import Any, Final

import orjson

from suwen.bootstrap.platform import Platform
from suwen.control.access.clients import KnownClient
from suwen.control.access.quotas import Place
from suwen.control.gateway.model_requests import no_such_model
from suwen.core.errors import AccessError, InferenceError
from suwen.core.identity import Channel
from suwen.core.language import Bilingual
from suwen.web.openai import assistants
from suwen.web.openai.assistants import Answered
from suwen.web.openai.lane import DONE, Handler, Visit
from suwen.web.openai.wire import (
    ChatRequest,
    EmbeddingRequest,
    read_chat,
    read_embedding,
    read_json,
)

_OWNER: Final = "suwen"
_KEEP_ALIVE: Final = b": searching\n\n"
_KEEP_ALIVE_S: Final = 5.0


async def chat(platform: Platform, client: KnownClient, visit: Visit) -> None:
    """``POST /v1/chat/completions``."""
    raw = await visit.body()
    request = read_chat(read_json(raw))
    if assistants.collection_of(request.model) is not None:
        work = _assistant(platform, client, visit, request)
    else:
        work = _engine(platform, client, visit, request, raw)
    await _unless_gone(visit, work)


async def embeddings(platform: Platform, client: KnownClient, visit: Visit) -> None:
    """``POST /v1/embeddings``."""
    raw = await visit.body()
    request = read_embedding(read_json(raw))
    asked = request.for_engine(raw, visit.declared_class)

    async def work() -> None:
        async with platform.clients.requests.exchange(client, asked) as exchange:
            value = await exchange.whole()
            spent, _ = exchange.usage(request_tokens)
        await visit.answer(_vectors(request, value, spent))

    request_tokens = asked.prompt_tokens
    await _unless_gone(visit, work())


async def models(platform: Platform, client: KnownClient, visit: Visit) -> None:
    """``GET /v1/models``: the assistants and engines that this key opens."""
    async with _counted(platform, client) as place:
        data = await _models(platform, place.client)
    await visit.answer({"object": "list", "data": data})


async def model(platform: Platform, client: KnownClient, visit: Visit) -> None:
    """``GET /v1/models/{id}``."""
    wanted = visit.scope["path"].removeprefix("/v1/models/")
    async with _counted(platform, client) as place:
        data = await _models(platform, place.client)
    found = next((one for one in data if one["id"] == wanted), None)
    if found is None:
        raise no_such_model()
    await visit.answer(found)


HANDLERS: Final[dict[tuple[str, str], tuple[str, Handler]]] = {
    ("POST", "/v1/chat/completions"): ("openai_chat", chat),
    ("POST", "/v1/embeddings"): ("openai_embeddings", embeddings),
    ("GET", "/v1/models"): ("openai_models", models),
    ("GET", "/v1/models/"): ("openai_model", model),
}


async def _engine(
    platform: Platform, client: KnownClient, visit: Visit, request: ChatRequest, raw: bytes
) -> None:
    """Passes a chat on to an engine and its answer back."""
    asked = request.for_engine(raw, visit.declared_class)
    if not request.streams:
        async with platform.clients.requests.exchange(client, asked) as exchange:
            value = await exchange.whole()
        await visit.answer(value)
        return
    async with (
        platform.clients.requests.exchange(client, asked) as exchange,
        aclosing(exchange.events()) as events,
    ):
        async for data in events:
            if not visit.begun:
                await visit.stream()
            await visit.piece(data)
    # Only now it is on record how it ended.
    if not visit.begun:
        await visit.stream()
    await visit.piece(DONE, last=True)


async def _assistant(
    platform: Platform, client: KnownClient, visit: Visit, request: ChatRequest
) -> None:
    """Answers from a collection of the library."""
    set_aside = assistants.tokens_set_aside(request)
    async with _counted(platform, client, set_aside) as counted:
        if not request.streams:
            answered = await assistants.answer(platform, counted.client, request)
        else:
            answered = await _streamed(platform, counted.client, visit, request)
        counted.used = (request.prompt_tokens, answered.tokens)
    if not request.streams:
        await visit.answer(_completion(request, answered))
    else:
        await visit.piece(DONE, last=True)


class _Chunks:
    """The chunks of one streamed completion."""

    def __init__(self, model: str) -> None:
        self._fixed = {
            "id": _completion_id(),
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": model,
        }

    def piece(self, delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
        """A chunk with something that was said."""
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return _event({**self._fixed, "choices": [choice], **more})

    def counts(self, usage: dict[str, int]) -> bytes:
        """The chunk with the token counts."""
        return _event({**self._fixed, "choices": [], "usage": usage})


async def _streamed(
    platform: Platform, client: KnownClient, visit: Visit, request: ChatRequest
) -> Answered:
    """Sends an assistant's answer."""
    chunks = _Chunks(request.model)
    answered = await _searched(platform, client, visit, request, chunks)
    for sentence in answered.sentences:
        await visit.piece(chunks.piece({"content": sentence}))
    references = list(answered.references)
    await visit.piece(chunks.piece({"content": answered.footnotes, "references": references}))
    facts = dict(answered.label)
    await visit.piece(chunks.piece({}, "stop", references=references, suwen=facts))
    if request.wants_usage:
        await visit.piece(chunks.counts(_usage(request.prompt_tokens, answered.tokens)))
    return answered


async def _searched(
    platform: Platform, client: KnownClient, visit: Visit, request: ChatRequest, chunks: _Chunks
) -> Answered:
    """The answer; the stream begins when passages were found, so that a refusal before still has
    its status, and stays alive while a model writes."""
    async with aclosing(assistants.answering(platform, client, request)) as steps:
        while True:
            coming = asyncio.ensure_future(anext(steps))
            try:
                while not (await asyncio.wait((coming,), timeout=_KEEP_ALIVE_S))[0]:
                    if visit.begun:
                        await visit.piece(_KEEP_ALIVE)
            except BaseException:
                coming.cancel()
                await asyncio.wait((coming,))
                raise
            step = coming.result()
            if not visit.begun:
                await visit.stream()
                await visit.piece(chunks.piece({"role": "assistant", "content": ""}))
            if step is not None:
                return step


def _completion(request: ChatRequest, answered: Answered) -> dict[str, Any]:
    references = list(answered.references)
    message = {"role": "assistant", "content": answered.text, "references": references}
    return {
        "id": _completion_id(),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": request.model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": _usage(request.prompt_tokens, answered.tokens),
        "references": references,
        "suwen": dict(answered.label),
    }


def _usage(given: int, made: int) -> dict[str, int]:
    return {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}


def _completion_id() -> str:
    return f"chatcmpl-{uuid.uuid4().hex}"


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(value) + b"\n\n"


def _vectors(request: EmbeddingRequest, value: dict[str, Any], spent: int) -> dict[str, Any]:
    """The answer to a request for vectors, in the encoding that was asked for."""
    rows = value.get("data")
    if type(rows) is not list or len(rows) != len(request.texts):
        raise _malformed()
    data = []
    for row in rows:
        vector = row.get("embedding") if type(row) is dict else None
        if type(vector) is not list or type(row.get("index")) is not int:
            raise _malformed()
        try:
            numbers = array("f", vector)
        except (TypeError, OverflowError):
            raise _malformed() from None
        data.append(
            {
                "object": "embedding",
                "index": row["index"],
                "embedding": _base64(numbers) if request.as_base64 else vector,
            }
        )
    return {
        "object": "list",
        "model": request.model,
        "data": sorted(data, key=lambda row: int(row["index"])),
        "usage": {"prompt_tokens": spent, "total_tokens": spent},
        "suwen": value["suwen"],
    }


def _base64(numbers: array[float]) -> str:
    """Little-endian float32, as OpenAI's clients decode it."""
    return base64.b64encode(numbers.tobytes()).decode("ascii")


def _malformed() -> InferenceError:
    return InferenceError(
        "engine_answer_malformed",
        Bilingual(
            zh="向量服务的回答不完整，已弃用。",
            en="The embedding engine's answer was incomplete; it was discarded.",
        ),
    )


async def _models(platform: Platform, client: KnownClient) -> list[dict[str, Any]]:
    """Everything that a key opens, assistants first."""
    found: list[dict[str, Any]] = []
    try:
        shelves = await assistants.readable_collections(platform, client.principal(Channel.OPENAI))
    except AccessError:
        shelves = []
    for collection, built_at in shelves:
        found.append(_model(f"{assistants.PREFIX}{collection}", built_at, "assistant"))
    for endpoint, kind in platform.clients.requests.usable(client):
        found.append(_model(endpoint.name, 0, kind))
    return found


def _model(name: str, created: int, kind: str) -> dict[str, Any]:
    gated = kind == "assistant"
    return {
        "id": name,
        "object": "model",
        "created": created,
        "owned_by": _OWNER,
        "suwen": {"kind": kind, "gated": gated},
    }


class _Counted:
    """A counted request outside the road to the engines; ``used`` is set when it is known."""

    def __init__(self, place: Place) -> None:
        self.client = place.client
        self.used = (0, 0)


@asynccontextmanager
async def _counted(
    platform: Platform, client: KnownClient, set_aside: int = 0
) -> AsyncIterator[_Counted]:
    """Counts a request for which the gateway does the rest."""
    place = await platform.clients.quotas.take(client, set_aside)
    counted = _Counted(place)
    try:
        yield counted
    finally:
        platform.clients.quotas.settle(place, *counted.used)


async def _unless_gone(visit: Visit, work: Coroutine[Any, Any, None]) -> None:
    """Does the work, and stops it when whoever asked went away.

    Raises:
        ConnectionResetError: then.
    """
    doing = asyncio.current_task()
    if doing is None:
        raise AssertionError("a request is handled in a task")
    watching = asyncio.create_task(_cancel_when_gone(visit, doing))
    try:
        await work
    except asyncio.CancelledError:
        if not watching.done():
            raise
        doing.uncancel()
        raise ConnectionResetError from None
    finally:
        watching.cancel()


async def _cancel_when_gone(visit: Visit, doing: asyncio.Task[Any]) -> None:
    while (await visit.receive())["type"] != "http.disconnect":
        pass
    doing.cancel()
