"""Finds the identifiers of a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from suwen.core.ports import NameFinder
from suwen.language.identifiers.address_growth import grown_addresses
from suwen.language.identifiers.clinical_terms import without_terms
from suwen.language.identifiers.house_numbers import with_house_numbers
from suwen.language.identifiers.known_names import find_known_names
from suwen.language.identifiers.overlaps import resolve
from suwen.language.identifiers.registry import RECOGNISERS
from suwen.language.identifiers.scanning import Recogniser, ScannedText
from suwen.language.identifiers.spans import IdentifierSpan
from suwen.language.identifiers.unknown_names import find_unknown_names


def find_identifiers(
    text: str,
    *,
    language: str | None = None,
    known_names: Sequence[str] = (),
    names: NameFinder | None = None,
) -> tuple[IdentifierSpan, ...]:
    """The identifiers of a text, in order, none overlapping.

    Args:
        text: offsets count its code points; CRLF is two.
        language: ``zh`` or ``en`` where the text has one only; ``None`` looks for both.
        known_names: names of the encounter's patient, relatives and staff.
        names: finds unknown Chinese names; without it only those beside a cue are found.
    """
    scanned = ScannedText(text)
    every = _all(scanned, language, tuple(known_names), names)
    found = resolve(scanned.text, without_terms(scanned.text, every) if scanned.has_han else every)
    if scanned.has_latin and scanned.has_digit and language != "zh":
        grown = resolve(scanned.text, grown_addresses(scanned.text, found))
        housed = resolve(scanned.text, with_house_numbers(scanned.text, grown))
        return resolve(scanned.text, grown_addresses(scanned.text, housed))
    return found


@cache
def _of_language(language: str | None) -> tuple[tuple[frozenset[int] | None, Recogniser], ...]:
    """The recognisers for texts in a language, each with the patterns that it waits for."""
    return tuple(
        (recogniser.numbers, recogniser)
        for recogniser in RECOGNISERS
        if language is None or not recogniser.languages or language in recogniser.languages
    )


def _all(
    scanned: ScannedText,
    language: str | None,
    known_names: tuple[str, ...],
    names: NameFinder | None,
) -> Iterator[IdentifierSpan]:
    yield from find_known_names(scanned, known_names)
    met = scanned.met
    for numbers, recogniser in _of_language(language):
        if numbers is None or not numbers.isdisjoint(met):
            yield from recogniser.spans(scanned)
    if names is not None and scanned.has_han:
        yield from find_unknown_names(scanned, names)
