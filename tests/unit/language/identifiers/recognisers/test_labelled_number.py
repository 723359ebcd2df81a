"""The table of the recogniser ``labelled_number``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers.recognisers.labelled_number import RECOGNISER
from tests.unit.language.identifiers.table import assert_finds, assert_linear


@pytest.mark.parametrize(
    ("text", "wording"),
    [
        ("投诉工单号XY20990101-00017，", "XY20990101-00017"),
        ("取件单号：AB1234567890123", "AB1234567890123"),
        ("工号0742的护士", "0742"),
        ("身份证后四位是123X", "123X"),
        ("Our ref: ABC/24/0007", "ABC/24/0007"),
        ("ticket #QX-10007", "QX-10007"),
        ("pump SN 12345678 swapped", "12345678"),
        ("case in 2023 of pneumonia", None),
        ("床号12，型号A1", None),
        ("card given, 2 tablets", None),
        ("", None),
    ],
)
def test_finds_what_is_one_and_nothing_else(text: str, wording: str | None) -> None:
    assert_finds(RECOGNISER, text, wording)


def test_a_long_hostile_text_takes_linear_time() -> None:
    assert_linear(RECOGNISER, ["单号", "ticket #", "A1-"])
