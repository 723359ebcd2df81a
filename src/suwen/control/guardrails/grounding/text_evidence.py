"""Facts out of running text: notes, passages, and the turns of a dialogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from suwen.control.guardrails.grounding.facts import Fact, FactDay, FactTerm, FactValue
from suwen.control.guardrails.grounding.reading import Reading, read_text
from suwen.control.guardrails.grounding.vocabulary import Term, TermKind
from suwen.core.finding import EvidenceKind
from suwen.core.grounding import DialogueTurn, EvidencePassage
from suwen.language.negation import Assertion
from suwen.language.statements import find_statements
from suwen.language.terms import TermSpotter
from suwen.language.width import normalise_newlines

_YES = re.compile(
    r"^\W*(?:(?:um|uh|well|oh|so|and|but|hmm|mm|okay|ok)\W+)*(?:yes|yeah|yep|yup|yea|correct|right|exactly|"
    r"sure|absolutely|definitely|i do|i have|i am|it does|it is|i did|mm-?hmm|uh-?huh|sometimes|a little|a bit|"
    r"some|occasionally|kind of|sort of|i think so|unfortunately|是|有|对|嗯|会)"
)
_NO = re.compile(
    r"^\W*(?:(?:um|uh|well|oh|so|and|but|hmm|mm|okay|ok|doctor|sir|actually)\W+)*(?:no|nope|nah|not|never|none|"
    r"nothing|negative|i don't|i do n't|i haven't|i have n't|i didn't|i did n't|i'm not|don't think|"
    r"i deny|neither|没有|没|无|不|否)"
)
_QUESTION = re.compile(
    r"\?|？|吗|\b(?:any|do you|did you|have you|are you|is there|does it|does he|does she|has he|has she|was there|were you|is it|how about|what about)\b"
)
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
        terms=tuple(
            FactTerm(use.term, use.assertion, use.relation, use.sides) for use in reading.terms
        ),
        values=tuple(_values(reading)),
        days=tuple(_days(reading)),
        sides=frozenset(s.side for s in reading.sides),
        relations=frozenset(p.relation for p in reading.persons),
        rates=tuple(f.per_day for f in reading.frequencies if f.per_day is not None),
        times=frozenset((t.hour, t.minute) for t in reading.times),
        words=reading.words,
        denied_words=reading.denied_words,
        affirmed_words=reading.affirmed_words,
        text=reading.folded,
        position=position,
    )


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
    asked: list[Fact] = []
    position = 0
    for turn in turns:
        clean = normalise_newlines(turn.text)
        spans = find_statements(clean) or ()
        said: list[Fact] = []
        for span in spans:
            reading = read_text(clean[span.start : span.end], spotter)
            fact = fact_of_reading(
                reading, str(turn.number), EvidenceKind.DIALOGUE, position=position
            )
            if _QUESTION.search(reading.folded) and turn.speaker != "patient":
                fact = replace(fact, terms=tuple(_open(t) for t in fact.terms))
            said.append(fact)
            position += 1
        if asked and said:
            said = _answered(asked, said)
        facts.extend(said)
        if not _is_filler(clean):
            asked = [f for f in said[-3:] if f.terms] or (asked if len(clean) < 40 else [])
        position += 1
    return facts


def _is_filler(text: str) -> bool:
    return len(text) < 24 and bool(_FILLER.match(text.lower()))


def _open(term: FactTerm) -> FactTerm:
    """A term inside a question: only what is denied in the question itself stays said."""
    return replace(term, assertion=None)


def _answered(asked: list[Fact], said: list[Fact]) -> list[Fact]:
    """The answer's facts, with what a yes or no says about the question's terms."""
    first = said[0]
    answer: Assertion | None = None
    if _NO.match(first.text):
        answer = Assertion.NEGATED
    elif _YES.match(first.text):
        answer = Assertion.AFFIRMED
    borrowed: list[FactTerm] = []
    if answer is not None:
        named = {t.term.key for f in said for t in f.terms if t.assertion is not answer}
        borrowed = [
            replace(t, assertion=answer)
            for fact in asked
            for t in fact.terms
            if t.assertion is None and t.term.key not in named
        ]
    owner = _asked_owner(asked)
    values = tuple(
        replace(v, owner=owner) if v.owner is None and owner else v for v in first.values
    )
    return [replace(first, terms=(*first.terms, *borrowed), values=values), *said[1:]]


def _asked_owner(asked: list[Fact]) -> str | None:
    for fact in reversed(asked):
        for term in reversed(fact.terms):
            if term.term.kind in (TermKind.ANALYTE, TermKind.DRUG):
                return term.term.key
    return None
