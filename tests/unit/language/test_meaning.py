"""Denial, doubt, sides and persons."""

from __future__ import annotations

import pytest

from suwen.language.laterality import Side, find_sides
from suwen.language.negation import Assertion, assertion_of, find_scopes
from suwen.language.persons import find_persons
from suwen.language.terms import TermSpotter
from suwen.language.width import fold
from suwen.language.words import content_words


def meant(text: str, term: str) -> Assertion:
    folded = fold(text)
    start = folded.index(fold(term))
    return assertion_of(start, start + len(term), find_scopes(folded))


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("患者无发热、咳嗽", "咳嗽"),
        ("否认高血压、糖尿病、冠心病病史", "冠心病"),
        ("双肺未闻及干湿性啰音", "啰音"),
        ("未见明显骨折", "骨折"),
        ("HBsAg 阴性", "HBsAg"),
        ("She denies chest pain", "chest pain"),
        ("No fever, chills, or cough.", "cough"),
        ("negative for fracture", "fracture"),
        ("Pneumonia was ruled out", "Pneumonia"),
        ("Allergies: None", "Allergies"),
        ("There isn't any swelling", "swelling"),
        ("without tenderness", "tenderness"),
    ],
)
def test_denied(text: str, term: str) -> None:
    assert meant(text, term) is Assertion.NEGATED


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("无发热，有咳嗽", "咳嗽"),
        ("无明显诱因出现胸痛", "胸痛"),
        ("血压无明显变化", "血压"),
        ("no change in the mass", "mass"),
        ("not only fever", "fever"),
        ("She denies chest pain but reports cough", "cough"),
        ("no chest pain, has cough", "cough"),
        ("双下肢无力", "双下肢"),
    ],
)
def test_not_denied(text: str, term: str) -> None:
    assert meant(text, term) is Assertion.AFFIRMED


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("不除外肺炎", "肺炎"),
        ("possible pneumonia", "pneumonia"),
        ("cannot rule out stroke", "stroke"),
    ],
)
def test_uncertain(text: str, term: str) -> None:
    assert meant(text, term) is Assertion.UNCERTAIN


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("left knee pain", [Side.LEFT]),
        ("右侧肢体麻木", [Side.RIGHT]),
        ("双下肢水肿", [Side.BOTH]),
        ("lungs clear bilaterally", [Side.BOTH]),
        ("R shoulder", [Side.RIGHT]),
        ("right now it hurts", []),
        ("that's right", []),
        ("she left the hospital", []),
        ("左氧氟沙星 0.5 g", []),
        ("血压 140 左右", []),
        ("left ventricular ejection fraction", []),
        ("二甲双胍", []),
    ],
)
def test_sides(text: str, sides: list[Side]) -> None:
    assert [s.side for s in find_sides(fold(text))] == sides


@pytest.mark.parametrize(
    ("text", "relations"),
    [
        ("父亲有糖尿病", ["father"]),
        ("Her mother and sister had cancer", ["mother", "sister"]),
        ("家族史：兄弟", ["family", "brother"]),
        ("另一位患者的血钾", ["other patient"]),
        ("seen by his family doctor", []),
        ("患者本人", []),
    ],
)
def test_persons(text: str, relations: list[str]) -> None:
    assert [p.relation for p in find_persons(fold(text))] == relations


def test_the_longest_term_wins() -> None:
    spotter = TermSpotter([("hemoglobin", "HGB"), ("hemoglobin a1c", "HBA1C"), ("a1c", "HBA1C")])
    found = spotter.find("hemoglobin a1c 7.1 and hemoglobin 130")
    assert [m.meanings for m in found] == [("HBA1C",), ("HGB",)]


def test_terms_count_only_at_word_borders() -> None:
    spotter = TermSpotter([("rash", "rash"), ("钾", "K")])
    assert spotter.find("a crash") == []
    assert [m.surface for m in spotter.find("血钾")] == ["钾"]


def test_an_empty_vocabulary_finds_nothing() -> None:
    assert TermSpotter[str]([]).find("anything") == []


def test_words_are_comparable_across_endings() -> None:
    assert content_words("swelling of the knees") & content_words("knee swelled")
    assert "发热" in content_words("患者发热")
