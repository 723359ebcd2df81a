"""Names of medicine that a Chinese name seems to stand in: 黄连素, 他莫昔芬, 门冬胰岛素."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

import ahocorasick

from suwen.language.identifiers.data_files import lines
from suwen.language.identifiers.spans import KNOWN_NAME, IdentifierSpan, IdentifierType

_LONGEST = 10
"""Characters of the longest term."""

_LABELLED = 0.8
"""From this score on a label says that it is a name."""


@cache
def _terms() -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for term in lines("cn_medical_terms"):
        automaton.add_word(term, len(term))
    automaton.make_automaton()
    return automaton


def without_terms(text: str, spans: Iterable[IdentifierSpan]) -> Iterator[IdentifierSpan]:
    """The findings without Chinese names that stand inside of a name of medicine."""
    for span in spans:
        guessed = (
            span.type is IdentifierType.NAME
            and span.score < _LABELLED
            and span.recogniser != KNOWN_NAME
            and not text[span.start].isascii()
        )
        if not (guessed and _is_inside(text, span)):
            yield span


@cache
def _pairs() -> frozenset[str]:
    """Two characters that stand beside each other in some term."""
    return frozenset(
        term[at : at + 2] for term in lines("cn_medical_terms") for at in range(len(term) - 1)
    )


def _is_inside(text: str, span: IdentifierSpan) -> bool:
    # Most names are told by their first two characters, without a look at what surrounds them.
    if span.end - span.start > 1 and text[span.start : span.start + 2] not in _pairs():
        return False
    first = max(0, span.start - _LONGEST)
    for last, length in _terms().iter(text[first : span.end + _LONGEST]):
        end = first + last + 1
        if end - length <= span.start and end >= span.end:
            return True
    return False
