"""Times, units, flags and derived values of every chart agree with one another."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from tests.unit.bootstrap.demonstration.chart_reader import (
    NOW,
    Json,
    build,
    bundles_of,
    category,
    has_code,
    laboratory,
    moment,
    note_text,
    notes,
    of_type,
    resources_of,
)

_CST = timezone(timedelta(hours=8))
_MOMENTS = (
    (7, NOW),
    (1, datetime(2026, 1, 1, 0, 5, tzinfo=_CST)),
    (2, datetime(2026, 2, 28, 5, 59, tzinfo=_CST)),
    (3, datetime(2026, 2, 28, 6, 1, tzinfo=_CST)),
    (4, datetime(2028, 3, 1, 23, 58, tzinfo=_CST)),
    (5, datetime(2026, 7, 5, 22, 30, tzinfo=UTC)),
    (6, datetime(2026, 11, 1, 13, 0, tzinfo=timezone(timedelta(hours=-5)))),
)
_TIMES = (
    "effectiveDateTime",
    "issued",
    "authoredOn",
    "started",
    "date",
    "created",
    "dateAsserted",
    "recordedDate",
)


@pytest.fixture(scope="module", params=_MOMENTS, ids=lambda item: f"{item[0]}@{item[1]:%m%d%H%M}")
def seen(request: pytest.FixtureRequest) -> tuple[datetime, list[list[Json]]]:
    seed, now = request.param
    return now, [resources_of(item) for item in bundles_of(build(seed, now))[1:]]


def _encounter_of(resource: Json) -> str | None:
    for key in ("encounter", "context"):
        place = resource.get(key)
        if isinstance(place, dict) and "encounter" in place:
            place = place["encounter"][0]
        if isinstance(place, dict) and "reference" in place:
            reference: str = place["reference"]
            return reference
    return None


def test_nothing_lies_outside_its_encounter(seen: tuple[datetime, list[list[Json]]]) -> None:
    now, charts = seen
    checked = 0
    for chart in charts:
        periods = {
            f"Encounter/{item['id']}": (
                moment(item["period"]["start"]),
                moment(item["period"]["end"]) if "end" in item["period"] else now,
            )
            for item in of_type(chart, "Encounter")
        }
        for resource in chart:
            encounter = _encounter_of(resource)
            if encounter is None:
                continue
            start, end = periods[encounter]
            for key in _TIMES:
                if "T" in str(resource.get(key, "")):
                    assert start <= moment(resource[key]) <= end, (resource["id"], key)
                    checked += 1
            if "performedPeriod" in resource:
                assert start <= moment(resource["performedPeriod"]["start"])
                assert moment(resource["performedPeriod"]["end"]) <= end
    assert checked > 3000


def test_nothing_has_happened_in_the_future(seen: tuple[datetime, list[list[Json]]]) -> None:
    now, charts = seen
    for chart in charts:
        for resource in chart:
            if resource["resourceType"] == "Appointment":
                assert moment(resource["start"]) > now
                assert moment(resource["end"]) > moment(resource["start"])
                continue
            for key in _TIMES:
                if "T" in str(resource.get(key, "")):
                    assert moment(resource[key]) <= now


def test_encounters_run_forwards_and_end_only_when_finished(
    seen: tuple[datetime, list[list[Json]]],
) -> None:
    now, charts = seen
    for chart in charts:
        for encounter in of_type(chart, "Encounter"):
            start = moment(encounter["period"]["start"])
            assert start <= now
            assert start.utcoffset() == timedelta(hours=8)
            assert ("end" in encounter["period"]) is (encounter["status"] == "finished")
            if "end" in encounter["period"]:
                assert start < moment(encounter["period"]["end"]) <= now
            has_disposition = "dischargeDisposition" in encounter.get("hospitalization", {})
            assert has_disposition is (
                encounter["status"] == "finished" and encounter["class"]["code"] == "IMP"
            )


def test_birth_comes_before_everything(seen: tuple[datetime, list[list[Json]]]) -> None:
    _, charts = seen
    for chart in charts:
        birth = date.fromisoformat(of_type(chart, "Patient")[0]["birthDate"])
        for resource in chart:
            for key in (*_TIMES, "onsetDateTime", "occurrenceDateTime"):
                if key in resource:
                    assert int(resource[key][:4]) > birth.year, (resource["id"], key)


def test_a_present_stay_has_no_discharge_papers(
    seen: tuple[datetime, list[list[Json]]],
) -> None:
    _, charts = seen
    for chart in charts:
        present = [item for item in of_type(chart, "Encounter") if item["status"] != "finished"]
        for encounter in present:
            target = f"Encounter/{encounter['id']}"
            assert not [
                item
                for item in of_type(chart, "MedicationRequest")
                if category(item) == "discharge" and item["encounter"]["reference"] == target
            ]
            assert not of_type(chart, "CarePlan")


def test_recent_discharges_still_wait_for_their_summary(
    seen: tuple[datetime, list[list[Json]]],
) -> None:
    now, charts = seen
    waiting = 0
    for chart in charts:
        summaries = {
            item["context"]["encounter"][0]["reference"]
            for item in notes(chart, "discharge_summary")
        }
        for encounter in of_type(chart, "Encounter"):
            if encounter["class"]["code"] != "IMP" or encounter["status"] != "finished":
                continue
            ended = now - moment(encounter["period"]["end"])
            has_summary = f"Encounter/{encounter['id']}" in summaries
            assert has_summary is (ended > timedelta(days=7))
            waiting += not has_summary
    assert waiting >= 10


def test_onset_is_not_after_the_encounter(seen: tuple[datetime, list[list[Json]]]) -> None:
    _, charts = seen
    for chart in charts:
        starts = {
            f"Encounter/{item['id']}": item["period"]["start"]
            for item in of_type(chart, "Encounter")
        }
        for condition in of_type(chart, "Condition"):
            if "encounter" in condition:
                start = starts[condition["encounter"]["reference"]]
                assert condition["onsetDateTime"] <= start[: len(condition["onsetDateTime"])]
            if "abatementDateTime" in condition:
                assert category(condition) == "encounter-diagnosis"
                assert condition["clinicalStatus"]["coding"][0]["code"] == "resolved"


def test_flags_agree_with_the_interval(seen: tuple[datetime, list[list[Json]]]) -> None:
    _, charts = seen
    flagged = 0
    for chart in charts:
        for item in of_type(chart, "Observation"):
            if category(item) != "laboratory" or "valueQuantity" not in item:
                continue
            value = item["valueQuantity"]["value"]
            interval = item.get("referenceRange", [{}])[0]
            flag = item.get("interpretation", [{"coding": [{"code": None}]}])[0]["coding"][0][
                "code"
            ]
            if not interval:
                assert flag in (None, "HH", "LL"), item["id"]
                continue
            low = interval.get("low", {}).get("value", float("-inf"))
            high = interval.get("high", {}).get("value", float("inf"))
            expected = "L" if value < low else "H" if value > high else "N"
            assert flag in (expected, expected * 2), (item["id"], value, flag)
            for side in interval.values():
                assert side["code"] == item["valueQuantity"]["code"]
            flagged += flag != "N"
    assert flagged > 300


def test_critical_flags_follow_the_hospitals_limits(
    seen: tuple[datetime, list[list[Json]]],
) -> None:
    _, charts = seen
    for chart in charts:
        for item in laboratory(chart, "2823-3"):
            value = item["valueQuantity"]["value"]
            critical = item["interpretation"][0]["coding"][0]["code"] in ("LL", "HH")
            assert critical is (value <= 2.8 or value >= 6.2)


def test_pressures_and_saturations_are_possible(
    seen: tuple[datetime, list[list[Json]]],
) -> None:
    _, charts = seen
    count = 0
    for chart in charts:
        for item in of_type(chart, "Observation"):
            if has_code(item["code"], "http://loinc.org", "85354-9"):
                values = {
                    part["code"]["coding"][0]["code"]: part["valueQuantity"]["value"]
                    for part in item["component"]
                }
                assert 20 <= values["8480-6"] - values["8462-4"] <= 90
                count += 1
            if has_code(item["code"], "http://loinc.org", "2708-6"):
                assert 80 <= item["valueQuantity"]["value"] <= 100
            if has_code(item["code"], "http://loinc.org", "8310-5"):
                assert 35.5 <= item["valueQuantity"]["value"] <= 40.5
    assert count > 150


def _same_time(chart: list[Json], loinc: str, when: str) -> float | None:
    for item in laboratory(chart, loinc):
        if item["effectiveDateTime"] == when:
            value: float = item["valueQuantity"]["value"]
            return value
    return None


def test_derived_values_follow_from_the_measured(
    seen: tuple[datetime, list[list[Json]]],
) -> None:
    _, charts = seen
    for chart in charts:
        patient = of_type(chart, "Patient")[0]
        for item in laboratory(chart, "39156-5"):
            when = item["effectiveDateTime"]
            weight = _same_time(chart, "29463-7", when)
            height = laboratory(chart, "8302-2")[0]["valueQuantity"]["value"] / 100
            assert weight is not None
            assert item["valueQuantity"]["value"] == pytest.approx(weight / height**2, abs=0.06)
        for item in laboratory(chart, "39469-2"):
            when = item["effectiveDateTime"]
            total, high, fat = (
                _same_time(chart, code, when) for code in ("14647-2", "14646-4", "14927-8")
            )
            assert total and high and fat
            assert item["valueQuantity"]["value"] == pytest.approx(
                total - high - fat / 2.2, abs=0.02
            )
        for item in laboratory(chart, "98979-8"):
            when = item["effectiveDateTime"]
            creatinine = _same_time(chart, "14682-9", when)
            assert creatinine is not None
            born = date.fromisoformat(patient["birthDate"])
            day = date.fromisoformat(when[:10])
            age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
            expected = _ckd_epi_2021(creatinine, age, patient["gender"] == "female")
            # An earlier visit is reported with the age at the present encounter.
            assert item["valueQuantity"]["value"] == pytest.approx(expected, rel=0.02, abs=1)


def _ckd_epi_2021(creatinine_umol_l: float, age: int, female: bool) -> float:
    """CKD-EPI 2021 written out by sex and branch, to check the generator's own formula."""
    mg_dl = creatinine_umol_l / 88.4
    if female:
        power = -0.241 if mg_dl <= 0.7 else -1.2
        return 142.0 * float((mg_dl / 0.7) ** power) * 0.9938**age * 1.012
    power = -0.302 if mg_dl <= 0.9 else -1.2
    return 142.0 * float((mg_dl / 0.9) ** power) * 0.9938**age


def test_reports_group_results_of_their_own_time(
    seen: tuple[datetime, list[list[Json]]],
) -> None:
    _, charts = seen
    for chart in charts:
        by_reference = {f"Observation/{item['id']}": item for item in of_type(chart, "Observation")}
        for report in of_type(chart, "DiagnosticReport"):
            if "result" not in report:
                assert report["conclusion"]
                continue
            assert report["result"]
            for result in report["result"]:
                item = by_reference[result["reference"]]
                assert item["effectiveDateTime"] == report["effectiveDateTime"]


def test_orders_end_after_they_begin(seen: tuple[datetime, list[list[Json]]]) -> None:
    now, charts = seen
    for chart in charts:
        for order in of_type(chart, "MedicationRequest"):
            assert order["medicationCodeableConcept"]["coding"][0]["code"]
            bounds = (
                order["dosageInstruction"][0]
                .get("timing", {})
                .get("repeat", {})
                .get("boundsPeriod", {})
            )
            if "end" in bounds:
                assert moment(bounds["start"]) <= moment(bounds["end"]) <= now
                assert order["status"] != "active"


def test_notes_quote_what_was_known_and_nothing_unfilled(
    seen: tuple[datetime, list[list[Json]]],
) -> None:
    _, charts = seen
    for chart in charts:
        written = notes(chart)
        for document in written:
            text = note_text(document)
            assert "{" not in text
            assert "None" not in text
            assert len(text) > 30
        for document in notes(chart, "admission_record"):
            complaint = re.search(r"主诉：(.*)", note_text(document))
            assert complaint is None or len(complaint[1]) <= 20


def test_quoted_creatinine_is_a_value_on_record(
    seen: tuple[datetime, list[list[Json]]],
) -> None:
    _, charts = seen
    quoted = 0
    for chart in charts:
        values = {str(item["valueQuantity"]["value"]) for item in laboratory(chart, "14682-9")}
        for document in notes(chart):
            for number in re.findall(r"肌酐[由 ]*(\d+) μmol/L", note_text(document)):
                assert number in values
                quoted += 1
    assert quoted > 10


def test_notes_name_the_patients_own_sex_and_age(
    seen: tuple[datetime, list[list[Json]]],
) -> None:
    _, charts = seen
    for chart in charts:
        patient = of_type(chart, "Patient")[0]
        word = "女" if patient["gender"] == "female" else "男"
        name = patient["name"][0]["text"]
        for document in notes(chart, "admission_record"):
            text = note_text(document)
            assert name in text
            if "一般项目" in text:
                assert f"{name}，{word}，" in text
