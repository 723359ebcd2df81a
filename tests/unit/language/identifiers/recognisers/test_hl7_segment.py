"""The table of the recognisers of ``hl7_segment``."""

from __future__ import annotations

import pytest

from suwen.language.identifiers import find_identifiers
from suwen.language.identifiers.recognisers.hl7_segment import RECOGNISERS
from tests.unit.language.identifiers.table import assert_linear

MESSAGE = (
    "MSH|^~\\&|HIS|LAKESIDE_GEN|LIS|LAB|20990101083015||ADT^A01|MSG77001|P|2.5\n"
    "PID|1||P0077001^^^HIS^MR||钟^文博||19880923|F|||湖滨二路35号^^武汉^湖北^430000\n"
    "NK1|1|VANCE^OLIVE|MTH\n"
    "PV1|1|I|NEURO^07^02||||1990000001^SOLANO^KIRA^^^^医师\n"
    "OBX|1|NM|2951-2^SODIUM||128|mmol/L|135-145|L"
)


@pytest.mark.parametrize(
    "wording",
    [
        "LAKESIDE_GEN",
        "MSG77001",
        "P0077001",
        "钟",
        "文博",
        "武汉",
        "430000",
        "VANCE",
        "OLIVE",
        "1990000001",
        "SOLANO",
        "KIRA",
    ],
)
def test_finds_who_and_where_by_the_field(wording: str) -> None:
    assert wording in [MESSAGE[s.start : s.end] for s in find_identifiers(MESSAGE)]


@pytest.mark.parametrize("wording", ["HIS", "LIS", "NEURO", "SODIUM", "湖北", "医师", "128", "MTH"])
def test_leaves_systems_wards_values_and_provinces(wording: str) -> None:
    at = MESSAGE.index(wording)
    assert not any(s.start <= at < s.end for s in find_identifiers(MESSAGE))


def test_finds_nothing_outside_of_a_segment() -> None:
    text = "The PID| field and ^caret stay; a|b|c"
    assert [s for r in RECOGNISERS if (s := find_identifiers(text))] == []


def test_a_long_hostile_text_takes_linear_time() -> None:
    for recogniser in RECOGNISERS:
        assert_linear(recogniser, ["PID|", "\nPID|^~"])
