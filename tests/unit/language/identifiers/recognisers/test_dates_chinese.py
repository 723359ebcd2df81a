"""The table of the recogniser ``dates_chinese``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.dates_chinese import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("2024年3月5日", "2024年3月5日"),
        ("3月5号", "3月5号"),
        ("二〇二四年三月五日", "二〇二四年三月五日"),
        ("去年10月", "去年10月"),
        ("正月初三", "正月初三"),
        ("3个月前", None),
        ("2024年", None),
        ("5天", None),
        ("每日3次", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["3月", "年", "初"])
