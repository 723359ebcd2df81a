"""Measures everything that an application's gate demands of an engine, here and now.

The way for a command, and the only one for a partition that has no jobs: the cases of the
platform's suites are asked and scored in the evaluating process, and only figures are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.evaluation.asking import asking_engines
from suwen.bootstrap.evaluation.recording import Measured, result_for
from suwen.bootstrap.evaluation.work import Evaluate
from suwen.bootstrap.gate import evaluate_release
from suwen.bootstrap.releases.gate import shipped_hash
from suwen.bootstrap.releases.opening import open_releases
from suwen.control.access.decision import Action
from suwen.control.governance.gate import OWN_SUITE, demanded_bounds, demanded_suites
from suwen.control.governance.model_parts import endpoint_fingerprint
from suwen.control.privacy.data_class import check_ceiling
from suwen.core.errors import InputError
from suwen.core.identity import AppId, Principal
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.evaluation.inspecting.process import InspectProcess
from suwen.evaluation.inspecting.wire import TaskOrder
from suwen.evaluation.suites.reading import SuiteChoice, read_suite
from suwen.evaluation.suites.summary import summarise

if TYPE_CHECKING:
    from suwen.bootstrap.device.platform import DevicePlatform
    from suwen.bootstrap.platform import Platform


class GateMeasuring:
    """Measures one engine for one application, suite by suite.

    Args:
        evaluate: runs the cases of a suite; ``None`` for a process of its own.
    """

    def __init__(
        self, platform: Platform | DevicePlatform, app: AppId, evaluate: Evaluate | None = None
    ) -> None:
        self._platform = platform
        self._app = app
        self._evaluate = evaluate

    async def measure(
        self, endpoint_name: str, limit: int, acting: Principal, suites: Sequence[str] = ()
    ) -> dict[str, Any]:
        """Measures and keeps each result with the Release and the engine.

        Args:
            limit: most cases of the application's own suite.
            suites: of those that are demanded; empty for all.

        Returns:
            The report of each suite by name; ``passed`` when all that were measured passed, and
            ``left`` the demanded suites that a command cannot measure, or was not to.

        Raises:
            NotFoundError: ``no_such_application``, ``no_such_endpoint``.
            InputError: ``no_gate``; ``suite_not_demanded``.
            GovernanceError: ``release_not_approved``.
            PrivacyError: ``above_route_ceiling``.
            AccessError: when a person without the right asks.
        """
        desk = open_releases(self._platform)
        desk.require_right(acting, Action.MANAGE_RELEASES)
        installed, _ = await desk.installed(self._app)
        demanded = demanded_suites(installed.folder)
        self._check(suites, tuple(demanded))
        endpoint = await desk.engine(endpoint_name)
        ours = [name for name in demanded if name == OWN_SUITE or shipped_hash(name) is not None]
        wanted = [name for name in ours if not suites or name in suites]
        reports: dict[str, Any] = {}
        async with AsyncExitStack() as closing:
            evaluate = self._evaluate or self._process(closing)
            for name in wanted:
                reports[name] = (
                    await evaluate_release(self._platform, self._app, endpoint_name, limit, acting)
                    if name == OWN_SUITE
                    else await self._suite(name, endpoint, evaluate, acting)
                )
        return {
            "app": self._app,
            "endpoint": endpoint_name,
            "suites": reports,
            "left": [name for name in demanded if name not in reports],
            "passed": all(one["passed"] for one in reports.values()),
        }

    async def _suite(
        self, name: str, endpoint: Endpoint, evaluate: Evaluate, acting: Principal
    ) -> dict[str, Any]:
        """Puts the engine through one suite and keeps how it came out."""
        platform, desk = self._platform, open_releases(self._platform)
        installed, release = await desk.installed(self._app)
        suite = read_suite(name, SuiteChoice())
        check_ceiling(suite.data_class, endpoint)
        order = TaskOrder(
            run=name,
            name=name,
            engine=endpoint.name,
            scorer=suite.scorer,
            decoding=suite.decoding,
            cases=suite.cases,
            at_once=endpoint.max_concurrent,
        )
        act = act_of(acting, "release.evaluate", app=self._app, endpoint=endpoint.name, suite=name)
        async with audited(platform.audit, act) as said:
            results = await evaluate([order], asking_engines(platform))
            measured = Measured(
                name,
                suite.hash,
                endpoint.name,
                endpoint_fingerprint(endpoint),
                summarise(suite, results[name]),
                platform.clock.now(),
                acting.id,
            )
            bounds = demanded_bounds(installed.folder, name)
            result = result_for(measured, self._app, release.hash, bounds)
            said["passed"] = result.passed
            await desk.record_gate(result, acting)
        return dict(result.report)

    def _process(self, closing: AsyncExitStack) -> Evaluate:
        process = InspectProcess(self._platform.settings.run_folder)
        closing.push_async_callback(process.end)
        return process.evaluate

    def _check(self, wanted: Sequence[str], demanded: Sequence[str]) -> None:
        if not demanded:
            raise InputError(
                "no_gate",
                Bilingual(
                    zh=f"应用 {self._app} 没有模型部分的门槛。",
                    en=f"{self._app} states no thresholds for a model.",
                ),
                field="app",
            )
        unknown = [name for name in wanted if name not in demanded]
        if unknown:
            known = ", ".join(demanded)
            raise InputError(
                "suite_not_demanded",
                Bilingual(
                    zh=f"该应用的门槛不含 {'、'.join(unknown)}。含有：{known}。",
                    en=f"The gate does not name {', '.join(unknown)}. It names: {known}.",
                ),
                field="--suite",
            )
