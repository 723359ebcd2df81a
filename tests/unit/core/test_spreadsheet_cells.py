"""No cell of a table is a formula, and every one can be read back."""

from __future__ import annotations

import pytest

from suwen.core.spreadsheet_cells import FORMULA_BEGINNINGS, as_written, plain_cell


@pytest.mark.parametrize("begins", FORMULA_BEGINNINGS)
def test_what_begins_as_a_formula_is_a_text(begins: str) -> None:
    words = f'{begins}cmd|" /C calc"!A0'
    assert plain_cell(words) == f"'{words}"
    assert as_written(plain_cell(words)) == words


@pytest.mark.parametrize("words", ["", "肺炎=感染", "5 - 7 天", "'quoted'", "a@b.example"])
def test_any_other_text_stays_as_it_is(words: str) -> None:
    assert plain_cell(words) == words == as_written(words)
