"""The table of the recogniser ``postcode``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.postcode import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("邮编100730", "100730"),
        ("邮编：100730", "100730"),
        ("ZIP: 12345", "12345"),
        ("100730", None),
        ("wbc 12345", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["邮编", "zip "])
