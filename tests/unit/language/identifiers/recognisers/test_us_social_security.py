"""The table of the recogniser ``us_social_security``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.us_social_security import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("SSN 123-45-6789", "123-45-6789"),
        ("social security number is 123456789", "123456789"),
        ("2023-45-67890", None),
        ("12-345-6789", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["123-", "SSN"])
