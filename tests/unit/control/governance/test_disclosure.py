"""A facts sheet tells every fact, the missing ones as missing, and who may not be named is not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from suwen.control.governance.answerability import Answering, Duty, who_answers
from suwen.control.governance.disclosure.attributes import transparency_rules
from suwen.control.governance.disclosure.facts import (
    EvaluationFacts,
    ModelFacts,
    SheetInputs,
    facts_of,
)
from suwen.control.governance.disclosure.sheet import (
    Readers,
    SheetHead,
    sheet_json,
    sheet_text,
)
from suwen.control.governance.register import DISCLOSED, Installed, check_written, row_of
from suwen.control.governance.risk.rules import rule_set
from suwen.core.language import Bilingual
from tests.support.applications import MANIFEST

HEAD = SheetHead(
    "note", Bilingual("记录", "Note"), Bilingual("医院", "Hospital"), "2026-11-22", "r"
)


def inputs(written: Mapping[str, str] = {}, **changes: Any) -> SheetInputs:
    kept = check_written(written, application=True)
    row = row_of(Installed(MANIFEST, "a" * 64, False), "note", kept, 1, rule_set(None))
    nobody = who_answers((), MANIFEST, None, {}, date(2026, 1, 1))
    values: dict[str, Any] = {
        "row": row,
        "manifest": MANIFEST,
        "release": "a" * 64,
        "models": (),
        "evaluations": (),
        "answering": nobody,
        "changes": (),
        "planned": (),
        "counted_until": None,
        "incidents": 0,
        "training_months": None,
        **changes,
    }
    return SheetInputs(**values)


def sheet(of: SheetInputs, readers: Readers) -> dict[str, Any]:
    return sheet_json(HEAD, facts_of(of), readers)


def told(made: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    return {f["key"]: f["values"] for s in made["sections"] for f in s["facts"]}


def test_each_attribute_of_each_rule_is_answered_by_a_fact() -> None:
    known = {fact.key for fact in facts_of(inputs())}
    rules = {rule.id: rule for rule in transparency_rules()}
    assert len(rules["hti1"].attributes) == 31
    for rule in rules.values():
        assert rule.source and rule.confidence in ("verified", "from_memory")
        for attribute in rule.attributes:
            assert set(attribute.facts) <= known, attribute.place


def test_what_nobody_stated_is_on_every_sheet_as_missing() -> None:
    for readers in Readers:
        made = sheet(inputs(), readers)
        values = told(made)
        assert made["missing"] and all(values[key] == [] for key in made["missing"])
        assert {"population", "evaluations", "monitoring"} <= set(made["missing"])
    public = sheet(inputs(), Readers.PUBLIC)
    [hti1] = [rule for rule in public["rules"] if rule["id"] == "hti1"]
    assert len(hti1["attributes"]) == 31
    assert next(a for a in hti1["attributes"] if a["place"] == "(1)(ii)")["missing"]


def test_what_people_write_is_told_with_its_origin() -> None:
    given = {name: f"{name} 写明" for name in DISCLOSED}
    made = sheet(inputs(given), Readers.PUBLIC)
    values = told(made)
    assert all(values[name][0]["zh"] == given[name] for name in DISCLOSED)
    [funding] = [f for s in made["sections"] for f in s["facts"] if f["key"] == "funding"]
    assert funding["origin"]["en"] == "register"


def test_staff_see_names_patients_and_public_see_offices() -> None:
    named = Answering(
        Duty.OVERSIGHT, "何知远", "医务处", "dr.he", date(2026, 1, 1), None, False, None
    )
    of = inputs(
        answering=(named,),
        models=(ModelFacts("qwen 8B", "ward-gpu", Bilingual("使用中", "active")),),
    )
    assert "何知远" in sheet_text(sheet(of, Readers.STAFF))
    assert "ward-gpu" in sheet_text(sheet(of, Readers.STAFF))
    for readers in (Readers.PATIENT, Readers.PUBLIC):
        text = sheet_text(sheet(of, readers))
        assert "何知远" not in text and "ward-gpu" not in text and "医务处" in text


def test_an_evaluation_is_told_with_interval_gate_and_that_its_cases_are_published() -> None:
    measured = EvaluationFacts(
        "examination", "e1", date(2026, 11, 1), 200, ("accuracy 0.26 [0.2–0.33] (n=200)",),
        passed=False, equity=False, public=True,
    )  # fmt: skip
    [value] = told(sheet(inputs(evaluations=(measured,)), Readers.PUBLIC))["evaluations"]
    assert "0.26 [0.2–0.33]" in value["en"] and "not reached" in value["en"]
    assert "published" in value["en"] and "未达到门槛" in value["zh"]
