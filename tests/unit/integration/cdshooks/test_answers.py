"""Cards as written: valid by our schema, short, safe, sourced, numbered."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from suwen.core.cards import (
    Card,
    CardLink,
    CardTopic,
    Indicator,
    Removal,
    Unchecked,
    indicator_of,
)
from suwen.core.finding import Confidence, Evidence, EvidenceKind, Finding, Severity, Source
from suwen.core.language import Bilingual, Language
from suwen.integration.cdshooks.answers import (
    MOST_CARDS,
    OVERRIDE_REASONS,
    Form,
    answer,
    call_number,
    card_number,
    in_order,
    places_of,
)
from suwen.integration.cdshooks.catalogue import CATALOGUE, discovery

CALL = call_number(UUID("4e0a3a1e-3283-4575-ab82-028d55fe2719"))
TITLE = Bilingual("医嘱核对", "Order checks")


def schema(name: str) -> Draft202012Validator:
    text = files("suwen.integration.cdshooks").joinpath(f"schemas/{name}.schema.json").read_text()
    loaded = json.loads(text)
    Draft202012Validator.check_schema(loaded)
    return Draft202012Validator(loaded)


RESPONSE = schema("response")


def form(
    language: Language = Language.ZH,
    base: str | None = "https://suwen.test",
    *,
    smart: bool = False,
) -> Form:
    return Form(CALL, language, base, smart)


def card(message: str = "消息", severity: Severity = Severity.MODERATE, **more: Any) -> Card:
    return Card(
        finding=Finding(
            rule="CDS-T01",
            severity=severity,
            message=Bilingual(message, message),
            source=Source("A guideline", "2024", "3.1"),
            confidence=Confidence.FROM_MEMORY,
            evidence=(Evidence(EvidenceKind.RECORD, "AllergyIntolerance/a1#code", "x"),),
        ),
        topic=CardTopic.ALLERGY,
        **more,
    )


def test_a_card_says_its_source_its_confidence_and_its_rule() -> None:
    [made] = answer([card()], form(Language.EN))["cards"]
    assert not list(RESPONSE.iter_errors({"cards": [made]}))
    assert made["source"]["label"] == "suwen · A guideline"
    assert "recalled, not yet reviewed by the hospital" in made["detail"]
    assert made["extension"]["suwen.finding"] == {
        "rule": "CDS-T01",
        "severity": "moderate",
        "confidence": "from_memory",
        "source": {"title": "A guideline", "edition": "2024", "section": "3.1"},
        "evidence": ["AllergyIntolerance/a1#code"],
    }


def test_suggestions_reasons_and_links() -> None:
    made = card(
        removals=(Removal(Bilingual("撤回", "Take back"), "MedicationRequest/103"),),
        links=(CardLink(Bilingual("打开", "Open"), "/drafts/d1"),),
        overridable=True,
    )
    body = answer([made], form())
    assert not list(RESPONSE.iter_errors(body))
    [shown] = body["cards"]
    assert shown["selectionBehavior"] == "at-most-one"
    [suggestion] = shown["suggestions"]
    assert suggestion["actions"] == [
        {"type": "delete", "description": "撤回", "resourceId": "MedicationRequest/103"}
    ]
    assert {reason["code"] for reason in shown["overrideReasons"]} == set(OVERRIDE_REASONS)
    assert all(reason["display"] for reason in shown["overrideReasons"])
    assert shown["links"] == [
        {"label": "打开", "url": "https://suwen.test/drafts/d1", "type": "absolute"}
    ]
    smart = answer([made], form(smart=True))
    assert not list(RESPONSE.iter_errors(smart))
    [link] = smart["cards"][0]["links"]
    assert (link["type"], link["url"]) == ("smart", "https://suwen.test/smart/launch")
    assert link["appContext"] == "/drafts/d1"
    without = answer([made], form(base=None))
    assert "links" not in without["cards"][0]
    assert not list(RESPONSE.iter_errors(without))


def test_a_long_message_is_short_in_the_summary_and_whole_in_the_detail() -> None:
    sentence = "药" * 300
    [made] = answer([card(sentence)], form())["cards"]
    assert len(made["summary"]) < 140
    assert sentence in made["detail"]
    assert len(answer([card("x" * 139)], form())["cards"][0]["summary"]) == 139
    assert len(answer([card("x" * 140)], form())["cards"][0]["summary"]) == 139


@pytest.mark.parametrize(
    "text",
    [
        "[click](https://evil.test)",
        "<script>alert(1)</script>",
        "![x](https://evil.test/p.png)",
        "**bold** `code` # head",
        "https://evil.test/x",
        "a\u202eb\u0000c\nd",
    ],
)
def test_what_comes_out_of_a_record_is_no_markup(text: str) -> None:
    """Whatever stands in a name, the Markdown of the detail shows it as text."""
    made = card(details=(Bilingual(text, text),))
    [shown] = answer([made], form())["cards"]
    line = shown["detail"].split("\n")[0]
    for sign in "[]()<>!*`#:/":
        assert sign not in line.replace(f"\\{sign}", "")
    assert "\u202e" not in line
    assert "\x00" not in line


def test_the_gravest_come_first_and_what_was_not_checked_last() -> None:
    cards = [card("info", Severity.INFO), card("worst", Severity.CONTRAINDICATED), card("mild")]
    unchecked = [
        Unchecked(Bilingual("过敏", "allergies"), Bilingual("未取得", "not obtained"), True)
    ]
    shown = in_order(cards, unchecked, TITLE)
    assert [c.finding.message.en for c in shown[:3]] == ["worst", "mild", "info"]
    assert shown[-1].topic is CardTopic.UNCHECKED
    assert shown[-1].shown_as is Indicator.WARNING
    assert shown[-1].finding.message.en == "Not checked: allergies (not obtained)."
    harmless = in_order([], [Unchecked(unchecked[0].what, unchecked[0].why)], TITLE)
    assert harmless[-1].shown_as is Indicator.INFO


def test_what_does_not_fit_is_counted() -> None:
    shown = in_order([card(str(n)) for n in range(MOST_CARDS + 7)], [], TITLE)
    assert len(shown) == MOST_CARDS + 1
    assert "7 more findings" in shown[-1].finding.message.en


def test_severities_have_their_indicators() -> None:
    assert [indicator_of(s) for s in Severity] == [
        Indicator.CRITICAL,
        Indicator.CRITICAL,
        Indicator.WARNING,
        Indicator.INFO,
        Indicator.INFO,
    ]


def test_a_card_leads_back_to_its_call() -> None:
    call = call_number(uuid4())
    assert places_of(card_number(call, 3)) == (call, 3, 0)
    assert places_of(card_number(call, 40, 2)) == (call, 40, 2)
    assert card_number(call, 1).version == 4


@given(st.text(max_size=400), st.text(max_size=400), st.sampled_from(list(Severity)))
def test_any_text_makes_a_valid_card(message: str, detail: str, severity: Severity) -> None:
    made = card(f"a{message}", severity, details=(Bilingual(detail, detail),))
    for language in Language:
        body = answer([made], form(language))
        errors = list(RESPONSE.iter_errors(json.loads(json.dumps(body))))
        assert not errors
        assert len(body["cards"][0]["summary"]) < 140


def test_discovery_is_valid_and_names_every_hook() -> None:
    validator = schema("discovery")
    for language in Language:
        body = discovery(language)
        assert not list(validator.iter_errors(body))
        assert [s["id"] for s in body["services"]] == [s["hook"] for s in body["services"]]
    assert set(CATALOGUE) == {
        "patient-view",
        "order-select",
        "order-sign",
        "encounter-start",
        "encounter-discharge",
    }


def test_prefetch_uses_only_tokens_that_the_hook_has() -> None:
    for service in CATALOGUE.values():
        for wanted in service.wanted.values():
            assert "{{" not in (wanted.query("p1", "e1") or "")
            if "encounterId" in wanted.template:
                assert service.needs_encounter
                assert wanted.query("p1", None) is None


def test_the_schema_refuses_what_the_specification_forbids() -> None:
    whole = answer([card(removals=(Removal(TITLE, "MedicationRequest/1"),))], form())
    assert not list(RESPONSE.iter_errors(whole))

    def broken(change: Any) -> bool:
        copy = json.loads(json.dumps(whole))
        change(copy["cards"][0])
        return bool(list(RESPONSE.iter_errors(copy)))

    assert broken(lambda c: c.pop("source"))
    assert broken(lambda c: c.pop("selectionBehavior"))
    assert broken(lambda c: c.update(summary="x" * 140))
    assert broken(lambda c: c.update(summary=""))
    assert broken(lambda c: c.update(indicator="hard-stop"))
    assert broken(lambda c: c.update(links=[]))
    assert broken(lambda c: c["suggestions"][0]["actions"][0].update(type="remove"))
    assert broken(lambda c: c["suggestions"][0]["actions"][0].pop("resourceId"))
    assert broken(lambda c: c.update(detail=None))
    assert not broken(lambda c: c.pop("uuid"))
