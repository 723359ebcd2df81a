"""The table of the recogniser ``cn_address``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.cn_address import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("住北京市海淀区中关村大街27号3号楼502室。", "北京市海淀区中关村大街27号3号楼502室"),
        ("来自昆山，", "昆山"),
        ("家住长安路25号", "长安路25号"),
        ("籍贯义乌", "义乌"),
        ("广州管圆线虫", None),
        ("云南白药", None),
        ("血压120号", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["北京", "路1号", "区"])
