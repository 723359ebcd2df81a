"""A text made ready for recognisers, and the form of a recogniser.

All patterns are RE2's: their time is linear in the text, whatever the text is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import re2

from suwen.language.identifiers.spans import IdentifierSpan, IdentifierType

# Full-width forms, and what looks like a hyphen or a space in a number: one for one, so that
# every place in the text stays where it is.
_NARROW = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)} | {
    0x3000: 0x20,
    0x00A0: 0x20,
    0x2007: 0x20,
    0x202F: 0x20,
    0x2010: 0x2D,
    0x2011: 0x2D,
    0x2012: 0x2D,
    0x2212: 0x2D,
    0x2019: 0x27,
}

Found = tuple[int, int, float]
"""Start, end and score."""

_MOST_MEMORY = 64 * 1024 * 1024
"""Bytes that one pattern's automaton may take."""

DIGITS = frozenset("0123456789")
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
WORD = DIGITS | LETTERS
NOTHING: frozenset[str] = frozenset()


class ScannedText:
    """A text with full-width forms narrowed, and what kinds of characters it holds."""

    def __init__(self, original: str) -> None:
        self.is_ascii = original.isascii()
        self.text = original if self.is_ascii else original.translate(_NARROW)
        self.data = self.text.encode("utf-8", "replace")

    @cached_property
    def has_digit(self) -> bool:
        """Whether an ASCII digit stands in it."""
        return bool(_DIGIT.search(self.data))

    @cached_property
    def has_latin(self) -> bool:
        """Whether it holds a Latin letter."""
        return bool(_LATIN.search(self.data))

    @cached_property
    def has_han(self) -> bool:
        """Whether it holds a Chinese character."""
        return not self.is_ascii and bool(_HAN.search(self.data))

    def matches(self, pattern: Any, group: int = 0) -> Iterator[tuple[int, int]]:
        """Where a compiled pattern (or its group) matches, in code points, left to right."""
        if self.is_ascii:
            for match in pattern.finditer(self.data):
                start, end = match.span(group)
                if start >= 0:
                    yield start, end
            return
        at_byte = at = 0
        for match in pattern.finditer(self.data):
            first, last = match.span(group)
            if first < at_byte:
                continue
            at += len(self.data[at_byte:first].decode("utf-8", "replace"))
            length = len(self.data[first:last].decode("utf-8", "replace"))
            at_byte = first
            yield at, at + length


@dataclass(frozen=True, slots=True)
class Recogniser:
    """Finds one kind of identifier.

    Attributes:
        name: what it is called in findings.
        find: places and scores in a scanned text.
        languages: languages of texts that it is for; empty for every one.
    """

    name: str
    type: IdentifierType
    find: Callable[[ScannedText], Iterable[Found]]
    languages: frozenset[str] = frozenset()

    def spans(self, scanned: ScannedText) -> Iterator[IdentifierSpan]:
        """What it finds, as spans."""
        for start, end, score in self.find(scanned):
            yield IdentifierSpan(start, end, self.type, self.name, score)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern with what may not stand beside its match.

    Attributes:
        expression: RE2 syntax.
        score: of a match, where no check says otherwise.
        group: the group that is the identifier; 0 for the whole match.
        not_before: characters that may not stand before the identifier.
        not_after: characters that may not stand behind it.
        check: the score of a match's wording, ``None`` when it is none.
        any_case: whether upper and lower case count alike.
    """

    expression: str
    score: float
    group: int = 0
    not_before: frozenset[str] = NOTHING
    not_after: frozenset[str] = NOTHING
    check: Callable[[str], float | None] | None = None
    any_case: bool = False


def by_patterns(
    *patterns: Pattern, needs: Callable[[ScannedText], bool] | None = None
) -> Callable[[ScannedText], Iterable[Found]]:
    """A recogniser's ``find`` out of patterns.

    Args:
        needs: what a text must have for the patterns to be tried at all.
    """
    compiled = [(compiled_pattern(p.expression, p.any_case), p) for p in patterns]

    def find(scanned: ScannedText) -> Iterator[Found]:
        if needs is not None and not needs(scanned):
            return
        text = scanned.text
        for expression, pattern in compiled:
            for start, end in scanned.matches(expression, pattern.group):
                if start and text[start - 1] in pattern.not_before:
                    continue
                if end < len(text) and text[end] in pattern.not_after:
                    continue
                score: float | None = pattern.score
                if pattern.check is not None:
                    score = pattern.check(text[start:end])
                if score is not None and start < end:
                    yield start, end, score

    return find


class _Pattern:
    """An RE2 pattern that is compiled at its first use: every start would wait for all of them."""

    def __init__(self, expression: str, any_case: bool) -> None:
        self._given = (expression, any_case)

    def __getattr__(self, name: str) -> Any:
        expression, any_case = self._given
        options = re2.Options()
        options.case_sensitive = not any_case
        options.log_errors = False
        options.max_mem = _MOST_MEMORY
        compiled = re2.compile(expression, options)
        for way in ("search", "match", "fullmatch", "finditer"):
            setattr(self, way, getattr(compiled, way))
        return getattr(compiled, name)


def compiled_pattern(expression: str, any_case: bool = False) -> Any:
    """An RE2 pattern; with ``any_case`` upper and lower case count alike."""
    return _Pattern(expression, any_case)


def with_digits(scanned: ScannedText) -> bool:
    """Whether a text can hold a number."""
    return scanned.has_digit


def with_latin(scanned: ScannedText) -> bool:
    """Whether a text can hold an English word."""
    return scanned.has_latin


def with_han(scanned: ScannedText) -> bool:
    """Whether a text can hold a Chinese word."""
    return scanned.has_han


_DIGIT = re2.compile("[0-9]")
_LATIN = re2.compile("[A-Za-z]")
_HAN = re2.compile(r"\p{Han}")
