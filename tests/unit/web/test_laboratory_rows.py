"""A row of the laboratory's tables is read as a laboratory writes it."""

from __future__ import annotations

import pytest

from suwen.clinical.laboratory.rows import LaboratoryTables
from suwen.core.language import Language
from suwen.web.views.laboratory_rows import limits_in_words

ROWS = {row.id: row for row in LaboratoryTables().rows(())}


@pytest.mark.parametrize(
    ("row", "zh", "en"),
    [
        ("CV-K", "≤ 2.8 / ≥ 6.2 mmol/L，18 岁起", "≤ 2.8 / ≥ 6.2 mmol/L, age 18 and over"),
        ("CV-INR", "≥ 5.0，18 岁起", "≥ 5.0, age 18 and over"),
        ("RI-ALT-male", "9–50 U/L，20–79 岁，男", "9–50 U/L, age 20–79, male"),
    ],
)
def test_limits_are_words(row: str, zh: str, en: str) -> None:
    assert limits_in_words(ROWS[row], Language.ZH) == zh
    assert limits_in_words(ROWS[row], Language.EN) == en
