"""What a message leaves out stays as it is known; what it removes is gone."""

from __future__ import annotations

from suwen.integration.hl7v2.merging import merged

KNOWN = {
    "resourceType": "Patient",
    "id": "p",
    "identifier": [{"value": "P1"}, {"value": "A1", "assigner": {"display": "ACC"}}],
    "name": [{"text": "王小明"}],
    "birthDate": "1957-02-14",
    "deceasedBoolean": False,
}


def test_what_is_not_said_stays() -> None:
    said = {"resourceType": "Patient", "id": "p", "identifier": [{"value": "P1"}], "gender": "male"}
    whole = merged(KNOWN, said)
    assert whole["name"] == KNOWN["name"]
    assert whole["gender"] == "male"
    assert [i["value"] for i in whole["identifier"]] == ["P1", "A1"]
    assert merged(None, said) == said


def test_what_is_removed_is_gone() -> None:
    assert "birthDate" not in merged(KNOWN, {"id": "p"}, removed=["birthDate", "address"])
    stay = {"period": {"start": "2024-05-01", "end": "2024-05-02"}, "status": "finished"}
    back = merged(stay, {"status": "in-progress"}, removed=["period.end"])
    assert back == {"period": {"start": "2024-05-01"}, "status": "in-progress"}
    assert "period" not in merged({"period": {"end": "x"}}, {}, removed=["period.end"])


def test_a_status_that_only_follows_from_dates_never_replaces_a_stated_one() -> None:
    stay = {"status": "finished", "class": {"code": "IMP"}}
    said = {"status": "in-progress", "class": {"code": "UNK"}}
    assert merged(stay, said, derived_status=True) == stay
    assert merged(stay, said)["status"] == "in-progress"
    assert merged(stay, {"status": "unknown"})["status"] == "finished"
    assert merged({"status": "unknown"}, said, derived_status=True)["status"] == "in-progress"


def test_a_death_with_its_date_takes_the_place_of_a_mere_no() -> None:
    assert "deceasedBoolean" not in merged(KNOWN, {"deceasedDateTime": "2024"})
    dead = {"deceasedDateTime": "2024"}
    assert merged(dead, {"deceasedBoolean": False}) == {"deceasedBoolean": False}


def test_results_of_a_partial_report_are_united_and_periods_joined() -> None:
    report = {"result": [{"reference": "Observation/1"}], "period": {"start": "a"}}
    whole = merged(report, {"result": [{"reference": "Observation/2"}], "period": {"end": "b"}})
    assert [r["reference"] for r in whole["result"]] == ["Observation/2", "Observation/1"]
    assert whole["period"] == {"start": "a", "end": "b"}
    linked = {"link": [{"other": {"reference": "Patient/1"}, "type": "replaces"}]}
    assert len(merged(linked, linked)["link"]) == 1
