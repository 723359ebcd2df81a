"""An unsafe Release on a running site: its alarm, and out of use within the configured window."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.site import Site, wait_until
from tests.support.web_site import Client

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]

OFFICE = "compliance.yuan"
WINDOW_MINUTES = 2
RUN = "/api/v1/apps/record_writer/run"
WANTED = {"patient_id": "demo-p03", "document_type": "admission_record", "language": "zh"}
GOOD, UNSAFE = 6, 4


def decided(site: Site, reason: str | None) -> None:
    """Has a document built, and rejects it for a reason; without one it stays undecided."""
    status, answer = site.request("POST", RUN, {"request": WANTED})
    assert status == 200, answer
    if reason is not None:
        address = f"/api/v1/drafts/{answer['run']['draft_id']}/reject"
        status, told = site.request("POST", address, {"version": 1, "reason": reason})
        assert status == 200, told


def alarms(site: Site) -> list[dict[str, Any]]:
    """The alarms about what endangers, as the command line tells them."""
    listed = site.run("monitor", "alarms", "--as", OFFICE, "--json").stdout
    told: list[dict[str, Any]] = json.loads(listed)
    return [one for one in told if one["measure"] == "unsafe"]


def out_of_use(site: Site) -> bool:
    """Whether the application refuses to run."""
    status, answer = site.request("POST", RUN, {"request": WANTED})
    return status != 200 and "application_suspended" in json.dumps(answer)


def test_an_unsafe_release_is_out_of_use_within_the_window(state_folder: Path) -> None:
    site = Site(state_folder / "home")
    site.start()
    try:
        office = Client(site.url.removeprefix("http://"))
        assert office.sign_in(OFFICE, site.passwords[OFFICE]).status == 303
        pace = {"every_minutes": WINDOW_MINUTES, "reviewed_percent": 2}
        assert office.post("/monitoring/pace", pace).status == 303
        suspends = ("record_writer", "unsafe", "--suspends", "--as", OFFICE)
        site.run("monitor", "rule", *suspends)

        # What is usual first: counted, and no alarm.
        for _ in range(GOOD):
            decided(site, "incomplete")
        site.run("monitor", "count")
        assert not alarms(site) and not out_of_use(site)

        for _ in range(UNSAFE):
            decided(site, "unsafe")
        last = time.monotonic()
        wait_until(lambda: out_of_use(site), 4 * 60 * WINDOW_MINUTES)
        delay = time.monotonic() - last
        sys.stderr.write(f"out of use {delay:.0f} s after the last unsafe rejection\n")
        assert delay <= 60 * WINDOW_MINUTES
        [alarm] = alarms(site)
        assert alarm["suspended"] and alarm["app"] == "record_writer"
        assert site.audit_report()["ok"]
    finally:
        site.stop()
