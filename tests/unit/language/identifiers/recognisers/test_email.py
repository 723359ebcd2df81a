"""The table of the recogniser ``email``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.email import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("mail a.b+c@example.org.", "a.b+c@example.org"),
        ("邮箱zhang@163.com，", "zhang@163.com"),
        ("5@3", None),
        ("@example", None),
        ("a@b", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["a@", "a.", "@@"])
