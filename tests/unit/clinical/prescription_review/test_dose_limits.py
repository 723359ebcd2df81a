"""Limits of medicines: an amount at the limit passes, one above it is told."""

from __future__ import annotations

import pytest

from suwen.clinical.prescription_review import Action, Kind, Review
from suwen.core.finding import Severity
from tests.unit.clinical.prescription_review.cases import ADULT, order, reviewed

# Chinese name, route, the amount at the limit, how often, and one above it.
ADULTS = [
    ("阿美替尼", "po", "110 mg", "qd", "165 mg"),
    ("阿帕替尼", "po", "850 mg", "qd", "900 mg"),
    ("布洛芬", "po", "0.6 g", "qid", "0.8 g"),
    ("多替拉韦", "po", "50 mg", "bid", "100 mg"),
    ("氟卡尼", "po", "200 mg", "bid", "250 mg"),
    ("石杉碱甲", "po", "0.15 mg", "tid", "0.2 mg"),
    ("酮康唑", "po", "400 mg", "qd", "600 mg"),
    ("拉考沙胺", "po", "200 mg", "bid", "300 mg"),
    ("吡咯替尼", "po", "400 mg", "qd", "480 mg"),
    ("瑞巴派特", "po", "100 mg", "tid", "200 mg"),
    ("罗氟司特", "po", "0.5 mg", "qd", "1 mg"),
    ("伐尼克兰", "po", "1 mg", "bid", "2 mg"),
    ("伏硫西汀", "po", "20 mg", "qd", "25 mg"),
    ("泽布替尼", "po", "160 mg", "bid", "200 mg"),
    ("去甲万古霉素", "iv", "0.8 g", "bid", "1.2 g"),
    ("米卡芬净", "iv", "300 mg", "qd", "350 mg"),
    ("氨甲苯酸", "iv", "0.3 g", "bid", "0.4 g"),
    ("头孢地尔", "iv", "2 g", "q6h", "3 g"),
    ("长春新碱", "iv", "2 mg", "st", "4 mg"),
    ("帕洛诺司琼", "iv", "0.25 mg", "st", "0.5 mg"),
]
KIDNEY = [
    ("伐尼克兰", "0.5 mg", "bid", "1 mg", 25),
    ("帕利哌酮", "3 mg", "qd", "6 mg", 40),
    ("缬更昔洛韦", "450 mg", "qd", "900 mg", 35),
    ("泛昔洛韦", "500 mg", "qd", "1000 mg", 30),
    ("金刚烷胺", "100 mg", "qd", "200 mg", 40),
]


def doses(result: Review) -> list[Severity]:
    """The severities of what is said of the dose."""
    return [one.severity for one in result.findings if one.kind is Kind.DOSE]


@pytest.mark.parametrize(("drug", "route", "most", "often", "above"), ADULTS)
def test_an_adults_limit(drug: str, route: str, most: str, often: str, above: str) -> None:
    within = reviewed(order(drug, most, often, route=route))
    assert doses(within) == []
    assert "UNC-limit" not in {one.rule for one in within.findings}
    beyond = reviewed(order(drug, above, often, route=route))
    (severity,) = doses(beyond)
    assert severity in (Severity.MODERATE, Severity.MAJOR)


def test_half_as_much_again_interrupts() -> None:
    gross = reviewed(order("罗氟司特", "5 mg", "qd"))
    assert gross.decision is Action.INTERRUPT
    assert reviewed(order("罗氟司特", "0.6 mg", "qd")).decision is Action.INFORM


@pytest.mark.parametrize(("drug", "most", "often", "above", "crcl"), KIDNEY)
def test_a_limit_of_the_kidney(drug: str, most: str, often: str, above: str, crcl: int) -> None:
    ill = {**ADULT, "egfr": crcl}
    del ill["creatinine_umol_l"]

    def told(amount: str, patient: dict[str, object]) -> bool:
        found = reviewed(order(drug, amount, often), patient=patient).findings
        return any(one.kind is Kind.RENAL for one in found)

    assert told(above, ill)
    assert not told(most, ill)
    assert not told(above, ADULT)


def test_children_are_measured_by_weight() -> None:
    child = {**ADULT, "age_y": 5, "weight_kg": 18.0}
    within = reviewed(order("消旋卡多曲", "30 mg", "tid"), patient=child)
    above = reviewed(order("消旋卡多曲", "70 mg", "tid"), patient=child)
    assert doses(within) == []
    assert doses(above) == [Severity.MAJOR]
    assert doses(reviewed(order("消旋卡多曲", "100 mg", "tid"))) == []
