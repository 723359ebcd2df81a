"""Results with an opposite, and what they are said of."""

from __future__ import annotations

import pytest

from suwen.language.qualities import find_qualities
from suwen.language.width import fold


@pytest.mark.parametrize(
    ("text", "scale", "good", "word"),
    [
        ("切缘阴性", "result", True, "切缘"),
        ("切缘阳性", "result", False, "切缘"),
        ("HBsAg（-）", "result", True, "hbsag"),
        ("肝功能未见明显异常", "state", True, "肝功"),
        ("肝功能异常", "state", False, "肝功"),
        ("心律不正常", "state", False, "心律"),
        ("脉管未受侵犯", "margin", True, "脉管"),
        ("The margins were negative", "result", True, "margin"),
        ("Positive margins", "result", False, "margin"),
        ("The margins are involved by tumour", "margin", False, "margin"),
        ("Gait is not normal", "state", False, "gait"),
        ("No abnormality of the gallbladder", "state", True, "gallblad"),
    ],
)
def test_a_result_is_read(text: str, scale: str, good: bool, word: str) -> None:
    (found,) = find_qualities(fold(text))
    assert (found.scale, found.good) == (scale, good)
    assert word in found.words


@pytest.mark.parametrize(
    "text",
    [
        "正常值 3.5–5.3",
        "参考：阴性",
        "normal saline 500 mL",
        "reference negative",
        "negative for flu",
    ],
)
def test_an_interval_or_a_solution_is_none(text: str) -> None:
    assert find_qualities(fold(text)) == []


def test_each_result_of_a_clause_is_said_of_its_own_matter() -> None:
    first, second = find_qualities(fold("HBsAg阴性、HBsAb阳性"))
    assert (first.good, second.good) == (True, False)
    assert "hbsab" in second.words
    assert "hbsab" not in first.words
