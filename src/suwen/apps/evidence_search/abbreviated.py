"""A question's abbreviations in the words of the passages that were found for it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from suwen.appkit import Passage
from suwen.clinical.search_terms import search_terms
from suwen.language.abbreviations import abbreviations
from suwen.language.width import fold

_LETTERS = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9-]+(?![A-Za-z0-9])")


def written_out(question: str, passages: Sequence[Passage]) -> str:
    """The question with each abbreviation that no passage has as one of them says it in full.

    What can mean several things means the one that the passages speak of; what none of them
    speaks of stays.
    """
    told = [fold(" ".join((p.title, *p.section, p.text))) for p in passages]

    def full(found: re.Match[str]) -> str:
        short = fold(found.group())
        if any(short in text for text in told):
            return found.group()
        said = (name for name in _meanings().get(short, ()) if any(name in text for text in told))
        return next(said, found.group())

    return _LETTERS.sub(full, question)


@cache
def _meanings() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for short, names in _known():
        found[fold(short)].extend(fold(name) for name in names)
    return {short: tuple(dict.fromkeys(names)) for short, names in found.items()}


def _known() -> Iterator[tuple[str, Sequence[str]]]:
    for term in search_terms():
        for short in term.abbreviations:
            yield short, (*term.zh, *term.en)
    for short, said in abbreviations().items():
        yield short, (said.zh, said.en)
