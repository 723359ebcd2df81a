"""Workers that are killed in the middle of an evaluation leave each case with one result."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from suwen.inference.scripted import ScriptedEngine, always, serving_in_thread
from tests.support.site import Site, wait_until

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]

POINTS = ("evaluation.before_kept", "evaluation.after_kept", "jobs.batch_begun")


def latest(site: Site) -> dict[str, Any]:
    """The newest run, as the command line tells it."""
    runs: list[dict[str, Any]] = json.loads(site.run("evaluate", "list", "--json").stdout)
    return runs[0]


def test_each_case_has_one_result_though_workers_are_killed(state_folder: Path) -> None:
    site = Site(state_folder / "home")
    site.start("--no-demo")
    try:
        with serving_in_thread(ScriptedEngine(always("A 50%", delay_s=0.005))) as engine:
            site.run("endpoint", "add", "steady", "--url", engine.url, "--model", engine.model)
            for point in POINTS:
                site.arm(point)
                going = site.begin("evaluate", "calibration", "--endpoint", "steady")
                wait_until(partial(site.struck, point), 400)
                # Where no worker served yet, the command did the work itself, and died of it.
                going.wait(400)
                wait_until(lambda: latest(site)["state"] == "done", 400)
                run = latest(site)
                assert (run["done"], run["total"]) == (40, 40)
                cases = site.home / f"{run['id']}.jsonl"
                site.run("evaluate", "cases", run["id"], "--output", str(cases))
                ids = [json.loads(line)["id"] for line in cases.read_text().splitlines()]
                assert len(ids) == len(set(ids)) == 40
            # What a killed worker had in hand was asked again, and nothing else.
            assert 3 * 40 <= len(engine.requests) <= 3 * (40 + 24)
            assert site.audit_report()["ok"]
    finally:
        site.stop()
