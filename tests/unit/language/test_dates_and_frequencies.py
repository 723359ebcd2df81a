"""Dates, times of day and dosing frequencies."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from suwen.language.dates import find_dates, find_times
from suwen.language.frequencies import find_frequencies
from suwen.language.width import fold


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-12", (2026, 11, 12)),
        ("2026年11月12日", (2026, 11, 12)),
        ("2026.11.12", (2026, 11, 12)),
        ("11月12日", (None, 11, 12)),
        ("12 Nov 2026", (2026, 11, 12)),
        ("Nov 12, 2026", (2026, 11, 12)),
        ("November 12th", (None, 11, 12)),
        ("2026年11月", (2026, 11, None)),
        ("since 2014", (2014, None, None)),
        ("11/2026", (2026, 11, None)),
        ("March 2020", (2020, 3, None)),
    ],
)
def test_dates(text: str, expected: tuple[int | None, int | None, int | None]) -> None:
    (found,) = find_dates(fold(text))
    assert (found.year, found.month, found.day) == expected


@pytest.mark.parametrize(
    "text", ["3.2 mmol/L", "120/80", "2030-13-45", "take 1000 mg", "may 5 mg help"]
)
def test_no_dates(text: str) -> None:
    assert find_dates(fold(text)) == []


def test_an_ambiguous_date_covers_both_readings() -> None:
    (found,) = find_dates("11/12/2026")
    assert found.covers(date(2026, 11, 12))
    assert found.covers(date(2026, 12, 11))
    assert not found.covers(date(2026, 11, 11))


def test_times() -> None:
    found = [(t.hour, t.minute) for t in find_times(fold("10:30，8点15分，3 pm"))]
    assert found == [(10, 30), (8, 15), (15, 0)]


@pytest.mark.parametrize(
    ("text", "per_day"),
    [
        ("bid", Fraction(2)),
        ("b.i.d.", Fraction(2)),
        ("每日两次", Fraction(2)),
        ("一日3次", Fraction(3)),
        ("twice a day", Fraction(2)),
        ("three times a day", Fraction(3)),
        ("q8h", Fraction(3)),
        ("每8小时1次", Fraction(3)),
        ("every 4 hours", Fraction(6)),
        ("once daily", Fraction(1)),
        ("500 mg daily", Fraction(1)),
        ("at bedtime", Fraction(1)),
        ("隔日一次", Fraction(1, 2)),
        ("每周1次", Fraction(1, 7)),
        ("每年一次", Fraction(1, 365)),
        ("weekly", Fraction(1, 7)),
    ],
)
def test_frequencies(text: str, per_day: Fraction) -> None:
    (found,) = find_frequencies(fold(text))
    assert found.per_day == per_day


def test_as_needed_has_no_rate() -> None:
    (found,) = find_frequencies("as needed")
    assert found.per_day is None
    assert found.as_needed


@pytest.mark.parametrize("text", ["3 days", "the bidding", "日记", "daylight"])
def test_no_frequencies(text: str) -> None:
    assert find_frequencies(fold(text)) == []
