"""The table of the recogniser ``english_name``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.english_name import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("seen by Dr. Smith", "Dr. Smith"),
        ("John Miller was", "John Miller"),
        ("mother Kowalczyk", "Kowalczyk"),
        ("Patient: Anna Schmidt", "Anna Schmidt"),
        ("Parkinson disease", None),
        ("Crohn's disease", None),
        ("Metoprolol 25 mg", None),
        ("Monday", None),
        ("History of Present Illness", None),
        ("WBC 5.2", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["Dr. ", "A", "John "])
