"""500 documents among kills of two workers: every item exactly once in the result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.bulk_requests import write_requests
from tests.support.prepared_homes import PreparedHomes
from tests.support.site import Site, wait_until

pytestmark = [pytest.mark.site, pytest.mark.timeout(300)]
DOCUMENTS = 500
STRIKES = ("bulk.before_batch_kept", "bulk.after_batch_kept")


def test_every_item_has_one_result_though_workers_are_killed(
    state_folder: Path, prepared_homes: PreparedHomes
) -> None:
    prepared_homes.with_tables(state_folder / "home")
    site = Site(state_folder / "home")
    given = state_folder / "requests.jsonl"
    items = write_requests(given, DOCUMENTS)
    site.start("--no-demo")
    begun = ("bulk", "start", "record_quality", "--input", str(given), "--no-give-way", "--json")
    site.arm(STRIKES[0])
    run = str(site.run_here(*begun).json["id"])
    other = site.begin("worker")
    try:
        for number, point in enumerate(STRIKES):
            if number:
                site.arm(point)
            wait_until(lambda point=point: site.struck(point), 120)  # type: ignore[misc]
            if other.poll() is not None:
                other = site.begin("worker")
        wait_until(
            lambda: site.run_here("bulk", "show", run, "--json").json["state"] == "done", 120
        )
    finally:
        other.terminate()
        other.wait()
    out = state_folder / "results.jsonl"
    site.run_here("bulk", "results", run, "--output", str(out))
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [line["id"] for line in lines] == list(range(items))
    assert [line["error"] for line in lines if line["status"] != "ok"] == []
    assert site.stop() < 30
    assert site.audit_report()["ok"]
