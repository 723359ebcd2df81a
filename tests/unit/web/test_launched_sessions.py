"""A session that another system opened for one patient shows nothing of anybody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from suwen.bootstrap.bulk_runs import bulk_store
from suwen.bootstrap.monitoring.incidents import IncidentDesk, Report
from suwen.bootstrap.quality import QualityDesk, quality_store
from suwen.core.errors import NotFoundError
from suwen.core.identity import Channel, PatientId, Principal, PrincipalId
from suwen.storage.bulk_runs import BulkItem, BulkResult, BulkRun
from suwen.storage.emergency_access import EmergencyAccess, EmergencyStore
from suwen.storage.encryption import field_cipher
from suwen.storage.quality import SENT, FindingKey
from tests.support.web_site import Client, WebSite
from tests.unit.web.test_quality_pages import FINDING

WHO, NAME, OFFICER = "dr.qiu", "邱景明", "quality.xu"
RUN = "launched-test"
FOUND = {
    **FINDING,
    "quote": "BIDX",
    "message_zh": "不应使用缩写“BIDX”。",
    "message_en": "“BIDX” is not an allowed abbreviation.",
    "evidence": [],
}


def principal(web: WebSite, account: str) -> Principal:
    token = web.person(account).cookies["suwen_session"]
    found: Principal = web.run(web.platform.authentication.principal_of(token, Channel.WEB))
    return found


@pytest.fixture(scope="module")
def patients(web: WebSite) -> tuple[str, str]:
    """The one whom the session is for, and another patient of the same physician."""
    here, elsewhere = web.run(web.platform.charts.list_patients(principal(web, WHO)))[:2]
    return here.id, elsewhere.id


@pytest.fixture
def framed(web: WebSite, patients: tuple[str, str]) -> Client:
    """The physician's browser in another system, for the first patient."""
    person = web.run(web.platform.people.read(PrincipalId(WHO)))
    patient = PatientId(patients[0])
    begun = web.run(web.platform.authentication.begin(person, Channel.LAUNCH, patient=patient))
    client = web.stranger()
    client.cookies["suwen_launch"] = begun.token
    return client


@pytest.fixture(scope="module")
def findings(web: WebSite, patients: tuple[str, str]) -> tuple[str, str]:
    """A finding about each of them that was sent to the physician."""
    platform, store = web.platform, quality_store(web.platform)
    papers = [{"id": "n1", "document_type": "daily_course_note", "author": NAME}]
    judged = {"score": 99.0, "grade": "A", "documents": papers, "findings": [FOUND]}
    now = platform.clock.now()
    run = BulkRun(RUN, "record_quality", "t", "stays", {"parts": 1}, 1, 2, OFFICER, now)
    items = [BulkItem(n, patient, {}, 0) for n, patient in enumerate(patients)]
    body = {"status": "ok", "result": judged}
    kept = [(item, BulkResult(item.ordinal, "ok", None, body, "skipped", 1.0)) for item in items]

    officer = principal(web, OFFICER)

    async def keep() -> None:
        await bulk_store(platform).add(run, [(item.patient, {}) for item in items])
        await bulk_store(platform).keep(run, kept, now, store.keep)
        for item in items:
            await QualityDesk(platform).move(FindingKey(RUN, item.ordinal, 0), SENT, officer)

    web.run(keep())
    return f"{RUN}.0.0", f"{RUN}.1.0"


def test_findings_of_other_patients_are_not_there(
    web: WebSite, framed: Client, findings: tuple[str, str]
) -> None:
    here, elsewhere = (f"/quality/findings/{key}" for key in findings)
    own = web.person(WHO)
    assert here in own.get("/quality/mine").text and elsewhere in own.get("/quality/mine").text
    assert own.get(elsewhere).status == 200
    assert here in framed.get("/quality/mine").text
    assert elsewhere not in framed.get("/quality/mine").text
    assert (framed.get(here).status, framed.get(elsewhere).status) == (200, 404)
    assert framed.get(f"/api/v1{elsewhere}").status == 404
    assert framed.post(f"{elsewhere}/repaired", {"comment": "x"}).status == 404


def test_whoever_reads_a_finding_stands_in_the_audit(
    web: WebSite, findings: tuple[str, str], patients: tuple[str, str]
) -> None:
    subject = f"QualityFinding/{findings[1]}"
    audits = web.platform.audit_store
    before = web.run(audits.latest(100, action="quality.read", subject=subject))
    assert web.person(WHO).get(f"/quality/findings/{findings[1]}").status == 200
    told = web.run(audits.latest(100, action="quality.read", subject=subject))
    assert len(told) == len(before) + 1
    assert (told[0].entry.actor, told[0].entry.patient) == (WHO, patients[1])


def test_emergencies_for_other_patients_are_not_shown(
    web: WebSite, patients: tuple[str, str]
) -> None:
    platform, now = web.platform, web.platform.clock.now()
    store = EmergencyStore(platform.database, field_cipher(platform.settings.home))
    whole = principal(web, WHO)
    access = EmergencyAccess(
        "launched-emergency", whole.id, whole.departments, PatientId(patients[1]),
        "life_threatening", "抢救，急查既往史", now, now + timedelta(minutes=5),
    )  # fmt: skip
    web.run(store.put(access))
    sessions: dict[str | None, Principal] = {
        None: whole,
        **{one: replace(whole, launched_for=PatientId(one)) for one in patients},
    }
    try:
        seen = {
            patient: {one.id for one in web.run(platform.emergencies.active(session))}
            for patient, session in sessions.items()
        }
    finally:
        web.run(store.end(access.id, whole.id, now))
    assert access.id in seen[None] and access.id in seen[patients[1]]
    assert access.id not in seen[patients[0]]


def test_ones_own_reports_about_other_patients_are_not_there(
    web: WebSite, patients: tuple[str, str]
) -> None:
    desk, whole = IncidentDesk(web.platform), principal(web, WHO)
    codes = {"kind": "near_miss", "problem": "other", "harm": "none"}
    happened = web.platform.clock.now() - timedelta(minutes=1)
    numbers = [
        web.run(
            desk.report(Report(f"/patients/{one}", codes, "患者身份核对有误。", happened), whole)
        )
        for one in patients
    ]
    framed = replace(whole, launched_for=PatientId(patients[0]))
    assert set(numbers) <= {line.incident.id for line in web.run(desk.list(whole))}
    listed = {line.incident.id for line in web.run(desk.list(framed))}
    assert numbers[0] in listed and numbers[1] not in listed
    assert web.run(desk.read(numbers[0], framed)).legible
    with pytest.raises(NotFoundError):
        web.run(desk.read(numbers[1], framed))


def test_runs_over_many_records_are_for_no_such_session(web: WebSite, framed: Client) -> None:
    for path in ("/bulk", "/api/v1/bulk", "/api/v1/bulk/applications"):
        assert web.person(WHO).get(path).status == 200, path
        assert framed.get(path).status == 403, path
    wanted = {"app": "record_writer:0", "scope": "all"}
    assert framed.post("/bulk/preview", wanted).status == 403
