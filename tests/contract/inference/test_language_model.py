"""What every engine owes the platform: one suite for the scripted and for the real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from suwen.core.errors import InferenceError
from suwen.core.inference import (
    ChatMessage,
    Delta,
    DeltaKind,
    Endpoint,
    Finished,
    GenerationRequest,
)
from suwen.inference.client import OpenAiModel
from suwen.inference.embedded.engine import EmbeddedEngine, EngineSettings
from suwen.inference.pool import ModelPool
from suwen.inference.scripted import ScriptedAnswer, ScriptedEngine, ScriptedRequest
from tests.support.embedded_model import MODEL, model_file

__all__ = ["model_file"]

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCHEMA = {
    "type": "object",
    "properties": {
        "side": {"enum": ["left", "right"]},
        "days": {"type": "integer", "minimum": 0},
        "names": {
            "type": "array",
            "maxItems": 2,
            "items": {"type": "string", "maxLength": 8},
        },
    },
    "required": ["side", "days", "names"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Subject:
    """An engine under the suite, and how to see from outside whether it is at work."""

    endpoint: Endpoint
    is_working: Callable[[], Awaitable[bool]]


def respond(request: ScriptedRequest) -> ScriptedAnswer:
    if request.wants_json:
        return ScriptedAnswer('{"side": "left", "days": 3, "names": ["a", "b"]}')
    long = "Once upon a time. " * 200
    return ScriptedAnswer(long if "story" in request.prompt else "Hello there.", delay_s=0.003)


async def scripted(stack: AsyncExitStack) -> Subject:
    engine = await stack.enter_async_context(ScriptedEngine(respond, key="contract"))

    async def is_working() -> bool:
        return engine.active > 0

    return Subject(engine.endpoint(), is_working)


async def embedded(stack: AsyncExitStack, file: Path) -> Subject:
    settings = EngineSettings(file, MODEL, threads=1, context_tokens=2048)
    engine = await stack.enter_async_context(EmbeddedEngine(settings))
    endpoint = engine.endpoint()
    session = await stack.enter_async_context(
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {endpoint.key}"})
    )

    async def is_working() -> bool:
        async with session.get(endpoint.url.removesuffix("/v1") + "/slots") as response:
            return any(slot["is_processing"] for slot in await response.json())

    return Subject(endpoint, is_working)


@pytest_asyncio.fixture(params=["scripted", "embedded"], scope="module", loop_scope="module")
async def subject(request: pytest.FixtureRequest, model_file: Path) -> AsyncIterator[Subject]:
    async with AsyncExitStack() as stack:
        if request.param == "scripted":
            yield await scripted(stack)
        else:
            yield await embedded(stack, model_file)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model(subject: Subject) -> AsyncIterator[OpenAiModel]:
    async with OpenAiModel(subject.endpoint) as asked:
        yield asked


def ask(text: str, tokens: int = 12, **how: object) -> GenerationRequest:
    return GenerationRequest((ChatMessage("user", text),), tokens, **how)  # type: ignore[arg-type]


async def collect(model: OpenAiModel, request: GenerationRequest) -> tuple[str, Finished, int]:
    """Answer, end and number of pieces."""
    answer, pieces, end = "", 0, None
    async for part in model.stream(request):
        if isinstance(part, Delta):
            assert part.kind is DeltaKind.ANSWER
            answer += part.text
            pieces += 1
        else:
            assert end is None, "one end only"
            end = part
    assert end is not None
    return answer, end, pieces


async def until(is_true: Callable[[], Awaitable[bool]], timeout_s: float = 5) -> None:
    async with asyncio.timeout(timeout_s):
        while not await is_true():  # noqa: ASYNC110 (another process tells nobody)
            await asyncio.sleep(0.01)


async def test_it_offers_its_model(model: OpenAiModel) -> None:
    assert await model.served_models() == (model.endpoint.model,)


async def test_an_answer_comes_in_pieces_with_its_end_and_cost(model: OpenAiModel) -> None:
    answer, end, pieces = await collect(model, ask("Say hello.", 64))
    assert answer.strip()
    assert pieces > 1
    assert end.reason in ("stop", "length")
    assert end.prompt_tokens is not None and end.prompt_tokens > 0
    assert end.output_tokens is not None and 0 < end.output_tokens <= 64


async def test_an_answer_that_reaches_its_limit_says_so(model: OpenAiModel) -> None:
    _, end, _ = await collect(model, ask("Tell me a long story.", 5))
    assert (end.reason, end.output_tokens) == ("length", 5)


async def test_the_same_question_has_the_same_answer(model: OpenAiModel) -> None:
    first, second = [await collect(model, ask("Name a colour.")) for _ in range(2)]
    assert first[0] == second[0]


async def test_json_satisfies_its_schema(model: OpenAiModel) -> None:
    # The client has checked it before it says that the answer is finished.
    answer, end, _ = await collect(
        model, ask("Pain on the left for 3 days.", 200, json_schema=SCHEMA)
    )
    assert answer.startswith("{")
    assert end.reason == "stop"


async def test_json_that_does_not_fit_its_limit_is_malformed(model: OpenAiModel) -> None:
    with pytest.raises(InferenceError) as raised:
        await collect(model, ask("Pain on the left.", 4, json_schema=SCHEMA))
    assert raised.value.code == "engine_answer_malformed"


async def test_tokens_are_counted_with_the_template(model: OpenAiModel) -> None:
    short = await model.count_tokens((ChatMessage("user", "pain"),))
    long = await model.count_tokens((ChatMessage("user", "pain " * 50),))
    _, end, _ = await collect(model, ask("pain " * 50, 1))
    assert 1 <= short < long
    assert abs(long - (end.prompt_tokens or 0)) <= 2


async def test_a_prompt_beyond_the_context_is_refused(model: OpenAiModel) -> None:
    with pytest.raises(InferenceError) as raised:
        await collect(model, ask("pain " * 20_000))
    assert raised.value.code == "context_exceeded"


async def test_closing_the_stream_stops_the_engine(model: OpenAiModel, subject: Subject) -> None:
    async with aclosing(model.stream(ask("Tell me a long story.", 900))) as parts:
        async for _ in parts:
            assert await subject.is_working()
            break

    async def idle() -> bool:
        return not await subject.is_working()

    await until(idle)


async def test_several_questions_at_once_are_all_answered(model: OpenAiModel) -> None:
    ends = await asyncio.gather(*(collect(model, ask(f"Say {n}.", 8)) for n in range(6)))
    assert all(answer.strip() for answer, _, _ in ends)
    assert model.load == (0, 0)


async def test_a_wrong_key_is_refused(subject: Subject) -> None:
    async with OpenAiModel(replace(subject.endpoint, key="wrong")) as stranger:
        with pytest.raises(InferenceError) as raised:
            await collect(stranger, ask("Say hello."))
    assert raised.value.code == "engine_refused"


async def test_a_trial_finds_the_endpoint_well(subject: Subject) -> None:
    pool = ModelPool()
    found = await pool.test(subject.endpoint)
    await pool.close()
    assert (found.reachable, found.model_offered, found.error) == (True, True, None)
    assert found.reasons is False
    assert found.latency_ms and found.first_token_ms and found.output_tokens
