"""The table of the recogniser ``spoken_number``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.spoken_number import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("号码幺三八零零一二三四五六", "幺三八零零一二三四五六"),
        ("打七七六五零零一二取消", "七七六五零零一二"),
        ("number is four four one oh nine two please", "four four one oh nine two"),
        ("that's s m y t h from", "s m y t h"),
        ("四五天，一两次", None),
        ("one or two tablets", None),
        ("一百三十八八十二", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["一", "one ", "a "])
