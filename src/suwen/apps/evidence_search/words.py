"""What a text is about, as words that two texts can share."""

from __future__ import annotations

import re
from itertools import pairwise

from suwen.language.width import fold
from suwen.language.word_lists import word_list

_LATIN = re.compile(r"[a-z0-9][a-z0-9.+%/-]*[a-z0-9%+]|[a-z0-9]")
_CHINESE = re.compile(r"[\u3400-\u9fff]+")
_NOT_TELLING = word_list("stop_words") | word_list("pairs_that_ask_in_chinese")


def words_of(text: str) -> frozenset[str]:
    """What a text is about: Latin words and numbers, and the pairs of Chinese characters."""
    folded = fold(text)
    words = {w.rstrip("s") if len(w) > 3 else w for w in _LATIN.findall(folded)}
    for run in _CHINESE.findall(folded):
        words.update((a + b for a, b in pairwise(run)) if len(run) > 1 else (run,))
    return frozenset(words - _NOT_TELLING)


def without_numbers(words: frozenset[str]) -> frozenset[str]:
    """The words that hold no digit."""
    return frozenset(w for w in words if not any(c.isdigit() for c in w))


def likeness(a: frozenset[str], b: frozenset[str]) -> float:
    """Share of words that two texts have in common, 0 to 1."""
    return len(a & b) / len(a | b) if a or b else 0.0
