"""What is asked of a language model and what comes back, whatever engine answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from suwen.core.manifest import Partition


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An OpenAI-compatible engine that the hospital runs.

    Attributes:
        url: base address ending in ``/v1``.
        ceiling: highest data class (1 to 5) that may be sent there.
        key: bearer key, never shown, never logged.
        context_tokens: context window in tokens.
        embedded: whether it is our own engine, which is too weak to be trusted.
        weights: SHA-256 of the model's weights, measured for our own engine and declared by the
            operator for another; ``None`` where nobody declared it.
        quantisation: how the weights are quantised, for example ``Q4_1`` or ``none``; ``None``
            where nobody declared it.
        served: what the engine says that it serves under the model's name; ``None`` until it was
            asked.
    """

    name: str
    url: str
    model: str
    partition: Partition
    ceiling: int
    capabilities: frozenset[str]
    context_tokens: int
    key: str | None = field(default=None, repr=False)
    embedded: bool = False
    timeout_s: float = 120.0
    max_concurrent: int = 4
    max_waiting: int = 64
    weights: str | None = None
    quantisation: str | None = None
    served: str | None = None


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn; ``role`` is ``system``, ``user`` or ``assistant``."""

    role: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """What to generate. ``temperature`` 0 means greedy; ``seed`` is passed on where supported."""

    messages: tuple[ChatMessage, ...]
    max_output_tokens: int
    json_schema: Mapping[str, Any] | None = None
    temperature: float = 0.0
    seed: int | None = 0
    stop: tuple[str, ...] = ()


class DeltaKind(StrEnum):
    """Which channel a piece of the stream belongs to."""

    REASONING = "reasoning"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the stream."""

    kind: DeltaKind
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a stream: why it ended (``stop``, ``length``) and what it cost in tokens;
    ``None`` where the engine does not say."""

    reason: str
    prompt_tokens: int | None
    output_tokens: int | None


class LanguageModel(Protocol):
    """One endpoint, ready to be asked."""

    @property
    def endpoint(self) -> Endpoint:
        """Which endpoint this is."""

    def stream(self, request: GenerationRequest) -> AsyncIterator[Delta | Finished]:
        """Streams the answer; closing the iterator cancels the work in the engine.

        Raises:
            InferenceError: ``engine_unreachable``, ``engine_timeout``, ``engine_refused``,
                ``engine_busy`` (queue full), ``engine_answer_malformed``, ``context_exceeded``.
        """

    async def count_tokens(self, messages: tuple[ChatMessage, ...]) -> int:
        """Tokens that the messages take, by the model's own tokeniser where the engine has one."""
