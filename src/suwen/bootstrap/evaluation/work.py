"""The work of an evaluation: batch by batch the cases of all its engines, one result for each.

The cases' own rows are the truth: what has a result is never asked again, so that a worker that
dies, or two that meet, leave neither a gap nor a double.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.evaluation.asking import PASSING, asking_application, asking_engines
from suwen.bootstrap.evaluation.gate_section import gate_of
from suwen.bootstrap.evaluation.recording import record_gates
from suwen.bootstrap.evaluation.results import RunResults, recorded_suite
from suwen.bootstrap.platform import Platform
from suwen.control.governance.model_parts import endpoint_fingerprint
from suwen.core.errors import ConflictError, NotFoundError, UnavailableError
from suwen.core.faults import fault_point
from suwen.core.identity import AppId, Principal
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.evaluation.figures import Figure, count
from suwen.evaluation.inspecting.process import InspectProcess
from suwen.evaluation.inspecting.wire import Ask, TaskOrder, result_as_json
from suwen.evaluation.model_part import judge_of
from suwen.evaluation.suites.model import Case, CaseResult, Scored
from suwen.evaluation.suites.summary import summarise
from suwen.jobs.model import Batch, Cursor, JobContext
from suwen.storage.evaluations import EvaluationRun, EvaluationStore, KeptCase, KeptResult

CASES_AT_ONCE: Final = 24
"""Of each engine, in one batch: what a killed worker asks again."""

GIVES_UP_AFTER: Final = 3
"""How many processes may die over one case of each engine alone until it is left out."""

MOST_TRIES: Final = 4
"""How often a case may meet something passing until that is its result."""

Evaluate = Callable[[Sequence[TaskOrder], Ask], Awaitable[dict[str, list[CaseResult]]]]
"""Puts every case to its engine and scores it; results by run."""

_WORKING: Final = Bilingual(zh="评测中", en="Evaluating")


class EvaluationWork:
    """Does the batches of evaluations.

    Args:
        evaluate: runs the tasks; ``None`` for a process of its own, which lives as long as the
            job is worked on here.
    """

    def __init__(
        self, platform: Platform, store: EvaluationStore, evaluate: Evaluate | None = None
    ) -> None:
        self._platform = platform
        self._store = store
        self._evaluate = evaluate

    async def __call__(self, context: JobContext, cursor: Cursor | None) -> Batch:
        """Asks the next cases of every engine; a batch without any sums up and ends the job."""
        runs = await self._store.of_batch(str(context.arguments["batch"]))
        going = [run for run in runs if run.ended_at is None]
        waiting = {run.id: await self._store.waiting(run.id, context.most_items) for run in going}
        total = sum(run.total for run in runs)
        if not any(waiting.values()):
            for run in going:
                await self._end(run, context.started_by)
            return Batch(None, total=total, result={"runs": [run.id for run in runs]})
        if context.deaths_alone >= GIVES_UP_AFTER:
            await self._leave_out(waiting)
            return Batch({"batch": 1}, done=1, total=total)
        going = [run for run in going if waiting[run.id]]
        kept = await self._ask(context, going, waiting)
        fault_point("evaluation.after_kept")
        return Batch({"batch": 1}, done=kept, total=total, message=_WORKING)

    async def _ask(
        self,
        context: JobContext,
        runs: Sequence[EvaluationRun],
        waiting: Mapping[str, Sequence[KeptCase]],
    ) -> int:
        """Puts waiting cases to their engines and keeps what came of it; how many."""
        endpoints = {
            run.endpoint: await self._engine(run.endpoint, run.fingerprint) for run in runs
        }
        judge = runs[0].recorded.get("judge")
        if judge is not None:
            await self._engine(judge["endpoint"], judge["fingerprint"])
        orders = [_order(run, waiting[run.id], endpoints[run.endpoint]) for run in runs]
        evaluate = self._evaluate or self._process(context).evaluate
        ask = self._asking(runs[0], endpoints, context.started_by)
        results = await evaluate(orders, ask)
        fault_point("evaluation.before_kept")
        kept, passing = 0, False
        for run in runs:
            places = {Case.of(one.content).id: one for one in waiting[run.id]}
            final: list[KeptResult] = []
            again: list[int] = []
            for result in results[run.id]:
                place = places[result.case.id]
                if result.error in PASSING and place.tries + 1 < MOST_TRIES:
                    again.append(place.ordinal)
                    passing = True
                else:
                    final.append(_kept(place.ordinal, result))
            kept += await self._store.keep(run.id, final, self._platform.clock.now())
            if again:
                await self._store.tried(run.id, again)
        if passing and not kept:
            raise _engines_away()
        return kept

    async def _engine(self, name: str, fingerprint: str) -> Endpoint:
        """An engine, if it still is the one that the run was started with.

        Raises:
            ConflictError: ``engine_changed``.
        """
        try:
            endpoint = await self._platform.endpoints.read(name)
        except NotFoundError:
            raise _engine_changed(name) from None
        if endpoint_fingerprint(endpoint) != fingerprint:
            raise _engine_changed(name)
        await self._platform.models.put(endpoint)
        return endpoint

    def _asking(
        self, run: EvaluationRun, endpoints: Mapping[str, Endpoint], acting: Principal
    ) -> Ask:
        if run.app is None:
            return asking_engines(self._platform)
        app = AppId(run.app)
        judge = judge_of(gate_of(self._platform.applications[app].folder))
        return asking_application(self._platform, app, endpoints, judge, acting)

    def _process(self, context: JobContext) -> InspectProcess:
        known = context.memory.values.get("process")
        if not isinstance(known, InspectProcess):
            known = InspectProcess(self._platform.settings.run_folder)
            context.memory.values["process"] = known
            context.memory.closing.callback(known.close)
        return known

    async def _leave_out(self, waiting: Mapping[str, Sequence[KeptCase]]) -> None:
        """Gives the case over which processes died the result that it could not be asked."""
        run, cases = next((run, cases) for run, cases in waiting.items() if cases)
        reason = "kills_its_worker"
        lost = CaseResult(Case.of(cases[0].content), Scored(None, reason), error=reason)
        kept = _kept(cases[0].ordinal, lost)
        await self._store.keep(run, [kept], self._platform.clock.now())

    async def _end(self, run: EvaluationRun, acting: Principal) -> None:
        """Sums a run up, keeps that, and tells the gates that name the suite."""
        platform = self._platform
        suite = recorded_suite(run)
        results = await RunResults(self._store).of(run)
        # Beside the event loop: resampling many answers takes longer than a sign of life may.
        summed = await asyncio.to_thread(summarise, suite, results)
        summary = _with_price(summed, run.recorded.get("price"))
        passed = bool(summary["passed"])
        act = act_of(
            acting, "evaluation.end", app=run.app, subject=f"Evaluation/{run.id}", suite=run.suite
        )
        async with audited(platform.audit, act) as said:
            said.update(passed=passed, cases=len(results), endpoint=run.endpoint)
            # Told to the gates first: a process that dies in between tells them again.
            said["gates"] = await record_gates(platform, run, summary, acting)
            await self._store.end(run.id, passed, summary, platform.clock.now())


def _order(run: EvaluationRun, cases: Sequence[KeptCase], endpoint: Endpoint) -> TaskOrder:
    suite = recorded_suite(run)
    judge = run.recorded.get("judge")
    return TaskOrder(
        run=run.id,
        name=suite.id,
        engine=run.endpoint,
        scorer=suite.scorer,
        decoding=suite.decoding,
        cases=[Case.of(one.content) for one in cases],
        judge=None if judge is None else str(judge["endpoint"]),
        at_once=endpoint.max_concurrent,
    )


def _kept(ordinal: int, result: CaseResult) -> KeptResult:
    told = result_as_json(result)
    if result.error is not None:
        return KeptResult(ordinal, "failed", None, result.error, told)
    status = "unscored" if result.scored.value is None else "scored"
    return KeptResult(ordinal, status, result.scored.value, result.scored.reason, told)


def _with_price(summary: dict[str, Any], price: Mapping[str, Any] | None) -> dict[str, Any]:
    """Adds what a thousand cases cost, where the hospital stated its price of tokens."""
    if price is None:
        return summary
    found = {f["name"]: f for f in summary["figures"] if f["part"] is None}
    tokens = [found[name]["value"] for name in _TOKENS]
    if None in tokens:
        return summary
    cost = (tokens[0] * price["input"] + tokens[1] * price["output"]) / 1000
    figure: Figure = count("cost_of_1000_cases", cost, summary["cases"])
    return {**summary, "figures": [*summary["figures"], figure.as_json()]}


_TOKENS: Final = ("input_tokens_per_case", "output_tokens_per_case")


def _engines_away() -> UnavailableError:
    return UnavailableError(
        "engines_away",
        Bilingual(
            zh="模型服务暂时没有应答，稍后自动再试。",
            en="The model server does not answer just now; it is tried again.",
        ),
    )


def _engine_changed(name: str) -> ConflictError:
    return ConflictError(
        "engine_changed",
        Bilingual(
            zh=f"模型服务“{name}”在评测期间被更换或移除，评测停止。请重新评测。",
            en=f"The endpoint '{name}' was changed or removed during the evaluation, which "
            "stopped. Evaluate it anew.",
        ),
        field="endpoint",
    )
