"""The client against a server that misbehaves in every way we know of."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from contextlib import aclosing

import pytest

from suwen.core.errors import ConfigurationError, InferenceError
from suwen.core.inference import (
    ChatMessage,
    Delta,
    DeltaKind,
    Endpoint,
    Finished,
    GenerationRequest,
)
from suwen.core.manifest import Partition
from suwen.inference.client import OpenAiModel
from suwen.inference.connection import TimeLimits
from suwen.inference.scripted import (
    Fault,
    ReasoningForm,
    ScriptedAnswer,
    ScriptedEngine,
    always,
    in_turn,
)

NONE: frozenset[str] = frozenset()
SECRET = "患者张三，青霉素过敏"
ASK = GenerationRequest((ChatMessage("user", SECRET),), 1000)
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}
ASK_JSON = GenerationRequest((ChatMessage("user", SECRET),), 1000, SCHEMA)
QUICK = TimeLimits(connect_s=1, first_token_s=0.3, between_tokens_s=0.3)
PATIENT = TimeLimits(connect_s=5, first_token_s=30, between_tokens_s=1)


async def collect(
    model: OpenAiModel, request: GenerationRequest = ASK
) -> tuple[str, str, Finished]:
    said = dict.fromkeys(DeltaKind, "")
    end = None
    async for part in model.stream(request):
        if isinstance(part, Delta):
            said[part.kind] += part.text
        else:
            end = part
    assert end is not None
    return said[DeltaKind.REASONING], said[DeltaKind.ANSWER], end


async def failure(
    engine: ScriptedEngine, request: GenerationRequest = ASK, limits: TimeLimits | None = None
) -> InferenceError:
    async with OpenAiModel(engine.endpoint(), limits=limits) as model:
        with pytest.raises(InferenceError) as raised:
            await collect(model, request)
    return raised.value


@pytest.mark.parametrize("wire_bytes", [None, 1, 3, 64])
async def test_an_answer_streams_through_however_it_is_cut(wire_bytes: int | None) -> None:
    text = "诊断：社区获得性肺炎。Take 500 mg 😷"
    async with (
        ScriptedEngine(always(text, wire_bytes=wire_bytes)) as engine,
        OpenAiModel(engine.endpoint()) as model,
    ):
        reasoning, answer, end = await collect(model)
    assert (reasoning, answer, end.reason) == ("", text, "stop")
    assert end.output_tokens == len(range(0, len(text), 4))


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("wanted", ["text", "json"])
@pytest.mark.parametrize("form", [f for f in ReasoningForm if f != ReasoningForm.UNCLOSED_TAG])
async def test_reasoning_never_reaches_the_answer(
    form: ReasoningForm, wanted: str, declared: bool
) -> None:
    text = '{"answer": "是"}' if wanted == "json" else "是肺炎"
    request = ASK_JSON if wanted == "json" else ASK
    capabilities = {"chat", "json_schema"} | ({"reasoning"} if declared else set())
    script = always(text, reasoning="先看体温，再看<影像>。", reasoning_form=form)
    async with ScriptedEngine(script) as engine:
        endpoint = engine.endpoint(capabilities=frozenset(capabilities))
        async with OpenAiModel(endpoint) as model:
            undeclared = form is ReasoningForm.MISSING_OPENING_TAG and not declared
            if undeclared and wanted == "text":
                with pytest.raises(InferenceError) as raised:
                    await collect(model, request)
                assert raised.value.detail["reason"] == "reasoning_unmarked"
            # What the first answer showed is remembered: from the second on all is right.
            reasoning, answer, _ = await collect(model, request)
    assert (reasoning.strip(), answer) == ("先看体温，再看<影像>。", text)


async def test_a_model_declared_to_reason_may_answer_json_at_once() -> None:
    async with ScriptedEngine(always('{"answer": "是"}')) as engine:
        endpoint = engine.endpoint(capabilities=frozenset({"reasoning"}))
        async with OpenAiModel(endpoint) as model:
            assert (await collect(model, ASK_JSON))[1] == '{"answer": "是"}'


async def test_reasoning_that_is_never_closed_is_no_answer() -> None:
    script = always("x", reasoning="想" * 9, reasoning_form=ReasoningForm.UNCLOSED_TAG)
    async with ScriptedEngine(script) as engine:
        error = await failure(engine)
    assert error.detail["reason"] == "reasoning_not_closed"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (ScriptedAnswer("x" * 40, fault=Fault.DISCONNECT), "engine_unreachable"),
        (ScriptedAnswer("x" * 40, fault=Fault.STUCK), "engine_timeout"),
        (ScriptedAnswer("x" * 40, fault=Fault.STUCK, fault_after=0), "engine_timeout"),
        (ScriptedAnswer("x" * 40, fault=Fault.KEEP_ALIVES_ONLY), "engine_timeout"),
        (ScriptedAnswer("x" * 40, first_delay_s=9), "engine_timeout"),
        (ScriptedAnswer("x" * 40, fault=Fault.ENDS_EARLY), "engine_answer_malformed"),
        (ScriptedAnswer("x" * 40, fault=Fault.ERROR_FRAME), "engine_refused"),
        (ScriptedAnswer("x" * 40, fault=Fault.MALFORMED_JSON), "engine_answer_malformed"),
        (ScriptedAnswer("x" * 40, fault=Fault.MALFORMED_UTF8), "engine_answer_malformed"),
        (ScriptedAnswer(status=302, location="http://127.0.0.1:9/v1"), "engine_refused"),
        (ScriptedAnswer(status=401), "engine_refused"),
        (ScriptedAnswer(status=429), "engine_busy"),
        (ScriptedAnswer(status=500), "engine_refused"),
        (ScriptedAnswer(status=503), "engine_busy"),
        (ScriptedAnswer(status=400, error_type="exceed_context_size_error"), "context_exceeded"),
        (ScriptedAnswer("x", finish_reason="content_filter"), "engine_refused"),
        (ScriptedAnswer("x", finish_reason="tool_calls"), "engine_answer_malformed"),
    ],
)
async def test_every_failure_has_its_code_and_repeats_nothing(
    answer: ScriptedAnswer, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = "sk-very-secret"
    started = time.perf_counter()
    async with ScriptedEngine(in_turn(answer), key=key) as engine:
        error = await failure(engine, limits=QUICK if code == "engine_timeout" else None)
        assert len(engine.requests) == 1
    assert error.code == code
    assert time.perf_counter() - started < 5
    shown = f"{error} {error.detail} {error.safe_message} {error.__cause__} {caplog.text}"
    assert "张三" not in shown
    assert key not in shown
    assert "\\u5f20" not in shown


@pytest.mark.parametrize("fault", [Fault.NO_DONE, Fault.HANGS_AFTER_END])
async def test_an_answer_that_ended_counts_even_without_the_end_mark(fault: Fault) -> None:
    answer = ScriptedAnswer("done", fault=fault)
    async with (
        ScriptedEngine(in_turn(answer)) as engine,
        OpenAiModel(engine.endpoint(), limits=PATIENT) as model,
    ):
        assert (await collect(model))[1] == "done"


async def test_a_server_that_does_not_stream_is_understood() -> None:
    script = always("答", reasoning="想", streams=False)
    async with ScriptedEngine(script) as engine, OpenAiModel(engine.endpoint()) as model:
        assert (await collect(model))[:2] == ("想", "答")


@pytest.mark.parametrize("text", ['{"answer": "是"', '{"answer": 1}', '{"answer": "是"} ok'])
async def test_json_that_breaks_the_schema_is_malformed(text: str) -> None:
    async with ScriptedEngine(always(text)) as engine:
        assert (await failure(engine, ASK_JSON)).code == "engine_answer_malformed"


async def test_truncated_json_is_malformed() -> None:
    request = GenerationRequest(ASK.messages, 2, SCHEMA)
    async with ScriptedEngine(always('{"answer": "肺炎肺炎"}')) as engine:
        error = await failure(engine, request)
    assert (error.code, error.detail["reason"]) == ("engine_answer_malformed", "truncated")


async def test_a_schema_that_cannot_be_checked_is_refused_before_anything_is_sent() -> None:
    request = GenerationRequest(ASK.messages, 9, {"type": "object", "format": "x"})
    async with ScriptedEngine() as engine, OpenAiModel(engine.endpoint()) as model:
        with pytest.raises(ConfigurationError):
            await collect(model, request)
        assert engine.requests == []


async def test_leaving_the_stream_reaches_the_engine() -> None:
    script = always("x" * 4000, delay_s=0.01)
    async with ScriptedEngine(script) as engine, OpenAiModel(engine.endpoint()) as model:
        async with aclosing(model.stream(ASK)) as parts:
            async for _ in parts:
                break
        await engine.wait_until(lambda e: e.cancelled == 1)
        assert model.load == (0, 0)
        engine.respond = always("still well")
        assert (await collect(model))[1] == "still well"
        assert (engine.completed, engine.cancelled) == (1, 1)


@pytest.mark.parametrize(
    "answer", [ScriptedAnswer("x" * 4000, delay_s=0.01), ScriptedAnswer("x", first_delay_s=60)]
)
async def test_cancelling_the_task_reaches_the_engine(answer: ScriptedAnswer) -> None:
    async with ScriptedEngine(in_turn(answer)) as engine, OpenAiModel(engine.endpoint()) as model:
        task = asyncio.create_task(collect(model))
        await engine.wait_until(lambda e: e.active == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await engine.wait_until(lambda e: e.cancelled == 1)
        assert model.load == (0, 0)


async def test_a_stream_that_is_read_to_its_end_was_not_cancelled() -> None:
    async with ScriptedEngine(always("x" * 40)) as engine, OpenAiModel(engine.endpoint()) as model:
        await collect(model)
        await engine.wait_until(lambda e: e.active == 0)
        assert (engine.completed, engine.cancelled) == (1, 0)


async def test_the_engine_is_never_asked_more_at_once_than_it_may_be() -> None:
    async with ScriptedEngine(always("x" * 40, delay_s=0.002)) as engine:
        endpoint = engine.endpoint(max_concurrent=2, max_waiting=3)
        async with OpenAiModel(endpoint) as model:
            ends = await asyncio.gather(*(collect(model) for _ in range(7)), return_exceptions=True)
    refused = [end for end in ends if isinstance(end, InferenceError)]
    assert [error.code for error in refused] == ["engine_busy"] * 2
    assert engine.most_active == 2
    assert len(engine.requests) == 5


async def test_a_failed_call_gives_its_place_back() -> None:
    async with ScriptedEngine(in_turn(ScriptedAnswer(status=500), ScriptedAnswer("ok"))) as engine:
        endpoint = engine.endpoint(max_concurrent=1)
        async with OpenAiModel(endpoint) as model:
            with pytest.raises(InferenceError):
                await collect(model)
            assert (await collect(model))[1] == "ok"


async def test_nobody_listening_is_unreachable_and_soon_so() -> None:
    async with ScriptedEngine() as engine:
        endpoint = engine.endpoint()
    started = time.perf_counter()
    async with OpenAiModel(endpoint) as model:
        for ask in (collect(model), model.served_models()):
            with pytest.raises(InferenceError) as raised:
                await ask
            assert raised.value.code == "engine_unreachable"
    assert time.perf_counter() - started < 5


async def test_an_engine_that_came_back_is_asked_again_on_the_same_address() -> None:
    engine = ScriptedEngine(always("one"))
    await engine.start()
    async with OpenAiModel(engine.endpoint()) as model:
        assert (await collect(model))[1] == "one"
        await engine.stop()
        await engine.start()
        assert (await collect(model))[1] == "one"
    await engine.stop()


async def test_the_key_is_sent_and_a_wrong_one_refused() -> None:
    async with ScriptedEngine(key="right") as engine:
        async with OpenAiModel(engine.endpoint()) as model:
            await collect(model)
        assert engine.requests[0].authorization == "Bearer right"
        async with OpenAiModel(engine.endpoint(key="wrong")) as model:
            with pytest.raises(InferenceError) as raised:
                await collect(model)
    assert (raised.value.code, raised.value.detail["status"]) == ("engine_refused", 401)


async def test_a_redirect_is_not_followed_and_the_key_goes_nowhere() -> None:
    async with ScriptedEngine(always("not for you")) as other:
        there = ScriptedAnswer(status=307, location=other.url + "/chat/completions")
        async with ScriptedEngine(in_turn(there), key="k") as engine:
            error = await failure(engine)
        assert error.code == "engine_refused"
        assert other.requests == []


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with ScriptedEngine(always("proxy")) as proxy, ScriptedEngine(always("direct")) as engine:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url.removesuffix("/v1"))
        async with OpenAiModel(engine.endpoint()) as model:
            assert (await collect(model))[1] == "direct"
        assert proxy.requests == []


async def test_models_are_listed() -> None:
    async with ScriptedEngine(model="m1") as engine, OpenAiModel(engine.endpoint()) as model:
        assert await model.served_models() == ("m1",)


def test_nothing_of_a_message_or_key_shows_in_representations() -> None:
    endpoint = Endpoint("e", "http://h/v1", "m", "general", 5, frozenset(), 1, key="sk-1")  # type: ignore[arg-type]
    assert "sk-1" not in repr(endpoint)
    assert "张三" not in repr(ASK)


async def test_a_kept_connection_that_the_server_closed_is_opened_anew() -> None:
    """A server that closes after each answer without saying so, as llama.cpp does."""
    answer = json.dumps({"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}]})
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        length = 0
        while (line := await reader.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        await reader.readexactly(length)
        writer.write(f"{head}{len(answer)}\r\n\r\n{answer}".encode())
        await writer.drain()
        # The next question is already on its way when the connection breaks.
        await reader.read(1)
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    endpoint = Endpoint("e", f"http://127.0.0.1:{port}/v1", "m", Partition.GENERAL, 5, NONE, 9999)
    async with server, OpenAiModel(endpoint) as model:
        for _ in range(3):
            assert (await collect(model))[1] == "ok"
    assert connections == 3
