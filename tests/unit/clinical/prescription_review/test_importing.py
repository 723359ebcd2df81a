"""A drug dictionary and an interaction database: each line is accepted or its fault named."""

from __future__ import annotations

from datetime import UTC, datetime

from suwen.clinical.prescription_review import rule_book, rule_book_with
from suwen.clinical.prescription_review.importing import (
    DictionaryMapping,
    InteractionMapping,
    Origin,
    dictionary_from_csv,
    interactions_from_csv,
)
from tests.unit.clinical.prescription_review.cases import order, reviewed, rules

ORIGIN = Origin("药品字典", "2026-03", "药师甲", datetime(2026, 3, 1, tzinfo=UTC))


def test_names_of_the_dictionary_become_known() -> None:
    text = (
        "药名,通用名,编码\n降压宝(院内),氨氯地平,Y001\n某某片,无此药,Y002\n,氨氯地平,Y003\n"
        "络活喜,辛伐他汀,Y004\n"
    )
    mapping = DictionaryMapping("药名", "通用名", "编码")
    report = dictionary_from_csv(text, mapping, rule_book(), ORIGIN)
    assert (report.read, report.accepted) == (3, 1)
    assert [(p.line, p.column, p.code) for p in report.problems] == [
        (3, "通用名", "unknown_medicine"),
        (4, "药名", "value_missing"),
        (5, "药名", "value_wrong"),
    ]
    book = rule_book_with(report.changes)
    for name in ("降压宝(院内)", "Y001"):
        line = reviewed(order(name, "5 mg", "qd"), book=book).identified[0]
        assert line.medicine == "amlodipine"


def test_a_licensed_database_adds_pairs_by_its_own_grades() -> None:
    text = (
        "d1,d2,grade,effect\n氨氯地平,阿莫西林,A,示例\n阿莫西林,氨氯地平,A,示例\n氨氯地平,鬼药,A,x\n"
        "氨氯地平,叶酸,Z,x\n"
    )
    mapping = InteractionMapping("d1", "d2", "grade", {"A": "major"}, "effect")
    report = interactions_from_csv(text, mapping, rule_book(), ORIGIN)
    assert report.accepted == 1
    assert {(p.line, p.code) for p in report.problems} == {
        (3, "twice"), (4, "unknown_medicine"), (5, "value_wrong"),
    }  # fmt: skip
    book = rule_book_with(report.changes)
    pair = (order("氨氯地平", "5 mg", "qd"), order("阿莫西林", "0.5 g", "tid"))
    assert "LIC-000002" in rules(reviewed(*pair, book=book))
    assert "LIC-000002" not in rules(reviewed(*pair))


def test_a_missing_column_is_the_only_problem() -> None:
    report = dictionary_from_csv("a,b\n1,2\n", DictionaryMapping("x", "b"), rule_book(), ORIGIN)
    assert [(p.line, p.column) for p in report.problems] == [(1, "x")]
    assert not report.changes
