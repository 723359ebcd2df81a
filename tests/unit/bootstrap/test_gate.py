"""The model gate: what an engine proposes is measured, for one Release and one engine."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from suwen.bootstrap import gate
from suwen.bootstrap.gate import evaluate_release
from suwen.bootstrap.platform import Platform
from suwen.bootstrap.releases.opening import open_releases
from suwen.control.gateway.model_reasons import reason_text
from suwen.control.governance.gate import OWN_SUITE, GateReason, demanded_suites
from suwen.control.governance.releases import register_releases
from suwen.core.errors import AccessError, GovernanceError, InputError, NotFoundError
from suwen.core.identity import (
    AppId,
    Channel,
    Principal,
    PrincipalId,
    Purpose,
    Role,
    batch_principal,
)
from suwen.core.inference import Endpoint
from suwen.core.release import ReleaseState
from suwen.inference.scripted import ScriptedAnswer, ScriptedEngine, ScriptedRequest
from tests.support.releases import CHIEF, approve, open_gate, put_results

WRITER = AppId("record_writer")
FACT = re.compile(r"^\[(\d+)\] (.+)$", re.MULTILINE)
OPERATOR = batch_principal("operator")
CASES = 10


def faithful(request: ScriptedRequest) -> ScriptedAnswer:
    """Repeats facts word for word."""
    return _said(request, lambda text: text)


def careless(request: ScriptedRequest) -> ScriptedAnswer:
    """Repeats facts with other numbers."""
    return _said(request, lambda text: re.sub(r"\d", "7", text) + "，共 777 次")


def _said(request: ScriptedRequest, change: Callable[[str], str]) -> ScriptedAnswer:
    """One result a sentence, said a little otherwise: its very words stand in the document."""
    facts = [fact for fact in FACT.findall(request.last_turn) if "/L" in fact[1]][:8]
    begin = "病历记载，" if "要求" in request.prompt else "On record: "
    statements = [{"text": begin + change(text), "facts": [int(n)]} for n, text in facts]
    return ScriptedAnswer(json.dumps({"statements": statements}, ensure_ascii=False))


def babbling(_request: ScriptedRequest) -> ScriptedAnswer:
    """Answers in no agreed form, as an engine that is too weak does."""
    return ScriptedAnswer("Once upon a time there was a hospital.")


@pytest.fixture
async def engine(platform: Platform) -> AsyncIterator[ScriptedEngine]:
    """A scripted engine, known to the site as ``ward`` and cleared for every record."""
    async with ScriptedEngine(faithful) as running:
        await put(platform, running)
        yield running


async def put(platform: Platform, engine: ScriptedEngine, **change: Any) -> Endpoint:
    """Makes the engine known, or changes what is known of it."""
    endpoint = dataclasses.replace(
        engine.endpoint(),
        name="ward",
        ceiling=5,
        capabilities=frozenset({"chat", "json_schema"}),
        **change,
    )
    await platform.endpoints.put(endpoint)
    await platform.refresh_endpoints()
    return endpoint


async def model_of_a_run(platform: Platform) -> tuple[str, str | None]:
    """Whether the model has a part in a run now, and why not."""
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": ENTRIES}
    request = {"bundle": bundle, "document_type": "outpatient_note", "language": "zh"}
    result = await platform.gateway.run(OPERATOR, WRITER, request)
    return result.model, result.model_reason.en if result.model_reason else None


PATIENT = {"reference": "Patient/p"}
ENTRIES = [
    {"resource": {"resourceType": "Patient", "id": "p", "gender": "male"}},
    {
        "resource": {
            "resourceType": "Encounter",
            "id": "e",
            "status": "finished",
            "class": {"code": "AMB"},
            "subject": PATIENT,
            "period": {"start": "2026-03-01T09:00:00+08:00", "end": "2026-03-01T10:00:00+08:00"},
        }
    },
    *(
        {
            "resource": {
                "resourceType": "Observation",
                "id": f"k{number}",
                "status": "final",
                "category": [
                    {
                        "coding": [
                            {
                                "system": "http://terminology.hl7.org/CodeSystem/"
                                "observation-category",
                                "code": "laboratory",
                            }
                        ]
                    }
                ],
                "code": {"coding": [{"system": "http://loinc.org", "code": code}], "text": name},
                "subject": PATIENT,
                "encounter": {"reference": "Encounter/e"},
                "effectiveDateTime": "2026-03-01T09:30:00+08:00",
                "valueQuantity": {
                    "value": value,
                    "unit": "mmol/L",
                    "system": "http://unitsofmeasure.org",
                    "code": "mmol/L",
                },
                "referenceRange": [{"low": {"value": 3.5}, "high": {"value": 5.3}}],
            }
        }
        for number, (code, name, value) in enumerate(
            (("2823-3", "血钾", 5.9), ("2951-2", "血钠", 151), ("2075-0", "血氯", 120))
        )
    ),
]


def closed(reason: GateReason) -> tuple[str, str]:
    """What a run says of the model where the gate is closed."""
    return "skipped", reason_text(reason.value).en


@pytest.mark.parametrize("bad", [careless, babbling])
async def test_an_engine_that_is_not_good_enough_stays_out(
    platform: Platform, engine: ScriptedEngine, bad: object
) -> None:
    engine.respond = bad  # type: ignore[assignment]
    desk = open_releases(platform)
    binding = await desk.propose(WRITER, "ward", OPERATOR)
    assert await model_of_a_run(platform) == closed(GateReason.NOT_EVALUATED)
    report = await evaluate_release(platform, WRITER, "ward", 6, OPERATOR)
    assert report["passed"] is False
    assert sum(report[name]["passed"] for name in ("answered", "supported")) < 2
    assert await model_of_a_run(platform) == closed(GateReason.FAILED)
    with pytest.raises(GovernanceError, match="evaluation_not_valid"):
        await desk.approve(binding.id, CHIEF)


async def test_an_engine_that_does_not_answer_stays_out(
    platform: Platform, engine: ScriptedEngine
) -> None:
    engine.respond = lambda _: ScriptedAnswer(status=500)
    report = await evaluate_release(platform, WRITER, "ward", 2, OPERATOR)
    assert report["passed"] is False
    assert report["answered"]["passed"] is False


async def test_a_faithful_engine_passes_until_it_or_the_release_changes(
    platform: Platform, engine: ScriptedEngine
) -> None:
    assert await model_of_a_run(platform) == closed(GateReason.NOT_PROPOSED)
    report = await evaluate_release(platform, WRITER, "ward", CASES, OPERATOR)
    assert report["passed"] is True, json.dumps(report)
    assert report["statements"] >= report["statements_needed"]
    assert await model_of_a_run(platform) == closed(GateReason.NOT_PROPOSED)

    served = (await platform.endpoints.read("ward")).served
    assert served == '{"id":"scripted"}'
    desk = open_releases(platform)
    binding = await desk.propose(WRITER, "ward", OPERATOR)
    assert binding.state is ReleaseState.PROPOSED
    assert await model_of_a_run(platform) == closed(GateReason.NOT_EVALUATED)
    with pytest.raises(GovernanceError) as refused:
        await desk.approve(binding.id, CHIEF)
    assert refused.value.detail["suite"] == "grounded"
    binding = await put_results(desk, binding, besides=OWN_SUITE)
    assert binding.state is ReleaseState.EVALUATED
    assert await model_of_a_run(platform) == closed(GateReason.NOT_APPROVED)
    await approve(desk, binding)
    assert await model_of_a_run(platform) == closed(GateReason.NOT_ACTIVE)
    await open_gate(desk, WRITER, "ward")
    assert await model_of_a_run(platform) == ("used", None)

    await put(platform, engine, model="another-model", served=served)
    assert await model_of_a_run(platform) == closed(GateReason.ENGINE_CHANGED)
    await put(platform, engine, served='{"id":"scripted","root":"other"}')
    assert await model_of_a_run(platform) == closed(GateReason.ENGINE_CHANGED)
    await put(platform, engine, served=served)
    assert await model_of_a_run(platform) == ("used", None)

    before = await platform.releases.current(WRITER)
    installed = platform.applications[WRITER]
    changed = dataclasses.replace(installed, parts={**installed.parts, "prompts": "f" * 64})
    await register_releases(platform.releases, [changed], platform.clock.now())
    after = await platform.releases.current(WRITER)
    assert before is not None
    assert after is not None
    assert before.hash != after.hash
    kept = await platform.releases.gates(before.hash)
    assert {g.suite for g in kept} == set(demanded_suites(platform.applications[WRITER].folder))
    assert list(await platform.releases.gates(after.hash)) == []


async def test_what_cannot_be_measured(platform: Platform, engine: ScriptedEngine) -> None:
    with pytest.raises(NotFoundError, match="no_such_application"):
        await evaluate_release(platform, AppId("nosuch"), "ward", 1, OPERATOR)
    with pytest.raises(NotFoundError, match="no_such_endpoint"):
        await evaluate_release(platform, WRITER, "nosuch", 1, OPERATOR)


async def test_only_who_may_manage_releases_opens_the_gate(
    platform: Platform, engine: ScriptedEngine
) -> None:
    physician = Principal(
        id=PrincipalId("dr.one"),
        name="壹",
        roles=frozenset({Role.PHYSICIAN}),
        departments=frozenset({"cardiology"}),
        purpose=Purpose.TREATMENT,
        channel=Channel.CLI,
    )
    with pytest.raises(AccessError):
        await evaluate_release(platform, WRITER, "ward", 1, physician)
    assert engine.requests == []


async def test_the_measuring_is_on_the_audit_and_leaves_no_draft(
    platform: Platform, engine: ScriptedEngine
) -> None:
    await evaluate_release(platform, WRITER, "ward", 2, OPERATOR)
    events = await platform.audit_store.latest(200)
    told = [e.entry for e in events if e.entry.action == "release.evaluate"]
    assert [entry.outcome.value for entry in reversed(told)] == ["opened", "done"]
    assert told[0].detail["passed"] is False
    assert await platform.drafts.list() == []


async def test_an_application_without_thresholds_has_no_gate(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "evaluation").mkdir()
    (tmp_path / "evaluation" / "suite.toml").write_text("[suite]")
    monkeypatch.setattr(gate, "installed_folder", lambda _app: tmp_path)
    with pytest.raises(InputError, match="no_gate"):
        await evaluate_release(platform, WRITER, "ward", 1, OPERATOR)
