"""The table of the recogniser ``cn_passport``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.cn_passport import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("护照E12345678", "E12345678"),
        ("passport number: X1234567", "X1234567"),
        ("G87654321", "G87654321"),
        ("HLA-B27", None),
        ("E123", None),
        ("AE12345678901", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["E1", "护照"])
