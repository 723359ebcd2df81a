"""A question as the index understands it: weighted terms, exact names, a vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from suwen.clinical.drugs import drugs
from suwen.knowledge.edition.analysis import codes, doses, name_keys, query_terms, word_key
from suwen.knowledge.retrieval.backend import ExactName
from suwen.language.terms import TermSpotter
from suwen.language.width import fold

_PAIR_WEIGHT = 0.6


@dataclass(frozen=True, slots=True)
class Expansion:
    """Words added to a question.

    Attributes:
        weight: of its terms, 0 to 1; those of the question itself weigh 1.
    """

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class RetrievalQuery:
    """A question to one edition.

    Attributes:
        vector: of the question by the edition's embedding model; absent for words alone.
        expansions: words added to it.
        names: wordings that should stand in a passage exactly, besides those that are found in
            the text itself.
    """

    text: str = field(repr=False)
    vector: Sequence[float] | None = field(default=None, repr=False)
    expansions: tuple[Expansion, ...] = ()
    names: tuple[str, ...] = ()


def weighted_terms(query: RetrievalQuery) -> dict[int, float]:
    """The terms of a question and what is added to it; a term of both keeps its greater weight.

    Two Chinese characters that stand together without being a word weigh less.
    """
    terms: dict[int, float] = {}
    for text, weight in [(query.text, 1.0), *((e.text, e.weight) for e in query.expansions)]:
        for key, is_word in query_terms(text).items():
            here = weight if is_word else weight * _PAIR_WEIGHT
            terms[key] = max(terms.get(key, 0.0), here)
    return terms


def exact_names(query: RetrievalQuery) -> list[ExactName]:
    """Codes, doses and drug names of a question, each once."""
    folded = fold(query.text)
    found = {(word_key(term),): None for term in (*codes(folded), *doses(folded))}
    exact = [ExactName(keys, text) for keys, text in found.items()]
    spotted = (mention.surface for mention in _drug_names().find(folded))
    for name in dict.fromkeys([*spotted, *(fold(name) for name in query.names)]):
        keys = name_keys(name)
        if keys:
            exact.append(ExactName(keys, name))
    return exact


@cache
def _drug_names() -> TermSpotter[str]:
    names = (name for drug in drugs().values() for name in drug.names if len(name) > 1)
    return TermSpotter((name, name) for name in names)
