"""Which option an answer names: wordings of engines, labelled by hand."""

from __future__ import annotations

import pytest

from suwen.evaluation.suites.letters import (
    EMPTY,
    NO_LETTER,
    NOT_AN_OPTION,
    SEVERAL_LETTERS,
    named_option,
)

NAMED = [
    ("B", "B"),
    (" b) no", None),
    ("B.", "B"),
    ("(C)", "C"),
    ("**D**", "D"),
    ("Ｂ", "B"),
    ("B. Insulin", "B"),
    ("C) Liver\n", "C"),
    ("A: the pancreas makes it", "A"),
    ("The answer is B.", "B"),
    ("The correct answer is (C), because of the fever.", "C"),
    ("Answer: **D**", "D"),
    ("The correct option is A", "A"),
    ("I would choose B", "B"),
    ("I pick option C.", "C"),
    ("答案是B", "B"),
    ("答案：C", "C"),
    ("正确答案为 D。", "D"),
    ("选A。", "A"),
    ("本题应选 B，理由如下", "B"),
    ("正确选项：E", "E"),
    (r"Therefore \boxed{C}", "C"),
    ("A. The first is wrong because of X.\nThe answer is C.", "C"),
    ("The answer is A patient with fever.", None),
    ("A patient with fever and cough.", None),
    ("I think that it depends.", None),
    ("A. one\nB. two\nC. three\nD. four", None),
    ("A and B", None),
    ("AC", None),
    ("The answer is A or B.", None),
    ("The answer is A. The answer is B.", None),
    ("Insulin is made in the pancreas.", None),
    ("", None),
    ("F", None),
    ("Vitamin C", None),
    ("Hepatitis B is the cause.", None),
    ("维生素C", None),
]


@pytest.mark.parametrize(("output", "letter"), NAMED)
def test_an_answer_names_its_letter_or_none(output: str, letter: str | None) -> None:
    assert named_option(output, list("ABCDE")).letter == letter


def test_the_reason_says_why_there_is_none() -> None:
    told = {
        text: named_option(text, list("ABCD")).reason for text in ("", "E", "A and B", "It depends")
    }
    assert told == {
        "": EMPTY,
        "E": NOT_AN_OPTION,
        "A and B": SEVERAL_LETTERS,
        "It depends": NO_LETTER,
    }
