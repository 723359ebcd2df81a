"""The laboratory's tables: sourced rows, a hospital's own over them, a faulty one is named."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from suwen.clinical.analytes import analytes
from suwen.clinical.laboratory.book import laboratory_book, laboratory_book_with
from suwen.clinical.laboratory.rows import INTERVALS, LIMITS, LaboratoryTables, units_of
from suwen.clinical.medicines.rows import ReviewState
from suwen.clinical.row_changes import ChangeKind, RowChange
from suwen.core.finding import Confidence
from suwen.language.units import unit_named

TABLES = LaboratoryTables()
ADD, OVERRIDE, DISABLE, ENABLE = (
    ChangeKind.ADD,
    ChangeKind.OVERRIDE,
    ChangeKind.DISABLE,
    ChangeKind.ENABLE,
)
CHILD = {"analyte": "K", "unit": "mmol/L", "age_min_y": "0", "age_max_y": "17"}


def change(
    kind: ChangeKind, table: str, row: str, /, *, seconded: bool = True, **values: str
) -> RowChange:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return RowChange(
        table, row, kind, "检验科危急值目录", "2026", "主任甲", at, "评审", values, seconded
    )


def test_every_shipped_row_has_its_source_and_awaits_review() -> None:
    rows = TABLES.rows(())
    assert len({(row.table, row.id) for row in rows}) == len(rows) == 147
    for row in rows:
        assert row.source.title
        assert row.confidence is Confidence.FROM_MEMORY
        assert row.review_state is ReviewState.AWAITING
        again = change(OVERRIDE, row.table, row.id, **dict(row.values))
        assert TABLES.check([again]) == (), row.id


def test_limits_are_in_units_that_results_can_be_compared_in() -> None:
    for analyte in analytes():
        assert all(unit_named(unit) is not None for unit in units_of(analyte)), analyte
    assert "mg/dL" in units_of("CREA")
    assert "mg/dL" not in units_of("K")


def test_what_was_shipped_is_what_is_looked_up() -> None:
    book = laboratory_book()
    (potassium,) = book.limits_of("K")
    assert (potassium.low, potassium.high) == (Decimal("2.8"), Decimal("6.2"))
    assert potassium.holds_at(18) and not potassium.holds_at(17)
    assert book.limits_of("BUN") == book.limits_of("UREA")
    assert (book.group_of("BUN"), book.group_of("K")) == ("UREA", "K")
    highs = {(i.sex, i.age_min_y): i.high for i in book.intervals_of("CREA")}
    assert highs["male", 20] == Decimal(97)


def test_a_hospitals_rows_are_looked_up_instead() -> None:
    book = laboratory_book_with(
        [
            change(OVERRIDE, LIMITS, "CV-K", upper="6.0", note_zh="电话通知"),
            change(DISABLE, LIMITS, "CV-MG"),
            change(ADD, LIMITS, "child", lower="2.5", upper="7.0", **CHILD),
            change(OVERRIDE, INTERVALS, "RI-K", lower="3.4"),
        ]
    )
    grown, child = book.limits_of("K")
    assert (grown.high, grown.source.title) == (Decimal("6.0"), "检验科危急值目录")
    assert grown.confidence is Confidence.REVIEWED
    assert child.holds_at(3) and child.clears
    assert book.limits_of("MG") == ()
    assert book.intervals_of("K")[0].low == Decimal("3.4")


def test_an_added_row_that_nobody_else_saw_warns_and_does_not_reassure() -> None:
    unseen = change(ADD, LIMITS, "child", upper="7.0", seconded=False, **CHILD)
    sooner = change(OVERRIDE, LIMITS, "CV-K", upper="6.0", seconded=False)
    grown, child = laboratory_book_with([unseen, sooner]).limits_of("K")
    assert (grown.clears, child.clears) == (True, False)


@pytest.mark.parametrize(
    ("wanted", "at_once"),
    [
        (change(OVERRIDE, LIMITS, "CV-K", upper="6.0"), True),
        (change(OVERRIDE, LIMITS, "CV-K", lower="3.0", upper="6.0"), True),
        (change(OVERRIDE, LIMITS, "CV-CREA", lower="10"), True),
        (change(OVERRIDE, LIMITS, "CV-K", upper="6.4"), False),
        (change(OVERRIDE, LIMITS, "CV-K", lower="3.0", upper="6.4"), False),
        (change(OVERRIDE, LIMITS, "CV-K", lower=""), False),
        (change(OVERRIDE, LIMITS, "CV-K", upper="6.0", age_min_y="14"), False),
        (change(OVERRIDE, LIMITS, "CV-K", upper="6.0", note_zh="不必通知"), False),
        (change(DISABLE, LIMITS, "CV-K"), False),
        (change(ENABLE, LIMITS, "CV-K"), True),
        (change(ENABLE, LIMITS, "CV-UREA"), False),
        (change(ADD, LIMITS, "child", upper="7.0", **CHILD), True),
        (change(ADD, LIMITS, "x", upper="7.0", same_as="NA", **CHILD), False),
        (change(ChangeKind.CONFIRM, LIMITS, "CV-K"), False),
        (change(OVERRIDE, INTERVALS, "RI-K", upper="5.0"), False),
        (change(ADD, INTERVALS, "child", upper="5.0", **CHILD), False),
    ],
)
def test_only_what_finds_more_critical_results_works_at_once(
    wanted: RowChange, at_once: bool
) -> None:
    before = {(row.table, row.id): row for row in TABLES.rows(())}
    assert TABLES.check([wanted]) == ()
    assert TABLES.towards_safety(before.get((wanted.table, wanted.row)), wanted) is at_once


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        (change(OVERRIDE, LIMITS, "CV-K", lower="6.5"), "lower", "value_wrong"),
        (change(OVERRIDE, LIMITS, "CV-K", lower="", upper=""), "upper", "value_missing"),
        (change(OVERRIDE, LIMITS, "CV-K", upper="1e3"), "upper", "value_wrong"),
        (change(OVERRIDE, LIMITS, "CV-K", unit="mg/dL"), "unit", "value_wrong"),
        (change(OVERRIDE, LIMITS, "CV-K", same_as="CREA;GLUCOSE"), "same_as", "unknown_subject"),
        (change(OVERRIDE, LIMITS, "CV-K", same_as="HGB"), "unit", "value_wrong"),
        (change(OVERRIDE, LIMITS, "CV-K", age_max_y="17"), "age_min_y", "value_wrong"),
        (change(OVERRIDE, INTERVALS, "RI-K", sex="m"), "sex", "value_wrong"),
        (change(OVERRIDE, INTERVALS, "RI-K", age_min_y="half"), "age_min_y", "value_wrong"),
        (change(ADD, LIMITS, "x", upper="7"), "analyte", "value_missing"),
        (change(ADD, LIMITS, "x", **{**CHILD, "analyte": "NO"}), "analyte", "unknown_subject"),
        (change(ADD, LIMITS, "CV-K", upper="7", **CHILD), "row", "row_exists"),
        (change(DISABLE, LIMITS, "CV-NO"), "row", "unknown_row"),
        (change(DISABLE, "pills", "CV-K"), "table", "unknown_table"),
    ],
)
def test_a_faulty_change_is_named(wrong: RowChange, field: str, code: str) -> None:
    assert (field, code) in {(p.field, p.code) for p in TABLES.check([wrong])}


@pytest.mark.parametrize(
    ("value", "comparator", "reached"),
    [
        ("6.2", None, "high"),
        ("6.1", None, None),
        ("2.8", None, "low"),
        ("6.2", ">", "high"),
        ("6.2", ">=", "high"),
        ("6.0", ">", "undecided"),
        ("2.8", "<", "low"),
        ("3.0", "<", "undecided"),
    ],
)
def test_a_limit_and_a_bound(value: str, comparator: str | None, reached: str | None) -> None:
    (potassium,) = laboratory_book().limits_of("K")
    assert potassium.reached_by(Decimal(value), comparator) == reached


def test_a_limit_that_there_is_not_is_not_reached() -> None:
    (creatinine,) = laboratory_book().limits_of("CREA")
    assert creatinine.reached_by(Decimal(5), "<") is None
    assert creatinine.reached_by(Decimal(5), None) is None
