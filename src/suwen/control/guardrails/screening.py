"""What becomes of what the guard finds: a refusal, a finding, or text without the orders in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from suwen.control.guardrails.instruction_like import instruction_findings, refuse_instructions
from suwen.control.guardrails.screen import Outcome, TextOrigin, Verdict, orders_in, screen
from suwen.core.audience import Audience
from suwen.core.errors import GuardrailError
from suwen.core.finding import Confidence, Finding, Severity, Source, Span
from suwen.core.language import Bilingual
from suwen.language.instruction_like import REMOVED
from suwen.language.instruction_like import neutralise as without_instructions

_SOURCE: Final = Source("suwen guardrails", "2", "screen")
NEEDS_PERSON: Final = "guard.needs_person"

_REFUSED: Final = Bilingual(
    zh="该请求可能伤害他人、绕过系统规则或与医疗服务无关，未予处理。若有误判，请换一种说法或联系工作人员。",
    en="The request may harm somebody, goes around the system's rules or is no matter of the "
    "hospital; it was not processed. If that is wrong, put it in other words or ask the staff.",
)
_URGENT: Final = Bilingual(
    zh="内容提示可能有生命危险或自伤风险，请立即由人处理：拨打 120 或前往急诊；"
    "心理援助热线 12356。",
    en="This may be an emergency or a risk of self-harm and needs a person now: call 120 or go to "
    "the emergency department; mental-health line 12356.",
)
"""Source: 120 is the emergency number and 12356 the mental-health line of mainland China (National
Health Commission, in service since 2025-05-01; from memory)."""


def screen_user_texts(texts: Sequence[str], audience: Audience) -> tuple[Finding, ...]:
    """Lets what a user wrote pass, refuses it, or says that a person is needed at once.

    Args:
        texts: the message, then earlier ones of the same conversation, oldest first.

    Returns:
        One finding where a life may be in danger; such a message is never only refused.

    Raises:
        GuardrailError: ``instruction_like`` or ``attack_refused``, with the rule in ``detail``.
    """
    verdicts = [
        screen(text, texts[1:] if number == 0 else (), audience)
        for number, text in enumerate(texts)
    ]
    urgent = next((v for v in verdicts if v.outcome is Outcome.ESCALATE), None)
    if urgent is not None:
        return (needs_person(urgent.reasons[0].span),)
    refuse_instructions(texts)
    for verdict in verdicts:
        if verdict.outcome is Outcome.REFUSE:
            raise refusal(verdict)
    return ()


def refusal(verdict: Verdict) -> GuardrailError:
    """The error of a message that is refused; names the rule, never the text."""
    return GuardrailError("attack_refused", _REFUSED, detail={"rule": verdict.reasons[0].rule})


def needs_person(span: Span | None = None) -> Finding:
    """That a life may be in danger and a person must answer; ``span`` is the place, if known."""
    return Finding(
        rule=NEEDS_PERSON,
        severity=Severity.CONTRAINDICATED,
        message=_URGENT,
        source=_SOURCE,
        confidence=Confidence.FROM_MEMORY,
        span=span,
    )


def passage_findings(texts: Iterable[tuple[str, str]]) -> tuple[Finding, ...]:
    """One finding for each passage (reference, text) that speaks to the machine that reads it.

    What gives orders plainly is the graver finding; a sentence that only seems to is a minor one.
    """
    found: list[Finding] = []
    for reference, text in texts:
        plain = instruction_findings([(reference, text)])
        found.extend(plain)
        verdict = screen(text, channel=TextOrigin.DOCUMENT)
        if not plain and verdict.outcome is Outcome.REFUSE:
            found.append(_order_in(reference, verdict))
    return tuple(found)


def _order_in(reference: str, verdict: Verdict) -> Finding:
    return Finding(
        rule="guard.order_in_document",
        severity=Severity.MINOR,
        message=Bilingual(
            zh=f"{reference} 中有一句像是写给模型的话；原文保留，提供给模型前已去除。",
            en=f"{reference} has a sentence that seems to speak to a model. It stays in the "
            "document and was removed before the model read it.",
        ),
        source=_SOURCE,
        confidence=Confidence.FROM_MEMORY,
        span=verdict.reasons[0].span,
    )


def neutralise(text: str, own: Sequence[str] = ()) -> str:
    """The text without orders to a machine.

    Args:
        own: what the user asked in the same run; a stretch of it was screened as a message and
            stays, since a user may ask.
    """
    kept = [(at, at + len(words)) for words in own if words and (at := text.find(words)) >= 0]
    parts: list[str] = []
    at = 0
    for span in orders_in(text):
        if any(span.start < end and start < span.end for start, end in kept):
            continue
        parts.append(text[at : span.start])
        parts.append(REMOVED)
        at = span.end
    parts.append(text[at:])
    return without_instructions("".join(parts))
