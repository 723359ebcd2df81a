"""The distance is Levenshtein's, exact for ordinary edits, and fast for long documents."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suwen.control.gateway.edit_distance import EXACT_UP_TO, edit_distance, line_differences

SIGNS = [chr(0x4E00 + n) for n in range(600)]


def by_the_book(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row = row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (x != y)))
    return row[-1]


@settings(max_examples=300, deadline=None)
@given(st.text("abc\n", max_size=40), st.text("abc\n", max_size=40))
def test_it_is_levenshteins_distance(a: str, b: str) -> None:
    assert edit_distance(a, b) == by_the_book(a, b)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("血钾 5.1", "血钾 5.7", 1),
        ("左肺", "右肺", 1),
        ("kitten", "sitting", 3),
    ],
)
def test_known_distances(a: str, b: str, expected: int) -> None:
    assert edit_distance(a, b) == edit_distance(b, a) == expected


def document(lines: int, seed: int) -> list[str]:
    source = random.Random(seed)
    return ["".join(source.choices(SIGNS, k=40)) for _ in range(lines)]


def changed(lines: list[str]) -> list[str]:
    lines = [*lines]
    lines[3] = "甲" + lines[3]
    lines[250] = lines[250][:-1]
    lines[480] = lines[480][:5] + "乙" + lines[480][6:]
    del lines[100]
    return lines


def test_edits_far_apart_in_a_long_document_are_counted_exactly() -> None:
    before = document(500, 1)
    assert edit_distance("\n".join(before), "\n".join(changed(before))) == 3 + 41


@pytest.mark.parametrize("case", ["edited", "rewritten", "one_sign", "no_lines"])
def test_twenty_thousand_characters_take_under_a_tenth_of_a_second(case: str) -> None:
    before = "\n".join(document(490, 1))
    after = {
        "edited": "\n".join(changed(document(490, 1))),
        "rewritten": "\n".join(document(490, 2)),
        "one_sign": "啊" * 20_000,
        "no_lines": "".join(document(500, 3)),
    }[case]
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        edit_distance(before, after)
        best = min(best, time.process_time() - start)
    assert best < 0.1


def test_beyond_the_exact_size_it_is_never_too_small() -> None:
    before, after = "".join(document(110, 4)), "".join(document(110, 5))
    assert len(before) > EXACT_UP_TO
    assert edit_distance(before, after) >= 4_000


def test_differences_are_told_by_line() -> None:
    told = line_differences("a\nb\nc", "a\nB\nc").splitlines()
    assert told[:2] == ["--- draft", "+++ signed"]
    assert told[-4:] == [" a", "-b", "+B", " c"]
    assert line_differences("a", "a") == ""
