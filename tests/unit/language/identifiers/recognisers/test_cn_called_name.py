"""The table of the recogniser ``cn_called_name``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.cn_called_name import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("护士小钟已记录", "小钟"),
        ("老蒋在楼下等你", "老蒋"),
        ("谢谢彭大哥", "彭"),
        ("那个姓汤的医生", "汤"),
        ("其妻阎氏，80岁", "阎"),
        ("名叫红梅，12岁", "红梅"),
        ("联系钟文博13800138000", "钟文博"),
        ("1 | 钟文博 | 3床", "钟文博"),
        ("\n汤若水，男，58岁", "汤若水"),
        ("范氏兰，越南籍", "范氏兰"),
        ("小时候，小叶增生，小管", None),
        ("老年，老白干，大便", None),
        ("阿司匹林，阿托品", None),
        ("张力性气胸 | 高血压", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["小钟", "姓", "1|", "名叫"])
