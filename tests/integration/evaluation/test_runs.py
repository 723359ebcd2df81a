"""A suite recovers what an engine can do, whatever dies in between, and says how sure that is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from suwen.bootstrap.evaluation.desk import EvaluationOptions
from suwen.core.errors import AccessError, InputError, NotFoundError, UnavailableError
from suwen.core.identity import PrincipalId, Role
from suwen.core.language import Bilingual
from suwen.evaluation.suites.model import Suite
from suwen.evaluation.suites.reading import SuiteChoice
from suwen.inference.scripted import AccuracyCase, Respond, always, known_accuracy
from tests.integration.evaluation.conftest import COMPLIANCE, EvaluationSite, figures_of

WHERE = ("evaluation.before_kept", "evaluation.after_kept")
KNOWN = {"quarter": 0.25, "sixty": 0.6, "ninety": 0.9}


def knows(suite: Suite, share: float) -> Respond:
    """Answers that share of a suite's questions rightly, in words as engines use them."""
    cases = []
    for number, case in enumerate(suite.cases):
        right = case.target["letter"]
        wrong = next(letter for letter in case.target["letters"] if letter != right)
        form = ("{}", "The answer is {}.", "{}. as shown above", "答案：{}")[number % 4]
        cases.append(AccuracyCase(case.turns[0][1], form.format(right), form.format(wrong)))
    return known_accuracy(cases, round(share * len(cases)), seed=3)


async def test_a_known_accuracy_is_recovered_within_its_interval(site: EvaluationSite) -> None:
    kept = await site.desk.import_cases(_sheet(60), "known", "Known", 1, COMPLIANCE)
    suite = await site.desk.suites.read(kept.id, SuiteChoice())
    for name, share in KNOWN.items():
        await site.engine(name, knows(suite, share))
    ended = await site.evaluate(kept.id, *KNOWN, apart=True)
    runs = {run.endpoint: run for run in ended}
    for name, share in KNOWN.items():
        accuracy = figures_of(runs[name])["accuracy"]
        assert accuracy["value"] == share
        assert accuracy["low"] < share < accuracy["high"]
        assert accuracy["of"] == len(suite.cases)
        assert runs[name].passed is (share >= 0.8)
    chance = figures_of(runs["quarter"])["chance"]["value"]
    assert figures_of(runs["quarter"])["accuracy"]["low"] < chance
    assert figures_of(runs["sixty"])["accuracy"]["low"] > chance
    assert {run.cases_hash for run in ended} == {suite.cases_hash}
    compared = await site.desk.compared(runs["sixty"].id, runs["ninety"].id, COMPLIANCE)
    assert compared["pairs"]["difference"]["value"] == pytest.approx(0.3)
    assert compared["pairs"]["mcnemar_p"] < 0.01


def _sheet(questions: int) -> bytes:
    """Questions whose right letters go round."""
    lines = ["id,kind,language,question,option_a,option_b,option_c,option_d,answer"]
    lines += [
        f"q{n},choice,en,Which option is meant by {n}?,one,two,three,four,{'ABCD'[n % 4]}"
        for n in range(questions)
    ]
    return "\n".join(lines).encode()


async def test_each_case_is_kept_once_though_workers_die(
    site: EvaluationSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = await site.engine("steady", always("A"))
    died: list[str] = []

    def die(point: str) -> None:
        if point in WHERE and point not in died:
            died.append(point)
            raise UnavailableError("struck", Bilingual("中断", "struck"))

    monkeypatch.setattr("suwen.core.faults._strike", die)
    [run] = await site.evaluate("calibration", "steady")
    assert died == ["evaluation.before_kept", "evaluation.after_kept"]
    cases = await site.desk.store.cases(run.id)
    assert [case.ordinal for case in cases] == list(range(run.total))
    assert {case.status for case in cases} == {"unscored"}
    # What had no result was asked again; what had one was not.
    assert run.total < len(engine.requests) <= 3 * run.total
    assert run.summary is not None and run.summary["unscored"] == {"no_probability": run.total}


async def test_an_engine_that_is_away_is_no_wrong_answer(site: EvaluationSite) -> None:
    await site.engine("here", always("A"))
    gone = await site.engine("gone", always("A"))
    await gone.stop()
    runs = {run.endpoint: run for run in await site.evaluate("calibration", "here", "gone")}
    assert runs["gone"].summary is not None and runs["here"].summary is not None
    assert runs["gone"].summary["failures"] == {"engine_unreachable": runs["gone"].total}
    assert runs["here"].summary["failures"] == {}
    assert runs["gone"].summary["wrong"] == {} == runs["gone"].summary["unscored"]


async def test_who_may_not_manage_releases_starts_nothing(site: EvaluationSite) -> None:
    await site.engine("any", always("A"))
    nurse = replace(COMPLIANCE, id=PrincipalId("nurse.li"), roles=frozenset({Role.NURSE}))
    options: Any = {"options": EvaluationOptions(), "acting": nurse}
    with pytest.raises(AccessError):
        await site.desk.start("judge", ["any"], **options)
    assert await site.desk.latest(nurse) == []
    [run] = await site.desk.start("judge", ["any"], EvaluationOptions(), COMPLIANCE)
    assert (await site.desk.progress(run.id, nurse)).state == "waiting"
    with pytest.raises(AccessError):
        await site.desk.results(run.id, nurse)
    assert await site.desk.results(run.id, COMPLIANCE) == []


REFUSED = (
    ("no-such", ["any"], "no_such_suite"),
    ("judge", [], "engines_needed"),
    ("judge", ["absent"], "no_such_endpoint"),
    ("examination", ["any"], "data_folder_needed"),
    ("app:absent", ["any"], "no_such_application"),
    ("own:absent", ["any"], "no_such_suite"),
)


async def test_what_cannot_be_run_is_refused_and_leaves_nothing(site: EvaluationSite) -> None:
    await site.engine("any", always("A"))
    for suite, engines, code in REFUSED:
        with pytest.raises((InputError, NotFoundError)) as refused:
            await site.desk.start(suite, engines, EvaluationOptions(), COMPLIANCE)
        assert refused.value.code == code
    assert await site.desk.latest(COMPLIANCE) == []


async def test_an_engine_that_is_changed_meanwhile_stops_the_evaluation(
    site: EvaluationSite,
) -> None:
    engine = await site.engine("other", always("A"))
    await site.desk.start("judge", ["other"], EvaluationOptions(), COMPLIANCE)
    as_started = await site.platform.endpoints.read("other")
    await site.platform.endpoints.put(engine.endpoint("other", model="another"))
    with pytest.raises(AssertionError, match="engine_changed"):
        await site.finish()
    [progress] = await site.desk.latest(COMPLIANCE)
    assert progress.state == "failed" and engine.requests == []
    # As it was, it goes on.
    await site.platform.endpoints.put(as_started)
    await site.desk.resume(progress.run.id, COMPLIANCE)
    await site.finish()
    assert (await site.desk.progress(progress.run.id, COMPLIANCE)).state == "done"
