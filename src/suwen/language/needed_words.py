"""Which words a regular expression cannot match without, so that a text without them is not read.

Many patterns are looked for in every text, and nearly none is there. Looking for a fixed word is a
hundred times as fast as trying a pattern at every place. What is needed is read out of the pattern
itself: it cannot differ from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any, Final

from ahocorasick import Automaton

Groups = tuple[tuple[str, ...], ...]
"""All groups must be met, each by any of its words, in lower case."""

_MOST_WORDS: Final = 40
_MOST_GROUPS: Final = 4

# Letters besides ASCII that ``re.IGNORECASE`` takes for ASCII ones; the last also in capitals.
_SAME: Final = str.maketrans({"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"})


def lowered(text: str) -> str:
    """The text as ``needed_words`` are looked for in it."""
    return text.lower() if text.isascii() else text.translate(_SAME).lower()


def needed_words(pattern: str) -> Groups:
    """What any text that the pattern matches must hold, whatever the case of its letters.

    Returns:
        The most telling groups first; none where the pattern can match without fixed words.
    """
    groups = {tuple(sorted(set(group))) for group in _of(_parser.parse(pattern))}
    return tuple(sorted(groups, key=_telling, reverse=True)[:_MOST_GROUPS])


class NeededWords:
    """The needed words of many patterns, looked for in one pass over a text."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._groups = [needed_words(pattern) for pattern in patterns]
        found: dict[str, list[int]] = {}
        for number, groups in enumerate(self._groups):
            if not groups:
                raise ValueError(f"pattern {number} can match without any word")
            for word in groups[0]:
                found.setdefault(word, []).append(number)
        self._words = Automaton()
        for word, numbers in found.items():
            self._words.add_word(word, tuple(numbers))
        self._words.make_automaton()

    def may_match(self, text: str) -> list[int]:
        """Numbers of the patterns that may match a text (``lowered``), in order."""
        told: set[int] = set()
        for _, numbers in self._words.iter(text):
            told.update(numbers)
        groups = self._groups
        return sorted(number for number in told if holds_needed(text, groups[number][1:]))


def holds_needed(text: str, groups: Groups) -> bool:
    """Whether a text (``lowered``) may match the pattern with these needed words."""
    for group in groups:
        for word in group:
            if word in text:
                break
        else:
            return False
    return True


def _of(parsed: Iterable[tuple[Any, Any]]) -> list[Collection[str]]:
    """Groups of a sequence: everything in it must be there."""
    groups: list[Collection[str]] = []
    run: list[str] = []

    def end_of_run() -> None:
        if run:
            groups.append(("".join(run),))
            run.clear()

    for operation, argument in parsed:
        if operation is _constants.LITERAL and len(chr(argument).lower()) == 1:
            run.append(lowered(chr(argument)))
            continue
        end_of_run()
        groups.extend(_of_one(operation, argument))
    end_of_run()
    return [group for group in groups if group and all(group)]


def _of_one(operation: Any, argument: Any) -> list[Collection[str]]:
    if operation is _constants.SUBPATTERN:
        return _of(argument[-1])
    if operation in (_constants.MAX_REPEAT, _constants.MIN_REPEAT) and argument[0] > 0:
        return _of(argument[2])
    if operation is _constants.ASSERT:
        return _of(argument[1])
    if operation is _constants.BRANCH:
        return _of_branches(argument[1])
    return []


def _of_branches(branches: Sequence[Any]) -> list[Collection[str]]:
    """One group out of all branches: the most telling of each, where every one has any."""
    words: list[str] = []
    for branch in branches:
        groups = _of(branch)
        if not groups:
            return []
        best: Collection[str] = max(groups, key=_telling)
        words.extend(best)
    return [words] if len(words) <= _MOST_WORDS else []


def _telling(group: Collection[str]) -> tuple[int, int]:
    """How much it says that a text holds one of these words: long ones, and few."""
    return min(map(len, group)), -len(group)
