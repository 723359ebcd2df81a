"""Fewer alerts, none lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from suwen.clinical.prescription_review import (
    Action,
    Suppression,
    alternatives_for,
    read_prescription,
    review,
    with_suppressions,
)
from tests.unit.clinical.prescription_review.cases import order, request, reviewed, rules

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ASKED = request(order("西地那非", "50 mg", "qd"), order("单硝酸异山梨酯", "40 mg", "qd"))


def test_what_says_the_same_of_the_same_lines_asks_once() -> None:
    result = reviewed(order("布洛芬", "0.3 g", "bid"), order("萘普生", "0.25 g", "bid"))
    asking = [f for f in result.findings if f.action is not Action.PASS]
    assert {"DDI174", "M01A"} <= rules(result)
    assert len(asking) == 1
    assert len(result.groups[0]) >= 2


def test_a_suppressed_rule_is_listed_and_asks_no_more_until_it_runs_out() -> None:
    pair = reviewed(order("依那普利", "10 mg", "qd"), order("螺内酯", "20 mg", "qd"))
    silent = Suppression(NOW + timedelta(days=1), "已监测血钾", "药师甲", rule="DDI022")
    quiet = with_suppressions(pair.findings, [silent], NOW)
    later = with_suppressions(pair.findings, [silent], NOW + timedelta(days=2))
    found = next(f for f in quiet if f.rule == "DDI022")
    assert (found.action, found.suppressed_by) == (Action.PASS, "药师甲")
    assert later == pair.findings


def test_a_contraindicated_finding_is_silenced_by_its_own_matter_only() -> None:
    findings = review(read_prescription(ASKED)).findings
    by_rule = Suppression(NOW + timedelta(days=1), "x", "药师甲", rule="DDI086")
    by_key = Suppression(NOW + timedelta(days=1), "x", "药师甲", key=findings[0].key)
    assert with_suppressions(findings, [by_rule], NOW)[0].action is Action.INTERRUPT
    assert with_suppressions(findings, [by_key], NOW)[0].action is Action.PASS


def test_an_alternative_meets_no_finding_itself() -> None:
    asked = read_prescription(
        request(order("克拉霉素", "0.5 g", "bid"), order("辛伐他汀", "20 mg", "qn"))
    )
    finding = review(asked).findings[0]
    names = [name.en for name in alternatives_for(finding, asked)]
    assert names and "clarithromycin" not in names
