"""Rows become resources as the mapping says: exactly, or refused with column and element."""

# Times without a zone are what many databases give.
# ruff: noqa: DTZ001

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suwen.core.exact_json import write_exact
from suwen.core.row_mapper import MappedRow, RowMapper
from suwen.core.row_mapping import RowPlace
from suwen.core.row_mapping_reading import read_row_mapping
from suwen.core.row_problems import PROBLEMS, CellRefusedError
from suwen.core.row_report import RowTally, masked, masked_resource, shown_value
from suwen.core.row_sink import map_rows
from suwen.core.row_times import (
    TimeFormatError,
    TimeRule,
    compile_format,
    date_time_text,
    day_text,
)
from suwen.core.row_values import compared_number, interval
from suwen.core.source_identity import derived_id
from suwen.integration.fhir.validate import check_resource
from tests.support.rows import FILES, VIEWS

SHANGHAI = TimeRule(zone=ZoneInfo("Asia/Shanghai"))
BERLIN = TimeRule(zone=ZoneInfo("Europe/Berlin"))


def mapper(number: int, text: str = VIEWS, place: RowPlace = RowPlace.VIEWS) -> RowMapper:
    mapping = read_row_mapping(text, place, "m.toml")
    return RowMapper(mapping, mapping.sources[number], "his")


def patient(text: str = VIEWS, **cells: object) -> MappedRow:
    return mapper(0, text).map({"pid": "P1", "updated": datetime(2026, 5, 1), **cells})


def result(text: str = VIEWS, **cells: object) -> MappedRow:
    return mapper(1, text).map({"rid": 1, "pid": "P1", "item": "x", **cells})


def body(mapped: MappedRow) -> dict[str, Any]:
    assert mapped.problems == ()
    assert mapped.resource is not None
    check_resource(mapped.resource, "")
    return dict(mapped.resource)


def codes(mapped: MappedRow) -> list[tuple[str, str, str]]:
    assert mapped.resource is None
    return [(p.code, p.column, p.element) for p in mapped.problems]


def test_what_a_row_does_not_give_is_absent_not_defaulted() -> None:
    found = body(patient(name=None, sex="", born="NULL"))
    assert set(found) == {"resourceType", "id", "meta", "identifier"}


def test_ids_are_the_same_every_time_and_references_lead_to_them() -> None:
    first, again = body(patient()), body(patient(name="other"))
    assert first["id"] == again["id"] == derived_id("his", "Patient", ("", "P1"))
    assert body(result())["subject"] == {"reference": f"Patient/{first['id']}"}
    shared = VIEWS.replace('version = "test-1"', 'version = "test-1"\nnamespace = "hospital"')
    assert body(patient(shared))["id"] != first["id"]


@given(
    st.lists(st.text(max_size=4), min_size=1, max_size=3),
    st.lists(st.text(max_size=4), min_size=1, max_size=3),
)
def test_different_keys_have_different_ids(one: list[str], other: list[str]) -> None:
    assert (derived_id("n", "T", one) == derived_id("n", "T", other)) == (one == other)


def test_a_key_that_is_missing_refuses_the_row() -> None:
    assert ("key_missing", "pid", "") in codes(mapper(0).map({"pid": " ", "name": "x"}))


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("5.20", {"value": Decimal("5.20")}),
        ("<0.05", {"value": Decimal("0.05"), "comparator": "<"}),
        ("≥ 10", {"value": Decimal("10"), "comparator": ">="}),
        (7, {"value": 7}),
        (Decimal("1.10"), {"value": Decimal("1.10")}),
        (0.1, {"value": Decimal("0.1")}),
    ],
)
def test_a_result_that_is_a_number_is_a_quantity_with_all_its_digits(
    cell: object, wanted: dict[str, object]
) -> None:
    quantity = body(result(val=cell))["valueQuantity"]
    assert quantity == wanted
    assert write_exact(quantity["value"]) == write_exact(wanted["value"])


@pytest.mark.parametrize("cell", ["阴性", "1:160", "5.2↑", "1,200", "3.9-6.1", "+", "5.2 mmol/L"])
def test_a_result_that_is_no_number_stays_the_text_that_it_is(cell: str) -> None:
    found = body(result(val=cell))
    assert found["valueString"] == cell
    assert "valueQuantity" not in found


def test_a_unit_is_kept_as_written_and_coded_only_where_the_table_says_so() -> None:
    known = body(result(val="5", unit="mmol/L"))["valueQuantity"]
    assert known["system"] == "http://unitsofmeasure.org"
    unknown = result(val="5", unit="mmol每升")
    assert body(unknown)["valueQuantity"] == {"value": Decimal(5), "unit": "mmol每升"}
    assert [(u.codes, u.column, u.value) for u in unknown.unmapped] == [
        ("ucum", "unit", "mmol每升")
    ]


def test_an_interval_is_read_only_where_it_can_mean_one_thing() -> None:
    assert interval("3.9-6.1") == (Decimal("3.9"), Decimal("6.1"))
    assert interval("3.9~6.1") == interval("3.9--6.1") == interval("3.9 至 6.1")
    assert interval("-3-3") == (Decimal(-3), Decimal(3))
    for text in ("-5--2", "6.1-3.9", "<5", "3.9-", "阴性", "1-2-3"):
        assert interval(text) is None
    assert body(result(ref="-5--2"))["referenceRange"] == [{"text": "-5--2"}]


def test_a_value_that_no_table_lists_refuses_or_is_left_out_as_declared() -> None:
    refused = patient(sex="9")
    assert codes(refused) == [("code_unmapped", "sex", "gender")]
    assert [(u.codes, u.value) for u in refused.unmapped] == [("sex", "9")]
    lenient = VIEWS.replace('unmapped = "refuse"', 'unmapped = "leave_out"')
    left_out = patient(lenient, sex="9")
    assert "gender" not in body(left_out)
    assert len(left_out.unmapped) == 1


def test_numbers_of_the_source_find_their_code() -> None:
    assert body(patient(sex=1))["gender"] == "male"
    assert body(patient(sex=Decimal("2")))["gender"] == "female"
    assert body(patient(sex=1.0))["gender"] == "male"


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("1.10101E+17", "number_rewritten"),
        (1.1010119900101123e17, "number_lost_digits"),
        (True, "cell_type"),
        ("a\0b", "text_not_storable"),
        (datetime(2026, 1, 1), "cell_type"),
    ],
)
def test_a_key_that_a_spreadsheet_changed_is_refused(cell: object, code: str) -> None:
    assert codes(mapper(0).map({"pid": cell}))[0][0] == code


def test_all_that_is_wrong_with_a_row_is_told() -> None:
    assert codes(patient(sex="9", born="1990-13-01")) == [
        ("code_unmapped", "sex", "gender"),
        ("date_impossible", "born", "birthDate"),
    ]


def test_rows_that_are_not_meant_are_passed_over() -> None:
    text = VIEWS.replace(
        'key = ["rid"]', 'key = ["rid"]\npresent = ["val"]\nwhen = { item = ["GLU"] }', 1
    )
    assert result(text, item="GLU", val="").passed_over
    assert result(text, item="K", val="4").passed_over
    assert not result(text, item="GLU", val="4").passed_over


def test_a_needed_element_that_is_missing_refuses_the_row_with_its_column() -> None:
    assert codes(result(pid=None)) == [("element_missing", "pid", "subject")]


@pytest.mark.parametrize(
    ("cell", "rule", "wanted"),
    [
        ("2026-05-01", SHANGHAI, "2026-05-01"),
        ("2026-05", SHANGHAI, "2026-05"),
        ("2026-05-01 08:30", SHANGHAI, "2026-05-01T08:30:00+08:00"),
        ("2026-05-01T08:30:00.250Z", TimeRule(), "2026-05-01T08:30:00.250000+00:00"),
        ("2026-05-01 08:30:00 +0800", TimeRule(), "2026-05-01T08:30:00+08:00"),
        (datetime(2026, 5, 1, 8), SHANGHAI, "2026-05-01T08:00:00+08:00"),
        (datetime(2026, 5, 1, 8, tzinfo=UTC), SHANGHAI, "2026-05-01T08:00:00+00:00"),
        (date(2026, 5, 1), SHANGHAI, "2026-05-01"),
        (datetime(2026, 7, 1, 8), BERLIN, "2026-07-01T08:00:00+02:00"),
    ],
)
def test_times_keep_their_precision_and_get_the_declared_zone(
    cell: object, rule: TimeRule, wanted: str
) -> None:
    assert date_time_text(cell, rule) == wanted


@pytest.mark.parametrize(
    ("cell", "rule", "code"),
    [
        ("2026-05-01 08:30", TimeRule(), "zone_undeclared"),
        (datetime(2026, 5, 1, 8), TimeRule(), "zone_undeclared"),
        ("2026-02-30", SHANGHAI, "date_impossible"),
        ("2026-05-01 25:00", SHANGHAI, "date_impossible"),
        ("01/05/2026", SHANGHAI, "date_malformed"),
        ("20260501", SHANGHAI, "date_malformed"),
        ("9999-12-31", SHANGHAI, "date_implausible"),
        (datetime(1900, 1, 1), SHANGHAI, "zone_irregular"),
        (datetime(2025, 10, 26, 2, 30), BERLIN, "time_ambiguous"),
        (datetime(2026, 3, 29, 2, 30), BERLIN, "date_impossible"),
        (5.5, SHANGHAI, "cell_type"),
    ],
)
def test_a_time_that_would_have_to_be_guessed_is_refused(
    cell: object, rule: TimeRule, code: str
) -> None:
    with pytest.raises(CellRefusedError) as refused:
        date_time_text(cell, rule)
    assert refused.value.code == code


def test_an_hour_that_happens_twice_is_the_one_that_is_declared() -> None:
    moment = datetime(2025, 10, 26, 2, 30)
    earlier, later = (
        date_time_text(moment, TimeRule(zone=BERLIN.zone, later=later)) for later in (False, True)
    )
    assert (earlier[-6:], later[-6:]) == ("+02:00", "+01:00")


def test_declared_formats_are_strict() -> None:
    rule = TimeRule(compile_format("%Y%m%d%H%M%S"), SHANGHAI.zone)
    assert date_time_text("20260501083000", rule) == "2026-05-01T08:30:00+08:00"
    assert day_text(20260501, TimeRule(compile_format("%Y%m%d"))) == "2026-05-01"
    for text in ("%y%m%d", "%d.%m", "%Y %b", "%H:%M", "%Y%Y", "%"):
        with pytest.raises(TimeFormatError):
            compile_format(text)


@given(
    st.datetimes(min_value=datetime(1950, 1, 1), max_value=datetime(2100, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
)
def test_an_instant_never_moves(moment: datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert datetime.fromisoformat(date_time_text(aware, SHANGHAI, instant=True)) == aware


CELLS = (
    st.none()
    | st.text(max_size=12)
    | st.integers()
    | st.floats()
    | st.booleans()
    | (
        st.decimals()
        | st.dates()
        | st.datetimes()
        | st.binary(max_size=4)
        | st.sampled_from(["1", "2", "NULL", "P1", "5.2", "2026-05-01", "3.9-6.1", "mmol/L"])
    )
)


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("pid", "name", "sex", "born", "updated"), CELLS)
    )
)
def test_no_patient_row_breaks_the_mapping(row: dict[str, object]) -> None:
    _whole(mapper(0).map(row))


@given(
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("rid", "pid", "item", "val", "unit", "ref", "at"), CELLS)
    )
)
def test_no_result_row_breaks_the_mapping(row: dict[str, object]) -> None:
    _whole(mapper(1, FILES, RowPlace.FILES).map(row))


def _whole(mapped: MappedRow) -> None:
    """Either a valid resource that can be written, or problems that are known."""
    if mapped.resource is None:
        assert all(p.code in PROBLEMS for p in mapped.problems)
    else:
        check_resource(mapped.resource, "")
        write_exact(mapped.resource)


@given(st.text(max_size=12))
def test_a_compared_number_is_what_is_written(text: str) -> None:
    found = compared_number(text)
    if found is not None:
        sign, number = found
        rest = text.lstrip("<>=≤≥＜＞ ")
        assert number == Decimal(rest.strip())
        assert (sign is None) == (text[:1] not in "<>≤≥＜＞")


def test_two_rows_of_one_key_that_differ_are_both_refused() -> None:
    tally = RowTally("patients", "Patient")
    rows = [
        (1, {"pid": "P1", "name": "a"}),
        (2, {"pid": "P1", "name": "b"}),
        (3, {"pid": "P2"}),
        (4, {"pid": "P2"}),
    ]
    new = map_rows(mapper(0), rows, lambda resource: None, tally)
    assert [one.row for one in new] == [3]
    assert (tally.read, tally.refused) == (4, 2)
    assert [(r.row, r.problems[0].code) for r in tally.refused_rows] == [
        (1, "key_repeated"),
        (2, "key_repeated"),
    ]


@given(st.text(max_size=60))
def test_a_masked_cell_says_its_shape_only(text: str) -> None:
    shape = masked(text)
    assert not any(c.isalnum() and c not in "x" for c in shape[:40])


def test_samples_show_codes_and_mask_everything_else() -> None:
    found = masked_resource(body(patient(name="张三", sex="1", born="1980-02-03")))
    assert found["gender"] == "xxxx"
    assert found["identifier"][0]["type"]["coding"][0]["code"] == "MR"
    assert found["identifier"][0]["value"] == "x#"
    assert found["name"] == [{"text": "□□"}]
    assert found["birthDate"] == "####-##-##"
    assert shown_value("A1") == "A1"
    assert shown_value("13900000000") == "###########"
    assert shown_value("某" * 50).startswith("□")
