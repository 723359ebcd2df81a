"""Rows of a table stay together; columns of prose are read one after the other."""

from __future__ import annotations

from suwen.core.knowledge import ReadLine
from suwen.perception.reading_order import in_reading_order


def _line(text: str, left: float, top: float, width: float) -> ReadLine:
    return ReadLine(text, left, top, left + width, top + 0.02, 0.99)


def test_cells_of_a_row_follow_each_other() -> None:
    cells = [
        _line(f"r{r}c{c}", 0.1 + 0.2 * c, 0.1 + 0.03 * r, 0.08) for c in range(4) for r in range(8)
    ]
    assert [x.text for x in in_reading_order(cells)] == [
        f"r{r}c{c}" for r in range(8) for c in range(4)
    ]


def test_columns_of_prose_are_read_one_after_the_other_below_their_title() -> None:
    left = [_line(f"l{i}", 0.1, 0.2 + 0.03 * i, 0.38) for i in range(10)]
    right = [_line(f"r{i}", 0.52, 0.2 + 0.03 * i, 0.38) for i in range(10)]
    title, foot = _line("title", 0.1, 0.1, 0.8), _line("foot", 0.1, 0.9, 0.8)
    mixed = [x for pair in zip(right, left, strict=True) for x in pair]
    ordered = in_reading_order([foot, *mixed, title])
    assert [x.text for x in ordered] == [
        "title",
        *(x.text for x in left),
        *(x.text for x in right),
        "foot",
    ]


def test_a_row_that_hangs_a_little_is_still_a_row() -> None:
    row = [_line("a", 0.1, 0.100, 0.1), _line("b", 0.3, 0.106, 0.1), _line("c", 0.5, 0.111, 0.1)]
    assert [x.text for x in in_reading_order(row[::-1])] == ["a", "b", "c"]


def test_no_lines_have_no_order() -> None:
    assert in_reading_order([]) == []
