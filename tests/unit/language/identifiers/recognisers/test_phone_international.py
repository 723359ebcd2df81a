"""The table of the recogniser ``phone_international``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.phone_international import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("call (555) 123-4567", "(555) 123-4567"),
        ("+44 20 7946 0958", "+44 20 7946 0958"),
        ("Fax: 555-123-4567 x89", "555-123-4567 x89"),
        ("BP 120/80", None),
        ("2024-03-05", None),
        ("INR 2.5", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["555-", "+1 ", "(555) "])
