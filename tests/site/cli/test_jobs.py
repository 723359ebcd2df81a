"""``job``: jobs are listed, shown and steered by those who may, and each act is on the audit."""

from __future__ import annotations

import asyncio

import pytest

from suwen.bootstrap.platform import platform_on
from suwen.bootstrap.settings import read_settings
from suwen.core.identity import Principal, batch_principal
from suwen.core.language import Bilingual
from suwen.jobs.model import GivenFile, JobId, JobRequest
from tests.site.cli.conftest import DemonstrationTerminal

pytestmark = pytest.mark.site


def start(terminal: DemonstrationTerminal, by: Principal | None = None) -> JobId:
    """A job of a kind that no worker of this site is there for."""

    async def start_one() -> JobId:
        assert terminal.urls is not None
        async with platform_on(read_settings(terminal.environ()), terminal.urls) as platform:
            request = JobRequest(
                "test", Bilingual("测试任务", "A test"), {"n": 1}, [GivenFile("a", b"1")]
            )
            return await platform.jobs.start(request, by or batch_principal("tester"))

    return asyncio.run(start_one())


def test_a_job_is_listed_shown_and_steered(demonstration: DemonstrationTerminal) -> None:
    job = start(demonstration)
    [listed] = [j for j in demonstration.run("job", "list", "--json").json if j["id"] == job]
    assert (listed["state"], listed["kind"], listed["title"]) == ("waiting", "test", "A test")
    assert (listed["done"], listed["total"], listed["refused"]) == (0, None, 0)
    shown = demonstration.run("job", "show", job, "--json").json
    assert shown == {**listed, "refusals": []}
    assert demonstration.run("job", "pause", job, "--json").json["state"] == "paused"
    rate = demonstration.run("job", "throttle", job, "--per-minute", "30", "--json").json
    assert rate["per_minute"] == 30.0
    assert demonstration.run("job", "resume", job, "--json").json["state"] == "waiting"
    assert demonstration.run("job", "cancel", job, LANG="zh_CN.UTF-8").out == "测试任务：已取消。\n"
    unfinished = demonstration.run("job", "list", "--unfinished", "--json").json
    assert job not in {j["id"] for j in unfinished}


def test_each_act_is_on_the_audit(demonstration: DemonstrationTerminal) -> None:
    job = start(demonstration)
    demonstration.run("job", "pause", job)
    demonstration.run("job", "cancel", job)
    events = demonstration.run("audit", "show", "--last", "1000", "--json").json
    started = [e for e in events if e["action"] == "job.start" and e["detail"].get("job") == job]
    assert [(e["outcome"], e["subject"]) for e in started] == [("done", "JobKind/test")]
    steered = [(e["action"], e["outcome"]) for e in events if e["subject"] == f"Job/{job}"]
    assert steered == [
        ("job.pause", "opened"),
        ("job.pause", "done"),
        ("job.cancel", "opened"),
        ("job.cancel", "done"),
    ]


def test_what_goes_wrong_is_told(demonstration: DemonstrationTerminal) -> None:
    job = start(demonstration)
    demonstration.run("job", "cancel", job)
    assert demonstration.refused("job", "show", "nobody") == (2, "no_such_job")
    assert demonstration.refused("job", "resume", job) == (2, "job_has_ended")
    other = start(demonstration)
    rate = ("job", "throttle", other, "--per-minute", "0")
    assert demonstration.refused(*rate) == (2, "rate_not_positive")
    # Left waiting it would be what `doctor` complains of.
    demonstration.run("job", "cancel", other)


def test_people_see_jobs_and_steer_only_their_own(demonstration: DemonstrationTerminal) -> None:
    job = start(demonstration)
    as_physician = ("--as", "dr.lin")
    listed = demonstration.run("job", "list", *as_physician, "--json").json
    assert job in {j["id"] for j in listed}
    for act in ("pause", "cancel", "throttle"):
        assert demonstration.refused("job", act, job, *as_physician) == (3, "not_permitted")
    names = {a.name for a in demonstration.accounts if "system_administrator" in a.roles}
    administrator = sorted(names)[0]
    paused = demonstration.run("job", "pause", job, "--as", administrator, "--json").json
    assert paused["state"] == "paused"
