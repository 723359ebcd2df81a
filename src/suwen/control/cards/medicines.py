"""Which medicines and classes a wording names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from suwen.clinical.allergy_classes import (
    Agent,
    allergy_classes,
    classes_of,
    classes_of_medicine,
    salts,
    wordings_of,
)
from suwen.clinical.allergy_conflicts import AllergyGrades
from suwen.clinical.medicines.medicine import products_of
from suwen.clinical.prescription_review.rulebook import RuleBook
from suwen.control.cards.wording import codings_of, words_of
from suwen.core.record import Coded, MedicationItem, Resource
from suwen.language.terms import TermSpotter
from suwen.language.width import fold

REMEMBERED = 8192
"""Wordings of which the reading is kept; a hospital orders the same few thousand again."""

# Behind the Chinese name of a class these go on speaking of the class; anything else makes it the
# first part of a member's name.
_STILL_THE_CLASS = frozenset("类族过抗药等和及与或的均皆皮")
_CARRIERS = frozenset({"sodium chloride", "glucose", "glucose and sodium chloride"})
_ATC = "atc"
_LONGEST_REMEMBERED = 300


class MedicineReader:
    """Reads wordings by the medicines of one book of rules: shipped ones and the hospital's own.

    Attributes:
        grades: what allergies mean for orders by the same book.
    """

    def __init__(self, book: RuleBook) -> None:
        self.grades = AllergyGrades(book.live("allergies"), book.medicines)
        self._classes = {m.id: classes_of_medicine(m) for m in book.medicines.values()}
        wordings = wordings_of(book.medicines, products_of(book.rows("products")))
        pairs = [(wording, ("substance", name)) for wording, name in wordings]
        pairs += [
            (word, ("class", known.id))
            for known in allergy_classes().values()
            for word in known.words
        ]
        self._spotter = TermSpotter(pairs)
        self._remembered = lru_cache(REMEMBERED)(self._read)

    def agents_in(self, text: str, atc: frozenset[str] = frozenset()) -> tuple[Agent, ...]:
        """Medicines and classes that a wording names, each once, in order of their place.

        Args:
            text: a name as recorded, in any width or case.
            atc: ATC codes that stand beside it.
        """
        # Nobody's name is as long as that, and it would fill the memory.
        short = len(text) <= _LONGEST_REMEMBERED
        return self._remembered(text, atc) if short else self._read(text, atc)

    def agents_of(self, concept: object, fallback: Coded | None = None) -> tuple[Agent, ...]:
        """Medicines and classes that a CodeableConcept names by words or ATC code."""
        text = words_of(concept) or (fallback.text if fallback is not None else "")
        codes = codings_of(concept)
        atc = frozenset(code for system, code in codes if _ATC in system.lower())
        return self.agents_in(text, atc)

    def agents_of_medicine(self, item: MedicationItem) -> tuple[Agent, ...]:
        """Medicines and classes of an order or statement: of what it is called and of every
        component of a compounded one."""
        found = dict.fromkeys(self.agents_of(medicine_concept(item.resource), item.medication))
        for part in item.ingredients:
            named = part.medication
            codes = {named.code} if named.code and _ATC in (named.system or "").lower() else set()
            found |= dict.fromkeys(self.agents_in(named.text, frozenset(codes)))
        return tuple(found)

    def _read(self, text: str, atc: frozenset[str]) -> tuple[Agent, ...]:
        folded = fold(text)
        found: dict[Agent, None] = {}
        of_class: list[tuple[int, int]] = []
        for mention in self._spotter.find(folded):
            if any(kind == "class" for kind, _ in mention.meanings):
                of_class.append((mention.start, mention.end))
            for kind, name in mention.meanings:
                if kind == "class":
                    found[_class_named(name, folded, mention.end)] = None
                elif name not in salts() or not _follows_a_name(folded, mention.start):
                    found[Agent(name, self._classes.get(name) or classes_of(name))] = None
        found |= dict.fromkeys(_by_stem(folded, tuple(found), of_class))
        for known in allergy_classes().values():
            if known.atc and any(code.startswith(known.atc) for code in atc):
                found[Agent(None, frozenset({known.id}))] = None
        return tuple(found)


@lru_cache(2)
def reader_of(book: RuleBook) -> MedicineReader:
    """The reader of a book; the one before is kept as well, for whoever still works by it."""
    return MedicineReader(book)


def _class_named(name: str, folded: str, end: int) -> Agent:
    whole = _names_the_class(folded, end)
    return Agent(None, frozenset({name}), frozenset({name}) if whole else frozenset())


def _by_stem(
    folded: str, found: Sequence[Agent], of_class: Sequence[tuple[int, int]]
) -> Iterator[Agent]:
    """Classes of names that no table knows, or knows in no class, by how they end or begin."""
    for name, pattern in _stems():
        if any(name in agent.classes for agent in found):
            continue
        for match in pattern.finditer(folded):
            if not any(start < match.end() and match.start() < end for start, end in of_class):
                yield Agent(None, frozenset({name}))
                break


def medicine_concept(resource: Resource) -> object:
    """The CodeableConcept that names the medicine of an order or statement."""
    return resource.get("medicationCodeableConcept")


def substances_of(agents: tuple[Agent, ...]) -> frozenset[str]:
    """Generic names, without those that only carry another medicine."""
    return frozenset(a.substance for a in agents if a.substance) - _CARRIERS


def only_carries(agents: tuple[Agent, ...]) -> bool:
    """Whether it is nothing but a solution that carries other medicines."""
    named = {a.substance for a in agents}
    return bool(named) and named <= _CARRIERS


def _follows_a_name(folded: str, start: int) -> bool:
    """Whether a word goes on here: "atorvastatin calcium", "阿托伐他汀钙片"."""
    before = folded[:start].rstrip()
    return before[-1:].isalpha()


def _names_the_class(folded: str, end: int) -> bool:
    following = folded[end : end + 1]
    is_han = "\u4e00" <= following <= "\u9fff" if following else False
    return not is_han or following in _STILL_THE_CLASS


@cache
def _stems() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (known.id, re.compile("|".join(known.stems)))
        for known in allergy_classes().values()
        if known.stems
    )
