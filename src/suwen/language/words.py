"""The words of a text that carry content, in a form that can be compared."""

from __future__ import annotations

import re
from functools import lru_cache

_STOP = frozenset(
    [
        "a",
        "an",
        "the",
        "and",
        "or",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "from",
        "by",
        "with",
        "as",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "he",
        "she",
        "his",
        "her",
        "him",
        "they",
        "them",
        "their",
        "we",
        "our",
        "us",
        "you",
        "your",
        "i",
        "my",
        "me",
        "do",
        "does",
        "did",
        "done",
        "has",
        "have",
        "had",
        "having",
        "not",
        "no",
        "nor",
        "so",
        "than",
        "then",
        "there",
        "here",
        "when",
        "where",
        "which",
        "who",
        "whom",
        "whose",
        "what",
        "will",
        "would",
        "can",
        "could",
        "should",
        "may",
        "might",
        "must",
        "shall",
        "about",
        "into",
        "over",
        "under",
        "again",
        "any",
        "all",
        "some",
        "such",
        "only",
        "own",
        "same",
        "too",
        "very",
        "just",
        "also",
        "but",
        "if",
        "because",
        "while",
        "during",
        "before",
        "after",
        "above",
        "below",
        "up",
        "down",
        "out",
        "off",
        "between",
        "both",
        "each",
        "few",
        "more",
        "most",
        "other",
        "per",
        "via",
        "am",
        "re",
        "ve",
        "ll",
        "don",
        "didn",
        "doesn",
        "isn",
        "wasn",
        "okay",
        "ok",
        "yeah",
        "yes",
        "well",
        "um",
        "uh",
        "like",
        "know",
        "mean",
        "really",
        "got",
        "get",
        "going",
        "go",
        "gonna",
        "gon",
        "na",
        "let",
        "lets",
        "think",
        "see",
        "look",
        "right",
        "good",
        "great",
        "sure",
        "thing",
        "things",
        "lot",
        "little",
        "bit",
        "kind",
        "sort",
        "maybe",
        "actually",
        "alright",
        "hey",
        "said",
        "say",
        "says",
        "tell",
        "told",
        "want",
        "wanted",
        "come",
        "came",
        "back",
        "still",
        "since",
        "now",
        "today",
        "one",
    ]
)
_WORD = re.compile(r"[a-z][a-z0-9']*|\d+(?:\.\d+)?")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_SUFFIXES = (
    ("ically", "ic"), ("ations", "at"), ("ation", "at"), ("ingly", ""), ("edly", ""), ("ments", "ment"),
    ("iness", "y"), ("ness", ""), ("ously", ""), ("ously", ""), ("ings", ""), ("ing", ""), ("ies", "y"),
    ("ied", "y"), ("ous", ""), ("ers", ""), ("er", ""), ("ed", ""), ("es", ""), ("ly", ""),
    ("al", ""), ("ic", ""), ("s", ""), ("e", ""), ("y", "i"),
)  # fmt: skip


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
