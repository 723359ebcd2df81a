"""Every field with a source is filled with what the record says, by an oracle of its own."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from suwen.bootstrap.demonstration import build_demonstration_hospital
from tests.evaluation.independent_oracle import Chart, Judgement, expected_fields, judge
from tests.support.database import new_state_folder
from tests.support.shared_data import shared_data

Bundles = Mapping[str, Mapping[str, Any]]
Answers = dict[str, tuple[dict[str, Any], Judgement | None]]

LANGUAGES = ("zh", "en")
LEAST_FILLED = 0.95
LEAST_NAMED = 0.95


def run_batch(lines: list[dict[str, Any]], folder: Path) -> dict[str, dict[str, Any]]:
    """The public batch form of the application, in a process of its own."""
    source, target = folder / "in.jsonl", folder / "out.jsonl"
    source.write_text("\n".join(json.dumps(line) for line in lines) + "\n", encoding="utf-8")
    command = [str(Path(sys.executable).with_name("suwen")), "app", "run", "record_writer"]
    command += ["--input", str(source), "--output", str(target), "--without-model"]
    with new_state_folder() as home:
        outside = {"SUWEN_HOME": str(home), "SUWEN_AUDIT_ANCHOR": str(folder / "anchor.jsonl")}
        done = subprocess.run(
            command, env=os.environ | outside, capture_output=True, text=True, timeout=280
        )
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == len(lines)
    return {row["id"]: row for row in rows}


def requests_for(name: str, bundle: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A discharge summary is asked of everybody, an outpatient note of those without a stay."""
    stay = Chart(bundle).inpatient_stay() is not None
    second = ("admission_record", ("zh",)) if stay else ("outpatient_note", LANGUAGES)
    return [
        {
            "id": f"{name}|{document_type}|{language}",
            "request": {"bundle": bundle, "document_type": document_type, "language": language},
        }
        for document_type, languages in (("discharge_summary", LANGUAGES), second)
        for language in languages
    ]


def judged(bundles: Bundles, folder: Path) -> Answers:
    """Each answer with the oracle's judgement; none for a refused one."""
    lines = [line for name, bundle in bundles.items() for line in requests_for(name, bundle)]
    answers = run_batch(lines, folder)
    found: Answers = {}
    for key, row in answers.items():
        chart = Chart(bundles[key.split("|")[0]])
        ok = row["status"] == "ok"
        found[key] = (row, judge(row["result"]["document"], chart) if ok else None)
    return found


@pytest.fixture(scope="module")
def dev_bundles() -> dict[str, dict[str, Any]]:
    folder = shared_data("fhir_synthea_r4") / "dev"
    return {
        path.name.split("_")[0]: json.loads(gzip.decompress(path.read_bytes()))
        for path in sorted(folder.glob("*.json.gz"))
    }


@pytest.fixture(scope="module")
def demonstration_bundles() -> dict[str, dict[str, Any]]:
    hospital = build_demonstration_hospital(20, datetime(2025, 11, 20, 1, 0, tzinfo=UTC))
    house, *patients = hospital.bundles
    return {
        f"p{number:02d}": {**bundle, "entry": [*bundle["entry"], *house["entry"]]}
        for number, bundle in enumerate(patients, start=1)
    }


@pytest.fixture(scope="module")
def dev_answers(dev_bundles: Bundles, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return judged(some(dev_bundles), tmp_path_factory.mktemp("dev"))


@pytest.fixture(scope="module")
def demonstration_answers(
    demonstration_bundles: Bundles, tmp_path_factory: pytest.TempPathFactory
) -> Answers:
    return judged(some(demonstration_bundles), tmp_path_factory.mktemp("demonstration"))


@pytest.fixture(scope="module")
def all_dev_answers(dev_bundles: Bundles, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    return judged(dev_bundles, tmp_path_factory.mktemp("all_dev"))


@pytest.fixture(scope="module")
def all_demonstration_answers(
    demonstration_bundles: Bundles, tmp_path_factory: pytest.TempPathFactory
) -> Answers:
    return judged(demonstration_bundles, tmp_path_factory.mktemp("all_demonstration"))


def some(bundles: Bundles) -> dict[str, Mapping[str, Any]]:
    """Every third of them; the long run takes all."""
    return {name: bundles[name] for name in sorted(bundles)[::3]}


SOURCES = (
    "dev_answers",
    "demonstration_answers",
    pytest.param("all_dev_answers", marks=pytest.mark.soak),
    pytest.param("all_demonstration_answers", marks=pytest.mark.soak),
)


@pytest.mark.parametrize("source", SOURCES)
class TestEveryDocument:
    @pytest.fixture
    def answers(self, source: str, request: pytest.FixtureRequest) -> Answers:
        found: Answers = request.getfixturevalue(source)
        return found

    def test_a_patient_without_a_stay_gets_a_refusal_and_nobody_else(self, answers: Any) -> None:
        for key, (row, _) in answers.items():
            has_stay = any(k.startswith(key.split("|")[0] + "|admission_record") for k in answers)
            if "|discharge_summary|" in key and not has_stay:
                assert (row["status"], row["error"]["code"]) == (
                    "refused",
                    "no_inpatient_encounter",
                ), key
            else:
                assert row["status"] == "ok", (key, row["error"])

    def test_nearly_every_field_with_a_source_is_filled(self, answers: Any) -> None:
        verdicts = {k: v for k, (_, v) in answers.items() if v is not None}
        total = sum(v.total for v in verdicts.values())
        filled = sum(v.filled for v in verdicts.values())
        missed = {k: v.missed for k, v in verdicts.items() if v.missed}
        assert total > 0
        assert filled / total >= LEAST_FILLED, (filled, total, missed)

    def test_the_share_holds_too_when_the_laboratory_counts_once(self, answers: Any) -> None:
        verdicts = [v for _, v in answers.values() if v is not None]
        missed = sum(len({m.split(" ")[0] for m in v.missed}) for v in verdicts)
        names = sum(v.names for v in verdicts)
        assert 1 - missed / names >= LEAST_FILLED

    def test_every_filled_value_is_what_the_record_says(self, answers: Any) -> None:
        wrong = {k: v.wrong for k, (_, v) in answers.items() if v is not None and v.wrong}
        assert wrong == {}

    def test_nothing_is_filled_without_any_source(self, answers: Any) -> None:
        invented = {k: v.invented for k, (_, v) in answers.items() if v is not None and v.invented}
        assert invented == {}

    def test_own_diagnoses_allergies_and_procedures_are_all_named(self, answers: Any) -> None:
        verdicts = [v for _, v in answers.values() if v is not None]
        wanted = sum(v.items_wanted for v in verdicts)
        assert sum(v.items_named for v in verdicts) / wanted >= LEAST_NAMED

    def test_the_document_counts_itself(self, answers: Any) -> None:
        for key, (row, verdict) in answers.items():
            if verdict is not None:
                completion = row["result"]["completion"]
                assert 0 < completion["fields_filled"] <= completion["fields_total"], key


class TestTheOracle:
    def test_it_expects_a_value_and_refuses_another(self) -> None:
        chart = Chart(small_bundle())
        document = small_document("39.1 ℃")
        assert "temperature" in [e.field for e in expected_fields(chart, "outpatient_note")]
        assert judge(document, chart).wrong == []
        assert len(judge(small_document("38.1 ℃"), chart).wrong) == 1

    def test_a_rounding_is_right_and_a_coarse_one_is_not(self) -> None:
        chart = Chart(small_bundle(value=39.14))
        assert judge(small_document("39.1"), chart).wrong == []
        assert len(judge(small_document("40"), chart).wrong) == 1

    def test_a_field_without_any_source_is_an_invention(self) -> None:
        chart = Chart(small_bundle())
        document = small_document("39.1")
        document["sections"][0]["fields"].append(
            {"name": "allergies", "value": "无", "source_present": False}
        )
        assert judge(document, chart).invented == ["allergies"]


def small_bundle(value: float = 39.1) -> dict[str, Any]:
    encounter = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "AMB"},
        "period": {"start": "2025-03-01T08:00:00+08:00", "end": "2025-03-01T09:00:00+08:00"},
    }
    temperature = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}], "text": "体温"},
        "encounter": {"reference": "Encounter/e1"},
        "effectiveDateTime": "2025-03-01T08:10:00+08:00",
        "valueQuantity": {"value": value, "unit": "℃"},
    }
    patient = {"resourceType": "Patient", "id": "p1"}
    return {"entry": [{"resource": r} for r in (patient, encounter, temperature)]}


def small_document(temperature: str) -> dict[str, Any]:
    return {
        "document_type": "outpatient_note",
        "language": "zh",
        "sections": [
            {"fields": [{"name": "temperature", "value": temperature, "source_present": True}]}
        ],
    }
