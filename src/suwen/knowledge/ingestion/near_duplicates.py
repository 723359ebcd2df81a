"""Which documents say nearly the same: MinHash over short runs of characters.

Measured on development data (2026-11), 400 texts each: at the threshold 96 % of English copies
with 3 % of the words changed are found (77 % with 5 %), of Chinese copies 99 % with 1 % of the
characters changed, 87 % with 2 %. Among 4,000 different Chinese answers 1.1 % had a hit, all of
them copies; among 3,000 English ones 6 %, most of them one boilerplate with another name in it.
A changed dose is a near-duplicate, never the same document: a hit is told and drops nothing.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

THRESHOLD = 0.8
"""Estimated share of common character runs (Jaccard) from which two texts are near-duplicates."""
FINGERPRINT_NUMBERS = 128
_BANDS = 32
_ROWS = FINGERPRINT_NUMBERS // _BANDS
_RUN = 5
_RUN_ZH = 3
_SHORTEST = 40
_MOST_RUNS = 40_000
_CROWDED = 32
"""A band that so many share is boilerplate: more of them would be compared each with each."""
_PRIME = np.uint64((1 << 31) - 1)
_NOT_WORD = re.compile(r"[\W_]+")

Fingerprint = npt.NDArray[np.uint32]


def _constants() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Factors and addends of the 128 hash functions; fixed, so that fingerprints can be stored."""
    numbers = np.frombuffer(
        b"".join(hashlib.sha256(f"suwen-{i}".encode()).digest() for i in range(64)), dtype="<u8"
    )[: 2 * FINGERPRINT_NUMBERS]
    factors = numbers[:FINGERPRINT_NUMBERS] % (_PRIME - np.uint64(1)) + np.uint64(1)
    return factors, numbers[FINGERPRINT_NUMBERS:] % _PRIME


_FACTORS, _ADDENDS = _constants()


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """A document that says nearly the same; ``similarity`` 0 to 1, an estimate within ± 0.05."""

    document_id: str
    similarity: float


def folded(text: str) -> str:
    """The text without what does not count: width, case, white space, punctuation."""
    return _NOT_WORD.sub("", unicodedata.normalize("NFKC", text).casefold())


def content_hash(text: str) -> str:
    """The same for texts that differ in white space, punctuation, width and case only."""
    return hashlib.sha256(folded(text).encode("utf-8", "surrogatepass")).hexdigest()


def fingerprint(text: str) -> Fingerprint | None:
    """128 numbers of a text, 512 bytes as ``tobytes``; None where it is too short to compare."""
    letters = folded(text)
    if len(letters) < _SHORTEST:
        return None
    codes = np.fromiter(map(ord, letters), dtype=np.uint64, count=len(letters))
    # A Chinese character says as much as several letters.
    chinese = np.count_nonzero((codes >= 0x3400) & (codes <= 0x9FFF)) * 3 > len(codes)
    length = _RUN_ZH if chinese else _RUN
    runs = np.zeros(len(codes) - length + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for offset in range(length):
            runs = runs * np.uint64(1_000_003) + codes[offset : offset + len(runs)]
        runs ^= runs >> np.uint64(29)
        runs *= np.uint64(0xBF58476D1CE4E5B9)
        runs ^= runs >> np.uint64(32)
    distinct = np.unique(runs)
    if len(distinct) > _MOST_RUNS:
        # The runs with the smallest hashes are a fair sample, the same one for equal texts.
        distinct = distinct[:_MOST_RUNS]
    distinct = distinct % _PRIME
    smallest = np.full(FINGERPRINT_NUMBERS, np.iinfo(np.uint64).max, dtype=np.uint64)
    for start in range(0, len(distinct), 2048):
        part = distinct[start : start + 2048, None]
        smallest = np.minimum(smallest, ((part * _FACTORS + _ADDENDS) % _PRIME).min(axis=0))
    return smallest.astype(np.uint32)


class NearDuplicateIndex:
    """Fingerprints of the documents so far; finds the nearest ones of a new text."""

    def __init__(self, threshold: float = THRESHOLD) -> None:
        self._threshold = threshold
        self._prints: dict[str, Fingerprint] = {}
        self._bands: dict[tuple[int, bytes], list[str]] = defaultdict(list)

    def add(self, document_id: str, text: Fingerprint | str) -> None:
        """Adds a document, or puts another text in its place."""
        marks = fingerprint(text) if isinstance(text, str) else text
        self.remove(document_id)
        if marks is not None:
            self._prints[document_id] = marks
            for key in _band_keys(marks):
                if len(self._bands[key]) < _CROWDED:
                    self._bands[key].append(document_id)

    def remove(self, document_id: str) -> None:
        """Forgets a document; one that is not there is no matter."""
        marks = self._prints.pop(document_id, None)
        if marks is not None:
            for key in _band_keys(marks):
                if document_id in self._bands[key]:
                    self._bands[key].remove(document_id)

    def find(self, text: Fingerprint | str, but: str | None = None) -> tuple[NearDuplicate, ...]:
        """The documents that say nearly the same as a text, most similar first.

        Args:
            but: a document that is not looked for: the one that the text belongs to.
        """
        marks = fingerprint(text) if isinstance(text, str) else text
        if marks is None:
            return ()
        candidates = {name for key in _band_keys(marks) for name in self._bands.get(key, ())}
        names = sorted(candidates - {but} if but is not None else candidates)
        if not names:
            return ()
        shares = (np.stack([self._prints[name] for name in names]) == marks).mean(axis=1)
        near = [
            NearDuplicate(name, float(share))
            for name, share in zip(names, shares, strict=True)
            if share >= self._threshold
        ]
        return tuple(sorted(near, key=lambda x: (-x.similarity, x.document_id)))


def find_near_duplicates(
    documents: Iterable[tuple[str, str]], threshold: float = THRESHOLD
) -> dict[str, NearDuplicate]:
    """For each document (id, text) that has one, the most similar document before it."""
    index = NearDuplicateIndex(threshold)
    nearest: dict[str, NearDuplicate] = {}
    for document_id, text in documents:
        marks = fingerprint(text)
        if marks is None:
            continue
        if found := index.find(marks, but=document_id):
            nearest[document_id] = found[0]
        index.add(document_id, marks)
    return nearest


def _band_keys(marks: Fingerprint) -> list[tuple[int, bytes]]:
    return [(band, marks[band * _ROWS : (band + 1) * _ROWS].tobytes()) for band in range(_BANDS)]
