"""``kill -9`` in named windows: nothing acknowledged is lost, nothing is half, it comes back."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from suwen.inference.scripted import (
    ScriptedAnswer,
    ScriptedEngine,
    ScriptedRequest,
    serving_in_thread,
)
from tests.support.database import new_state_folder
from tests.support.site import GoneError, Rounds, Site, kill, wait_until

pytestmark = [pytest.mark.site, pytest.mark.timeout(900)]
PATIENT = "demo-p01"
REQUEST = {
    "request": {
        "patient_id": PATIENT,
        "document_type": "admission_record",
        "language": "zh",
    },
    "without_model": True,
    "store": True,
}
RUN = "/api/v1/apps/record_writer/run"


@pytest.fixture
def rounds() -> Rounds:
    """How often each window is struck; the soak run has more."""
    return Rounds(times=10)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with new_state_folder() as folder:
        running = Site(folder / "home")
        running.start()
        yield running
        running.stop()


def drafts(site: Site) -> dict[str, dict[str, Any]]:
    status, answer = site.again("GET", "/api/v1/drafts?limit=500")
    assert status == 200, answer
    return {draft["id"]: draft for draft in answer["drafts"]}


def new_draft(site: Site) -> dict[str, Any]:
    """A fresh draft, whole, as the person sees it."""
    status, answer = site.again("POST", RUN, REQUEST)
    assert status == 200, answer
    status, draft = site.again("GET", f"/api/v1/drafts/{answer['run']['draft_id']}")
    assert status == 200, draft
    return draft


def sign_body(site: Site, draft: dict[str, Any]) -> dict[str, Any]:
    content = draft["content"]
    open_statements = [
        s["id"]
        for section in content["result"]["document"]["sections"]
        for s in section["statements"]
        if not s["supported"]
    ]
    findings = [f["id"] for f in content["result"]["findings"]]
    return {
        "version": draft["version"],
        "content_hash": draft["content_hash"],
        "password": site.passwords["dr.lin"],
        "acknowledged": [*open_statements, *findings],
    }


def post_struck(site: Site, point: str, path: str, body: dict[str, Any]) -> None:
    """Posts something while the service dies at a fault point, so that it is not acknowledged."""
    site.arm(point)
    with pytest.raises(GoneError):
        site.request("POST", path, body)
    assert site.struck(point)


@pytest.mark.parametrize("point", ["run.after_audit_open", "run.before_draft_stored"])
def test_a_run_that_is_cut_off_leaves_no_draft(site: Site, point: str, rounds: Rounds) -> None:
    for _ in rounds:
        before = drafts(site)
        post_struck(site, point, RUN, REQUEST)
        assert drafts(site) == before
    assert site.audit_report()["ok"]
    unfinished = [e for e in site.events() if e["action"] == "run.open"]
    closings = {e["trace"] for e in site.events() if e["action"] == "run.close"}
    assert {e["trace"] for e in unfinished} <= closings


@pytest.mark.parametrize("point", ["sign.before_commit", "sign.after_commit"])
def test_a_signature_is_whole_or_not_there(site: Site, point: str, rounds: Rounds) -> None:
    for _ in rounds:
        draft = new_draft(site)
        body = sign_body(site, draft)
        address = f"/api/v1/drafts/{draft['id']}"
        post_struck(site, point, f"{address}/sign", body)
        status, now = site.again("GET", address)
        assert status == 200
        if point == "sign.after_commit":
            assert now["status"] == "signed"
            status, _ = site.again("POST", f"{address}/sign", body)
            assert status == 409
        else:
            assert now["status"] == "draft"
            assert now["content_hash"] == draft["content_hash"]
            status, answer = site.again("POST", f"{address}/sign", body)
            assert status == 200, answer
        status, signed = site.again("GET", address)
        assert (status, signed["status"]) == (200, "signed")
        assert signed["content_hash"] == draft["content_hash"]
    assert site.audit_report()["ok"]


def test_an_edit_that_was_not_acknowledged_is_saved_again(site: Site, rounds: Rounds) -> None:
    draft = new_draft(site)
    address = f"/api/v1/drafts/{draft['id']}"
    for number in rounds:
        section = draft["content"]["result"]["document"]["sections"][0]
        edit = {"sections": {section["id"]: f"{section['text']}\n补充 {number}。"}}
        match = str(draft["version"])
        site.arm("draft.before_save_commit")
        with pytest.raises(GoneError):
            site.request("PUT", address, edit, If_Match=match)
        status, now = site.again("GET", address)
        assert (status, now["version"]) == (200, draft["version"])
        status, draft = site.again("PUT", address, edit, If_Match=match)
        assert status == 200, draft
        status, now = site.again("GET", address)
        assert f"补充 {number}。" in json.dumps(now, ensure_ascii=False)
        assert now["version"] == int(match) + 1


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


def echo_facts(request: ScriptedRequest) -> ScriptedAnswer:
    """An engine that says nothing but the facts that it was given, slowly."""
    facts = re.findall(r"^\[(\d+)\] (.+)$", request.last_turn, re.MULTILINE)
    chinese = any("\u4e00" <= letter <= "\u9fff" for letter in request.last_turn)
    opening = "病历记录：" if chinese else "On record: "
    said = [{"text": f"{opening}{text}", "facts": [int(number)]} for number, text in facts[6:12]]
    body = json.dumps({"statements": said}, ensure_ascii=False)
    return ScriptedAnswer(text=body, piece_characters=40, delay_s=0.005)


def test_the_service_is_killed_while_a_model_streams(site: Site, rounds: Rounds) -> None:
    with serving_in_thread(ScriptedEngine(echo_facts)) as engine:
        site.run("endpoint", "add", "ward", "--url", engine.url, "--model", engine.model,
                 "--ceiling", "5", "--context", "32768")  # fmt: skip
        site.run("release", "evaluate", "record_writer", "--endpoint", "ward", "--limit", "10")
        request = {**REQUEST, "without_model": False}
        status, answer = site.again("POST", RUN, request)
        assert (status, answer["run"]["model"]) == (200, "used")
        for _ in rounds:
            before = drafts(site)
            asked = len(engine.requests)
            post_struck(site, "run.while_streaming", RUN, request)
            assert len(engine.requests) > asked
            assert drafts(site) == before
        status, answer = site.again("POST", RUN, request)
        assert (status, answer["run"]["model"]) == (200, "used")
        site.run("endpoint", "remove", "ward")
    assert site.audit_report()["ok"]


def test_the_database_is_killed_inside_a_signature(site: Site, rounds: Rounds) -> None:
    for _ in rounds:
        draft = new_draft(site)
        body = sign_body(site, draft)
        address = f"/api/v1/drafts/{draft['id']}"
        answers: list[int] = []
        site.arm("sign.before_commit", "wait")

        def sign(path: str, what: dict[str, Any], told: list[int]) -> None:
            told.append(site.request("POST", path, what)[0])

        signing = threading.Thread(target=sign, args=(f"{address}/sign", body, answers))
        signing.start()
        site.reached("sign.before_commit")
        kill(site.postmaster())
        site.go("sign.before_commit")
        signing.join()
        status, now = site.again("GET", address)
        assert (status, now["content_hash"]) == (200, draft["content_hash"])
        # The server's last words may have been the commit: then it is whole, and not said undone.
        if answers[0] == 200 or now["status"] == "signed":
            assert now["status"] == "signed"
            assert site.again("POST", f"{address}/sign", body)[0] == 409
        else:
            assert now["status"] == "draft"
            status, answer = site.again("POST", f"{address}/sign", body)
            assert status == 200, answer
    assert site.audit_report()["ok"]


def test_the_supervisor_is_killed_and_started_again(state_folder: Path, rounds: Rounds) -> None:
    site = Site(state_folder / "home")
    site.start()
    signed: list[str] = []
    for _ in rounds:
        draft = new_draft(site)
        status, _ = site.again("POST", f"/api/v1/drafts/{draft['id']}/sign", sign_body(site, draft))
        assert status == 200
        signed.append(draft["id"])
        [service] = site.children("serve")
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
