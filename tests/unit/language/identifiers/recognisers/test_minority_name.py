"""The table of the recogniser ``minority_name``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.minority_name import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("患者阿卜杜拉·买买提，", "阿卜杜拉·买买提"),
        ("扎西多吉，男", "扎西多吉"),
        ("那仁高娃来院", "那仁高娃"),
        ("格林·巴利综合征", None),
        ("尼玛", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["扎西", "·", "阿·"])
