"""Search parameters of the read-only endpoint: read strictly, or refused by name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suwen.core.errors import InputError
from suwen.integration.fhir.asking import MOST, SEARCHABLE, check_format, page_mark, read_ask


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Source: FHIR R4 (4.0.1) search.html#date: an equal date matches its whole interval.
@pytest.mark.parametrize(
    ("value", "since", "before"),
    [
        ("2024", "2024-01-01", "2025-01-01"),
        ("2024-02", "2024-02-01", "2024-03-01"),
        ("2024-12", "2024-12-01", "2025-01-01"),
        ("2024-02-29", "2024-02-29", "2024-03-01"),
        ("ge2024-02-29", "2024-02-29", None),
        ("gt2024-02-29", "2024-03-01", None),
        ("le2024-02-29", None, "2024-03-01"),
        ("lt2024-02-29", None, "2024-02-29"),
        ("eq2024-02-29T08:00:00Z", "2024-02-29T08:00:00", "2024-02-29T08:00:01"),
        ("ge2024-02-29T08:00:00+08:00", "2024-02-29T00:00:00", None),
        ("2024-02-29T08:00:00.250Z", "2024-02-29T08:00:00.250", "2024-02-29T08:00:00.251"),
    ],
)
def test_a_date_is_an_interval(value: str, since: str | None, before: str | None) -> None:
    ask = read_ask("Composition", [("date", value)])
    assert ask.since == (at(since) if since else None)
    assert ask.before == (at(before) if before else None)


@pytest.mark.parametrize("value", ["9999", "9999-12", "9999-12-31", "0000", "2024-02-30", "eq"])
def test_a_date_that_cannot_be_is_refused(value: str) -> None:
    with pytest.raises(InputError) as refused:
        read_ask("Composition", [("date", value)])
    assert (refused.value.code, refused.value.field) == ("search_parameter_wrong", "date")


def test_conditions_narrow_one_another() -> None:
    ask = read_ask(
        "Composition",
        [
            ("date", "ge2024-01-01"),
            ("date", "ge2024-02-01"),
            ("date", "lt2025"),
            ("_lastUpdated", "lt2024-06-01"),
            ("patient", "Patient/a,b"),
            ("subject", "Patient/b"),
            ("encounter", "Encounter/e"),
            ("_count", "7"),
        ],
    )
    assert (ask.since, ask.before) == (at("2024-02-01"), at("2024-06-01"))
    assert (ask.patients, ask.encounter, ask.count) == (frozenset({"b"}), "e", 7)


def test_a_count_is_bounded_and_zero_only_counts() -> None:
    assert read_ask("Bundle", [("_count", "5000")]).count == MOST
    assert read_ask("Bundle", [("_count", "0")]).count_only


@given(
    st.integers(-(2**31), 2**33),
    st.integers(-14, 14),
    st.from_regex(r"[A-Za-z0-9\-.]{1,64}", fullmatch=True),
)
def test_a_page_mark_leads_back(second: int, hours: int, identity: str) -> None:
    stated = datetime.fromtimestamp(second, timezone(timedelta(hours=hours)))
    assert read_ask("Bundle", [("_after", page_mark(stated, identity))]).after == (stated, identity)


@given(st.sampled_from(sorted(SEARCHABLE)), st.text(max_size=30), st.text(max_size=60))
def test_nothing_that_is_asked_makes_it_fail(kind: str, name: str, value: str) -> None:
    names = ["date", "recorded", "timestamp", "patient", "_id", "_after", "_count", "status", name]
    for one in names:
        try:
            read_ask(kind, [(one, value)])
        except InputError as error:
            assert error.field is not None


@pytest.mark.parametrize(
    ("wanted", "accept", "served"),
    [
        (None, "", True),
        (None, "*/*", True),
        (None, "application/fhir+json", True),
        (None, "application/fhir+xml, application/fhir+json;q=0.5", True),
        (None, "application/fhir+xml", False),
        ("json", "application/fhir+xml", True),
        ("application/fhir+json", "", True),
        ("xml", "*/*", False),
        ("", "", False),
    ],
)
def test_only_json_is_served(wanted: str | None, accept: str, served: bool) -> None:
    if served:
        check_format(wanted, accept)
        return
    with pytest.raises(InputError) as refused:
        check_format(wanted, accept)
    assert refused.value.code == "format_not_supported"
