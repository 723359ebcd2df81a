"""How likely it is that what was found answers the question; by it a library abstains.

No raw cosine decides: texts about nothing in common reach 0.86 with the bundled model. What counts
is how far the best passage stands above ordinary sentences about anything (its lift) and above the
passages behind it (its spread), how much of the question it holds, whether words and meaning
agree, and how much of the question names a thing of the clinical tables: a question of one or two
words is near to nothing, whatever it names. Two logistic regressions weigh that: one says whether
the library treats of such things at all, the other whether the answer is among what was found.
Their coefficients, and the mean vector of the ordinary sentences, are in ``calibration.json``;
``suwen evaluate retrieval --calibrate`` makes that file anew.

Every sign is taken from the question and from readable passages alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, log1p
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from suwen.knowledge.edition.terms import TermTable
from suwen.knowledge.retrieval.backend import Hit
from suwen.knowledge.retrieval.bm25 import idf
from suwen.knowledge.retrieval.expansion.weights import OtherTerms
from suwen.knowledge.retrieval.readable import ReadableRows

ANSWER_FROM: Final = 0.1
"""Confidence from which an application answers: of off-topic questions at most 2 % reach it."""
JUDGED: Final = 50
"""Passages of the fused order that get a confidence of their own."""
MOST_NAMED: Final = 0.3
"""A greater share of names says no more; few questions of the calibration have one."""
_TENTH: Final = 9
_NOT_FOUND: Final = 50
_BEST: Final = 3

Values = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the index saw it.

    Attributes:
        terms: of the question itself, with their weights.
        others: terms that say the same as some of these.
        named: share of it, 0 to 1, that names a thing of the clinical tables.
        vector: absent where only words were looked up.
        embedding: key of the edition's embedding model, absent in a lexical edition.
    """

    terms: Mapping[int, float]
    others: Sequence[OtherTerms]
    named: float
    vector: Sequence[float] | None
    embedding: str | None


@dataclass(frozen=True, slots=True)
class Signs:
    """What a search showed, as numbers that are weighed.

    Attributes:
        topic: whether the library treats of it.
        answer: whether the answer is among what was found.
        passages: the same for each passage, by row.
        by_meaning: whether vectors were compared; the numbers of words alone are other ones.
    """

    topic: Values
    answer: Values
    passages: Mapping[int, Values]
    by_meaning: bool


@dataclass(frozen=True, slots=True)
class Weighing:
    """Coefficients of one way to search; the first of each is the intercept.

    Attributes:
        background: mean vector of ordinary sentences; absent where only words are looked up.
    """

    topic: Values
    answer: Values
    passage: Values
    background: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """The weighings by embedding model, and the one for words alone.

    Attributes:
        fitted: the day, as ISO 8601.
        data: on which questions.
    """

    fitted: str
    data: str
    by_words: Weighing
    by_embedding: Mapping[str, Weighing]


@dataclass(frozen=True, slots=True)
class Confidence:
    """Calibrated probabilities, 0 to 1.

    Attributes:
        answer: that the passages answer the question.
        passages: that this passage does, by row; the best one has that of the answer.
    """

    answer: float
    passages: Mapping[int, float]


@cache
def calibration() -> Calibration:
    """The calibration that is installed."""
    text = files("suwen.knowledge.retrieval").joinpath("calibration.json").read_text("utf-8")
    return read_calibration(json.loads(text))


def read_calibration(raw: Mapping[str, Any]) -> Calibration:
    """The calibration of a file."""
    return Calibration(
        raw["fitted"],
        raw["data"],
        _weighing(raw["words"]),
        {key: _weighing(row) for key, row in raw["embeddings"].items()},
    )


def judge(
    asked: Asked,
    legs: Mapping[str, Sequence[Hit]],
    order: Sequence[int],
    table: TermTable,
    readable: ReadableRows,
) -> Confidence:
    """How likely the passages of ``order``, best first, answer the question."""
    return weigh(asked, read_signs(asked, legs, order, table, readable))


def weigh(asked: Asked, signs: Signs | None) -> Confidence:
    """How sure these signs make; where nothing was found, not at all."""
    if signs is None:
        return Confidence(0.0, {})
    known = calibration()
    weighing = _weighing_for(asked, known) if signs.by_meaning else known.by_words
    answer = _probability(weighing.topic, signs.topic) * _probability(weighing.answer, signs.answer)
    each = {row: _probability(weighing.passage, s) for row, s in signs.passages.items()}
    best = max(each.values(), default=0.0)
    return Confidence(answer, {row: answer * p / best for row, p in each.items()} if best else {})


def read_signs(
    asked: Asked,
    legs: Mapping[str, Sequence[Hit]],
    order: Sequence[int],
    table: TermTable,
    readable: ReadableRows,
    background: NDArray[np.float32] | None = None,
) -> Signs | None:
    """The signs of a search; ``None`` when nothing was found.

    Args:
        background: absent for that of the installed calibration.
    """
    rows = list(order[:JUDGED])
    if not rows:
        return None
    if background is None:
        background = _weighing_for(asked, calibration()).background
    held = _Held(asked, table, readable)
    if background is None or asked.vector is None or not legs.get("dense"):
        return _signs_of_words(held, legs.get("lexical", ()), rows)
    usual = float(np.asarray(asked.vector, np.float32) @ background)
    return _signs_of_meaning(held, legs, rows, usual)


def _weighing_for(asked: Asked, known: Calibration) -> Weighing:
    """The weighing of the way in which the question was looked up."""
    if asked.vector is None or asked.embedding is None:
        return known.by_words
    return known.by_embedding.get(asked.embedding, known.by_words)


def _signs_of_meaning(
    held: _Held, legs: Mapping[str, Sequence[Hit]], rows: list[int], usual: float
) -> Signs:
    dense = {hit.row: place for place, hit in enumerate(legs["dense"])}
    lexical = {hit.row: place for place, hit in enumerate(legs.get("lexical", ()))}
    scores = [hit.score for hit in legs["dense"]]
    tenth = scores[min(_TENTH, len(scores) - 1)]
    shares = held.shares(rows)

    def values(row: int, score: float, share: float) -> Values:
        return (
            score - usual,
            share,
            score - tenth,
            -log1p(dense.get(row, _NOT_FOUND)) / 4,
            -log1p(lexical.get(row, _NOT_FOUND)) / 4,
        )

    passages = {
        row: values(row, scores[dense[row]] if row in dense else scores[-1], share)
        for row, share in zip(rows, shares, strict=True)
    }
    answer = values(rows[0], scores[0], max(shares[:_BEST]))
    return Signs((scores[0] - usual, held.named), answer, passages, by_meaning=True)


def _signs_of_words(held: _Held, lexical: Sequence[Hit], rows: list[int]) -> Signs | None:
    if not lexical or not held.mass:
        return None
    scores = {hit.row: hit.score for hit in lexical}
    first, tenth = lexical[0].score, lexical[min(_TENTH, len(lexical) - 1)].score
    # In words that stand in one passage only, so that a large collection does not seem surer.
    unit = held.rarest
    shares = held.shares([lexical[0].row, *rows])

    def values(score: float, share: float) -> Values:
        return (share, score / held.mass, (score - tenth) / first, log1p(score / unit))

    passages = {
        row: values(scores.get(row, lexical[-1].score), share)
        for row, share in zip(rows, shares[1:], strict=True)
    }
    topic = (held.known, log1p(first / unit))
    return Signs(topic, values(first, shares[0]), passages, by_meaning=False)


class _Held:
    """How much of the question readable passages hold, in whatever wording, a rare word counting
    more."""

    def __init__(self, asked: Asked, table: TermTable, readable: ReadableRows) -> None:
        self._table = table
        self.named = min(asked.named, MOST_NAMED)
        terms = [*asked.terms, *(t for other in asked.others for t in other.terms)]
        self._place = {term: place for place, term in enumerate(dict.fromkeys(terms))}
        self._spans = table.look_up(list(self._place)) if self._place else []
        self._others = [
            (self._places(other.said & asked.terms.keys()), self._places(other.terms))
            for other in asked.others
        ]
        own = len(asked.terms)
        counts = np.array([_readable(table, span, readable) for span in self._spans], np.int64)
        weights = np.fromiter(asked.terms.values(), np.float64, own)
        self._worth = weights * idf(readable.count, counts[:own])
        self.mass = float(self._worth.sum())
        self.rarest = float(idf(readable.count, np.array([1]))[0])
        there = self._in_any_wording((counts > 0)[:, None])[:, 0]
        self.known = float(self._worth[there].sum()) / self.mass if self.mass else 0.0

    def shares(self, rows: Sequence[int]) -> list[float]:
        """For each passage the share of the question that it holds, 0 to 1."""
        wanted = np.asarray(rows, np.uint32)
        holds = np.zeros((len(self._spans), len(rows)), np.bool_)
        for place, (first, after) in enumerate(self._spans):
            postings = self._table.rows[first:after]
            if len(postings):
                found = np.minimum(np.searchsorted(postings, wanted), len(postings) - 1)
                holds[place] = postings[found] == wanted
        # Added up one passage at a time, so that a passage's share depends on no other passage.
        own = self._in_any_wording(holds)
        return [
            float(self._worth[own[:, at]].sum()) / self.mass if self.mass else 0.0
            for at in range(len(rows))
        ]

    def _in_any_wording(self, holds: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which terms of the question are held, as they were asked or by others of their thing."""
        own = holds[: len(self._worth)].copy()
        for said, others in self._others:
            own[said] |= holds[others].all(axis=0)
        return own

    def _places(self, terms: Iterable[int]) -> list[int]:
        return [self._place[term] for term in terms if term in self._place]


def _readable(table: TermTable, span: tuple[int, int], readable: ReadableRows) -> int:
    first, after = span
    if readable.everything:
        return after - first
    return int(np.count_nonzero(readable.mask[table.rows[first:after]]))


def _probability(coefficients: Values, signs: Values) -> float:
    odds = coefficients[0] + sum(c * s for c, s in zip(coefficients[1:], signs, strict=True))
    return 1 / (1 + exp(-max(-60.0, min(60.0, odds))))


def _weighing(raw: Mapping[str, Any]) -> Weighing:
    background = raw.get("background")
    return Weighing(
        tuple(raw["topic"]),
        tuple(raw["answer"]),
        tuple(raw["passage"]),
        None if background is None else np.asarray(background, np.float32),
    )
