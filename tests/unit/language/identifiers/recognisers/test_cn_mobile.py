"""The table of the recogniser ``cn_mobile``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.cn_mobile import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("电话13800138000。", "13800138000"),
        ("+86 138-0013-8000", "+86 138-0013-8000"),
        ("186 0013 8000", "186 0013 8000"),
        ("１３８００１３８０００", "１３８００１３８０００"),
        ("血小板12800138000", None),
        ("138001380001", None),
        ("0.13800138000", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["138", "1380013800 "])
