"""The application's own cases, and what holds for every answer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from suwen.appkit import InputError, Language, ModelAnswer
from suwen.apps.triage.app import APP
from suwen.apps.triage.questions import MOST_QUESTIONS, QUESTIONS, SAFETY_QUESTION
from suwen.apps.triage.tables import RED_FLAGS, compare, own_tables, rows_of, with_row
from suwen.apps.triage.ways import way_to
from suwen.clinical.red_flag_rules import READER

_LINES = (Path(__file__).parents[1] / "evaluation" / "cases.jsonl").read_text("utf-8").splitlines()
_CASES = [json.loads(line) for line in _LINES]


def _answer(request: dict[str, Any]) -> Any:
    parsed = APP.parse(request)
    return APP.output(APP.core(parsed, None, ()).draft)


def _says(*texts: str, **known: Any) -> dict[str, Any]:
    return {"messages": [{"role": "patient", "text": t} for t in texts], **known}


@pytest.mark.parametrize("case", _CASES, ids=[case["id"] for case in _CASES])
def test_cases(case: dict[str, Any]) -> None:
    result, expect = _answer(case["request"]), case["expect"]
    assert result["emergency"] is expect["emergency"]
    if "rule" in expect:
        assert expect["rule"] in {flag["rule"] for flag in result["red_flags"]}
    if "department" in expect:
        assert result["departments"][0]["code"] == expect["department"]
    if expect.get("asks"):
        assert result["next_question"]["options"]


def test_an_emergency_asks_nothing_and_stays_one_in_later_messages() -> None:
    result = _answer(_says("胸口压着痛，出冷汗", "谢谢，挂什么科？"))
    assert result["emergency"] and result["next_question"] is None
    assert result["departments"][0]["code"] == "emergency" and "120" in result["pathway"]


def test_no_more_than_eight_questions_and_none_twice() -> None:
    messages = [{"role": "patient", "text": "不舒服"}]
    asked = []
    for _ in range(MOST_QUESTIONS + 3):
        question = _answer({"messages": messages})["next_question"]
        if question is None:
            break
        asked.append(question["text"])
        messages += [
            {"role": "assistant", "text": question["text"]},
            {"role": "patient", "text": question["options"][-1]},
        ]
    assert asked and len(asked) == len(set(asked)) <= MOST_QUESTIONS <= len(QUESTIONS)


def test_a_model_adds_words_and_takes_no_flag_away() -> None:
    request = APP.parse(_says("心头慌慌的不落教"))
    result = APP.core(request, None, ())
    told = APP.output(APP.merge(request, result, ModelAnswer({"words": ["心悸", "unknown"]})))
    assert told["departments"][0]["code"] == "cardiology"
    flagged = APP.parse(_says("胸口压着痛，出冷汗"))
    found = APP.core(flagged, None, ())
    assert APP.ask(flagged, found) is None
    assert APP.output(APP.merge(flagged, found, ModelAnswer({"words": []})))["emergency"]


def test_a_person_is_reached_by_asking() -> None:
    assert _answer(_says("我要找人工"))["hand_over"] is True


def test_a_wrong_request_names_its_field_and_not_its_value() -> None:
    with pytest.raises(InputError) as refused:
        APP.parse(_says("头痛", age_y=-3))
    assert refused.value.field == "age_y"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("呼吸科怎么走", "respiratory"),
        ("心内科在几楼", "cardiology"),
        ("请问神经外科怎么走", "neurosurgery"),
        ("where is the cardiology department?", "cardiology"),
        ("骨科，怎么走", "orthopaedics"),
    ],
)
def test_who_asks_the_way_in_the_midst_of_a_chat_is_told_it(asked: str, code: str) -> None:
    messages = [
        {"role": "patient", "text": "咳嗽三天"},
        {"role": "assistant", "text": QUESTIONS[3].text.zh},
        {"role": "patient", "text": asked},
    ]
    result = _answer({"messages": messages})
    assert result["next_question"] is None
    assert [one["code"] for one in result["departments"]] == [code]
    assert not result["no_rule"]


def test_a_way_that_the_map_does_not_have_is_for_the_desk_and_a_complaint_is_no_way() -> None:
    assert _answer(_says("洗手间在哪"))["no_rule"]


@pytest.mark.parametrize(
    "asked", ["胸片结果什么时候出来", "病假条怎么开", "I need a sick note", "can I bring my dog"]
)
def test_who_asks_how_things_are_done_is_not_asked_where_it_hurts(asked: str) -> None:
    result = _answer(_says(asked))
    assert result["no_rule"] and result["next_question"] is None


def test_who_has_no_complaint_can_say_so_and_is_told_whom_to_ask() -> None:
    asked = _answer(_says("你好"))["next_question"]
    [errand] = [option for option in asked["options"] if option.startswith("没有不适")]
    assert _answer(_says("你好", errand))["no_rule"]
    assert _answer(_says("药房怎么走"))["departments"] == []
    assert _answer(_says("咳嗽三天，要紧吗"))["departments"][0]["code"] == "respiratory"


def test_the_floor_is_told_of_a_map_of_ones_own_only() -> None:
    plan = APP.tables.plan
    place = plan.places["F2-respiratory"]
    floor = plan.floors[place.floor].name.zh
    assert plan.example
    assert floor not in way_to(place, plan, Language.ZH)
    assert floor in way_to(place, replace(plan, example=False), Language.ZH)


def test_what_was_told_is_not_asked() -> None:
    asked = []
    messages = [{"role": "patient", "text": "咳嗽三天"}]
    for _ in range(MOST_QUESTIONS):
        question = _answer({"messages": messages})["next_question"]
        if question is None:
            break
        asked.append(question["text"])
        messages += [
            {"role": "assistant", "text": question["text"]},
            {"role": "patient", "text": question["options"][-1]},
        ]
    assert not {QUESTIONS[0].text.zh, QUESTIONS[2].text.zh, QUESTIONS[8].text.zh} & set(asked)


def test_where_the_reader_worries_a_little_one_question_comes_first_and_only_once() -> None:
    said = "背上有花斑"
    first = _answer(_says(said))
    assert first["next_question"]["text"] == SAFETY_QUESTION.text.zh
    assert not first["emergency"]
    yes, no = first["next_question"]["options"]
    chat = [
        {"role": "patient", "text": said},
        {"role": "assistant", "text": SAFETY_QUESTION.text.zh},
    ]
    diverted = _answer({"messages": [*chat, {"role": "patient", "text": yes}]})
    assert diverted["emergency"]
    assert diverted["red_flags"][0]["rule"] == "READER"
    calm = _answer({"messages": [*chat, {"role": "patient", "text": no}]})
    assert not calm["emergency"]
    assert (calm["next_question"] or {}).get("text") != SAFETY_QUESTION.text.zh


def test_what_was_asked_before_the_safety_question_is_answered_after_it() -> None:
    chat = [
        {"role": "patient", "text": "背上有花斑，皮肤科怎么走"},
        {"role": "assistant", "text": SAFETY_QUESTION.text.zh},
        {"role": "patient", "text": SAFETY_QUESTION.options[1].zh},
    ]
    assert [d["code"] for d in _answer({"messages": chat})["departments"]] == ["dermatology"]


def test_staff_are_asked_and_nobody_is_promised_when() -> None:
    told = _answer(_says("i want a human"))["pathway"]
    assert "not certain" in told
    assert "120" in told


def test_lower_scores_work_at_once_and_higher_ones_wait() -> None:
    own = own_tables()[RED_FLAGS]
    row = rows_of(RED_FLAGS, own)[READER]
    lower = {**row, "asks_from": row["asks_from"] / 2}
    (change,) = compare(RED_FLAGS, own, with_row(RED_FLAGS, own, READER, lower))
    assert change.at_once
    for higher in ({**row, "diverts_from": 1.0}, {**lower, "diverts_from": 0.99}):
        (change,) = compare(RED_FLAGS, own, with_row(RED_FLAGS, own, READER, higher))
        assert not change.at_once
    with pytest.raises(InputError):
        with_row(RED_FLAGS, own, READER, None)
    before = {"flags": [one for one in own["flags"] if one["id"] != READER]}
    assert rows_of(RED_FLAGS, before)[READER] == row
    assert not compare(RED_FLAGS, before, own)
