"""How far a signed text is from the draft: Levenshtein distance, and the differences by line."""

from __future__ import annotations

import difflib

EXACT_UP_TO = 4_000
"""Code points of changed text (common beginning and end removed) up to which it is exact."""


def edit_distance(before: str, after: str) -> int:
    """Insertions, deletions and substitutions of code points that lead from one text to the other.

    Exact while the stretch that differs is at most 4,000 code points long. Beyond that it is the
    sum of the exact distances between the lines that both texts share once and in order, and a
    stretch without a shared line is compared in pieces of 4,000: never less than the true
    distance, exact when no edit moves text across a shared line or piece.
    """
    before, after = _without_common_ends(before, after)
    if max(len(before), len(after)) <= EXACT_UP_TO:
        return _exact(before, after)
    return sum(_in_pieces(a, b) for a, b in _between_shared_lines(before, after))


def line_differences(before: str, after: str) -> str:
    """The differences as a unified diff with three lines of context; empty when equal."""
    return "\n".join(
        difflib.unified_diff(
            before.splitlines(), after.splitlines(), "draft", "signed", lineterm="", n=3
        )
    )


def _without_common_ends(a: str, b: str) -> tuple[str, str]:
    start = _common_prefix(a, b)
    a, b = a[start:], b[start:]
    end = _common_prefix(a[::-1], b[::-1])
    return (a[:-end], b[:-end]) if end else (a, b)


def _common_prefix(a: str, b: str) -> int:
    """Length of the common beginning, by bisection over slices."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _exact(a: str, b: str) -> int:
    """Myers' bit-vector algorithm (as given by Hyyrö) over whole-number bit vectors."""
    if len(a) > len(b):
        a, b = b, a
    if not a:
        return len(b)
    positions: dict[str, int] = {}
    for index, character in enumerate(a):
        positions[character] = positions.get(character, 0) | (1 << index)
    full, last = (1 << len(a)) - 1, 1 << (len(a) - 1)
    plus, minus, score = full, 0, len(a)
    for character in b:
        equal = positions.get(character, 0)
        vertical = equal | minus
        horizontal = ((((equal & plus) + plus) ^ plus) | equal) & full if equal else 0
        up = minus | (full ^ (horizontal | plus))
        down = plus & horizontal
        if up & last:
            score += 1
        elif down & last:
            score -= 1
        up = ((up << 1) | 1) & full
        plus = ((down << 1) & full) | (full ^ (vertical | up))
        minus = up & vertical
    return score


def _in_pieces(a: str, b: str) -> int:
    pieces = range(0, max(len(a), len(b)), EXACT_UP_TO)
    return sum(
        _exact(*_without_common_ends(a[i : i + EXACT_UP_TO], b[i : i + EXACT_UP_TO]))
        for i in pieces
    )


def _between_shared_lines(a: str, b: str) -> list[tuple[str, str]]:
    """The stretches between lines that stand exactly once in both texts, in the same order."""
    lines_a, lines_b = a.splitlines(keepends=True), b.splitlines(keepends=True)
    shared = difflib.SequenceMatcher(
        None, _unique_lines(lines_a), _unique_lines(lines_b), autojunk=False
    )
    gaps: list[tuple[str, str]] = []
    at_a = at_b = 0
    for match in shared.get_matching_blocks():
        gaps.append(("".join(lines_a[at_a : match.a]), "".join(lines_b[at_b : match.b])))
        at_a, at_b = match.a + match.size, match.b + match.size
    return gaps


def _unique_lines(lines: list[str]) -> list[object]:
    """The lines, with those that repeat made unlike everything."""
    seen: dict[str, int] = {}
    for line in lines:
        seen[line] = seen.get(line, 0) + 1
    return [line if seen[line] == 1 else object() for line in lines]
