"""What the platform and the evaluating process say to each other: one JSON object a line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from suwen.evaluation.suites.model import Case, CaseResult, Decoding, Scored, Scorer

MOST_LINE_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class EngineQuestion:
    """What an engine is asked.

    Attributes:
        engine: name of the endpoint.
    """

    engine: str
    turns: tuple[tuple[str, str], ...] = field(repr=False)
    temperature: float
    max_output_tokens: int
    seed: int


@dataclass(frozen=True, slots=True)
class EngineAnswer:
    """What came back.

    Attributes:
        failure: code where the engine gave no answer; ``None`` otherwise.
        first_ms, total_ms: to the first token and to the end.
    """

    text: str = field(default="", repr=False)
    failure: str | None = None
    first_ms: float | None = None
    total_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None


Ask = Callable[[EngineQuestion], Awaitable[EngineAnswer]]


@dataclass(frozen=True, slots=True)
class TaskOrder:
    """The cases that one engine is to be asked in one batch.

    Attributes:
        name: of the task; the suite's id.
        judge: endpoint that judges, where the scorer needs one.
        at_once: most cases under way.
    """

    run: str
    name: str
    engine: str
    scorer: Scorer
    decoding: Decoding
    cases: Sequence[Case] = field(repr=False)
    judge: str | None = None
    at_once: int = 4

    def as_json(self) -> dict[str, Any]:
        """For the wire."""
        return {**asdict(self), "cases": [case.as_json() for case in self.cases]}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> TaskOrder:
        """From the wire."""
        return cls(
            **{
                **told,
                "scorer": Scorer(told["scorer"]),
                "decoding": Decoding(**told["decoding"]),
                "cases": [Case.of(case) for case in told["cases"]],
            }
        )


def result_as_json(result: CaseResult) -> dict[str, Any]:
    """One result for the wire; the case by its id."""
    return {**asdict(result), "case": result.case.id}


def result_of_json(told: Mapping[str, Any], case: Case) -> CaseResult:
    """One result from the wire."""
    return CaseResult(**{**told, "case": case, "scored": Scored(**told["scored"])})
