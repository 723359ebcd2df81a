"""Watching the applications as the offices and the clinicians see it, over HTTP."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from suwen.bootstrap.monitoring.watch_work import WatchWork
from suwen.core.identity import AppId
from suwen.storage.monitoring import MonitoringStore, Slice
from suwen.storage.second_reviews import SecondReviewStore
from tests.support.web_site import WebSite
from tests.unit.web.test_drafts import review

OFFICE = "compliance.yuan"
APP = "record_writer"
QUICK = {"chart": "cusum", "limit": "1", "worse": "50", "weight": "0.2", "reference": "0.001"}


def count(web: WebSite) -> int:
    """Counts the site as its worker does; how many alarms were raised."""

    async def to_the_end() -> int:
        work, cursor = WatchWork(web.platform), None
        while True:
            batch = await work(None, cursor)  # type: ignore[arg-type]
            if batch.next is None:
                return int((batch.result or {})["alarms"])
            cursor = batch.next

    return int(web.run(to_the_end()))


def decide(web: WebSite, *, unsafe: bool) -> str:
    """A draft that Dr Lin signs as built, or rejects as unsafe."""
    draft = web.draft("dr.lin", "demo-p01", "admission_record")
    client = web.person("dr.lin")
    shown = review(client, draft)
    body: dict[str, Any] = {"version": shown["version"], "content_hash": shown["content_hash"]}
    if unsafe:
        answer = client.send("POST", f"/drafts/{draft}/reject", {**body, "reason": "unsafe"})
    else:
        body |= {"acknowledged": shown["open"], "password": web.passwords["dr.lin"]}
        answer = client.send("POST", f"/drafts/{draft}/sign", body)
    assert answer.status == 200, answer.text
    return draft


@pytest.fixture(scope="module")
def decided(web: WebSite) -> tuple[str, str]:
    """Of two drafts one signed and one rejected; every decided draft is drawn, all is counted."""
    office = web.person(OFFICE)
    office.post("/monitoring/pace", {"every_minutes": "15", "reviewed_percent": "100"})
    drafts = decide(web, unsafe=False), decide(web, unsafe=True)
    count(web)
    return drafts


def test_what_is_counted_is_what_is_stored_however_often(
    web: WebSite, decided: tuple[str, str]
) -> None:
    platform = web.platform
    today = platform.clock.now().astimezone(platform.settings.zone).date()
    wanted = Slice(today - timedelta(days=1), today, APP)

    def cells() -> Any:
        return web.run(MonitoringStore(platform.database).grouped(wanted, "app"))[(APP,)]

    first = cells()
    assert first["decision", "accept"][0] >= 1
    assert first["reject", "unsafe"][0] >= 1
    assert first["at_draft", "1"][0] >= 1
    assert first["outcome", "done"][0] >= 2
    assert sum(n for (m, _), (n, _) in first.items() if m == "language") >= 2
    count(web)
    assert cells() == first


def test_the_offices_read_it_and_others_do_not(web: WebSite, decided: tuple[str, str]) -> None:
    office = web.person(OFFICE)
    overview = office.get("/monitoring")
    assert APP in {
        str(a.attributes["href"]).split("app=")[1].split("&")[0]
        for a in overview.page.css("tbody th a")
    }
    one = office.get(f"/monitoring?app={APP}&days=7")
    assert one.status == 200
    assert "因危险退回" in one.text
    # A group with few patients is not shown.
    assert "例数少，不显示" in one.text
    for path in ("/monitoring", "/monitoring/alarms", "/monitoring/rules", "/monitoring/benefit"):
        assert office.get(path).status == 200
        assert web.person("dr.he").get(path).status == 403
        assert web.person("it.cao").get(path).status == 403
    rows = list(csv.DictReader(io.StringIO(office.get("/monitoring.csv").body.decode("utf-8-sig"))))
    assert {"decision", "outcome"} <= {row["measure"] for row in rows}
    assert all(int(r["n"]) >= 11 for r in rows if r["measure"] in ("sex", "age", "codes"))
    assert office.get("/monitoring.json?by=week").json[0]["measure"]


def test_an_unsafe_release_is_alarmed_and_suspended_where_so_set(
    web: WebSite, decided: tuple[str, str]
) -> None:
    office, desk = web.person(OFFICE), f"/monitoring/rules/{APP}/unsafe"
    assert web.person("dr.sun").post(desk, {**QUICK, "suspends": "on"}).status == 403
    assert office.post(desk, {**QUICK, "limit": "0"}).status == 422
    # The device partition watches its own applications.
    assert office.post("/monitoring/rules/triage/failed", QUICK).status == 404
    assert office.post(desk, QUICK).status == 303
    try:
        assert count(web) == 1
        assert web.person("dr.lin").get("/worklist").page.css(".sw-killed") == []
        # Set to suspend, the same alarm does so at the next look, once.
        office.post(desk, {**QUICK, "suspends": "on"})
        assert count(web) == 0
        [banner] = web.person("dr.lin").get("/worklist").page.css(".sw-killed")
        assert "监测警报" in banner.text()
        refused = web.api(web.token("dr.lin"), "POST", f"/api/v1/apps/{APP}/run", {"request": {}})
        assert refused.json["code"] == "application_suspended"
    finally:
        office.post(desk, {**QUICK, "limit": "20"})
        office.post(f"/applications/{APP}/enable")
    page = office.get("/monitoring/alarms").page
    [address] = {str(a.attributes["href"]) for a in page.css("tbody a[href^='/monitoring/alarms']")}
    one = office.get(address)
    assert f"/drafts/{decided[1]}" in one.text
    answer = f"/monitoring/alarms/{address.split('=')[1]}/answer"
    assert office.post(answer, {"answer": " "}).status == 422
    assert office.post(answer, {"answer": "演练"}).status == 303
    assert office.post(answer, {"answer": "again"}).status == 409
    acts = web.run(web.platform.audit_store.latest(50, action="application.disable"))
    assert acts[0].entry.actor == "monitoring"


def test_a_second_reader_judges_blind_and_a_third_where_two_disagree(
    web: WebSite, decided: tuple[str, str]
) -> None:
    def mine(account: str) -> list[str]:
        page = web.person(account).get("/second-readings").page
        return [str(a.attributes["href"]) for a in page.css("tbody a")]

    # Other tests of this site leave drafts too: the case is the one of the draft signed here.
    drawn = web.run(SecondReviewStore(web.platform.database).list(AppId(APP)))
    [case] = [f"/second-readings/{one.case.id}" for one in drawn if one.case.draft == decided[0]]
    # Whoever decided is not asked again; neither is whoever may not sign.
    theirs = mine("dr.he")
    assert case in theirs
    assert not set(mine("dr.lin")) & set(theirs)
    assert mine("nurse.zhao") == []
    shown = web.person("dr.he").get(case).page.css_first("main").text()
    assert not {"已签署", "已退回", "已拒绝", "accept", "reject"} & set(shown.split())
    assert "原样签署" not in shown
    assert web.person("dr.lin").get(case).status == 404
    reader = web.person("dr.he")
    assert reader.post(case, {"verdict": "as_built", "fault.unsafe": "on"}).status == 422
    assert reader.post(case, {"verdict": "changed"}).status == 422
    given = {"verdict": "changed", "fault.incomplete": "on"}
    assert reader.post(case, given).status == 303
    assert reader.get(case).status == 404
    # "Changed" agrees neither with a signature as built nor with a rejection.
    assert case in mine("dr.sun")
    assert web.person("dr.sun").post(case, given).status == 303
    assert case not in mine("dr.sun") + mine("quality.xu")
    totals = web.person(OFFICE).get("/second-readings").page.css("section table")[0].text()
    assert "0 / 1" in totals


def test_an_incident_is_told_from_a_draft_and_closed_by_two(
    web: WebSite, decided: tuple[str, str]
) -> None:
    doctor, office, quality = (web.person(a) for a in ("dr.lin", OFFICE, "quality.xu"))
    draft = decided[1]
    link = doctor.get(f"/drafts/{draft}").page.css_first("a[data-hotkey='alt+i']")
    form = doctor.get(str(link.attributes["href"])).page
    assert draft[:8] in form.css_first("main").text()
    place = form.css_first("input[name=from]").attributes["value"]
    given = {
        "from": place,
        "kind": "near_miss",
        "problem": "wrong_dose",
        "harm": "severe",
        "happened_at": "2026-01-02T03:04",
        "words": "剂量写成十倍，签名前发现。",
    }
    assert doctor.post("/incidents", {**given, "words": ""}).status == 422
    assert doctor.post("/incidents", {**given, "happened_at": "2999-01-01T00:00"}).status == 422
    told = doctor.post("/incidents", given)
    assert told.status == 303
    assert doctor.post("/incidents", given).headers["location"] == told.headers["location"]
    other = doctor.post("/incidents", {**given, "words": "另一次：剂量写成十倍。"})
    assert other.headers["location"] != told.headers["location"]
    address = str(told.headers["location"]).split("?")[0]
    assert "剂量写成十倍" in doctor.get(address).text
    assert web.person("dr.he").get(address).status == 404
    # The compliance office may not read the record: it sees codes, not words.
    seen = office.get(address).text
    assert "剂量写成十倍" not in seen
    assert "demo-p01" not in seen
    assert "剂量写成十倍" in quality.get(address).text

    def step(who: Any, act: str, **codes: str) -> int:
        page = who.get(address).page
        found = page.css_first("input[name=seen]")
        seen = found.attributes["value"] if found is not None else "1"
        return int(who.post(f"{address}/{act}", {"seen": seen, "words": "x", **codes}).status)

    filed = doctor.get(f"{address}/form/cn").page.css_first("main").text()
    assert "林怀瑾 (dr.lin)" in filed
    assert "2026-01-02 03:04+08:00" in filed
    assert step(doctor, "triage", problem="wrong_dose", harm="severe") == 403
    assert step(quality, "close") == 409
    assert step(quality, "triage", problem="wrong_dose", harm="severe") == 303
    assert "21 CFR 803.30" in office.get(address).text
    assert step(quality, "analyse", cause="rule_or_table") == 303
    assert step(quality, "act", remedy="nonsense") == 422
    assert step(quality, "act", remedy="rule_changed") == 303
    assert step(quality, "propose_closing") == 303
    assert step(quality, "close") == 409
    assert step(office, "close") == 303
    assert "已结案" in office.get(address).text
    for law in ("cn", "us", "eu"):
        printed = quality.get(f"{address}/form/{law}")
        assert "剂量写成十倍" in printed.text
        assert "剂量写成十倍" not in office.get(f"{address}/form/{law}").text
    exported = quality.get(f"{address}/form/cn/json").json
    fields = {f["name"]: f for s in exported["sections"] for f in s["fields"]}
    assert fields["draft"]["value"] == f"{draft} v1"
    assert fields["harm"]["value"] == "severe"
    assert quality.get(f"{address}/form/jp").status == 404


def test_minutes_are_claimed_only_on_the_hospitals_own_figure(
    web: WebSite, decided: tuple[str, str]
) -> None:
    office = web.person(OFFICE)
    assert "不作声明" in office.get("/monitoring/benefit").text
    figure = {
        "figure": "minutes_without",
        "app": APP,
        "department": "",
        "value": "12",
        "source": "医务处 2026 年计时 40 份",
    }
    assert office.post("/monitoring/benefit", {**figure, "source": ""}).status == 422
    assert office.post("/monitoring/benefit", {**figure, "value": "nan"}).status == 422
    assert office.post("/monitoring/benefit", figure).status == 303
    page = office.get("/monitoring/benefit").text
    assert "医务处 2026 年计时 40 份" in page
    # Too few drafts were timed here to work a saving out.
    assert "计时不足" in page
    rows = office.get("/monitoring/benefit.csv").body.decode("utf-8-sig")
    assert "12.0" in rows
    assert office.post("/monitoring/benefit", {**figure, "value": ""}).status == 303
    assert "已撤回" in office.get("/monitoring/benefit").text


def test_what_is_not_installed_is_not_watched(web: WebSite) -> None:
    assert web.person(OFFICE).get("/monitoring?app=nobody").status == 404
    assert web.person(OFFICE).get("/monitoring.json?app=nobody").status == 404
    assert web.person("dr.lin").get("/monitoring?app=nobody").status == 403
