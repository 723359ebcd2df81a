"""The application's own cases, and what holds for every answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from suwen.appkit import InputError, ModelAnswer
from suwen.apps.triage.app import APP
from suwen.apps.triage.questions import MOST_QUESTIONS, QUESTIONS

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
