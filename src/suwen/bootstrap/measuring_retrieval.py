"""Measuring the search of the library on public question sets, and calibrating its confidence."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from suwen.core.knowledge import Embedder
from suwen.evaluation.retrieval.calibrating import calibration_file, fit_weighing
from suwen.evaluation.retrieval.report import (
    measure_abstention,
    measure_rewording,
    measure_set,
)
from suwen.evaluation.retrieval.sets import QuestionSet, read_set
from suwen.evaluation.retrieval.trial_site import Background, TrialSite, trial_site
from suwen.evaluation.retrieval.trials import Trial, ask_all, background, off_topic_questions
from suwen.evaluation.retrieval.vector_cache import VectorCache
from suwen.inference.embedding.local_model import LocalEmbedder
from suwen.knowledge.retrieval.confidence import calibration

_JUDGED: Final = 800
_REWORDED: Final = "toyhom titles"
# To answer what the library does not treat of is so much worse than not to answer what it does.
_OFF_TOPIC_WEIGHT: Final = 10.0
_MOST: Final[Mapping[str, int]] = {"bioasq": 4850, "pubmedqa": 500, "medquad": 1000}


@dataclass(frozen=True, slots=True)
class RetrievalMeasurement:
    """What is measured.

    Attributes:
        data: folder of the public evaluation sets.
        sets: names out of ``sets.SETS``.
        documents: most documents of a set.
        cache: where vectors are kept from run to run.
    """

    data: Path
    sets: Sequence[str]
    documents: int
    cache: Path


async def measure_retrieval(wanted: RetrievalMeasurement) -> dict[str, Any]:
    """The report of ``suwen evaluate retrieval``.

    Raises:
        NotFoundError: ``evaluation_set_missing``.
        InferenceError: when the embedding model does not work.
    """
    return await asyncio.to_thread(_measure, wanted)


async def calibrate_retrieval(wanted: RetrievalMeasurement) -> dict[str, Any]:
    """The content of ``calibration.json``, from the halves that are not reported.

    Raises:
        NotFoundError: ``evaluation_set_missing``.
        InferenceError: when the embedding model does not work.
    """
    return await asyncio.to_thread(_calibrate, wanted)


def _measure(wanted: RetrievalMeasurement) -> dict[str, Any]:
    embedder = VectorCache(LocalEmbedder(), wanted.cache)
    report: dict[str, Any] = {
        "on": datetime.now(UTC).date().isoformat(),
        "embedding": embedder.key,
        "calibration": f"{calibration().fitted} on {calibration().data}",
        "sets": {},
    }
    for name in wanted.sets:
        with _site(wanted, name, embedder) as (given, site):
            found = measure_set(given, site)
            found["abstention"] = measure_abstention(_trials(given, site))
            found["abstention_by_words"] = measure_abstention(_trials(given, site, False))
            if name == _REWORDED:
                found["rewording"] = measure_rewording(given, site)
        report["sets"][name] = found
    return report


def _calibrate(wanted: RetrievalMeasurement) -> dict[str, Any]:
    embedder = VectorCache(LocalEmbedder(), wanted.cache)
    by_meaning: dict[str, list[Trial]] = {}
    by_words: dict[str, list[Trial]] = {}
    for name in wanted.sets:
        with _site(wanted, name, embedder, background(embedder)) as (given, site):
            by_meaning[name] = _trials(given, site)
            by_words[name] = _trials(given, site, False)
    usual = [round(float(value), 5) for value in background(embedder)]
    weighing = fit_weighing(by_meaning, _OFF_TOPIC_WEIGHT) | {"background": usual}
    words = fit_weighing(by_words, _OFF_TOPIC_WEIGHT)
    data = f"the tuning halves of {', '.join(wanted.sets)} and of our own off-topic questions"
    return calibration_file(words, {embedder.key: weighing}, data, datetime.now(UTC).date())


@contextmanager
def _site(
    wanted: RetrievalMeasurement,
    name: str,
    embedder: Embedder,
    usual: Background | None = None,
) -> Iterator[tuple[QuestionSet, TrialSite]]:
    documents = min(wanted.documents, _MOST.get(name, wanted.documents))
    given = read_set(name, wanted.data, documents)
    with trial_site(given, embedder, usual) as site:
        yield given, site


def _trials(given: QuestionSet, site: TrialSite, by_meaning: bool = True) -> list[Trial]:
    questions = given.questions[:_JUDGED]
    return list(ask_all(site, questions, off_topic_questions(), by_meaning))
