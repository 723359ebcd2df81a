"""What an English word may be: an ordinary word, a given name, a family name, no name at all."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from suwen.language.identifiers.data_files import lines, word_set, words

_WITHOUT_MARK = str.maketrans(
    {"ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "đ": "d", "þ": "th", "ð": "d", "ı": "i", "œ": "oe"}
)
_MEDICAL_ENDS = tuple(sorted(word_set("medical ends")))
_LONG_ENDS = tuple(sorted(word_set("long medical ends")))
"""How words of medicine and science end, and hardly ever names; for words of seven letters on."""
_BEGINNINGS = tuple(sorted(word_set("medical beginnings")))
"""How they begin; for words of nine letters on."""
_SHORT_ENDS = word_set("short medical ends")


@lru_cache(maxsize=100_000)
def fold_latin(word: str) -> str:
    """A Latin word in small letters without its marks."""
    if word.isascii():
        return word.lower()
    spread = unicodedata.normalize("NFD", word.lower().translate(_WITHOUT_MARK))
    return "".join(c for c in spread if not unicodedata.combining(c))


@cache
def _not_names() -> frozenset[str]:
    return frozenset(word for line in lines("not_names_latin") for word in line.split()) | words(
        "medical_words"
    )


@lru_cache(maxsize=50_000)
def kind_of(folded: str) -> frozenset[str]:
    """What a folded word may be: ``word``, ``given``, ``family``, ``common``, ``none``."""
    kinds = set()
    parts = [p for p in folded.replace("'", "-").split("-") if len(p) > 1] or [folded]
    if all(_is_word(part) for part in parts):
        kinds.add("word")
    if any(part in words("given_names") for part in parts):
        kinds.add("given")
    if any(part in words("surnames_latin") for part in parts):
        kinds.add("family")
    if folded in words("common_words"):
        kinds.add("common")
    if (
        folded in _not_names()
        or folded.split("'")[0] in _not_names()
        or (len(parts) > 1 and _not_names().issuperset(parts))
    ):
        kinds.add("none")
    if not kinds & {"word", "given", "family", "none"} and _sounds_medical(folded):
        kinds.add("none")
    return frozenset(kinds)


def _is_word(part: str) -> bool:
    vocabulary = words("english_words")
    if part in vocabulary:
        return True
    return any(
        part.endswith(ending) and part[: len(part) - len(ending)] in vocabulary
        for ending in ("s", "es", "ed", "d", "ing", "ly", "er")
    )


def _sounds_medical(folded: str) -> bool:
    if len(folded) >= 7 and folded.endswith(_LONG_ENDS):
        return True
    if len(folded) >= 9 and folded.startswith(_BEGINNINGS):
        return True
    return any(
        folded.endswith(ending) and len(folded) >= len(ending) + (5 if ending in _SHORT_ENDS else 3)
        for ending in _MEDICAL_ENDS
    )
