"""Suites in the grammar of inspect-ai: dataset, solver, scorer and log.

Imported only in the evaluating process: inspect-ai and what it brings take seconds to load.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import fsspec  # type: ignore[import-untyped]
from inspect_ai import Task, eval_async
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalSample
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    get_model,
    modelapi,
)
from inspect_ai.scorer import Score, Target, mean, scorer
from inspect_ai.solver import Generate, TaskState, solver
from inspect_ai.tool import ToolChoice, ToolInfo

from suwen.evaluation.inspecting.wire import Ask, EngineQuestion, TaskOrder
from suwen.evaluation.suites.making import judge_turns
from suwen.evaluation.suites.model import Case, CaseResult, Scored, Scorer
from suwen.evaluation.suites.scorers import score

_ROLES: Final = {
    "system": ChatMessageSystem,
    "user": ChatMessageUser,
    "assistant": ChatMessageAssistant,
}
_PROVIDER: Final = "suwen"
_SCORER: Final = "suwen"
_LOGS: Final = "memory://evaluations"
_JUDGE_TOKENS: Final = 16


class PlatformEngine(ModelAPI):
    """An endpoint of the hospital, asked by the platform on behalf of this process."""

    def __init__(self, model_name: str, ask: Ask, **more: Any) -> None:
        super().__init__(model_name, **more)
        self._ask = ask

    async def generate(
        self,
        input: list[ChatMessage],  # noqa: A002 - the name that inspect-ai calls it by
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        """The engine's answer; a failure is an output without text that names its code."""
        answer = await self._ask(
            EngineQuestion(
                engine=self.model_name,
                turns=tuple((message.role, message.text) for message in input),
                temperature=config.temperature or 0.0,
                max_output_tokens=config.max_tokens or 1,
                seed=config.seed or 0,
            )
        )
        output = ModelOutput.from_content(self.model_name, answer.text, error=answer.failure)
        output.usage = ModelUsage(
            input_tokens=answer.input_tokens or 0, output_tokens=answer.output_tokens or 0
        )
        output.metadata = {
            "first_ms": answer.first_ms,
            "total_ms": answer.total_ms,
            "input_tokens": answer.input_tokens,
            "output_tokens": answer.output_tokens,
        }
        return output


@modelapi(_PROVIDER)
def _platform_engine() -> type[ModelAPI]:
    return PlatformEngine


@solver
def put_to_engine() -> Any:
    """Asks the engine once, with the case's own seed."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        return await generate(state, seed=state.metadata["seed"])

    return solve


@scorer(metrics=[mean()], name=_SCORER)
def by_suite(order: str, scorer_name: str, ask: Ask, judge: str | None) -> Any:
    """Judges by the suite's scorer; what cannot be judged stays without a value."""
    cases = _CASES[order]

    async def judged(state: TaskState, target: Target) -> Score:
        case = cases[str(state.sample_id)]
        if state.output.error is not None:
            return Score.unscored(reason=state.output.error, metadata={"failure": True})
        output = state.output.completion
        if scorer_name == Scorer.JUDGED:
            output = await _verdict(case, output, ask, judge)
        found = score(Scorer(scorer_name), case, output)
        value = math.nan if found.value is None else found.value
        return Score(
            value=value,
            answer=found.answer,
            reason=found.reason,
            metadata={"figures": dict(found.figures)},
        )

    return judged


async def _verdict(case: Case, output: str, ask: Ask, judge: str | None) -> str:
    """What the judge says of an answer; nothing where there is none or it fails."""
    if judge is None or not output.strip():
        return ""
    turns = judge_turns(case.target["question"], case.target["reference"], output)
    return (await ask(EngineQuestion(judge, turns, 0.0, _JUDGE_TOKENS, 0))).text


_CASES: dict[str, dict[str, Case]] = {}


def _task(order: TaskOrder, ask: Ask) -> Task:
    _CASES[order.run] = {case.id: case for case in order.cases}
    samples = [
        Sample(
            id=case.id,
            input=[_ROLES[role](content=text) for role, text in case.turns],
            metadata={"seed": case.seed + order.decoding.seed},
        )
        for case in order.cases
    ]
    config = GenerateConfig(
        temperature=order.decoding.temperature,
        max_tokens=order.decoding.max_output_tokens,
        max_connections=order.at_once,
    )
    return Task(
        dataset=MemoryDataset(samples, name=order.name),
        solver=put_to_engine(),
        scorer=by_suite(order.run, order.scorer.value, ask, order.judge),
        model=get_model(f"{_PROVIDER}/{order.engine}", config=config, memoize=False, ask=ask),
        config=config,
        name=order.run,
    )


async def run_tasks(orders: Sequence[TaskOrder], ask: Ask) -> dict[str, list[CaseResult]]:
    """Every case of every order put to its engine and scored; results by run."""
    logs = await eval_async(
        [_task(order, ask) for order in orders],
        log_dir=_LOGS,
        log_format="json",
        log_level="error",
        log_realtime=False,
        # Off: it would open a socket of its own for control from outside.
        ctl_server=False,
        fail_on_error=False,
        max_tasks=len(orders),
        max_samples=max(order.at_once for order in orders),
    )
    by_run = {log.eval.task: log.samples or [] for log in logs}
    # The platform keeps the results; nothing of them stays in this process.
    fsspec.filesystem("memory").rm(_LOGS, recursive=True)
    found = {}
    for order in orders:
        cases = _CASES.pop(order.run)
        found[order.run] = [_result(cases[str(sample.id)], sample) for sample in by_run[order.run]]
    return found


def _result(case: Case, sample: EvalSample) -> CaseResult:
    scores = sample.scores or {}
    output, timing = sample.output, sample.output.metadata or {}
    told = scores.get(_SCORER)
    if told is None:
        return CaseResult(case, Scored(None, "scorer_failed"), error="scorer_failed")
    metadata = told.metadata or {}
    if metadata.get("failure"):
        return CaseResult(case, Scored(None, told.reason), error=told.reason)
    value = float(told.as_float())
    scored = Scored(
        None if math.isnan(value) else value, told.reason, told.answer, metadata["figures"]
    )
    return CaseResult(case, scored, output.completion, None, **timing)
