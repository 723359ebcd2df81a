"""OpenAI's own client against the started platform: engines, embeddings, models."""

from __future__ import annotations

import json

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from suwen.control.access.clients import ASK_ENGINES, EMBED, SEARCH_EVIDENCE
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.inference.scripted import Fault, ReasoningForm, always
from tests.support.clients import Programs
from tests.support.site import wait_until

QUESTION = [{"role": "user", "content": "心力衰竭患者出院后多久复查？"}]


@pytest.fixture
def asking(programs: Programs) -> OpenAI:
    return OpenAI(base_url=programs.url, api_key=programs.key(), max_retries=0)


def test_a_whole_answer_with_its_counts_and_its_label(programs: Programs, asking: OpenAI) -> None:
    programs.told("每两周复查一次。")
    found = asking.chat.completions.create(model="ward", messages=QUESTION, max_tokens=50)
    assert found.choices[0].message.content == "每两周复查一次。"
    assert found.choices[0].finish_reason == "stop"
    assert found.usage is not None
    assert found.usage.completion_tokens == 2
    assert found.model_extra is not None
    label = found.model_extra["suwen"]
    assert (label["attribute"], label["gated"]) == ("ai-generated", False)
    assert label["visible_zh"].startswith("【AI 生成】")


def test_a_stream_piece_by_piece_with_counts_where_they_are_wanted(
    programs: Programs, asking: OpenAI
) -> None:
    programs.told("每两周复查一次，注意体重。", piece_characters=1)
    chunks = list(
        asking.chat.completions.create(
            model="ward",
            messages=QUESTION,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == "每两周复查一次，注意体重。"
    assert len(chunks) > 10
    assert chunks[0].model_extra is not None
    assert chunks[0].model_extra["suwen"]["gated"] is False
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 13


def test_a_stream_ends_without_counts_where_nobody_asked_for_them(asking: OpenAI) -> None:
    stream = asking.chat.completions.create(model="ward", messages=QUESTION, stream=True)
    assert all(chunk.choices for chunk in stream)


@pytest.mark.parametrize("wire_bytes", [1, 2, 3, 7])
def test_characters_cut_anywhere_on_the_wire_arrive_whole(
    programs: Programs, asking: OpenAI, wire_bytes: int
) -> None:
    programs.told("患者🩺复查", piece_characters=2, wire_bytes=wire_bytes)
    stream = asking.chat.completions.create(model="ward", messages=QUESTION, stream=True)
    assert "".join(c.choices[0].delta.content or "" for c in stream) == "患者🩺复查"


def test_everything_that_is_asked_reaches_the_engine(programs: Programs, asking: OpenAI) -> None:
    asking.chat.completions.create(
        model="ward",
        messages=[{"role": "developer", "content": "Be brief."}, *QUESTION],
        max_completion_tokens=77,
        temperature=0.2,
        top_p=0.9,
        seed=7,
        stop=["##"],
        presence_penalty=0.5,
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "plan", "schema": {"type": "object"}, "strict": True},
        },
        user="dr.lin",
        extra_body={"top_k": 20, "chat_template_kwargs": {"enable_thinking": False}},
    )
    [asked] = programs.engine.requests
    body = asked.body
    assert body["model"] == "scripted"
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (body["max_tokens"], body["temperature"], body["seed"]) == (77, 0.2, 7)
    assert (body["stop"], body["top_k"]) == (["##"], 20)
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert body["chat_template_kwargs"] == {"enable_thinking": False}
    assert "user" not in body


def test_tools_go_to_the_engine_and_its_calls_come_back(programs: Programs, asking: OpenAI) -> None:
    programs.told("", tool_calls=(("egfr", '{"age": 57}'),))
    tool = {"type": "function", "function": {"name": "egfr", "parameters": {"type": "object"}}}
    found = asking.chat.completions.create(model="ward", messages=QUESTION, tools=[tool])
    [call] = found.choices[0].message.tool_calls or []
    assert (call.function.name, json.loads(call.function.arguments)) == ("egfr", {"age": 57})
    assert found.choices[0].finish_reason == "tool_calls"
    assert programs.engine.requests[0].body["tools"] == [tool]
    told = [
        *QUESTION,
        {"role": "assistant", "content": None, "tool_calls": [call.model_dump()]},
        {"role": "tool", "tool_call_id": call.id, "content": "61"},
    ]
    programs.told("正常")
    asking.chat.completions.create(model="ward", messages=told, tools=[tool])
    assert programs.engine.requests[0].body["messages"][-1]["content"] == "61"


def test_an_engine_without_the_capability_is_not_asked(programs: Programs, asking: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        asking.chat.completions.create(
            model="plain",
            messages=QUESTION,
            response_format={"type": "json_object"},
            extra_headers={"X-Suwen-Data-Class": "1"},
        )
    assert refused.value.param == "response_format"
    assert programs.engine.requests == []


def test_reasoning_stays_apart_from_the_answer(programs: Programs, asking: OpenAI) -> None:
    programs.told("两周", reasoning="想一想", reasoning_form=ReasoningForm.REASONING_CONTENT)
    message = asking.chat.completions.create(model="ward", messages=QUESTION).choices[0].message
    assert message.content == "两周"
    assert message.model_extra is not None
    assert message.model_extra["reasoning_content"] == "想一想"


def test_embeddings_as_floats_and_as_the_client_likes_them(asking: OpenAI) -> None:
    texts = ["发热 38.5 ℃", "cough"]
    packed = asking.embeddings.create(model="vectors", input=texts)
    plain = asking.embeddings.create(model="vectors", input=texts, encoding_format="float")
    assert [row.index for row in packed.data] == [0, 1]
    assert packed.data[0].embedding == pytest.approx(plain.data[0].embedding, abs=1e-6)
    assert len(plain.data[1].embedding) == 256
    assert packed.usage.prompt_tokens > 0


def test_the_models_are_those_that_the_key_opens(programs: Programs, asking: OpenAI) -> None:
    every = [model.id for model in asking.models.list()]
    assert {"ward", "plain", "vectors", "suwen/embedding", "suwen/evidence:chest"} <= set(every)
    only = OpenAI(base_url=programs.url, api_key=programs.key(scopes=frozenset({EMBED})))
    assert {model.id for model in only.models.list()} == {"vectors", "suwen/embedding"}
    assert asking.models.retrieve("suwen/evidence:chest").owned_by == "suwen"
    with pytest.raises(openai.NotFoundError):
        only.models.retrieve("ward")


async def test_the_asynchronous_client_streams_and_asks(programs: Programs) -> None:
    programs.told("好的", piece_characters=1)
    async with AsyncOpenAI(base_url=programs.url, api_key=programs.key()) as asking:
        stream = await asking.chat.completions.create(model="ward", messages=QUESTION, stream=True)
        text = "".join([c.choices[0].delta.content or "" async for c in stream])
        whole = await asking.chat.completions.create(model="ward", messages=QUESTION)
        models = [model.id async for model in asking.models.list()]
    assert (text, whole.choices[0].message.content) == ("好的", "好的")
    assert "ward" in models


def test_a_client_that_goes_away_stops_the_engine(programs: Programs, asking: OpenAI) -> None:
    programs.told("一二三四五六七八九十" * 20, piece_characters=1, delay_s=0.05)
    before = programs.engine.cancelled
    with asking.chat.completions.create(model="ward", messages=QUESTION, stream=True) as stream:
        next(iter(stream))
    wait_until(lambda: programs.engine.cancelled == before + 1)
    wait_until(lambda: _last(programs).detail.get("code") == "cancelled")
    assert _last(programs).outcome is AuditOutcome.FAILED


@pytest.mark.parametrize(
    "fault", [Fault.DISCONNECT, Fault.ENDS_EARLY, Fault.MALFORMED_JSON, Fault.MALFORMED_UTF8]
)
def test_an_engine_that_breaks_off_is_an_error_and_never_a_short_answer(
    programs: Programs, asking: OpenAI, fault: Fault
) -> None:
    programs.told("一二三四五六七八", piece_characters=1, fault=fault, fault_after=3)
    with pytest.raises(openai.APIError) as told:
        list(asking.chat.completions.create(model="ward", messages=QUESTION, stream=True))
    assert told.value.code in ("engine_answer_malformed", "engine_unreachable")
    assert _last(programs).outcome is AuditOutcome.FAILED


def test_what_an_engine_says_of_its_errors_is_not_repeated(
    programs: Programs, asking: OpenAI
) -> None:
    programs.engine.respond = always("", status=500)
    with pytest.raises(openai.InternalServerError) as refused:
        asking.chat.completions.create(model="ward", messages=QUESTION)
    assert refused.value.status_code == 502
    assert "心力衰竭" not in str(refused.value)


def test_the_audit_names_the_program_and_the_counts_and_no_word(
    programs: Programs, asking: OpenAI
) -> None:
    programs.told("两周")
    asking.chat.completions.create(model="ward", messages=QUESTION)
    opened, closed = programs.audited()[-2:]
    assert isinstance(opened, AuditEntry)
    assert isinstance(closed, AuditEntry)
    assert (opened.outcome, closed.outcome) == (AuditOutcome.OPENED, AuditOutcome.DONE)
    assert opened.actor.startswith("client:program-")
    assert (opened.subject, opened.trace) == (closed.subject, closed.trace)
    assert opened.detail["data_class"] == 5
    assert closed.detail["output_tokens"] == 1
    assert "心力衰竭" not in str(opened) + str(closed)


def test_scopes_are_what_opens(programs: Programs) -> None:
    searching = OpenAI(
        base_url=programs.url, api_key=programs.key(scopes=frozenset({SEARCH_EVIDENCE}))
    )
    with pytest.raises(openai.PermissionDeniedError) as refused:
        searching.chat.completions.create(model="ward", messages=QUESTION)
    assert refused.value.code == "not_permitted"
    raw = OpenAI(base_url=programs.url, api_key=programs.key(scopes=frozenset({ASK_ENGINES})))
    assert raw.chat.completions.create(model="ward", messages=QUESTION).choices


def _last(programs: Programs) -> AuditEntry:
    last = programs.audited()[-1]
    assert isinstance(last, AuditEntry)
    return last
