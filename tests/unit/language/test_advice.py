"""Advice and bounds are read with their side, and what only looks like advice is not."""

from __future__ import annotations

import pytest

from suwen.language.advice import find_advice
from suwen.language.width import fold


def _sides(text: str) -> list[tuple[str, str]]:
    return [(a.scale, a.side) for a in find_advice(fold(text))]


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("孕妇禁用。", [("use", "against")]),
        ("孕妇应慎用。", [("use", "caution")]),
        ("并非绝对禁忌。", [("use", "for")]),
        ("无需监测。", [("use", "unneeded")]),
        ("不宜突然停药。", [("course", "go")]),
        ("应逐渐减量。", [("change", "down")]),
        ("不增加出血风险。", [("change", "not up")]),
        ("手术前停用。", [("order of 术", "before"), ("course", "stop")]),
        ("不超过 3 g。", [("bound of 3", "below")]),
        ("至少两周。", [("bound of 2", "above")]),
        ("18 岁以下。", [("bound of 18", "below")]),
        ("It should be avoided.", [("use", "against")]),
        ("It may be used with caution.", [("use", "caution")]),
        ("It is not contraindicated.", [("use", "for")]),
        ("It must not be stopped.", [("course", "go")]),
        ("It should be at least 3 g.", [("bound of 3", "above")]),
        ("It should not exceed 3 g.", [("bound of 3", "below")]),
        ("Given prior to the incision.", [("order of incision", "before")]),
    ],
)
def test_the_side_is_read(text: str, sides: list[tuple[str, str]]) -> None:
    assert _sides(text) == sides


@pytest.mark.parametrize(
    "text",
    [
        "目前尚无定论。",
        "反应良好，可见息肉，效应明显。",
        "不可避免的出血。",
        "如无禁忌。",
        "后壁心肌梗死。",
        "The lower limbs are swollen.",
        "The following drugs are known.",
    ],
)
def test_what_only_looks_like_advice_is_none(text: str) -> None:
    assert _sides(text) == []


def test_advice_is_read_with_its_own_clause() -> None:
    first, second = find_advice(fold("妊娠期禁用，哺乳期慎用。"))
    assert "妊娠" in first.words
    assert "妊娠" not in second.words
    assert "妊娠" in second.sentence
    assert first.is_opposed(find_advice("妊娠期可用。")[0])


def test_what_is_to_be_done_beside_a_medicine_does_not_decide_its_use() -> None:
    (watched,) = find_advice("应监测血药浓度。")
    (used,) = find_advice("慎用。")
    assert not watched.is_comparable(used)
