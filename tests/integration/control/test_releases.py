"""From a proposal to everywhere and back: who may take which step, and what a change leaves."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from suwen.bootstrap.releases.board import ReleaseBoard
from suwen.bootstrap.releases.desk import ReleaseDesk
from suwen.control.gateway.run_types import RunOptions
from suwen.control.governance.changes import PLAN_FILE
from suwen.control.governance.content import platform_parts
from suwen.control.governance.gate import FRESH_FOR, GateReason, demanded_suites
from suwen.control.governance.releases import register_releases
from suwen.core.application import InstalledApplication
from suwen.core.errors import (
    AccessError,
    ConflictError,
    GovernanceError,
    InputError,
    NotFoundError,
    PreconditionError,
)
from suwen.core.identity import BindingId, Role
from suwen.core.inference import Endpoint
from suwen.core.manifest import Partition
from suwen.core.release import (
    ChangeClass,
    ModelBinding,
    ReleaseState,
    ReleaseStep,
    RolloutStage,
)
from tests.support.applications import NOTE_WRITER, PATIENT, Site, patient_resources, person
from tests.support.releases import (
    CHIEF,
    COMPLIANCE,
    OPERATOR,
    PASSING,
    approve,
    officer,
    open_gate,
    put_results,
)

ASK = {"patient_id": PATIENT}
_RELEASES = "suwen.control.governance.releases"
NOBODY: frozenset[str] = frozenset()
QUALITY = officer("quality.xu", Role.QUALITY_OFFICER)
OTHER_COMPLIANCE = officer("compliance.two", Role.COMPLIANCE_OFFICER)
PHYSICIAN = officer("dr.lin", Role.PHYSICIAN)
NO_DEVICE = {
    "function": "record_writing",
    "reader": "professional",
    "signals": "none",
    "wearable": "no",
    "device_data": "no",
    "advice": "none",
    "time_critical": "no",
    "reviewable": "yes",
    "preliminary_diagnosis": "none",
    "informs_decision": "no",
    "patient_specific": "yes",
    "worst_harm": "serious",
}


@pytest.fixture
async def engine(site: Site) -> Endpoint:
    await site.parts.endpoints.put(site.model.endpoint)
    return site.model.endpoint


@pytest.fixture
def desk(site: Site, engine: Endpoint) -> ReleaseDesk:
    return site.releases


@pytest.fixture
async def evaluated(desk: ReleaseDesk, engine: Endpoint) -> AsyncIterator[ModelBinding]:
    proposed = await desk.propose(NOTE_WRITER, engine.name, OPERATOR)
    yield await put_results(desk, proposed)


async def said(site: Site, *departments: str) -> str | None:
    """Why no model takes part in a run from these departments; ``None`` where one does."""
    who = person(departments=departments or ("cardiology",))
    result = await site.gateway.run(who, NOTE_WRITER, ASK)
    trace = await site.parts.traces.read(result.trace)
    reason = next(s.result.get("reason") for s in trace.stages if s.name == "generate")
    return str(reason) if result.model == "skipped" else None


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    """A record that comes with its request."""
    entries = [{"resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


async def change_application(site: Site, **parts: str) -> InstalledApplication:
    """Installs the application with other parts; as it was before."""
    installed = site.parts.applications[NOTE_WRITER]
    await install(site, dataclasses.replace(installed, parts={**installed.parts, **parts}))
    return installed


async def install(site: Site, changed: InstalledApplication) -> None:
    """Installs another state of the application."""
    applications: dict[Any, InstalledApplication] = site.parts.applications  # type: ignore[assignment]
    applications[NOTE_WRITER] = changed
    site.clock.forward(timedelta(minutes=1))
    await register_releases(site.parts.releases, [changed], site.clock.now())


# --- the whole way -------------------------------------------------------------------------


async def test_each_step_of_the_way_has_a_reason_of_its_own(site: Site, desk: ReleaseDesk) -> None:
    name = site.model.endpoint.name
    assert await said(site) == "gate_not_proposed"
    binding = await desk.propose(NOTE_WRITER, name, COMPLIANCE, "to try it")
    assert binding.state is ReleaseState.PROPOSED
    assert await said(site) == "gate_not_evaluated"
    binding = await put_results(desk, binding, passed=False)
    assert await said(site) == "gate_failed"
    binding = await put_results(desk, binding)
    assert binding.state is ReleaseState.EVALUATED
    assert await said(site) == "gate_not_approved"
    binding = await desk.approve(binding.id, COMPLIANCE, comment="looked at every case")
    assert binding.state is ReleaseState.EVALUATED
    binding = await desk.approve(binding.id, CHIEF)
    assert binding.state is ReleaseState.APPROVED
    assert await said(site) == "gate_not_active"
    await desk.roll_out(binding.id, RolloutStage.SHADOW, NOBODY, COMPLIANCE)
    assert await said(site) == "gate_shadow_only"
    await site.gateway.shadows.finish()
    await desk.roll_out(binding.id, RolloutStage.WARD, frozenset({"surgery"}), COMPLIANCE)
    assert await said(site) == "gate_other_departments"
    assert await said(site, "cardiology", "surgery") is None
    await desk.roll_out(binding.id, RolloutStage.ALL, NOBODY, COMPLIANCE)
    assert await said(site) is None
    await desk.suspend(binding.id, "wrong units seen", CHIEF)
    assert await said(site) == "gate_suspended"
    await desk.resume(binding.id, "was a display fault", COMPLIANCE)
    assert await said(site) is None
    site.clock.forward(FRESH_FOR + timedelta(minutes=1))
    assert await said(site) == "gate_stale"
    await put_results(desk, binding)
    assert await said(site) is None
    await desk.retire(binding.id, "replaced", COMPLIANCE)
    assert await said(site) == "gate_retired"
    again = await desk.propose(NOTE_WRITER, name, OPERATOR)
    assert (again.state, again.round) == (ReleaseState.EVALUATED, 2)
    assert await said(site) == "gate_not_approved"
    steps = [act.step.value for act in await desk.store.acts(binding.id)]
    assert steps[:4] == ["propose", "evaluate", "evaluate", "approve"]
    assert steps[-3:] == ["retire", "propose", "evaluate"]


async def test_every_step_is_on_the_audit_before_and_after(
    site: Site, desk: ReleaseDesk, engine: Endpoint
) -> None:
    await open_gate(desk, NOTE_WRITER, engine.name)
    told = [e.entry for e in site.audit.events if e.entry.action.startswith("release.")]
    for action in ("propose", "measured", "approve", "activate", "rollout"):
        outcomes = [e.outcome.value for e in told if e.action == f"release.{action}"]
        assert outcomes == ["opened", "done"] * (2 if action == "approve" else 1), action
    approvals = [e for e in told if e.action == "release.approve" and e.outcome.value == "done"]
    assert {e.actor for e in approvals} == {COMPLIANCE.id, CHIEF.id}
    assert all(len(e.detail["statement"]) == 64 for e in approvals)


async def test_without_audit_nothing_changes(
    site: Site, desk: ReleaseDesk, evaluated: ModelBinding
) -> None:
    site.audit.broken_after = len(site.audit.events)
    with pytest.raises(Exception, match="audit"):
        await desk.approve(evaluated.id, COMPLIANCE)
    assert await desk.store.approvals(evaluated) == ()


# --- approvals -----------------------------------------------------------------------------


async def test_the_same_person_does_not_approve_twice(
    desk: ReleaseDesk, evaluated: ModelBinding
) -> None:
    both = officer("both", Role.COMPLIANCE_OFFICER, Role.CHIEF_PHYSICIAN)
    await desk.approve(evaluated.id, both)
    with pytest.raises(ConflictError, match="approved_already"):
        await desk.approve(evaluated.id, both, role=Role.CHIEF_PHYSICIAN)
    assert (await desk.read(evaluated.id)).state is ReleaseState.EVALUATED
    assert (await desk.approve(evaluated.id, CHIEF)).state is ReleaseState.APPROVED


async def test_the_database_takes_no_second_approval_of_one_person(
    desk: ReleaseDesk, evaluated: ModelBinding
) -> None:
    await desk.approve(evaluated.id, COMPLIANCE)
    (act,) = await desk.store.approvals(evaluated)
    with pytest.raises(ConflictError, match="approved_already"):
        await desk.store.take_step([], dataclasses.replace(act, role=Role.CHIEF_PHYSICIAN))


async def test_two_of_the_same_office_are_not_enough(
    desk: ReleaseDesk, evaluated: ModelBinding
) -> None:
    await desk.approve(evaluated.id, COMPLIANCE)
    with pytest.raises(ConflictError, match="seat_taken"):
        await desk.approve(evaluated.id, OTHER_COMPLIANCE)
    assert (await desk.approve(evaluated.id, CHIEF)).state is ReleaseState.APPROVED


async def test_the_class_says_whose_approval_counts(
    site: Site, desk: ReleaseDesk, evaluated: ModelBinding
) -> None:
    """What nobody has classed is taken for a device: the quality office does not approve it."""
    with pytest.raises(AccessError, match="approval_role_wrong"):
        await desk.approve(evaluated.id, QUALITY)
    with pytest.raises(AccessError):
        await desk.approve(evaluated.id, PHYSICIAN)
    with pytest.raises(AccessError):
        await desk.approve(evaluated.id, OPERATOR)
    applications: dict[Any, InstalledApplication] = site.parts.applications  # type: ignore[assignment]
    installed = applications[NOTE_WRITER]
    classed = dataclasses.replace(installed.manifest, function=NO_DEVICE)
    applications[NOTE_WRITER] = dataclasses.replace(installed, manifest=classed)
    assert (await desk.demands.of(classed)).device_grade is False
    await desk.approve(evaluated.id, QUALITY)
    assert (await desk.approve(evaluated.id, CHIEF)).state is ReleaseState.APPROVED


async def test_an_old_evaluation_is_not_approved(
    site: Site, desk: ReleaseDesk, evaluated: ModelBinding
) -> None:
    site.clock.forward(FRESH_FOR + timedelta(seconds=1))
    with pytest.raises(GovernanceError) as refused:
        await desk.approve(evaluated.id, COMPLIANCE)
    assert refused.value.code == "evaluation_not_valid"
    assert refused.value.detail["reason"] == GateReason.STALE.value
    await put_results(desk, evaluated)
    await approve(desk, evaluated)


async def test_an_evaluation_of_other_questions_is_not_approved(
    site: Site, desk: ReleaseDesk, evaluated: ModelBinding
) -> None:
    suite = site.parts.applications[NOTE_WRITER].folder / "evaluation" / "suite.toml"
    suite.write_text(suite.read_text() + "# easier\n")
    demanded_suites.cache_clear()
    with pytest.raises(GovernanceError) as refused:
        await desk.approve(evaluated.id, COMPLIANCE)
    assert refused.value.detail["reason"] == GateReason.SUITE_CHANGED.value
    await put_results(desk, evaluated)
    await approve(desk, evaluated)


async def test_every_suite_that_is_named_must_be_passed(
    site: Site, desk: ReleaseDesk, evaluated: ModelBinding
) -> None:
    suite = site.parts.applications[NOTE_WRITER].folder / "evaluation" / "suite.toml"
    suite.write_text("[gate]\nanswered_share = 0.95\n[gate.suites.injection]\n")
    demanded_suites.cache_clear()
    with pytest.raises(GovernanceError) as refused:
        await desk.approve(evaluated.id, COMPLIANCE)
    assert refused.value.detail == {"reason": "gate_not_evaluated", "suite": "injection"}
    await put_results(desk, evaluated)
    await approve(desk, evaluated)


async def test_an_approval_is_signed_over_what_was_approved(
    desk: ReleaseDesk, evaluated: ModelBinding
) -> None:
    await desk.approve(evaluated.id, COMPLIANCE, comment="all cases read")
    (act,) = await desk.store.approvals(evaluated)
    stated = json.loads(base64.b64decode(act.signature or ""))
    assert stated == act.detail["statement"]
    assert (stated["model_part"], stated["by"], stated["comment"]) == (
        evaluated.id,
        COMPLIANCE.id,
        "all cases read",
    )
    assert set(stated["evaluation"]) == {"model_part"}
    page = await ReleaseBoard(desk).read(evaluated.id, COMPLIANCE)
    assert [one.sound for one in page.approvals] == [True]
    assert [seat.name for seat in page.open_seats] == ["clinical"]


async def test_nothing_is_proposed_that_could_never_be_on(
    site: Site, desk: ReleaseDesk, engine: Endpoint
) -> None:
    applications: dict[Any, InstalledApplication] = site.parts.applications  # type: ignore[assignment]
    installed = applications[NOTE_WRITER]
    for manifest, code in (
        (dataclasses.replace(installed.manifest, model_profile=None), "no_model_part"),
        (
            dataclasses.replace(installed.manifest, partition=Partition.DEVICE),
            "no_such_application",
        ),
    ):
        applications[NOTE_WRITER] = dataclasses.replace(installed, manifest=manifest)
        with pytest.raises(InputError, match=code):
            await desk.propose(NOTE_WRITER, engine.name, OPERATOR)
    applications[NOTE_WRITER] = dataclasses.replace(installed, folder=installed.folder / "none")
    with pytest.raises(InputError, match="no_gate"):
        await desk.propose(NOTE_WRITER, engine.name, OPERATOR)
    applications[NOTE_WRITER] = installed
    await desk.propose(NOTE_WRITER, engine.name, OPERATOR)


async def test_a_device_needs_the_hash_of_its_weights(site: Site, desk: ReleaseDesk) -> None:
    unknown = dataclasses.replace(site.model.endpoint, name="rented", weights=None)
    await site.parts.endpoints.put(unknown)
    with pytest.raises(PreconditionError, match="weights_not_declared"):
        await desk.propose(NOTE_WRITER, "rented", OPERATOR)
    await site.parts.endpoints.put(dataclasses.replace(unknown, weights="c" * 64))
    await desk.propose(NOTE_WRITER, "rented", OPERATOR)


@pytest.mark.parametrize("step", ["propose", "roll_out", "return_to_former", "resume", "retire"])
async def test_who_only_approves_does_not_manage(
    desk: ReleaseDesk, evaluated: ModelBinding, step: str
) -> None:
    arguments: dict[str, tuple[Any, ...]] = {
        "propose": (NOTE_WRITER, evaluated.endpoint, CHIEF),
        "roll_out": (evaluated.id, RolloutStage.SHADOW, NOBODY, CHIEF),
        "return_to_former": (NOTE_WRITER, CHIEF),
        "resume": (evaluated.id, "why", CHIEF),
        "retire": (evaluated.id, "why", CHIEF),
    }
    with pytest.raises(AccessError):
        await getattr(desk, step)(*arguments[step])


# --- the roll-out --------------------------------------------------------------------------


async def test_nothing_begins_everywhere(desk: ReleaseDesk, evaluated: ModelBinding) -> None:
    with pytest.raises(ConflictError, match="release_state_wrong"):
        await desk.roll_out(evaluated.id, RolloutStage.SHADOW, NOBODY, OPERATOR)
    await approve(desk, evaluated)
    with pytest.raises(ConflictError, match="rollout_skips_a_stage"):
        await desk.roll_out(evaluated.id, RolloutStage.ALL, NOBODY, OPERATOR)
    with pytest.raises(InputError, match="departments_missing"):
        await desk.roll_out(evaluated.id, RolloutStage.WARD, NOBODY, OPERATOR)
    with pytest.raises(InputError, match="departments_not_wanted"):
        await desk.roll_out(evaluated.id, RolloutStage.SHADOW, frozenset({"icu"}), OPERATOR)
    done = await desk.roll_out(evaluated.id, RolloutStage.WARD, frozenset({"icu"}), OPERATOR)
    assert (done.state, done.departments) == (ReleaseState.ACTIVE, frozenset({"icu"}))


async def test_the_challenger_takes_the_champions_place_and_gives_it_back(
    site: Site, desk: ReleaseDesk, engine: Endpoint
) -> None:
    champion = await open_gate(desk, NOTE_WRITER, engine.name)
    other = dataclasses.replace(engine, name="challenger", model="scripted-2")
    await site.parts.endpoints.put(other)
    challenger = await desk.propose(NOTE_WRITER, other.name, OPERATOR)
    await approve(desk, await put_results(desk, challenger))
    await desk.roll_out(challenger.id, RolloutStage.WARD, frozenset({"cardiology"}), OPERATOR)
    assert await who_answers(site) == "challenger"
    assert await who_answers(site, "surgery") == engine.name
    await desk.roll_out(challenger.id, RolloutStage.ALL, NOBODY, OPERATOR)
    assert (await desk.read(champion.id)).state is ReleaseState.RETIRED
    assert await who_answers(site, "surgery") == "challenger"

    await desk.return_to_former(NOTE_WRITER, OPERATOR, "worse at night")
    assert (await desk.read(champion.id)).stage is RolloutStage.ALL
    assert (await desk.read(challenger.id)).stage is RolloutStage.WARD
    await desk.return_to_former(NOTE_WRITER, OPERATOR)
    assert (await desk.read(challenger.id)).state is ReleaseState.APPROVED
    assert await who_answers(site) == engine.name
    for _ in range(2):
        await desk.return_to_former(NOTE_WRITER, OPERATOR)
    assert (await desk.read(champion.id)).state is ReleaseState.APPROVED
    with pytest.raises(ConflictError, match="nothing_to_return"):
        await desk.return_to_former(NOTE_WRITER, OPERATOR)


async def who_answers(site: Site, *departments: str) -> str | None:
    """The engine that takes part in a run of somebody of these departments besides one's own."""
    own = departments or ("cardiology",)
    who = dataclasses.replace(person(), departments=frozenset(own))
    request = {"bundle": bundle(*patient_resources())}
    result = await site.gateway.run(who, NOTE_WRITER, request)
    trace = await site.parts.traces.read(result.trace)
    return next(s.result.get("endpoint") for s in trace.stages if s.name == "minimise")


async def test_going_back_never_opens_what_was_closed_for_a_reason(
    site: Site, desk: ReleaseDesk, engine: Endpoint
) -> None:
    binding = await open_gate(desk, NOTE_WRITER, engine.name)
    await put_results(desk, binding, passed=False)
    assert (await desk.read(binding.id)).state is ReleaseState.PROPOSED
    assert await desk.return_to_former(NOTE_WRITER, OPERATOR) == ()
    assert await said(site) == "gate_failed"
    await put_results(desk, binding)
    assert await said(site) == "gate_not_approved"
    assert (await desk.read(binding.id)).round == 2
    await approve(desk, binding)


async def test_two_steps_at_once_are_one_and_a_conflict(
    desk: ReleaseDesk, evaluated: ModelBinding
) -> None:
    await desk.approve(evaluated.id, COMPLIANCE)
    act = (await desk.store.acts(evaluated.id))[0]
    with pytest.raises(ConflictError, match="release_changed"):
        await desk.store.take_step([evaluated], act)


# --- the trial -----------------------------------------------------------------------------


async def test_a_trial_is_asked_beside_and_nothing_of_it_is_shown(
    site: Site, desk: ReleaseDesk, evaluated: ModelBinding
) -> None:
    await approve(desk, evaluated)
    await desk.roll_out(evaluated.id, RolloutStage.SHADOW, NOBODY, OPERATOR)
    site.model.sentences = ["Zhang Wei had a potassium of 5.1 mmol/L.", "He can go home."]
    result = await site.gateway.run(person(), NOTE_WRITER, ASK)
    await site.gateway.shadows.finish()
    assert result.model == "skipped"
    assert "He can go home." not in str(result.content)
    assert len(site.model.asked) == 1
    assert "Zhang Wei" not in site.model.asked[0].messages[1].text
    (case,) = await site.parts.releases.shadows.list(evaluated.id)
    assert (case.trace, case.failure, case.draft) == (result.trace, None, None)
    assert case.counts["shadow"]["statements"] == 2
    assert case.counts["shown"] == {"statements": 0, "supported": 0}
    kept = await site.parts.releases.shadows.read(case.number)
    assert kept is not None
    assert kept.content is None, "a run that keeps nothing keeps nothing of a trial"
    told = [e.entry for e in site.audit.events if e.entry.action == "run.shadow"]
    assert [e.outcome.value for e in told] == ["opened", "done"]
    assert told[0].detail["run"] == result.trace
    site.model.raw = "no JSON at all"
    again = await site.gateway.run(person(), NOTE_WRITER, ASK, RunOptions(store=True))
    await site.gateway.shadows.finish()
    failed = (await site.parts.releases.shadows.list(evaluated.id))[0]
    assert (failed.trace, failed.failure, failed.draft) == (
        again.trace,
        "engine_answer_malformed",
        again.draft_id,
    )
    site.model.raw = None
    kept_too = await site.gateway.run(person(), NOTE_WRITER, ASK, RunOptions(store=True))
    await site.gateway.shadows.finish()
    last = await site.parts.releases.shadows.read(failed.number + 1)
    assert last is not None
    assert last.draft == kept_too.draft_id
    assert last.content is not None
    assert [one["text"] for one in last.content["shadow"]][-1] == "He can go home."
    page = await ReleaseBoard(desk).read(evaluated.id, COMPLIANCE)
    assert (page.shadow.cases, page.shadow.answered.hits) == (3, 2)
    assert page.shadow.failures == {"engine_answer_malformed": 1}


# --- what a change leaves ------------------------------------------------------------------

PLAN = """most_changes = 1
[[allowed]]
part = "tables"
asks_for = "{asks}"
most_drop = 0.005
[allowed.why]
zh = "版本"
en = "editions"
"""


async def test_a_changed_prompt_asks_for_everything(
    site: Site, desk: ReleaseDesk, engine: Endpoint
) -> None:
    former = await open_gate(desk, NOTE_WRITER, engine.name)
    await change_application(site, prompts="f" * 64)
    assert await said(site) == "gate_not_proposed"
    (added,) = await desk.succeed()
    assert (added.change, added.state) == (ChangeClass.RE_APPROVE, ReleaseState.PROPOSED)
    assert added.predecessor == former.id
    assert await desk.succeed() == [], "a second time does nothing"
    assert await said(site) == "gate_not_evaluated"
    await put_results(desk, added)
    assert await said(site) == "gate_not_approved"
    with pytest.raises(PreconditionError, match="release_not_present"):
        await desk.approve(former.id, COMPLIANCE)


@pytest.mark.parametrize("asks", ["none", "re-evaluate"])
async def test_within_its_plan_a_change_goes_on_by_itself(
    site: Site, desk: ReleaseDesk, engine: Endpoint, asks: str
) -> None:
    folder = site.parts.applications[NOTE_WRITER].folder
    (folder / PLAN_FILE).write_text(PLAN.format(asks=asks))
    await change_application(site, tables="1" * 64)
    former = await open_gate(desk, NOTE_WRITER, engine.name)
    assert await said(site) is None
    await change_application(site, tables="2" * 64)
    (added,) = await desk.succeed()
    assert added.change is ChangeClass(asks)
    if asks == "re-evaluate":
        assert await said(site) == "gate_not_evaluated"
        added = await put_results(desk, added)
    assert (added.state, added.stage) == (ReleaseState.ACTIVE, former.stage)
    assert await said(site) is None
    assert len(await desk.store.approvals(added)) == 2

    await change_application(site, tables="3" * 64)
    (beyond,) = await desk.succeed()
    assert beyond.change is ChangeClass.RE_APPROVE, "the plan allows one change in a row"
    assert await said(site) == "gate_not_evaluated"


async def test_an_evaluation_that_falls_too_far_asks_for_people(
    site: Site, desk: ReleaseDesk, engine: Endpoint
) -> None:
    folder = site.parts.applications[NOTE_WRITER].folder
    (folder / PLAN_FILE).write_text(PLAN.format(asks="re-evaluate"))
    await change_application(site, tables="1" * 64)
    await open_gate(desk, NOTE_WRITER, engine.name)
    await change_application(site, tables="2" * 64)
    (added,) = await desk.succeed()
    lower = {**PASSING, "supported": {"value": 0.984, "needed": 0.98, "passed": True}}
    added = await put_results(desk, added, report=lower)
    assert added.state is ReleaseState.EVALUATED
    assert await said(site) == "gate_not_approved"
    added = await approve(desk, added)
    assert added.state is ReleaseState.APPROVED


async def test_a_change_of_any_part_closes_the_gate_and_is_named(
    site: Site, desk: ReleaseDesk, engine: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Part by part: closed at once, carried over by its class, open again as it was before."""
    binding = await open_gate(desk, NOTE_WRITER, engine.name)
    shared = dict(platform_parts())
    own = ("code", "manifest", "prompts", "rules", "tables", "change_plan", "rules:prescription")
    for part in (*own, *shared):
        if part in shared:
            changed = {**shared, part: "e" * 64}
            monkeypatch.setattr(f"{_RELEASES}.platform_parts", lambda parts=changed: parts)
        before = await change_application(site, **({} if part in shared else {part: "e" * 64}))
        assert await said(site) == "gate_not_proposed", part
        (added,) = await desk.succeed()
        change = await desk.change_since_predecessor(added, site.parts.applications[NOTE_WRITER])
        assert change is not None
        assert [one.part for one in change.parts] == [part]
        assert added.change is ChangeClass.RE_APPROVE
        assert await said(site) == "gate_not_evaluated", part
        monkeypatch.undo()
        await install(site, before)
        assert await said(site) is None, f"{part} is as it was approved"
    assert (await desk.read(binding.id)).state is ReleaseState.ACTIVE


async def test_the_engine_at_another_address_is_a_change_too(
    site: Site, desk: ReleaseDesk, engine: Endpoint
) -> None:
    await open_gate(desk, NOTE_WRITER, engine.name)
    await site.parts.endpoints.put(dataclasses.replace(engine, url="http://127.0.0.1:10/v1"))
    assert await said(site) == "gate_engine_changed"
    moved = await desk.propose(NOTE_WRITER, engine.name, OPERATOR)
    assert moved.change is ChangeClass.RE_APPROVE
    page = await ReleaseBoard(desk).read(moved.id, COMPLIANCE)
    assert page.change is not None
    assert [one.part for one in page.change.parts] == ["engine.address"]
    await site.parts.endpoints.put(engine)
    assert await said(site) is None, "the former engine has its standing back"


async def test_the_change_log_tells_it_in_plain_words(
    site: Site, desk: ReleaseDesk, engine: Endpoint
) -> None:
    await open_gate(desk, NOTE_WRITER, engine.name)
    site.clock.forward(timedelta(days=1))
    await change_application(site, prompts="f" * 64)
    lines = await ReleaseBoard(desk).change_log(NOTE_WRITER, COMPLIANCE)
    assert "the prompts" in lines[0].words.en
    told = " ".join(one.words.en for one in lines)
    for piece in ("was proposed", "passed the evaluation", "One person approved", "everywhere"):
        assert piece in told
    assert lines[-1].words.en == "The application's first Release was registered."


async def test_the_board_says_what_blocks_each(
    site: Site, desk: ReleaseDesk, evaluated: ModelBinding
) -> None:
    board = ReleaseBoard(desk)
    (row,) = (await board.applications(COMPLIANCE))[0].rows
    assert (row.reason, len(row.open_seats)) == (GateReason.NOT_APPROVED, 2)
    assert (await board.find(evaluated.id[:8], COMPLIANCE)).id == evaluated.id
    for name in ("", evaluated.id[:5], "zzzzzzzz"):
        with pytest.raises(NotFoundError, match="no_such_release"):
            await board.find(name, COMPLIANCE)
    with pytest.raises(NotFoundError, match="no_such_release"):
        await board.read(BindingId("0" * 64), COMPLIANCE)
    stranger = officer("security.dong", Role.SECURITY_ADMINISTRATOR)
    with pytest.raises(AccessError):
        await board.applications(stranger)


async def test_steps_are_never_changed(desk: ReleaseDesk, evaluated: ModelBinding) -> None:
    acts = await desk.store.acts(evaluated.id)
    assert [one.step for one in acts] == [ReleaseStep.PROPOSE, ReleaseStep.EVALUATE]
    assert [one.number for one in acts] == sorted(one.number for one in acts)
