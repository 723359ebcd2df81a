"""Abbreviations and what they stand for."""

from __future__ import annotations

import pytest

from suwen.language.abbreviations import abbreviations, expand


@pytest.mark.parametrize(
    ("short", "english", "chinese"),
    [
        ("HTN", "hypertension", "高血压"),
        ("htn", "hypertension", "高血压"),
        ("LVEF", "left ventricular ejection fraction", "左室射血分数"),
    ],
)
def test_expansion(short: str, english: str, chinese: str) -> None:
    said = expand(short)
    assert said is not None
    assert (said.en, said.zh) == (english, chinese)


def test_an_unknown_abbreviation_stays_unknown() -> None:
    assert expand("QZX") is None


def test_every_abbreviation_has_both_languages() -> None:
    assert all(said.en and said.zh for said in abbreviations().values())
