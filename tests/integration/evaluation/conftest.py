"""A platform with jobs and with engines that answer as a script says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from suwen.bootstrap.evaluation.desk import EvaluationDesk, EvaluationOptions
from suwen.bootstrap.evaluation.work import EvaluationWork
from suwen.bootstrap.job_kinds import evaluation_kind
from suwen.bootstrap.platform import Platform, platform_on
from suwen.bootstrap.settings import read_settings
from suwen.core.identity import Channel, Principal, PrincipalId, Purpose, Role
from suwen.evaluation.inspecting.wire import Ask, EngineQuestion, TaskOrder
from suwen.evaluation.suites.making import judge_turns
from suwen.evaluation.suites.model import Case, CaseResult, Scored, Scorer
from suwen.evaluation.suites.reading import SuiteChoice
from suwen.evaluation.suites.scorers import score
from suwen.inference.scripted import Respond, ScriptedEngine
from suwen.jobs.model import JobFilter
from suwen.storage.evaluations import EvaluationRun
from suwen.storage.urls import DatabaseUrls
from tests.support.jobs import Jobs, jobs

__all__ = ["jobs"]

COMPLIANCE = Principal(
    id=PrincipalId("compliance.he"),
    name="何合规",
    roles=frozenset({Role.COMPLIANCE_OFFICER}),
    departments=frozenset(),
    purpose=Purpose.OPERATIONS,
    channel=Channel.WEB,
)


@dataclass
class EvaluationSite:
    """A platform, its desk of evaluations, the jobs underneath, and engines by name."""

    platform: Platform
    desk: EvaluationDesk
    jobs: Jobs
    engines: dict[str, ScriptedEngine] = field(default_factory=dict)

    async def engine(self, name: str, respond: Respond) -> ScriptedEngine:
        """An engine that is listening and known to the platform."""
        engine = ScriptedEngine(respond, tokeniser=None)
        await engine.start()
        self.engines[name] = engine
        endpoint = engine.endpoint(name)
        await self.platform.models.put(endpoint)
        await self.platform.endpoints.put(endpoint)
        return engine

    async def evaluate(
        self, suite: str, *engines: str, seed: int = 0, apart: bool = False, **options: Any
    ) -> list[EvaluationRun]:
        """A suite put to engines, to its end."""
        wanted = EvaluationOptions(choice=SuiteChoice(seed=seed), **options)
        runs = await self.desk.start(suite, engines, wanted, COMPLIANCE)
        await self.finish(apart=apart)
        return [await self.desk.store.read(run.id) for run in runs]

    async def finish(self, *, apart: bool = False) -> None:
        """Works on everything that waits.

        Args:
            apart: in the evaluating process, as on a site, which takes seconds to start.
        """
        kind = evaluation_kind(self.platform)
        if not apart:
            work = EvaluationWork(self.platform, self.desk.store, straight)
            kind = replace(kind, work=work)
        async with self.jobs.working(kind):
            for job in await self.jobs.desk.list(JobFilter(("evaluation",), unfinished=True)):
                ended = await self.jobs.until(job.id, "done", "failed", limit_s=60)
                assert ended.state == "done", ended.problem


async def straight(orders: Sequence[TaskOrder], ask: Ask) -> dict[str, list[CaseResult]]:
    """What the evaluating process does, without it: test_process holds the two together."""

    async def one(order: TaskOrder, case: Case) -> CaseResult:
        decoding = order.decoding
        answer = await ask(
            EngineQuestion(
                order.engine,
                case.turns,
                decoding.temperature,
                decoding.max_output_tokens,
                case.seed + decoding.seed,
            )
        )
        if answer.failure is not None:
            return CaseResult(case, Scored(None, answer.failure), error=answer.failure)
        output = answer.text
        if order.scorer is Scorer.JUDGED:
            turns = judge_turns(case.target["question"], case.target["reference"], output)
            output = (await ask(EngineQuestion(str(order.judge), turns, 0.0, 16, 0))).text
        scored = score(order.scorer, case, output)
        timing = (answer.first_ms, answer.total_ms, answer.input_tokens, answer.output_tokens)
        return CaseResult(case, scored, answer.text, None, *timing)

    return {
        order.run: list(await asyncio.gather(*(one(order, case) for case in order.cases)))
        for order in orders
    }


@pytest.fixture
async def site(
    fresh_database_urls: DatabaseUrls,
    jobs: Jobs,
    tmp_path: Path,
) -> AsyncIterator[EvaluationSite]:
    """A site without records."""
    environment = {
        "SUWEN_HOME": str(tmp_path / "home"),
        "SUWEN_AUDIT_ANCHOR": str(tmp_path / "anchor.jsonl"),
    }
    urls = replace(fresh_database_urls, jobs=jobs.url)
    async with platform_on(read_settings(environment), urls) as platform:
        opened = EvaluationSite(platform, EvaluationDesk(platform), jobs)
        yield opened
        for engine in opened.engines.values():
            await engine.stop()


Figures = dict[str, dict[str, Any]]


def figures_of(run: EvaluationRun) -> Figures:
    """The figures of a run over all its cases, by name."""
    assert run.summary is not None
    return {f["name"]: f for f in run.summary["figures"] if f["part"] is None}
