"""What passes between a program of the hospital and an engine that it asks directly.

The port that every guard of this traffic has, and the guard for text that gives orders to a model.
A program that asks an engine writes its prompts itself: what it says as the system, the form that
it wants of the answer and the tools that it names are its business. What its users and its sources
say in its prompts must not set those aside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from suwen.control.guardrails.screen import Outcome, Reason, screen
from suwen.core.audience import Audience
from suwen.core.errors import GuardrailError
from suwen.core.language import Bilingual
from suwen.language.instruction_like import find_instruction_like
from suwen.language.instruction_patterns import InstructionKind

REFUSED_IN: Final = frozenset(InstructionKind) - {
    InstructionKind.OUTPUT_ORDER,
    InstructionKind.TOOL_CALL,
}
"""Kinds that refuse a request, in what users, assistants and tools say in it."""

REFUSED_OUT: Final = frozenset(
    {InstructionKind.OVERRIDE, InstructionKind.HIDDEN_CHARACTERS, InstructionKind.ENCODED}
)
"""Kinds that end an answer: they speak to the next machine that reads it. A mark of a turn or a
block of code is what engines write."""

# Characters: how much is looked at together, and how much of it was looked at before.
_TOGETHER: Final = 160
_AGAIN: Final = 200


class AnswerWatch(Protocol):
    """Looks at one answer while it comes."""

    def add(self, text: str) -> None:
        """Takes the next piece.

        Raises:
            GuardrailError: the answer must end here.
        """

    def finish(self) -> None:
        """Looks at what is left; raises as ``add``."""


class TrafficGuard(Protocol):
    """A guard of what programs ask and what engines answer."""

    def check_input(self, texts: Sequence[str]) -> None:
        """Lets a request pass, or does not.

        Args:
            texts: what users, assistants and tools say in it; not the system.

        Raises:
            GuardrailError: with the kind in ``detail``, never the text.
        """

    def watch(self) -> AnswerWatch:
        """A look at one answer."""


class OrderGuard:
    """Refuses text that sets the orders of a model aside."""

    def check_input(self, texts: Sequence[str]) -> None:
        """Lets a request pass, or does not; raises as the port."""
        for text in texts:
            _refuse(text, REFUSED_IN, "instruction_like", _REFUSED)

    def watch(self) -> AnswerWatch:
        """A look at one answer."""
        return _OrderWatch()


class HarmGuard:
    """Refuses what asks to harm somebody, or goes around a model's rules, in any disguise.

    What is no matter of a hospital is a program's own business, and so is what it wants answered
    when a life is in danger: there a person must be told by the program, and nothing is refused.
    """

    def check_input(self, texts: Sequence[str]) -> None:
        """Lets a request pass, or does not; raises as the port."""
        for text in texts:
            verdict = screen(text, (), Audience.STAFF)
            if verdict.outcome is not Outcome.REFUSE:
                continue
            reason = next((r for r in verdict.reasons if _is_harm(r)), None)
            if reason is not None:
                raise GuardrailError("attack_refused", _HARMFUL, detail={"rule": reason.rule})

    def watch(self) -> AnswerWatch:
        """What is answered is looked at by the other guard."""
        return _NoWatch()


def _is_harm(reason: Reason) -> bool:
    rule = reason.rule
    if "model." in rule:
        return "model.harm" in rule and (reason.score or 0.0) >= _CERTAIN
    return "harm." in rule or "crime." in rule or "jailbreak.no_rules" in rule


class _NoWatch:
    """Lets every answer pass."""

    def add(self, text: str) -> None:
        """Takes the next piece."""

    def finish(self) -> None:
        """Has nothing left."""


class _OrderWatch:
    """Looks every so many characters, and again at those before, so that a cut hides nothing."""

    def __init__(self) -> None:
        self._seen = ""
        self._fresh: list[str] = []
        self._length = 0

    def add(self, text: str) -> None:
        self._fresh.append(text)
        self._length += len(text)
        if self._length >= _TOGETHER:
            self._look()

    def finish(self) -> None:
        if self._length:
            self._look()

    def _look(self) -> None:
        whole = self._seen + "".join(self._fresh)
        _refuse(whole, REFUSED_OUT, "instruction_in_answer", _ENDED)
        self._seen, self._fresh, self._length = whole[-_AGAIN:], [], 0


_CERTAIN: Final = 0.7
"""From which weight the small model alone refuses a program's request."""
_HARMFUL: Final = Bilingual(
    zh="请求可能用于伤害他人或绕过模型的安全规则，未发送给模型。请修改请求内容；若有误判，请联系管理员。",
    en="The request may serve to harm somebody or goes around a model's rules; it was not sent. "
    "Change it, or tell the administrator if that is wrong.",
)
_REFUSED: Final = Bilingual(
    zh="请求中含有试图绕过模型既定指令的文字，未发送给模型。请从用户或来源文本中去掉该部分后重试。",
    en="The request holds text that tries to set a model's instructions aside; it was not sent. "
    "Take that part out of the user's or the source's text and send it again.",
)
_ENDED: Final = Bilingual(
    zh="模型的回答中含有针对模型的指令文字，回答已在此处中止，请弃用。",
    en="The model's answer holds orders to a model; it was ended here and should be discarded.",
)


def _refuse(text: str, kinds: frozenset[InstructionKind], code: str, says: Bilingual) -> None:
    hit = next((hit for hit in find_instruction_like(text) if hit.kind in kinds), None)
    if hit is not None:
        raise GuardrailError(code, says, detail={"kind": hit.kind.value, "start": hit.span.start})
