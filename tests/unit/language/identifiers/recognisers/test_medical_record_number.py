"""The table of the recogniser ``medical_record_number``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.medical_record_number import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("住院号：ZY20240001", "ZY20240001"),
        ("病案号 0012345", "0012345"),
        ("MRN: 1234567", "1234567"),
        ("住院号为12345678", "12345678"),
        ("床号：12", None),
        ("住院第3天", None),
        ("住院号：不详", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["住院号", "MRN:"])
