"""Identifiers taken out and put back on the command line, under rights and on the audit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.site.cli.conftest import DemonstrationTerminal

pytestmark = pytest.mark.site

NOTE = "患者张伟，2024年3月5日入院，电话13800138000。"


def _batch(
    demonstration: DemonstrationTerminal, folder: Path, lines: list[dict[str, Any]], *command: str
) -> list[dict[str, Any]]:
    source, target = folder / "in.jsonl", folder / "out.jsonl"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    done = demonstration.run("privacy", *command, "--input", str(source), "--output", str(target))
    assert done.status == 0, done
    return [json.loads(line) for line in target.read_text("utf-8").splitlines()]


def test_out_and_back(demonstration: DemonstrationTerminal, tmp_path: Path) -> None:
    line = {"id": "1", "text": NOTE, "known_names": ["张伟"]}
    (found,) = _batch(demonstration, tmp_path, [line], "find")
    assert [s["type"] for s in found["spans"]] == ["NAME", "DATE", "PHONE"]
    clean, wrong = _batch(demonstration, tmp_path, [line, {"id": "2"}], "deidentify")
    assert all(secret not in clean["text"] for secret in ("张伟", "13800138000", "3月5日"))
    assert wrong["error"]["code"] == "field_missing"
    again = {"id": "3", "text": "张伟复诊", "known_names": ["张伟"], "map_id": clean["map_id"]}
    (second,) = _batch(demonstration, tmp_path, [again], "deidentify")
    assert second["text"].removesuffix("复诊") in clean["text"]
    asked = {"id": "1", "text": clean["text"], "map_id": clean["map_id"]}
    (restored,) = _batch(demonstration, tmp_path, [asked], "reidentify")
    assert restored == {"id": "1", "text": NOTE}


def test_messages_and_resources_keep_their_form(
    demonstration: DemonstrationTerminal, tmp_path: Path
) -> None:
    patient = {"resourceType": "Patient", "id": "7", "name": [{"text": "张伟"}]}
    lines = [
        {"id": "1", "form": "hl7", "text": "MSH|^~\\&|HIS|A\rPID|1||0012345||张伟^^||19491231|M\r"},
        {"id": "2", "form": "fhir", "text": json.dumps(patient)},
        {"id": "3", "form": "fhir", "text": "no resource"},
    ]
    message, resource, wrong = _batch(demonstration, tmp_path, lines, "deidentify")
    assert message["text"].startswith("MSH|^~\\&|HIS|A\rPID|1||")
    assert "张伟" not in message["text"] and "19491231" not in message["text"]
    assert json.loads(resource["text"])["resourceType"] == "Patient"
    assert "张伟" not in resource["text"]
    assert wrong["error"]["code"] == "field_wrong"
    asked = {"id": "2", "text": resource["text"], "map_id": resource["map_id"]}
    (restored,) = _batch(demonstration, tmp_path, [asked], "reidentify")
    assert json.loads(restored["text"])["name"] == [{"text": "张伟"}]


def test_anothers_map_is_closed_and_looks_like_none(
    demonstration: DemonstrationTerminal, tmp_path: Path
) -> None:
    line = {"id": "1", "text": NOTE, "known_names": ["张伟"]}
    (clean,) = _batch(demonstration, tmp_path, [line], "deidentify")
    asked = {"id": "1", "text": clean["text"], "map_id": clean["map_id"]}
    unknown = {**asked, "map_id": "00000000-0000-0000-0000-000000000000"}
    physician = next(a for a in demonstration.accounts if "physician" in a.roles)
    demonstration.sign_in(physician.name)
    refused = _batch(
        demonstration, tmp_path, [asked, unknown], "reidentify", "--as", physician.name
    )
    assert [answer["error"]["code"] for answer in refused] == ["not_permitted"] * 2
    assert refused[0]["error"] == refused[1]["error"]
