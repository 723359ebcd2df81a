"""A hospital's decisions on the rows of record quality: they work, and a faulty one is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from suwen.apps.record_quality.book import OWN_LIST, own_book
from suwen.apps.record_quality.rows import (
    ALLOWED,
    FORBIDDEN,
    GRADES,
    KINDS,
    RULES,
    QualityTables,
    book_with_rows,
)
from suwen.clinical.medicines.rows import ReviewState
from suwen.clinical.row_changes import ChangeKind, RowChange

TABLES = QualityTables()


def change(kind: ChangeKind, table: str, row: str, /, **values: str) -> RowChange:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return RowChange(table, row, kind, "本院质控规定", "2026", "质控员甲", at, "评审", values)


def test_the_shipped_rows_are_what_the_book_holds() -> None:
    rows = {(row.table, row.id): row for row in TABLES.rows(())}
    assert rows[RULES, "EMR-T01"].text("hours") == "24"
    assert rows[KINDS, "time"].text("most") == "20"
    assert {row.review_state for row in rows.values()} == {ReviewState.AWAITING}
    assert book_with_rows(own_book(), ()) == own_book()


def test_limits_points_lists_and_grades_are_the_hospitals() -> None:
    changes = [
        change(ChangeKind.OVERRIDE, RULES, "EMR-T01", hours="36"),
        change(ChangeKind.DISABLE, RULES, "EMR-T04"),
        change(ChangeKind.OVERRIDE, RULES, "RQ-A01", points="3"),
        change(ChangeKind.CONFIRM, RULES, "RQ-C01"),
        change(ChangeKind.ADD, FORBIDDEN, "own-1", find="自拟词", zh="规范词", en="proper term"),
        change(ChangeKind.ADD, ALLOWED, "IU"),
        change(ChangeKind.OVERRIDE, KINDS, "time", most="30"),
        change(ChangeKind.OVERRIDE, GRADES, "A", at_least="92"),
    ]
    assert TABLES.check(changes) == ()
    book = book_with_rows(own_book(), changes)
    assert {row.id: row.limit for row in book.limits}["EMR-T01"] == timedelta(hours=36)
    assert (book.disabled, book.allowed) == ({"EMR-T04"}, {"IU"})
    assert (book.scheme.grades[0].at_least, book.scheme.kinds["time"].most) == (92, 30)
    assert book.scheme.rules["RQ-A01"].points == 3
    assert book.changed["EMR-T01"].title == book.changed[OWN_LIST].title == "本院质控规定"
    assert any(one.find.search("自拟词") for one in book.abbreviations)


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        (change(ChangeKind.OVERRIDE, RULES, "RQ-A01", hours="3"), "hours", "value_wrong"),
        (change(ChangeKind.OVERRIDE, RULES, "RQ-A01", kind="time"), "kind", "value_wrong"),
        (change(ChangeKind.OVERRIDE, RULES, "RQ-A01", points="101"), "points", "value_wrong"),
        (change(ChangeKind.OVERRIDE, RULES, "RQ-A01", veto="Z"), "veto", "value_wrong"),
        (change(ChangeKind.OVERRIDE, RULES, "EMR-T01", hours="1.5"), "hours", "value_wrong"),
        (change(ChangeKind.ADD, RULES, "own"), "change", "value_wrong"),
        (change(ChangeKind.DISABLE, GRADES, "A"), "change", "not_to_be_switched_off"),
        (change(ChangeKind.ADD, FORBIDDEN, "x", find="(", zh="a", en="b"), "find", "value_wrong"),
        (change(ChangeKind.ADD, FORBIDDEN, "x", find="a", zh="a"), "en", "value_missing"),
        (change(ChangeKind.CONFIRM, "pills", "x"), "table", "unknown_table"),
    ],
)
def test_a_faulty_change_is_named(wrong: RowChange, field: str, code: str) -> None:
    assert (field, code) in {(p.field, p.code) for p in TABLES.check([wrong])}
