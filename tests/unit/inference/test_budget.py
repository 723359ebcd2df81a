"""What does not fit is refused before it is sent, by the model's own tokeniser where it has one."""

from __future__ import annotations

import pytest

from suwen.core.errors import InferenceError
from suwen.core.inference import ChatMessage, GenerationRequest
from suwen.inference.budget import estimate_tokens, most_tokens
from suwen.inference.client import OpenAiModel
from suwen.inference.scripted import ScriptedEngine

WORDS = (ChatMessage("user", "word " * 300),)


async def refusal(model: OpenAiModel, request: GenerationRequest) -> InferenceError:
    with pytest.raises(InferenceError) as raised:
        async for _ in model.stream(request):
            pass
    return raised.value


@pytest.mark.parametrize(
    ("tokeniser", "tokens"), [("llama.cpp", 301), ("vllm", 301), (None, estimate_tokens(WORDS))]
)
async def test_tokens_are_counted_by_the_servers_tokeniser_or_estimated(
    tokeniser: str | None, tokens: int
) -> None:
    async with (
        ScriptedEngine(tokeniser=tokeniser, key="k") as engine,
        OpenAiModel(engine.endpoint()) as model,
    ):
        assert await model.count_tokens(WORDS) == tokens
        assert await model.count_tokens(WORDS) == tokens


@pytest.mark.parametrize("tokeniser", ["llama.cpp", "vllm", None])
async def test_a_prompt_that_does_not_fit_is_refused_and_not_sent(tokeniser: str | None) -> None:
    async with (
        ScriptedEngine(tokeniser=tokeniser, context_tokens=400) as engine,
        OpenAiModel(engine.endpoint()) as model,
    ):
        error = await refusal(model, GenerationRequest(WORDS, 100))
        assert error.code == "context_exceeded"
        assert error.detail["counted"] == ("exactly" if tokeniser else "estimated")
        assert engine.requests == []


async def test_a_prompt_that_just_fits_is_sent() -> None:
    async with (
        ScriptedEngine(context_tokens=401) as engine,
        OpenAiModel(engine.endpoint()) as model,
    ):
        assert [part async for part in model.stream(GenerationRequest(WORDS, 100))]
        assert len(engine.requests) == 1
        assert engine.tokenised > 0


async def test_a_short_prompt_costs_no_question_to_the_tokeniser() -> None:
    async with ScriptedEngine() as engine, OpenAiModel(engine.endpoint()) as model:
        request = GenerationRequest((ChatMessage("user", "发热三天"),), 16)
        assert [part async for part in model.stream(request)]
        assert engine.tokenised == 0


async def test_an_engine_that_is_gone_cannot_count() -> None:
    async with ScriptedEngine() as engine:
        endpoint = engine.endpoint()
    async with OpenAiModel(endpoint) as model:
        with pytest.raises(InferenceError) as raised:
            await model.count_tokens(WORDS)
    assert raised.value.code == "engine_unreachable"


async def test_a_server_without_v1_in_its_address_has_no_tokeniser_to_ask() -> None:
    async with (
        ScriptedEngine() as engine,
        OpenAiModel(engine.endpoint(url=engine.url + "/other")) as model,
    ):
        assert await model.count_tokens(WORDS) == estimate_tokens(WORDS)


@pytest.mark.parametrize(
    ("text", "at_least"),
    # DeepSeek's documentation: about 0.3 token for an English character, 0.6 for a Chinese one.
    [("chest pain for three days " * 20, 0.3 * 520), ("患者三天前出现发热" * 20, 0.6 * 180)],
)
def test_the_estimate_is_high_and_below_the_bound(text: str, at_least: float) -> None:
    messages = (ChatMessage("user", text),)
    assert at_least < estimate_tokens(messages) < most_tokens(messages)
