"""Each planted defect is really in the record, and only where it was planted."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest

from suwen.bootstrap.demonstration import DemonstrationHospital, ShowCase
from tests.unit.bootstrap.demonstration.chart_reader import (
    ATC,
    NOW,
    Json,
    build,
    bundles_of,
    has_code,
    laboratory,
    moment,
    note_text,
    notes,
    of_type,
    orders,
    resources_of,
)

_CST = timezone(timedelta(hours=8))
Seen = tuple[datetime, DemonstrationHospital, dict[str, list[Json]]]

_MOMENTS = (
    NOW,
    datetime(2026, 3, 18, 0, 30, tzinfo=_CST),
    datetime(2026, 3, 18, 6, 5, tzinfo=_CST),
    datetime(2026, 3, 18, 23, 40, tzinfo=_CST),
)


@pytest.fixture(scope="module", params=range(len(_MOMENTS)))
def at_work(request: pytest.FixtureRequest) -> Seen:
    now = _MOMENTS[request.param]
    hospital = build(seed=11 + request.param, now=now)
    charts = [resources_of(bundle) for bundle in bundles_of(hospital)[1:]]
    by_patient = {of_type(chart, "Patient")[0]["id"]: chart for chart in charts}
    return now, hospital, by_patient


def _chart(seen: Seen, key: str) -> list[Json]:
    return seen[2][_case(seen[1], key).patient_id]


def _case(hospital: DemonstrationHospital, key: str) -> ShowCase:
    return next(case for case in hospital.show_cases if case.id == key)


def _others(seen: Seen, *keys: str) -> list[list[Json]]:
    planted = {_case(seen[1], key).patient_id for key in keys}
    return [chart for patient, chart in seen[2].items() if patient not in planted]


def test_there_are_eight_cases_with_texts_and_encounters(at_work: Seen) -> None:
    cases = at_work[1].show_cases
    assert len({case.id for case in cases}) == len(cases) == 8
    for case in cases:
        chart = at_work[2][case.patient_id]
        assert case.encounter_id in {item["id"] for item in of_type(chart, "Encounter")}
        assert all((case.title_zh, case.title_en, case.explanation_zh, case.explanation_en))


def _orders_against_allergy(chart: list[Json]) -> list[Json]:
    classes = [
        coding["code"]
        for allergy in of_type(chart, "AllergyIntolerance")
        for coding in allergy["code"].get("coding", [])
        if coding["system"] == ATC
    ]
    return [
        order
        for order in of_type(chart, "MedicationRequest")
        if any(has_code(order["medicationCodeableConcept"], ATC, code) for code in classes)
    ]


def test_penicillin_is_ordered_against_a_severe_allergy(at_work: Seen) -> None:
    chart = _chart(at_work, "allergy-against-order")
    allergy = of_type(chart, "AllergyIntolerance")[0]
    assert allergy["criticality"] == "high"
    assert has_code(allergy["code"], ATC, "J01C")
    (order,) = _orders_against_allergy(chart)
    assert order["status"] == "active"
    assert has_code(order["medicationCodeableConcept"], ATC, "J01CR02")


def test_co_trimoxazole_is_ordered_against_a_sulfonamide_allergy(at_work: Seen) -> None:
    chart = _chart(at_work, "sulfa-allergy-english")
    (order,) = _orders_against_allergy(chart)
    assert order["status"] == "active"
    assert has_code(order["medicationCodeableConcept"], ATC, "J01EE01")
    patient = of_type(chart, "Patient")[0]
    assert patient["communication"][0]["language"]["coding"][0]["code"] == "en"


def test_no_other_patient_has_an_order_against_an_allergy(at_work: Seen) -> None:
    for chart in _others(at_work, "allergy-against-order", "sulfa-allergy-english"):
        assert not _orders_against_allergy(chart)


def test_the_note_says_normal_and_the_laboratory_6_1(at_work: Seen) -> None:
    chart = _chart(at_work, "note-against-laboratory")
    (note,) = [item for item in notes(chart) if "血钾正常" in note_text(item)]
    before = [item for item in laboratory(chart, "2823-3") if item["issued"] <= note["date"]]
    assert before[-1]["valueQuantity"]["value"] == 6.1
    assert before[-1]["interpretation"][0]["coding"][0]["code"] == "H"
    written = moment(note["date"])
    assert written - moment(before[-1]["issued"]) < timedelta(hours=12)
    assert orders(chart, "C03DA01")
    assert orders(chart, "A12BA01")


def test_no_other_note_calls_potassium_normal(at_work: Seen) -> None:
    for chart in _others(at_work, "note-against-laboratory"):
        assert not [item for item in notes(chart) if "血钾正常" in note_text(item)]


def test_the_critical_potassium_of_the_night_is_followed_by_nothing(at_work: Seen) -> None:
    chart = _chart(at_work, "critical-value-overnight")
    last = laboratory(chart, "2823-3")[-1]
    assert last["valueQuantity"]["value"] == 2.6
    assert last["interpretation"][0]["coding"][0]["code"] == "LL"
    drawn = moment(last["effectiveDateTime"])
    assert drawn.hour < 6
    assert drawn <= at_work[0] - timedelta(hours=3)
    assert not [item for item in notes(chart) if moment(item["date"]) > drawn]
    assert not [
        item for item in of_type(chart, "MedicationRequest") if moment(item["authoredOn"]) > drawn
    ]
    assert not orders(chart, "A12BA01")
    assert orders(chart, "C03CA01")


def test_other_critical_values_were_answered(at_work: Seen) -> None:
    answered = 0
    for chart in _others(at_work, "critical-value-overnight"):
        for item in of_type(chart, "Observation"):
            flags = [c["code"] for f in item.get("interpretation", []) for c in f["coding"]]
            if not {"LL", "HH"} & set(flags):
                continue
            later = [
                other
                for other in chart
                if other["resourceType"] in ("MedicationRequest", "DocumentReference")
                and moment(other.get("authoredOn") or other["date"])
                > moment(item["effectiveDateTime"])
            ]
            assert later, item["id"]
            answered += 1
    assert answered >= 2


def test_metformin_goes_on_below_thirty(at_work: Seen) -> None:
    chart = _chart(at_work, "renal-dose")
    filtration = laboratory(chart, "98979-8")[-1]["valueQuantity"]["value"]
    assert filtration < 30
    (order,) = orders(chart, "A10BA02")
    assert order["category"][0]["coding"][0]["code"] == "inpatient"


def test_no_other_patient_gets_metformin_below_thirty(at_work: Seen) -> None:
    for chart in _others(at_work, "renal-dose"):
        values = laboratory(chart, "98979-8")
        if values and values[-1]["valueQuantity"]["value"] < 30:
            assert not orders(chart, "A10BA02")


def _repeated(chart: list[Json]) -> list[tuple[Json, Json]]:
    written = notes(chart)
    return [
        (first, second)
        for index, first in enumerate(written)
        for second in written[index + 1 :]
        if note_text(first) == note_text(second)
    ]


def test_the_copied_note_is_untrue_by_then(at_work: Seen) -> None:
    chart = _chart(at_work, "copied-forward-note")
    ((first, second),) = _repeated(chart)
    assert (moment(second["date"]).date() - moment(first["date"]).date()).days == 1
    text = note_text(second)
    assert "引流管在位" in text
    claimed = re.search(r"T (\d+\.\d)℃", text)
    assert claimed
    assert float(claimed[1]) > 37.9
    day = second["date"][:10]
    measured = [
        item["valueQuantity"]["value"]
        for item in laboratory(chart, "8310-5")
        if item["effectiveDateTime"].startswith(day)
    ]
    assert measured
    assert max(measured) < 37.3
    removal = [
        item
        for item in notes(chart)
        if "拔管顺利" in note_text(item) and first["date"] < item["date"] < second["date"]
    ]
    assert len(removal) == 1


def test_no_other_note_repeats_another(at_work: Seen) -> None:
    for chart in _others(at_work, "copied-forward-note"):
        assert not _repeated(chart)


def test_the_operation_record_is_unsigned_past_its_limit(at_work: Seen) -> None:
    chart = _chart(at_work, "missing-signature")
    (record,) = notes(chart, "operation_record")
    assert record["docStatus"] == "preliminary"
    assert "authenticator" not in record
    operation = of_type(chart, "Procedure")[0]
    assert at_work[0] - moment(operation["performedPeriod"]["end"]) > timedelta(hours=24)


def test_all_other_notes_are_signed(at_work: Seen) -> None:
    unsigned = 0
    for chart in at_work[2].values():
        for document in notes(chart):
            signed = document["docStatus"] == "final"
            assert signed is ("authenticator" in document)
            unsigned += not signed
    assert unsigned == 1


def test_the_operation_record_names_the_wrong_side(at_work: Seen) -> None:
    chart = _chart(at_work, "wrong-side")
    (consent,) = notes(chart, "informed_consent")
    (record,) = notes(chart, "operation_record")
    assert "右侧" in note_text(consent)
    assert "左侧" not in note_text(consent)
    assert "左侧" in note_text(record)
    assert "右侧" not in note_text(record)
    assert "右侧" in of_type(chart, "Procedure")[0]["code"]["text"]
    assert "右侧" in of_type(chart, "Encounter")[0]["reasonCode"][0]["text"]


def test_other_operations_name_one_side_at_most(at_work: Seen) -> None:
    for chart in _others(at_work, "wrong-side"):
        for record in notes(chart, "operation_record"):
            assert not re.search("左侧|右侧", note_text(record))
