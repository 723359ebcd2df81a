"""``kill -9`` within a group of audit events, and of the supervisor: nothing is lost."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tests.support.prepared_homes import PreparedHomes
from tests.support.site import GoneError, Rounds, Site, wait_until
from tests.support.struck_drafts import REQUEST, RUN, drafts, new_draft, sign_body

pytestmark = [pytest.mark.site, pytest.mark.timeout(900)]


@pytest.mark.parametrize("point", ["audit.before_commit", "audit.after_commit"])
def test_no_acknowledged_audit_event_is_lost_from_a_group(
    site: Site, point: str, rounds: Rounds
) -> None:
    acknowledged: list[str] = []

    def ask() -> None:
        try:
            status, answer = site.request("POST", RUN, {**REQUEST, "store": False})
        except GoneError:
            return
        if status == 200:
            acknowledged.append(answer["run"]["trace_id"])

    for _ in rounds:
        site.token("dr.lin")
        site.arm(point)
        writers = [threading.Thread(target=ask) for _ in range(6)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert site.struck(point)
        site.again("GET", "/api/v1/drafts?limit=1")
    report = site.audit_report()
    assert report["ok"], report
    closed_runs = {e["trace"] for e in site.events() if e["action"] == "run.close"}
    assert set(acknowledged) <= closed_runs


def test_the_supervisor_is_killed_and_started_again(
    state_folder: Path, rounds: Rounds, prepared_homes: PreparedHomes
) -> None:
    prepared_homes.with_demonstration(state_folder / "home", state_folder / "home-anchor.jsonl")
    site = Site(state_folder / "home", worker=False)
    site.start()
    signed: list[str] = []
    for _ in rounds:
        draft = new_draft(site)
        status, _ = site.again("POST", f"/api/v1/drafts/{draft['id']}/sign", sign_body(site, draft))
        assert status == 200
        signed.append(draft["id"])
        [service] = site.children("general")
        site.kill()
        wait_until(lambda pid=service: not alive(pid))
        site.start()
        now = drafts(site)
        assert all(now[name]["status"] == "signed" for name in signed)
    assert site.audit_report()["ok"]
    site.stop()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state != "Z"
