"""The pharmacists' queue: for whom it opens, what is decided there, and the way back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from suwen.bootstrap.prescriptions.comments import (
    CommentDesk,
    KeepsComments,
    SampleRule,
    period,
    prescriptions_of,
    request_of,
    sample_size,
)
from suwen.bootstrap.prescriptions.intake import NOT_STORED, REVIEW
from suwen.bootstrap.prescriptions.shown import Deed, PrescriptionView
from suwen.core.errors import ConflictError
from suwen.core.identity import Channel
from suwen.core.language import Language
from suwen.storage.bulk_runs import BulkItem, BulkResult, BulkRun
from suwen.storage.prescription_comments import CommentScope, CommentStore
from suwen.storage.prescription_types import PrescriptionAct, PrescriptionState
from suwen.web.routes.prescriptions import often
from suwen.web.texts import Texts
from tests.support.web_site import WebSite

ALLERGIC: Mapping[str, Any] = {
    "patient": {"sex": "male", "age_y": 70},
    "allergies": ["青霉素"],
    "diagnoses": [{"text": "社区获得性肺炎"}],
    "orders": [
        {"drug": "阿莫西林胶囊", "dose": 0.5, "unit": "g", "frequency": "tid", "route": "口服",
         "days": 5},
    ],
    "setting": "outpatient",
}  # fmt: skip
CLEAN: Mapping[str, Any] = {
    "patient": {"sex": "female", "age_y": 45},
    "allergies": [],
    "diagnoses": [{"text": "高血压病"}],
    "orders": [
        {"drug": "氨氯地平片", "dose": 5, "unit": "mg", "frequency": "qd", "route": "口服",
         "days": 7},
    ],
    "setting": "outpatient",
}  # fmt: skip


def hand_in(web: WebSite, request: Mapping[str, Any], account: str = "dr.lin", **more: Any) -> Any:
    answer = web.api(
        web.token(account), "POST", "/api/v1/prescriptions", {"request": request, **more}
    )
    assert answer.status == 201, answer.text
    return answer.json


def act(web: WebSite, account: str, one: Mapping[str, Any], deed: str, **more: Any) -> Any:
    body = {"act": deed, "version": one["version"], **more}
    address = f"/api/v1/prescriptions/{one['id']}/acts"
    return web.api(web.token(account), "POST", address, body)


def matters(one: Mapping[str, Any], action: str = "interrupt") -> list[str]:
    return [f["matter"] for f in one["result"]["findings"] if f["action"] == action]


def test_a_prescription_is_asked_about_justified_and_accepted(web: WebSite) -> None:
    pharmacist, doctor = web.person("pharm.jiang"), web.person("dr.lin")
    one = hand_in(web, ALLERGIC)
    assert one["decision"] == "interrupt"
    address = f"/prescriptions/{one['id']}"
    assert address in pharmacist.get("/prescriptions").text
    page = pharmacist.get(address)
    assert page.status == 200
    assert "青霉素类之间交叉过敏" in page.text
    assert "阿莫西林" in page.text
    bare = pharmacist.post(f"{address}/accept", {"version": 1, "comment": ""})
    assert bare.status == 422
    assert "未注明理由" in bare.text
    assert pharmacist.post(f"{address}/query", {"version": 1, "comment": ""}).status == 422
    asked = {"version": 1, "reason": "INA2", "comment": "皮试结果？"}
    assert pharmacist.post(f"{address}/query", asked).status == 303
    assert address in doctor.get("/prescriptions/mine").text
    assert "皮试结果？" in doctor.get(address).text
    answered = doctor.post(f"{address}/justify", {"version": 2, "comment": "皮试阴性，既往耐受"})
    assert answered.status == 303
    page = pharmacist.get(address)
    assert "皮试阴性" in page.text
    unanswered = pharmacist.post(f"{address}/accept", {"version": 3, "comment": ""})
    assert unanswered.status == 422
    override = {f"override.{m}": "tolerated_before" for m in matters(one)}
    accepted = pharmacist.post(f"{address}/accept", {"version": 3, "comment": "", **override})
    assert accepted.status == 303
    shown = web.api(web.token("dr.lin"), "GET", f"/api/v1{address}").json
    assert shown["state"] == "accepted"
    assert {shown["outcomes"][m] for m in matters(one)} == {"overridden"}


def test_the_prescriber_changes_the_lines_and_they_are_reviewed_again(web: WebSite) -> None:
    doctor = web.person("dr.lin")
    one = hand_in(web, ALLERGIC)
    assert act(web, "pharm.jiang", one, "query", reason="INA2", comment="换药").status == 200
    address = f"/prescriptions/{one['id']}"
    wrong = {"version": 2, "drug.0": "左氧氟沙星片", "dose.0": "half", "unit.0": "g"}
    assert doctor.post(f"{address}/change", wrong).status == 422
    changed = {**wrong, "dose.0": "0.5", "frequency.0": "qd", "route.0": "口服", "days.0": "5"}
    assert doctor.post(f"{address}/change", changed).status == 303
    shown = web.api(web.token("pharm.jiang"), "GET", f"/api/v1{address}").json
    assert shown["state"] == "waiting"
    assert shown["result"]["reviewed"]["orders"][0]["drug"] == "左氧氟沙星片"
    assert matters(shown) == []


def test_a_decision_is_taken_back_until_somebody_was_told(web: WebSite) -> None:
    one = hand_in(web, CLEAN)
    accepted = act(web, "pharm.jiang", one, "accept").json
    assert accepted["state"] == "accepted"
    assert accepted["undo_s"] > 0
    back = act(web, "pharm.jiang", accepted, "undo")
    assert back.json["state"] == "waiting"
    again = act(web, "pharm.jiang", back.json, "accept").json
    assert again["state"] == "accepted"
    assert web.api(web.token("dr.lin"), "GET", f"/api/v1/prescriptions/{one['id']}").status == 200
    refused = act(web, "pharm.jiang", again, "undo")
    assert (refused.status, refused.json["code"]) == (409, "too_late_to_undo")


def test_of_two_who_opened_it_only_the_first_decides(web: WebSite) -> None:
    one = hand_in(web, CLEAN)
    assert act(web, "pharm.jiang", one, "accept").status == 200
    late = act(web, "pharm.jiang", one, "reject", reason="INA9")
    assert (late.status, late.json["code"]) == (409, "step_not_possible")


def test_two_acts_at_the_same_moment_are_one(web: WebSite) -> None:
    one = hand_in(web, CLEAN)
    desk, principal = (
        web.platform.prescriptions,
        web.run(web.platform.authentication.principal_of(web.token("pharm.jiang"), Channel.API)),
    )

    async def both() -> list[object]:
        deeds = [
            desk.decide(one["id"], Deed(PrescriptionAct.ACCEPT, 1), principal),
            desk.decide(one["id"], Deed(PrescriptionAct.REJECT, 1, "INA9"), principal),
        ]
        return list(await asyncio.gather(*deeds, return_exceptions=True))

    ended = web.run(both())
    [lost] = [one for one in ended if isinstance(one, ConflictError)]
    assert lost.code in ("prescription_has_moved", "step_not_possible")
    assert len([one for one in ended if isinstance(one, PrescriptionView)]) == 1


def test_what_was_answered_in_the_encounter_asks_no_more(web: WebSite) -> None:
    where = {"patient_id": "nobody-here", "encounter_id": "visit-1"}
    one = hand_in(web, ALLERGIC, **where)
    reasons = dict.fromkeys(matters(one), "prescriber_confirmed")
    assert act(web, "pharm.jiang", one, "accept", overridden=reasons).status == 200
    second = hand_in(web, ALLERGIC, **where)
    assert second["decision"] == "inform"
    assert {f.get("quiet") for f in second["result"]["findings"]} >= {"episode"}
    assert (
        hand_in(web, ALLERGIC, patient_id="nobody-here", encounter_id="visit-2")["decision"]
        == "interrupt"
    )


def test_the_same_key_comes_in_once(web: WebSite) -> None:
    first, second = (hand_in(web, CLEAN, key="his-77") for _ in range(2))
    assert first["id"] == second["id"]


def test_for_whom_it_opens(web: WebSite) -> None:
    one = hand_in(web, CLEAN)
    address = f"/prescriptions/{one['id']}"
    assert web.person("dr.lin").get(address).status == 200
    assert web.person("dr.he").get(address).status == 404
    assert web.person("dr.lin").get("/prescriptions").headers["location"] == "/prescriptions/mine"
    assert web.person("nurse.zhao").get("/prescriptions").status == 403
    assert act(web, "dr.lin", one, "accept").status == 403
    nurse = web.api(
        web.token("nurse.zhao"), "POST", "/api/v1/prescriptions", {"request": dict(CLEAN)}
    )
    assert (nurse.status, nurse.json["code"]) == (403, "not_permitted")
    own = hand_in(web, CLEAN, account="pharm.jiang")
    assert act(web, "pharm.jiang", own, "accept").status == 409


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_are_whole_in_both_languages(web: WebSite, language: str) -> None:
    one = hand_in(web, ALLERGIC)
    for path in ("/prescriptions", "/prescriptions?state=accepted", f"/prescriptions/{one['id']}"):
        mark = "&" if "?" in path else "?"
        assert web.person("pharm.jiang").get(f"{path}{mark}lang={language}").status == 200


@pytest.mark.parametrize(
    ("written", "zh", "en"),
    [
        ({"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}, "每日 2 次", "2× per day"),
        ({"frequency": 1, "period": 8, "periodUnit": "h"}, "每 8 小时 1 次", "1× every 8 h"),
        ("prn", "prn", "prn"),
        (None, "", ""),
        ({"repeat": {"frequency": 3, "periodUnit": "fortnight"}}, "3×/fortnight", "3×/fortnight"),
    ],
)
def test_how_often_is_said_in_words(written: object, zh: str, en: str) -> None:
    assert [often(written, Texts(one)) for one in (Language.ZH, Language.EN)] == [zh, en]


def test_orders_of_the_record_come_into_the_queue_once(web: WebSite) -> None:
    """The demonstration's running orders: those that no rule likes come first."""
    intake = web.platform.prescriptions.intake
    web.run(intake.take_arrivals(100))
    assert web.run(intake.take_arrivals(100)) == 0
    queue = web.api(web.token("pharm.jiang"), "GET", "/api/v1/prescriptions?limit=500").json
    there = [p for p in queue["prescriptions"] if p["origin"] == "record"]
    assert len(there) >= 5
    assert queue["unreviewed"] == 0
    decisions = [p["decision"] for p in queue["prescriptions"]]
    assert decisions == sorted(decisions, key=["interrupt", "inform", "pass"].index)
    page = web.person("pharm.jiang").get(f"/prescriptions/{there[0]['id']}")
    assert page.status == 200
    assert there[0]["patient_id"] in page.text


def test_orders_that_were_taken_back_leave_the_queue(web: WebSite) -> None:
    desk, now = web.platform.prescriptions, web.platform.clock.now()
    arrivals = desk.intake.arrivals
    order = {
        "resourceType": "MedicationRequest",
        "id": "web-1",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/web-p1"},
        "medicationCodeableConcept": {"text": "氨氯地平片"},
        "authoredOn": "2026-11-20T09:00:00+08:00",
    }
    patient = {"resourceType": "Patient", "id": "web-p1", "gender": "male"}

    async def arrive(number: int, status: str) -> None:
        content = {"resources": [patient, {**order, "status": status}], "setting": "inpatient"}
        names = ["MedicationRequest/web-1"]
        await arrivals.add(f"web:{number}", "hl7", "web-p1", names, content, now)
        await desk.intake.take_arrivals(100)

    def states() -> list[str]:
        rows = web.run(desk._store.queue(list(PrescriptionState), limit=1000))
        return sorted(p.state.value for p in rows if p.patient == "web-p1")

    web.run(arrive(1, "active"))
    assert states() == ["waiting"]
    web.run(arrive(2, "active"))
    assert states() == ["superseded", "waiting"]
    web.run(arrive(3, "cancelled"))
    assert states() == ["superseded", "withdrawn"]


def test_a_rule_is_made_quiet_by_two_people_for_a_while(web: WebSite) -> None:
    rule = "DUP-SUBSTANCE"
    twice = {**CLEAN, "orders": [*CLEAN["orders"], *CLEAN["orders"]]}
    assert rule in {f["rule"] for f in hand_in(web, twice)["result"]["findings"]}
    pharmacist, chief = web.person("pharm.jiang"), web.person("dr.sun")
    until = (web.platform.clock.now().date() + timedelta(days=7)).isoformat()
    fields = {"rule": rule, "reason": "多为续方", "until": until}
    assert web.person("dr.lin").post("/prescriptions/rules/suppress", fields).status == 403
    unknown = pharmacist.post("/prescriptions/rules/suppress", {**fields, "rule": "DUP-SUBSTANZ"})
    assert unknown.status == 422
    assert "多为续方" in unknown.page.css_first('textarea[name="reason"]').text()
    assert pharmacist.post("/prescriptions/rules/suppress", fields).status == 303
    assert pharmacist.post("/prescriptions/rules/suppress", fields).status == 409
    asks = [f for f in hand_in(web, twice)["result"]["findings"] if f["rule"] == rule]
    assert {f["action"] for f in asks} != {"pass"}
    [form] = [
        str(f.attributes["action"])
        for f in chief.get("/prescriptions/rules").page.css("form")
        if str(f.attributes.get("action", "")).endswith("/approve")
    ]
    assert pharmacist.post(form).status == 409
    assert chief.post(form).status == 303
    quiet = [f for f in hand_in(web, twice)["result"]["findings"] if f["rule"] == rule]
    assert {(f["action"], f["quiet"]) for f in quiet} == {("pass", "suppressed")}
    assert chief.post(form.replace("/approve", "/end")).status == 303
    assert "quiet" not in hand_in(web, twice)["result"]["findings"][0]


def test_figures_of_rules_and_comments_by_category(web: WebSite) -> None:
    one = hand_in(web, ALLERGIC)
    assert act(web, "pharm.jiang", one, "reject", reason="INA2").status == 200
    pharmacist = web.person("pharm.jiang")
    rules = pharmacist.get("/prescriptions/rules.csv").text
    assert "penicillin-penicillin" in rules
    for path in ("/prescriptions/rules", "/prescriptions/comments"):
        assert pharmacist.get(path).status == 200
        assert web.person("nurse.zhao").get(path).status == 403
    page = pharmacist.get("/prescriptions/comments").text
    assert "INA2" in page
    table = pharmacist.get("/prescriptions/comments.csv").text
    hand_in(web, CLEAN)
    total = [line for line in table.splitlines() if line.startswith("all,")]
    again = pharmacist.get("/prescriptions/comments.csv").text.splitlines()
    assert set(total) <= set(again), "what nobody looked at yet is not called sound"
    assert f"prescription,{one['id']},penicillin-penicillin INA2" in table
    assert "prescriber,dr.lin" in table
    none = pharmacist.get("/prescriptions/comments?from=2020-01-01&to=2020-01-31")
    assert "该范围内没有处方" in none.text


def test_a_sample_of_the_record_is_judged_and_counted(web: WebSite) -> None:
    """What the quality office draws is kept for the statistics, and judged again replaces it."""
    platform = web.platform
    desk, keeps = CommentDesk(platform), KeepsComments(platform)
    begin, until = period("", "", platform)
    begin -= timedelta(days=300)
    scope = CommentScope(begin, until, retrospective=True)
    officer = web.run(platform.authentication.principal_of(web.token("quality.xu"), Channel.API))

    async def judge() -> int:
        orders = await CommentStore(platform.database).written(begin, until, None)
        groups = prescriptions_of(orders, platform)[:12]
        run = BulkRun("rx-test", "prescription_review", "t", "s", {}, 1, 12, officer.id, until)
        for number, group in enumerate(groups):
            request = request_of(group)
            result = await platform.gateway.run(officer, REVIEW, request, NOT_STORED)
            body = {"result": result.output, "run": {"trace_id": result.trace}}
            item = BulkItem(number, group[0].patient, request, 0)
            async with platform.database.transaction() as connection:
                await keeps.keep(connection, run, item, BulkResult(number, "ok", None, body))
        return len(groups)

    judged = web.run(judge())
    assert judged == 12
    figures = web.run(desk.figures(scope, officer))
    assert figures.total.prescriptions == judged
    assert all(one.name for one in figures.prescribers)
    assert web.run(judge()) == judged
    again = web.run(desk.figures(scope, officer))
    assert again.total == figures.total
    page = web.person("quality.xu").get("/prescriptions/comments?scope=retrospective&from=")
    assert page.status == 200


@pytest.mark.parametrize(
    ("rule", "there", "wanted"),
    [
        (SampleRule.OUTPATIENT, 50, 50),
        (SampleRule.OUTPATIENT, 5000, 100),
        (SampleRule.OUTPATIENT, 250_001, 251),
        (SampleRule.INPATIENT, 20, 20),
        (SampleRule.INPATIENT, 900, 30),
        (SampleRule.INPATIENT, 12_345, 124),
        (SampleRule.ALL, 7, 7),
    ],
)
def test_how_many_are_drawn(rule: SampleRule, there: int, wanted: int) -> None:
    assert sample_size(rule, there) == wanted


def test_whoever_looks_at_their_own_prescriptions_stands_in_the_audit(web: WebSite) -> None:
    audits = web.platform.audit_store
    before = web.run(audits.latest(1, action="prescription.list", actor="dr.wei"))
    assert web.person("dr.wei").get("/prescriptions/mine").status == 200
    [told] = web.run(audits.latest(1, action="prescription.list", actor="dr.wei"))
    assert told not in before and told.entry.outcome == "done"
