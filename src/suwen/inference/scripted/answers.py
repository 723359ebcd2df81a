"""What a scripted server is told to say, well or badly."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class ReasoningForm(StrEnum):
    """How the reasoning is sent."""

    REASONING_CONTENT = "reasoning_content"
    REASONING = "reasoning"
    BOTH_FIELDS = "both_fields"
    TAGS = "tags"
    MISSING_OPENING_TAG = "missing_opening_tag"
    UNCLOSED_TAG = "unclosed_tag"


class Fault(StrEnum):
    """What goes wrong, after ``fault_after`` pieces of the stream."""

    STUCK = "stuck"
    KEEP_ALIVES_ONLY = "keep_alives_only"
    DISCONNECT = "disconnect"
    ENDS_EARLY = "ends_early"
    NO_DONE = "no_done"
    HANGS_AFTER_END = "hangs_after_end"
    ERROR_FRAME = "error_frame"
    MALFORMED_JSON = "malformed_json"
    MALFORMED_UTF8 = "malformed_utf8"


@dataclass(frozen=True, slots=True)
class ScriptedRequest:
    """What the client sent: the body as it came, the key, and whether it then went away."""

    body: dict[str, Any] = field(repr=False)
    authorization: str | None = field(repr=False)

    @property
    def prompt(self) -> str:
        """All turns, one after the other."""
        return "\n".join(str(message["content"]) for message in self.body["messages"])

    @property
    def last_turn(self) -> str:
        """The text of the last turn."""
        return str(self.body["messages"][-1]["content"])

    @property
    def wants_json(self) -> bool:
        """Whether the answer has to satisfy a JSON schema."""
        return "response_format" in self.body


@dataclass(frozen=True, slots=True)
class ScriptedAnswer:
    """What the server says.

    Attributes:
        piece_characters: characters of each delta.
        first_delay_s, delay_s: wait before the first delta and before each one, in seconds.
        wire_bytes: the stream is cut into network pieces of that size, ``None`` for whole events.
        status: an HTTP status other than 200 answers with ``error_type`` and nothing else.
        counts: whether token counts are sent.
        tool_calls: name and arguments (JSON text) of the functions that it wants called.
        streams: ``False`` for a server that answers whole although it was asked for a stream; one
            that was not asked for a stream answers whole in any case.
    """

    text: str = ""
    reasoning: str | None = None
    reasoning_form: ReasoningForm = ReasoningForm.REASONING_CONTENT
    piece_characters: int = 4
    first_delay_s: float = 0.0
    delay_s: float = 0.0
    wire_bytes: int | None = None
    finish_reason: str = "stop"
    status: int = 200
    error_type: str = "server_error"
    location: str | None = None
    counts: bool = True
    streams: bool = True
    tool_calls: tuple[tuple[str, str], ...] = ()
    fault: Fault | None = None
    fault_after: int = 1


Respond = Callable[[ScriptedRequest], ScriptedAnswer]


def always(text: str, **how: Any) -> Respond:
    """Answers every request with the same text; ``how`` as in ``ScriptedAnswer``."""
    answer = ScriptedAnswer(text, **how)
    return lambda request: answer


def in_turn(*answers: ScriptedAnswer) -> Respond:
    """Answers one request after the other; the last answer repeats."""
    left = list(answers)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


def by_marker(*pairs: tuple[str, ScriptedAnswer], otherwise: ScriptedAnswer) -> Respond:
    """Answers by the first marker that stands in the prompt."""

    def respond(request: ScriptedRequest) -> ScriptedAnswer:
        prompt = request.prompt
        return next((answer for marker, answer in pairs if marker in prompt), otherwise)

    return respond


@dataclass(frozen=True, slots=True)
class AccuracyCase:
    """One question, found by a marker in its prompt, with a right and a wrong answer."""

    marker: str
    right: str
    wrong: str


def known_accuracy(cases: Sequence[AccuracyCase], right_count: int, seed: int) -> Respond:
    """Answers exactly ``right_count`` of the cases rightly, the same ones for the same seed, so
    that an evaluation can be held against a truth that is known beforehand."""
    order = list(range(len(cases)))
    random.Random(seed).shuffle(order)  # noqa: S311 (not for security)
    right = frozenset(order[:right_count])
    return by_marker(
        *(
            (case.marker, ScriptedAnswer(case.right if index in right else case.wrong))
            for index, case in enumerate(cases)
        ),
        otherwise=ScriptedAnswer(status=400, error_type="unknown_case"),
    )
