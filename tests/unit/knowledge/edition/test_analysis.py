"""What of a text is looked up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suwen.knowledge.edition.analysis import (
    analyse,
    codes,
    doses,
    name_keys,
    other_words,
    pair_key,
    query_terms,
    word_key,
)
from suwen.language.width import fold


def keys_of(text: str) -> set[int]:
    return set(analyse([text]).keys.tolist())


@given(st.lists(st.text(st.sampled_from("糖尿病𠮷高血压 aB1.-/mg％é\n\0\ud7ff"), max_size=30)))
def test_a_question_has_the_terms_of_the_same_text(texts: list[str]) -> None:
    found = analyse(texts)
    for row, text in enumerate(texts):
        assert set(found.keys[found.rows == row].tolist()) == set(query_terms(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.5 mg", "０．５０毫克"),
        ("1,000 mg", "1000mg"),
        ("每日 2 g/d", "2 克/天"),
        ("Metformin", "metformin"),
        ("infections", "infection"),
        ("E11.9", "e11.9"),
        ("hepatitis A", "Hepatitis a"),
    ],
)
def test_two_spellings_share_a_term(one: str, other: str) -> None:
    shared = keys_of(one) & keys_of(other)
    assert shared


def test_a_dose_is_one_term_in_any_spelling() -> None:
    assert set(doses(fold("0.50 毫克"))) == set(doses(fold("0.5mg")))
    assert set(doses(fold("5mg"))) != set(doses(fold("5g")))
    # A rate holds its amount too, so that who asks for the amount finds it.
    assert set(doses(fold("5 mg"))) < set(doses(fold("5 mg/d")))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("诊断 E11.9，见 YY-2023-017", ["e11.9", "yy-2023-017"]),
        ("HbA1c 7.0 和 140/90", ["hba1c"]),
        ("没有 code", []),
    ],
)
def test_codes_carry_digits_and_something_else(text: str, found: list[str]) -> None:
    assert list(codes(fold(text))) == found


def test_pairs_of_characters_and_words_never_meet() -> None:
    assert pair_key("糖尿") < 1 << 63 <= word_key("糖尿")
    assert len({pair_key(pair) for pair in ("糖尿", "尿糖", "糖", "𠮷糖")}) == 4


def test_a_word_of_the_question_is_told_from_a_mere_pair() -> None:
    terms = query_terms("糖尿病患者")
    assert terms[pair_key("患者")] is True
    assert terms[pair_key("病患")] is False
    assert terms[word_key("糖尿病")] is True


def test_english_stop_words_are_left_out_and_letters_join_their_word() -> None:
    words = list(other_words("the hepatitis a of type 2"))
    assert "the" not in words
    assert "hepatiti a" in words
    assert "typ 2" in words


def test_a_name_needs_all_its_terms() -> None:
    assert set(name_keys("二甲双胍")) <= keys_of("服用二甲双胍片")
    assert not set(name_keys("二甲双胍")) <= keys_of("二甲 双胍")
    assert set(name_keys("acetylsalicylic acid")) <= keys_of("acetylsalicylic acid 100 mg")
