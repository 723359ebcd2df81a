"""Identifiers of a whole text: known names, overlaps, what is no name."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest

from suwen.language.identifiers import IdentifierSpan, IdentifierType, find_identifiers, scanning
from suwen.language.identifiers.overlaps import resolve


def _found(text: str, **given: Sequence[str]) -> list[tuple[str, str]]:
    return [(s.type.value, text[s.start : s.end]) for s in find_identifiers(text, **given)]


@pytest.mark.parametrize(
    "text",
    ["再问褚华静病史", "褚华静，", "华静说头晕", "褚 华 静 已签字", "褚女士来电", "褚华静诉胸闷"],
)
def test_a_known_name_is_found_however_it_is_written(text: str) -> None:
    found = _found(text, known_names=["褚华静"])
    assert len(found) == 1 and found[0][0] == "NAME"
    assert found[0][1][-1] in "静女褚士"


@pytest.mark.parametrize("text", ["Ask Will Young.", "young, will", "WILL YOUNG", "Mr Young"])
def test_a_known_english_name_counts_in_any_case_and_order(text: str) -> None:
    found = find_identifiers(text, known_names=["Will Young"])
    covered = {i for s in found for i in range(s.start, s.end)}
    at = text.lower().index("young")
    assert set(range(at, at + 5)) <= covered


def test_a_known_name_counts_only_as_a_word() -> None:
    assert _found("a younger brother", known_names=["Will Young"]) == []


def test_findings_are_in_order_and_never_overlap() -> None:
    text = (
        "北京协和医院王主任（13800138000）2024年3月5日 "
        "http://a.example.org/13800138000 张伟@163.com"
    )
    spans = find_identifiers(text, known_names=["张伟"])
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert len(spans) >= 5


def test_what_a_loser_covers_beside_the_winner_stays_covered() -> None:
    text = "abcdefghij"
    first = IdentifierSpan(0, 6, IdentifierType.NAME, "a", 0.6)
    second = IdentifierSpan(4, 10, IdentifierType.ADDRESS, "b", 0.9)
    assert [(s.start, s.end) for s in resolve(text, [second, first])] == [(0, 4), (4, 10)]


class _Everything:
    """A model that takes every pair of characters for a name."""

    def names(self, text: str) -> Sequence[tuple[int, int]]:
        return [(i, i + 2) for i in range(0, len(text) - 1, 3)]


@pytest.mark.parametrize("text", ["黄芪", "甘草", "华法林", "高血压"])
def test_medicines_herbs_and_diseases_are_no_names(text: str) -> None:
    assert find_identifiers(text, names=_Everything()) == ()


@pytest.mark.parametrize(
    "text",
    [
        "于氏结节待排，墨菲征阴性，予美多芭125mg tid口服",
        "Crohn's disease, Babinski sign negative, on Metoprolol 25 mg bid and Augmentin",
        "血钾3.5 mmol/L，血压120/80 mmHg，每日3次，共5天",
        "89岁，床号12，2024年",
        "",
    ],
)
def test_clinical_text_without_identifiers_stays_as_it_is(text: str) -> None:
    assert find_identifiers(text) == ()


def test_offsets_count_code_points() -> None:
    text = "😀患者𠮷野：电话１３８００１３８０００"
    phone = find_identifiers(text)[-1]
    assert text[phone.start : phone.end] == "１３８００１３８０００"


def test_a_pattern_that_no_automaton_has_room_for_is_looked_for_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class _NoRoom:
        def Match(self, _data: bytes) -> list[int]:  # noqa: N802 - RE2 calls it so
            return []

    monkeypatch.setattr(scanning._ALL, "_built", _NoRoom())
    assert _found("电话13800138000") == [("PHONE", "13800138000")]
