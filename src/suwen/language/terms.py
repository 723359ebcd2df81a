"""Spotting many terms at once in Chinese and English text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

import ahocorasick

from suwen.language.width import fold

Meaning = TypeVar("Meaning")


@dataclass(frozen=True, slots=True)
class TermMention(Generic[Meaning]):
    """A term where it stands; ``meanings`` are all that its wording can mean."""

    start: int
    end: int
    surface: str
    meanings: tuple[Meaning, ...]


class TermSpotter(Generic[Meaning]):
    """Finds the longest terms of a vocabulary in a text, left to right, without overlap.

    Args:
        vocabulary: pairs of wording and meaning; wordings are folded. A wording that begins or
            ends with a Latin letter or digit counts only at the border of a word.
        wider: a spotter whose vocabulary counts too; a large one is so built only once and a
            few terms are added to it.
    """

    def __init__(
        self,
        vocabulary: Iterable[tuple[str, Meaning]],
        wider: TermSpotter[Meaning] | None = None,
    ) -> None:
        meanings: dict[str, list[Meaning]] = {}
        for wording, meaning in vocabulary:
            folded = fold(wording).strip()
            if folded:
                known = meanings.setdefault(folded, [])
                if meaning not in known:
                    known.append(meaning)
        self._wider = wider
        self._automaton = ahocorasick.Automaton()
        for wording, held in meanings.items():
            self._automaton.add_word(wording, (len(wording), tuple(held)))
        self._empty = not meanings
        if not self._empty:
            self._automaton.make_automaton()

    def find(self, folded: str) -> list[TermMention[Meaning]]:
        """Terms of a folded text in order of their place."""
        candidates = self._candidates(folded)
        found: list[TermMention[Meaning]] = []
        reached = 0
        for start, end in sorted(candidates, key=lambda place: (place[0], -place[1])):
            if start >= reached:
                held = candidates[start, end]
                found.append(TermMention(start, end, folded[start:end], held))
                reached = end
        return found

    def _candidates(self, folded: str) -> dict[tuple[int, int], tuple[Meaning, ...]]:
        """The meanings of every stretch that is a term, whether or not terms overlap."""
        found = self._wider._candidates(folded) if self._wider else {}
        if self._empty:
            return found
        for last, (length, held) in self._automaton.iter(folded):
            start, end = last - length + 1, last + 1
            if _at_borders(folded, start, end):
                known = found.get((start, end), ())
                found[start, end] = (*known, *(m for m in held if m not in known))
        return found


def _at_borders(folded: str, start: int, end: int) -> bool:
    first, last = folded[start], folded[end - 1]
    if _latin(first) and start and _latin(folded[start - 1]):
        return False
    if not _latin(last) or end == len(folded):
        return True
    following = folded[end]
    if _latin(following):
        # "BP120/80" and "K3.2" write the value right behind a short name.
        return last.isalpha() and following.isdigit() and end - start <= 4
    return True


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()
