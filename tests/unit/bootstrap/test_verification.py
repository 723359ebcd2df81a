"""The door of ``suwen verify``: the forms of a line, right and wrong."""

from __future__ import annotations

from typing import Any

import pytest

from suwen.bootstrap.verification import verify_line
from suwen.core.errors import InputError, SuwenError

PASSAGE = {"id": "g1", "text": "Metformin 500 mg twice daily was started on 2026-03-02."}


def test_statements_cover_the_text_with_offsets_after_line_ends_are_made_one() -> None:
    text = "Metformin 500 mg twice daily was started.\r\nMetformin 850 mg was started."
    told = verify_line({"id": 7, "text": text, "passages": [PASSAGE]})
    plain = text.replace("\r\n", "\n")
    assert told["id"] == 7
    assert [plain[s["start"] : s["end"]] for s in told["statements"]] == [
        s["text"] for s in told["statements"]
    ]
    assert [s["supported"] for s in told["statements"]] == [True, False]
    right, wrong = told["statements"]
    assert right["reason"] is None
    assert right["evidence"][0]["reference"].startswith("g1")
    assert wrong["reason"] in ("dose", "number")


def test_a_dialogue_is_evidence_by_its_turns() -> None:
    dialogue = [
        {"speaker": "doctor", "text": "Any allergies?"},
        {"speaker": "patient", "text": "Yes, I am allergic to penicillin."},
    ]
    told = verify_line({"text": "The patient is allergic to penicillin.", "dialogue": dialogue})
    assert told["id"] is None
    assert [s["supported"] for s in told["statements"]] == [True]


def test_offsets_count_code_points() -> None:
    told = verify_line({"text": "😀。血钾 5.9 mmol/L。", "passages": [PASSAGE]})
    assert told["statements"][-1]["end"] <= len("😀。血钾 5.9 mmol/L。")


def test_no_text_has_no_statements() -> None:
    assert verify_line({"text": "", "passages": []})["statements"] == []


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({}, "field_missing", "text"),
    ({"text": None, "passages": []}, "field_missing", "text"),
    ({"text": ["x"], "passages": []}, "field_missing", "text"),
    ({"text": "x"}, "evidence_missing", "bundle"),
    ({"text": "x", "passages": [], "pasages": []}, "field_unknown", "pasages"),
    ({"text": "x", "passages": None}, "field_wrong", "passages"),
    ({"text": "x", "passages": [None]}, "field_wrong", "passages[0]"),
    ({"text": "x", "passages": [PASSAGE, {"id": "g2"}]}, "field_wrong", "passages[1]"),
    ({"text": "x", "dialogue": "x"}, "field_wrong", "dialogue"),
    ({"text": "x", "dialogue": [{"speaker": "doctor"}]}, "field_wrong", "dialogue[0]"),
    (
        {"text": "x", "dialogue": [{"speaker": 1, "text": "x"}]},
        "field_wrong",
        "dialogue[0].speaker",
    ),
    ({"text": "x", "dialogue": [{"text": "x"}]}, "field_wrong", "dialogue[0].speaker"),
]


@pytest.mark.parametrize(("line", "code", "field"), WRONG, ids=lambda v: str(v)[:30])
def test_a_wrong_line_names_its_field(line: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(InputError) as caught:
        verify_line(line)
    assert (caught.value.code, caught.value.field) == (code, field)


@pytest.mark.parametrize("bundle", [None, [], "x", {}, {"resourceType": "Patient", "id": "p"}, 5])
def test_a_bundle_that_is_none(bundle: object) -> None:
    with pytest.raises(SuwenError):
        verify_line({"text": "x", "bundle": bundle})
