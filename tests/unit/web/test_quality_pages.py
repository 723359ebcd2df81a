"""The pages of the quality office and of bulk runs: for whom they open, and what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suwen.bootstrap.bulk_runs import bulk_store
from suwen.bootstrap.quality import quality_store
from suwen.storage.bulk_runs import BulkItem, BulkResult, BulkRun
from tests.support.web_site import WebSite

FINDING = {
    "rule": "RQ-A01",
    "kind": "abbreviation",
    "severity": "minor",
    "deduction": 1,
    "document_id": "n1",
    "quote": "QOD",
    "message_zh": "=不应使用缩写“QOD”。",
    "message_en": "=“QOD” is not an allowed abbreviation.",
    "suggestion_zh": None,
    "suggestion_en": None,
    "source": "list",
    "confidence": "from_memory",
    "evidence": [
        {"kind": "record", "reference": "n1#0-3", "quote": "QOD"},
        {"kind": "record", "reference": "event/admission", "quote": "2026-10-02T09:00:00+08:00"},
        {"kind": "record", "reference": "Observation/o#Observation.valueQuantity", "quote": "5.9"},
    ],
    "span": {"start": 0, "end": 3},
}


def put(web: WebSite) -> None:
    """One judged stay whose note Dr Lin wrote."""
    platform = web.platform
    judged = {
        "score": 99.0,
        "grade": "A",
        "admitted_at": "2026-10-02T09:00:00+08:00",
        "ended_at": None,
        "documents": [
            {
                "id": "n1",
                "document_type": "daily_course_note",
                "title_zh": "日常病程记录",
                "title_en": "Daily course note",
                "written_at": "2026-10-02T12:00:00+08:00",
                "author": "林怀瑾",
            }
        ],
        "findings": [FINDING],
    }
    now = platform.clock.now()
    run = BulkRun("web-test", "record_quality", "t", "stays", {"parts": 1}, 1, 1, "quality.xu", now)
    item = BulkItem(0, None, {"patient_id": "x"}, 0)
    result = BulkResult(0, "ok", None, {"status": "ok", "result": judged}, "skipped", 1.0)

    async def keep() -> None:
        await bulk_store(platform).add(run, [(None, item.request)])
        await bulk_store(platform).keep(run, [(item, result)], now, quality_store(platform).keep)

    web.run(keep())


def test_a_finding_goes_to_its_author_and_back(web: WebSite) -> None:
    put(web)
    officer, author = web.person("quality.xu"), web.person("dr.lin")
    rows = officer.get("/quality").page.css("tbody a")
    [address] = [a.attributes["href"] for a in rows if "QOD" in a.text()]
    assert author.get(str(address)).status == 200
    assert web.person("dr.he").get(str(address)).status == 404
    assert officer.post(f"{address}/sent", {"comment": ""}).status == 303
    assert "/quality/mine" in author.get("/worklist").text
    assert str(address) in author.get("/quality/mine").text
    refused = author.post(f"{address}/contested", {"comment": ""})
    assert refused.status == 422 and refused.page.css("[role=alert]")
    assert author.post(f"{address}/repaired", {"comment": "已改"}).status == 303
    assert officer.post(f"{address}/accepted", {"comment": ""}).status == 303
    way = officer.get(str(address)).page.css_first("main ol").text()
    assert "已改" in way and "林怀瑾" in way and "dr.lin" not in way
    shown = officer.get(str(address)).page.css_first("main table").text()
    assert "日常病程记录 · 2026-10-02 12:00 · 林怀瑾" in shown
    assert "入院 2026-10-02 09:00" in shown and "检查检验 5.9" in shown
    assert "n1" not in shown and "Observation" not in shown and "event/" not in shown
    overview = officer.get("/quality/overview?by=month").page
    assert "2026-10" in overview.css("tbody")[0].text() and overview.css("meter")
    table = officer.get("/quality/findings.csv?state=accepted")
    # A word of a record that begins as a formula is none in a spreadsheet.
    assert "'=不应" in table.text and "attachment" in table.headers["content-disposition"]
    assert "department_name" in table.text.splitlines()[0]
    assert "2026-10" in officer.get("/quality/overview.csv?by=month").text
    assert "department_name" in officer.get("/quality/overview.csv?by=department").text
    shown = officer.get("/bulk/web-test")
    assert "许慎言" in shown.page.css_first("table").text()
    assert shown.status == 200 and officer.get("/bulk/web-test/results.jsonl").status == 200
    assert web.person("dr.lin").get("/bulk/web-test").status == 404


def test_who_works_with_no_patients_finds_nothing_there(web: WebSite) -> None:
    for account in ("service.tao", "security.dong"):
        person = web.person(account)
        for path in ("/quality", "/quality/mine", "/quality/overview", "/bulk", "/bulk/web-test"):
            assert person.get(path).status in (403, 404), (account, path)
    assert web.person("dr.lin").get("/quality/overview").status == 403
    assert web.person("dr.lin").get("/quality").headers["location"] == "/quality/mine"


def test_what_is_typed_wrong_is_told_beside_the_form(web: WebSite) -> None:
    officer = web.person("quality.xu")
    before = {a.attributes["href"] for a in officer.get("/bulk").page.css("#bulk a")}
    for form in (
        {"select": "everything"},
        {"select": "stays", "hours": "99-1"},
        {"select": "stays", "per_minute": "-3"},
    ):
        answer = officer.post("/bulk", {"app": "record_quality", **form})
        assert answer.status == 422 and answer.page.css("[role=alert]")
    after = {a.attributes["href"] for a in officer.get("/bulk").page.css("#bulk a")}
    assert after == before, "what was refused leaves no run that waits for ever"
    assert officer.get("/quality/overview?by=patient").status == 404
    assert officer.get("/quality/findings/nonsense").status == 404


def keep_judged(web: WebSite, run: str, patient: str, judged: Mapping[str, Any]) -> None:
    """A bulk run that judged one stay of a patient as it was judged."""
    platform, asked = web.platform, {"patient_id": patient}
    now = platform.clock.now()
    made = BulkRun(run, "record_quality", "t", "stays", {"parts": 1}, 1, 1, "quality.xu", now)
    item = BulkItem(0, patient, asked, 0)
    result = BulkResult(0, "ok", None, {"status": "ok", "result": judged}, "skipped", 1.0)

    async def keep() -> None:
        await bulk_store(platform).add(made, [(patient, asked)])
        await bulk_store(platform).keep(made, [(item, result)], now, quality_store(platform).keep)

    web.run(keep())


def test_a_stored_judgement_is_read_with_its_reasons_and_leads_to_repair(web: WebSite) -> None:
    token, officer = web.token("quality.xu"), web.person("quality.xu")
    request = {"request": {"patient_id": "demo-p22"}}
    ran = web.api(token, "POST", "/api/v1/apps/record_quality/run", request).json
    judged, address = ran["result"], f"/drafts/{ran['run']['draft_id']}"
    told = [one for one in judged["findings"] if one["kind"] != "unchecked"]
    page = officer.get(address).page
    shown = page.css_first(".sw-judged").text()
    assert f"{judged['score']:g}" in shown and judged["grade_zh"] in shown
    assert len(page.css(".sw-judged .sw-finding")) == len(told) > 0
    assert all(one["message_zh"] in shown and one["source"] in shown for one in told)
    assert all(one["title_zh"] in shown for one in judged["documents"])
    assert page.css_first(f'a[href*="row={told[0]["rule"]}"]') is not None
    grave = [one for one in told if one["severity"] in ("major", "contraindicated")]
    asked = page.css("#sign [data-open-item]")
    assert len(asked) == len(grave) and all("RQ-" in one.text() for one in asked)
    [form] = page.css('#panel a[href^="/bulk?"]')
    filled = officer.get(str(form.attributes["href"])).page
    assert filled.css_first("[name=scope] [selected]") is not None
    # The stay is judged by two bulk runs: the newer one's findings are those to repair.
    for run in ("web-judged-1", "web-judged-2"):
        keep_judged(web, run, "demo-p22", judged)
    leads = [a.attributes["href"] for a in officer.get(address).page.css(".sw-judged article a")]
    ways = [one for one in leads if str(one).startswith("/quality/findings/")]
    assert len(ways) == len(told) and all("web-judged-2." in str(one) for one in ways)
    stays = web.api(token, "GET", "/api/v1/quality/stays?patient=demo-p22").json["stays"]
    month = str(judged["ended_at"] or judged["admitted_at"])[:7]
    assert [s["score"] for s in stays if s["month"] == month] == [judged["score"]]
    listed = [str(a.attributes["href"]) for a in officer.get("/quality").page.css("tbody a")]
    assert any("web-judged-2." in one for one in listed)
    assert not any("web-judged-1." in one for one in listed), "what was judged again stands once"
    author = web.person("dr.lin").get(address)
    assert author.status in (200, 403, 404) and "/quality/findings/" not in author.text
