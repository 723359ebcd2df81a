"""What an evaluation does to the gates of applications, and which judge may score."""

from __future__ import annotations

import pytest

from suwen.bootstrap.evaluation import recording, work
from suwen.bootstrap.evaluation.desk import EvaluationOptions
from suwen.control.governance.gate import OWN_SUITE, demanded_suites
from suwen.core.errors import PreconditionError, PrivacyError
from suwen.core.identity import AppId
from suwen.evaluation.suites.own_template import template
from suwen.evaluation.suites.reading import SuiteChoice, read_suite
from suwen.inference.scripted import ScriptedAnswer, ScriptedRequest, always
from suwen.storage.releases import GateResult
from tests.integration.evaluation.conftest import COMPLIANCE, EvaluationSite, figures_of

WRITER = AppId("record_writer")


async def gates(site: EvaluationSite) -> tuple[GateResult, ...]:
    """What is kept of the writer's Release."""
    release = await site.platform.releases.current(WRITER)
    assert release is not None
    return await site.platform.releases.gates(release.hash)


async def test_an_application_suite_is_kept_with_its_release(site: EvaluationSite) -> None:
    await site.engine("babbling", always("Once upon a time."))
    options = EvaluationOptions(choice=SuiteChoice(sample=2))
    [run] = await site.desk.start("app:record_writer", ["babbling"], options, COMPLIANCE)
    await site.finish()
    [kept] = await gates(site)
    folder = site.platform.applications[WRITER].folder
    assert (kept.suite, kept.passed, kept.endpoint_name) == (OWN_SUITE, False, "babbling")
    assert kept.suite_hash == demanded_suites(folder)[OWN_SUITE]
    assert kept.report["evaluation"] == run.id
    assert kept.report["answered"]["value"] == 0 and kept.report["answered"]["needed"] == 0.95
    ended = await site.desk.store.read(run.id)
    assert ended.passed is False and ended.release == kept.release


async def test_a_gate_that_names_a_suite_is_told_how_it_came_out(
    site: EvaluationSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = site.platform.applications[WRITER].folder
    named = {folder: {"judge": None}}
    monkeypatch.setattr(recording, "demanded_suites", lambda one: named.get(one, {}))
    monkeypatch.setattr(recording, "demanded_bounds", lambda _folder, _suite: {})
    # That an engine which is away is asked again is shown elsewhere; here it is away for good.
    monkeypatch.setattr(work, "MOST_TRIES", 1)
    await site.engine("agreeing", agreeing)
    away = await site.engine("away", agreeing)
    await away.stop()
    await site.evaluate("judge", "agreeing", "away")
    [kept] = await gates(site)
    assert (kept.suite, kept.passed, kept.endpoint_name) == ("judge", True, "agreeing")
    assert kept.report["kappa"]["needed"] == 0.6


def agreeing(request: ScriptedRequest) -> ScriptedAnswer:
    """A judge who says what people said of our labels, and passes all else."""
    return ScriptedAnswer("FAIL" if request.last_turn in FAILED else "PASS")


def _failed() -> frozenset[str]:
    cases = read_suite("judge", SuiteChoice()).cases
    return frozenset(case.turns[-1][1] for case in cases if case.target["label"] == "fail")


FAILED = _failed()


async def test_a_judge_scores_only_once_it_was_found_to_agree(site: EvaluationSite) -> None:
    suite = await site.desk.import_cases(template("judged"), "judged", "Judged", 1, COMPLIANCE)
    await site.engine("answers", always("体重快速上升说明有液体潴留。"))
    await site.engine("judge", agreeing)
    await site.engine("yes-man", always("PASS"))

    async def refusal(judge: str | None) -> str:
        options = EvaluationOptions(judge=judge)
        with pytest.raises(PreconditionError) as refused:
            await site.desk.start(suite.id, ["answers"], options, COMPLIANCE)
        return refused.value.code

    assert await refusal(None) == "judge_needed"
    assert await refusal("judge") == "judge_not_measured"
    runs = {run.endpoint: run for run in await site.evaluate("judge", "judge", "yes-man")}
    assert figures_of(runs["judge"])["kappa"]["value"] == 1.0
    assert figures_of(runs["yes-man"])["kappa"]["value"] == 0.0
    assert await refusal("yes-man") == "judge_not_agreed"
    [run] = await site.evaluate(suite.id, "answers", judge="judge")
    assert run.passed is True
    assert run.recorded["judge"]["kappa"]["value"] == 1.0
    assert run.recorded["judge"]["run"] == runs["judge"].id


async def test_cases_go_to_no_engine_that_is_not_cleared_for_them(site: EvaluationSite) -> None:
    suite = await site.desk.import_cases(template("choice"), "secret", "Secret", 5, COMPLIANCE)
    engine = await site.engine("low", always("A"))
    low = engine.endpoint("low", ceiling=3)
    await site.platform.models.put(low)
    await site.platform.endpoints.put(low)
    with pytest.raises(PrivacyError):
        await site.desk.start(suite.id, ["low"], EvaluationOptions(), COMPLIANCE)
    assert engine.requests == []
    high = await site.engine("high", always("A"))
    await site.evaluate(suite.id, "high")
    assert len(high.requests) == 1
