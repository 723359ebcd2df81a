"""The table of the recogniser ``insurance_number``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.insurance_number import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("医保卡号：A123456789", "A123456789"),
        ("Policy number: XY-1234567", "XY-1234567"),
        ("社保号 310123456", "310123456"),
        ("医保甲类", None),
        ("保险 否", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["医保", "policy "])
