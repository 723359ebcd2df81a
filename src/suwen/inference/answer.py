"""Puts a streamed answer together and decides at its end whether it is one."""

from __future__ import annotations

from typing import Final

from suwen.core.inference import Delta, DeltaKind, Finished, GenerationRequest
from suwen.inference.json_answer import AnswerMismatchError, AnswerSchema
from suwen.inference.reasoning import AnswerWasReasoning, Piece, ReasoningSplitter
from suwen.inference.wire import FINISH_REASONS, WireChunk, WireError

# No tokeniser packs more than this many characters into a token on average; an engine that sends
# more has lost count, and must not fill our memory.
MAX_CHARACTERS_PER_TOKEN: Final = 64


class AnswerAssembler:
    """One answer in the making.

    Args:
        request: what was asked.
        schema: what the answer must satisfy; ``None`` for free text.
        starts_in_reasoning: see ``ReasoningSplitter``.
    """

    def __init__(
        self, request: GenerationRequest, schema: AnswerSchema | None, *, starts_in_reasoning: bool
    ) -> None:
        self._schema = schema
        self._splitter = ReasoningSplitter(starts_in_reasoning=starts_in_reasoning)
        self._answer: list[str] = []
        self._reasoning: list[str] = []
        self._held: list[str] = []
        # A JSON answer begins with a brace: text that begins otherwise may still turn out to be
        # reasoning whose opening tag is missing, so it is not given out as answer.
        self._holding = schema is not None
        self._given_out = False
        self._room = max(request.max_output_tokens, 1024) * MAX_CHARACTERS_PER_TOKEN
        self._finish: str | None = None
        self._prompt_tokens: int | None = None
        self._output_tokens: int | None = None
        self.reasoning_was_unmarked = False

    @property
    def finished(self) -> bool:
        """Whether the engine has said why it ended."""
        return self._finish is not None

    def add(self, chunk: WireChunk) -> list[Delta]:
        """What can be given out after this chunk.

        Raises:
            WireError: ``engine_answer_malformed``, when the chunk shows that what was given out as
                answer was reasoning, or when the answer grows beyond all measure.
        """
        self._room -= len(chunk.content) + len(chunk.reasoning)
        if self._room < 0:
            raise WireError("engine_answer_malformed", reason="endless")
        if chunk.finish is not None:
            self._finish = chunk.finish
        if chunk.prompt_tokens is not None:
            self._prompt_tokens = chunk.prompt_tokens
        if chunk.output_tokens is not None:
            self._output_tokens = chunk.output_tokens
        pieces = self._splitter.feed_reasoning(chunk.reasoning)
        pieces += self._splitter.feed_content(chunk.content)
        return self._sort(pieces)

    def finish(self) -> list[Delta | Finished]:
        """The rest of the answer and its end.

        Raises:
            WireError: ``engine_answer_malformed``, when the stream broke off, ended for a reason
                that is no answer, or does not satisfy the schema.
        """
        if self._finish is None:
            raise WireError("engine_answer_malformed", reason="broken_off")
        reason = FINISH_REASONS.get(self._finish)
        if self._finish == "content_filter":
            raise WireError("engine_refused", reason="content_filter")
        if reason is None:
            raise WireError("engine_answer_malformed", reason="unknown_finish")
        out: list[Delta | Finished] = [*self._sort(self._splitter.finish())]
        if self._schema is not None:
            out += self._finish_json(self._schema, reason)
        elif self._splitter.in_reasoning and reason == "stop":
            raise WireError("engine_answer_malformed", reason="reasoning_not_closed")
        out.append(Finished(reason, self._prompt_tokens, self._output_tokens))
        return out

    def _finish_json(self, schema: AnswerSchema, reason: str) -> list[Delta]:
        if reason == "length":
            raise WireError("engine_answer_malformed", reason="truncated")
        answer = "".join(self._answer)
        # A reasoning model may answer at once, without reasoning and without a tag: a text that
        # satisfies the schema as a whole is the answer.
        unconfirmed = self._splitter.assumed and not answer
        if unconfirmed:
            answer = "".join(self._reasoning)
        try:
            schema.read(answer)
        except AnswerMismatchError as mismatch:
            raise WireError(
                "engine_answer_malformed", reason=mismatch.keyword, at=mismatch.at
            ) from None
        return [Delta(DeltaKind.ANSWER, answer)] if unconfirmed else []

    def _sort(self, pieces: list[Piece]) -> list[Delta]:
        out: list[Delta] = []
        for piece in pieces:
            if isinstance(piece, AnswerWasReasoning):
                self._take_back(out)
            elif piece.kind is DeltaKind.REASONING:
                if self._splitter.assumed and self._schema is not None:
                    self._reasoning.append(piece.text)
                out.append(piece)
            else:
                self._answer.append(piece.text)
                self._give_or_hold(piece, out)
        self._given_out = self._given_out or any(d.kind is DeltaKind.ANSWER for d in out)
        return out

    def _give_or_hold(self, piece: Delta, out: list[Delta]) -> None:
        if not self._holding:
            out.append(piece)
            return
        self._held.append(piece.text)
        if self._held[0].startswith("{"):
            out.append(Delta(DeltaKind.ANSWER, "".join(self._held)))
            self._held.clear()
            self._holding = False

    def _take_back(self, out: list[Delta]) -> None:
        self.reasoning_was_unmarked = True
        if self._given_out:
            raise WireError("engine_answer_malformed", reason="reasoning_unmarked")
        out[:] = [Delta(DeltaKind.REASONING, delta.text) for delta in out]
        if self._held:
            out.append(Delta(DeltaKind.REASONING, "".join(self._held)))
        self._held.clear()
        self._answer.clear()
        self._holding = self._schema is not None
