"""The board of Releases: where each model part stands, and what blocks it."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from suwen.bootstrap.releases.comparison import (
    ScoreRow,
    ShadowComparison,
    compare_scores,
    compare_shadow,
)
from suwen.bootstrap.releases.desk import ReleaseDesk
from suwen.bootstrap.releases.suite_rows import SuiteRow, blocked_by, suite_rows
from suwen.control.access.decision import Action
from suwen.control.governance.approvals import ApprovalDemand, Seat, seats_taken, statement_bytes
from suwen.control.governance.change_log import LogEntry, change_log, step_words
from suwen.control.governance.changes import Change
from suwen.control.governance.gate import EvaluationStanding, GateReason
from suwen.control.governance.model_parts import every_part
from suwen.control.governance.steps import last_to_return
from suwen.core.application import InstalledApplication
from suwen.core.errors import NotFoundError
from suwen.core.identity import AppId, BindingId, DraftId, Principal
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest
from suwen.core.release import ModelBinding, Release, ReleaseAct, ReleaseState, RolloutStage
from suwen.storage.releases import GateResult
from suwen.storage.shadow_cases import ShadowCase

_SHORTEST_NAME = 6
_CASES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One engine of one application.

    Attributes:
        binding: ``None`` where nobody has proposed the engine as it is now.
        reason: why it is off; ``None`` where it is on as far as it was rolled out.
        open_seats: approvals that are still needed.
        suite: which suite blocks, where one does.
    """

    endpoint: str
    binding: ModelBinding | None
    reason: GateReason | None
    open_seats: tuple[Seat, ...]
    suite: str | None = None

    @property
    def why(self) -> Bilingual | None:
        """The reason in words, for a table."""
        return blocked_by(self.reason, self.suite)


@dataclass(frozen=True, slots=True)
class BoardApplication:
    """One application on the board.

    Attributes:
        release: ``None`` before its first.
        last: the step of the roll-out that can be taken back, in words; ``None`` without one.
    """

    manifest: Manifest
    release: Release | None
    demand: ApprovalDemand
    rows: tuple[BoardRow, ...]
    last: Bilingual | None


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval as it is shown; ``sound`` is whether its signature holds."""

    act: ReleaseAct
    sound: bool


@dataclass(frozen=True, slots=True)
class ReleasePage:
    """One model part with everything that the committee looks at.

    Attributes:
        present: whether it belongs to the Release that is installed now.
        parts: every hashed part by name, of the Release and of the engine.
        suites: what the gate demands, one by one.
        change: what differs from the model part before it; ``None`` where there was none.
        champion: the model part that is on everywhere, where that is another.
    """

    manifest: Manifest
    release: Release
    binding: ModelBinding
    present: bool
    reason: GateReason | None
    parts: Mapping[str, str]
    change: Change | None
    standing: EvaluationStanding
    suites: tuple[SuiteRow, ...]
    results: tuple[GateResult, ...]
    demand: ApprovalDemand
    approvals: tuple[Approval, ...]
    open_seats: tuple[Seat, ...]
    acts: tuple[ReleaseAct, ...]
    champion: ModelBinding | None
    scores: tuple[ScoreRow, ...]
    shadow: ShadowComparison
    cases: Sequence[ShadowCase]

    @property
    def why(self) -> Bilingual | None:
        """Why it is off, in words."""
        of_suite = self.reason is self.standing.reason
        return blocked_by(self.reason, self.standing.suite if of_suite else None)


@dataclass(frozen=True, slots=True)
class ShadowSides:
    """One run of a trial, with the sentences of both sides.

    Attributes:
        shadow: what the engine on trial would have said: text, and whether it is supported.
        shown: what was shown of the engine in use; empty where none was asked.
    """

    binding: ModelBinding
    case: ShadowCase
    shadow: tuple[tuple[str, bool], ...]
    shown: tuple[tuple[str, bool], ...]


OpenDraft = Callable[[Principal, DraftId], Awaitable[object]]
"""Opens a draft for somebody, on the audit; refuses whoever may not read it."""


@dataclass(frozen=True)
class ReleaseBoard:
    """Reads what the desk has done."""

    desk: ReleaseDesk

    async def applications(self, acting: Principal) -> Sequence[BoardApplication]:
        """Every application with a model part, with each engine that could take part.

        Raises:
            AccessError: for whoever may not see Releases.
        """
        self._require(acting)
        endpoints = await self.desk.parts.endpoints.list()
        found = []
        for installed in self.desk.parts.applications.values():
            own = installed.manifest.partition is self.desk.parts.partition
            if own and installed.manifest.model_profile is not None:
                found.append(await self._application(installed, endpoints))
        return sorted(found, key=lambda one: one.manifest.id)

    async def _application(
        self, installed: InstalledApplication, endpoints: Sequence[Endpoint]
    ) -> BoardApplication:
        app = installed.manifest.id
        release = await self.desk.parts.releases.current(app)
        demand = await self.desk.demands.of(installed.manifest)
        rows = () if release is None else await self._rows(installed, release, demand, endpoints)
        acts = await self.desk.store.acts_of_app(app)
        last = last_to_return(acts)
        engines = {one.id: one.endpoint for one in await self.desk.store.list(app)}
        words = None if last is None else step_words(last, engines[last.binding])
        return BoardApplication(installed.manifest, release, demand, rows, words)

    async def _rows(
        self,
        installed: InstalledApplication,
        release: Release,
        demand: ApprovalDemand,
        endpoints: Sequence[Endpoint],
    ) -> tuple[BoardRow, ...]:
        profile = installed.manifest.model_profile
        able = [one for one in endpoints if profile and profile.capabilities <= one.capabilities]
        now = self.desk.parts.clock.now()
        verdicts = await self.desk.parts.model_gate.verdicts(
            release.hash, installed, able, frozenset(), now
        )
        rows, shown = [], set()
        for verdict in verdicts:
            binding = verdict.binding
            reason = _blocking(verdict.reason)
            seats = await self._open(binding, demand)
            rows.append(BoardRow(verdict.endpoint.name, binding, reason, seats, verdict.suite))
            shown.add(None if binding is None else binding.id)
        for binding in await self.desk.store.of_release(release.hash):
            if binding.id not in shown:
                open_seats = await self._open(binding, demand)
                rows.append(
                    BoardRow(binding.endpoint, binding, GateReason.ENGINE_CHANGED, open_seats)
                )
        return tuple(rows)

    async def find(self, beginning: str, acting: Principal) -> ModelBinding:
        """The model part whose hash begins so.

        Raises:
            NotFoundError: ``no_such_release`` where none or several do.
            AccessError: for whoever may not see Releases.
        """
        self._require(acting)
        every = await self.desk.store.list()
        found = [one for one in every if one.id.startswith(beginning)]
        if len(found) != 1 or len(beginning) < _SHORTEST_NAME:
            raise no_such_release(len(found))
        return found[0]

    async def read(self, wanted: BindingId, acting: Principal) -> ReleasePage:
        """One model part with everything that there is to know of it.

        Raises:
            NotFoundError: ``no_such_release``.
            AccessError: for whoever may not see Releases.
        """
        self._require(acting)
        desk = self.desk
        binding = await desk.read(wanted)
        installed, current = await desk.installed(binding.app)
        release = await desk.parts.releases.by_hash(binding.release)
        if release is None:
            raise no_such_release(0)
        standing = await desk.parts.model_gate.standing(binding, installed, desk.parts.clock.now())
        demand = await desk.demands.of(installed.manifest)
        given = await desk.store.approvals(binding)
        results = await desk.parts.releases.gates(binding.release)
        champion = await self._champion(binding)
        theirs = None if champion is None else await self._results(champion)
        return ReleasePage(
            manifest=installed.manifest,
            release=release,
            binding=binding,
            present=current.hash == binding.release,
            reason=await self._reason(binding, installed),
            parts=every_part(release, binding),
            change=await desk.change_since_predecessor(binding, installed),
            standing=standing,
            suites=suite_rows(standing, installed.folder),
            results=tuple(r for r in results if r.endpoint_fingerprint == binding.fingerprint),
            demand=demand,
            approvals=tuple(Approval(act, self._sound(act)) for act in given),
            open_seats=_open_seats(demand, given),
            acts=await desk.store.acts(binding.id),
            champion=champion,
            scores=compare_scores(await self._results(binding), theirs or {}),
            shadow=compare_shadow(cases := await desk.parts.releases.shadows.list(binding.id)),
            cases=cases[:_CASES_SHOWN],
        )

    async def case(
        self, wanted: BindingId, number: int, acting: Principal, open_draft: OpenDraft
    ) -> ShadowSides:
        """One run of a trial side by side, for whoever may read the draft that was shown.

        Raises:
            NotFoundError: ``no_such_case`` where there is none, or no text of it is kept.
            AccessError: for whoever may not see Releases, or not this draft.
        """
        self._require(acting)
        case = await self.desk.parts.releases.shadows.read(number)
        if case is None or case.binding != wanted or case.draft is None:
            raise _no_such_case()
        await open_draft(acting, case.draft)
        if case.content is None:
            raise _no_such_case()
        return ShadowSides(
            await self.desk.read(wanted),
            case,
            _sentences(case.content["shadow"]),
            _sentences(case.content["shown"]),
        )

    async def change_log(self, app: AppId, acting: Principal) -> tuple[LogEntry, ...]:
        """What changed in an application and what was decided on it, newest first.

        Raises:
            AccessError: for whoever may not see Releases.
        """
        self._require(acting)
        return change_log(
            await self.desk.parts.releases.list(app),
            await self.desk.store.list(app),
            await self.desk.store.acts_of_app(app),
        )

    async def _reason(
        self, binding: ModelBinding, installed: InstalledApplication
    ) -> GateReason | None:
        for endpoint in await self.desk.parts.endpoints.list():
            if endpoint.name == binding.endpoint:
                verdicts = await self.desk.parts.model_gate.verdicts(
                    binding.release, installed, [endpoint], frozenset(), self._now()
                )
                same = verdicts[0].binding is not None and verdicts[0].binding.id == binding.id
                return _blocking(verdicts[0].reason) if same else GateReason.ENGINE_CHANGED
        return GateReason.ENGINE_CHANGED

    async def _champion(self, binding: ModelBinding) -> ModelBinding | None:
        for one in await self.desk.store.of_release(binding.release):
            everywhere = one.state is ReleaseState.ACTIVE and one.stage is RolloutStage.ALL
            if everywhere and one.id != binding.id:
                return one
        return None

    async def _results(self, binding: ModelBinding) -> Mapping[str, GateResult]:
        origin = await self.desk.store.evaluated(binding)
        return await self.desk.parts.releases.latest_gates(origin.release, origin.fingerprint)

    async def _open(self, binding: ModelBinding | None, demand: ApprovalDemand) -> tuple[Seat, ...]:
        if binding is None:
            return demand.seats
        return _open_seats(demand, await self.desk.store.approvals(binding))

    def _sound(self, act: ReleaseAct) -> bool:
        """Whether an approval is signed by the installation over exactly what it states."""
        statement = act.detail.get("statement")
        if statement is None or act.signature is None or act.key_id is None:
            return False
        stated = statement.get("by") == act.by and statement.get("round") == act.round
        return stated and self.desk.signer.verify(
            statement_bytes(statement), base64.b64decode(act.signature), act.key_id
        )

    def _now(self) -> datetime:
        return self.desk.parts.clock.now()

    def _require(self, acting: Principal) -> None:
        self.desk.require_right(acting, Action.READ_RELEASES, Action.MANAGE_RELEASES)


def no_such_release(found: int) -> NotFoundError:
    """The refusal of a name that is not exactly one Release's."""
    return NotFoundError(
        "no_such_release",
        Bilingual(
            f"以此开头的版本有 {found} 个，须恰好一个；至少给出 {_SHORTEST_NAME} 位。",
            f"{found} Releases begin so; exactly one must, and at least {_SHORTEST_NAME} "
            "characters are needed.",
        ),
        field="release",
    )


def _no_such_case() -> NotFoundError:
    return NotFoundError(
        "no_such_case",
        Bilingual("没有保存此次试运行的文字。", "No text of this run of the trial is kept."),
    )


def _sentences(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, bool], ...]:
    return tuple((str(row["text"]), bool(row["supported"])) for row in rows)


def _open_seats(demand: ApprovalDemand, given: Sequence[ReleaseAct]) -> tuple[Seat, ...]:
    taken = {seat.name for seat in seats_taken(demand, given)}
    return tuple(seat for seat in demand.seats if seat.name not in taken)


def _blocking(reason: GateReason | None) -> GateReason | None:
    """Reasons that lie in whoever asks, or are a stage of the roll-out, block nothing."""
    return None if reason in (GateReason.OTHER_DEPARTMENTS, GateReason.SHADOW_ONLY) else reason
