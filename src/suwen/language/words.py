"""The words of a text that carry content, in a form that can be compared."""

from __future__ import annotations

import re
from functools import lru_cache

from suwen.language.word_lists import word_list

_STOP = word_list("stop_words")
_WORD = re.compile(r"[a-z][a-z0-9']*|\d+(?:\.\d+)?")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_SUFFIXES = (
    ("ically", "ic"),
    ("ations", "at"),
    ("ation", "at"),
    ("ingly", ""),
    ("edly", ""),
    ("ments", "ment"),
    ("iness", "y"),
    ("ness", ""),
    ("ously", ""),
    ("ings", ""),
    ("ing", ""),
    ("ies", "y"),
    ("ied", "y"),
    ("ous", ""),
    ("ers", ""),
    ("er", ""),
    ("ed", ""),
    ("es", ""),
    ("ly", ""),
    ("al", ""),
    ("ic", ""),
    ("s", ""),
    ("e", ""),
    ("y", "i"),
)


@lru_cache(maxsize=20000)
def stem(word: str) -> str:
    """An English word without its common endings; short words stay as they are."""
    if len(word) <= 3:
        return word
    for suffix, replacement in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            stemmed = word[: len(word) - len(suffix)] + replacement
            return stemmed[:-1] if len(stemmed) > 3 and stemmed[-1] == stemmed[-2] else stemmed
    return word


def content_words(folded: str) -> frozenset[str]:
    """Stems of English content words and pairs of neighbouring Chinese characters.

    Args:
        folded: text as ``suwen.language.width.fold`` returns it.
    """
    words = {
        stem(w.removesuffix("'s"))
        for w in _WORD.findall(folded)
        if w not in _STOP and (len(w) > 1 or w.isdigit()) and not w[0].isdigit()
    }
    for run in _HAN.findall(folded):
        words.update(run[i : i + 2] for i in range(len(run) - 1))
        if len(run) == 1:
            words.add(run)
    return frozenset(words)
