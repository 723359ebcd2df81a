"""Facts out of running text: notes, passages, and the turns of a dialogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from suwen.clinical.conditions import concepts
from suwen.control.guardrails.grounding.facts import Fact, FactDay, FactTerm, FactValue
from suwen.control.guardrails.grounding.reading import Reading, read_text
from suwen.control.guardrails.grounding.vocabulary import Term, TermKind
from suwen.core.finding import EvidenceKind
from suwen.core.grounding import DialogueTurn, EvidencePassage
from suwen.language.negation import Assertion
from suwen.language.statements import find_statements
from suwen.language.terms import TermSpotter
from suwen.language.width import normalise_newlines

_LEAD_IN = r"^\W*(?:(?:um|uh|well|oh|so|and|but|hmm|mm|okay|ok|doctor|sir|actually)\W+)*(?:"
_YES = re.compile(
    _LEAD_IN
    + r"(?:yes|yeah|yep|yup|yea|correct|right|exactly|sure|absolutely|definitely|i do|i have|"
    r"i am|it does|it is|i did|mm-?hmm|uh-?huh|sometimes|a little|a bit|some|occasionally|"
    r"kind of|sort of|i think so|unfortunately)(?![a-z'])(?! n't)|是|有|对|嗯|会)"
)
_NO = re.compile(
    _LEAD_IN
    + r"(?:no|nope|nah|not|never|none|nothing|negative|i don't|i do n't|i haven't|i have n't|"
    r"i didn't|i did n't|i'm not|don't think|i deny|neither)(?![a-z'])|没有|没|无|不|否)"
)
_NO_AT_LAST = re.compile(r"(?a)\bno\W*$")
_QUESTION = re.compile(
    r"(?a)\?|？|吗|\b(?:any|do you|did you|have you|are you|is there|does it|does he|does she|"
    r"has he|has she|was there|were you|is it|how about|what about)\b"
)
_LONGEST_LIST = 100
_QUESTION_BEGINS = re.compile(
    r"(?a)\b(?:(?:and|so|okay|but|now)\s+)?(?:do\s+you|did\s+you|have\s+you|are\s+you|were\s+you|does\s+(?:it|he|she|that|this)|"
    r"has\s+(?:it|he|she)|how\s+(?:about|much|many|long|often|is|are)|what\s+(?:about|is|are|was)|is\s+(?:there|it|that)|"
    r"any\b|can\s+you|when\s+did|where\s+|which\s+)"
)
_SITE_REACH = 60
_LONG_SENTENCE, _APART = 60, 24
_FILLER = re.compile(
    r"^\W*(?:okay|ok|alright|all right|i see|got it|sure|great|good|yeah|mm-?hmm|right)?\W*$"
)


def text_facts(
    text: str, reference: str, kind: EvidenceKind, spotter: TermSpotter[Term], path: str = ""
) -> list[Fact]:
    """One fact for each sentence of a note or passage."""
    clean = normalise_newlines(text)
    return [
        fact_of_reading(
            read_text(clean[span.start : span.end], spotter), reference, kind, path=path, position=n
        )
        for n, span in enumerate(find_statements(clean))
    ]


def passage_facts(passages: Iterable[EvidencePassage], spotter: TermSpotter[Term]) -> list[Fact]:
    """The facts of all passages; the reference is the passage's id."""
    return [
        fact
        for passage in passages
        for fact in text_facts(passage.text, passage.id, EvidenceKind.PASSAGE, spotter)
    ]


def fact_of_reading(
    reading: Reading, reference: str, kind: EvidenceKind, path: str = "", position: int = 0
) -> Fact:
    """What one sentence says, as evidence."""
    return Fact(
        reference=reference,
        kind=kind,
        category="text",
        quote=reading.text,
        path=path,
        terms=(
            *(FactTerm(use.term, use.assertion, use.relation, use.sides) for use in reading.terms),
            *_pains(reading),
        ),
        values=tuple(_values(reading)),
        days=tuple(_days(reading)),
        sides=frozenset(s.side for s in reading.sides),
        relations=frozenset(p.relation for p in reading.persons),
        rates=tuple(f.per_day for f in reading.frequencies if f.per_day is not None),
        times=frozenset((t.hour, t.minute) for t in reading.times),
        qualities=reading.qualities,
        words=reading.words,
        denied_words=reading.denied_words,
        affirmed_words=reading.affirmed_words,
        text=reading.folded,
        position=position,
    )


def _pains(reading: Reading) -> Iterable[FactTerm]:
    """Pain of a site, where pain and site stand apart ("my right knee is hurting")."""
    sites = {use.term.key: use for use in reading.terms if use.term.kind is TermKind.SITE}
    for use in reading.terms:
        if use.term.key != "pain":
            continue
        for site, at in sites.items():
            concept = concepts().get(f"{site} pain")
            if concept is not None and abs(at.start - use.start) <= _SITE_REACH:
                term = Term(TermKind.FINDING, concept.name, concept.broader)
                yield FactTerm(term, use.assertion, use.relation, at.sides)


def _values(reading: Reading) -> Iterable[FactValue]:
    for use in reading.values:
        quantity = use.quantity
        for number in quantity.numbers:
            yield FactValue(
                values=number.values,
                unit=quantity.unit,
                owner=use.owner.key if use.owner else None,
                quote=reading.text[quantity.start : quantity.end],
                limit=use.reference,
                comparator=quantity.comparator,
            )
    for frequency in reading.frequencies:
        if frequency.per_day is not None and frequency.per_day.denominator == 1:
            quote = reading.text[frequency.start : frequency.end]
            yield FactValue((Decimal(frequency.per_day.numerator),), None, None, quote)


def _days(reading: Reading) -> Iterable[FactDay]:
    for mention in reading.dates:
        if mention.year and mention.month:
            yield FactDay(
                day=date(mention.year, mention.month, mention.day or 1),
                precision="day" if mention.day else "month",
                role="text",
                path="",
                text=reading.text[mention.start : mention.end],
            )


def dialogue_facts(turns: Sequence[DialogueTurn], spotter: TermSpotter[Term]) -> list[Fact]:
    """Facts of a conversation, one for each sentence of a turn.

    What a question asks about is neither said nor denied until the answer says it: a plain yes
    or no in the next turn answers every term of the question. A number in an answer belongs to
    what the question named when the answer names nothing itself.
    """
    facts: list[Fact] = []
    asked: list[int] = []
    position = 0
    for turn in turns:
        said = _said(turn, position, spotter)
        position += len(said) + 1
        if asked and said:
            before, said = _answered([facts[n] for n in asked], said)
            for number, fact in zip(asked, before, strict=True):
                facts[number] = fact
        begin = len(facts)
        facts.extend(said)
        if not _is_filler(turn.text):
            last = range(begin, len(facts))[-1:]
            asked = [n for n in last if _may_be_answered(facts[n], turn.speaker)]
    return facts


def _said(turn: DialogueTurn, position: int, spotter: TermSpotter[Term]) -> list[Fact]:
    """The sentences of one turn; what a question names stays open."""
    clean = normalise_newlines(turn.text)
    said: list[Fact] = []
    for span in find_statements(clean):
        sentence = clean[span.start : span.end]
        parts = [sentence] if turn.speaker == "patient" else _questions_apart(sentence)
        for part in parts:
            reading = read_text(part, spotter)
            number = position + len(said)
            fact = fact_of_reading(
                reading, str(turn.number), EvidenceKind.DIALOGUE, position=number
            )
            if turn.speaker != "patient" and _QUESTION.search(reading.folded):
                fact = replace(fact, terms=tuple(_open(t) for t in fact.terms))
            said.append(fact)
    return said


def _questions_apart(sentence: str) -> list[str]:
    """A transcript without full stops, cut where a question begins."""
    if len(sentence) < _LONG_SENTENCE:
        return [sentence]
    cuts = [0]
    for match in _QUESTION_BEGINS.finditer(sentence.lower()):
        if match.start() - cuts[-1] > _APART:
            cuts.append(match.start())
    return [sentence[a:b] for a, b in pairwise([*cuts, len(sentence)])]


def _may_be_answered(fact: Fact, speaker: str) -> bool:
    """Whether a yes or no that follows speaks of this: a question, or a short list read out."""
    if not fact.terms:
        return False
    if _QUESTION.search(fact.text):
        return True
    return speaker != "patient" and len(fact.text) <= _LONGEST_LIST


def _is_filler(text: str) -> bool:
    return len(text) < 24 and bool(_FILLER.match(text.lower()))


def _open(term: FactTerm) -> FactTerm:
    """A term inside a question is neither said nor denied."""
    return replace(term, assertion=None)


def _answered(asked: list[Fact], said: list[Fact]) -> tuple[list[Fact], list[Fact]]:
    """What was asked and what was answered, each with what a yes or no decides.

    A plain "no" denies what the question names, and a list of symptoms that somebody reads out
    and that is answered with "no" is a question too, whatever its form.
    """
    first = said[0]
    owner = _asked_owner(asked)
    values = tuple(
        replace(v, owner=owner) if v.owner is None and owner else v for v in first.values
    )
    answer: Assertion | None = None
    if _NO.match(first.text) or _NO_AT_LAST.search(said[-1].text):
        answer = Assertion.NEGATED
    elif _YES.match(first.text):
        answer = Assertion.AFFIRMED
    if answer is None:
        return asked, [replace(first, values=values), *said[1:]]
    named = {t.term.key for f in said for t in f.terms if t.assertion is not answer}
    borrowed = tuple(
        replace(t, assertion=answer)
        for fact in asked
        for t in fact.terms
        if t.assertion is not Assertion.NEGATED and t.term.key not in named
    )
    if answer is Assertion.NEGATED:
        asked = [_denied(fact) for fact in asked]
    first = replace(first, terms=(*first.terms, *borrowed), values=values)
    return asked, [first, *said[1:]]


def _denied(fact: Fact) -> Fact:
    """A question that was answered with "no": its terms are open, its words are denied."""
    return replace(
        fact,
        terms=tuple(_open(t) for t in fact.terms),
        denied_words=fact.denied_words | fact.affirmed_words,
        affirmed_words=frozenset(),
    )


def _asked_owner(asked: list[Fact]) -> str | None:
    for fact in reversed(asked):
        for term in reversed(fact.terms):
            if term.term.kind in (TermKind.ANALYTE, TermKind.DRUG):
                return term.term.key
    return None
