"""The class of a function in each law: the study's table, what is not known, a change of law."""

from __future__ import annotations

import itertools

import pytest

from suwen.control.governance.risk.deciding import changed_by, decide, decide_everywhere
from suwen.control.governance.risk.questions import (
    check_answers,
    questions,
    studied_functions,
)
from suwen.control.governance.risk.rules import (
    Certainty,
    Jurisdiction,
    RiskStatus,
    RuleConfidence,
    rule_set,
    versions,
)
from suwen.core.errors import InputError, NotFoundError
from tests.support.shared_data import shared_facts

NOW = rule_set()
KEYS = {Jurisdiction.US: "US", Jurisdiction.EU: "EU", Jurisdiction.CN: "China"}


def test_every_cell_is_the_studys_or_ours_and_says_which() -> None:
    rows = {row["id"]: row for row in shared_facts("risk_classes")["applications"]}
    functions = studied_functions()
    assert [f.number for f in functions] == sorted(rows) == list(range(1, 15))
    for function in functions:
        row = rows[function.number]
        assert function.published is bool(row.get("seed_in_table2"))
        for jurisdiction, decision in decide_everywhere(function.answers, NOW).items():
            cell = row[KEYS[jurisdiction]]
            trigger = "" if decision.trigger is None else decision.trigger.en
            assert (decision.words.en, trigger) == (cell["status"], cell["trigger"]), function.id
            assert decision.source is not None
            inferred = decision.source.confidence is RuleConfidence.INFERRED
            assert inferred is (cell["confidence"] == "inferred"), function.id


def test_the_five_published_rows_have_their_status() -> None:
    device, free = RiskStatus.DEVICE, RiskStatus.NON_DEVICE
    wanted = {
        "navigation": (device, device, device),
        "history_taking": (device, free, device),
        "diagnosis_support": (free, device, free),
        "therapy_planning": (free, device, device),
        "self_management": (device, device, free),
    }
    got = {
        f.id: tuple(d.status for d in decide_everywhere(f.answers, NOW).values())
        for f in studied_functions()
        if f.published
    }
    assert got == wanted
    doubtful = {
        f.id: decide(f.answers, Jurisdiction.CN, NOW).certainty
        for f in studied_functions()
        if f.published
    }
    assert doubtful["navigation"] is Certainty.AMBIGUOUS
    assert doubtful["therapy_planning"] is doubtful["history_taking"] is Certainty.UNCLEAR


@pytest.mark.parametrize(
    ("function", "jurisdiction", "change", "status"),
    [
        ("history_taking", "us", {"preliminary_diagnosis": "professionals"}, "non_device"),
        ("history_taking", "eu", {"informs_decision": "yes"}, "device"),
        ("diagnosis_support", "us", {"signals": "pattern"}, "device"),
        ("diagnosis_support", "us", {"signals": "episodic"}, "non_device"),
        ("diagnosis_support", "us", {"advice": "directive", "time_critical": "yes"}, "device"),
        ("diagnosis_support", "us", {"advice": "directive"}, "non_device"),
        ("diagnosis_support", "us", {"reviewable": "no"}, "device"),
        ("diagnosis_support", "us", {"reader": "patient"}, "device"),
        ("diagnosis_support", "cn", {"signals": "pattern"}, "device"),
        ("therapy_planning", "us", {"advice": "directive", "time_critical": "yes"}, "device"),
        ("self_management", "cn", {"wearable": "yes"}, "device"),
        ("interpretation", "us", {"patient_specific": "no"}, "non_device"),
        ("interpretation", "cn", {}, "undetermined"),
        ("record_writing", "us", {"informs_decision": "yes", "reviewable": "no"}, "device"),
        ("record_writing", "eu", {"informs_decision": "yes"}, "device"),
        ("research", "us", {"informs_decision": "yes"}, "device"),
        ("medication_review", "cn", {"device_data": "yes"}, "device"),
    ],
)
def test_what_the_triggers_say_comes_true(
    function: str, jurisdiction: str, change: dict[str, str], status: str
) -> None:
    [studied] = [f for f in studied_functions() if f.id == function]
    answers = {**studied.answers, **change}
    assert decide(answers, Jurisdiction(jurisdiction), NOW).status == RiskStatus(status)


@pytest.mark.parametrize(
    ("harm", "device_class"), [("minor", "IIa"), ("serious", "IIb"), ("irreversible", "III")]
)
def test_the_class_follows_the_worst_harm(harm: str, device_class: str) -> None:
    [diagnosis] = [f for f in studied_functions() if f.id == "diagnosis_support"]
    decision = decide({**diagnosis.answers, "worst_harm": harm}, Jurisdiction.EU, NOW)
    assert decision.device_class == device_class


def test_what_is_not_answered_is_unclear_and_named() -> None:
    answers = {"function": "diagnosis_support", "reader": "professional", "reviewable": "yes"}
    decision = decide(answers, Jurisdiction.US, NOW)
    assert (decision.status, decision.certainty) == (RiskStatus.UNDETERMINED, Certainty.UNCLEAR)
    assert decision.missing == ("signals", "advice", "time_critical")
    assert decision.rule is None
    assert decision.needs_device_partition
    assert decide({}, Jurisdiction.EU, NOW).missing[0] == "function"


def test_a_question_that_changes_nothing_may_stay_open() -> None:
    assert decide({"function": "navigation"}, Jurisdiction.EU, NOW).rule == "eu.navigation"
    # One of two answers that only together make it a device rules that out.
    answers = {**_diagnosis(), "advice": "options"}
    del answers["time_critical"]
    assert decide(answers, Jurisdiction.US, NOW).status is RiskStatus.NON_DEVICE


def test_no_answers_whatever_are_without_a_decision() -> None:
    names = ("signals", "advice", "reviewable", "informs_decision", "patient_specific")
    options = [tuple(questions()[name].options) for name in names]
    for function in questions()["function"].options:
        for reader, *chosen in itertools.product(questions()["reader"].options, *options):
            answers = {
                "function": function,
                "reader": reader,
                **dict(zip(names, chosen, strict=True)),
            }
            base = {**_diagnosis(), **answers}
            for decision in decide_everywhere(base, NOW).values():
                assert decision.rule is not None, base


def test_a_change_of_law_decides_again_and_lists_what_changed() -> None:
    before, after = rule_set("2022-09"), rule_set("2026-01")
    single = {**_diagnosis(), "advice": "single"}
    register = [("a", single), ("b", _diagnosis())]
    [changed] = changed_by(register, before, after)
    assert (changed.function, changed.before.status, changed.after.status) == (
        "a",
        RiskStatus.DEVICE,
        RiskStatus.NON_DEVICE,
    )
    assert changed.before.version == "2022-09"
    assert changed.after.source is not None
    assert changed.after.version == versions()[-1]
    assert changed_by(register, after, after) == ()
    assert {r.id for r in before.rules} - {r.id for r in after.rules} == {
        "us.single_recommendation"
    }
    sources = {r.source.dated for r in after.rules if r.id == "us.not_reviewable"}
    assert sources == {"2026-01-06"}


def test_rules_ask_only_what_is_asked_and_are_reached() -> None:
    for version in versions():
        rules = rule_set(version)
        assert len({rule.id for rule in rules.rules}) == len(rules.rules)
        for rule in rules.rules:
            for name, wanted in rule.when.items():
                assert wanted <= set(questions()[name].options), rule.id
            decided = {
                decide({**f.answers, name: option}, rule.jurisdiction, rules).rule
                for f in studied_functions()
                for name, question in questions().items()
                for option in question.options
            }
            decided |= {
                decide({**_diagnosis(), **{n: min(w) for n, w in rule.when.items()}}, j, rules).rule
                for j in Jurisdiction
            }
            assert rule.id in decided, rule.id


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"colour": "red"}, "unknown_question", "colour"),
        ({"reader": "dog"}, "unknown_answer", "reader"),
        ({"reader": 7}, "unknown_answer", "reader"),
    ],
)
def test_wrong_answers_are_refused_at_their_question(
    given: dict[str, object], code: str, field: str
) -> None:
    with pytest.raises(InputError) as refused:
        check_answers(given)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert check_answers({"reader": "", "signals": None, "advice": "none"}) == {"advice": "none"}


def test_an_unknown_version_is_named() -> None:
    with pytest.raises(NotFoundError) as refused:
        rule_set("1999-01")
    assert "2022-09" in refused.value.safe_message.en


def _diagnosis() -> dict[str, str]:
    [diagnosis] = [f for f in studied_functions() if f.id == "diagnosis_support"]
    return dict(diagnosis.answers)
