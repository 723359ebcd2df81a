"""Bulk runs on screens and for programs: what is offered and counted, whose names are there."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from suwen.bootstrap.bulk_runs import bulk_store
from suwen.storage.bulk_runs import BulkItem, BulkResult, BulkRun
from tests.support.web_site import Answer, WebSite

RUN = "bulk-pages-test"
STAY = "demo-p03"


@pytest.fixture(scope="module")
def run(web: WebSite) -> str:
    """A run of the quality officer with a score, a refusal, and an item about nobody."""
    platform = web.platform
    [summary] = [
        one
        for one in web.run(platform.records.list_patients(query=STAY))
        if one.encounter_id is not None
    ]
    about = {"patient_id": STAY, "encounter_id": summary.encounter_id}
    judged = {
        "score": 96.5,
        "grade": "A",
        "findings": [
            {"severity": "minor", "deduction": 1, "message_zh": "轻的", "message_en": "light"},
            {"severity": "major", "deduction": 2, "message_zh": "重的", "message_en": "grave"},
        ],
    }
    told = {"code": "stay_without_begin", "message_zh": "没有入院时间", "message_en": "no time"}
    items = [BulkItem(0, STAY, about, 0), BulkItem(1, STAY, about, 0), BulkItem(2, None, {}, 0)]
    results = [
        BulkResult(0, "ok", None, {"status": "ok", "result": judged}, "skipped", 1.0),
        BulkResult(1, "refused", told["code"], {"status": "refused", "error": told}),
        BulkResult(2, "error", "item_kills_worker", {"status": "error", "error": {}}),
    ]
    now = platform.clock.now()
    options = {"parts": 1, "left_out": {"outpatient": 7}, "fields": {}}
    kept = BulkRun(
        RUN, "record_quality", "record_quality · stays:open", "stays:open", options, 1, 3,
        "quality.xu", now,
    )  # fmt: skip

    async def keep() -> None:
        store = bulk_store(platform)
        await store.add(kept, [(item.patient, item.request) for item in items])
        await store.keep(kept, list(zip(items, results, strict=True)), now)

    web.run(keep())
    return RUN


def _ask(web: WebSite, account: str, path: str, body: Any = None) -> Answer:
    return web.api(web.token(account), "GET" if body is None else "POST", f"/api/v1/{path}", body)


def test_only_what_a_selection_gives_a_request_for_is_offered(web: WebSite) -> None:
    page = web.person("dr.lin").get("/bulk").page
    offered = {one.attributes["value"] for one in page.css("select[name=app] option")}
    assert {"prescription_review:0", "record_writer:0", "record_writer:2"} <= offered
    assert not any(str(one).startswith("evidence_search") for one in offered)
    told = _ask(web, "dr.lin", "bulk/applications").json["applications"]
    assert {one["app"] for one in told} == {one.partition(":")[0] for one in map(str, offered)}
    assert {"document_type": "discharge_summary"} in [one["fields"] for one in told]


@pytest.mark.parametrize(
    ("app", "fields", "code"),
    [
        ("evidence_search", {}, "not_for_selections"),
        ("record_writer", {}, "bulk_field_missing"),
        ("record_writer", {"document_type": "discharge_summary"}, "bulk_field_missing"),
    ],
)
def test_what_a_selection_cannot_give_is_refused_before_anything_is_kept(
    web: WebSite, app: str, fields: dict[str, str], code: str
) -> None:
    body = {"app": app, "select": "stays", "fields": fields}
    for path in ("bulk", "bulk/preview"):
        answer = _ask(web, "dr.lin", path, body)
        assert (answer.status, answer.json["code"]) == (422, code)
    if app == "evidence_search":
        assert "record_writer" in answer.text


def test_a_count_says_how_many_are_left_out_and_why(web: WebSite) -> None:
    body = {"app": "record_quality", "select": "stays"}
    told = _ask(web, "quality.xu", "bulk/preview", body).json
    out = {one["reason"]: one["count"] for one in told["left_out"]}
    assert out["outpatient"] > 0 and told["taken"] > 0
    assert told["selected"] == told["taken"] + sum(out.values())
    visits = {"document_type": "outpatient_note", "language": "zh"}
    mine = _ask(
        web,
        "dr.lin",
        "bulk/preview",
        {"app": "record_writer", "select": "stays", "fields": visits},
    ).json
    # A physician's selection holds the patients of their own list, not the whole house.
    assert mine["selected"] < told["selected"]
    shown = web.person("quality.xu").post(
        "/bulk/preview", {"app": "record_quality:0", "scope": "all"}
    )
    assert str(told["taken"]) in shown.text and str(out["outpatient"]) in shown.text


def test_a_result_says_whom_it_is_about_and_what_was_found(web: WebSite, run: str) -> None:
    officer = web.person("quality.xu")
    page = officer.get(f"/bulk/{run}").page
    name = web.run(web.platform.records.read_summary(STAY)).name
    rows = [row.text() for row in page.css("main table")[-1].css("tbody tr")]
    assert name in rows[0] and "96.5" in rows[0] and "重的" in rows[0] and "轻的" not in rows[0]
    assert "没有入院时间" in rows[1] and name not in rows[2]
    link = page.css(f'a[href^="/patients/{STAY}#Encounter-"]')[0].attributes["href"]
    anchor = str(link).partition("#")[2]
    assert officer.get(f"/patients/{STAY}").page.css(f'[id="{anchor}"]')
    whole = page.css_first("main").text()
    assert "补上入院时间" in whole and "不是住院" in whole and "7" in whole
    refused = officer.get(f"/bulk/{run}?status=refused").page
    assert len(refused.css("main table")[-1].css("tbody tr")) == 1


def test_the_table_names_the_patient_for_whoever_may_list_them(web: WebSite, run: str) -> None:
    answer = web.person("quality.xu").get(f"/bulk/{run}/results.csv?status=ok")
    [line] = csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff")))
    summary = web.run(web.platform.records.read_summary(STAY))
    assert (line["patient"], line["name"]) == (STAY, summary.name)
    assert line["department_name"] and line["department_name"] != line["department"]
    assert web.person("dr.lin").get(f"/bulk/{run}/results.csv").status == 404


def test_what_was_found_in_a_record_is_told_while_it_is_open_to_whoever_asked(
    web: WebSite,
) -> None:
    platform, name = web.platform, "bulk-stale-test"
    token = web.token("dr.lin")
    mine = {p["id"] for p in web.api(token, "GET", "/api/v1/patients?limit=200").json["patients"]}
    everybody = [one.id for one in web.run(platform.records.list_patients())]
    own = next(one for one in everybody if one in mine)
    # As if the physician had cared for the patient until a moment ago.
    former = next(one for one in everybody if one not in mine)
    about = [own, former]
    body = {"status": "ok", "result": {"score": 71.5, "findings": []}}
    items = [BulkItem(n, patient, {}, 0) for n, patient in enumerate(about)]
    results = [BulkResult(item.ordinal, "ok", None, body, "skipped", 1.0) for item in items]
    now = platform.clock.now()

    async def keep(run: str, by: str) -> None:
        kept = BulkRun(run, "record_quality", "t", "input:", {"parts": 1}, 1, 2, by, now)
        await bulk_store(platform).add(kept, [(patient, {}) for patient in about])
        await bulk_store(platform).keep(kept, list(zip(items, results, strict=True)), now)

    for run, by in ((name, "dr.lin"), (f"{name}-office", "quality.xu")):
        web.run(keep(run, by))
        lines = [
            json.loads(line) for line in _ask(web, by, f"bulk/{run}/results").text.splitlines()
        ]
        told = [(line["patient_id"], line["status"]) for line in lines]
        assert lines[0]["result"]["score"] == 71.5
        if by == "quality.xu":
            assert told == [(own, "ok"), (former, "ok")]
            continue
        assert told == [(own, "ok"), (former, "refused")]
        assert lines[1]["result"] is None
        assert lines[1]["error"]["code"] == "no_care_relationship"
    shown = web.person("dr.lin").get(f"/bulk/{name}").page.css("main table")[-1].css("tbody tr")
    assert "71.5" in shown[0].text() and "71.5" not in shown[1].text()
