"""The table of the recogniser ``bank_card``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.bank_card import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("卡 4539578763621486", "4539578763621486"),
        ("4539 5787 6362 1486", "4539 5787 6362 1486"),
        ("GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 32"),
        ("银行卡号：6222020000000001", "6222020000000001"),
        ("4539578763621487", None),
        ("1111111111111111", None),
        ("条码", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["4539", "GB82 "])
