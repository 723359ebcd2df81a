"""The table of the recogniser ``licence_number``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.licence_number import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("Driver's license: D1234567", "D1234567"),
        ("起搏器编号：PM-00123", "PM-00123"),
        ("Serial no. SN123456", "SN123456"),
        ("certificate of need", None),
        ("lot of pain", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["serial ", "VIN"])
