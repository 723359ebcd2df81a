"""A hospital's own rows: they win, they are reviewed, and a faulty one is refused by its field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from suwen.clinical.prescription_review import (
    Action,
    ChangeKind,
    Origin,
    PrescriptionTables,
    ReviewState,
    RowChange,
    check_changes,
    read_prescription,
    review,
    rule_book,
    rule_book_with,
)
from suwen.clinical.row_change_files import (
    changes_as_csv,
    changes_from_csv,
    changes_from_toml,
    rows_as_csv,
    text_of_file,
)
from suwen.clinical.row_changes import change_as_json, change_of_json, orphans_of
from suwen.core.errors import ClinicalDataError
from suwen.core.finding import Confidence
from tests.unit.clinical.prescription_review.cases import order, request, reviewed, rules

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
        (change("interactions", "DDI086", ChangeKind.OVERRIDE, {"severity": ""}), "severity",
         "value_missing"),
        (change("interactions", "DDI086", ChangeKind.OVERRIDE), "values", "value_missing"),
        (change("renal", "REN-metformin-30", ChangeKind.OVERRIDE, {"metric": "gfr"}), "metric",
         "value_wrong"),
        (change("renal", "REN-metformin-30", ChangeKind.OVERRIDE, {"low": "40"}), "low",
         "value_wrong"),
        (change("ages", "own", ChangeKind.ADD, {
            "medicine": "ibuprofen", "severity": "major", "advice_zh": "x", "advice_en": "x",
        }), "min_age_y", "value_missing"),
        (change("legal", "own", ChangeKind.ADD, {
            "setting": "outpatient", "severity": "major", "text_zh": "x", "text_en": "x",
        }), "medicine", "value_missing"),
        (change("routes", "RT-kcl-im", ChangeKind.OVERRIDE, {"routes": "im scc"}), "routes",
         "value_wrong"),
        (change("ages", "paed-fq", ChangeKind.OVERRIDE, {"except_condition": "flu?"}),
         "except_condition", "unknown_subject"),
        (change("medicines", "amlodipine", ChangeKind.OVERRIDE, {"brands": "二甲双胍"}), "brands",
         "name_taken"),
        (change("medicines", "own", ChangeKind.ADD, {"classes": "nitrats"}), "classes",
         "value_wrong"),
        (change("medicines", "own", ChangeKind.ADD, {"components": "aspirin:much"}), "components",
         "value_wrong"),
        (change("conditions", "asthma", ChangeKind.OVERRIDE, {"words": "(a+)+b"}), "words",
         "value_wrong"),
    ],
)  # fmt: skip
def test_a_faulty_change_is_refused_by_its_field(wrong: RowChange, field: str, code: str) -> None:
    assert (field, code) in {(p.field, p.code) for p in check_changes([wrong])}
    with pytest.raises(ClinicalDataError) as caught:
        rule_book_with([wrong])
    assert caught.value.code == "rule_change_invalid"


AT = datetime(2026, 3, 1, tzinfo=UTC)


def test_changes_go_through_a_file_and_back() -> None:
    changes = (
        change("interactions", "DDI086", ChangeKind.OVERRIDE, {"severity": "moderate"}),
        change("renal", "REN-metformin-30", ChangeKind.CONFIRM),
        change("interactions", "DDI087", ChangeKind.OVERRIDE, {"interrupts": ""}),
    )
    read = changes_from_csv(changes_as_csv(changes), "药师甲", AT)
    assert (read.changes, read.lines, read.problems) == (changes, (2, 3, 4), ())
    assert [change_of_json(change_as_json(c), seconded=True) for c in changes] == list(changes)


def test_a_table_as_it_stands_is_a_file_that_changes_nothing() -> None:
    tables = PrescriptionTables()
    text = rows_as_csv(rule_book().rows("renal"), tables.columns("renal"))
    assert changes_from_csv(text, "药师甲", AT).changes == ()
    one = text.replace("REN-metformin-30,,", "REN-metformin-30,disable,", 1)
    (off,) = changes_from_csv(one, "药师甲", AT).changes
    assert (off.row, off.change, dict(off.values)) == ("REN-metformin-30", ChangeKind.DISABLE, {})


HEADER = "table,row,change,source,edition,reason,value:severity\n"


@pytest.mark.parametrize(
    ("text", "line", "column", "code"),
    [
        ("table,row\n", 1, "change", "column_missing"),
        (HEADER.replace("reason", "reson"), 1, "reason", "column_missing"),
        (HEADER.replace("value:", "valeu:"), 1, "valeu:severity", "unknown_column"),
        (HEADER + "renal,REN-x,bless,s,e,r,\n", 2, "change", "value_wrong"),
        (HEADER + "\nrenal,REN-x,confirm,s,e,r,\n", 3, "row", "unknown_row"),
        (HEADER + "renal,REN-metformin-30,override,s,e,r,bad\n", 2, "severity", "value_wrong"),
        (HEADER + "renal,REN-metformin-30,confirm,,e,r,\n", 2, "source", "value_missing"),
        (HEADER + "renal,a,add,s,e,r,major,x\n", 2, "value:severity", "too_many_cells"),
        (HEADER + 'renal,"a,add', 1, "file", "value_wrong"),
    ],
)
def test_a_faulty_file_is_answered_by_line_and_column(
    text: str, line: int, column: str, code: str
) -> None:
    problems = changes_from_csv(text, "药师甲", AT).checked(PrescriptionTables())
    assert (line, column, code) in {(p.line, p.column, p.code) for p in problems}


def test_a_file_in_toml_says_the_same() -> None:
    text = """
    [[change]]
    table = "renal"
    row = "REN-metformin-30"
    change = "override"
    source = "本院药事会"
    edition = "2026-03"
    reason = "评审"
    values = { high = 35 }
    """
    read = changes_from_toml(text, "药师甲", AT)
    assert not read.checked(PrescriptionTables())
    assert dict(read.changes[0].values) == {"high": "35"}
    wrong = changes_from_toml(text.replace("high = 35", "high = true"), "药师甲", AT)
    assert [(p.line, p.column) for p in wrong.problems] == [(1, "high")]
    assert changes_from_toml("[[change]", "药师甲", AT).problems


def test_files_of_older_systems_are_read_and_others_are_not() -> None:
    assert text_of_file("药名\r\n".encode("gb18030")) == "药名\n"
    with pytest.raises(ClinicalDataError) as caught:
        text_of_file(b"PK\x03\x04\x00\x00\xff\xff")
    assert caught.value.code == "file_not_text"


@pytest.mark.parametrize(
    ("one", "at_once"),
    [
        (change("interactions", "DDI086", ChangeKind.OVERRIDE, {"severity": "contraindicated"}),
         False),  # it is that already
        (change("renal", "REN-metformin-45", ChangeKind.OVERRIDE, {"severity": "major"}), True),
        (change("renal", "REN-metformin-45", ChangeKind.OVERRIDE, {"severity": "minor"}), False),
        (change("renal", "REN-metformin-45", ChangeKind.OVERRIDE, {"max_daily": "500"}), True),
        (change("renal", "REN-metformin-45", ChangeKind.OVERRIDE, {"max_daily": "1500"}), False),
        (change("renal", "REN-metformin-45", ChangeKind.OVERRIDE,
                {"severity": "major", "advice_zh": "停用"}), False),
        (change("renal", "REN-metformin-45", ChangeKind.DISABLE), False),
        (change("renal", "REN-metformin-45", ChangeKind.ENABLE), True),
        (change("renal", "REN-metformin-45", ChangeKind.CONFIRM), False),
        (change("interactions", "own", ChangeKind.ADD), True),
        (change("medicines", "own", ChangeKind.ADD), False),
        (change("dose_limits", "own", ChangeKind.ADD), False),
    ],
)  # fmt: skip
def test_only_what_can_but_find_more_is_towards_safety(one: RowChange, at_once: bool) -> None:
    before = rule_book().row(one.table, one.row)
    assert PrescriptionTables().towards_safety(before, one) is at_once


def test_a_row_that_nobody_seconded_works_and_goes_on_awaiting() -> None:
    own = change("interactions", "DDI086", ChangeKind.OVERRIDE, {"interrupts": "yes"})
    book = rule_book_with([replace(own, seconded=False)])
    row = book.row("interactions", "DDI086")
    assert row is not None and row.text("interrupts") == "yes"
    assert (row.review_state, row.origin) == (ReviewState.AWAITING, Origin.HOSPITAL)
    assert row in book.awaiting()


def test_a_change_of_a_row_that_is_gone_is_named_and_changes_nothing() -> None:
    lost = change("renal", "REN-of-an-older-program", ChangeKind.DISABLE)
    assert orphans_of(PrescriptionTables().rows(()), [lost]) == (lost,)
    assert PrescriptionTables().rows([lost]) == PrescriptionTables().rows(())


def test_every_row_may_be_switched_off_and_the_review_still_answers() -> None:
    """What is not to be switched off is refused; a book without any other row still reviews."""
    rows = [row for row in rule_book().rows() if row.table not in ("medicines", "statements")]
    book = rule_book_with([change(row.table, row.id, ChangeKind.DISABLE) for row in rows])
    asked = read_prescription(request(*PAIR, order("左氧氟沙星片", "0.5 g", "qd", days=30)))
    assert rules(review(asked, book)) == {"UNC-limit"}
    off = change("statements", "UNKNOWN-DRUG", ChangeKind.DISABLE)
    assert {p.code for p in check_changes([off])} == {"not_to_be_switched_off"}
