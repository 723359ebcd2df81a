"""The table of the recogniser ``cn_landline``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.cn_landline import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("电话010-65296114", "010-65296114"),
        ("(0791) 8859 1234", "(0791) 8859 1234"),
        ("座机：88591234转801", "88591234转801"),
        ("400-810-8888", "400-810-8888"),
        ("肌酐88591234", None),
        ("010-6529", None),
        ("1010-652961140", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["010-", "0791 "])
