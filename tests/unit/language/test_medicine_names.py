"""A medicine that no table knows is told by the form of its name."""

from __future__ import annotations

import pytest

from suwen.language.medicine_names import names_other_medicine


@pytest.mark.parametrize(
    "text",
    ["瑞普列净每日 25 mg", "某某普利", "后者每日 5 mg", "newmabtinib 5 mg", "the latter is given"],
)
def test_another_medicine_is_seen(text: str) -> None:
    assert names_other_medicine(text)


@pytest.mark.parametrize("text", ["每日最大剂量 2000 mg", "随餐服用", "the maximum dose is 5 mg"])
def test_a_dose_alone_names_none(text: str) -> None:
    assert not names_other_medicine(text)
