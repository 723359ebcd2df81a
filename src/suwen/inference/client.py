"""Asks any OpenAI-compatible server, over aiohttp."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Final, Self

import aiohttp

from suwen.core.errors import InferenceError
from suwen.core.inference import ChatMessage, Delta, Endpoint, Finished, GenerationRequest
from suwen.inference.answer import AnswerAssembler
from suwen.inference.budget import ContextBudget
from suwen.inference.connection import (
    TimeLimits,
    check_endpoint,
    headers,
    open_session,
    post_json,
)
from suwen.inference.failures import inference_error
from suwen.inference.json_answer import AnswerSchema
from suwen.inference.relay import RelayedAnswer, post
from suwen.inference.server_sent_events import EventStreamError, EventStreamReader
from suwen.inference.waiting_line import WaitingLine
from suwen.inference.wire import (
    WireChunk,
    WireError,
    read_answer,
    read_chunk,
    refusal,
    request_body,
)

_log = logging.getLogger(__name__)

_DONE: Final = "[DONE]"
_MOST_ERROR_BYTES: Final = 64 * 1024
_MOST_ANSWER_BYTES: Final = 16 * 1024 * 1024
_DRAIN_S: Final = 0.2
_END_S: Final = 2.0


class OpenAiModel:
    """One OpenAI-compatible endpoint as a ``LanguageModel``.

    Nothing of a prompt or an answer, and no key, is ever in an error or a log line.

    Args:
        endpoint: which server and model, with its limits.
        limits: time limits; by default those that follow from the endpoint's time-out.
        ca_file: certificate authority of the hospital, instead of the system's.

    Raises:
        ConfigurationError: address, key or CA file cannot be used safely.
    """

    def __init__(
        self, endpoint: Endpoint, *, limits: TimeLimits | None = None, ca_file: Path | None = None
    ) -> None:
        check_endpoint(endpoint)
        self._endpoint = endpoint
        self._limits = limits or TimeLimits.of(endpoint)
        self._ca_file = ca_file
        self._line = WaitingLine(endpoint, self._limits.first_token_s)
        self._budget = ContextBudget(endpoint, self._limits)
        self._session: aiohttp.ClientSession | None = None
        self._starts_in_reasoning = "reasoning" in endpoint.capabilities

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    @property
    def endpoint(self) -> Endpoint:
        """Which endpoint this is."""
        return self._endpoint

    @property
    def load(self) -> tuple[int, int]:
        """How many calls are at work and how many wait."""
        return self._line.at_work, self._line.waiting

    async def stream(self, request: GenerationRequest) -> AsyncGenerator[Delta | Finished]:
        """Streams the answer; closing the iterator closes the connection, so the engine stops.

        A consumer that may leave early wraps it in ``contextlib.aclosing``. With a JSON schema the
        answer counts only once ``Finished`` came: it is checked as a whole before.

        Raises:
            InferenceError: ``engine_unreachable``, ``engine_timeout``, ``engine_refused``,
                ``engine_busy``, ``engine_answer_malformed``, ``context_exceeded``.
            ConfigurationError: ``answer_schema_unsupported``.
        """
        schema = None if request.json_schema is None else AnswerSchema(request.json_schema)
        session = self._open()
        await self._budget.check(session, request)
        assembler = AnswerAssembler(request, schema, starts_in_reasoning=self._starts_in_reasoning)
        try:
            async with (
                self._line.place(),
                aclosing(self._ask(session, request, assembler)) as parts,
            ):
                async for part in parts:
                    yield part
        except WireError as error:
            raise self._failure(error.code, **error.detail) from None
        finally:
            # A server once seen to begin inside the reasoning always does.
            if assembler.reasoning_was_unmarked:
                self._starts_in_reasoning = True

    async def count_tokens(self, messages: tuple[ChatMessage, ...]) -> int:
        """Tokens that the messages take, by the model's own tokeniser where the server has one,
        else a high estimate.

        Raises:
            InferenceError: ``engine_unreachable`` or ``engine_timeout``.
        """
        return (await self._budget.count(self._open(), messages)).tokens

    async def served_models(self) -> tuple[str, ...]:
        """Names of the models that the server offers.

        Raises:
            InferenceError: ``engine_unreachable``, ``engine_timeout``, ``engine_refused``,
                ``engine_answer_malformed``.
        """
        url = f"{self._endpoint.url.rstrip('/')}/models"
        try:
            async with asyncio.timeout(self._limits.first_token_s):
                async with self._open().get(
                    url, headers=headers(self._endpoint), allow_redirects=False
                ) as response:
                    body = await _read_at_most(response, _MOST_ANSWER_BYTES)
                    if response.status != 200:
                        raise refusal(response.status, body)
            return _model_names(body)
        except WireError as error:
            raise self._failure(error.code, **error.detail) from None
        except aiohttp.ClientError as error:
            raise self._failure("engine_unreachable", at=type(error).__name__) from error
        except TimeoutError:
            raise self._failure("engine_timeout", wait="models") from None

    @asynccontextmanager
    async def relay(self, path: str, body: bytes) -> AsyncIterator[RelayedAnswer]:
        """Passes a request on as it stands, in the same queue as all others of this endpoint; on
        leaving before its end the connection is closed, so the engine stops.

        Args:
            path: below the base address, such as ``/chat/completions``.
            body: JSON that names the endpoint's model.

        Raises:
            InferenceError: as ``stream``.
        """
        limits = self._limits
        try:
            async with self._line.place(), asyncio.timeout(limits.first_token_s) as deadline:
                response = await post(self._open(), self._endpoint, path, body)
                try:
                    if response.status != 200:
                        raise refusal(
                            response.status, await _read_at_most(response, _MOST_ERROR_BYTES)
                        )
                    yield RelayedAnswer(response, limits, deadline)
                    if not response.content.at_eof():
                        await _drain(response)
                finally:
                    response.close()
        except WireError as error:
            raise self._failure(error.code, **error.detail) from None
        except aiohttp.ClientError as error:
            raise self._failure("engine_unreachable", at=type(error).__name__) from error
        except TimeoutError:
            raise self._failure("engine_timeout", wait="relay") from None

    async def close(self) -> None:
        """Closes every connection; the model can be asked again afterwards."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = open_session(self._endpoint, self._limits, self._ca_file)
        return self._session

    def _failure(self, code: str, **detail: str | int) -> InferenceError:
        _log.warning("endpoint %s: %s %s", self._endpoint.name, code, detail)
        return inference_error(code, self._endpoint, **detail)

    async def _ask(
        self, session: aiohttp.ClientSession, request: GenerationRequest, answer: AnswerAssembler
    ) -> AsyncGenerator[Delta | Finished]:
        clock = _TokenClock(self._limits)
        try:
            async with (
                self._posted(session, request, clock) as response,
                aclosing(_chunks(response, clock)) as chunks,
            ):
                try:
                    async for chunk in chunks:
                        for delta in answer.add(chunk):
                            yield delta
                except TimeoutError:
                    # The engine said why it ended; that it then says nothing more does not matter.
                    if not answer.finished:
                        raise
                for part in answer.finish():
                    yield part
                await _drain(response)
        except EventStreamError:
            raise WireError("engine_answer_malformed", reason="event_stream") from None
        except aiohttp.ClientError as error:
            raise self._failure("engine_unreachable", at=type(error).__name__) from error
        except TimeoutError:
            raise WireError("engine_timeout", wait=clock.waiting_for) from None

    @asynccontextmanager
    async def _posted(
        self, session: aiohttp.ClientSession, request: GenerationRequest, clock: _TokenClock
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The response to the question; on leaving, the connection is kept only when it was read
        to its end, and closed at once otherwise, which is how the engine learns of it."""
        url = f"{self._endpoint.url.rstrip('/')}/chat/completions"
        question = request_body(self._endpoint, request)
        async with clock.limit():
            response = await post_json(session, self._endpoint, url, question)
        try:
            if response.status != 200:
                async with clock.limit():
                    body = await _read_at_most(response, _MOST_ERROR_BYTES)
                raise refusal(response.status, body)
            yield response
        finally:
            response.close()


class _TokenClock:
    """Until when the next token must come."""

    def __init__(self, limits: TimeLimits) -> None:
        self._limits = limits
        self._deadline = asyncio.get_running_loop().time() + limits.first_token_s
        self.waiting_for = "first_token"

    def token(self) -> None:
        """A token came: the next one gets its own time."""
        self._deadline = asyncio.get_running_loop().time() + self._limits.between_tokens_s
        self.waiting_for = "next_token"

    def end(self) -> None:
        """The last token came: token counts and the end mark follow soon or never."""
        self._deadline = asyncio.get_running_loop().time() + min(
            _END_S, self._limits.between_tokens_s
        )

    def limit(self) -> asyncio.Timeout:
        """Ends what runs inside it at the deadline."""
        return asyncio.timeout_at(self._deadline)


async def _chunks(
    response: aiohttp.ClientResponse, clock: _TokenClock
) -> AsyncGenerator[WireChunk]:
    """What the server says, up to ``[DONE]`` or the end; also of one that does not stream."""
    if response.content_type == "application/json":
        async with clock.limit():
            body = await _read_at_most(response, _MOST_ANSWER_BYTES)
        yield read_answer(body.decode("utf-8", "replace"))
        return
    reader = EventStreamReader()
    while True:
        async with clock.limit():
            piece = await response.content.readany()
        for event in reader.feed(piece) if piece else reader.finish():
            if event.data == _DONE:
                return
            chunk = read_chunk(event.data, event.event)
            if chunk.finish is not None:
                clock.end()
            elif chunk.content or chunk.reasoning:
                clock.token()
            yield chunk
        if not piece:
            return


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Reads the few bytes after the end, so that the connection can serve the next call."""
    try:
        async with asyncio.timeout(_DRAIN_S):
            await response.content.read()
    except (TimeoutError, aiohttp.ClientError):
        return


async def _read_at_most(response: aiohttp.ClientResponse, most: int) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > most:
            raise WireError("engine_answer_malformed", reason="endless")
    return bytes(body)


def _model_names(body: bytes) -> tuple[str, ...]:
    try:
        value = json.loads(body)
        return tuple(str(model["id"]) for model in value["data"])
    except (ValueError, KeyError, TypeError):
        raise WireError("engine_answer_malformed", reason="models") from None
