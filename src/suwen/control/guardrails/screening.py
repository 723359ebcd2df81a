"""What becomes of what the guard finds: a refusal, a finding, or text without the orders in it."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from threading import Lock
from typing import Final

from suwen.control.guardrails.instruction_like import instruction_findings, refuse_instructions
from suwen.control.guardrails.rules.documents import DOCUMENTS
from suwen.control.guardrails.rules.table import RuleTable
from suwen.control.guardrails.screen import (
    Outcome,
    Reason,
    TextOrigin,
    Verdict,
    orders_in,
    screen,
)
from suwen.core.audience import Audience
from suwen.core.errors import GuardrailError
from suwen.core.finding import Confidence, Finding, Severity, Source, Span
from suwen.core.language import Bilingual
from suwen.language.instruction_like import REMOVED
from suwen.language.instruction_like import neutralise as without_instructions

_SOURCE: Final = Source("suwen guardrails", "2", "screen")
NEEDS_PERSON: Final = "guard.needs_person"

_HARMS: Final = Bilingual(
    zh="该请求可能伤害他人，未予处理。若您担心自己或他人的安全，请告诉身边的医护人员或拨打 120；"
    "若有误判，请写明用途后重新提问或联系工作人员。",
    en="The request may harm somebody; it was not processed. If you fear for yourself or somebody "
    "else, tell the staff beside you or call 120. If that is wrong, say what it is for and ask "
    "again, or ask the staff.",
)
_PRIVATE: Final = Bilingual(
    zh="该请求涉及他人的隐私，未予处理。查阅本人资料请凭证件到病案室；因工作需要请在该患者的页面内查阅。",
    en="The request is about somebody else's private matters; it was not processed. For your own "
    "records go to the medical records office with your identity card; for your work, open "
    "the patient's own page.",
)
_GOES_AROUND: Final = Bilingual(
    zh="该请求含有绕过系统规则的内容，未予处理。请去掉这部分，只写要问的问题；若有误判，请联系工作人员。",
    en="The request goes around the system's rules; it was not processed. Leave that part out and "
    "write only what you want to know. If that is wrong, ask the staff.",
)
_NO_MATTER: Final = Bilingual(
    zh="该请求与医疗服务无关，未予处理。可以询问就诊、检查、用药和本院规定等问题。",
    en="The request is no matter of the hospital; it was not processed. Ask about visits, tests, "
    "medicines or how things are done here.",
)
_WEIGHED: Final = Bilingual(
    zh="系统判断该请求可能不当，未予处理。若有误判，请换一种说法重新提问，或联系工作人员。",
    en="The request seems improper; it was not processed. If that is wrong, put it in other words, "
    "or ask the staff.",
)
_URGENT: Final = Bilingual(
    zh="内容提示可能有生命危险或自伤风险，请立即由人处理：拨打 120 或前往急诊；"
    "心理援助热线 12356。",
    en="This may be an emergency or a risk of self-harm and needs a person now: call 120 or go to "
    "the emergency department; mental-health line 12356.",
)
"""Source: 120 is the emergency number and 12356 the mental-health line of mainland China (National
Health Commission, in service since 2025-05-01; from memory)."""


class _CleanTexts:
    """Which earlier messages were found clean, so that a long chat is not screened anew each turn.

    Kept are hashes by a key that ends with the process, never a word.
    """

    _MOST: Final = 20_000

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._known: OrderedDict[bytes, Verdict] = OrderedDict()
        self._lock = Lock()

    def screened(self, text: str, audience: Audience) -> Verdict:
        """The verdict on a message by itself."""
        words = f"{audience.value}\0{text}".encode("utf-8", "surrogatepass")
        name = blake2b(words, key=self._key, digest_size=16).digest()
        with self._lock:
            known = self._known.get(name)
            if known is not None:
                self._known.move_to_end(name)
                return known
        verdict = screen(text, (), audience)
        if verdict.outcome is Outcome.ALLOW:
            with self._lock:
                self._known[name] = verdict
                while len(self._known) > self._MOST:
                    self._known.popitem(last=False)
        return verdict


_CLEAN: Final = _CleanTexts()


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
        screen(text, texts[1:], audience) if number == 0 else _CLEAN.screened(text, audience)
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
    rule = verdict.reasons[0].rule
    detail = {"rule": rule}
    if "model." in rule:
        return GuardrailError("attack_refused", _WEIGHED, detail=detail)
    if "privacy" in rule or "discloses" in rule:
        return GuardrailError("attack_refused", _PRIVATE, detail=detail)
    if "harm." in rule or "crime." in rule:
        return GuardrailError("attack_refused", _HARMS, detail=detail)
    if "scope." in rule:
        return GuardrailError("attack_refused", _NO_MATTER, detail=detail)
    return GuardrailError("attack_refused", _GOES_AROUND, detail=detail)


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


def record_findings(texts: Iterable[tuple[str, str]]) -> tuple[Finding, ...]:
    """One finding for each text (reference, text) of a record that gives orders to a model, or
    wants other patients told of; what only weighs like an order is cut from a prompt in silence,
    since a record asks people for many things.
    """
    found: list[Finding] = []
    for reference, text in texts:
        plain = instruction_findings([(reference, text)])
        found.extend(plain)
        hit = None if plain else next(iter(_DISCLOSES.hits(text)), None)
        if hit is not None:
            reason = Reason(hit.rule, Span(hit.start, hit.end))
            found.append(_order_in(reference, Verdict(Outcome.REFUSE, (reason,))))
    return tuple(found)


_DISCLOSES: Final = RuleTable([r for r in DOCUMENTS if r.id == "document.discloses_others"])


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
