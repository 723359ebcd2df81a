"""The table of the recogniser ``english_organisation_cues``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.english_organisation_cues import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("He works at Brightwater as a welder.", "Brightwater"),
        ("The Tallgrass office is at the harbour.", "Tallgrass"),
        ("her employer is quillmark inc.", "quillmark inc."),
        ("She is from the Ministry of Fisheries.", "Ministry of Fisheries"),
        ("Ann Reed\nNorthgate Freight\n12 Mill Lane", "Northgate Freight"),
        ("He works at home.", None),
        ("Movement of the arm is limited.", None),
        ("She joined Cardiology in May.", None),
        ("Seen in the emergency department of the hospital.", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["A a ", "works at A ", "Ministry of ", "a inc "])
