"""Reasoning never becomes answer, wherever the stream is cut."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suwen.core.inference import DeltaKind
from suwen.inference.reasoning import AnswerWasReasoning, ReasoningSplitter


def split(pieces: list[str], *, starts_in_reasoning: bool) -> tuple[str, str]:
    """Reasoning and answer as a reader has them at the end."""
    splitter = ReasoningSplitter(starts_in_reasoning=starts_in_reasoning)
    out = [part for piece in pieces for part in splitter.feed_content(piece)]
    reasoning = answer = ""
    for part in out + splitter.finish():
        if isinstance(part, AnswerWasReasoning):
            reasoning, answer = reasoning + answer, ""
        elif part.kind is DeltaKind.REASONING:
            reasoning += part.text
        else:
            answer += part.text
    return reasoning, answer


def every_cut(text: str) -> list[list[str]]:
    """The text whole, in two at every place, in three at neighbouring places, and one by one."""
    twice = [[text[:a], text[a:]] for a in range(len(text) + 1)]
    thrice = [[text[:a], text[a : a + 3], text[a + 3 :]] for a in range(len(text))]
    return [[text], list(text), *twice, *thrice]


CASES = [
    ("<think>考虑肺炎。</think>诊断：肺炎", False, "考虑肺炎。", "诊断：肺炎"),
    ("<think>\na\n</think>\n\nb ", False, "a\n", "b "),
    ("\n <think>a</think>b", False, "a", "b"),
    ("a</think>b", False, "a", "b"),
    ("a\n</think>\n\nb", True, "a\n", "b"),
    ("<think>\na</think>b", True, "a", "b"),
    ("no tags at all", False, "", "no tags at all"),
    ("no tags at all", True, "no tags at all", ""),
    ("<think>never closed", False, "never closed", ""),
    ("<think></think>b", False, "", "b"),
    ("<think>\n\n</think>\n\nb", True, "", "b"),
    ("</think>\n\nb", False, "", "b"),
    ("<think>a<think>n</think>c</think>b", False, "anc", "b"),
    ("a<think>n</think>c</think>b", True, "anc", "b"),
    ("x <think>a</think>y", False, "a", "x y"),
    ("x<think>a</think>y</think>z", False, "axy", "z"),
    ("血压 <120 且 > 80 </thin 3<", False, "", "血压 <120 且 > 80 </thin 3<"),
    ("<think>a < b </thinker></think><b>", False, "a < b </thinker>", "<b>"),
    ("<<think>a</think>b", False, "a", "<b"),
    ('推理</think>{"a": "<1"}', True, "推理", '{"a": "<1"}'),
]


@pytest.mark.parametrize(("text", "starts", "reasoning", "answer"), CASES)
def test_every_cut_separates_alike(text: str, starts: bool, reasoning: str, answer: str) -> None:
    for pieces in every_cut(text):
        assert split(pieces, starts_in_reasoning=starts) == (reasoning, answer), pieces


FRAGMENTS = st.sampled_from(
    ["<think>", "</think>", "<", "</", "<th", "think>", ">", " ", "\n", "患者", "a", "😷", "{", "}"]
)


@given(
    st.lists(FRAGMENTS, max_size=14).map("".join),
    st.lists(st.integers(min_value=0, max_value=80), max_size=10),
    st.booleans(),
)
def test_the_cut_never_matters_and_nothing_is_lost(
    text: str, cuts: list[int], starts: bool
) -> None:
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[a:b] for a, b in itertools.pairwise(edges)]
    reasoning, answer = split(pieces, starts_in_reasoning=starts)
    assert (reasoning, answer) == split([text], starts_in_reasoning=starts)
    kept = sorted(c for c in reasoning + answer if not c.isspace())
    assert kept == sorted(c for c in re.sub("</?think>", "", text) if not c.isspace())


@given(st.lists(FRAGMENTS, max_size=14).map("".join), st.booleans())
def test_nothing_before_the_last_closing_tag_outside_pairs_is_answer(
    text: str, starts: bool
) -> None:
    """By counting the tags over the whole text, which the splitter never sees at once."""
    depth, answer, begun = int(starts), "", False
    assumed = starts
    for token in re.findall(r"</?think>|.", text, re.DOTALL):
        if token == "<think>":
            depth += 0 if assumed and not begun else 1
            assumed = assumed and begun
        elif token == "</think>":
            answer = answer if depth else ""
            depth = max(0, depth - 1)
            assumed = assumed and depth > 0
        elif depth:
            begun = begun or not token.isspace()
        else:
            answer = answer + token if answer or not token.isspace() else ""
    assert split([text], starts_in_reasoning=starts)[1] == answer


def test_a_reasoning_field_ends_the_assumption_that_content_is_reasoning() -> None:
    splitter = ReasoningSplitter(starts_in_reasoning=True)
    parts = splitter.feed_reasoning("想") + splitter.feed_content("答") + splitter.finish()
    assert [getattr(p, "kind", None) for p in parts] == [DeltaKind.REASONING, DeltaKind.ANSWER]
    assert not splitter.assumed


def test_an_answer_after_the_field_may_still_carry_a_stray_closing_tag() -> None:
    splitter = ReasoningSplitter(starts_in_reasoning=False)
    parts = splitter.feed_reasoning("想") + splitter.feed_content("\n</think>\n\n答")
    assert [(p.kind, p.text) for p in parts if not isinstance(p, AnswerWasReasoning)] == [
        (DeltaKind.REASONING, "想"),
        (DeltaKind.ANSWER, "答"),
    ]
    assert len(parts) == 2
