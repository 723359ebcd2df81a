"""How much a text weighs as an attack: logistic regressions over hashed pieces of its wording.

Three small models share one way of reading: ``harm`` (a request to harm patients or to deceive in
medicine), ``attack`` (crime, hate, roles without rules, matters of no hospital) and ``order`` (a
sentence in a document that speaks to the machine that reads it). Weights are one signed byte a
hashed piece: no wording can be read out of them. Trained by ``tools/train_guard.py``.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

HEADS: Final = ("harm", "attack", "order")
SIZE: Final = 1 << 17
"""Pieces are hashed into this many places."""
ARTEFACT: Final = "guard_weights.npz"

_CHARACTERS: Final = 4000
"""What is longer is read in parts by the caller; this bounds one reading."""
_WORD = re.compile(r"[a-z']+|[0-9]+|[\u3400-\u9fff]")
_FACTOR = np.uint32(2654435761)

Places = NDArray[np.uint32]


def pieces(text: str) -> Places:
    """The places of a text's pieces: runs of characters, words, pairs and near pairs of words.

    Each place once, sorted; empty for a text without letters.
    """
    plain = unicodedata.normalize("NFKC", text[:_CHARACTERS]).lower()
    words = _WORD.findall(plain)
    if not words:
        return np.zeros(0, np.uint32)
    found = [_word_places(words)]
    joined = " " + " ".join(words) + " "
    found.extend(_character_places(joined))
    places = np.sort(np.concatenate(found) % np.uint32(SIZE))
    # Several times as fast as ``np.unique``, which hashes.
    return places[np.concatenate(([True], places[1:] != places[:-1]))]


def _word_places(words: list[str]) -> Places:
    codes = np.array([crc32(word.encode()) for word in words], np.uint32)
    parts = [codes]
    for distance, salt in ((1, 77), (2, 131), (3, 197)):
        if len(codes) > distance:
            first = codes[:-distance] * _FACTOR
            parts.append((first ^ (codes[distance:] + np.uint32(salt))) * _FACTOR)
    if len(codes) > 2:
        three = (codes[:-2] * _FACTOR ^ codes[1:-1]) * _FACTOR ^ codes[2:]
        parts.append(three * _FACTOR + np.uint32(389))
    return _mixed(np.concatenate(parts))


def _character_places(joined: str) -> list[Places]:
    codes = np.frombuffer(joined.encode("utf-32-le"), np.uint32)
    places = []
    running = codes * _FACTOR
    for length in (2, 3, 4, 5):
        if len(codes) < length:
            break
        running = (running[: len(codes) - length + 1] ^ codes[length - 1 :]) * _FACTOR
        if length > 2:
            places.append(_mixed(running + np.uint32(length)))
    return places


def _mixed(codes: Places) -> Places:
    mixed = codes ^ (codes >> np.uint32(15))
    mixed = mixed * np.uint32(2246822519)
    result: Places = mixed ^ (mixed >> np.uint32(13))
    return result


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned: ``places`` (heads, SIZE) of signed bytes, a scale and a base a head."""

    places: NDArray[np.int8]
    scales: NDArray[np.float64]
    bases: NDArray[np.float64]

    def score(self, found: Places) -> tuple[float, ...]:
        """The weight of each head, 0 to 1, in the order of ``HEADS``; 0.0 for an empty text."""
        if not len(found):
            return (0.0,) * len(HEADS)
        sums = self.places[:, found].sum(axis=1, dtype=np.int64) * self.scales
        logits = sums / np.sqrt(len(found)) + self.bases
        return tuple(float(p) for p in 1.0 / (1.0 + np.exp(-np.clip(logits, -40, 40))))


@cache
def shipped_weights() -> Weights:
    """The weights that come with the program."""
    content = files("suwen.control.guardrails").joinpath(ARTEFACT).read_bytes()
    with np.load(BytesIO(content), allow_pickle=False) as arrays:
        return Weights(arrays["places"], arrays["scales"], arrays["bases"])


def weigh(text: str) -> dict[str, float]:
    """The weight of a text for each head, 0 to 1."""
    return dict(zip(HEADS, shipped_weights().score(pieces(text)), strict=True))
