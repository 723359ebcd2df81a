"""Lines read from the image of a page become printed lines: what stands side by side is a row."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from statistics import median

from suwen.core.knowledge import ReadLine
from suwen.knowledge.ingestion.elements import PrintedLine, PrintedPage
from suwen.knowledge.ingestion.placed import CELL_BORDER

_FEWEST_ROWS = 3
_LEAST_CONFIDENCE = 0.5


def printed_page(number: int, lines: Sequence[ReadLine]) -> PrintedPage:
    """The page as if it had been printed: three rows or more of as many cells are a table.

    Args:
        lines: in reading order, what stands side by side next to each other.
    """
    rows: list[list[ReadLine]] = []
    turns = _turns(lines)
    for line in (_upright(line, turns) for line in lines):
        if line.confidence < _LEAST_CONFIDENCE or not line.text.strip():
            continue
        if rows and _side_by_side(rows[-1][-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    printed: list[PrintedLine] = []
    table = 0
    at = 0
    while at < len(rows):
        run = _table_run(rows, at)
        if run >= _FEWEST_ROWS:
            table += 1
            printed.extend(_printed(row, CELL_BORDER, table) for row in rows[at : at + run])
            at += run
        else:
            printed.append(_printed(rows[at], "  ", 0))
            at += 1
    return PrintedPage(number, tuple(_evened(printed)), scanned=True, turns=turns)


def _turns(lines: Sequence[ReadLine]) -> int:
    """How the page was turned to be read: lines are wide then, and follow each other downwards."""
    scores = [_reads_well([_upright(line, turns) for line in lines]) for turns in range(4)]
    return scores.index(max(scores))


def _reads_well(lines: Sequence[ReadLine]) -> float:
    wide = sum(
        len(x.text) * (1 if x.right - x.left >= x.bottom - x.top else -1)
        for x in lines
        if len(x.text) > 2
    )
    onward = sum(
        b.top >= a.bottom - 0.5 * (a.bottom - a.top) or b.left >= a.right - 0.01
        for a, b in itertools.pairwise(lines)
    )
    letters = sum(len(x.text) for x in lines) or 1
    return 2 * wide / letters + onward / max(1, len(lines) - 1)


def _upright(line: ReadLine, turns: int) -> ReadLine:
    left, top, right, bottom = line.left, line.top, line.right, line.bottom
    for _ in range(turns):
        left, top, right, bottom = top, 1 - right, bottom, 1 - left
    return ReadLine(line.text, left, top, right, bottom, line.confidence)


def _side_by_side(one: ReadLine, other: ReadLine) -> bool:
    overlap = min(one.bottom, other.bottom) - max(one.top, other.top)
    height = min(one.bottom - one.top, other.bottom - other.top)
    return overlap > 0.5 * height and other.left >= one.right - 0.01


def _table_run(rows: Sequence[Sequence[ReadLine]], at: int) -> int:
    """How many rows from here on have cells below each other; a cell may be missing."""
    if len(rows[at]) < 2:
        return 0
    run = 1
    while at + run < len(rows):
        above, below = rows[at + run - 1], rows[at + run]
        gap = below[0].top - above[0].bottom
        height = above[0].bottom - above[0].top
        if len(below) < 2 or gap > 3 * height or not _aligned(rows[at], below):
            break
        run += 1
    return run


def _aligned(one: Sequence[ReadLine], other: Sequence[ReadLine]) -> bool:
    matching = sum(any(_overlap(cell, upper) for upper in one) for cell in other)
    return abs(len(one) - len(other)) <= max(1, len(one) // 3) and matching >= len(other) - 1


def _overlap(one: ReadLine, other: ReadLine) -> bool:
    return min(one.right, other.right) > max(one.left, other.left)


def _printed(row: Sequence[ReadLine], border: str, table: int) -> PrintedLine:
    return PrintedLine(
        text=border.join(cell.text for cell in row),
        left=min(cell.left for cell in row),
        top=min(cell.top for cell in row),
        right=max(cell.right for cell in row),
        bottom=max(cell.bottom for cell in row),
        size=median(cell.bottom - cell.top for cell in row),
        table=table,
    )


def _evened(lines: Sequence[PrintedLine]) -> list[PrintedLine]:
    """Sizes measured on an image waver: those within a third of the usual one are the usual one."""
    if not lines:
        return []
    usual = median(line.size for line in lines)
    return [
        PrintedLine(
            text=line.text,
            left=line.left,
            top=line.top,
            right=line.right,
            bottom=line.bottom,
            size=usual if line.size < 1.33 * usual else line.size,
            table=line.table,
        )
        for line in lines
    ]
