"""What of a text is looked up: words, pairs of Chinese characters, codes and doses, as numbers.

A term is a 64-bit number. Two neighbouring Chinese characters are their two code points; anything
else is the first eight bytes of its BLAKE2b hash with the highest bit set, so the two kinds never
meet. Among ten million distinct terms two share a number with a chance below 1 in 100,000.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import Final

import numpy as np
import rjieba
from numpy.typing import NDArray

from suwen.language.units import unit_after
from suwen.language.width import fold
from suwen.language.word_lists import word_list
from suwen.language.words import stem

ANALYSIS: Final = f"pairs+words/1 rjieba/{version('rjieba')}"
"""Names the reading of text; terms of different readings do not mix."""

_HAN_CLASS = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_HAN_RUN = re.compile(f"[{_HAN_CLASS}]+")
_WORD = re.compile(rf"[^\W_{_HAN_CLASS}]+(?:[.\-/+][^\W_{_HAN_CLASS}]+)*")
_PART = re.compile(r"[^.\-/+]+")
_NUMBER = re.compile(r"(?a)(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_DECIMAL = re.compile(r"\d+(?:\.\d+)+[^\W\d_]*")
_CODE = re.compile(r"(?a)(?=.*\d)(?=.*[^\d.,/+])")
_STOP: Final = word_list("stop_words")
_HASHED: Final = 1 << 63
_HIGH: Final = 21

Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class RowTerms:
    """Terms as they stand in a few consecutive passages, one entry for each occurrence."""

    rows: NDArray[np.uint32]
    keys: Keys


@lru_cache(maxsize=200_000)
def word_key(word: str) -> int:
    """The number of a term that is not a pair of Chinese characters."""
    digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") | _HASHED


def pair_key(pair: str) -> int:
    """The number of two Chinese characters, or of one that stands alone."""
    first = ord(pair[0]) << _HIGH
    return first | ord(pair[1]) if len(pair) == 2 else first


def analyse(texts: Sequence[str]) -> RowTerms:
    """Every term of the texts; ``rows`` counts them from 0."""
    folded = [fold(text) for text in texts]
    pair_rows, pair_keys = _pairs(folded)
    rows: list[int] = []
    keys: list[int] = []
    for row, text in enumerate(folded):
        found = [word_key(word) for word in _long_words(text)]
        found += [word_key(word) for word in other_words(text)]
        found += [word_key(dose) for dose in doses(text)]
        keys += found
        rows += [row] * len(found)
    return RowTerms(
        np.concatenate([pair_rows, np.asarray(rows, np.uint32)]),
        np.concatenate([pair_keys, np.asarray(keys, np.uint64)]),
    )


def _pairs(folded: Sequence[str]) -> tuple[NDArray[np.uint32], Keys]:
    """Neighbouring Chinese characters of all texts at once."""
    points = np.frombuffer("\n".join([*folded, ""]).encode("utf-32-le"), np.uint32)
    ends = np.cumsum([len(text) + 1 for text in folded])
    han = _is_han(points)
    follows = np.append(han[1:], False)
    leads = np.insert(han[:-1], 0, False)
    paired = np.flatnonzero(han & follows)
    alone = np.flatnonzero(han & ~follows & ~leads)
    keys = np.concatenate(
        [
            (points[paired].astype(np.uint64) << np.uint64(_HIGH)) | points[paired + 1],
            points[alone].astype(np.uint64) << np.uint64(_HIGH),
        ]
    )
    places = np.concatenate([paired, alone])
    return np.searchsorted(ends, places, side="right").astype(np.uint32), keys


def _is_han(points: NDArray[np.uint32]) -> NDArray[np.bool_]:
    found = (points >= 0x4E00) & (points <= 0x9FFF)
    for first, last in ((0x3400, 0x4DBF), (0xF900, 0xFAFF), (0x20000, 0x3134F)):
        found |= (points >= first) & (points <= last)
    return found


def _long_words(folded: str) -> Iterator[str]:
    """Chinese words of three characters or more; shorter ones are pairs already."""
    for token in rjieba.cut_for_search(folded):
        if len(token) >= 3 and _HAN_RUN.fullmatch(token):
            yield token


def other_words(folded: str) -> Iterator[str]:
    """Words, numbers and codes of other scripts; English ones by their stem."""
    last = ""
    for match in _WORD.finditer(folded):
        whole = match.group()
        parts = _PART.findall(whole)
        if _DECIMAL.fullmatch(whole):
            yield whole
            last = ""
            continue
        if len(parts) > 1:
            yield whole
        for part in parts:
            if part not in _STOP:
                yield stem(part) if part.isascii() and part.isalpha() else part
            if (len(part) == 1 or part.isdecimal()) and last.isalpha():
                # "hepatitis A", "type 2": the second half means nothing alone.
                yield f"{stem(last)} {part}"
            last = part


def doses(folded: str) -> Iterator[str]:
    """Numbers with their unit in one spelling: 0.50 毫克 and 0.5mg are the same term."""
    for match in _NUMBER.finditer(folded):
        mention = unit_after(folded, match.end())
        if mention is None:
            continue
        amount = match.group().replace(",", "")
        if "." in amount:
            amount = amount.rstrip("0").rstrip(".")
        yield f"\0{amount}\0{mention.unit.code}"
        written = folded[mention.start : mention.end]
        if "/" in written:
            first = unit_after(written.split("/")[0], 0)
            if first is not None:
                yield f"\0{amount}\0{first.unit.code}"


def codes(folded: str) -> Iterator[str]:
    """Words that carry digits and something else: I10, E11.9, YY-2023-017, HbA1c."""
    for match in _WORD.finditer(folded):
        if _CODE.match(match.group()):
            yield match.group()


def query_terms(text: str) -> dict[int, bool]:
    """Terms of a question, each with whether it is a word and not a mere pair across words."""
    folded = fold(text)
    words = set(rjieba.cut_for_search(folded))
    found: dict[int, bool] = {}
    for run in _HAN_RUN.findall(folded):
        pairs = [run[i : i + 2] for i in range(len(run) - 1)] or [run]
        for pair in pairs:
            found[pair_key(pair)] = found.get(pair_key(pair), False) or pair in words
    for word in words:
        if len(word) >= 3 and _HAN_RUN.fullmatch(word):
            found[word_key(word)] = True
    for word in other_words(folded):
        found[word_key(word)] = True
    for dose in doses(folded):
        found[word_key(dose)] = True
    return found


def name_keys(name: str) -> tuple[int, ...]:
    """Terms that every text with this name in it has."""
    folded = fold(name)
    found: dict[int, None] = {}
    for run in _HAN_RUN.findall(folded):
        pairs = [run[i : i + 2] for i in range(len(run) - 1)]
        found.update((pair_key(pair), None) for pair in pairs)
    for match in _WORD.finditer(folded):
        for part in _PART.findall(match.group()):
            if part not in _STOP:
                term = stem(part) if part.isascii() and part.isalpha() else part
                found[word_key(term)] = None
    return tuple(found)
