"""Everything that statements may rest on, indexed once."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from suwen.clinical.laboratory.book import LaboratoryBook
from suwen.control.guardrails.grounding.dialogue_evidence import dialogue_facts
from suwen.control.guardrails.grounding.facts import Fact, FactDay, FactTerm, FactValue
from suwen.control.guardrails.grounding.reading import read_text
from suwen.control.guardrails.grounding.record_evidence import record_facts, recorded_names
from suwen.control.guardrails.grounding.text_evidence import (
    fact_of_reading,
    passage_facts,
)
from suwen.control.guardrails.grounding.vocabulary import (
    Term,
    general_spotter,
    spotter_with,
)
from suwen.core.grounding import EvidenceBase
from suwen.core.record import PatientRecord
from suwen.language.terms import TermSpotter


class EvidenceIndex:
    """Facts of one evidence base, found by term, number, day and word."""

    def __init__(self, base: EvidenceBase, laboratory: LaboratoryBook) -> None:
        self.laboratory = laboratory
        self.record: PatientRecord | None = base.record
        self.spotter: TermSpotter[Term] = (
            spotter_with(recorded_names(base.record)) if base.record else general_spotter()
        )
        self.has_guest = any(turn.speaker == "other" for turn in base.dialogue)
        self.facts: list[Fact] = _all_facts(base, self.spotter)
        self._by_term: dict[str, list[tuple[Fact, FactTerm]]] = defaultdict(list)
        self._values: dict[str, list[tuple[Fact, FactValue]]] = defaultdict(list)
        self._numbers: dict[Decimal, list[tuple[Fact, FactValue]]] = defaultdict(list)
        self._by_word: dict[str, list[Fact]] = defaultdict(list)
        self._relations: dict[str, list[Fact]] = defaultdict(list)
        self._denied: set[str] = set()
        self._affirmed: set[str] = set()
        self.days: list[tuple[Fact, FactDay]] = []
        self.times: set[tuple[int, int]] = set()
        self.advising = [fact for fact in self.facts if fact.advice]
        self._under: dict[str, list[Fact]] = defaultdict(list)
        for fact in self.facts:
            self._add(fact)
        self._pool: str | None = None

    def _add(self, fact: Fact) -> None:
        for relation in {*fact.relations, *(t.relation for t in fact.terms if t.relation)}:
            self._relations[relation].append(fact)
        for held in fact.terms:
            for key in (held.term.key, *held.term.broader):
                self._by_term[key].append((fact, held))
        for value in fact.values:
            if value.owner is not None:
                self._values[value.owner].append((fact, value))
            for number in value.values:
                self._numbers[number].append((fact, value))
        self.days.extend((fact, day) for day in fact.days)
        self.times |= fact.times
        if fact.subject is not None:
            self._under[fact.subject].append(fact)
        self._denied |= fact.denied_words
        self._affirmed |= fact.affirmed_words
        for word in fact.words:
            self._by_word[word].append(fact)

    @property
    def has_record(self) -> bool:
        """Whether a patient's record is part of the evidence."""
        return self.record is not None

    @property
    def pool(self) -> str:
        """All evidence as one folded text, for wordings and identifiers."""
        if self._pool is None:
            self._pool = " \n ".join(fact.text for fact in self.facts)
        return self._pool

    def of_term(self, key: str) -> Sequence[tuple[Fact, FactTerm]]:
        """Facts that name a term or a narrower one."""
        return self._by_term.get(key, ())

    def under(self, key: str) -> Sequence[Fact]:
        """Sentences of passages that speak of a medicine without naming any."""
        return self._under.get(key, ())

    def of_owner(self, key: str) -> Sequence[tuple[Fact, FactValue]]:
        """Values measured of an analyte or given of a drug."""
        return self._values.get(key, ())

    def of_number(self, number: Decimal) -> Sequence[tuple[Fact, FactValue]]:
        """Every place where exactly this number stands."""
        return self._numbers.get(number, ())

    def of_word(self, word: str) -> Sequence[Fact]:
        """Facts that contain a content word."""
        return self._by_word.get(word, ())

    def knows_word(self, word: str) -> bool:
        """Whether any evidence contains a content word."""
        return word in self._by_word

    def weight(self, word: str) -> float:
        """How telling a word is: the rarer among the facts, the more."""
        return math.log(1 + len(self.facts) / max(1, len(self.of_word(word))))

    def of_relation(self, relation: str) -> Sequence[Fact]:
        """Facts that tell something of a relative."""
        return self._relations.get(relation, ())

    def is_only_denied(self, word: str) -> bool:
        """Whether all evidence that has the word denies it."""
        return word in self._denied and word not in self._affirmed

    def is_only_affirmed(self, word: str) -> bool:
        """Whether all evidence that has the word affirms it."""
        return word in self._affirmed and word not in self._denied

    def with_day(self, day: date) -> Iterable[tuple[Fact, FactDay]]:
        """Facts that carry a calendar day."""
        return ((f, d) for f, d in self.days if d.day == day)

    def best_match(self, words: Iterable[str]) -> tuple[Fact | None, int]:
        """The fact that shares most of these words, and how many it shares."""
        shared: dict[int, int] = defaultdict(int)
        facts: dict[int, Fact] = {}
        for word in words:
            holders = self._by_word.get(word, ())
            if len(holders) > 400:
                continue
            for fact in holders:
                shared[id(fact)] += 1
                facts[id(fact)] = fact
        if not shared:
            return None, 0
        best = max(shared, key=lambda k: shared[k])
        return facts[best], shared[best]


def _all_facts(base: EvidenceBase, spotter: TermSpotter[Term]) -> list[Fact]:
    facts: list[Fact] = []
    if base.record is not None:
        facts.extend(record_facts(base.record, spotter))
    facts.extend(dialogue_facts(base.dialogue, spotter))
    facts.extend(passage_facts(base.passages, spotter))
    for calculation in base.calculations:
        words = calculation.reference.replace("_", " ")
        reading = read_text(f"{words} {calculation.quote}", spotter)
        facts.append(fact_of_reading(reading, calculation.reference, calculation.kind))
    return facts
