"""Patients who share a number: lists say nothing about them, a reason opens, a person decides."""

from __future__ import annotations

from typing import Any

import pytest

from suwen.core.patient_numbers import MatchState, numbered_patient
from suwen.storage.patient_links import PatientLinkStore
from suwen.storage.patient_matches import PatientMatchStore
from suwen.storage.record_import import SYNTHETIC, StoredResource
from tests.support.web_site import Answer, WebSite

PAGE = "/patient-matches/match-e1/match-h1"


def patient(name: str, source: str, born: str) -> StoredResource:
    body: dict[str, Any] = {
        "resourceType": "Patient",
        "id": name,
        "name": [{"text": "赵匹配"}],
        "identifier": [{"system": "urn:mr", "value": "MR-774411"}],
        "birthDate": born,
        "gender": "male",
    }
    numbered = numbered_patient(body, {"urn:mr": "mrn"}, source)
    return StoredResource(
        "Patient", name, name, None, None, None, SYNTHETIC, body, numbered=numbered
    )


@pytest.fixture
def conflict(web: WebSite) -> None:
    async def put() -> None:
        records = web.platform.connection_parts.records
        await records.import_unit([patient("match-h1", "his", "1950-01-01")])
        await records.import_unit([patient("match-e1", "emr", "1950-01-02")])

    web.run(put())


def state(web: WebSite) -> MatchState:
    async def read() -> MatchState:
        store = PatientMatchStore(web.platform.connection_parts.database)
        return (await store.read("match-e1", "match-h1")).state

    found: MatchState = web.run(read())
    return found


def seen_at(opened: Answer) -> str:
    field = opened.page.css_first("input[name=seen]")
    assert field is not None
    return field.attributes["value"] or ""


def united(web: WebSite) -> bool:
    async def read() -> bool:
        links = PatientLinkStore(web.platform.connection_parts.database)
        return "match-e1" in await links.united("match-h1")

    found: bool = web.run(read())
    return found


@pytest.mark.usefixtures("conflict")
def test_a_conflict_waits_is_opened_for_a_reason_and_decided(web: WebSite) -> None:
    client = web.person("it.cao")
    listed = client.get("/patient-matches")
    assert "出生日期不同" in listed.text
    for text in (listed.text, client.get(PAGE).text):
        assert "赵匹配" not in text
        assert "774411" not in text
    assert client.post(f"{PAGE}/open", {"reason": " "}).status == 422
    opened = client.post(f"{PAGE}/open", {"reason": "核对身份"})
    assert "赵匹配" in opened.text
    assert "MR-774411" in opened.text
    seen = seen_at(opened)
    stale = client.post(f"{PAGE}/one-person", {"seen": "2000", "reason": "核对"})
    assert (stale.status, united(web)) == (409, False)
    decided = client.post(f"{PAGE}/one-person", {"seen": seen, "reason": "与病案室核对"})
    assert (decided.status, united(web)) == (303, True)
    assert state(web) is MatchState.LINKED
    opened = client.post(f"{PAGE}/open", {"reason": "核对身份"})
    seen = seen_at(opened)
    assert client.post(f"{PAGE}/two-persons", {"seen": seen, "reason": "有误"}).status == 303
    assert (state(web), united(web)) == (MatchState.APART, False)


@pytest.mark.usefixtures("conflict")
def test_who_only_looks_opens_and_decides_nothing(web: WebSite) -> None:
    auditor = web.person("audit.bai")
    assert auditor.get("/patient-matches").status == 200
    assert auditor.post(f"{PAGE}/open", {"reason": "r"}).status == 403
    assert auditor.post(f"{PAGE}/one-person", {"seen": "x", "reason": "r"}).status in (403, 409)
    assert web.person("dr.lin").get("/patient-matches").status == 403
    assert web.person("it.cao").get("/patient-matches/a/b").status == 404
    assert web.person("it.cao").get("/patient-matches?state=odd").status == 404
