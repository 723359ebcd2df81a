"""The table of the recogniser ``social_account``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.social_account import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("微信：zhangwei_88", "zhangwei_88"),
        ("QQ 123456789", "123456789"),
        ("QQ", None),
        ("微信支付", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["微信", "QQ "])
