"""The table of the recogniser ``cn_plate``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.cn_plate import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("车牌京A12345", "京A12345"),
        ("粤B·D12345", "粤B·D12345"),
        ("沪AD12345。", "沪AD12345"),
        ("川A", None),
        ("皖BCDEFG", None),
        ("新CABCDE药", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["京", "京A"])
