"""The desk of evaluations: who may start, watch, read and compare them, and what the audit says."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.evaluation.judges import agreed_judge, judge_needed
from suwen.bootstrap.evaluation.results import RunResults, recorded_suite, suite_record
from suwen.bootstrap.evaluation.suites import ListedSuite, Suites, suite_hash_of
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.governance.model_parts import endpoint_fingerprint, engine_parts
from suwen.control.privacy.data_class import check_ceiling
from suwen.core.errors import GovernanceError, InputError
from suwen.core.identity import AppId, Principal, ReleaseHash
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.evaluation.suites.comparison import compare
from suwen.evaluation.suites.model import CaseResult, Scorer, Suite
from suwen.evaluation.suites.own_cases import read_cases, suite_as_json
from suwen.evaluation.suites.reading import SuiteChoice
from suwen.jobs.model import JobFilter, JobProgress, JobRequest, JobState
from suwen.storage.encryption import field_cipher
from suwen.storage.evaluations import EvaluationRun, EvaluationStore, OwnSuite

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

KIND: Final = "evaluation"
MOST_ENGINES: Final = 8
_MOST_JOBS: Final = 1000
_MOST_RUNS: Final = 1000


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """What is chosen for an evaluation.

    Attributes:
        judge: endpoint that judges, where the suite needs one.
        price_input, price_output: of a thousand tokens, in the hospital's own currency.
    """

    choice: SuiteChoice = field(default_factory=SuiteChoice)
    judge: str | None = None
    price_input: float | None = None
    price_output: float | None = None


@dataclass(frozen=True, slots=True)
class EvaluationProgress:
    """How far a run is.

    Attributes:
        job: the work behind it; ``None`` where it is no longer known.
    """

    run: EvaluationRun
    done: int
    job: JobProgress | None

    @property
    def state(self) -> str:
        """``done`` once the run has its summary, else the state of its work."""
        if self.run.ended_at is not None:
            return "done"
        return "waiting" if self.job is None else self.job.state.value


class EvaluationDesk:
    """Evaluations of a site.

    Whoever may see Releases sees the figures; whoever may manage them starts evaluations and
    reads the cases and answers themselves, which is audited.
    """

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.store = evaluation_store(platform)
        self.suites = Suites(platform, self.store)

    async def listed_suites(self, acting: Principal) -> list[ListedSuite]:
        """The suites that there are.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._require(acting, Action.READ_RELEASES)
        return await self.suites.listed()

    async def start(
        self,
        name: str,
        engines: Sequence[str],
        options: EvaluationOptions,
        acting: Principal,
    ) -> list[EvaluationRun]:
        """Takes an evaluation on: one run for each engine, all over the same cases.

        Raises:
            AccessError: for whoever may not manage Releases.
            NotFoundError: ``no_such_suite``, ``no_such_endpoint``, ``no_such_application``.
            InputError: ``engines_needed``, ``price_wrong``; as the suite's reading.
            PrivacyError: ``above_route_ceiling`` when a suite holds more than an engine may get.
            PreconditionError: ``judge_needed``, ``judge_not_measured``, ``judge_not_agreed``.
            ConfigurationError: ``jobs_not_configured``.
        """
        self._require(acting, Action.MANAGE_RELEASES)
        endpoints = await self._engines(engines)
        suite = await self.suites.read(name, options.choice)
        judge = await self._judge(suite, options.judge)
        for endpoint in endpoints:
            check_ceiling(suite.data_class, endpoint)
        self.platform.jobs.desk  # noqa: B018 - refuses before anything is kept
        runs = await self._runs(suite, endpoints, options, judge, acting)
        act = act_of(
            acting,
            "evaluation.start",
            app=suite.app,
            subject=f"Evaluation/{runs[0].batch}",
            suite=suite.id,
            endpoints=[one.name for one in endpoints],
            cases=len(suite.cases),
        )
        async with audited(self.platform.audit, act):
            await self.store.add(runs, [case.as_json() for case in suite.cases])
            await self._start_job(runs[0].batch, suite, acting)
        return runs

    async def progress(self, run: str, acting: Principal) -> EvaluationProgress:
        """How far a run is.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``no_such_evaluation``.
        """
        self._require(acting, Action.READ_RELEASES)
        found = await self.store.read(run)
        return (await self._with_progress([found]))[0]

    async def latest(self, acting: Principal, limit: int = 100) -> list[EvaluationProgress]:
        """The latest runs, newest first.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._require(acting, Action.READ_RELEASES)
        return await self._with_progress(await self.store.latest(limit))

    async def of_batch(self, batch: str, acting: Principal) -> list[EvaluationProgress]:
        """The runs that were started together; raises as ``latest``."""
        self._require(acting, Action.READ_RELEASES)
        return await self._with_progress(await self.store.of_batch(batch))

    async def resume(self, run: str, acting: Principal) -> str:
        """Lets the work behind a run go on where it stopped; the batch that the run is of.

        Raises:
            AccessError: for whoever may not manage Releases.
            NotFoundError: ``no_such_evaluation``.
        """
        self._require(acting, Action.MANAGE_RELEASES)
        [found] = await self._with_progress([await self.store.read(run)])
        if found.job is None and found.run.ended_at is None:
            suite = recorded_suite(found.run)
            await self._start_job(found.run.batch, suite, acting)
        elif found.job is not None and found.job.state in (JobState.FAILED, JobState.PAUSED):
            await self.platform.jobs.resume(found.job.id, acting)
        return found.run.batch

    async def results(self, run: str, acting: Principal) -> list[CaseResult]:
        """Cases and answers themselves; they may hold what the hospital put into its own cases.

        Raises:
            AccessError: for whoever may not manage Releases.
            NotFoundError: ``no_such_evaluation``.
        """
        self._require(acting, Action.MANAGE_RELEASES)
        found = await self.store.read(run)
        act = act_of(acting, "evaluation.read_cases", subject=f"Evaluation/{run}")
        async with audited(self.platform.audit, act):
            return await RunResults(self.store).of(found)

    async def compared(self, before: str, after: str, acting: Principal) -> dict[str, Any]:
        """How one run differs from another over the same cases; figures and ids of cases only.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``no_such_evaluation``.
            InputError: ``runs_not_comparable``.
        """
        self._require(acting, Action.READ_RELEASES)
        first, second = await self.store.read(before), await self.store.read(after)
        read = RunResults(self.store)
        figures = await asyncio.to_thread(compare, await read.of(first), await read.of(second))
        return {
            "before": {"run": first.id, "suite": first.suite, "endpoint": first.endpoint},
            "after": {"run": second.id, "suite": second.suite, "endpoint": second.endpoint},
            "pairs": figures,
        }

    async def import_cases(
        self, content: bytes, name: str, title: str, data_class: int, acting: Principal
    ) -> OwnSuite:
        """Keeps a sheet of the hospital's own cases as the next version of a suite.

        Raises:
            AccessError: for whoever may not manage Releases.
            CasesRefusedError: ``cases_refused`` with every wrong place.
            InputError: ``cases_unreadable``, ``suite_id_wrong``.
        """
        self._require(acting, Action.MANAGE_RELEASES)
        suite = await asyncio.to_thread(read_cases, content, name, title, data_class)
        known = await self.store.own_suite(suite.id)
        kept = OwnSuite(
            id=suite.id,
            version=1 if known is None else known.version + 1,
            title=title,
            cases=len(suite.cases),
            data_class=data_class,
            suite_hash=suite.hash,
            written_by=acting.id,
            written_at=self.platform.clock.now(),
            content=suite_as_json(suite),
        )
        act = act_of(
            acting,
            "evaluation.import",
            subject=f"Suite/{suite.id}",
            version=kept.version,
            cases=kept.cases,
            data_class=data_class,
        )
        async with audited(self.platform.audit, act):
            await self.store.put_suite(kept)
        return kept

    async def _engines(self, names: Sequence[str]) -> list[Endpoint]:
        wanted = list(dict.fromkeys(names))
        if not 1 <= len(wanted) <= MOST_ENGINES:
            raise InputError(
                "engines_needed",
                Bilingual(
                    zh=f"请选择 1 至 {MOST_ENGINES} 个模型服务。",
                    en=f"Choose 1 to {MOST_ENGINES} endpoints.",
                ),
                field="--endpoint",
            )
        from suwen.bootstrap.releases.opening import open_releases

        desk = open_releases(self.platform)
        return [await desk.engine(name) for name in wanted]

    async def _judge(self, suite: Suite, name: str | None) -> dict[str, Any] | None:
        if suite.scorer is not Scorer.JUDGED:
            return None
        if name is None:
            raise judge_needed()
        [endpoint] = await self._engines([name])
        check_ceiling(suite.data_class, endpoint)
        return agreed_judge(endpoint, await self.store.latest(_MOST_RUNS))

    async def _runs(
        self,
        suite: Suite,
        endpoints: Sequence[Endpoint],
        options: EvaluationOptions,
        judge: Mapping[str, Any] | None,
        acting: Principal,
    ) -> list[EvaluationRun]:
        batch, now = secrets.token_hex(8), self.platform.clock.now()
        release = await self._release(suite.app)
        choice = options.choice
        chosen = {"seed": choice.seed, "sample": choice.sample, "sets": list(choice.sets)}
        return [
            EvaluationRun(
                id=secrets.token_hex(8),
                batch=batch,
                suite=suite.id,
                suite_hash=suite_hash_of(suite, self.platform),
                cases_hash=suite.cases_hash,
                app=suite.app,
                release=release,
                endpoint=endpoint.name,
                fingerprint=endpoint_fingerprint(endpoint),
                recorded={
                    "suite": suite_record(suite),
                    "choice": chosen,
                    "engine": dict(engine_parts(endpoint)),
                    "judge": None if judge is None else dict(judge),
                    "price": _price(options),
                    "versions": {name: version(name) for name in ("suwen", "inspect-ai")},
                },
                total=len(suite.cases),
                started_by=acting.id,
                created_at=now,
            )
            for endpoint in endpoints
        ]

    async def _release(self, app: str | None) -> ReleaseHash | None:
        if app is None:
            return None
        release = await self.platform.releases.current(AppId(app))
        if release is None:
            raise GovernanceError(
                "release_not_approved", Bilingual(zh="没有生效的版本。", en="No Release is active.")
            )
        return release.hash

    async def _start_job(self, batch: str, suite: Suite, acting: Principal) -> None:
        request = JobRequest(
            KIND,
            Bilingual(zh=f"评测：{suite.title.zh}", en=f"Evaluation: {suite.title.en}"),
            {"batch": batch},
            background=True,
            unique=f"{KIND}:{batch}",
        )
        await self.platform.jobs.start(request, acting)

    async def _with_progress(self, runs: Sequence[EvaluationRun]) -> list[EvaluationProgress]:
        going = [run for run in runs if run.ended_at is None]
        done = await self.store.done([run.id for run in going])
        jobs: dict[str, JobProgress] = {}
        if going and self.platform.jobs.are_kept:
            for job in await self.platform.jobs.desk.list(JobFilter((KIND,)), _MOST_JOBS):
                jobs.setdefault(str(job.arguments["batch"]), job)
        return [
            EvaluationProgress(run, done.get(run.id, run.total), jobs.get(run.batch))
            for run in runs
        ]

    def _require(self, acting: Principal, action: Action) -> None:
        if not acting.batch:
            self.platform.access.require(acting, action, InstallationTarget())


def evaluation_store(platform: Platform) -> EvaluationStore:
    """The evaluations as they are kept on a site."""
    return EvaluationStore(platform.database, field_cipher(platform.settings.home))


def _price(options: EvaluationOptions) -> dict[str, float] | None:
    prices = (options.price_input, options.price_output)
    if prices == (None, None):
        return None
    if None in prices or any(price is not None and price < 0 for price in prices):
        raise InputError(
            "price_wrong",
            Bilingual(
                zh="输入与输出的单价须同时给出，且不小于零。",
                en="Give the prices of input and output together; neither is below zero.",
            ),
            field="--price-input",
        )
    return {"input": options.price_input or 0.0, "output": options.price_output or 0.0}
