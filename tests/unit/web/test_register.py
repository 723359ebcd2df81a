"""The register of AI systems as the AI committee sees and writes it."""

from __future__ import annotations

import csv
import io
from urllib.parse import quote

from suwen.control.governance.risk.questions import studied_functions
from tests.support.web_site import WebSite

OFFICE = "compliance.yuan"


def test_our_applications_stand_on_it_with_their_classes(web: WebSite) -> None:
    page = web.person("dr.lin").get("/register").page
    rows = {link.attributes["href"] for link in page.css("tbody a")}
    assert {"/register/triage", "/register/record_writer"} <= rows
    assert not page.css("form[method=post][action='/register']")
    told = web.person(OFFICE).get("/register/triage").page.css("table")[0].text()
    assert "cn.navigation" in told and "有歧义" in told
    # What nobody answered is undetermined, and leads to the question.
    told_not = web.person(OFFICE).get("/register/evidence_search").page
    assert "无法判定" in told_not.css("table")[0].text()
    assert told_not.css("a[href='#answer-function']")


def test_a_system_is_registered_answered_decided_and_exported(web: WebSite) -> None:
    office = web.person(OFFICE)
    added = office.post("/register", {"id": "ct-reader", "title": "CT 结节检测"})
    assert (added.status, added.headers["location"]) == (303, "/register/ct-reader")
    [diagnosis] = [f for f in studied_functions() if f.id == "diagnosis_support"]
    answers = {f"answer.{k}": v for k, v in {**diagnosis.answers, "signals": "pattern"}.items()}
    facts = {"title": "CT 结节检测", "owner": "=放射科", "stage": "in_use", "ends": "2030-01-31"}
    saved = office.post("/register/ct-reader", {**facts, **answers, "version": "1"})
    assert saved.status == 303
    page = office.get("/register/ct-reader").page
    classes = page.css("table")[0].text()
    assert "us.signals" in classes and "IIb" in classes and "cn.signals" in classes
    assert len(page.css("ol li")) == 2
    rows = list(csv.DictReader(io.StringIO(office.get("/register.csv").body.decode("utf-8-sig"))))
    [row] = [row for row in rows if row["id"] == "ct-reader"]
    assert (row["owner"], row["us_rule"], row["ends"]) == ("'=放射科", "us.signals", "2030-01-31")
    # Whoever still has the page from before overwrites nothing.
    late = office.post("/register/ct-reader", {**facts, "version": "1"})
    assert late.status == 409
    assert "别人刚刚改过" in late.text


def test_a_change_of_law_is_listed_with_what_it_changes(web: WebSite) -> None:
    office = web.person(OFFICE)
    office.post("/register", {"id": "dose-advisor", "title": "Dose advisor"})
    [therapy] = [f for f in studied_functions() if f.id == "therapy_planning"]
    answers = {f"answer.{k}": v for k, v in {**therapy.answers, "advice": "single"}.items()}
    office.post("/register/dose-advisor", {"title": "Dose advisor", "version": "1", **answers})
    page = office.get("/register?law=2026-01").page
    changed = page.css("section[aria-labelledby=changed] tbody")[0].text()
    assert "dose-advisor" in changed and "美国" in changed
    assert office.get("/register?law=1999-01").status == 404


def test_wrong_facts_are_told_at_their_field_and_stay_typed(web: WebSite) -> None:
    office = web.person(OFFICE)
    for given, words in (
        ({"stage": "asleep"}, "planned"),
        ({"ends": "tomorrow"}, "YYYY-MM-DD"),
        ({"contact": "x" * 2001}, "2000"),
        ({"answer.reader": "dog"}, "patient"),
    ):
        answer = office.post("/register/triage", {"version": "0", "outputs": "科室", **given})
        assert answer.status == 422, given
        assert words in answer.text
        assert "科室" in answer.page.css("textarea[name=outputs]")[0].text()
    # What the manifest says is not written by people.
    assert "owner" not in {
        str(field.attributes.get("name"))
        for field in office.get("/register/triage").page.css("input")
    }
    for wrong in ("Ärger", "a" * 41, ""):
        assert office.post("/register", {"id": wrong, "title": "x"}).status == 422
    assert office.get(f"/register/{quote('nichts')}").status == 404


def test_only_the_office_writes(web: WebSite) -> None:
    for account in ("dr.lin", "it.cao", "audit.bai"):
        client = web.person(account)
        assert client.post("/register", {"id": "x", "title": "x"}).status == 403
        assert client.post("/register/triage", {"version": "0"}).status == 403
    assert web.person("service.tao").get("/register").status == 403
    assert web.person(OFFICE).post("/register", {"id": "x", "title": "x"}).status == 303
