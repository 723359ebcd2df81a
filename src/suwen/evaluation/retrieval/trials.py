"""Questions asked of a trial site in three ways: with their answer there, with it withheld, and
questions about something else altogether."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from suwen.core.knowledge import Embedder
from suwen.evaluation.retrieval.sets import Question
from suwen.evaluation.retrieval.trial_site import TrialSite
from suwen.knowledge.retrieval.confidence import Signs

TOP: Final = 10


class Kind(StrEnum):
    """What is true of a question."""

    ANSWERED = "answered"
    WITHHELD = "withheld"
    OFF_TOPIC = "off_topic"


@dataclass(frozen=True, slots=True)
class Trial:
    """One question as it was asked.

    Attributes:
        place: of the first right document among those found, from 0; absent where none of the
            first ten is.
        signs: absent where nothing was found.
        passages_right: for each passage that was judged, in order, whether it is of a right
            document.
    """

    kind: Kind
    half: int
    place: int | None
    signs: Signs | None
    passages_right: tuple[bool, ...]
    confidence: float


def ask_all(
    site: TrialSite,
    questions: Sequence[Question],
    off_topic: Sequence[Question],
    by_meaning: bool = True,
) -> Iterator[Trial]:
    """Every question with its answer there and withheld, and every off-topic one.

    Args:
        by_meaning: ``False`` for words alone.
    """
    for question in questions:
        yield _trial(site, question, Kind.ANSWERED, by_meaning)
        yield _trial(site, question, Kind.WITHHELD, by_meaning)
    for question in off_topic:
        yield _trial(site, question, Kind.OFF_TOPIC, by_meaning)


def _trial(site: TrialSite, question: Question, kind: Kind, by_meaning: bool) -> Trial:
    hidden = question.right if kind is Kind.WITHHELD else frozenset[str]()
    found = site.judge(question.text, hidden, by_meaning)
    documents = site.documents_of(found.fused)[:TOP]
    right = [name in question.right for name in documents]
    signs = found.signs
    judged = [row for row in found.fused if signs is not None and row in signs.passages]
    return Trial(
        kind=kind,
        half=question.half,
        place=right.index(True) if True in right else None,
        signs=signs,
        passages_right=tuple(site.edition.place(r).document in question.right for r in judged),
        confidence=found.confidence,
    )


@cache
def off_topic_questions() -> tuple[Question, ...]:
    """Our own questions about everything but medicine, in both languages."""
    asked = _plain_life()["off_topic"]
    return tuple(
        Question(f"{language}-{number}", text, frozenset())
        for language in ("zh", "en")
        for number, text in enumerate(asked[language])
    )


def background(embedder: Embedder) -> NDArray[np.float32]:
    """Mean vector of ordinary sentences about anything, in both languages."""
    sentences = _plain_life()["ordinary"]
    vectors = embedder.embed_passages([*sentences["zh"], *sentences["en"]])
    mean: NDArray[np.float32] = np.asarray(vectors, np.float32).mean(axis=0)
    return mean


@cache
def _plain_life() -> dict[str, dict[str, list[str]]]:
    text = files("suwen.evaluation.retrieval").joinpath("plain_life.json").read_text("utf-8")
    found: dict[str, dict[str, list[str]]] = json.loads(text)
    return found
