"""Advice that is turned around is found; the advice in other words stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from suwen.control.guardrails.grounding import build_checker
from suwen.core.document import UnsupportedReason
from suwen.core.grounding import CheckedStatement, EvidenceBase, EvidencePassage, StatementChecker
from suwen.core.record import PatientRecord
from tests.unit.control.guardrails.grounding.advice_cases import CASES
from tests.unit.control.guardrails.grounding.form_records import (
    CHINESE_FACTS,
    ENGLISH_FACTS,
    TrueSentence,
    chinese_record,
    english_record,
)

SEVERAL = (
    "甲氨蝶呤在妊娠期禁用，在哺乳期亦禁用。布洛芬在妊娠早期慎用，在妊娠晚期禁用。",
    "成人推荐氨茶碱静脉滴注，儿童不推荐氨茶碱静脉滴注。",
    "Aspirin is recommended after stenting. Ticagrelor is contraindicated in active bleeding.",
    "糖皮质激素应在早晨服用，不应在睡前服用。",
)


def _says(passage: str, statement: str) -> CheckedStatement:
    checker = build_checker(EvidenceBase(passages=(EvidencePassage("p", passage),)))
    return checker.check_statement(statement)


@pytest.fixture(scope="module")
def of_all() -> StatementChecker:
    told = enumerate([*(passage for passage, _, _ in CASES), *SEVERAL])
    return build_checker(EvidenceBase(passages=tuple(EvidencePassage(f"p{n}", t) for n, t in told)))


@pytest.mark.parametrize(("passage", "true", "false"), CASES)
def test_advice_turned_around_is_a_denial(passage: str, true: str, false: str) -> None:
    assert _says(passage, false).reason is UnsupportedReason.NEGATION


@pytest.mark.parametrize(("passage", "true", "false"), CASES)
def test_advice_in_other_words_stands(passage: str, true: str, false: str) -> None:
    assert _says(passage, true).reason is None
    assert _says(passage, passage).reason is None


@pytest.mark.parametrize(("passage", "true", "false"), CASES)
def test_among_many_passages_the_one_of_the_same_matter_decides(
    of_all: StatementChecker, passage: str, true: str, false: str
) -> None:
    assert of_all.check_statement(true).reason is None
    assert of_all.check_statement(false).reason is UnsupportedReason.NEGATION


@pytest.mark.parametrize(
    "statement",
    [
        "布洛芬在妊娠早期慎用。",
        "布洛芬在妊娠晚期禁用。",
        "甲氨蝶呤在哺乳期禁用。",
        "成人推荐氨茶碱静脉滴注。",
        "儿童不推荐氨茶碱静脉滴注。",
        "糖皮质激素不应在睡前服用。",
        "Ticagrelor is contraindicated in active bleeding.",
        "Aspirin is recommended after stenting.",
    ],
)
def test_what_is_advised_of_another_group_does_not_count(
    of_all: StatementChecker, statement: str
) -> None:
    assert of_all.check_statement(statement).reason is None


@pytest.mark.parametrize(
    "statement",
    [
        "布洛芬在妊娠晚期慎用。",
        "布洛芬在妊娠早期禁用。",
        "成人不推荐氨茶碱静脉滴注。",
        "儿童推荐氨茶碱静脉滴注。",
        "Ticagrelor is recommended in active bleeding.",
        "Aspirin is contraindicated after stenting.",
    ],
)
def test_advice_of_one_group_is_not_lent_to_the_other(
    of_all: StatementChecker, statement: str
) -> None:
    assert of_all.check_statement(statement).reason is UnsupportedReason.NEGATION


@pytest.mark.parametrize(
    ("passage", "true", "false"),
    [
        (
            "补钾推荐用于无肾衰竭的患者。",
            "无肾衰竭的患者推荐补钾。",
            "补钾推荐用于有肾衰竭的患者。",
        ),
        (
            "口服补液推荐用于无休克的患儿。",
            "无休克的患儿推荐口服补液。",
            "口服补液推荐用于有休克的患儿。",
        ),
    ],
)
def test_agreeing_advice_excuses_no_other_denial(passage: str, true: str, false: str) -> None:
    assert _says(passage, true).reason is None
    assert _says(passage, false).reason is UnsupportedReason.NEGATION


@pytest.mark.parametrize(
    ("record", "facts"), [(chinese_record, CHINESE_FACTS), (english_record, ENGLISH_FACTS)]
)
def test_advice_of_passages_marks_nothing_that_the_record_tells(
    record: Callable[[], PatientRecord], facts: tuple[TrueSentence, ...]
) -> None:
    told = tuple(EvidencePassage(f"p{n}", text) for n, (text, _, _) in enumerate(CASES))
    checker = build_checker(EvidenceBase(record=record(), passages=told))
    assert {f.text: checker.check_statement(f.text).reason for f in facts} == dict.fromkeys(
        f.text for f in facts
    )


def test_beside_a_record_advice_turned_around_is_still_found() -> None:
    told = EvidencePassage("p", "二甲双胍在 eGFR 低于 30 时禁用。")
    checker = build_checker(EvidenceBase(record=chinese_record(), passages=(told,)))
    turned = checker.check_statement("二甲双胍在 eGFR 低于 30 时可用。")
    assert turned.reason is UnsupportedReason.NEGATION
