"""The table of the recogniser ``age_over_89``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.age_over_89 import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("患者92岁", "92岁"),
        ("九十三岁", "九十三岁"),
        ("a 95-year-old man", "95-year-old"),
        ("年龄：101", "101"),
        ("aged 94", "94"),
        ("89岁", None),
        ("19岁", None),
        ("190岁", None),
        ("9岁", None),
        ("89-year-old", None),
        ("血压90/60", None),
        ("age 45", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["9", "九十", "year-old"])
