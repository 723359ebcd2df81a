"""The clinical terms that statements and evidence are read with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from suwen.clinical.analytes import analytes
from suwen.clinical.conditions import body_sites, concepts
from suwen.clinical.drugs import drugs
from suwen.language.abbreviations import abbreviations
from suwen.language.terms import TermMention, TermSpotter


class TermKind(StrEnum):
    """What sort of thing a term names."""

    ANALYTE = "analyte"
    DRUG = "drug"
    FINDING = "finding"
    PROCEDURE = "procedure"
    SITE = "site"
    RECORDED = "recorded"


@dataclass(frozen=True, slots=True)
class Term:
    """What a wording means.

    Attributes:
        key: identifies the meaning, for example ``K`` or ``metformin``.
        broader: keys that hold whenever this one does.
    """

    kind: TermKind
    key: str
    broader: tuple[str, ...] = ()


_KINDS = {
    "disease": TermKind.FINDING,
    "symptom": TermKind.FINDING,
    "habit": TermKind.FINDING,
    "procedure": TermKind.PROCEDURE,
}
# Wordings that are ordinary words more often than what the tables mean by them.
# Two letters (PT, HD, AF) mean too many things to be read without a context.
_SHORTEST_ABBREVIATION = 2
_TOO_COMMON = frozenset(
    {"ms", "add", "mi", "pro", "sf", "soma", "yaz", "pad", "op", "ck", "mm", "may", "all", "met"}
    | {"cap", "hap", "doe", "sob"}
    | {"nose", "back", "side", "heart", "心", "头", "red", "rub", "pop", "rebound", "add", "bed"}
)


@cache
def general_vocabulary() -> tuple[tuple[str, Term], ...]:
    """Every wording of the clinical tables with its meaning."""
    pairs: list[tuple[str, Term]] = []
    for analyte in analytes().values():
        term = Term(TermKind.ANALYTE, analyte.code)
        pairs.extend((name, term) for name in analyte.names)
    for drug in drugs().values():
        for substance in drug.substances:
            term = Term(TermKind.DRUG, substance)
            pairs.extend((name, term) for name in drug.names)
    for concept in concepts().values():
        term = Term(_KINDS[concept.kind], concept.name, concept.broader)
        pairs.extend((name, term) for name in concept.names)
    pairs.extend(_short_forms({key: term for _, term in pairs if (key := term.key)}))
    for site in body_sites().values():
        term = Term(TermKind.SITE, site.name)
        pairs.extend((name, term) for name in site.names)
    return tuple((w, t) for w, t in pairs if w.lower() not in _TOO_COMMON)


def _short_forms(terms: dict[str, Term]) -> list[tuple[str, Term]]:
    """Abbreviations that stand for a disease or procedure of the tables."""
    return [
        (short, terms[said.en])
        for short, said in abbreviations().items()
        if said.en in terms and len(short) > _SHORTEST_ABBREVIATION
    ]


@cache
def general_spotter() -> TermSpotter[Term]:
    """Spots the terms of the clinical tables."""
    return TermSpotter(general_vocabulary())


@cache
def site_spotter() -> TermSpotter[Term]:
    """Spots body sites alone, inside longer terms too ("left knee pain")."""
    return TermSpotter(
        (name, Term(TermKind.SITE, site.name))
        for site in body_sites().values()
        for name in site.names
    )


def spotter_with(recorded: Iterable[tuple[str, Term]]) -> TermSpotter[Term]:
    """Spots the tables' terms and the names that a record itself uses."""
    return TermSpotter(recorded, wider=general_spotter())


Mention = TermMention[Term]
