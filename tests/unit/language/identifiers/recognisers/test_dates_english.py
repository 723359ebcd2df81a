"""The table of the recogniser ``dates_english``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.dates_english import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("on 3 March 2024", "3 March 2024"),
        ("March 5, 2024", "March 5, 2024"),
        ("Jan 5", "Jan 5"),
        ("May 2023", "May 2023"),
        ("may 250", None),
        ("March", None),
        ("in 2024", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["March ", "5 "])
