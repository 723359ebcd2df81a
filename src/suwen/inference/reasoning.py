"""Keeps a model's reasoning apart from its answer, in every way that R1-family servers send it.

Three ways exist: a field of its own (``reasoning_content``, ``reasoning``), ``<think>…</think>``
inside the content, and content that begins inside the reasoning because the chat template already
opened it, so that only ``</think>`` appears.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from suwen.core.inference import Delta, DeltaKind

OPENING: Final = "<think>"
CLOSING: Final = "</think>"


@dataclass(frozen=True, slots=True)
class AnswerWasReasoning:
    """A closing tag came that nothing opened: all that was given out as answer was reasoning."""


Piece = Delta | AnswerWasReasoning


class ReasoningSplitter:
    """Separates reasoning from answer while the text streams in, cut anywhere.

    Nothing that stands before a closing tag is ever part of the answer: where it was given out as
    answer already, ``AnswerWasReasoning`` takes it back. White space before reasoning and before
    the answer is dropped. A nested pair of tags belongs to the reasoning; reasoning that is never
    closed never becomes an answer.

    Args:
        starts_in_reasoning: the model's template opens the reasoning, so content begins inside it,
            unless the server sends reasoning in a field of its own.
    """

    def __init__(self, *, starts_in_reasoning: bool) -> None:
        self._depth = 1 if starts_in_reasoning else 0
        self._assumed = starts_in_reasoning
        self._pending = ""
        self._answer_begun = False
        self._reasoning_begun = False

    @property
    def assumed(self) -> bool:
        """Whether the reasoning is still only assumed: neither a tag nor a field confirmed it."""
        return self._assumed

    @property
    def in_reasoning(self) -> bool:
        """Whether the text is inside reasoning at this moment."""
        return self._depth > 0

    def feed_reasoning(self, text: str) -> list[Piece]:
        """Pieces that a text of the server's own reasoning field completes."""
        if not text:
            return []
        pieces = self._flush()
        if self._assumed:
            self._assumed = False
            self._depth = 0
        self._reasoning_begun = True
        pieces.append(Delta(DeltaKind.REASONING, text))
        return pieces

    def feed_content(self, text: str) -> list[Piece]:
        """Pieces that a text of the content field completes."""
        if not text:
            return []
        pieces: list[Piece] = []
        rest = self._pending + text
        self._pending = ""
        while True:
            at, tag = _next_tag(rest)
            if tag is None:
                break
            self._emit(rest[:at], pieces)
            rest = rest[at + len(tag) :]
            if tag == OPENING:
                self._open()
            else:
                self._close(pieces)
        kept = _length_of_tag_begun(rest)
        self._pending = rest[len(rest) - kept :]
        self._emit(rest[: len(rest) - kept], pieces)
        return pieces

    def finish(self) -> list[Piece]:
        """The last pieces: a tag that was begun and never finished is ordinary text."""
        return self._flush()

    def _flush(self) -> list[Piece]:
        pieces: list[Piece] = []
        pending, self._pending = self._pending, ""
        self._emit(pending, pieces)
        return pieces

    def _open(self) -> None:
        if self._assumed and not self._reasoning_begun:
            self._assumed = False
        else:
            self._depth += 1

    def _close(self, pieces: list[Piece]) -> None:
        if self._depth:
            self._depth -= 1
            self._assumed = self._assumed and self._depth > 0
        elif self._answer_begun:
            self._answer_begun = False
            pieces.append(AnswerWasReasoning())

    def _emit(self, text: str, pieces: list[Piece]) -> None:
        if self._depth:
            text = text if self._reasoning_begun else text.lstrip()
            self._reasoning_begun = self._reasoning_begun or bool(text)
            kind = DeltaKind.REASONING
        else:
            text = text if self._answer_begun else text.lstrip()
            self._answer_begun = self._answer_begun or bool(text)
            kind = DeltaKind.ANSWER
        if text:
            pieces.append(Delta(kind, text))


def _next_tag(text: str) -> tuple[int, str | None]:
    opening, closing = text.find(OPENING), text.find(CLOSING)
    if opening < 0 and closing < 0:
        return len(text), None
    if closing < 0 or 0 <= opening < closing:
        return opening, OPENING
    return closing, CLOSING


def _length_of_tag_begun(text: str) -> int:
    """How many characters at the end may be the beginning of a tag."""
    at = text.rfind("<", max(0, len(text) - len(CLOSING) + 1))
    if at < 0:
        return 0
    tail = text[at:]
    return len(tail) if OPENING.startswith(tail) or CLOSING.startswith(tail) else 0
