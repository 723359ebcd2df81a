"""``kill -9`` between the audit of a program's request and the engine: nothing was sent, and the
record says how it ended."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any

import pytest

from suwen.inference.scripted import ScriptedEngine, always, serving_in_thread
from tests.support.database import new_state_folder
from tests.support.prepared_homes import PreparedHomes
from tests.support.site import GoneError, Rounds, Site, wait_until

pytestmark = [pytest.mark.site, pytest.mark.timeout(900)]


@pytest.fixture
def rounds() -> Rounds:
    """How often the window is struck."""
    return Rounds(times=3)


@pytest.fixture(scope="module")
def site(prepared_homes: PreparedHomes) -> Iterator[Site]:
    with new_state_folder() as folder:
        prepared_homes.with_tables(folder / "home")
        running = Site(folder / "home", worker=False)
        running.start("--no-demo")
        yield running
        running.stop()


def ask(site: Site, key: str) -> int:
    """Status of one chat with the engine ``ward``.

    Raises:
        GoneError: when there is no answer.
    """
    body = {"model": "ward", "messages": [{"role": "user", "content": "ready?"}]}
    question = urllib.request.Request(
        f"{site.url}/v1/chat/completions",
        json.dumps(body).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(question, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, HTTPException) as error:
        raise GoneError(repr(error)) from None


def requests_of(site: Site) -> list[dict[str, Any]]:
    """The audit of requests to engines, oldest first."""
    return [event for event in site.events() if event["action"] == "model.request"]


def until_answered(site: Site, key: str) -> None:
    """Waits for an answer: a service that runs learns of a new engine after a while."""

    def answered() -> bool:
        try:
            return ask(site, key) == 200
        except GoneError:
            return False

    wait_until(answered, 120)


def test_a_request_that_is_cut_off_was_not_sent_and_is_closed(site: Site, rounds: Rounds) -> None:
    with serving_in_thread(ScriptedEngine(always("ready"))) as engine:
        site.run_here("endpoint", "add", "ward", "--url", engine.url, "--model", "m",
                 "--capability", "chat", "--ceiling", "5")  # fmt: skip
        made = site.run_here(
            "client", "add", "tool", "--scope", "model.raw", "--owner", "tester", "--json"
        )
        key = made.json["key"]
        until_answered(site, key)
        for _ in rounds:
            asked = len(engine.requests)
            site.arm("model.after_audit_open")
            with pytest.raises(GoneError):
                ask(site, key)
            assert site.struck("model.after_audit_open")
            assert len(engine.requests) == asked
            until_answered(site, key)
    events = requests_of(site)
    opened = [event for event in events if event["outcome"] == "opened"]
    closed = {event["trace"] for event in events if event["outcome"] != "opened"}
    assert rounds.done
    assert all(event["trace"] in closed for event in opened)
    assert sum(event["outcome"] == "failed" for event in events) >= rounds.done
    assert site.audit_report()["ok"]
