"""A drug dictionary and an interaction database: each line is accepted, asked or refused."""

from __future__ import annotations

from datetime import UTC, datetime

from suwen.clinical.prescription_review import check_changes, rule_book, rule_book_with
from suwen.clinical.prescription_review.importing import (
    DictionaryMapping,
    FileOrigin,
    InteractionMapping,
    dictionary_from_csv,
    interactions_from_csv,
)
from tests.unit.clinical.prescription_review.cases import order, reviewed, rules

ORIGIN = FileOrigin("药品字典", "2026-03", "药师甲", datetime(2026, 3, 1, tzinfo=UTC))
MAPPING = DictionaryMapping("药名", "编码", "通用名", strength="规格", form="剂型")
DICTIONARY = (
    "药名,通用名,编码,规格,剂型\n"
    "降压宝(院内),氨氯地平,Y001,5mg,片\n"
    "某某片,无此药,Y002,,\n"
    ",氨氯地平,Y003,,\n"
    "络活喜,辛伐他汀,Y004,,\n"
    "降压宝(院内),氨氯地平,Y005,10mg,片\n"
    "氨氯地平,氨氯地瓶,Y006,,\n"
    "降压宝,氨氯地平,Y001,5mg,片\n"
)


def test_each_line_of_a_dictionary_is_answered() -> None:
    report = dictionary_from_csv(DICTIONARY, MAPPING, rule_book(), ORIGIN)
    assert (report.read, report.accepted) == (6, 2)
    assert [(p.line, p.column, p.code) for p in report.problems] == [
        (3, "generic", "unknown_medicine"),
        (4, "药名", "value_missing"),
        (8, "编码", "twice"),
    ]
    assert [(u.line, u.why, u.candidates) for u in report.uncertain] == [
        (5, "two_medicines", ("amlodipine", "simvastatin")),
        (7, "misspelt", ("amlodipine",)),
    ]


def test_orders_by_code_are_identified_with_strength_and_form() -> None:
    book = rule_book_with(dictionary_from_csv(DICTIONARY, MAPPING, rule_book(), ORIGIN).changes)
    for name, single in (("Y001", 5.0), ("Y005", 10.0), ("降压宝(院内)", None)):
        line = reviewed(order(name, "1 片", "qd"), book=book).identified[0]
        assert (line.medicine, line.how, line.single) == ("amlodipine", "exact", single)
    # Two packs share the name: how much a tablet holds is told as unknown, never guessed.
    assert "UNC-strength" in rules(reviewed(order("降压宝(院内)", "1 片", "qd"), book=book))


def test_what_a_person_decides_is_taken_and_the_same_file_again_changes_nothing() -> None:
    decided = {5: "simvastatin", 7: "amlodipine"}
    report = dictionary_from_csv(DICTIONARY, MAPPING, rule_book(), ORIGIN, decided)
    assert not report.uncertain
    accepted = [c for c in report.changes if c.row != "Y004"]
    book = rule_book_with(accepted)
    assert reviewed(order("Y006", "5 mg", "qd"), book=book).identified[0].medicine == "amlodipine"
    again = dictionary_from_csv(DICTIONARY, MAPPING, book, ORIGIN, {7: "amlodipine"})
    assert (again.accepted, again.known) == (0, 3)


def test_a_name_that_means_another_medicine_here_is_refused_by_the_tables() -> None:
    report = dictionary_from_csv(DICTIONARY, MAPPING, rule_book(), ORIGIN, {5: "simvastatin"})
    (fault,) = check_changes(report.changes)
    assert (report.changes[fault.index].row, fault.field, fault.code) == (
        "Y004", "names", "name_taken",
    )  # fmt: skip


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
    assert "LIC-amlodipine-amoxicillin" in rules(reviewed(*pair, book=book))
    assert "LIC-amlodipine-amoxicillin" not in rules(reviewed(*pair))
    again = interactions_from_csv(text, mapping, book, ORIGIN)
    assert (again.accepted, again.known) == (0, 1)


def test_a_missing_column_is_the_only_problem() -> None:
    report = dictionary_from_csv("a,b\n1,2\n", DictionaryMapping("x", "b"), rule_book(), ORIGIN)
    assert [(p.line, p.column) for p in report.problems] == [(1, "x")]
    assert not report.changes
