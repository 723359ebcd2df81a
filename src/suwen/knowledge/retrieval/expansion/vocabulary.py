"""The things that can be named in several ways, gathered from the clinical tables."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from suwen.clinical.analytes import analytes
from suwen.clinical.conditions import ClinicalConcept, body_sites, concepts
from suwen.clinical.drugs import Drug, drugs
from suwen.clinical.search_terms import search_terms
from suwen.language.abbreviations import abbreviations
from suwen.language.terms import TermSpotter
from suwen.language.width import fold

# Abbreviations that are English words too: they count only in capitals.
_ENGLISH_WORDS: Final = frozenset(
    [
        *("act", "aids", "all", "cap", "cat", "die", "ent", "hit", "its", "news"),
        *("pad", "pat", "pet", "sac", "she"),
    ]
)
_HAN: Final = re.compile(r"[\u3400-\u9fff]")


class Form(StrEnum):
    """What kind of wording a wording is."""

    CHINESE = "chinese"
    ENGLISH = "english"
    ABBREVIATION = "abbreviation"
    PRODUCT = "product"


@dataclass(frozen=True, slots=True)
class Wording:
    """One way to write a thing, as it is written."""

    text: str
    form: Form


@dataclass(frozen=True, slots=True)
class Thing:
    """Something with several wordings, the usual ones of each form first."""

    wordings: tuple[Wording, ...]


@dataclass(frozen=True, slots=True)
class NamedThing:
    """A thing under the wording by which it was found."""

    thing: Thing
    wording: Wording


@cache
def things() -> tuple[Thing, ...]:
    """Every thing that has at least two wordings."""
    found = [_thing(wordings) for wordings in _gathered()]
    return tuple(dict.fromkeys(thing for thing in found if len(thing.wordings) > 1))


@cache
def spotter() -> TermSpotter[NamedThing]:
    """Finds the wordings in a folded text."""
    return TermSpotter(
        (wording.text, NamedThing(thing, wording))
        for thing in things()
        for wording in thing.wordings
    )


@cache
def chinese_wordings() -> Mapping[str, tuple[NamedThing, ...]]:
    """The things by each Chinese wording of two characters or more."""
    found: dict[str, list[NamedThing]] = defaultdict(list)
    for thing in things():
        for wording in thing.wordings:
            if wording.form in (Form.CHINESE, Form.PRODUCT) and len(_HAN.findall(wording.text)) > 1:
                found[wording.text].append(NamedThing(thing, wording))
    return {text: tuple(named) for text, named in found.items()}


def means_it(named: NamedThing, written: str) -> bool:
    """Whether what was written means the thing: an abbreviation that is an English word too, or
    has one or two letters, counts only in capitals as it is printed.

    Args:
        written: the stretch of the question, not folded.
    """
    if named.wording.form is not Form.ABBREVIATION:
        return True
    short = named.wording.text
    careful = len(short) <= 2 or short.lower() in _ENGLISH_WORDS
    return written == short if careful else True


def _gathered() -> Iterator[list[Wording]]:
    for term in search_terms():
        yield [
            *_chinese(term.zh),
            *_english(term.en),
            *(Wording(text, Form.ABBREVIATION) for text in term.abbreviations),
        ]
    for concept in (*concepts().values(), *body_sites().values()):
        yield _of_concept(concept)
    for drug in drugs().values():
        yield _of_drug(drug)
    for analyte in analytes().values():
        yield [
            *_chinese(analyte.zh),
            *_english(analyte.en),
            *(Wording(text, Form.ABBREVIATION) for text in analyte.abbreviations),
        ]
    for short, said in abbreviations().items():
        yield [
            # The English of that table is a concept's name, often a wider one.
            *_chinese((said.zh,)),
            Wording(short, Form.ABBREVIATION),
        ]


def _of_concept(concept: ClinicalConcept) -> list[Wording]:
    return [*_chinese(concept.zh), *_english((concept.name, *concept.en))]


def _of_drug(drug: Drug) -> list[Wording]:
    products = [Wording(text, Form.PRODUCT) for text in drug.brands]
    return [*_chinese(drug.zh), *_english((drug.name, *drug.en)), *products]


def _chinese(texts: Iterable[str]) -> list[Wording]:
    return [Wording(text, Form.CHINESE) for text in texts]


def _english(texts: Iterable[str]) -> list[Wording]:
    return [Wording(text, Form.ENGLISH) for text in texts]


def _thing(wordings: Iterable[Wording]) -> Thing:
    """The thing with each wording once, however it is capitalised."""
    known: dict[str, Wording] = {}
    for wording in wordings:
        known.setdefault(fold(wording.text), wording)
    return Thing(tuple(known.values()))
