"""The table of the recogniser ``vehicle_plate``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.vehicle_plate import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("a taxi (AB12 CDE), in", "AB12 CDE"),
        ("plate 5ABC 123 at the gate", "5ABC 123"),
        ("her car in the lot, 5ABC123", "5ABC123"),
        ("车停楼下，尾号9K2", "9K2"),
        ("car accident in 2019", None),
        ("CD20 positive, CD34 negative", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["car ", "veh AB12 ", "车牌"])
