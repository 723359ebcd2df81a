"""The order in which the lines of a page are read: row by row, or column by column."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from suwen.core.knowledge import ReadLine

# Columns of prose: lines in both halves fill them, which the cells of a table do not.
_FILLS = 0.6
_FEWEST_LINES = 5
_DEEPEST = 4


def in_reading_order(lines: Sequence[ReadLine], depth: int = 0) -> list[ReadLine]:
    """Lines of the left column before those of the right one; else from top to bottom, each row
    from left to right, so that the cells of a table stay together.
    """
    split = _column_border(lines) if depth < _DEEPEST else None
    if split is None:
        return _by_rows(lines)
    border, first, last = split
    above = [x for x in lines if x.bottom <= first]
    below = [x for x in lines if x.top >= last]
    between = [x for x in lines if x.bottom > first and x.top < last]
    left = [x for x in between if (x.left + x.right) / 2 < border]
    right = [x for x in between if (x.left + x.right) / 2 >= border]
    ordered = _by_rows(above) + in_reading_order(left, depth + 1)
    return ordered + in_reading_order(right, depth + 1) + in_reading_order(below, depth + 1)


def _column_border(lines: Sequence[ReadLine]) -> tuple[float, float, float] | None:
    """Where a gap divides two columns of prose: its place, and from where to where it reaches."""
    if len(lines) < 2 * _FEWEST_LINES:
        return None
    left_edge, right_edge = min(x.left for x in lines), max(x.right for x in lines)
    width = right_edge - left_edge
    for border in sorted(
        {x.left for x in lines if 0.3 * width < x.left - left_edge < 0.7 * width},
    ):
        gap = border - 0.005
        crossing = [x for x in lines if x.left < gap - 0.01 and x.right > gap + 0.01]
        first, last = _free_stretch(lines, crossing)
        left = [x for x in lines if x.right <= gap + 0.01 and x.top >= first and x.bottom <= last]
        right = [x for x in lines if x.left >= gap - 0.01 and x.top >= first and x.bottom <= last]
        if min(len(left), len(right)) < _FEWEST_LINES:
            continue
        filled_left = median(x.right - x.left for x in left) >= _FILLS * (gap - left_edge)
        filled_right = median(x.right - x.left for x in right) >= _FILLS * (right_edge - border)
        if filled_left and filled_right:
            return gap, first, last
    return None


def _free_stretch(lines: Sequence[ReadLine], crossing: Sequence[ReadLine]) -> tuple[float, float]:
    """The highest stretch of the page that no line crosses the gap in."""
    edges = sorted((x.top, x.bottom) for x in crossing)
    top, bottom = min(x.top for x in lines), max(x.bottom for x in lines)
    best, at = (top, top), top
    for start, end in [*edges, (bottom, bottom)]:
        if start - at > best[1] - best[0]:
            best = (at, start)
        at = max(at, end)
    return best


def _by_rows(lines: Sequence[ReadLine]) -> list[ReadLine]:
    rows: list[list[ReadLine]] = []
    for line in sorted(lines, key=lambda x: (x.top + x.bottom) / 2):
        if rows and _same_row(rows[-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda x: x.left)]


def _same_row(row: Sequence[ReadLine], line: ReadLine) -> bool:
    middle = (line.top + line.bottom) / 2
    last = row[-1]
    inside = last.top + 0.2 * (last.bottom - last.top), last.bottom - 0.2 * (last.bottom - last.top)
    return inside[0] <= middle <= inside[1] and not any(_over(line, other) for other in row)


def _over(one: ReadLine, other: ReadLine) -> bool:
    return min(one.right, other.right) - max(one.left, other.left) > 0.01
