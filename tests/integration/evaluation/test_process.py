"""The evaluating process: what it says equals the scorers' own word, and it reaches nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from suwen.evaluation.inspecting.process import InspectProcess
from suwen.evaluation.inspecting.wire import EngineAnswer, EngineQuestion, TaskOrder
from suwen.evaluation.suites.making import judge_turns
from suwen.evaluation.suites.model import Case, Decoding, Scorer
from tests.integration.evaluation.conftest import straight

LETTERS = {"letters": ["A", "B"], "letter": "B"}
ANSWERS = {
    "right": "B",
    "wrong": "The answer is A.",
    "none": "I think that depends.",
    "empty": "",
    "away": None,
    "prose": "A patient came with fever.",
}


async def test_the_process_says_what_the_scorers_say(tmp_path: Path) -> None:
    async def ask(question: EngineQuestion) -> EngineAnswer:
        text = ANSWERS[question.turns[-1][1]] if question.engine == "e" else "PASS"
        if text is None:
            return EngineAnswer(failure="engine_timeout")
        return EngineAnswer(text, None, 1.5, 3.0, 7, None)

    letters = tuple(Case(name, (("user", name),), LETTERS) for name in ANSWERS)
    requests = tuple(
        Case(f"r-{n}", (("system", "s"), ("user", n)), {"expected": "answer"}) for n in ANSWERS
    )
    judged = (Case("j", (("user", "right"),), {"question": "q", "reference": "b"}),)
    decoding = Decoding(seed=5)
    orders = [
        TaskOrder("one", "letters", "e", Scorer.LETTER, decoding, letters),
        TaskOrder("two", "requests", "e", Scorer.REFUSAL, decoding, requests),
        TaskOrder("three", "judged", "e", Scorer.JUDGED, decoding, judged, judge="judge"),
    ]
    (tmp_path / "run" / "evaluating-999999999-left").mkdir(parents=True)
    process = InspectProcess(tmp_path / "run")
    try:
        apart = await process.evaluate(orders, ask)
    finally:
        await process.end()
    here = await straight(orders, ask)
    assert judge_turns("q", "b", "B")[0][0] == "system"
    for run, results in here.items():
        told = {result.case.id: result for result in apart[run]}
        assert told == {result.case.id: result for result in results}
    assert list((tmp_path / "run").iterdir()) == []


def test_the_process_can_open_no_connection() -> None:
    told = subprocess.run(
        [sys.executable, "-c", _TRIES],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert told.stdout.split() == ["open", "refused", "refused", "refused"], told.stderr


_TRIES = """
import socket, subprocess, sys
from suwen.evaluation.inspecting.__main__ import _refuse_outward
listening = socket.create_server(("127.0.0.1", 0))
address = listening.getsockname()
socket.create_connection(address).close()
print("open")
sys.addaudithook(_refuse_outward)
for act in (
    lambda: socket.create_connection(address),
    lambda: socket.getaddrinfo("example.org", 443),
    lambda: subprocess.run(["true"]),
):
    try:
        act()
        print("open")
    except PermissionError:
        print("refused")
"""
