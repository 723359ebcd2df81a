"""The table of the recogniser ``travel_permit``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.travel_permit import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("往来港澳通行证C12345678", "C12345678"),
        ("H1234567801", "H1234567801"),
        ("台胞证：12345678", "12345678"),
        ("C反应蛋白", None),
        ("H1N1", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["H1", "通行证"])
