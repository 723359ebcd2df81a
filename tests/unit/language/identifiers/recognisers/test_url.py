"""The table of the recogniser ``url``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.url import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("see https://example.org/a?b=1.", "https://example.org/a?b=1"),
        ("www.example.cn/x", "www.example.cn/x"),
        ("官网example.com.cn", "example.com.cn"),
        ("pH7.35", None),
        ("5mg.iv", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["www.", "http://", "a."])
