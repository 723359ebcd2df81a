"""The worker of a whole platform: there once the pages are, back after a kill, gone at the end."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.prepared_homes import PreparedHomes
from tests.support.site import Site, kill, wait_until

pytestmark = [pytest.mark.site, pytest.mark.timeout(600)]


def write_cases(file: Path, count: int) -> None:
    lines = [
        {"id": f"c{n:04}", "title": f"病例 {n}", "text": f"编号 K{n:04}，血压 {n}/80 mmHg。"}
        for n in range(count)
    ]
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))


def jobs(site: Site) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = site.run_here("job", "list", "--json").json
    return [job for job in listed if not job["background"]]


def test_a_worker_is_kept_and_its_jobs_survive_it_and_the_supervisor(
    state_folder: Path, prepared_homes: PreparedHomes
) -> None:
    prepared_homes.with_tables(state_folder / "home")
    site = Site(state_folder / "home")
    site.start("--no-demo")
    ready = site.home / "run" / "worker.ready"
    wait_until(ready.exists)
    [first] = site.children("worker")
    cases = state_folder / "cases.jsonl"
    write_cases(cases, 120)

    # A command leaves the work to the worker; the worker dies in it and comes back by itself.
    site.arm("knowledge.after_batch_stored")
    told = site.run_here("knowledge", "import", "cases", str(cases), "--json").json
    assert (told["new"] + told["unchanged"], told["refused"]) == (120, 0)
    assert site.struck("knowledge.after_batch_stored")
    [second] = site.children("worker")
    assert second != first

    # Killed with its supervisor, the job waits for the next start.
    site.run_here("knowledge", "build", "cases", "--no-vectors")
    write_cases(cases, 200)
    site.arm("knowledge.after_batch_stored", "wait")
    importing = site.begin("knowledge", "import", "cases", str(cases))
    site.reached("knowledge.after_batch_stored")
    importing.kill()
    importing.wait()
    [worker] = site.children("worker")
    site.kill()
    kill(worker)
    assert jobs(site)[0]["state"] == "running"
    site.start("--no-demo")
    deadline = time.monotonic() + 180
    while (job := jobs(site)[0])["state"] != "done":
        assert time.monotonic() < deadline, job
        time.sleep(0.2)
    assert (job["done"], job["total"]) == (200, 200)
    site.run_here("knowledge", "build", "cases", "--no-vectors")
    site.run_here("knowledge", "verify", "cases")
    assert site.stop() < 30
    assert site.audit_report()["ok"]


def test_a_command_that_is_killed_is_finished_by_the_next_worker(
    state_folder: Path, prepared_homes: PreparedHomes
) -> None:
    prepared_homes.with_tables(state_folder / "home")
    site = Site(state_folder / "home")
    cases = state_folder / "cases.jsonl"
    write_cases(cases, 120)
    site.arm("knowledge.after_batch_stored")
    killed = site.run("knowledge", "import", "cases", str(cases), check=False)
    assert killed.returncode == -9
    [job] = jobs(site)
    assert (job["state"], job["done"]) == ("running", 0)
    # Another command takes over the dead one's name, and what it left.
    worker = site.begin("worker")
    wait_until(lambda: jobs(site)[0]["state"] == "done", 180)
    worker.terminate()
    assert worker.wait(60) == 0
    assert jobs(site)[0]["done"] == 120
