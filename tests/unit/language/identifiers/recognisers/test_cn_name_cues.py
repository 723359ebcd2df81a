"""The table of the recogniser ``cn_name_cues``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.cn_name_cues import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("姓名：张伟", "张伟"),
        ("患者李小明，", "李小明"),
        ("王主任查房", "王"),
        ("主管医师：欧阳建国", "欧阳建国"),
        ("患者解采薇 ", "解采薇"),
        ("患者高热", None),
        ("患者安静", None),
        ("主任查房", None),
        ("姓名：不详", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["患者", "姓名：", "王主任"])
