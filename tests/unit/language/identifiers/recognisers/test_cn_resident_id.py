"""The table of the recogniser ``cn_resident_id``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.cn_resident_id import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("身份证11010519491231002X。", "11010519491231002X"),
        ("身份证号１１０１０５１９４９１２３１００２Ｘ", "１１０１０５１９４９１２３１００２Ｘ"),
        ("110105 1949 1231 002X", "110105 1949 1231 002X"),
        ("旧证110105491231002", "110105491231002"),
        ("笔误110105194912310021", "110105194912310021"),
        ("订单110105194913310021", None),
        ("A11010519491231002X", None),
        ("1101051949123100211", None),
        ("110105491331002", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["1", "110105194912310", "11010519491231002X "])
