"""The scripted engine says what it is told."""

from __future__ import annotations

import json
import urllib.request

import pytest

from suwen.core.errors import InferenceError
from suwen.core.inference import ChatMessage, Delta, GenerationRequest
from suwen.inference.client import OpenAiModel
from suwen.inference.scripted import (
    AccuracyCase,
    ScriptedAnswer,
    ScriptedEngine,
    by_marker,
    in_turn,
    known_accuracy,
    serving_in_thread,
)


async def answer(model: OpenAiModel, prompt: str) -> str:
    request = GenerationRequest((ChatMessage("user", prompt),), 100)
    return "".join([p.text async for p in model.stream(request) if isinstance(p, Delta)])


async def test_answers_are_chosen_by_marker() -> None:
    respond = by_marker(("fever", ScriptedAnswer("A")), otherwise=ScriptedAnswer("B"))
    async with ScriptedEngine(respond) as engine, OpenAiModel(engine.endpoint()) as model:
        assert await answer(model, "fever for 3 days") == "A"
        assert await answer(model, "cough") == "B"
        assert [request.last_turn for request in engine.requests] == ["fever for 3 days", "cough"]


async def test_answers_come_in_turn_and_the_last_repeats() -> None:
    respond = in_turn(ScriptedAnswer("A"), ScriptedAnswer("B"))
    async with ScriptedEngine(respond) as engine, OpenAiModel(engine.endpoint()) as model:
        assert [await answer(model, "x") for _ in range(3)] == ["A", "B", "B"]


@pytest.mark.parametrize("right_count", [0, 7, 10])
async def test_the_accuracy_is_exactly_the_known_one(right_count: int) -> None:
    cases = [AccuracyCase(f"case-{n:02};", "right", "wrong") for n in range(10)]
    runs = []
    for _ in range(2):
        respond = known_accuracy(cases, right_count, seed=1)
        async with ScriptedEngine(respond) as engine, OpenAiModel(engine.endpoint()) as model:
            runs.append([await answer(model, f"q {case.marker}") for case in cases])
    assert runs[0] == runs[1]
    assert runs[0].count("right") == right_count


async def test_a_case_that_is_not_known_is_refused() -> None:
    respond = known_accuracy([], 0, seed=1)
    async with ScriptedEngine(respond) as engine, OpenAiModel(engine.endpoint()) as model:
        with pytest.raises(InferenceError):
            await answer(model, "x")


def test_it_serves_tests_that_are_not_async() -> None:
    with (
        serving_in_thread(ScriptedEngine()) as engine,
        urllib.request.urlopen(f"{engine.url}/models") as response,
    ):
        assert json.load(response)["data"] == [{"id": "scripted"}]
