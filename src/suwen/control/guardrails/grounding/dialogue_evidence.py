"""Facts out of a conversation: what was said, what was asked, and what an answer decides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from suwen.control.guardrails.grounding.facts import Fact, FactTerm
from suwen.control.guardrails.grounding.reading import read_text
from suwen.control.guardrails.grounding.text_evidence import fact_of_reading
from suwen.control.guardrails.grounding.vocabulary import Term, TermKind
from suwen.core.finding import EvidenceKind
from suwen.core.grounding import DialogueTurn
from suwen.language.negation import Assertion
from suwen.language.statements import find_statements
from suwen.language.terms import TermSpotter
from suwen.language.width import normalise_newlines

_LEAD_IN = r"^\W*(?:(?:um|uh|well|oh|so|and|but|hmm|mm|okay|ok|doctor|sir|actually)\W+)*(?:"
_YES = re.compile(
    _LEAD_IN
    + r"(?:yes|yeah|yep|yup|yea|correct|right|exactly|sure|absolutely|definitely|i do|i have|"
    r"i am|it does|it is|i did|mm-?hmm|uh-?huh|sometimes|a little|a bit|some|occasionally|"
    r"kind of|sort of|i think so|unfortunately|that(?:'s| is| sounds) (?:right|correct|true)|"
    r"of course|certainly|true)(?![a-z'])(?! n't)|是|有|对|嗯|会)"
)
_SUBJECT = r"(?:i|it|that|he|she|they|we|there)"
_NO = re.compile(
    _LEAD_IN + r"(?:no|nope|nah|not|never|none|nothing|negative|don't think|i deny|neither|"
    rf"{_SUBJECT}(?:'s|'m|'ve| am| is| was| has| have)? (?:really )?(?:not|never)|"
    rf"{_SUBJECT} (?:really |just )?(?:do|does|did|have|has|had|is|was) ?n't)(?![a-z'])"
    r"(?! (?:know|remember|recall|sure))|没有|没|无|不|否)"
)
_NO_AT_LAST = re.compile(r"(?a)\bno\W*$")
_QUESTION = re.compile(
    r"(?a)\?|？|吗|\b(?:any|do you|did you|have you|are you|is there|does it|does he|does she|"
    r"has he|has she|was there|were you|is it|how about|what about)\b"
)
# "How long have you been coughing" takes the cough for granted.
_TAKEN_FOR_GRANTED = re.compile(
    r"(?a)\b(?:how\s+(?:long|often|many|much|bad|severe)|when\s+did|since\s+when|what\s+kind|where)\b"
)
# "I don't see any bruising" asks nothing.
_DENIAL_BEFORE = re.compile(
    r"(?a)(?:\bno\b|\bnot\b|n't\b|\bwithout\b|\bdeny|\bdenies\b)[^?.,;]{0,40}$"
)
_LONGEST_LIST = 100
_MOST_QUESTIONS = 4
_QUESTION_BEGINS = re.compile(
    r"(?a)\b(?:(?:and|so|okay|but|now)\s+)?(?:do\s+you|did\s+you|have\s+you|are\s+you|were\s+you|does\s+(?:it|he|she|that|this)|"
    r"has\s+(?:it|he|she)|how\s+(?:about|much|many|long|often|is|are)|what\s+(?:about|is|are|was)|is\s+(?:there|it|that)|"
    r"any\b|can\s+you|when\s+did|where\s+|which\s+)"
)
_LONG_SENTENCE, _APART = 60, 24
_FILLER = re.compile(
    r"^\W*(?:okay|ok|alright|all right|i see|got it|sure|great|good|yeah|mm-?hmm|right)?\W*$"
)


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence of a turn.

    Attributes:
        fact: as evidence, where what is only asked stays open.
        as_read: with its words taken at face value, for the answer to decide.
    """

    fact: Fact
    as_read: Fact


def dialogue_facts(turns: Sequence[DialogueTurn], spotter: TermSpotter[Term]) -> list[Fact]:
    """Facts of a conversation, one for each sentence of a turn.

    What a question asks about is neither said nor denied until the answer says it: a plain no
    in the next turn denies everything that was asked at the end of the turn before, a plain yes
    affirms the last of it. A number in an answer belongs to what the question named when the
    answer names nothing itself.
    """
    facts: list[Fact] = []
    asked: list[tuple[int, _Said]] = []
    position = 0
    for turn in turns:
        said = _sentences(turn, position, spotter)
        position += len(said) + 1
        spoken = [s.fact for s in said]
        if asked and said:
            spoken = _answered(asked, spoken, facts)
        begin = len(facts)
        facts.extend(spoken)
        if not _is_filler(turn.text):
            asked = _asked_at_last(said, turn.speaker, begin)
    return facts


def _asked_at_last(said: Sequence[_Said], speaker: str, begin: int) -> list[tuple[int, _Said]]:
    """The questions, or the short list, with which a turn ends."""
    asked: list[tuple[int, _Said]] = []
    for number in range(len(said) - 1, -1, -1):
        sentence = said[number]
        is_question = _asks(sentence.fact.text)
        read_out = (
            not asked
            and speaker != "patient"
            and bool(sentence.fact.terms)
            and len(sentence.fact.text) <= _LONGEST_LIST
        )
        if len(asked) == _MOST_QUESTIONS or not (is_question or read_out):
            break
        asked.insert(0, (begin + number, sentence))
    return asked


def _sentences(turn: DialogueTurn, position: int, spotter: TermSpotter[Term]) -> list[_Said]:
    """The sentences of one turn; what a question or a condition names stays open."""
    clean = normalise_newlines(turn.text)
    said: list[_Said] = []
    for span in find_statements(clean):
        sentence = clean[span.start : span.end]
        parts = [sentence] if turn.speaker == "patient" else _questions_apart(sentence)
        for part in parts:
            read = fact_of_reading(
                read_text(part, spotter),
                str(turn.number),
                EvidenceKind.DIALOGUE,
                position=position + len(said),
            )
            is_question = (
                turn.speaker != "patient"
                and _asks(read.text)
                and not _TAKEN_FOR_GRANTED.search(read.text)
            )
            said.append(_Said(_opened(read) if is_question else read, read))
    return said


def _asks(text: str) -> bool:
    return any(
        m.group() != "any" or not _DENIAL_BEFORE.search(text, 0, m.start())
        for m in _QUESTION.finditer(text)
    )


def _questions_apart(sentence: str) -> list[str]:
    """A transcript without full stops, cut where a question begins."""
    if len(sentence) < _LONG_SENTENCE:
        return [sentence]
    cuts, lowered = [0], sentence.lower()
    for match in _QUESTION_BEGINS.finditer(lowered):
        denied = match.group().endswith("any") and _DENIAL_BEFORE.search(lowered, 0, match.start())
        if match.start() - cuts[-1] > _APART and not denied:
            cuts.append(match.start())
    return [sentence[a:b] for a, b in pairwise([*cuts, len(sentence)])]


def _is_filler(text: str) -> bool:
    return len(text) < 24 and bool(_FILLER.match(text.lower()))


def _opened(fact: Fact) -> Fact:
    """A question: what it names is neither said nor denied; "no bruising" without a question
    mark is a finding read out."""
    asked_plainly = "?" in fact.text or "？" in fact.text
    return replace(
        fact,
        terms=tuple(
            t if t.assertion is Assertion.NEGATED and not asked_plainly else _open(t)
            for t in fact.terms
        ),
        affirmed_words=frozenset(),
        denied_words=frozenset() if asked_plainly else fact.denied_words,
        clauses=tuple(
            replace(c, affirmed=frozenset(), denied=frozenset() if asked_plainly else c.denied)
            for c in fact.clauses
        ),
    )


def _open(term: FactTerm) -> FactTerm:
    return replace(term, assertion=None)


def _answered(
    asked: Sequence[tuple[int, _Said]], spoken: list[Fact], facts: list[Fact]
) -> list[Fact]:
    """The answer with what it decides; the questions among ``facts`` are decided too."""
    first = spoken[0]
    owner = _asked_owner([s.as_read for _, s in asked])
    values = tuple(
        replace(v, owner=owner) if v.owner is None and owner else v for v in first.values
    )
    answer: Assertion | None = None
    if _NO.match(first.text) or _NO_AT_LAST.search(spoken[-1].text):
        answer = Assertion.NEGATED
    elif _YES.match(first.text):
        answer = Assertion.AFFIRMED
    if answer is None:
        return [replace(first, values=values), *spoken[1:]]
    decided = asked if answer is Assertion.NEGATED else asked[-1:]
    named = {t.term.key for f in spoken for t in f.terms if t.assertion is not answer}
    borrowed = tuple(
        replace(t, assertion=answer)
        for _, sentence in decided
        for t in sentence.as_read.terms
        if t.assertion is not Assertion.NEGATED and t.term.key not in named
    )
    for number, sentence in decided:
        facts[number] = _decided(sentence, answer)
    return [replace(first, terms=(*first.terms, *borrowed), values=values), *spoken[1:]]


def _decided(sentence: _Said, answer: Assertion) -> Fact:
    """A question as its answer leaves it: its terms are the answer's, its words are decided."""
    read = sentence.as_read
    fact = replace(read, terms=tuple(_open(t) for t in read.terms))
    if answer is Assertion.AFFIRMED:
        return fact
    return replace(
        fact,
        denied_words=read.denied_words | read.affirmed_words,
        affirmed_words=frozenset(),
        clauses=tuple(
            replace(c, affirmed=frozenset(), denied=c.denied | c.affirmed) for c in read.clauses
        ),
    )


def _asked_owner(asked: Sequence[Fact]) -> str | None:
    for fact in reversed(asked):
        for term in reversed(fact.terms):
            if term.term.kind in (TermKind.ANALYTE, TermKind.DRUG):
                return term.term.key
    return None
