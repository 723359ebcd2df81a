"""Times: no more precise than sent, never a day that is not there, always with a zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from suwen.integration.hl7v2.times import (
    fhir_clock,
    fhir_day,
    fhir_instant,
    fhir_time,
    hl7_time,
    in_order,
    instant_of,
    zone_of,
)

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2024", "2024"),
        ("202405", "2024-05"),
        ("20240531", "2024-05-31"),
        ("2024053108", "2024-05-31T08:00:00+08:00"),
        ("202405310830", "2024-05-31T08:30:00+08:00"),
        ("20240531083015", "2024-05-31T08:30:15+08:00"),
        ("20240531083015.1234", "2024-05-31T08:30:15.1234+08:00"),
        ("20240531083015-0700", "2024-05-31T08:30:15-07:00"),
        ("20240531+0900", "2024-05-31"),
        ("20240531083015+0000", "2024-05-31T08:30:15+00:00"),
        ("20240230", None),
        ("20241301", None),
        ("2024053", None),
        ("20240531246015", None),
        ("20240531083015+2500", None),
        ("00000101", None),
        ("May 2024", None),
        ("", None),
    ],
)
def test_times(text: str, written: str | None) -> None:
    assert fhir_time(text, ZONE) == written


def test_days_and_instants() -> None:
    assert fhir_day("195702140830+0800") == "1957-02-14"
    assert fhir_day("1957") == "1957"
    assert fhir_day("19570230") is None
    assert fhir_instant("20240531", ZONE) is None
    assert fhir_instant("202405310830", ZONE) == "2024-05-31T08:30:00+08:00"
    assert [fhir_clock(t) for t in ("0830", "083015", "2460", "9")] == [
        "08:30:00",
        "08:30:15",
        None,
        None,
    ]


def test_instants_for_ordering() -> None:
    assert instant_of("2024", ZONE) == datetime(2024, 1, 1, tzinfo=ZONE)
    assert instant_of("20240531083015.5+0000", ZONE) == datetime(
        2024, 5, 31, 8, 30, 15, 500000, tzinfo=UTC
    )
    assert instant_of("nonsense", ZONE) is None
    assert zone_of("20240531083015+0900") is not None
    assert zone_of("20240531083015+9999") is None
    assert in_order("2024-05-31T08:00:00+08:00", "2024-05-31T01:00:00+00:00")
    assert not in_order("2024-05-31T08:00:00+08:00", "2024-05-30T23:00:00+00:00")
    assert in_order("2024-06", "2024-05-31T08:00:00+08:00")


def test_our_own_times_are_read_again() -> None:
    moment = datetime(2024, 5, 31, 8, 30, 15, 120000, tzinfo=ZONE)
    assert hl7_time(moment) == "20240531083015.120+0800"
    assert instant_of(hl7_time(moment), UTC) == moment
