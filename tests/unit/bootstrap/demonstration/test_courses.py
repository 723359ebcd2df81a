"""The courses' own language: orders that the pharmacy knows, templates that can be filled."""

from __future__ import annotations

import dataclasses

import pytest

from suwen.bootstrap.demonstration.analytes import ANALYTES
from suwen.bootstrap.demonstration.chart import Values
from suwen.bootstrap.demonstration.diagnoses import DIAGNOSES, OPERATIONS
from suwen.bootstrap.demonstration.measurements import egfr, flag_of
from suwen.bootstrap.demonstration.orders import parse
from suwen.bootstrap.demonstration.panels import PANELS
from suwen.bootstrap.demonstration.patients import PATIENTS


@pytest.mark.parametrize(
    "what",
    [
        "furosemide 20 mg iv",
        "unicorn 20 mg iv bid",
        "furosemide 20 stones iv bid",
        "furosemide 20 mg ear bid",
        "furosemide 20 mg iv sometimes",
        "furosemide much mg iv bid",
    ],
)
def test_an_order_that_cannot_be_read_is_refused(what: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(what)


def test_an_order_is_read_into_its_parts() -> None:
    order = parse("bisoprolol 2.5 mg po qd")
    assert dataclasses.astuple(order) == ("bisoprolol", 2.5, "mg", "po", "qd")
    assert parse("furosemide 20 mg iv bid").dose == 20


def test_a_template_may_not_name_what_the_record_lacks() -> None:
    with pytest.raises(KeyError, match="K_9"):
        "{K_9}".format_map(Values({"K_1": "4.1 mmol/L"}))


def test_every_plan_names_only_known_terms() -> None:
    for plan in PATIENTS:
        course = plan.course
        keys = {item.key for item in course.diagnoses} | {past.key for past in plan.history}
        assert keys <= set(DIAGNOSES)
        assert {item.key for item in course.operations} <= set(OPERATIONS)
        for draw in course.draws:
            panels = draw.panels.split()
            assert set(panels) <= set(PANELS)
            measured = {key for name in panels for key in PANELS[name].analytes}
            assert set(draw.values) <= measured, (course.key, draw)
        assert set(course.baseline) | set(plan.baseline) <= set(ANALYTES)
        assert all(past.years < plan.age for past in plan.history)


def test_patients_are_numbered_once() -> None:
    assert [plan.number for plan in PATIENTS] == list(range(1, len(PATIENTS) + 1))


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        (2.7, "LL"),
        (2.8, "LL"),
        (2.9, "L"),
        (3.4, "L"),
        (3.5, "N"),
        (5.3, "N"),
        (5.4, "H"),
        (6.1, "H"),
        (6.2, "HH"),
    ],
)
def test_potassium_flags_at_and_around_each_limit(value: float, flag: str) -> None:
    assert flag_of(ANALYTES["K"], value, "F", 60) == flag


def test_a_value_without_interval_has_no_flag() -> None:
    assert flag_of(ANALYTES["NTPROBNP"], 400, "M", 74) == "H"
    assert flag_of(ANALYTES["NTPROBNP"], 400, "M", 75) is None


def test_filtration_by_a_hand_calculated_example() -> None:
    # 142 * (2.4321 / 0.7) ** -1.2 * 0.9938 ** 68 * 1.012, by hand: 21.1
    assert egfr(215, 68, female=True) == pytest.approx(21.1, abs=0.1)
