"""Facts out of running text: notes, passages, and the turns of a dialogue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from suwen.clinical.conditions import concepts
from suwen.control.guardrails.grounding.advised import conditions_affirmed, held_advice
from suwen.control.guardrails.grounding.carried_subject import carried_subjects
from suwen.control.guardrails.grounding.facts import (
    Fact,
    FactDay,
    FactTerm,
    FactValue,
)
from suwen.control.guardrails.grounding.polar_clauses import polar_clauses
from suwen.control.guardrails.grounding.reading import Reading, read_text
from suwen.control.guardrails.grounding.vocabulary import Term, TermKind
from suwen.core.finding import EvidenceKind
from suwen.core.grounding import EvidencePassage
from suwen.language.statements import find_statements
from suwen.language.terms import TermSpotter
from suwen.language.width import normalise_newlines

_SITE_REACH = 60


def text_facts(
    text: str, reference: str, kind: EvidenceKind, spotter: TermSpotter[Term], path: str = ""
) -> list[Fact]:
    """One fact for each sentence of a note or passage."""
    clean = normalise_newlines(text)
    readings = [read_text(clean[s.start : s.end], spotter) for s in find_statements(clean)]
    if kind is EvidenceKind.PASSAGE:
        readings = [conditions_affirmed(reading) for reading in readings]
    return [
        fact_of_reading(reading, reference, kind, path=path, position=n)
        for n, reading in enumerate(readings)
    ]


def passage_facts(passages: Iterable[EvidencePassage], spotter: TermSpotter[Term]) -> list[Fact]:
    """The facts of all passages; the reference is the passage's id."""
    return [fact for passage in passages for fact in _passage_facts(passage, spotter)]


def _passage_facts(passage: EvidencePassage, spotter: TermSpotter[Term]) -> list[Fact]:
    """The facts of one passage; a sentence that names no medicine may be under one."""
    facts = text_facts(passage.text, passage.id, EvidenceKind.PASSAGE, spotter)
    return [
        replace(
            fact,
            subject=subject,
            advice=tuple(
                held if held.drugs else replace(held, drugs=frozenset((subject,)))
                for held in fact.advice
            ),
        )
        if subject
        else fact
        for fact, subject in zip(facts, carried_subjects(passage.text, spotter), strict=True)
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
        clauses=() if kind is EvidenceKind.RECORD else polar_clauses(reading),
        advice=held_advice(reading) if kind is EvidenceKind.PASSAGE else (),
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
