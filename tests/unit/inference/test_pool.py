"""Endpoints of a partition, and what a trial says of one."""

from __future__ import annotations

import asyncio

import pytest

from suwen.core.errors import InferenceError, NotFoundError
from suwen.core.inference import ChatMessage, GenerationRequest
from suwen.inference.pool import EndpointTest, ModelPool
from suwen.inference.scripted import (
    ReasoningForm,
    Respond,
    ScriptedAnswer,
    ScriptedEngine,
    ScriptedRequest,
    always,
)

ASK = GenerationRequest((ChatMessage("user", "hello"),), 1000)


def plain_or_json(request: ScriptedRequest) -> ScriptedAnswer:
    return ScriptedAnswer('{"ready": true}' if request.wants_json else "ready")


async def tried(respond: Respond, **settings: str) -> EndpointTest:
    async with ScriptedEngine(respond) as engine:
        return await ModelPool().test(engine.endpoint(**settings))


async def test_the_model_of_an_endpoint_is_one_and_the_same() -> None:
    async with ScriptedEngine() as engine:
        pool = ModelPool([engine.endpoint("a"), engine.endpoint("b")])
        assert pool.model("a") is pool.model("a")
        assert [e.name for e in pool.endpoints()] == ["a", "b"]
        assert [part async for part in pool.model("b").stream(ASK)]
        await pool.close()


async def test_an_unknown_endpoint_is_said() -> None:
    with pytest.raises(NotFoundError) as raised:
        ModelPool().model("a")
    assert raised.value.code == "endpoint_unknown"


async def test_endpoints_come_and_go_while_the_platform_runs() -> None:
    async with ScriptedEngine() as engine:
        pool = ModelPool()
        await pool.put(engine.endpoint("a"))
        first = pool.model("a")
        await pool.put(engine.endpoint("a"))
        assert pool.model("a") is first
        await pool.put(engine.endpoint("a", max_concurrent=1))
        assert pool.model("a") is not first
        await pool.remove("a")
        await pool.remove("a")
        assert pool.endpoints() == ()


async def test_taking_an_endpoint_away_cuts_off_what_runs_there() -> None:
    async with ScriptedEngine(always("x" * 4000, delay_s=0.01)) as engine:
        pool = ModelPool([engine.endpoint("a")])

        async def read() -> None:
            async for _ in pool.model("a").stream(ASK):
                pass

        reading = asyncio.create_task(read())
        await engine.wait_until(lambda e: e.active == 1)
        await pool.remove("a")
        with pytest.raises(InferenceError) as raised:
            await reading
        assert raised.value.code == "engine_unreachable"
        await engine.wait_until(lambda e: e.cancelled == 1)


async def test_a_trial_of_a_good_endpoint() -> None:
    found = await tried(plain_or_json)
    assert (found.reachable, found.models, found.model_offered) == (True, ("scripted",), True)
    assert (found.reasons, found.json_schema, found.error) == (False, True, None)
    assert found.latency_ms and found.first_token_ms
    assert found.output_tokens == 2


async def test_a_trial_finds_a_model_that_is_not_offered() -> None:
    assert (await tried(plain_or_json, model="other")).model_offered is False


@pytest.mark.parametrize("form", [f for f in ReasoningForm if f != ReasoningForm.UNCLOSED_TAG])
async def test_a_trial_finds_reasoning(form: ReasoningForm) -> None:
    found = await tried(always("ready", reasoning="let me see", reasoning_form=form))
    assert found.reasons is True


async def test_a_trial_finds_a_server_that_keeps_to_no_schema() -> None:
    assert (await tried(always("no json"))).json_schema is False


async def test_a_trial_with_a_reasoning_that_leaves_no_room_says_nothing_of_the_schema() -> None:
    found = await tried(always("x", reasoning="so " * 800))
    assert (found.reasons, found.json_schema, found.error) == (True, None, None)


async def test_a_trial_of_a_server_without_a_list_of_models_goes_on() -> None:
    async with ScriptedEngine(plain_or_json, lists_models=False) as engine:
        found = await ModelPool().test(engine.endpoint())
    assert (found.models, found.model_offered, found.json_schema) == ((), None, True)


async def test_a_trial_of_a_server_that_fails_says_how() -> None:
    found = await tried(always("", status=401))
    assert (found.reachable, found.error) == (True, "engine_refused")


async def test_a_trial_of_a_server_that_is_not_there() -> None:
    async with ScriptedEngine() as engine:
        endpoint = engine.endpoint()
    found = await ModelPool().test(endpoint)
    assert (found.reachable, found.error, found.latency_ms) == (False, "engine_unreachable", None)
