"""The gate: whether an engine may take part in a run now, and if not, which of the reasons holds.

A model part is asked where its evaluation passed and is fresh, two people approved it, and it was
rolled out to where the run takes place. Everything else has a reason of its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from suwen.control.governance.content import hash_of_folders
from suwen.control.governance.model_parts import endpoint_fingerprint
from suwen.core.application import InstalledApplication
from suwen.core.audit import content_hash
from suwen.core.identity import ReleaseHash
from suwen.core.inference import Endpoint
from suwen.core.release import ModelBinding, ReleaseState, RolloutStage
from suwen.storage.releases import GateResult, ReleaseStore

OWN_SUITE = "model_part"
"""The suite in an application's own folder, as against those that the platform brings."""

APPROVERS_NEEDED = 2

FRESH_FOR = timedelta(days=180)
"""How long an evaluation counts where the installation sets nothing else."""

Bounds = Mapping[str, Mapping[str, float]]
"""What an application demands of one of the platform's suites: by figure, ``least`` or ``most``."""


class GateReason(StrEnum):
    """Why the model part is off; the further down, the closer it was to being on."""

    NO_SUITE = "gate_no_suite"
    NOT_PROPOSED = "gate_not_proposed"
    ENGINE_CHANGED = "gate_engine_changed"
    RETIRED = "gate_retired"
    NOT_EVALUATED = "gate_not_evaluated"
    FAILED = "gate_failed"
    SUITE_CHANGED = "gate_suite_changed"
    STALE = "gate_stale"
    NOT_APPROVED = "gate_not_approved"
    NOT_ACTIVE = "gate_not_active"
    SUSPENDED = "gate_suspended"
    SHADOW_ONLY = "gate_shadow_only"
    OTHER_DEPARTMENTS = "gate_other_departments"

    @property
    def progress(self) -> int:
        """How close to being on, for the choice between several engines."""
        return tuple(GateReason).index(self)


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """What the gate says of one engine.

    Attributes:
        reason: ``None`` where the engine may be asked.
        binding: its model part, where there is one.
        suite: which suite is at fault, where one is.
    """

    endpoint: Endpoint
    binding: ModelBinding | None
    reason: GateReason | None
    suite: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether the engine may be asked, and its answer shown."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class SuiteStanding:
    """How a model part stands with one of the suites that are demanded of it.

    Attributes:
        reason: what is wrong with it; ``None`` where it was passed lately, as it now is.
        result: the latest; ``None`` where there is none for exactly this Release and engine.
    """

    suite: str
    reason: GateReason | None
    result: GateResult | None


@dataclass(frozen=True, slots=True)
class EvaluationStanding:
    """How the evaluation of a model part stands; ``reason`` is ``None`` where it is passing and
    fresh, else ``suite`` names the one at fault."""

    suites: tuple[SuiteStanding, ...]

    @property
    def at_fault(self) -> SuiteStanding | None:
        """The suite that keeps the gate shut: one that was failed before one that is missing."""
        faults = [one for one in self.suites if one.reason is not None]
        return min(faults, key=lambda one: _GRAVITY.index(one.reason), default=None)

    @property
    def reason(self) -> GateReason | None:
        """What keeps the gate shut."""
        if not self.suites:
            return GateReason.NO_SUITE
        return None if self.at_fault is None else self.at_fault.reason

    @property
    def suite(self) -> str | None:
        """Which suite does."""
        return None if self.at_fault is None else self.at_fault.suite

    @property
    def results(self) -> Mapping[str, GateResult]:
        """The results that count, by suite."""
        return {one.suite: one.result for one in self.suites if one.result is not None}

    @property
    def measured_at(self) -> datetime | None:
        """When the oldest of the results that count was measured."""
        return min((one.at for one in self.results.values()), default=None)


_GRAVITY: tuple[GateReason | None, ...] = (
    GateReason.FAILED,
    GateReason.NOT_EVALUATED,
    GateReason.SUITE_CHANGED,
    GateReason.STALE,
)
"""What was failed stays failed whatever else is measured, and is told first."""


def _gate_section(folder: Path) -> Mapping[str, Any] | None:
    file = folder / "evaluation" / "suite.toml"
    if not file.is_file():
        return None
    section: Mapping[str, Any] | None = tomllib.loads(file.read_text("utf-8")).get("gate")
    return section


@cache
def demanded_suites(folder: Path) -> Mapping[str, str | None]:
    """The suites that an application's model part must pass, by name.

    Returns:
        The hash that the suite must have, ``None`` for the platform's suites; empty where the
        application states no thresholds, so that no model is asked.
    """
    gate = _gate_section(folder)
    if gate is None:
        return {}
    named: Mapping[str, str | None] = {str(name): None for name in gate.get("suites", {})}
    return {OWN_SUITE: hash_of_folders(folder / "evaluation"), **named}


@cache
def demanded_bounds(folder: Path, suite: str) -> Bounds:
    """What the application demands of a platform suite; empty leaves the suite's own."""
    bounds: Bounds = (_gate_section(folder) or {}).get("suites", {}).get(suite, {})
    return bounds


def held_against(suite_hash: str, bounds: Bounds) -> str:
    """The hash of a platform suite together with what an application demands of it: a result that
    was held against other thresholds is a result of something else."""
    return content_hash({"suite": suite_hash, "bounds": bounds}) if bounds else suite_hash


def _suite_standing(
    suite: str, wanted: str | None, result: GateResult | None, oldest: datetime
) -> SuiteStanding:
    if result is None:
        return SuiteStanding(suite, GateReason.NOT_EVALUATED, None)
    if not result.passed:
        return SuiteStanding(suite, GateReason.FAILED, result)
    if wanted not in (None, result.suite_hash):
        return SuiteStanding(suite, GateReason.SUITE_CHANGED, result)
    stale = result.at < oldest
    return SuiteStanding(suite, GateReason.STALE if stale else None, result)


_OF_STATE = {
    ReleaseState.PROPOSED: GateReason.NOT_APPROVED,
    ReleaseState.EVALUATED: GateReason.NOT_APPROVED,
    ReleaseState.APPROVED: GateReason.NOT_ACTIVE,
    ReleaseState.SUSPENDED: GateReason.SUSPENDED,
}


class Gate:
    """Decides for the engines of one partition.

    Args:
        fresh_for: how long an evaluation counts.
        shipped: hash of a platform suite as it is now; ``None`` where its cases are not ours.
    """

    def __init__(
        self,
        store: ReleaseStore,
        fresh_for: timedelta = FRESH_FOR,
        shipped: Callable[[str], str | None] = lambda _suite: None,
    ) -> None:
        self._store = store
        self.fresh_for = fresh_for
        self._shipped = shipped

    def demanded(self, folder: Path) -> Mapping[str, str | None]:
        """The suites that an application's model part must pass, each with the hash that a result
        must have been held against; ``None`` where any counts."""
        return {
            suite: own if own is not None else self._held_against(folder, suite)
            for suite, own in demanded_suites(folder).items()
        }

    def _held_against(self, folder: Path, suite: str) -> str | None:
        shipped = self._shipped(suite)
        return None if shipped is None else held_against(shipped, demanded_bounds(folder, suite))

    async def verdicts(
        self,
        release: ReleaseHash,
        installed: InstalledApplication,
        endpoints: Iterable[Endpoint],
        departments: frozenset[str],
        now: datetime,
    ) -> list[GateVerdict]:
        """What the gate says of each engine, in their order.

        Args:
            departments: of whoever asks; a model part that was rolled out to wards is on in those.
        """
        demanded = self.demanded(installed.folder)
        if not demanded:
            return [GateVerdict(one, None, GateReason.NO_SUITE) for one in endpoints]
        bindings = await self._store.bindings.of_release(release)
        found = []
        for endpoint in endpoints:
            own = [one for one in bindings if one.endpoint == endpoint.name]
            fingerprint = endpoint_fingerprint(endpoint)
            binding = next((one for one in own if one.fingerprint == fingerprint), None)
            if binding is None:
                missing = GateReason.ENGINE_CHANGED if own else GateReason.NOT_PROPOSED
                found.append(GateVerdict(endpoint, None, missing))
            else:
                reason, suite = await self._reason(binding, demanded, departments, now)
                found.append(GateVerdict(endpoint, binding, reason, suite))
        return found

    async def standing(
        self, binding: ModelBinding, installed: InstalledApplication, now: datetime
    ) -> EvaluationStanding:
        """Whether every suite that is demanded was passed, lately, as the suite now is."""
        return await self._standing(binding, self.demanded(installed.folder), now)

    async def _standing(
        self, binding: ModelBinding, demanded: Mapping[str, str | None], now: datetime
    ) -> EvaluationStanding:
        origin = await self._store.bindings.evaluated(binding)
        found = await self._store.latest_gates(origin.release, origin.fingerprint)
        oldest = now - self.fresh_for
        return EvaluationStanding(
            tuple(
                _suite_standing(name, demanded[name], found.get(name), oldest) for name in demanded
            )
        )

    async def _reason(
        self,
        binding: ModelBinding,
        demanded: Mapping[str, str | None],
        departments: frozenset[str],
        now: datetime,
    ) -> tuple[GateReason | None, str | None]:
        if binding.state is ReleaseState.RETIRED:
            return GateReason.RETIRED, None
        standing = await self._standing(binding, demanded, now)
        if standing.reason is not None:
            return standing.reason, standing.suite
        if binding.state is not ReleaseState.ACTIVE:
            return _OF_STATE[binding.state], None
        approvals = await self._store.bindings.approvals(binding)
        if len({one.by for one in approvals}) < APPROVERS_NEEDED:
            return GateReason.NOT_APPROVED, None
        return _reach(binding, departments), None


def _reach(binding: ModelBinding, departments: frozenset[str]) -> GateReason | None:
    if binding.stage is RolloutStage.ALL:
        return None
    if binding.stage is RolloutStage.WARD:
        return None if binding.departments & departments else GateReason.OTHER_DEPARTMENTS
    return GateReason.SHADOW_ONLY


def chosen(verdicts: Sequence[GateVerdict]) -> GateVerdict | None:
    """The engine that answers: one that is rolled out to these wards before one that is on
    everywhere, else in their order; ``None`` where none may."""
    may = [one for one in verdicts if one.is_open]
    here = [one for one in may if one.binding and one.binding.stage is RolloutStage.WARD]
    return next(iter((*here, *may)), None)


def shadows_of(verdicts: Iterable[GateVerdict]) -> tuple[GateVerdict, ...]:
    """The engines that are asked beside, with nothing of it shown."""
    return tuple(one for one in verdicts if one.reason is GateReason.SHADOW_ONLY)


def nearest_reason(verdicts: Iterable[GateVerdict]) -> GateReason:
    """Why no engine may answer: the reason of the one that is closest to it."""
    reasons = [one.reason for one in verdicts if one.reason is not None]
    return max(reasons, key=lambda one: one.progress, default=GateReason.NOT_PROPOSED)
