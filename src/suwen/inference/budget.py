"""Whether a prompt fits into the model's context, by the model's own tokeniser where it has one."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from suwen.core.inference import ChatMessage, Endpoint, GenerationRequest
from suwen.inference.connection import TimeLimits, post_json, root_address
from suwen.inference.failures import inference_error

# What a chat template adds, at most: role marks for each turn and a default system text.
_TEMPLATE_TOKENS: Final = 64
_TURN_TOKENS: Final = 16
_NOT_OFFERED: Final = frozenset({301, 302, 307, 308, 400, 401, 403, 404, 405, 415, 422, 501})


@dataclass(frozen=True, slots=True)
class TokenCount:
    """How many tokens; ``exact`` when the model's own tokeniser counted, else a high estimate."""

    tokens: int
    exact: bool


def estimate_tokens(messages: Sequence[ChatMessage]) -> int:
    """A high estimate for the tokenisers of current Chinese-English models.

    A Chinese character, a digit, a mark of punctuation or any other sign counts 1 token, three
    ASCII letters or spaces count 1. DeepSeek states about 0.6 token for a Chinese character and 0.3
    for an English one, so this errs on the side of refusing. It does not hold for models that
    hardly know Chinese; those we run ourselves have a tokeniser to ask.

    Source: DeepSeek API documentation, "Token & Token Usage".
    """
    total = _TEMPLATE_TOKENS
    for message in messages:
        letters = sum(1 for c in message.text if c.isascii() and (c.isalpha() or c == " "))
        total += _TURN_TOKENS + math.ceil(letters / 3) + len(message.text) - letters
    return total


def most_tokens(messages: Sequence[ChatMessage]) -> int:
    """A bound that no byte-level or byte-fallback tokeniser exceeds: one token for each byte."""
    size = sum(len(m.text.encode("utf-8", "surrogatepass")) for m in messages)
    return size + _TEMPLATE_TOKENS + _TURN_TOKENS * len(messages)


class ContextBudget:
    """Counts tokens at one endpoint and refuses what does not fit, before it is sent.

    Finds out at the first call which tokeniser the server offers (llama.cpp: ``/apply-template``
    and ``/tokenize``; vLLM: ``/tokenize`` with messages) and remembers it.
    """

    def __init__(self, endpoint: Endpoint, limits: TimeLimits) -> None:
        self._endpoint = endpoint
        self._limits = limits
        self._root = root_address(endpoint)
        self._ways: list[_Way] = [] if self._root is None else [_by_vllm, _by_llama_cpp]

    async def count(
        self, session: aiohttp.ClientSession, messages: Sequence[ChatMessage]
    ) -> TokenCount:
        """Tokens that the messages take with the chat template around them.

        Raises:
            InferenceError: ``engine_unreachable`` or ``engine_timeout``.
        """
        while self._ways:
            try:
                async with asyncio.timeout(self._limits.first_token_s):
                    tokens = await self._ways[0](self, session, messages)
            except aiohttp.ClientError as error:
                raise inference_error("engine_unreachable", self._endpoint) from error
            except TimeoutError:
                raise inference_error("engine_timeout", self._endpoint, wait="tokenise") from None
            if tokens is not None:
                del self._ways[1:]
                return TokenCount(tokens, exact=True)
            del self._ways[0]
        return TokenCount(estimate_tokens(messages), exact=False)

    async def check(self, session: aiohttp.ClientSession, request: GenerationRequest) -> None:
        """Returns when prompt and answer fit into the context together.

        Raises:
            InferenceError: ``context_exceeded``, with the counts; else as ``count``.
        """
        room = self._endpoint.context_tokens - request.max_output_tokens
        if most_tokens(request.messages) <= room:
            return
        count = await self.count(session, request.messages)
        if count.tokens > room:
            raise inference_error(
                "context_exceeded",
                self._endpoint,
                prompt_tokens=count.tokens,
                output_tokens=request.max_output_tokens,
                context_tokens=self._endpoint.context_tokens,
                counted="exactly" if count.exact else "estimated",
            )

    async def ask(
        self, session: aiohttp.ClientSession, path: str, body: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        """The JSON object that the server answers at a path beside ``/v1``; ``None`` when it offers
        no such thing.

        Raises:
            aiohttp.ClientError: it failed for another reason.
        """
        url = f"{self._root}{path}"
        async with await post_json(session, self._endpoint, url, body) as response:
            if response.status in _NOT_OFFERED:
                return None
            if response.status != 200:
                raise aiohttp.ClientPayloadError(f"status {response.status}")
            try:
                value = json.loads(await response.read())
            except ValueError:
                return None
        return value if isinstance(value, dict) else None


_Way = Callable[
    [ContextBudget, aiohttp.ClientSession, Sequence[ChatMessage]], Awaitable[int | None]
]


async def _by_vllm(
    budget: ContextBudget, session: aiohttp.ClientSession, messages: Sequence[ChatMessage]
) -> int | None:
    body = {
        "model": budget._endpoint.model,
        "messages": _as_json(messages),
        "add_generation_prompt": True,
    }
    answer = await budget.ask(session, "/tokenize", body)
    count = None if answer is None else answer.get("count")
    return count if isinstance(count, int) and not isinstance(count, bool) else None


async def _by_llama_cpp(
    budget: ContextBudget, session: aiohttp.ClientSession, messages: Sequence[ChatMessage]
) -> int | None:
    answer = await budget.ask(session, "/apply-template", {"messages": _as_json(messages)})
    if answer is None or not isinstance(answer.get("prompt"), str):
        return None
    body = {"content": answer["prompt"], "add_special": True, "parse_special": True}
    answer = await budget.ask(session, "/tokenize", body)
    tokens = None if answer is None else answer.get("tokens")
    return len(tokens) if isinstance(tokens, list) else None


def _as_json(messages: Sequence[ChatMessage]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.text} for message in messages]
