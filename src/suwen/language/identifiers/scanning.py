"""A text made ready for recognisers, and the form of a recogniser.

All patterns are RE2's: their time is linear in the text, whatever the text is. Which of them are
met anywhere in a text is found out for all of them in one pass; only those are then looked for.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
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

_WIDE = frozenset(map(chr, _NARROW))
_MANY_WIDE = 30

DIGITS = frozenset("0123456789")
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
WORD = DIGITS | LETTERS
NOTHING: frozenset[str] = frozenset()


class SoughtPattern:
    """A pattern that is looked for in whole texts; ``number`` is its place among all of them."""

    __slots__ = ("compiled", "number")

    def __init__(self, expression: str, any_case: bool = False) -> None:
        self.compiled = compiled_pattern(expression, any_case)
        self.number = _ALL.add(f"(?i:{expression})" if any_case else expression)


class _AllPatterns:
    """All sought patterns, looked for at once; built when first asked, and again after a change."""

    def __init__(self) -> None:
        self._expressions: list[str] = []
        self._built: Any = None
        self._lock = threading.Lock()

    def add(self, expression: str) -> int:
        with self._lock:
            self._expressions.append(expression)
            self._built = None
            return len(self._expressions)

    def met(self, data: bytes) -> frozenset[int]:
        """Numbers of the patterns that are met somewhere in a text."""
        built = self._built
        if built is None:
            built = self._build()
        found = frozenset(built.Match(data))
        # The first one is met in every text: where it is not, the automaton had no memory left.
        return found if 0 in found else frozenset(range(len(self._expressions) + 1))

    def _build(self) -> Any:
        with self._lock:
            options = re2.Options()
            options.log_errors = False
            options.max_mem = _MOST_MEMORY * 4
            built = re2.Set.SearchSet(options)
            for expression in ("", *self._expressions):
                built.Add(expression)
            built.Compile()
            self._built = built
            return built


_ALL = _AllPatterns()


class ScannedText:
    """A text with full-width forms narrowed, and what kinds of characters it holds.

    Attributes:
        data: the text in UTF-8.
        has_digit: whether an ASCII digit stands in it.
        has_latin: whether it holds a Latin letter.
        has_han: whether it holds a Chinese character.
        has_english: whether English words may stand in it; units and abbreviations in Chinese
            are none.
    """

    def __init__(self, original: str) -> None:
        self.is_ascii = original.isascii()
        self.text = text = original if self.is_ascii else _narrowed(original)
        self.data = text.encode("utf-8", "replace")
        # Nearly every recogniser asks for these: worked out at once they cost less than on demand.
        self.has_digit = _DIGIT.search(text) is not None
        self.has_latin = _LATIN.search(text) is not None
        self.has_han = not self.is_ascii and _HAN.search(text) is not None
        if self.has_han:
            self.has_english = _ENGLISH.search(text) is not None
        else:
            self.has_english = self.has_latin or not self.is_ascii

    @cached_property
    def met(self) -> frozenset[int]:
        """Numbers of the sought patterns that are met in it."""
        return _ALL.met(self.data)

    def matches(self, pattern: SoughtPattern, group: int = 0) -> Iterator[tuple[int, int]]:
        """Where a pattern (or its group) matches, in code points, left to right."""
        if pattern.number not in self.met:
            return
        if self.is_ascii:
            for match in pattern.compiled.finditer(self.data):
                start, end = match.span(group)
                if start >= 0:
                    yield start, end
            return
        data = self.data
        at_byte = at = 0
        for match in pattern.compiled.finditer(data):
            first, last = match.span(group)
            if first < at_byte:
                continue
            at += len(data[at_byte:first].decode("utf-8", "replace"))
            length = len(data[first:last].decode("utf-8", "replace"))
            at_byte = first
            yield at, at + length


def _narrowed(text: str) -> str:
    """The text with narrow forms; the few full-width marks of a text one by one, which is faster
    than asking for each character."""
    wide = _WIDE.intersection(text)
    if len(wide) > _MANY_WIDE:
        return text.translate(_NARROW)
    for char in wide:
        text = text.replace(char, chr(_NARROW[ord(char)]))
    return text


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

    @property
    def numbers(self) -> frozenset[int] | None:
        """Patterns of which one is met where it finds anything; ``None`` when that is unknown."""
        return self.find.numbers if isinstance(self.find, SoughtFinder) else None

    def spans(self, scanned: ScannedText) -> Sequence[IdentifierSpan]:
        """What it finds, as spans."""
        return [
            IdentifierSpan(start, end, self.type, self.name, score)
            for start, end, score in self.find(scanned)
        ]


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


class SoughtFinder:
    """A recogniser's ``find`` that finds nothing where none of its patterns is met.

    Attributes:
        numbers: of the patterns.
    """

    def __init__(
        self, find: Callable[[ScannedText], Iterator[Found]], patterns: Iterable[SoughtPattern]
    ) -> None:
        self._find = find
        self.numbers = frozenset(pattern.number for pattern in patterns)

    def __call__(self, scanned: ScannedText) -> Iterator[Found]:
        """Places and scores."""
        return self._find(scanned)


class PatternFinder(SoughtFinder):
    """A recogniser's ``find`` out of patterns."""

    def __init__(
        self, patterns: Sequence[Pattern], needs: Callable[[ScannedText], bool] | None
    ) -> None:
        self._sought = [(SoughtPattern(p.expression, p.any_case), p) for p in patterns]
        self._needs = needs
        super().__init__(self._matching, [sought for sought, _ in self._sought])

    def _matching(self, scanned: ScannedText) -> Iterator[Found]:
        if self._needs is not None and not self._needs(scanned):
            return
        text = scanned.text
        for sought, pattern in self._sought:
            if sought.number not in scanned.met:
                continue
            for start, end in scanned.matches(sought, pattern.group):
                if start and text[start - 1] in pattern.not_before:
                    continue
                if end < len(text) and text[end] in pattern.not_after:
                    continue
                score: float | None = pattern.score
                if pattern.check is not None:
                    score = pattern.check(text[start:end])
                if score is not None and start < end:
                    yield start, end, score


def by_patterns(
    *patterns: Pattern, needs: Callable[[ScannedText], bool] | None = None
) -> PatternFinder:
    """A recogniser's ``find`` out of patterns.

    Args:
        needs: what a text must have for the patterns to be tried at all.
    """
    return PatternFinder(patterns, needs)


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


def with_english(scanned: ScannedText) -> bool:
    """Whether a text can hold English words beside Chinese ones."""
    return scanned.has_english


def with_latin(scanned: ScannedText) -> bool:
    """Whether a text can hold an English word."""
    return scanned.has_latin


def with_han(scanned: ScannedText) -> bool:
    """Whether a text can hold a Chinese word."""
    return scanned.has_han


_DIGIT = re.compile("[0-9]")
_LATIN = re.compile("[A-Za-z]")
_BEYOND_ASCII = "\u00c0-\u024f\u0370-\u04ff\u1e00-\u1eff"
# What may begin a match stands in front, so that the rest is tried at few places.
_ENGLISH = re.compile(
    f"(?=[A-Za-z{_BEYOND_ASCII}])"
    f"(?:[A-Z][a-z]{{2}}|[a-z]{{4}}|[A-Z]{{4}}|[A-Z][a-z] [A-Z]|[{_BEYOND_ASCII}])"
)
_HAN = re.compile(
    "[\u2e80-\u2fd5\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufad9"
    "\U00016fe2-\U00016ff1\U00020000-\U000323af]"
)
