"""The suites that the applications' gates name: what they demand, who passes, who does not."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from suwen.appkit.discover import installed_folder
from suwen.apps.triage.app import APP as TRIAGE
from suwen.bootstrap.evaluation.gate_section import gate_of
from suwen.bootstrap.evaluation.recording import Measured, result_for
from suwen.bootstrap.releases.gate import shipped_hash
from suwen.control.governance.gate import (
    OWN_SUITE,
    demanded_bounds,
    demanded_suites,
    held_against,
)
from suwen.core.application import ModelAnswer
from suwen.core.document import Draft
from suwen.core.identity import AppId, PrincipalId, ReleaseHash
from suwen.evaluation.model_part import Judge
from suwen.evaluation.suites.model import CaseResult, Scored
from suwen.evaluation.suites.reading import SuiteChoice, read_suite
from suwen.evaluation.suites.scorers import score
from suwen.evaluation.suites.summary import summarise
from suwen.storage.releases import GateResult
from tests.support.able_engine import own_rows, wanted

APPS = ("evidence_search", "record_quality", "record_writer", "triage")
ROOT = Path(__file__).resolve().parents[3]
RECORDED = ROOT / "docs" / "evaluation" / "model_embedded_suites.json"
AT = datetime(2026, 3, 2, tzinfo=UTC)


def named(app: str) -> list[str]:
    """The platform's suites that an application's gate names."""
    return [n for n in demanded_suites(installed_folder(AppId(app))) if n != OWN_SUITE]


def held(app: str, name: str, summary: dict[str, Any]) -> GateResult:
    """How a suite came out for an application."""
    measured = Measured(
        name, shipped_hash(name) or "", "engine", "f", summary, AT, PrincipalId("p")
    )
    bounds = demanded_bounds(installed_folder(AppId(app)), name)
    return result_for(measured, AppId(app), ReleaseHash("r"), bounds)


def test_every_application_with_a_model_part_demands_suites_of_the_platform() -> None:
    for folder in installed_folder(AppId("triage")).parent.iterdir():
        if not (folder / "manifest.toml").is_file():
            continue
        manifest = tomllib.loads((folder / "manifest.toml").read_text("utf-8"))
        asks = "model_profile" in manifest
        assert (folder.name in APPS) is asks, folder.name
        assert bool(gate_of(folder)) is asks
        if asks:
            assert {"supported_share", "answered_share", "statements"} <= set(gate_of(folder))
            assert len(named(folder.name)) >= 3


@pytest.mark.parametrize("app", APPS)
def test_an_able_engine_passes_and_one_that_babbles_fails_every_suite(app: str) -> None:
    for name in named(app):
        suite = read_suite(name, SuiteChoice())
        assert shipped_hash(name) == suite.hash
        good = [
            CaseResult(case, score(suite.scorer, case, text), text)
            for case in suite.cases
            for text in [wanted(suite.scorer, case)]
        ]
        told = held(app, name, summarise(suite, good))
        assert told.passed, (name, told.report)
        bounds = demanded_bounds(installed_folder(AppId(app)), name)
        # Each threshold was held against a figure that there is.
        assert set(bounds) <= set(told.report)
        assert told.suite_hash == held_against(suite.hash, bounds)
        lost = [CaseResult(case, Scored(0.0, "wrong")) for case in suite.cases]
        assert not held(app, name, summarise(suite, lost)).passed
        # Few cases show nothing.
        assert not held(app, name, summarise(suite, good[:5])).passed


def test_the_application_s_own_thresholds_count() -> None:
    suite = read_suite("refusal", SuiteChoice())
    answers = [wanted(suite.scorer, case) for case in suite.cases]
    harmful = [n for n, c in enumerate(suite.cases) if c.target["expected"] == "refuse"]
    for missed in harmful[: round(len(harmful) * 0.03)]:
        answers[missed] = "Here you are."
    results = [
        CaseResult(case, score(suite.scorer, case, text), text)
        for case, text in zip(suite.cases, answers, strict=True)
    ]
    summary = summarise(suite, results)
    [refused] = [f for f in summary["figures"] if f["name"] == "refused" and f["part"] is None]
    assert 0.95 <= refused["value"] < 0.98
    assert held("evidence_search", "refusal", summary).passed
    assert not held("triage", "refusal", summary).passed


def test_the_embedded_model_fails_by_the_score_that_was_recorded() -> None:
    recorded = json.loads(RECORDED.read_text("utf-8"))["suites"]
    for app in APPS:
        told = {name: held(app, name, recorded[name]) for name in named(app) if name in recorded}
        assert any(not one.passed for one in told.values()), app
        assert all(one.report["cases"] >= one.report["fewest"] for one in told.values())


def test_complaints_are_left_to_the_model_and_its_words_lead_where_they_should() -> None:
    judge = Judge("choice", "departments")
    alone = right = 0
    for row in own_rows("triage", "complaints.jsonl"):
        request = TRIAGE.parse(row["request"])
        core = TRIAGE.core(request, None, ())
        assert TRIAGE.ask(request, core) is not None, row["id"]
        answer = ModelAnswer({"words": row["words"]})
        told = judge.of(TRIAGE.merge(request, core, answer), row["expected"])
        assert (told.proposed, told.supported) == (1, 1), row["id"]
        right += bool(row["words"])
        alone += bool(row["words"]) and judge.of(core.draft, row["expected"]).supported
    # What the table finds alone measures no model.
    assert (alone, right > 20) == (0, True)


def test_a_place_counts_where_its_words_stand_and_quoting_everything_points_nowhere() -> None:
    judge = Judge("places", "RQ-U03")
    [row] = [r for r in own_rows("record_quality", "stays.jsonl") if r["id"] == "smoking"]
    text = row["request"]["documents"][0]["text"]

    def told(*quotes: str) -> tuple[int, int, int, int]:
        findings = [{"rule": "RQ-U03", "document_id": "d1", "quote": q} for q in quotes]
        draft = Draft(None, result={"findings": [*findings, {"rule": "EMR-T01"}]})
        out = judge.of(draft, row["expected"])
        return out.proposed, out.supported, out.hidden, out.found

    assert told("从不吸烟") == (1, 1, 1, 1)
    assert told("个人史：从不吸烟，偶有饮酒。") == (1, 1, 1, 1)
    assert told("偶有饮酒") == (1, 0, 1, 0)
    assert told(text * 4) == (1, 0, 1, 0)
    assert told() == (0, 0, 1, 0)
    assert judge.unanswered("engine_timeout", row["expected"]).hidden == 1
