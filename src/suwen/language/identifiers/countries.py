"""Countries: alone they identify nobody, behind a street they are a part of the address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

import ahocorasick

from suwen.language.identifiers.data_files import lines
from suwen.language.identifiers.scanning import SoughtPattern


@cache
def country_names() -> frozenset[str]:
    """Names of countries in small letters."""
    return frozenset(name for line in lines("countries") for name in line.split("|"))


COUNTRY: Final = SoughtPattern(
    rf"\b(?:{'|'.join(sorted(map(re.escape, country_names()), key=len, reverse=True))})\b", True
)
"""A country in a text, whatever the case; the longest name counts."""


@cache
def _automaton() -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for name in country_names():
        automaton.add_word(name, len(name))
    automaton.make_automaton()
    return automaton


def countries_in(text: str) -> Iterator[tuple[int, int]]:
    """Where a text names a country as a word, whatever the case; the longest name counts."""
    lowered = text.lower()
    if len(lowered) != len(text):
        return
    for last, length in _automaton().iter_long(lowered):
        start, end = last - length + 1, last + 1
        if not (lowered[start - 1 : start].isalnum() or lowered[end : end + 1].isalnum()):
            yield start, end
