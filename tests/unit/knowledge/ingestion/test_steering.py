"""Sentences that steer whoever answers are found; clinical orders to people are left alone."""

from __future__ import annotations

import time

import pytest

from suwen.knowledge.ingestion.trust import find_untrusted
from tests.unit.knowledge.ingestion.trust_cases import CLINICAL, STEERING


@pytest.mark.parametrize("text", STEERING)
def test_a_sentence_that_steers_is_found(text: str) -> None:
    assert find_untrusted(f"用药说明。\n\n{text}\n\n如有不适请就诊。")


@pytest.mark.parametrize("text", CLINICAL)
def test_a_clinical_sentence_is_left_alone(text: str) -> None:
    assert find_untrusted(text) == ()
    assert find_untrusted(f"用药说明。\n\n{text}\n\n如有不适请就诊。") == ()


def test_there_are_enough_of_each() -> None:
    assert len(STEERING) >= 40
    assert len(CLINICAL) >= 60


@pytest.mark.parametrize(
    "seed",
    ["\n", " ", "a", "1", "add your ", "write ", "ignore all ", "在你的回答", "请", "<|", "[", "."],
)
def test_monotonous_text_is_judged_in_a_moment(seed: str) -> None:
    text = seed * (30_000 // len(seed))
    start = time.process_time()
    find_untrusted(text)
    assert time.process_time() - start < 2
