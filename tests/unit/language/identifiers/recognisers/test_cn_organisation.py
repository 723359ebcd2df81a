"""The table of the recogniser ``cn_organisation``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.cn_organisation import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("就诊于北京协和医院", "北京协和医院"),
        ("毕业于江城第三中学", "江城第三中学"),
        ("由瑞金医院转入", "瑞金医院"),
        ("我院就诊", None),
        ("当地医院", None),
        ("上级医院", None),
        ("入院", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["医院", "公司", "在大学"])
