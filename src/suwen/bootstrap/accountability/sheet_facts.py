"""Gathers what a facts sheet tells: register, Releases, engines, evaluations, monitoring."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from suwen.bootstrap.accountability.answering import Answers
from suwen.control.governance.change_log import LogEntry, change_log
from suwen.control.governance.changes import ChangePlan, part_title, plan_of
from suwen.control.governance.disclosure.facts import (
    ChangeFacts,
    EvaluationFacts,
    ModelFacts,
    SheetInputs,
)
from suwen.control.governance.register import RegisterRow
from suwen.core.identity import AppId, Principal
from suwen.core.language import Bilingual
from suwen.core.release import ModelBinding, ReleaseState
from suwen.storage.encryption import field_cipher
from suwen.storage.evaluations import EvaluationRun, EvaluationStore
from suwen.storage.incidents import IncidentStore
from suwen.storage.monitoring import MonitoringStore
from suwen.storage.training import TrainingStore

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

_MOST_CHANGES: Final = 20
_MOST_FIGURES: Final = 6
_EQUITY: Final = "equity"
_STATES: Final = {
    ReleaseState.PROPOSED: Bilingual("已提出", "proposed"),
    ReleaseState.EVALUATED: Bilingual("已评估", "evaluated"),
    ReleaseState.APPROVED: Bilingual("已批准", "approved"),
    ReleaseState.ACTIVE: Bilingual("使用中", "active"),
    ReleaseState.SUSPENDED: Bilingual("已停用", "suspended"),
    ReleaseState.RETIRED: Bilingual("已退役", "retired"),
}


async def gather(
    platform: Platform, answers: Answers, row: RegisterRow, acting: Principal
) -> SheetInputs:
    """What a sheet of one system is made of, as it is now."""
    app, database = AppId(row.id), platform.database
    installed = platform.applications.get(app)
    releases = await platform.releases.list(app) if installed is not None else []
    bindings = await platform.releases.bindings.list(app) if installed is not None else ()
    acts = await platform.releases.bindings.acts_of_app(app) if installed is not None else ()
    who = await answers.read(row.id, acting)
    cipher = field_cipher(platform.settings.home)
    runs = await EvaluationStore(database, cipher).latest(500)
    reported = await IncidentStore(database, cipher).list(limit=5000)
    counted = await MonitoringStore(database).counted()
    plan = plan_of(installed.folder) if installed is not None else ChangePlan()
    return SheetInputs(
        row=row,
        manifest=installed.manifest if installed is not None else None,
        release=who.release,
        models=[_model(one) for one in bindings if one.state is ReleaseState.ACTIVE],
        evaluations=_evaluations(runs, app, who.release, {one.endpoint for one in bindings}),
        answering=who.duties,
        changes=_changes(change_log(releases, bindings, acts)),
        planned=_planned(plan),
        counted_until=counted[0] if counted is not None else None,
        incidents=sum(line.incident.app == app for line in reported),
        training_months=await TrainingStore(database).demanded_months(app),
    )


def _model(binding: ModelBinding) -> ModelFacts:
    parts = binding.parts
    weights = parts.get("weights", "")
    name = f"{parts.get('model', '')} {parts.get('quantisation', '')}".strip()
    told = f"{name} ({weights[:12]})" if weights else name
    return ModelFacts(told or binding.endpoint, binding.endpoint, _STATES[binding.state])


def _evaluations(
    runs: Sequence[EvaluationRun], app: AppId, release: str | None, engines: set[str]
) -> list[EvaluationFacts]:
    """The latest run of each suite and engine that tells something of what runs now."""
    told: dict[tuple[str, str], EvaluationFacts] = {}
    for run in runs:
        of_app = run.app == app and run.release == release
        of_engine = run.app is None and run.endpoint in engines
        if run.ended_at is None or run.summary is None or not (of_app or of_engine):
            continue
        told.setdefault((run.suite, run.endpoint), _evaluation(run, run.ended_at, run.summary))
    return list(told.values())


def _evaluation(run: EvaluationRun, ended: datetime, summary: Any) -> EvaluationFacts:
    return EvaluationFacts(
        suite=run.suite,
        engine=run.endpoint,
        ended_on=ended.date(),
        cases=int(summary["cases"]),
        figures=tuple(
            _figure(one)
            for one in summary["figures"]
            if one["part"] is None and one["value"] is not None
        )[:_MOST_FIGURES],
        passed=run.passed if summary["has_gate"] else None,
        equity=run.suite.startswith(_EQUITY),
        public=bool(run.recorded.get("public")),
    )


def _figure(one: Any) -> str:
    interval = "" if one["low"] is None else f" [{one['low']:.3g}–{one['high']:.3g}]"
    return f"{one['name']} {one['value']:.3g}{interval} (n={one['of']})"


def _changes(log: Sequence[LogEntry]) -> list[ChangeFacts]:
    """The latest changes in plain words, latest first; without names of persons."""
    return [ChangeFacts(entry.at.date(), entry.words) for entry in log[:_MOST_CHANGES]]


def _planned(plan: ChangePlan) -> list[Bilingual]:
    return [
        Bilingual(
            f"{part_title(line.part).zh}：{line.why.zh}",
            f"{part_title(line.part).en}: {line.why.en}",
        )
        for line in plan.allowed
    ]
