"""Counted and told days that the dates exclude, and those that only look like it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.unit.apps.record_quality.stays import (
    ADMITTED,
    DAILY,
    DISCHARGE,
    FIRST,
    LEFT,
    OPERATED,
    ROUND,
    told,
)

_LATER = "2026-03-07T09:00"


@pytest.mark.parametrize(
    ("kind", "text", "events", "quote"),
    [
        (DAILY, "患者左膝置换术后第6天，切口干燥。", OPERATED, "术后第6天"),
        (DAILY, "术后第一天，一般好。", OPERATED, "术后第一天"),
        (DAILY, "今日为阑尾切除术后第7日，无发热。", OPERATED, "术后第7日"),
        (DAILY, "患者术后7天，诉切口疼痛。", OPERATED, "术后7天"),
        (ROUND, "入院第9天，体温正常。", ADMITTED, "入院第9天"),
        (DAILY, "POD 6, wound dry.", OPERATED, "POD 6"),
        (DAILY, "Postoperative day 1. Comfortable.", OPERATED, "Postoperative day 1"),
        (DAILY, "Day 9 of admission, afebrile.", ADMITTED, "Day 9 of admission"),
        (DAILY, "Hospital day 2: eating well.", ADMITTED, "Hospital day 2"),
    ],
)
def test_a_count_that_the_events_exclude_is_told(
    kind: str, text: str, events: Mapping[str, str], quote: str
) -> None:
    assert told((kind, text, _LATER), events=events).get("RQ-C14") == [quote]


@pytest.mark.parametrize(
    ("kind", "text", "events"),
    [
        (DAILY, "患者左膝置换术后第3天，切口干燥。", OPERATED),
        (DAILY, "术后第4天，一般好。", OPERATED),
        (DAILY, "拟术后第7天拆线，术后1周复查。", OPERATED),
        (DAILY, "一般好。术后10天拆线。", OPERATED),
        (DAILY, "外院胆囊切除术后第20天，伤口渗液。", ADMITTED),
        (ROUND, "入院第6天，体温正常。住院第5天。", ADMITTED),
        (DAILY, "POD 3, wound dry. Remove drain on POD 6.", OPERATED),
        (DAILY, "Sutures out on day 10 after surgery.", OPERATED),
        (DAILY, "左乳癌术后4月，化疗第2天。", ADMITTED),
    ],
)
def test_a_count_that_fits_or_is_planned_is_not(
    kind: str, text: str, events: Mapping[str, str]
) -> None:
    assert "RQ-C14" not in told((kind, text, _LATER), events=events)


def test_counts_of_a_treatment_that_fall_behind_are_told() -> None:
    notes = [(DAILY, "化疗第3天，无呕吐。", "2026-03-05T09:00"),
             (DAILY, "化疗第2天，稍乏力，予止吐，饮食可。", "2026-03-08T09:00")]  # fmt: skip
    assert told(*notes)["RQ-C14"] == ["化疗第2天"]
    notes[1] = (DAILY, "化疗第6天，稍乏力，予止吐，饮食可。", "2026-03-08T09:00")
    assert "RQ-C14" not in told(*notes)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("共住院18天。", True),
        ("住院天数：8天。", False),
        ("Length of stay: 3 days.", True),
        ("A 8-day hospital stay.", False),
        ("住院后8天拔管。", False),
    ],
)
def test_the_length_of_the_stay_is_held_against_its_ends(text: str, wrong: bool) -> None:
    found = told((DISCHARGE, text, "2026-03-10T12:00"), events=LEFT)
    assert ("RQ-C14" in found) is wrong


@pytest.mark.parametrize(
    ("kind", "text", "quote"),
    [
        (FIRST, "患者因“腹痛1天”于2026-02-28 09:00入院。", "2026-02-28"),
        (DAILY, "患者3月6日在全麻下行阑尾切除术，术程顺利。", "3月6日"),
        (DISCHARGE, "诊疗经过：3月5日行左全膝关节置换术。", "3月5日"),
        (DISCHARGE, "出院情况：好转，3月12日出院。", "3月12日"),
        (DISCHARGE, "Course: underwent appendectomy on 2026-03-07, recovered.", "2026-03-07"),
        (FIRST, "Admitted on 2026-03-05 with abdominal pain.", "2026-03-05"),
    ],
)
def test_a_day_that_differs_from_the_registered_one_is_told(
    kind: str, text: str, quote: str
) -> None:
    found = told((kind, text, "2026-03-10T12:00"), events=LEFT)
    assert quote in [q for rule in ("RQ-C11", "RQ-C12") for q in found.get(rule, ())]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (FIRST, "患者因“腹痛1天”于2026-03-02 09:00入院。"),
        (DAILY, "患者3月4日在全麻下行阑尾切除术，术程顺利。"),
        (DAILY, "拟3月14日行二期手术，预计3月16日复查。"),
        (DISCHARGE, "诊疗经过：2月20日外院行清创缝合术，3月2日转入我院。"),
        (DISCHARGE, "诊疗经过：2月10日曾入院治疗，3月4日行植骨术。"),
        (DISCHARGE, "Course: 2019-05-03 hip replacement; operated on 4 March."),
    ],
)
def test_the_registered_day_a_plan_and_another_stay_are_not(kind: str, text: str) -> None:
    assert not told((kind, text, "2026-03-10T09:30"), events=LEFT)
