"""Whether a message may go on, must be refused, or needs a person at once.

``screen`` looks at what a user wrote, or at a document that a model is to read. Rules come first
and say where they were met; a small model (``weighing``) weighs what no rule knows. Somebody whose
life is in danger is handed to a person, whatever else the message holds, and is never only refused.
A clinician's questions about doses, overdoses, sexual health or the end of life are ordinary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from suwen.control.guardrails.rules.crisis import EMERGENCY, SELF_HARM, SUICIDE_NAMED
from suwen.control.guardrails.rules.documents import DOCUMENTS, OTHER_MATTER, REQUEST
from suwen.control.guardrails.rules.errands import ERRAND, LONGEST_ERRAND
from suwen.control.guardrails.rules.harm import CRIME, HARM
from suwen.control.guardrails.rules.jailbreak import JAILBREAK
from suwen.control.guardrails.rules.scope import SCOPE
from suwen.control.guardrails.rules.table import RuleTable
from suwen.control.guardrails.rules.work import DECEIT, SPEAKS, TOLD, WORK
from suwen.control.guardrails.sentences import sentences
from suwen.core.audience import Audience
from suwen.core.finding import Span
from suwen.language.attack_disguises import disguises
from suwen.language.instruction_like import find_instruction_like
from suwen.language.instruction_patterns import InstructionKind


class Outcome(StrEnum):
    """What becomes of a message. ``escalate`` is for emergencies and self-harm only."""

    ALLOW = "allow"
    REFUSE = "refuse"
    ESCALATE = "escalate"


class TextOrigin(StrEnum):
    """Where a text comes from: somebody's own words, or something that was read."""

    USER = "user"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a rule and where it was met, or a model's weight.

    Attributes:
        rule: name of the rule; ``model.<head>`` where the small model decided.
        span: place in the text as given; ``None`` where the reason lies in earlier messages.
        score: weight of the small model, 0 to 1; ``None`` for a rule.
    """

    rule: str
    span: Span | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome and everything that speaks for it; no reasons where a message may go on."""

    outcome: Outcome
    reasons: tuple[Reason, ...] = ()


ALLOWED: Final = Verdict(Outcome.ALLOW)

THRESHOLDS: Final = {
    ("harm", "en"): 0.5,
    ("attack", "en"): 0.48,
    ("harm", "zh"): 0.55,
    ("attack", "zh"): 0.55,
}
"""From which weight the small model refuses, by head and language of the text."""
ORDER_ASKED: Final = 0.2
ATTACK_ASKED: Final = 0.6
ORDER_TOLD: Final = 0.92
"""From which weight a sentence of a document is an order: one that asks, one that does not."""
RULES_OF_USERS_IN_DOCUMENTS: Final = frozenset(
    {
        "jailbreak.authority",
        "jailbreak.exfiltration",
        "jailbreak.override",
        "jailbreak.mode",
        "jailbreak.decode",
        "jailbreak.prompt_leak",
    }
)
_EXTRA_LONG: Final = 0.15
_EXTRA_PART: Final = 0.37
"""How much more the whole of a long text, and a part of it, must weigh."""
_EXTRA_PROTECTS: Final = 0.2
"""How much more a question must weigh that asks how to report, prevent or treat."""
_PROTECTS = re.compile(
    r"\bhow (?:do|can|should|would) (?:i|we|one) (?:report|prevent|protect|recogni[sz]e|detect|"
    r"stop|respond|screen|treat|help)\b|抢救|举报|防止|防范|维权|解毒",
    re.IGNORECASE,
)
_EXTRA_WORK: Final = 0.25
"""How much more a short request must weigh that asks for ordinary work on a record."""
_LONGEST_WORK: Final = 90
_EXTRA_TOLD: Final = 0.25
"""How much more a text must weigh that tells of a patient and asks nothing of anybody."""
ORDER_OF_TREATMENT: Final = 0.5
"""From which weight a sentence of a document that bids to use a medicine speaks to a machine."""
_LONG: Final = 700
_PART: Final = 400
_FEWEST_LETTERS: Final = {"en": 12, "zh": 6}
_EARLIER: Final = 6
_LONGEST_CONTEXT: Final = 3000

_CRISIS = RuleTable((*SELF_HARM, *EMERGENCY))
_NAMED = RuleTable(SUICIDE_NAMED)
_ATTACK = RuleTable((*JAILBREAK, *HARM, *CRIME))
_SCOPE = RuleTable(SCOPE)
_DOCUMENT = RuleTable(
    (*DOCUMENTS, *(rule for rule in JAILBREAK if rule.id in RULES_OF_USERS_IN_DOCUMENTS))
)
_REQUEST = re.compile(REQUEST)
_OTHER_MATTER = re.compile(OTHER_MATTER)
_HAN = re.compile("[\u3400-\u9fff]")
_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_GO_ON = re.compile(
    r"\s*(?:please\s+)?(?:go on|continue|carry on|proceed|answer(?: it| the question)?|do it|"
    r"now do it|yes,? (?:do it|go on)|next step|and then|more detail\w*|继续|接着说|然后呢|继续说|"
    r"接着|回答|快说|"
    r"请继续|说详细点|下一步)\s*[.!。！？?]*\s*",
    re.IGNORECASE,
)
_USER_ORDERS: Final = frozenset(InstructionKind)
_LATIN_WORD: Final = re.compile(r"[a-z][a-z-]{3,}")
_NEAR_VERB: Final = 4


def screen(
    text: str,
    context: Sequence[str] = (),
    audience: Audience = Audience.CLINICIAN,
    channel: TextOrigin = TextOrigin.USER,
) -> Verdict:
    """Looks at one message or document.

    Args:
        context: earlier messages of the same writer, oldest first.
        audience: who wrote it.
        channel: ``DOCUMENT`` for what a model reads without its reader having written it; there
            only orders to the machine count, since a record may speak of anything.
    """
    if channel is TextOrigin.DOCUMENT:
        reasons = tuple(_document_reasons(text))
        return Verdict(Outcome.REFUSE, reasons) if reasons else ALLOWED
    crisis = _crisis(text, audience)
    if crisis:
        return Verdict(Outcome.ESCALATE, crisis)
    reasons = _user_reasons(text, audience)
    if not reasons and context:
        reasons = _reasons_of_turns(text, context, audience)
    return Verdict(Outcome.REFUSE, reasons) if reasons else ALLOWED


def orders_in(document: str) -> tuple[Span, ...]:
    """The stretches of a document that speak to the machine that reads it, in reading order."""
    spans = sorted({(r.span.start, r.span.end) for r in _document_reasons(document) if r.span})
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(Span(start, end) for start, end in joined)


def _crisis(text: str, audience: Audience) -> tuple[Reason, ...]:
    found = [Reason(hit.rule, Span(hit.start, hit.end)) for hit in _CRISIS.hits(text)]
    if not found and audience is Audience.PATIENT:
        found = [Reason(hit.rule, Span(hit.start, hit.end)) for hit in _NAMED.hits(text)]
        if found and (len(text) > _LONG or any(True for _ in _ATTACK.hits(text))):
            return ()
    if found and audience is not Audience.PATIENT:
        # Clinicians write of their patients; only who speaks of themselves is meant.
        found = [reason for reason in found if _of_oneself(text, reason)]
    return tuple(found)


_ONESELF = re.compile(
    r"\b(?:my ?self|i (?:want|took|swallowed|am going)|my (?:own )?life)\b|我|不想活", re.I
)


def _of_oneself(text: str, reason: Reason) -> bool:
    span = reason.span
    return (
        reason.rule == "crisis.self_harm"
        and span is not None
        and _ONESELF.search(text[span.start : span.end]) is not None
        and len(text) <= _LONG
    )


def _weights_of(text: str) -> dict[str, float]:
    # Here, since it loads NumPy, for which every start and command would wait.
    from suwen.control.guardrails.weighing import weigh

    return weigh(text)


def _user_reasons(text: str, audience: Audience) -> tuple[Reason, ...]:
    found = [Reason(hit.rule, Span(hit.start, hit.end)) for hit in _ATTACK.hits(text)]
    found.extend(
        Reason(f"instruction.{hit.kind.value}", hit.span)
        for hit in find_instruction_like(text)
        if hit.kind in _USER_ORDERS
    )
    found.extend(Reason(hit.rule, Span(hit.start, hit.end)) for hit in _SCOPE.hits(text))
    if not found:
        found.extend(_weight_reasons(text))
    if not found:
        found.extend(_disguised_reasons(text))
    return tuple(found)


def _weight_reasons(text: str) -> Iterator[Reason]:
    # A long text is rather a report than a request.
    yield from _weighed(text, 0, len(text), _EXTRA_LONG if len(text) > _LONG else 0.0)
    if len(text) > _LONG:
        for start, end in _parts(text):
            yield from _weighed(text, start, end, _EXTRA_PART)


def _weighed(text: str, start: int, end: int, extra: float) -> Iterator[Reason]:
    part = text[start:end]
    language = language_of(part)
    if sum(c.isalpha() for c in part) < _FEWEST_LETTERS[language]:
        return
    if len(part) <= LONGEST_ERRAND and ERRAND.fullmatch(part):
        return
    weights = _weights_of(part)
    if _PROTECTS.search(part):
        extra += _EXTRA_PROTECTS
    elif len(part) <= _LONGEST_WORK and WORK.search(part) and not DECEIT.search(part):
        extra += _EXTRA_WORK
    elif _tells_of_patient(part):
        extra += _EXTRA_TOLD
    for head in ("harm", "attack"):
        threshold = THRESHOLDS[head, language] + extra
        if weights[head] >= threshold:
            yield Reason(f"model.{head}", Span(start, end), round(weights[head], 4))


def _tells_of_patient(text: str) -> bool:
    """Whether a text says something of a patient, as a note does, and asks nothing of anybody."""
    if TOLD.match(text) is None or SPEAKS.search(text) or DECEIT.search(text):
        return False
    return not any(_REQUEST.search(text[start:end]) for start, end in sentences(text))


def _disguised_reasons(text: str) -> Iterator[Reason]:
    for disguise in disguises(text):
        plain, span = disguise.plain, Span(disguise.start, disguise.end)
        found = next(iter(_ATTACK.hits(plain)), None) or next(iter(_SCOPE.hits(plain)), None)
        if found is not None:
            yield Reason(f"disguise.{disguise.kind}.{found.rule}", span)
        elif find_instruction_like(plain):
            yield Reason(f"disguise.{disguise.kind}.instruction", span)
        else:
            for reason in _weighed(plain, 0, len(plain), 0.0):
                yield Reason(f"disguise.{disguise.kind}.{reason.rule}", span, reason.score)


def _reasons_of_turns(text: str, context: Sequence[str], audience: Audience) -> tuple[Reason, ...]:
    """An attack that is spread over messages, or carried on after it was refused."""
    earlier = [message for message in context if message][-_EARLIER:]
    refused = [bool(_user_reasons(message, audience)) for message in earlier]
    if _GO_ON.fullmatch(text):
        return (Reason("turns.carried_on"),) if refused and refused[-1] else ()
    for separator in (" ", ""):
        joined = separator.join([*earlier, text])[-_LONGEST_CONTEXT:]
        # Only what begins before this message and ends in it: what was refused when it came does
        # not make the rest of a conversation an attack.
        border = len(joined) - len(text)
        for hit in _ATTACK.hits(joined):
            if hit.start < border < hit.end:
                return (Reason(f"turns.{hit.rule}"),)
        for order in find_instruction_like(joined):
            if order.span.start < border < order.span.end:
                return (Reason("turns.instruction"),)
    return ()


def _document_reasons(text: str) -> Iterator[Reason]:
    places = sentences(text)
    for hit in find_instruction_like(text):
        yield Reason(f"instruction.{hit.kind.value}", _whole_sentences(places, hit.span))
    for match in _FENCED.finditer(text):
        yield Reason("document.code", Span(*match.span()))
    for number, (start, end) in enumerate(places):
        reason = _order(text[start:end])
        if reason is None:
            continue
        if number and text.count('"', start, end) % 2:
            # The sentence ends a quotation that began before it.
            start = places[number - 1][0]
        yield Reason(reason.rule, Span(start, end), reason.score)
    for disguise in disguises(text):
        # One that turns the whole text is looked for sentence by sentence.
        part = disguise.end - disguise.start < len(text) or len(places) == 1
        if part and _speaks_to_machine(disguise.plain):
            span = Span(disguise.start, disguise.end)
            yield Reason(f"disguise.{disguise.kind}.instruction", span)


def _speaks_to_machine(plain: str) -> bool:
    return bool(find_instruction_like(plain)) or any(True for _ in _DOCUMENT.hits(plain))


def _order(sentence: str) -> Reason | None:
    """Why a sentence of a document is an order to the machine; ``None`` when it is not."""
    found = next(iter(_DOCUMENT.hits(sentence)), None)
    if found is not None:
        return Reason(found.rule)
    asks = _REQUEST.search(sentence) is not None
    if asks and _OTHER_MATTER.search(sentence):
        return Reason("document.other_matter")
    if sum(c.isalpha() for c in sentence) < _FEWEST_LETTERS[language_of(sentence)]:
        return None
    weights = _weights_of(sentence)
    least = ORDER_ASKED if asks else ORDER_TOLD
    if asks and least <= weights["order"] < ORDER_OF_TREATMENT and _bids_medicine(sentence):
        least = ORDER_OF_TREATMENT
    if weights["order"] >= least or (asks and weights["attack"] >= ATTACK_ASKED):
        return Reason("model.order", score=round(weights["order"], 4))
    for disguise in disguises(sentence):
        if _speaks_to_machine(disguise.plain):
            return Reason(f"disguise.{disguise.kind}.instruction")
    return None


def _bids_medicine(sentence: str) -> bool:
    """Whether a sentence begins by bidding to do something with a medicine, as guidelines do."""
    words = _LATIN_WORD.findall(sentence.lower())[1:_NEAR_VERB]
    return any(word in _medicine_words() for word in words)


@cache
def _medicine_words() -> frozenset[str]:
    # Loaded by the first sentence in doubt: nothing else here needs the table.
    from suwen.clinical.drugs import drugs

    names = (name.lower() for drug in drugs().values() for name in drug.names)
    return frozenset(name for name in names if _LATIN_WORD.fullmatch(name))


def _whole_sentences(places: Sequence[tuple[int, int]], span: Span) -> Span:
    """A stretch, and what is left of the sentences that it begins and ends in."""
    start = min((a for a, b in places if a < span.end and b > span.start), default=span.start)
    end = max((b for a, b in places if a < span.end and b > span.start), default=span.end)
    return Span(min(start, span.start), max(end, span.end))


def language_of(text: str) -> str:
    """``zh`` where at least a sixth of the first thousand characters are Chinese, else ``en``."""
    head = text[:1000]
    return "zh" if len(_HAN.findall(head)) * 6 >= max(1, len(head)) else "en"


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """Parts of about ``_PART`` characters that end where sentences end."""
    start, last = 0, 0
    for _, end in sentences(text):
        if end - start > _PART and last > start:
            yield start, last
            start = last
        last = end
    if last > start:
        yield start, last
