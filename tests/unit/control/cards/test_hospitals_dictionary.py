"""The order checks know the medicines that the hospital's own dictionary names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from suwen.clinical.prescription_review.changes import rule_book_with
from suwen.clinical.prescription_review.rulebook import RuleBook, rule_book
from suwen.clinical.row_changes import ChangeKind, RowChange
from suwen.control.cards import OrderChecks
from suwen.core.cards import CardTopic, Hook
from tests.conformance.cards.cases import allergy, case_of, drafted, medication

WHOLE = {"dose": ["1", "g"], "route": "r", "timing": "bid"}


def added(table: str, row: str, **values: str) -> RowChange:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return RowChange(table, row, ChangeKind.ADD, "本院药品目录", "2026", "甲", at, "导入", values)


@pytest.fixture(scope="module")
def own_book() -> RuleBook:
    return rule_book_with(
        [
            added("products", "10023", names="院内退热散", medicine="paracetamol"),
            added("medicines", "cefnew", zh="本院抗菌新药", classes="cephalosporin antibacterial"),
        ]
    )


def topics(book: Callable[[], RuleBook], order: str) -> set[CardTopic]:
    record = [
        allergy(0, {"text": "头孢类"}),
        medication("m1", {**WHOLE, "text": "对乙酰氨基酚片"}),
    ]
    orders = drafted([medication("draft-1", {**WHOLE, "text": order}, "draft")])
    answer = OrderChecks(book).cards(case_of(Hook.ORDER_SIGN, record, orders))
    return {card.topic for card in answer.cards}


def test_a_pack_of_the_hospital_doubles_what_it_is(own_book: RuleBook) -> None:
    assert CardTopic.DUPLICATE in topics(lambda: own_book, "院内退热散")
    assert CardTopic.DUPLICATE not in topics(rule_book, "院内退热散")


def test_a_medicine_of_the_hospital_belongs_to_its_class(own_book: RuleBook) -> None:
    assert CardTopic.ALLERGY in topics(lambda: own_book, "本院抗菌新药")
    assert CardTopic.ALLERGY not in topics(rule_book, "本院抗菌新药")
