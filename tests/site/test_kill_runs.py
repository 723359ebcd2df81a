"""``kill -9`` within a run: no half document, no lost edit, and it comes back."""

from __future__ import annotations

import json
import re

import pytest

from suwen.inference.scripted import (
    ScriptedAnswer,
    ScriptedEngine,
    ScriptedRequest,
    serving_in_thread,
)
from tests.support.releases import open_gate_by_commands
from tests.support.site import GoneError, Rounds, Site
from tests.support.struck_drafts import REQUEST, RUN, drafts, new_draft, post_struck

pytestmark = [pytest.mark.site, pytest.mark.timeout(900)]


@pytest.mark.parametrize("point", ["run.after_audit_open", "run.before_draft_stored"])
def test_a_run_that_is_cut_off_leaves_no_draft(site: Site, point: str, rounds: Rounds) -> None:
    for _ in rounds:
        before = drafts(site)
        post_struck(site, point, RUN, REQUEST)
        assert drafts(site) == before
    assert site.audit_report()["ok"]
    # Only these: prescriptions that wait are checked meanwhile, and one may be open just now.
    events = [e for e in site.events() if e["subject"] == "Application/record_writer"]
    opened = {e["trace"] for e in events if e["action"] == "run.open"}
    assert len(opened) >= rounds.done
    assert opened == {e["trace"] for e in events if e["action"] == "run.close"}


def test_an_edit_that_was_not_acknowledged_is_saved_again(site: Site) -> None:
    draft = new_draft(site)
    address = f"/api/v1/drafts/{draft['id']}"
    for number in range(3):
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
        site.run_here("endpoint", "add", "ward", "--url", engine.url, "--model", engine.model,
                 "--ceiling", "5", "--context", "32768")  # fmt: skip
        site.run_here("release", "evaluate", "record_writer", "--endpoint", "ward",
                 "--suite", "model_part", "--limit", "10")  # fmt: skip
        open_gate_by_commands(site, "record_writer", "ward")
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
        site.run_here("endpoint", "remove", "ward")
    assert site.audit_report()["ok"]
