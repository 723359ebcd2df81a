"""The table of wordings that mean the same when somebody looks something up."""

from __future__ import annotations

from collections import Counter

from suwen.clinical.search_terms import search_terms


def test_every_row_has_both_languages_and_a_source() -> None:
    assert len(search_terms()) >= 300
    for term in search_terms():
        assert term.zh and term.en, term
        assert term.source.title
        assert len(set(term.zh)) == len(term.zh)
        assert len(set(term.en)) == len(term.en)


def test_no_wording_names_two_things_except_abbreviations() -> None:
    counted = Counter(text.lower() for term in search_terms() for text in (*term.zh, *term.en))
    assert [text for text, count in counted.items() if count > 1] == []


def test_abbreviations_with_two_meanings_are_known_to_have_them() -> None:
    counted = Counter(text for term in search_terms() for text in term.abbreviations)
    assert {text for text, count in counted.items() if count > 1} <= {"PE", "AD", "PD"}
