"""The table of the recogniser ``dates_numeric``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.dates_numeric import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("2024-03-05入院", "2024-03-05"),
        ("2024/3/5", "2024/3/5"),
        ("20240305", "20240305"),
        ("03/05/1980", "03/05/1980"),
        ("2024.08.29", "2024.08.29"),
        ("24.3.15", "24.3.15"),
        ("BP 120/80", None),
        ("2024", None),
        ("13/13/13", None),
        ("12.5", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["2024-", "1/", "20"])
