"""The results of a run as they were kept, and the suite that it was run with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from suwen.core.language import Bilingual
from suwen.evaluation.inspecting.wire import result_of_json
from suwen.evaluation.suites.model import (
    Case,
    CaseResult,
    Decoding,
    Scorer,
    Suite,
    Threshold,
)
from suwen.storage.evaluations import EvaluationRun, EvaluationStore


class RunResults:
    """Reads what became of the cases of a run."""

    def __init__(self, store: EvaluationStore) -> None:
        self._store = store

    async def of(self, run: EvaluationRun) -> list[CaseResult]:
        """The results so far, in the order of the cases."""
        return [
            result_of_json(one.result, Case.of(one.content))
            for one in await self._store.cases(run.id)
            if one.result is not None
        ]


def suite_record(suite: Suite) -> dict[str, Any]:
    """Everything of a suite but its cases, as it is kept with a run."""
    return {
        "title": {"zh": suite.title.zh, "en": suite.title.en},
        "uncovered": {"zh": suite.uncovered.zh, "en": suite.uncovered.en},
        "kind": suite.kind,
        "scorer": suite.scorer.value,
        "thresholds": [asdict(one) for one in suite.thresholds],
        "decoding": asdict(suite.decoding),
        "public": suite.public,
        "data_class": suite.data_class,
        "fewest": suite.fewest,
    }


def recorded_suite(run: EvaluationRun) -> Suite:
    """The suite of a run, without its cases."""
    kept: Mapping[str, Any] = run.recorded["suite"]
    return Suite(
        id=run.suite,
        title=Bilingual(**kept["title"]),
        uncovered=Bilingual(**kept["uncovered"]),
        kind=kept["kind"],
        scorer=Scorer(kept["scorer"]),
        cases=(),
        thresholds=tuple(Threshold(**one) for one in kept["thresholds"]),
        decoding=Decoding(**kept["decoding"]),
        public=kept["public"],
        data_class=kept["data_class"],
        fewest=kept["fewest"],
        app=run.app,
    )
