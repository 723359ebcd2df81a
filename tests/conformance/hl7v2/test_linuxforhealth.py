"""Every message of the evaluation set is mapped with equal counts, or refused with its place."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from suwen.bootstrap.hl7_reading import MessageReader
from suwen.bootstrap.settings import Settings
from suwen.core.exact_json import write_exact
from tests.conformance.hl7v2.independent_oracle import PLACE, counted, expected
from tests.support.shared_data import shared_data

HOME = Path("/nowhere")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    file = shared_data("hl7v2_linuxforhealth") / "dev" / "messages.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def answers(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    reader = MessageReader(Settings(home=HOME), None, lambda text: text.en)
    return [reader.answer(row) for row in rows]


def test_each_is_mapped_or_refused_with_its_place(
    rows: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> None:
    codes: Counter[str] = Counter()
    for row, answer in zip(rows, answers, strict=True):
        codes[answer["ack"]] += 1
        if answer["ack"] == "AA":
            assert "error" not in answer
        else:
            assert PLACE.fullmatch(answer["error"]["field"]), (row["id"], answer["error"])
            assert answer["error"]["message"]
            assert answer["resources"] == []
    assert set(codes) <= {"AA", "AE", "AR"}
    # Messages that name no patient, have no usable delimiters or lack a required field are refused.
    assert codes["AA"] >= 140, codes


def test_the_counts_are_equal_to_those_of_the_oracle(
    rows: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> None:
    for row, answer in zip(rows, answers, strict=True):
        if answer["ack"] != "AA":
            continue
        found = Counter(resource["resourceType"] for resource in answer["resources"])
        for kind, number in expected(counted(row["message"])).items():
            assert found[kind] == number, (row["id"], kind)


def test_no_two_resources_of_a_message_have_one_id(answers: list[dict[str, Any]]) -> None:
    for answer in answers:
        keys = [(r["resourceType"], r["id"]) for r in answer["resources"]]
        assert len(keys) == len(set(keys)), answer["id"]


def test_every_resource_is_valid_r4(answers: list[dict[str, Any]]) -> None:
    for answer in answers:
        for resource in answer["resources"]:
            body = json.loads(write_exact(resource))
            get_fhir_model_class(body["resourceType"]).model_validate(body)


def test_the_same_message_read_again_gives_the_same(
    rows: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> None:
    reader = MessageReader(Settings(home=HOME), None, lambda text: text.en)
    for row, answer in zip(rows, answers, strict=True):
        for ending in ("\n", "\r\n"):
            message = row["message"].replace("\r", ending)
            assert reader.answer({**row, "message": message}) == answer, row["id"]


def test_identity_and_status_are_never_invented(
    rows: list[dict[str, Any]], answers: list[dict[str, Any]]
) -> None:
    for row, answer in zip(rows, answers, strict=True):
        for resource in answer["resources"]:
            if resource["resourceType"] == "Patient":
                for one in resource["identifier"]:
                    assert one["value"] in row["message"], row["id"]
            if resource["resourceType"] in ("Condition", "AllergyIntolerance"):
                coding = resource.get("clinicalStatus", {}).get("coding")
                assert coding is None or coding[0]["code"] in row["message"], row["id"]
