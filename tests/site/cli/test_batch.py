"""``app run`` and ``verify`` over a whole site: every line answered, every run on the audit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.site.cli.conftest import DemonstrationTerminal

pytestmark = pytest.mark.site

Json = dict[str, Any]
PATIENT = {"resourceType": "Patient", "id": "p", "name": [{"text": "测试"}], "gender": "male"}
VISIT = {
    "resourceType": "Encounter",
    "id": "e",
    "status": "finished",
    "class": {"code": "AMB"},
    "subject": {"reference": "Patient/p"},
    "period": {"start": "2026-03-01T09:00:00+08:00", "end": "2026-03-01T10:00:00+08:00"},
}


def bundle(*resources: Json) -> Json:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def note(language: str = "zh", **more: Any) -> Json:
    return {"document_type": "outpatient_note", "language": language, **more}


REQUESTS: list[tuple[Any, str, str | None]] = [
    (note(bundle=bundle(PATIENT, VISIT)), "ok", None),
    (note("en", bundle=bundle(PATIENT, VISIT)), "ok", None),
    (
        {**note(bundle=bundle(PATIENT, VISIT)), "document_type": "discharge_summary"},
        "refused",
        "no_inpatient_encounter",
    ),
    (note(patient_id="nobody"), "error", "patient_not_found"),
    ({}, "error", "request_invalid"),
    (note(patient_id="p", extra=1), "error", "request_invalid"),
    (note("fr", patient_id="p"), "error", "request_invalid"),
    ({**note(patient_id="p"), "document_type": "poem"}, "error", "request_invalid"),
    (note(patient_id=5), "error", "request_invalid"),
    (note(patient_id="../../etc/passwd"), "error", "request_invalid"),
    (note(patient_id="%s%n{0}"), "error", "request_invalid"),
    (note(patient_id="a\u0000b"), "error", "request_invalid"),
    (note(patient_id="\u001b[31m"), "error", "request_invalid"),
    (note(patient_id="x" * 1_000_000), "error", "request_invalid"),
    (note(), "error", "patient_or_bundle"),
    (note(patient_id="p", bundle=bundle(PATIENT)), "error", "patient_or_bundle"),
    (note(bundle="x"), "error", "request_invalid"),
    (note(bundle={}), "error", "resource_type"),
    (note(bundle=bundle({**PATIENT, "birthDate": "1990-13-45"})), "error", "element_type"),
]
NOT_RUN = [
    (b'{"id": "no request"}', "field_missing"),
    (b'{"id": "request is text", "request": "x"}', "field_missing"),
    (b'{"id": "more", "request": {}, "priority": 1}', "field_unknown"),
    (b"not json", "json_malformed"),
    (b"", "line_empty"),
    (b'{"id": "cut", "request": {"pat', "json_malformed"),
]


def run(terminal: DemonstrationTerminal, given: bytes, *more: str) -> list[Json]:
    """The answers of ``app run record_writer`` to the given lines."""
    source, target = terminal.write("in.jsonl", given), terminal.folder / "out.jsonl"
    line = ("app", "run", "record_writer", "--input", str(source), "--output", str(target))
    ended = terminal.run(*line, *more)
    assert ended.status == 0, ended.err
    return [json.loads(answer) for answer in target.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def answered(demonstration: DemonstrationTerminal) -> list[Json]:
    """The answers to every request above, and then to the lines that are none."""
    lines = [json.dumps({"id": n, "request": r}).encode() for n, (r, _, _) in enumerate(REQUESTS)]
    given = b"\n".join([*lines, *(raw for raw, _ in NOT_RUN)])
    return run(demonstration, given, "--without-model")


def test_one_answer_for_each_line_in_order(answered: list[Json]) -> None:
    assert len(answered) == len(REQUESTS) + len(NOT_RUN)
    assert [line["id"] for line in answered[: len(REQUESTS)]] == list(range(len(REQUESTS)))


@pytest.mark.parametrize("number", range(len(REQUESTS)))
def test_each_request_ends_as_it_must_and_names_its_run(answered: list[Json], number: int) -> None:
    line, (_, status, code) = answered[number], REQUESTS[number]
    assert line["status"] == status
    assert (line["error"] or {}).get("code") == code
    assert (line["result"] is not None) == (status == "ok")
    assert set(line["run"]) == {"trace_id", "release", "partition", "model", "took_ms"}
    assert line["run"]["model"] == "skipped"
    assert line["run"]["partition"] == "general"
    assert len(line["run"]["trace_id"]) == 36
    assert len(line["run"]["release"]) == 64
    assert line["run"]["took_ms"] >= 0


@pytest.mark.parametrize("number", range(len(NOT_RUN)))
def test_a_line_that_is_no_request_began_no_run(answered: list[Json], number: int) -> None:
    line = answered[len(REQUESTS) + number]
    assert line["error"]["code"] == NOT_RUN[number][1]
    assert "run" not in line
    assert ("line" in line) == (line["id"] is None)


def test_every_run_is_on_the_audit_with_its_end(
    demonstration: DemonstrationTerminal, answered: list[Json]
) -> None:
    events = demonstration.run("audit", "show", "--last", "10000", "--json").json
    ended = {e["trace"]: e["outcome"] for e in events if e["action"] == "run.close"}
    wanted = {"ok": "done", "refused": "refused", "error": "failed"}
    for line in answered[: len(REQUESTS)]:
        assert ended[line["run"]["trace_id"]] == wanted[line["status"]]


def test_no_text_of_a_patient_is_on_the_audit_or_in_a_trace(
    demonstration: DemonstrationTerminal, answered: list[Json]
) -> None:
    whole = demonstration.run("audit", "show", "--last", "10000", "--json").out
    assert "测试" not in whole
    assert "etc/passwd" not in whole


def test_strict_and_the_summary(demonstration: DemonstrationTerminal) -> None:
    source = demonstration.write("in.jsonl", b"broken\n")
    target = demonstration.folder / "strict.jsonl"
    line = ("app", "run", "record_writer", "--input", str(source), "--output", str(target))
    lenient, strict = (
        demonstration.run(*line, "--json"),
        demonstration.run(*line, "--strict", "--json"),
    )
    assert (lenient.status, strict.status) == (0, 1)
    assert lenient.json == strict.json == {"ok": 0, "refused": 0, "error": 1}
    good = json.dumps({"id": 1, "request": note(bundle=bundle(PATIENT, VISIT))})
    demonstration.write("in.jsonl", good)
    assert demonstration.run(*line, "--strict").status == 0


def test_standard_input_and_output(demonstration: DemonstrationTerminal) -> None:
    line = ("app", "run", "record_writer", "--input", "-", "--output", "-", "--json")
    given = json.dumps({"id": 1, "request": note(bundle=bundle(PATIENT, VISIT))}) + "\n\n"
    ended = demonstration.run(*line, stdin=given)
    assert [answer["status"] for answer in ended.lines] == ["ok", "error"]
    assert ended.err == ""


def test_errors_are_told_in_the_language_of_the_terminal(
    demonstration: DemonstrationTerminal,
) -> None:
    line = ("app", "run", "record_writer", "--input", "-", "--output", "-")
    request = {**note(bundle=bundle(PATIENT, VISIT)), "document_type": "discharge_summary"}
    given = json.dumps({"id": 1, "request": request})
    english = demonstration.run(*line, stdin=given).lines[0]["error"]["message"]
    chinese = demonstration.run(*line, stdin=given, LANG="zh_CN").lines[0]["error"]["message"]
    assert "inpatient stay" in english
    assert "住院" in chinese


def test_what_makes_the_whole_batch_impossible(demonstration: DemonstrationTerminal) -> None:
    source, target = demonstration.write("in.jsonl", b"{}\n"), demonstration.folder / "never.jsonl"
    files = ("--input", str(source), "--output", str(target))
    assert demonstration.refused("app", "run", "nosuch", *files) == (2, "no_such_application")
    gone = ("--input", str(demonstration.folder / "absent"), "--output", str(target))
    assert demonstration.refused("app", "run", "record_writer", *gone) == (2, "input_missing")
    same = ("--input", str(source), "--output", str(source))
    assert demonstration.refused("app", "run", "record_writer", *same) == (2, "output_is_input")
    folder = ("--input", str(source), "--output", str(demonstration.folder))
    assert demonstration.refused("app", "run", "record_writer", *folder) == (2, "output_unwritable")
    other = ("app", "run", "record_writer", *files, "--as", "nobody")
    assert demonstration.refused(*other) == (3, "token_missing")
    assert not target.exists()
    assert source.read_bytes() == b"{}\n"


POTASSIUM = {
    "resourceType": "Observation",
    "id": "k",
    "status": "final",
    "category": [{"coding": [{"code": "laboratory"}]}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}], "text": "Potassium"},
    "subject": {"reference": "Patient/p"},
    "effectiveDateTime": "2026-03-01T09:30:00+08:00",
    "valueQuantity": {"value": 5.9, "unit": "mmol/L", "code": "mmol/L"},
}
VERIFY: list[tuple[Json, str | None]] = [
    ({"text": "Potassium 5.9 mmol/L.", "bundle": bundle(PATIENT, VISIT, POTASSIUM)}, None),
    ({"text": "Potassium 3.9 mmol/L.", "bundle": bundle(PATIENT, VISIT, POTASSIUM)}, None),
    ({"text": "", "passages": []}, None),
    ({"text": 5, "passages": []}, "field_missing"),
    ({"passages": []}, "field_missing"),
    ({"text": "x"}, "evidence_missing"),
    ({"text": "x", "passages": {}}, "field_wrong"),
    ({"text": "x", "passages": [{"id": 1, "text": "x"}]}, "field_wrong"),
    ({"text": "x", "dialogue": [{"speaker": "robot", "text": "x"}]}, "field_wrong"),
    ({"text": "x", "dialogue": ["x"]}, "field_wrong"),
    ({"text": "x", "bundle": []}, "not_a_bundle"),
    ({"text": "x", "bundle": {"resourceType": "Nonsense"}}, "not_a_bundle"),
    ({"text": "x", "passages": [], "bundles": 1}, "field_unknown"),
]


def test_verify_answers_every_line(demonstration: DemonstrationTerminal, tmp_path: Path) -> None:
    lines = [{"id": n, **line} for n, (line, _) in enumerate(VERIFY)]
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines) + "broken", "utf-8")
    line = ("verify", "--input", str(source), "--output", "-")
    ended, strict = demonstration.run(*line), demonstration.run(*line, "--strict")
    assert (ended.status, strict.status) == (0, 1)
    told = ended.lines
    assert [answer["id"] for answer in told] == [*range(len(VERIFY)), None]
    codes = [(answer.get("error") or {}).get("code") for answer in told]
    assert codes == [*(code for _, code in VERIFY), "json_malformed"]
    assert [s["supported"] for s in told[0]["statements"]] == [True]
    assert [(s["supported"], s["reason"]) for s in told[1]["statements"]] == [(False, "number")]
    assert told[2]["statements"] == []
    assert ended.err == ""
