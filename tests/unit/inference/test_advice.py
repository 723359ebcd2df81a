"""What an operator is told to do about an engine."""

from __future__ import annotations

import pytest

from suwen.core.inference import Endpoint
from suwen.inference.advice import advice
from suwen.inference.pool import ModelPool
from suwen.inference.scripted import ReasoningForm, Respond, ScriptedEngine, always
from tests.unit.inference.test_pool import plain_or_json

REASONING = frozenset({"chat", "json_schema", "reasoning"})
THINKS = always('{"ready": true}', reasoning="let me see")
UNMARKED = always(
    '{"ready": true}', reasoning="let me see", reasoning_form=ReasoningForm.MISSING_OPENING_TAG
)


async def told(respond: Respond, **settings: object) -> str:
    async with ScriptedEngine(respond) as engine:
        endpoint: Endpoint = engine.endpoint(**settings)
        found = await ModelPool().test(endpoint)
    return " ".join(text.en for text in advice(endpoint, found))


async def test_a_good_engine_needs_none() -> None:
    assert await told(plain_or_json) == ""
    assert await told(THINKS, capabilities=REASONING) == ""


@pytest.mark.parametrize(
    ("respond", "settings", "part"),
    [
        (THINKS, {}, "--capability reasoning"),
        (plain_or_json, {"capabilities": REASONING}, "no reasoning apart from the answer"),
        (always("no json"), {}, "does not keep to a JSON schema"),
        (always("x", reasoning="so " * 800), {"capabilities": REASONING}, "left no room"),
        (plain_or_json, {"model": "other"}, "does not offer other but: scripted"),
    ],
)
async def test_what_keeps_it_from_its_use_is_named_with_its_remedy(
    respond: Respond, settings: dict[str, object], part: str
) -> None:
    assert part in await told(respond, **settings)


async def test_an_engine_that_is_not_to_keep_to_a_schema_is_left_alone() -> None:
    assert await told(always("no json"), capabilities=frozenset({"chat"})) == ""


async def test_an_engine_that_does_not_answer_is_not_said_to_lack_its_model() -> None:
    async with ScriptedEngine(plain_or_json) as engine:
        endpoint: Endpoint = engine.endpoint()
    found = await ModelPool().test(endpoint)
    said = " ".join(text.en for text in advice(endpoint, found))
    assert f"Nothing answers at {endpoint.url}" in said
    assert "does not offer" not in said
