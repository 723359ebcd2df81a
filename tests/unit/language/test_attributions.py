"""What only introduces a statement is taken; what claims something is left."""

from __future__ import annotations

import pytest

from suwen.language.attributions import find_attributions
from suwen.language.width import fold


def rest(text: str) -> str:
    """The text without what was found, single spaces."""
    for span in reversed(find_attributions(fold(text))):
        text = text[: span.start] + " " + text[span.end :]
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("病历记载，患者发热。", "患者发热。"),
        ("另据住院病历记录，患者发热。", "患者发热。"),
        ("查阅病历可知，患者发热。", "患者发热。"),
        ("此外，病历显示：患者发热。", "患者发热。"),
        ("患者发热（见病历）。", "患者发热 。"),
        ("患者发热，病历有记载。", "患者发热 。"),
        ("The record states that she had fever.", "she had fever."),
        ("According to the patient's chart, she had fever.", "she had fever."),
        ("In addition, it was documented that she had fever.", "she had fever."),
        ("She had fever, as documented in the chart.", "She had fever ."),
        ("She had fever (per the record).", "She had fever ."),
    ],
)
def test_an_introduction_is_taken(text: str, left: str) -> None:
    assert rest(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "病历未记载发热。",
        "病历中无手术记录。",
        "记录不详。",
        "病史3年。",
        "另一名患者发热。",
        "据其母亲病历记载，发热。",
        "The record does not state that she had fever.",
        "No record of fever.",
        "The record of another patient states that she had fever.",
        "The patient states that she had fever.",
        "According to her mother, she had fever.",
        "She notes fever.",
    ],
)
def test_what_claims_something_is_left(text: str) -> None:
    assert rest(text) == text
