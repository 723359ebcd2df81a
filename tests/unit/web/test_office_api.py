"""Bulk runs and the quality office over the API for programs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from suwen.bootstrap.bulk_runs import bulk_store
from suwen.bootstrap.quality import quality_store
from suwen.storage.bulk_runs import BulkItem, BulkResult, BulkRun
from tests.support.web_site import Answer, WebSite
from tests.unit.web.test_quality_pages import FINDING

PATIENT = "demo-p03"
RUN = "api-test"


@pytest.fixture(scope="module")
def judged(web: WebSite) -> WebSite:
    """A run with one judged stay of a patient, one refused item, and one that is still to do."""
    platform = web.platform
    result = {
        "score": 97.5,
        "grade": "A",
        "admitted_at": "2026-09-02T09:00:00+08:00",
        "ended_at": "2026-09-08T09:00:00+08:00",
        "documents": [{"id": "n1", "document_type": "daily_course_note", "author": "林怀瑾"}],
        "findings": [FINDING],
    }
    now = platform.clock.now()
    run = BulkRun(RUN, "record_quality", "t", "stays", {"parts": 1}, 1, 3, "quality.xu", now)
    items = [BulkItem(n, PATIENT, {"patient_id": PATIENT}, 0) for n in range(3)]
    results = [
        (items[0], BulkResult(0, "ok", None, {"status": "ok", "result": result}, "skipped", 1.0)),
        (items[1], BulkResult(1, "refused", "no_inpatient_encounter", {"status": "refused"})),
    ]

    async def keep() -> None:
        await bulk_store(platform).add(run, [(PATIENT, item.request) for item in items])
        await bulk_store(platform).keep(run, results, now, quality_store(platform).keep)

    web.run(keep())
    return web


def ask(web: WebSite, account: str, path: str, body: Any = None, method: str = "") -> Answer:
    verb = method or ("GET" if body is None else "POST")
    return web.api(web.token(account), verb, f"/api/v1/{path}", body)


def test_a_run_is_told_with_its_errors_and_its_results_as_lines(judged: WebSite) -> None:
    told = ask(judged, "quality.xu", f"bulk/{RUN}").json
    assert (told["done"], told["ok"], told["refused"], told["total"]) == (2, 1, 1, 3)
    assert told["codes"] == {"no_inpatient_encounter": 1}
    assert RUN in {run["id"] for run in ask(judged, "quality.xu", "bulk").json["runs"]}
    lines = ask(judged, "quality.xu", f"bulk/{RUN}/results").text.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [0, 1]
    refused = ask(judged, "quality.xu", f"bulk/{RUN}/results?status=refused&status=error")
    assert [json.loads(line)["id"] for line in refused.text.splitlines()] == [1]
    assert refused.headers["content-type"].startswith("application/x-ndjson")
    assert ask(judged, "quality.xu", f"bulk/{RUN}/results?from=2").text == ""
    [read, *_] = judged.run(
        judged.platform.audit_store.latest(1, action="bulk.read_results", actor="quality.xu")
    )
    assert read.entry.subject == f"BulkRun/{RUN}"


def test_results_are_for_whoever_started_the_run(judged: WebSite) -> None:
    for account in ("dr.lin", "it.cao"):
        assert ask(judged, account, f"bulk/{RUN}/results").status == 404, account
    assert ask(judged, "dr.lin", f"bulk/{RUN}").status == 404
    assert ask(judged, "it.cao", f"bulk/{RUN}").status == 200
    assert ask(judged, "service.tao", "bulk", {"app": "record_quality"}).status == 403


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"app": "record_quality"}, "select_or_input", "select"),
        ({"app": "record_quality", "select": "all"}, "selection_malformed", "select"),
        (
            {"app": "record_quality", "select": "stays", "hours": "99-1"},
            "bulk_hours_malformed",
            "hours",
        ),
        ({"app": "record_quality", "requests": []}, "nothing_selected", "select"),
        ({"app": "record_quality", "select": "stays", "parts": 0}, "request_invalid", "body.parts"),
    ],
)
def test_what_is_wrong_in_a_run_is_named_as_the_body_calls_it(
    web: WebSite, body: Any, code: str, field: str
) -> None:
    answer = ask(web, "quality.xu", "bulk", body)
    assert (answer.status, answer.json["code"], answer.json["field"]) == (422, code, field)


def test_an_application_that_is_not_there_is_not_found(web: WebSite) -> None:
    answer = ask(web, "quality.xu", "bulk", {"app": "nothing", "requests": [{"patient_id": "x"}]})
    assert (answer.status, answer.json["code"]) == (404, "no_such_application")


def test_a_finding_goes_its_way_over_the_api(judged: WebSite) -> None:
    [stay] = ask(judged, "quality.xu", f"quality/stays?patient={PATIENT}").json["stays"]
    assert (stay["score"], stay["grade"], stay["month"]) == (97.5, "A", "2026-09")
    [finding] = stay["findings"]
    assert finding["finding"]["quote"] == "QOD" and finding["state"] == "found"
    listed = ask(judged, "quality.xu", "quality/findings?state=found&limit=500").json["findings"]
    assert finding["id"] in {one["id"] for one in listed}
    way = f"quality/findings/{finding['id']}"
    assert ask(judged, "dr.he", way).status == 404
    for account, state, comment in (
        ("quality.xu", "sent", ""),
        ("dr.lin", "repaired", "已改"),
        ("quality.xu", "accepted", ""),
    ):
        moved = ask(judged, account, f"{way}/steps", {"state": state, "comment": comment})
        assert (moved.status, moved.json["state"]) == (200, state), moved.text
    whole = ask(judged, "quality.xu", way).json
    assert [step["state"] for step in whole["steps"]] == ["sent", "repaired", "accepted"]
    assert whole["next"] == []
    again = ask(judged, "quality.xu", f"{way}/steps", {"state": "sent", "comment": "x"})
    assert (again.status, again.json["code"]) == (409, "step_not_possible")


def test_numbers_and_stays_are_for_the_quality_office(judged: WebSite) -> None:
    rows = ask(judged, "quality.xu", "quality/totals?by=month").json["rows"]
    assert next(row for row in rows if row["name"] == "2026-09")["stays"] >= 1
    for path in ("quality/totals", f"quality/stays?patient={PATIENT}", "quality/findings"):
        assert ask(judged, "dr.lin", path).status == 403, path
        assert ask(judged, "service.tao", path).status == 403, path
    assert ask(judged, "quality.xu", "quality/totals?by=patient").status == 422


def test_both_are_described(web: WebSite) -> None:
    described = web.stranger().get("/api/openapi.json").json["paths"]
    for path in ("bulk", "bulk/{run}/results", "quality/findings/{finding}/steps"):
        for one in described[f"/api/v1/{path}"].values():
            assert one["summary"] and one["description"]
