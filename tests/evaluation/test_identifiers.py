"""Identifiers masked in notes that whoever wrote the recognisers has not seen."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from types import ModuleType

import pytest

from suwen.evaluation.identifiers.english_set import read_english_set
from suwen.evaluation.identifiers.scoring import AnnotatedText, MaskingScore, masking_score
from suwen.inference.names.lac import LacNameFinder
from suwen.language.identifiers import find_identifiers
from tests.evaluation.identifier_notes import style_a, style_b
from tests.evaluation.identifier_notes.notes import make_notes
from tests.evaluation.identifier_notes.strange_notes import FOLDER, read_strange_notes
from tests.evaluation.identifier_notes.style_english import make_english_notes
from tests.support.shared_data import shared_data
from tests.unit.language.identifiers.test_clinical_words import CHINESE

WITH_KNOWN_NAMES = 0.98
WITHOUT = 0.95
PRECISION = 0.92
ORGANISATIONS = 0.85
"""Of organisations alone, in letters of another style than those that were read."""
NOTES = 1500
SEED = 20261122

Texts = Sequence[tuple[AnnotatedText, tuple[str, ...]]]


def _chinese(style: ModuleType) -> Texts:
    notes = make_notes(style, NOTES, SEED)
    return [(AnnotatedText(note.text, note.spans), note.names) for note in notes]


@cache
def _finder() -> LacNameFinder:
    """The model, loaded once for all tests of this file."""
    return LacNameFinder()


def _score(texts: Texts, known: bool) -> MaskingScore:
    finder = None if known else _finder()
    return masking_score(
        (
            annotated,
            find_identifiers(annotated.text, known_names=names if known else (), names=finder),
        )
        for annotated, names in texts
    )


@pytest.mark.parametrize("known", [True, False], ids=["names known", "names unknown"])
@pytest.mark.parametrize("style", [style_a, style_b], ids=["style a", "style b"])
def test_chinese_notes(style: ModuleType, known: bool) -> None:
    score = _score(_chinese(style), known)
    assert score.total > 3000
    assert score.recall >= (WITH_KNOWN_NAMES if known else WITHOUT), score.missed
    assert score.precision >= PRECISION


def test_organisations_in_english_letters() -> None:
    """None of the other identifiers stands in them: firms, schools and hospitals alone."""
    texts = [
        (AnnotatedText(note.text, note.spans), note.names)
        for note in make_english_notes(NOTES, SEED)
    ]
    score = _score(texts, known=True)
    assert score.total > 900
    assert score.recall >= ORGANISATIONS
    assert score.precision >= PRECISION


def test_names_unknown_need_the_model() -> None:
    texts = _chinese(style_b)
    without = masking_score((annotated, find_identifiers(annotated.text)) for annotated, _ in texts)
    assert without.recall < WITHOUT


def test_clinical_words_are_no_names_to_the_model_either() -> None:
    found = [(t[s.start : s.end], t) for t in CHINESE for s in find_identifiers(t, names=_finder())]
    assert found == []


@pytest.mark.parametrize("known", [True, False], ids=["names known", "names unknown"])
def test_english_texts(known: bool) -> None:
    score = _score(list(read_english_set(shared_data("presidio_pii"))), known)
    assert score.total > 3000
    assert score.recall >= (WITH_KNOWN_NAMES if known else WITHOUT), score.missed
    assert score.precision >= PRECISION


STRANGERS = {
    "read": (
        "13a123718c8fdd39113cc19c610e28e90ec923f9ad3a8cfd493fce57a1222640",
        120,
        0.95,
        0.95,
        0.97,
    ),
    "blind": (
        "ba5d8fbe4cd5e4f9eb1ba0343f35df28c4552765563ef781be3ffe6ca7e6f549",
        160,
        0.74,
        0.76,
        0.92,
    ),
}
"""Digest and texts of each part; floors under what was measured: known, unknown, precision."""


@pytest.mark.parametrize("part", STRANGERS)
def test_notes_of_strangers(part: str) -> None:
    digest, count, known, unknown, precision = STRANGERS[part]
    assert hashlib.sha256((FOLDER / f"{part}.jsonl").read_bytes()).hexdigest() == digest
    texts = list(read_strange_notes(part))
    assert len(texts) == count
    for floor, score in ((known, _score(texts, True)), (unknown, _score(texts, False))):
        # The totals alone: which kinds are missed is not told of the part that judges.
        assert score.recall >= floor
        assert score.precision >= precision
