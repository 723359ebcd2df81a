"""Emergency access: opened, seen, ended and reviewed, and everybody who is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from suwen.control.access import decision
from suwen.control.access.decision import AccessDecider, EmergencyTarget, read_policies
from suwen.control.access.sign_in_types import Proof
from suwen.control.gateway.emergency import Declaration, ReviewOutcome
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import AuditError, AuthenticationError, ConflictError, NotFoundError
from suwen.core.identity import Channel, Principal
from suwen.core.language import Bilingual
from suwen.storage.emergency_access import EmergencyAccess
from tests.support.web_site import Answer, WebSite

STRANGER = "dr.lin"
HEAD = "dr.sun"
COMPLIANCE = "compliance.yuan"
UNKNOWN = "no-such-patient-77"
WHY = "意识丧失，急查既往用药"


@pytest.fixture(scope="module")
def strangers(web: WebSite) -> list[str]:
    """Patients whom the physician does not care for."""
    mine = {p.id for p in web.run(web.platform.charts.list_patients(principal(web, STRANGER)))}
    everybody = web.run(web.platform.records.list_patients())
    return [p.id for p in everybody if p.id not in mine]


@pytest.fixture
def patient(strangers: list[str]) -> str:
    return strangers[0]


@pytest.fixture(autouse=True)
def ended(web: WebSite) -> Iterator[None]:
    """Nothing stays open for the next test."""
    yield
    desk = web.platform.emergencies
    for account in (STRANGER, HEAD, "nurse.zhao"):
        who = principal(web, account)
        for access in web.run(desk.active(who)):
            web.run(desk.end(who, access.id))


def principal(web: WebSite, account: str) -> Principal:
    found: Principal = web.run(
        web.platform.authentication.principal_of(
            web.person(account).cookies["suwen_session"], Channel.WEB
        )
    )
    return found


def form(web: WebSite, patient: str, account: str = STRANGER, **changed: str) -> dict[str, str]:
    return {
        "patient": patient,
        "reason": "life_threatening",
        "comment": WHY,
        "password": web.passwords[account],
        **changed,
    }


def declare(web: WebSite, patient: str, account: str = STRANGER) -> EmergencyAccess:
    declared = Declaration(patient, "life_threatening", WHY)
    proof = Proof(password=web.passwords[account])
    opened: EmergencyAccess = web.run(
        web.platform.emergencies.open(principal(web, account), declared, proof)
    )
    return opened


def review(web: WebSite, account: str, access: EmergencyAccess, outcome: ReviewOutcome) -> None:
    who = principal(web, account)
    web.run(web.platform.emergencies.review(who, access.id, outcome, "核对过抢救记录"))


def audited(web: WebSite, action: str) -> list[AuditEntry]:
    return [e.entry for e in web.run(web.platform.audit_store.latest(20, action=action))]


def seen(answer: Answer, *typed: str) -> str:
    """A page without what this session or the asked number put into it."""
    text = re.sub(r"csrf[^>]*>|hx-headers='[^']*'", "", answer.text)
    for one in typed:
        text = text.replace(one, "#")
    return text


def test_a_record_opens_with_a_banner_and_closes_again(web: WebSite, patient: str) -> None:
    client = web.fresh(STRANGER)
    refused = client.get(f"/patients/{patient}")
    assert refused.status == 403
    offered = refused.page.css_first('a[href^="/emergency?"]')
    assert offered is not None
    assert client.get(offered.attributes["href"] or "").status == 200
    done = client.post("/emergency", form(web, patient))
    assert (done.status, done.headers["location"]) == (303, f"/patients/{patient}")
    page = client.get(f"/patients/{patient}")
    assert page.status == 200
    banner = page.page.css_first(".sw-emergency")
    assert banner is not None
    who = web.run(web.platform.records.read_summary(patient))
    assert who.name in banner.text() and who.identifier in banner.text()
    read = audited(web, "record.read")[0]
    assert (read.actor, read.patient, read.detail.get("break_glass")) == (STRANGER, patient, True)
    [access] = web.run(web.platform.emergencies.active(principal(web, STRANGER)))
    assert client.post(f"/emergency/{access.id}/end").status == 303
    assert client.get(f"/patients/{patient}").status == 403
    assert client.get("/about").page.css_first(".sw-emergency") is None


def test_whose_own_patient_it_is_reads_without_a_mark(web: WebSite) -> None:
    own = web.run(web.platform.charts.list_patients(principal(web, STRANGER)))[0].id
    assert web.person(STRANGER).get(f"/patients/{own}").status == 200
    assert "break_glass" not in audited(web, "record.read")[0].detail
    with pytest.raises(ConflictError, match="emergency_not_needed"):
        declare(web, own)


def test_it_is_audited_before_it_is_open(
    web: WebSite, patient: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(web, patient)
    opened = audited(web, "emergency.open")
    assert [e.outcome for e in opened[:2]] == [AuditOutcome.DONE, AuditOutcome.OPENED]
    assert opened[0].detail["reason"] == "life_threatening"
    assert WHY not in str(opened[0].detail)


def test_without_the_audit_nothing_opens(
    web: WebSite, strangers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_entry: AuditEntry) -> Any:
        raise AuditError("audit_unavailable", Bilingual("审计不可用", "No audit"))

    who = principal(web, STRANGER)
    with monkeypatch.context() as patch:
        patch.setattr(web.platform.audit, "append", broken)
        assert web.person(STRANGER).post("/emergency", form(web, strangers[1])).status >= 500
    assert web.run(web.platform.emergencies.active(who)) == []


def test_it_ends_by_itself(web: WebSite, patient: str) -> None:
    access = declare(web, patient)
    assert access.expires_at - access.opened_at == timedelta(minutes=60)
    records = web.platform.records
    almost = access.expires_at - timedelta(seconds=1)
    assert web.run(records.in_emergency(STRANGER, patient, almost))
    assert not web.run(records.in_emergency(STRANGER, patient, access.expires_at))


def test_it_opens_one_patient_to_one_person(web: WebSite, strangers: list[str]) -> None:
    declare(web, strangers[0])
    assert web.person(STRANGER).get(f"/patients/{strangers[0]}").status == 200
    assert web.person(STRANGER).get(f"/patients/{strangers[1]}").status == 403
    assert web.person("dr.he").get(f"/patients/{strangers[0]}").status == 403


def test_a_session_alone_and_a_wrong_password_open_nothing(web: WebSite, patient: str) -> None:
    who = principal(web, STRANGER)
    declared = Declaration(patient, "life_threatening", WHY)
    token = web.person(STRANGER).cookies["suwen_session"]
    for proof in (Proof(), Proof(token=token), Proof(password="not-the-password-1")):
        with pytest.raises(AuthenticationError):
            web.run(web.platform.emergencies.open(who, declared, proof))
    assert web.run(web.platform.emergencies.active(who)) == []
    refused = audited(web, "emergency.open")[0]
    assert (refused.outcome, refused.patient) == (AuditOutcome.REFUSED, patient)
    assert declare(web, patient).person == STRANGER


@pytest.mark.parametrize(
    "account",
    [
        "pharm.jiang",
        "it.cao",
        "security.dong",
        "audit.bai",
        COMPLIANCE,
        "quality.xu",
        "research.whitfield",
        "service.tao",
    ],
)
def test_others_get_one_answer_whatever_they_ask_for(
    web: WebSite, patient: str, account: str
) -> None:
    client = web.person(account)
    assert client.get("/emergency").status == 403
    answers = [client.post("/emergency", form(web, asked, account)) for asked in (patient, UNKNOWN)]
    assert {a.status for a in answers} == {403}
    assert seen(answers[0], patient) == seen(answers[1], UNKNOWN)


def test_a_nurse_may(web: WebSite, patient: str) -> None:
    assert declare(web, patient, "nurse.zhao").person == "nurse.zhao"


def test_the_form_says_nothing_before_the_person_is_proved(web: WebSite, patient: str) -> None:
    client = web.person(STRANGER)
    for changed in ({"password": "not-the-password-1"}, {"comment": "急"}, {"reason": ""}):
        answers = [
            client.post("/emergency", form(web, asked, **changed)) for asked in (patient, UNKNOWN)
        ]
        assert answers[0].status == answers[1].status
        assert answers[0].status in (401, 422)
        assert seen(answers[0], patient) == seen(answers[1], UNKNOWN)
        web.run(web.platform.people.clear_login_failures(STRANGER))
    shown = [client.get(f"/emergency?patient={asked}") for asked in (patient, UNKNOWN)]
    assert seen(shown[0], patient) == seen(shown[1], UNKNOWN)
    proved = client.post("/emergency", form(web, UNKNOWN))
    assert proved.status == 404


def test_somebody_else_reviews_it(web: WebSite, patient: str) -> None:
    access = declare(web, patient)
    listed = web.person(COMPLIANCE).get("/emergencies")
    assert access.id in listed.text
    assert WHY in listed.text
    fields = {"outcome": "justified", "comment": "核对过抢救记录"}
    client = web.person(COMPLIANCE)
    assert client.post(f"/emergencies/{access.id}/review", fields).status == 303
    assert audited(web, "emergency.review")[0].detail["outcome"] == "justified"
    with pytest.raises(ConflictError, match="emergency_reviewed"):
        review(web, HEAD, access, ReviewOutcome.NOT_JUSTIFIED)


def test_what_was_not_justified_ends_at_once(web: WebSite, patient: str) -> None:
    access = declare(web, patient)
    assert web.person(STRANGER).get(f"/patients/{patient}").status == 200
    review(web, HEAD, access, ReviewOutcome.NOT_JUSTIFIED)
    assert web.person(STRANGER).get(f"/patients/{patient}").status == 403


def test_nobody_reviews_their_own_and_no_head_another_departments(
    web: WebSite, strangers: list[str]
) -> None:
    own = declare(web, strangers[0], HEAD)
    fields = {"outcome": "justified", "comment": "自己审核自己"}
    refused = web.person(HEAD).post(f"/emergencies/{own.id}/review", fields)
    assert refused.status == 403
    with pytest.raises(NotFoundError, match="no_such_emergency"):
        review(web, "dr.xie", own, ReviewOutcome.JUSTIFIED)
    assert own.id not in web.person("dr.xie").get("/emergencies").text
    assert web.person(STRANGER).get("/emergencies").status == 403
    review(web, COMPLIANCE, own, ReviewOutcome.JUSTIFIED)


def test_the_policy_is_what_keeps_reviewers_apart(web: WebSite) -> None:
    """Without it the head of the department would review herself."""
    head = principal(web, HEAD)
    target = EmergencyTarget("e1", HEAD, same_department=True)
    action = decision.Action.REVIEW_EMERGENCY
    assert not AccessDecider().decide(head, action, target).allowed
    start = read_policies().index('@id("nobody_reviews_their_own_emergency")')
    end = read_policies().index("};", start) + 2
    off = AccessDecider(read_policies()[:start] + read_policies()[end:])
    assert off.decide(head, action, target).allowed


def test_nobody_ends_what_is_not_theirs_to_end(web: WebSite, patient: str) -> None:
    access = declare(web, patient)
    assert web.person("dr.he").post(f"/emergency/{access.id}/end").status == 404
    assert web.person(STRANGER).get(f"/patients/{patient}").status == 200
    assert web.person(COMPLIANCE).post(f"/emergency/{access.id}/end").status == 303
    assert web.person(STRANGER).get(f"/patients/{patient}").status == 403


def test_it_reads_and_does_not_sign(web: WebSite) -> None:
    respiratory = web.run(web.platform.charts.list_patients(principal(web, "dr.qiu")))[0].id
    draft = web.draft("dr.qiu", respiratory, "discharge_summary")
    client = web.person(STRANGER)
    assert client.get(f"/drafts/{draft}").status == 403
    declare(web, respiratory)
    assert client.get(f"/drafts/{draft}").status == 200
    decided = web.platform.access.decide(
        principal(web, STRANGER),
        decision.Action.SIGN_DRAFT,
        decision.DraftTarget(
            draft,
            decision.RecordOrigin.SYNTHETIC,
            care=False,
            sign_roles=frozenset({"physician"}),
            break_glass=True,
            patient=respiratory,
        ),
    )
    assert not decided.allowed
