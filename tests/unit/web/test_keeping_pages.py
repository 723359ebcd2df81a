"""Holds and erasures as the offices work with them, and what the demonstration's database shows."""

from __future__ import annotations

import re

import pytest

from tests.support.database import connect
from tests.support.web_site import WebSite

OFFICE, COMPLIANCE, QUALITY = "service.tao", "compliance.yuan", "quality.xu"
PATIENT = "demo-p20"


def _id_of(text: str, what: str) -> str:
    found = re.search(rf"/retention/{what}/([^/]+)/", text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("account", ["dr.lin", "it.cao", "security.dong", "research.whitfield"])
def test_others_see_nothing_of_it(web: WebSite, account: str) -> None:
    client = web.person(account)
    assert client.get("/retention").status == 403
    form = {"patient": PATIENT, "erase": PATIENT, "basis": "order", "erase_reason": "x"}
    for address in ("holds", "erasures"):
        assert client.post(f"/retention/{address}", {**form, "reason": "x"}).status == 403


def test_a_hold_is_placed_by_one_office_and_released_by_another(web: WebSite) -> None:
    quality, compliance = web.person(QUALITY), web.person(COMPLIANCE)
    held = quality.post("/retention/holds", {"patient": PATIENT, "reason": "case 7/2026"})
    assert held.status == 303
    own = quality.get("/retention")
    assert "case 7/2026" in own.text
    assert "/retention/holds/1/release" not in own.text
    number = _id_of(compliance.get("/retention").text, "holds")
    release = f"/retention/holds/{number}/release"
    assert quality.post(release, {"reason": "over"}).status == 409
    asked = {"erase": PATIENT, "basis": "order", "erase_reason": "court 12"}
    refused = web.person(OFFICE).post("/retention/erasures", asked)
    assert refused.status == 409
    assert "court 12" in refused.text
    assert compliance.post(release, {"reason": ""}).status == 422
    assert compliance.post(release, {"reason": "over"}).status == 303
    assert _id_of(quality.get("/retention").text + f"/retention/holds/{number}/", "holds") == number


def test_an_erasure_is_asked_for_by_one_office_and_decided_by_another(web: WebSite) -> None:
    office, compliance = web.person(OFFICE), web.person(COMPLIANCE)
    asked = {"erase": PATIENT, "basis": "order", "erase_reason": "court 12"}
    assert office.post("/retention/erasures", {**asked, "basis": "any"}).status == 422
    assert office.post("/retention/erasures", asked).status == 303
    page = compliance.get("/retention").text
    assert "court 12" in page
    decide = f"/retention/erasures/{_id_of(page, 'erasures')}/decide"
    assert office.post(decide, {"decision": "approve", "sure": "on"}).status == 403
    assert compliance.post(decide, {"decision": "refuse"}).status == 303
    assert compliance.post(decide, {"decision": "approve", "sure": "on"}).status == 409
    assert web.run(web.platform.records.read_summary(PATIENT)) is not None


def test_nothing_in_the_database_of_a_whole_site_names_a_patient(web: WebSite) -> None:
    patients = web.run(web.platform.records.list_patients(limit=1000))
    wanted = sorted({p.name for p in patients if p.name and len(p.name) > 2})
    wanted += [p.identifier for p in patients if p.identifier]
    assert len(wanted) > 20
    with connect(web.platform.urls.migration) as owner:
        tables = [
            row[0]
            for row in owner.execute(
                "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' "
                "AND relnamespace = 'public'::regnamespace ORDER BY 1"
            )
        ]
        found = {
            table
            for table in tables
            if owner.execute(
                f"SELECT 1 FROM {table} AS held, unnest(%s::text[]) AS wanted (name) "
                "WHERE position(wanted.name in held::text) > 0 LIMIT 1",
                [wanted],
            ).fetchone()
            is not None
        }
        sealed = owner.execute("SELECT count(*) FROM resource WHERE body LIKE '~%'").fetchone()
    assert found == set()
    assert sealed is not None
    assert sealed[0] > 100


def test_records_whose_time_is_over_have_a_page_and_documents_a_form(web: WebSite) -> None:
    compliance = web.person(COMPLIANCE)
    assert compliance.get("/retention/due").status == 200
    assert "/retention/documents" in compliance.get("/retention").text
    assert "/retention/documents" not in web.person(QUALITY).get("/retention").text
    assert web.person("dr.lin").get("/retention/due").status == 403
    asked = {"collection": "none", "document": "none", "document_reason": "letter 12"}
    for account, status in (("dr.lin", 403), (OFFICE, 403), (COMPLIANCE, 404)):
        assert web.person(account).post("/retention/documents", asked).status == status
    missing = {**asked, "document_reason": ""}
    assert compliance.post("/retention/documents", missing).status == 422
