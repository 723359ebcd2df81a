"""The table of the recogniser ``english_organisation``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.english_organisation import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("at Mercy General Hospital", "Mercy General Hospital"),
        ("University of Oxford", "University of Oxford"),
        ("works for Acme Ltd.", "Acme Ltd."),
        ("the hospital", None),
        ("our school", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["A ", "Hospital ", "A, B and "])
