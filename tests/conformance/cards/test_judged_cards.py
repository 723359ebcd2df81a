"""Every judged case, against the platform's own sources of cards."""

from __future__ import annotations

import re
from typing import Any

import pytest

from suwen.control.cards import ChartReminders, DischargeChecks, OrderChecks
from suwen.control.cards.completeness import WORDS
from suwen.core.cards import Card, CardTopic, Hook
from suwen.core.finding import Confidence, Severity
from tests.conformance.cards.cases import (
    allergy,
    case_of,
    cases,
    chart,
    drafted,
    ids,
    medication,
    result,
)

ORDER = list(Severity)
WHOLE = {"dose": ["1", "g"], "route": "r", "timing": "bid"}


def _of(cards: tuple[Card, ...], *topics: CardTopic) -> list[Card]:
    return [card for card in cards if card.topic in topics]


def _gravest(cards: list[Card]) -> str | None:
    severities = [card.finding.severity for card in cards]
    return min(severities, key=ORDER.index).value if severities else None


def _explains_itself(card: Card) -> None:
    """Every card names its rule, its source and how well that is known, in both languages."""
    finding = card.finding
    assert re.fullmatch(r"CDS-[A-Z](?:\d{2}|:[a-z0-9-]+)", finding.rule)
    assert finding.source.title
    assert finding.confidence in Confidence
    assert finding.message.zh
    assert finding.message.en


@pytest.mark.parametrize("case", cases("allergy"), ids=ids)
def test_an_order_against_allergies(case: dict[str, Any]) -> None:
    order = drafted([medication("draft-1", {**WHOLE, "text": case["order"]}, "draft")])
    entries = [allergy(n, entry) for n, entry in enumerate(case["allergies"])]
    answer = OrderChecks().cards(case_of(Hook.ORDER_SIGN, entries, order))
    assert _gravest(_of(answer.cards, CardTopic.ALLERGY)) == case["severity"]
    assert bool(answer.unchecked) is case["unchecked"], [u.why.en for u in answer.unchecked]
    for card in answer.cards:
        _explains_itself(card)


@pytest.mark.parametrize("case", cases("duplicate"), ids=ids)
def test_an_order_of_what_is_ordered_already(case: dict[str, Any]) -> None:
    record = [medication(f"m{n}", entry) for n, entry in enumerate(case["active"])]
    drafts = [
        medication(f"other-{n}", {**WHOLE, **d}, "draft")
        for n, d in enumerate(case.get("drafts", ()))
    ]
    own = medication("draft-1", {"dose": ["1", "g"], **case["order"]}, "draft")
    orders = drafted([own, *drafts])
    answer = OrderChecks().cards(case_of(Hook.ORDER_SELECT, record, orders))
    found = _of(answer.cards, CardTopic.DUPLICATE)
    assert _gravest(found) == case["severity"]
    assert len(found) <= 1
    for card in answer.cards:
        _explains_itself(card)


@pytest.mark.parametrize("case", cases("incomplete_order"), ids=ids)
def test_an_order_that_lacks_something(case: dict[str, Any]) -> None:
    orders = drafted([medication("draft-1", case["order"], "draft")])
    answer = OrderChecks().cards(case_of(Hook.ORDER_SIGN, [], orders))
    found = _of(answer.cards, CardTopic.UNCHECKED)
    said = found[0].finding.message.en if found else ""
    assert [part.value for part in WORDS if f" {part.value}" in said] == case["missing"]


@pytest.mark.parametrize("case", cases("critical_value"), ids=ids)
def test_critical_results(case: dict[str, Any]) -> None:
    results = [result(n, entry) for n, entry in enumerate(case["results"])]
    resources = [allergy(0, {"text": "none", "code": "716186003"}), *results]
    answer = ChartReminders().cards(
        case_of(Hook.PATIENT_VIEW, resources, age_y=case["age_y"], drafts=())
    )
    found = _of(answer.cards, CardTopic.CRITICAL_RESULT)
    assert sorted(_said(card) for card in found) == sorted(_wanted(w, case) for w in case["expect"])
    assert bool(answer.unchecked) is case["unchecked"], [u.why.en for u in answer.unchecked]
    for card in found:
        _explains_itself(card)


def _said(card: Card) -> tuple[str, str]:
    """Name of the result, and how it is critical."""
    text = card.finding.message.en
    how = "flag" if "flagged" in text else "high" if "≥" in text else "low"
    return text.removeprefix("Critical: ").split(" ")[0], how


def _wanted(expected: str, case: dict[str, Any]) -> tuple[str, str]:
    """The same, from the case: the results are named by their codes."""
    analyte, how = expected.rsplit(" ", 1)
    known = {
        "K": "2823-3", "NA": "2951-2", "CA": "17861-6", "GLU": "2345-7", "CREA": "2160-0",
        "HGB": "718-7", "PLT": "777-3", "WBC": "6690-2", "NEUT#": "751-8", "INR": "6301-6",
        "HCT": "4544-3", "LACT": "2524-7", "PH": "2744-1", "PCO2": "2019-8",
        "DIGOXIN_LEVEL": "10535-3", "UREA": "3094-0",
    }  # fmt: skip
    return known.get(analyte, analyte), how


@pytest.mark.parametrize("case", cases("chart"), ids=ids)
def test_what_a_chart_lacks(case: dict[str, Any]) -> None:
    hook = Hook(case["hook"])
    resources, drafts = chart(case)
    source = DischargeChecks() if hook is Hook.ENCOUNTER_DISCHARGE else ChartReminders()
    answer = source.cards(
        case_of(
            hook,
            resources,
            drafts=drafts,
            not_read=tuple(case.get("not_read", ())),
            encounter=case.get("encounter"),
        )
    )
    found = sorted(_kind(card, hook) for card in answer.cards)
    if answer.unchecked:
        found.append("unchecked")
    assert sorted(found) == sorted(case["expect"])
    for card in answer.cards:
        _explains_itself(card)


def _kind(card: Card, hook: Hook) -> str:
    if card.topic is CardTopic.OWED_DOCUMENT:
        title = "admission_record" if "入院" in card.finding.message.zh else "discharge_summary"
        if card.finding.rule == "CDS-X01":
            return title
        return f"owed:{title}:{'overdue' if '已超时' in card.finding.message.zh else 'due'}"
    return {
        CardTopic.UNSIGNED_DOCUMENT: "unsigned"
        if card.finding.rule == "CDS-W01"
        else "unsigned_note",
        CardTopic.ALLERGY: "allergies",
        CardTopic.ALLERGY_STATUS: "allergy_status",
        CardTopic.PENDING_RESULT: "pending",
        CardTopic.INCOMPLETE_ORDER: "incomplete_medicine",
    }[card.topic]


def test_an_order_that_was_not_selected_is_only_context() -> None:
    first = drafted([medication("draft-1", {**WHOLE, "text": "阿莫西林胶囊"}, "draft")])
    context = tuple(
        type(order)(order.reference, False, order.item, order.resource) for order in first
    )
    entries = [allergy(0, {"text": "青霉素"})]
    assert OrderChecks().cards(case_of(Hook.ORDER_SELECT, entries, context)).cards == ()
    assert OrderChecks().cards(case_of(Hook.ORDER_SELECT, entries, first)).cards != ()


def test_a_running_order_whose_medicine_cannot_be_read_is_said() -> None:
    orders = drafted([medication("draft-1", {**WHOLE, "text": "阿莫西林胶囊"}, "draft")])
    unread = medication("m1", {**WHOLE, "text": "x"})
    del unread["medicationCodeableConcept"]
    unread["medicationReference"] = {"reference": "Medication/elsewhere"}
    resources = [allergy(0, {"text": "No known allergies"}), unread]
    answer = OrderChecks().cards(case_of(Hook.ORDER_SIGN, resources, orders))
    assert [u.why.en for u in answer.unchecked] == [
        "the medicine of a running order cannot be read"
    ]


def test_a_text_without_end_is_read_and_not_kept() -> None:
    text = "阿莫西林" + "甲" * 100_000
    orders = drafted([medication("draft-1", {**WHOLE, "text": text}, "draft")])
    answer = OrderChecks().cards(case_of(Hook.ORDER_SIGN, [allergy(0, {"text": "青霉素"})], orders))
    assert answer.cards[0].finding.severity is Severity.CONTRAINDICATED
    assert len(answer.cards[0].finding.message.zh) < 140


@pytest.mark.parametrize("status", ["draft", "active"])
def test_every_component_of_a_compound_is_checked(status: str) -> None:
    """As an order it meets the allergy; running, a second order of a component is a duplicate."""
    compound = medication("m1", {**WHOLE, "text": "输液 500", "frequency": "bid"}, status)
    del compound["medicationCodeableConcept"]
    compound["medicationReference"] = {"reference": "#c", "display": "输液 500"}
    compound["contained"] = [
        {"resourceType": "Medication", "id": "c", "code": {"text": "输液 500"}}
    ]
    without = drafted([compound])
    compound["contained"][0]["ingredient"] = [
        {"itemCodeableConcept": {"text": "0.9% 氯化钠注射液"}},
        {"itemCodeableConcept": {"text": "注射用阿莫西林钠克拉维酸钾"}},
    ]
    with_components = drafted([compound])
    if status == "draft":
        entries = [allergy(0, {"text": "青霉素"})]
        assert not _of(
            OrderChecks().cards(case_of(Hook.ORDER_SIGN, entries, without)).cards,
            CardTopic.ALLERGY,
        )
        [card] = _of(
            OrderChecks().cards(case_of(Hook.ORDER_SIGN, entries, with_components)).cards,
            CardTopic.ALLERGY,
        )
        assert card.finding.severity is Severity.CONTRAINDICATED
        return
    second = drafted([medication("draft-1", {**WHOLE, "text": "阿莫西林胶囊"}, "draft")])
    found = OrderChecks().cards(case_of(Hook.ORDER_SIGN, [compound], second))
    assert _of(found.cards, CardTopic.DUPLICATE)
