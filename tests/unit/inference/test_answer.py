"""An answer counts only when it is whole and satisfies its schema."""

from __future__ import annotations

import pytest

from suwen.core.inference import Delta, DeltaKind, Finished, GenerationRequest
from suwen.inference.answer import AnswerAssembler
from suwen.inference.json_answer import AnswerSchema
from suwen.inference.wire import WireChunk, WireError

SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer"}},
    "required": ["a"],
    "additionalProperties": False,
}


def assembler(*, json: bool = False, starts: bool = False, tokens: int = 100) -> AnswerAssembler:
    request = GenerationRequest((), tokens, SCHEMA if json else None)
    schema = AnswerSchema(SCHEMA) if json else None
    return AnswerAssembler(request, schema, starts_in_reasoning=starts)


def run(
    chunks: list[WireChunk], *, json: bool = False, starts: bool = False
) -> tuple[str, str, Finished]:
    """Reasoning, answer and end as given out."""
    made = assembler(json=json, starts=starts)
    parts = [part for chunk in chunks for part in made.add(chunk)] + made.finish()
    said = dict.fromkeys(DeltaKind, "")
    for part in parts:
        if isinstance(part, Delta):
            said[part.kind] += part.text
    end = parts[-1]
    assert isinstance(end, Finished)
    return said[DeltaKind.REASONING], said[DeltaKind.ANSWER], end


def failure(chunks: list[WireChunk], *, json: bool = False, starts: bool = False) -> WireError:
    with pytest.raises(WireError) as raised:
        run(chunks, json=json, starts=starts)
    return raised.value


STOP = WireChunk(finish="stop")


def test_text_streams_through_with_its_counts() -> None:
    end = WireChunk(finish="stop", prompt_tokens=5, output_tokens=2)
    assert run([WireChunk("a"), WireChunk("b"), end]) == ("", "ab", Finished("stop", 5, 2))


@pytest.mark.parametrize(
    ("said", "meant"), [("eos_token", "stop"), ("length", "length"), ("max_tokens", "length")]
)
def test_ends_have_one_name(said: str, meant: str) -> None:
    assert run([WireChunk("a", finish=said)])[2].reason == meant


@pytest.mark.parametrize(
    ("chunk", "code", "reason"),
    [
        (WireChunk("a"), "engine_answer_malformed", "broken_off"),
        (WireChunk("a", finish="abort"), "engine_answer_malformed", "unknown_finish"),
        (WireChunk("a", finish="content_filter"), "engine_refused", "content_filter"),
        (WireChunk("<think>a", finish="stop"), "engine_answer_malformed", "reasoning_not_closed"),
    ],
)
def test_what_is_no_answer_is_refused(chunk: WireChunk, code: str, reason: str) -> None:
    error = failure([chunk])
    assert (error.code, error.detail["reason"]) == (code, reason)


def test_json_streams_as_soon_as_it_begins() -> None:
    made = assembler(json=True)
    assert made.add(WireChunk("\n")) == []
    assert made.add(WireChunk(' {"a"')) == [Delta(DeltaKind.ANSWER, '{"a"')]
    assert made.add(WireChunk(":")) == [Delta(DeltaKind.ANSWER, ":")]


@pytest.mark.parametrize("starts", [False, True])
@pytest.mark.parametrize(
    "chunks",
    [
        [WireChunk('{"a": 1}'), STOP],
        [WireChunk("", "想"), WireChunk('{"a": 1}'), STOP],
        [WireChunk("<think>想</think>\n"), WireChunk('{"a": 1}'), STOP],
        [WireChunk("想"), WireChunk("想</th"), WireChunk('ink>{"a"'), WireChunk(": 1}"), STOP],
    ],
)
def test_json_is_found_after_every_form_of_reasoning(chunks: list[WireChunk], starts: bool) -> None:
    reasoning, answer, _ = run(chunks, json=True, starts=starts)
    assert answer == '{"a": 1}'
    assert "{" not in reasoning or starts


@pytest.mark.parametrize(
    ("chunks", "reason"),
    [
        ([WireChunk('{"a": 1'), WireChunk(finish="length")], "truncated"),
        ([WireChunk('{"a": 1}'), WireChunk(finish="length")], "truncated"),
        ([WireChunk('{"a": 1'), STOP], "json"),
        ([WireChunk('Here: {"a": 1}'), STOP], "json"),
        ([WireChunk('{"b": 1}'), STOP], "required"),
        ([WireChunk("<think>never closed"), STOP], "json"),
        ([STOP], "json"),
    ],
)
def test_json_that_is_not_whole_and_right_is_refused(chunks: list[WireChunk], reason: str) -> None:
    for starts in (False, True):
        assert failure(chunks, json=True, starts=starts).detail["reason"] == reason


def test_text_that_may_be_reasoning_is_held_back_while_json_is_awaited() -> None:
    made = assembler(json=True)
    assert made.add(WireChunk("let me think")) == []
    out = made.add(WireChunk('</think>{"a": 1}', finish="stop"))
    assert [(d.kind, d.text) for d in out] == [
        (DeltaKind.REASONING, "let me think"),
        (DeltaKind.ANSWER, '{"a": 1}'),
    ]
    assert made.reasoning_was_unmarked
    assert made.finish() == [Finished("stop", None, None)]


def test_an_answer_that_turns_out_to_be_reasoning_is_refused_once_given_out() -> None:
    made = assembler()
    assert made.add(WireChunk("let me think"))
    with pytest.raises(WireError) as raised:
        made.add(WireChunk("</think>answer"))
    assert raised.value.detail["reason"] == "reasoning_unmarked"
    assert made.reasoning_was_unmarked


def test_reasoning_that_arrives_at_once_with_its_closing_tag_is_sorted_in_place() -> None:
    assert run([WireChunk("想</think>答", finish="stop")])[:2] == ("想", "答")


def test_an_engine_that_never_stops_is_cut_off() -> None:
    made = assembler(tokens=1024)
    with pytest.raises(WireError) as raised:
        for _ in range(70):
            made.add(WireChunk("x" * 1024))
    assert raised.value.detail["reason"] == "endless"
