"""Who read a patient's record, and who may do what: told to the right offices, and audited."""

from __future__ import annotations

import csv
import io
import re

import pytest

from suwen.control.access.decision import Action, policy_texts
from suwen.control.access.sign_in_types import Proof
from suwen.control.gateway.emergency import Declaration
from suwen.control.gateway.explaining import Explanation, Question
from suwen.control.gateway.readers import Asked, Reading
from suwen.core.errors import AccessError
from suwen.core.identity import Channel, Principal
from tests.support.web_site import WebSite

PHYSICIAN = "dr.lin"
OFFICE = "service.tao"
OTHERS = ("dr.lin", "it.cao", "security.dong", "audit.bai", "quality.xu", "research.whitfield")
UNKNOWN = "no-such-patient-77"


def principal(web: WebSite, account: str) -> Principal:
    token = web.person(account).cookies["suwen_session"]
    found: Principal = web.run(web.platform.authentication.principal_of(token, Channel.WEB))
    return found


@pytest.fixture(scope="module")
def patients(web: WebSite) -> tuple[str, str]:
    """A patient whom the physician cares for, and one whom not."""
    mine = [p.id for p in web.run(web.platform.charts.list_patients(principal(web, PHYSICIAN)))]
    everybody = [p.id for p in web.run(web.platform.records.list_patients())]
    return mine[0], next(p for p in reversed(everybody) if p not in mine)


def rows(web: WebSite, patient: str) -> list[Reading]:
    report = web.run(web.platform.readers.report(principal(web, OFFICE), Asked(patient)))
    return list(report.rows)


def latest(web: WebSite, action: str) -> dict[str, object]:
    entry = web.run(web.platform.audit_store.latest(1, action=action))[0].entry
    return {"actor": entry.actor, "patient": entry.patient, "outcome": entry.outcome.value}


def test_who_read_is_told_with_name_purpose_and_way(
    web: WebSite, patients: tuple[str, str]
) -> None:
    assert web.person(PHYSICIAN).get(f"/patients/{patients[0]}").status == 200
    read = next(row for row in rows(web, patients[0]) if row.action == "record.read")
    assert (read.account, read.name) == (PHYSICIAN, "林怀瑾")
    assert (read.purpose, read.channel, read.done) == ("treatment", "web", True)
    assert not read.break_glass
    page = web.person(OFFICE).post("/readers", {"patient": patients[0], "as": "page"})
    assert page.status == 200
    assert "林怀瑾" in page.text
    assert latest(web, "readers.report") == {
        "actor": OFFICE,
        "patient": patients[0],
        "outcome": "done",
    }


def test_what_only_an_emergency_opened_is_marked(web: WebSite, patients: tuple[str, str]) -> None:
    who, patient = principal(web, PHYSICIAN), patients[1]
    assert web.person(PHYSICIAN).get(f"/patients/{patient}").status == 403
    declared = Declaration(patient, "urgent_consultation", "急会诊需看检验")
    proof = Proof(password=web.passwords[PHYSICIAN])
    opened = web.run(web.platform.emergencies.open(who, declared, proof))
    assert web.person(PHYSICIAN).get(f"/patients/{patient}").status == 200
    web.run(web.platform.emergencies.end(who, opened.id))
    assert web.person(PHYSICIAN).get(f"/patients/{patient}").status == 403
    mine = [r for r in rows(web, patient) if r.account == PHYSICIAN and r.action == "record.read"]
    after, during, before = mine[0], mine[1], mine[-1]
    assert (during.done, during.break_glass) == (True, True)
    assert (after.done, after.break_glass) == (False, False)
    assert (before.done, before.break_glass) == (False, False)
    # An act that does not carry the mark itself is marked by when it happened.
    one = next(r for r in rows(web, patient) if r.action == "emergency.open")
    assert one.break_glass


@pytest.mark.parametrize("account", OTHERS)
def test_others_are_refused_and_that_is_audited(
    web: WebSite, patients: tuple[str, str], account: str
) -> None:
    client = web.person(account)
    assert client.get("/readers").status == 403
    for patient in (patients[0], UNKNOWN):
        assert client.post("/readers", {"patient": patient, "as": "csv"}).status == 403
        refused = latest(web, "readers.export")
        assert (refused["actor"], refused["outcome"]) == (account, "refused")


def test_a_number_that_is_nobodys_has_no_readers(web: WebSite) -> None:
    first = web.person(OFFICE).post("/readers", {"patient": UNKNOWN, "as": "page"})
    assert first.status == 200
    assert all(row.account == OFFICE for row in rows(web, UNKNOWN) if row.done)


def test_the_file_holds_the_same_and_no_formula(web: WebSite, patients: tuple[str, str]) -> None:
    assert web.person(PHYSICIAN).get(f"/patients/{patients[0]}").status == 200
    answer = web.person("compliance.yuan").post("/readers", {"patient": patients[0], "as": "csv"})
    assert answer.headers["content-disposition"].startswith("attachment")
    listed = list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))
    assert any(row["account"] == PHYSICIAN and row["purpose"] == "treatment" for row in listed)
    assert not any(cell.startswith(("=", "+", "@")) for row in listed for cell in row.values())
    assert latest(web, "readers.export")["actor"] == "compliance.yuan"


def test_days_narrow_it(web: WebSite, patients: tuple[str, str]) -> None:
    fields = {"patient": patients[0], "as": "csv", "since": "2001-01-01", "until": "2001-01-31"}
    answer = web.person(OFFICE).post("/readers", fields)
    assert len(answer.body.decode().splitlines()) == 1
    wrong = web.person(OFFICE).post("/readers", {**fields, "since": "2001-13-01"})
    assert wrong.status == 422


def explained(web: WebSite, account: str, action: Action, target: str = "") -> Explanation:
    question = Question(account, action, target)
    found: Explanation = web.run(
        web.platform.explaining.explain(principal(web, "security.dong"), question)
    )
    return found


def test_yes_with_the_policy_and_its_text(web: WebSite, patients: tuple[str, str]) -> None:
    fields = {"account": PHYSICIAN, "action": "read_record", "target": patients[0]}
    page = web.person("security.dong").post("/access/explain", fields)
    assert page.status == 200
    assert "treating_staff_read_the_record" in page.text
    assert "containsAny" in page.text
    assert latest(web, "access.explain")["actor"] == "security.dong"


def test_no_with_the_code_that_the_person_would_get(
    web: WebSite, patients: tuple[str, str]
) -> None:
    found = explained(web, PHYSICIAN, Action.READ_RECORD, patients[1])
    assert (found.allowed, found.code, found.decided) == (False, "no_care_relationship", ())
    assert "treating_staff_read_the_record" in {policy.id for policy in found.considered}
    assert dict(found.facts)["care"] == "false"


def test_a_number_that_is_nobodys_is_answered_alike(
    web: WebSite, patients: tuple[str, str]
) -> None:
    known = explained(web, PHYSICIAN, Action.READ_RECORD, patients[1])
    unknown = explained(web, PHYSICIAN, Action.READ_RECORD, UNKNOWN)
    assert (known.code, known.facts, known.considered) == (
        unknown.code,
        unknown.facts,
        unknown.considered,
    )


def test_the_answer_is_what_happens_and_nothing_happens(
    web: WebSite, patients: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = web.draft(PHYSICIAN, patients[0], "discharge_summary")
    for account in ("dr.lin", "dr.sun", "dr.qiu", "nurse.zhao", "it.cao", "quality.xu"):
        for patient in patients:
            answer = explained(web, account, Action.READ_RECORD, patient)
            status = web.person(account).get(f"/patients/{patient}").status
            assert answer.allowed == (status == 200), (account, patient)
        answer = explained(web, account, Action.READ_DRAFT, draft)
        assert answer.allowed == (web.person(account).get(f"/drafts/{draft}").status == 200)
    before = web.run(web.platform.audit_store.head()).sequence
    explained(web, PHYSICIAN, Action.SIGN_DRAFT, draft)
    after = web.run(web.platform.audit_store.events(before + 1))
    assert [event.entry.action for event in after] == ["access.explain"]


@pytest.mark.parametrize("account", ["dr.lin", "it.cao", "audit.bai", OFFICE])
def test_only_security_and_compliance_ask(web: WebSite, account: str) -> None:
    assert web.person(account).get("/access/explain").status == 403
    fields = {"account": PHYSICIAN, "action": "manage_people"}
    assert web.person(account).post("/access/explain", fields).status == 403
    with pytest.raises(AccessError, match="not_permitted"):
        question = Question(PHYSICIAN, Action.MANAGE_PEOPLE)
        web.run(web.platform.explaining.explain(principal(web, account), question))
    assert latest(web, "access.explain")["outcome"] == "refused"
    assert web.person("compliance.yuan").post("/access/explain", fields).status == 200


def test_what_cannot_be_asked_is_said(web: WebSite) -> None:
    officer = web.person("security.dong")
    for fields, status in (
        ({"account": PHYSICIAN, "action": "use_engine", "target": "x"}, 422),
        ({"account": PHYSICIAN, "action": "read_record"}, 422),
        ({"account": "nobody.here", "action": "manage_people"}, 404),
        (
            {"account": PHYSICIAN, "action": "read_record", "target": "x", "purpose": "research"},
            403,
        ),
    ):
        assert officer.post("/access/explain", fields).status == status, fields


def test_every_policy_has_its_text() -> None:
    from suwen.control.access.decision import read_policies

    ids = re.findall(r'^@id\("(\w+)"\)', read_policies(), re.MULTILINE)
    assert sorted(policy_texts()) == sorted(ids)
    assert all(f'@id("{name}")' in text for name, text in policy_texts().items())
    assert all(text.rstrip().endswith(";") for text in policy_texts().values())
