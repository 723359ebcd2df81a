"""The patient's identifiers do not reach a model, and come back in its answer."""

from __future__ import annotations

import pytest

from suwen.control.privacy.surrogates import Surrogates

PATIENT = {
    "resourceType": "Patient",
    "name": [
        {"text": "欧阳明", "family": "欧阳", "given": ["明"]},
        {"family": "Smith", "given": ["Ann", "Mary"]},
    ],
    "identifier": [{"value": "MRN-00123"}, {"value": "7"}],
    "telecom": [{"value": "13800001111"}],
    "address": [{"line": ["建设路 12 号"], "city": "成都"}],
}


def test_nothing_that_names_the_patient_is_left() -> None:
    surrogates = Surrogates(PATIENT)
    text = "欧阳明 (Ann Mary Smith, MRN-00123, 13800001111), 建设路 12 号; Smith's knee."
    concealed = surrogates.conceal(text)
    for wording in ("欧阳", "Smith", "Ann", "MRN-00123", "13800001111", "建设路"):
        assert wording not in concealed
    assert surrogates.restore(concealed) == text


@pytest.mark.parametrize("text", ["Annual review", "bed 7", "Smithfield clinic", "MRN-001234"])
def test_words_that_only_look_alike_stay(text: str) -> None:
    assert Surrogates(PATIENT).conceal(text) == text


def test_an_answer_is_restored_through_and_through() -> None:
    surrogates = Surrogates({"name": [{"text": "Ann Smith"}]})
    answer = {"sentences": ["[NAME-1] slept.", {"by": ["[NAME-1]"]}], "n": 1}
    assert surrogates.restore(answer) == {
        "sentences": ["Ann Smith slept.", {"by": ["Ann Smith"]}],
        "n": 1,
    }


def test_a_run_about_nobody_conceals_nothing() -> None:
    assert len(Surrogates(None)) == 0
    assert Surrogates(None).conceal("Ann Smith") == "Ann Smith"
