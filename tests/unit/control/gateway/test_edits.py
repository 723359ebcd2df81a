"""An edit keeps what stands unchanged and checks what a person wrote."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suwen.control.gateway.draft_content import open_items
from suwen.control.gateway.edits import edited_content
from suwen.core.document import Document, DocumentField, Section, Statement, StatementOrigin
from suwen.core.document_form import document_as_json, document_from_json
from suwen.core.errors import InputError
from suwen.core.finding import Evidence, EvidenceKind
from suwen.core.grounding import EvidenceBase
from suwen.core.language import Bilingual, Language
from suwen.core.record import Coded, ObservationItem, PatientItem, PatientRecord, Quantity
from tests.support.applications import WordChecker

PROOF = (Evidence(EvidenceKind.RECORD, "Observation/k", "5.1"),)
RECORD = PatientRecord(
    patient=PatientItem("Patient/p", None, None, None, {}),
    observations=(
        ObservationItem(
            "Observation/k",
            "final",
            None,
            None,
            {},
            code=Coded("Potassium"),
            value=Quantity(Decimal("5.1"), "mmol/L"),
        ),
    ),
)
CHECKER = WordChecker(EvidenceBase(record=RECORD))


def field(name: str, value: str | None, in_text: bool = True) -> DocumentField:
    label = Bilingual(zh=name, en=name.capitalize())
    return DocumentField(name, label, value, value is not None, PROOF, in_text)


def rule(text: str) -> Statement:
    return Statement(text, PROOF, StatementOrigin.RULE, supported=True)


def model(text: str) -> Statement:
    return Statement(text, PROOF, StatementOrigin.MODEL, supported=True)


def content(*statements: Statement, fields: tuple[DocumentField, ...] = ()) -> dict[str, Any]:
    document = Document(
        "note",
        Language.EN,
        "Note",
        (
            Section("one", None, "One", fields, statements),
            Section("two", None, "Two", (), (rule("Left alone."),)),
        ),
    )
    label = {"visible_en": "[AI]", "visible_zh": "【AI】"}
    result = {"document": document_as_json(document, "[AI]"), "findings": []}
    return {"result": result, "label": label}


def edited(before: dict[str, Any], text: str) -> dict[str, Any]:
    return edited_content(before, {"one": text}, CHECKER)["result"]["document"]["sections"][0]


def found(section: dict[str, Any]) -> list[tuple[str, str, bool]]:
    return [(s["text"], s["origin"], s["supported"]) for s in section["statements"]]


def test_the_same_text_changes_nothing() -> None:
    before = content(rule("Potassium was 5.1."), model("It was 5.1."), fields=(field("ward", "4"),))
    text = before["result"]["document"]["sections"][0]["text"]
    assert edited_content(before, {"one": text}, CHECKER) == before


def test_an_added_sentence_is_the_persons_and_stands_where_it_was_written() -> None:
    before = content(model("It was 5.1."), model("He slept 5.1 hours."))
    section = edited(before, "It was 5.1. It was 7.2. He slept 5.1 hours.")
    assert found(section) == [
        ("It was 5.1.", "model", True),
        ("It was 7.2.", "person", False),
        ("He slept 5.1 hours.", "model", True),
    ]
    assert [s["id"] for s in section["statements"]] == ["one.1", "one.2", "one.3"]


def test_a_changed_number_is_no_longer_the_models_sentence() -> None:
    section = edited(content(model("It was 5.1.")), "It was 5.7.")
    assert found(section) == [("It was 5.7.", "person", False)]
    assert section["statements"][0]["evidence"] == []


def test_words_put_before_or_after_a_sentence_make_it_another() -> None:
    before = content(model("It was 5.1"))
    assert found(edited(before, "Not sure if It was 5.1"))[0][1] == "person"
    assert found(edited(before, "It was 5.1 or 9.9"))[0] == ("It was 5.1 or 9.9", "person", False)


def test_a_removed_sentence_is_gone() -> None:
    before = content(rule("Potassium was 5.1."), rule("Sodium 5.1."))
    assert found(edited(before, "Sodium 5.1.")) == [("Sodium 5.1.", "rule", True)]
    assert edited(before, "")["statements"] == []


def test_fields_follow_their_lines() -> None:
    before = content(fields=(field("ward", "4"), field("bed", "12\nwindow"), field("age", "71")))
    text = before["result"]["document"]["sections"][0]["text"]
    section = edited(before, text.replace("Ward: 4", "Ward: 6").replace("Age: 71", ""))
    assert [f["value"] for f in section["fields"]] == ["6", "12\nwindow", None]
    assert [bool(f["evidence"]) for f in section["fields"]] == [False, True, False]
    assert found(section) == [("Ward: 6", "person", False)]


def test_a_field_that_is_no_line_of_the_text_stays() -> None:
    before = content(rule("Potassium was 5.1."), fields=(field("labs", "5.1", in_text=False),))
    assert edited(before, "Gone.")["fields"][0]["value"] == "5.1"


def test_the_whole_text_follows_and_keeps_its_label() -> None:
    after = edited_content(content(rule("Potassium was 5.1.")), {"one": "New 5.1."}, CHECKER)
    document = after["result"]["document"]
    assert document["text"] == "[AI]\n\nNote\n\nOne\nNew 5.1.\n\nTwo\nLeft alone."


def test_what_is_open_counts_what_a_person_wrote() -> None:
    after = edited_content(content(rule("Potassium was 5.1.")), {"one": "It was 9.9."}, CHECKER)
    assert open_items(after) == ("one.1",)


def test_windows_line_ends_are_not_an_edit() -> None:
    before = content(rule("Potassium was 5.1."), fields=(field("ward", "4"),))
    text = before["result"]["document"]["sections"][0]["text"]
    assert edited_content(before, {"one": text.replace("\n", "\r\n")}, CHECKER) == before


@pytest.mark.parametrize(
    ("texts", "code"),
    [({"three": "x"}, "section_unknown"), ({"one": "x" * 20_001}, "section_too_long")],
)
def test_a_wrong_edit_is_refused(texts: dict[str, str], code: str) -> None:
    with pytest.raises(InputError) as refused:
        edited_content(content(), texts, CHECKER)
    assert refused.value.code == code


def test_a_result_without_a_document_is_not_edited() -> None:
    with pytest.raises(InputError) as refused:
        edited_content({"result": {"findings": []}, "label": {}}, {"one": "x"}, CHECKER)
    assert refused.value.code == "not_editable"


@settings(max_examples=200, deadline=None)
@given(st.text("Wad5.1 :\n4Its", max_size=60))
def test_whatever_is_written_is_kept_to_the_letter(text: str) -> None:
    before = content(rule("It was 5.1."), fields=(field("ward", "4"),))
    section = edited(before, text)
    assert section["text"] == text
    document = edited_content(before, {"one": text}, CHECKER)["result"]["document"]
    assert (
        document_as_json(document_from_json(document))["sections"][0]["fields"]
        == (section["fields"])
    )
    for statement in section["statements"]:
        assert statement["text"] in text
