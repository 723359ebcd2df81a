"""The table of the recogniser ``ip_address``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.ip_address import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("from 192.168.1.20,", "192.168.1.20"),
        ("2001:db8::1", "2001:db8::1"),
        ("00:1A:2B:3C:4D:5E", "00:1A:2B:3C:4D:5E"),
        ("999.1.1.1", None),
        ("1.2.3", None),
        ("08:15", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["1.", "::", ":a"])
