"""The table of the recogniser ``english_place_cues``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.english_place_cues import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("She grew up in Tarnow and trained as a nurse.", "Tarnow"),
        ("he was born in wielun.", "wielun"),
        ("Address: 14 Kestrel Rise, Harrowby", "14 Kestrel Rise, Harrowby"),
        ("the corner of Alder Way and Finch Street", "the corner of Alder Way and Finch Street"),
        ("USS Marlowe\nFPO AE 09571", "USS Marlowe\nFPO AE 09571"),
        ("He lives in assisted living.", None),
        ("She was born in China.", None),
        ("moved from ICU to the ward", None),
        ("moved here from New Zealand", None),
        ("the dose was sent to pharmacy at 10", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["lives in ", "corner of a and ", "address: 1 A "])
