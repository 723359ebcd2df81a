"""A hospital's own rows: they win, they are reviewed, and a faulty one is refused by its field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from suwen.clinical.prescription_review import (
    Action,
    ChangeKind,
    Origin,
    ReviewState,
    RowChange,
    changes_as_csv,
    changes_from_csv,
    check_changes,
    rule_book,
    rule_book_with,
)
from suwen.core.errors import ClinicalDataError
from suwen.core.finding import Confidence
from tests.unit.clinical.prescription_review.cases import order, reviewed, rules

PAIR = (order("西地那非", "50 mg", "qd"), order("单硝酸异山梨酯", "40 mg", "qd"))


def change(
    table: str, row: str, kind: ChangeKind, values: Mapping[str, str] | None = None
) -> RowChange:
    return RowChange(
        table, row, kind, "本院药事会", "2026-03", "药师甲", datetime(2026, 3, 1, tzinfo=UTC),
        "评审", values or {},
    )  # fmt: skip


def test_a_disabled_row_is_silent_and_an_enabled_one_speaks_again() -> None:
    off = change("interactions", "DDI086", ChangeKind.DISABLE)
    on = change("interactions", "DDI086", ChangeKind.ENABLE)
    assert "DDI086" in rules(reviewed(*PAIR))
    assert "DDI086" not in rules(reviewed(*PAIR, book=rule_book_with([off])))
    assert "DDI086" in rules(reviewed(*PAIR, book=rule_book_with([off, on])))


def test_an_overridden_row_carries_the_hospitals_source_and_severity() -> None:
    own = change("interactions", "DDI086", ChangeKind.OVERRIDE, {"severity": "moderate"})
    result = reviewed(*PAIR, book=rule_book_with([own]))
    finding = next(f for f in result.findings if f.rule == "DDI086")
    assert (finding.action, finding.source.title) == (Action.INFORM, "本院药事会")
    assert "待本院" not in finding.explanation.zh


def test_confirming_leaves_the_row_and_takes_it_from_the_queue() -> None:
    book = rule_book_with([change("interactions", "DDI086", ChangeKind.CONFIRM)])
    row, before = book.row("interactions", "DDI086"), rule_book().row("interactions", "DDI086")
    assert row is not None and before is not None
    assert row.values == before.values
    assert (row.review_state, row.confidence) == (ReviewState.REVIEWED, Confidence.REVIEWED)
    assert len(book.awaiting()) == len(rule_book().awaiting()) - 1
    assert book.digest != rule_book().digest


def test_an_added_medicine_and_row_take_part() -> None:
    book = rule_book_with([
        change("medicines", "housemed", ChangeKind.ADD, {
            "zh": "院内制剂一号", "classes": "nitrate",
        }),
        change("dose_limits", "MAX-housemed", ChangeKind.ADD, {
            "medicine": "housemed", "route": "enteral", "unit": "mg", "max_daily": "10",
            "severity": "moderate", "kind": "dose",
        }),
    ])  # fmt: skip
    result = reviewed(order("院内制剂一号片", "12 mg", "qd"), PAIR[0], book=book)
    assert {"MAX-housemed", "DDI086"} <= rules(result)
    row = book.row("medicines", "housemed")
    assert row is not None and row.origin is Origin.HOSPITAL


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        (change("pills", "x", ChangeKind.CONFIRM), "table", "unknown_table"),
        (change("renal", "REN-x", ChangeKind.DISABLE), "row", "unknown_row"),
        (change("interactions", "DDI086", ChangeKind.ADD), "row", "row_exists"),
        (change("interactions", "DDI086", ChangeKind.OVERRIDE, {"severity": "bad"}), "severity",
         "value_wrong"),
        (change("interactions", "DDI086", ChangeKind.OVERRIDE, {"a": "nothing"}), "a",
         "unknown_subject"),
        (change("interactions", "DDI086", ChangeKind.OVERRIDE, {"colour": "red"}), "colour",
         "unknown_column"),
        (change("renal", "REN-metformin-30", ChangeKind.OVERRIDE, {"high": "-3"}), "high",
         "value_wrong"),
        (change("conditions", "asthma", ChangeKind.OVERRIDE, {"words": "(哮喘"}), "words",
         "value_wrong"),
        (change("hepatic", "own", ChangeKind.ADD, {"medicine": "ibuprofen"}), "grades",
         "value_missing"),
    ],
)  # fmt: skip
def test_a_faulty_change_is_refused_by_its_field(wrong: RowChange, field: str, code: str) -> None:
    assert (field, code) in {(p.field, p.code) for p in check_changes([wrong])}
    with pytest.raises(ClinicalDataError) as caught:
        rule_book_with([wrong])
    assert caught.value.code == "rule_change_invalid"


def test_changes_go_through_a_file_and_back() -> None:
    changes = (
        change("interactions", "DDI086", ChangeKind.OVERRIDE, {"severity": "moderate"}),
        change("renal", "REN-metformin-30", ChangeKind.CONFIRM),
    )
    assert changes_from_csv(changes_as_csv(changes)) == changes


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("table,row\n", "line[1].change"),
        (changes_as_csv([change("renal", "x", ChangeKind.CONFIRM)]).replace("confirm", "bless"),
         "line[2].change"),
        (changes_as_csv([change("renal", "x", ChangeKind.CONFIRM)]).replace("2026-03-01T", "soon"),
         "line[2].reviewed_at"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_refused_by_line_and_column(text: str, field: str) -> None:
    with pytest.raises(ClinicalDataError) as caught:
        changes_from_csv(text)
    assert (caught.value.code, caught.value.field) == ("rule_change_file_invalid", field)
