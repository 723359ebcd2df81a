"""The table of the recogniser ``cn_place_cues``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.cn_place_cues import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("来自监利，农民", "监利"),
        ("她嫁到嘉鱼去了", "嘉鱼"),
        ("从星辰路那个门进", "星辰路"),
        ("停对面海棠国际广场", "海棠国际广场"),
        ("从马路上走过", None),
        ("从长寿的角度看", None),
        ("回病房，到门诊", None),
        ("去菜市场", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["来自", "从路", "在广场"])
