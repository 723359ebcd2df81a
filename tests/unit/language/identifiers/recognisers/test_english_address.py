"""The table of the recogniser ``english_address``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.english_address import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("lives at 12 Baker Street", "12 Baker Street"),
        ("Apt. 305", "Apt. 305"),
        ("350 Fifth Ave Suite 3, New York, NY 10118", "350 Fifth Ave Suite 3, New York, NY 10118"),
        ("take 2 tablets a day", None),
        ("in the first place", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["1 a ", "Street ", "12 "])
