"""The HTTP API: the same facts and acts as the pages, and errors in one form."""

from __future__ import annotations

import json

import pytest

from tests.support.web_site import WebSite

PATIENT = "demo-p01"


@pytest.fixture(scope="module")
def token(web: WebSite) -> str:
    return web.token("dr.lin")


def test_the_description_names_every_promised_door(web: WebSite) -> None:
    paths = web.stranger().get("/api/openapi.json").json["paths"]
    promised = (
        "token", "patients", "patients/{patient}", "apps", "apps/{app}/run", "apps/{app}/runs",
        "runs/{trace}/events", "drafts", "drafts/{draft}", "drafts/{draft}/sign",
        "drafts/{draft}/reject", "drafts/{draft}/escalate", "drafts/{draft}/copy",
        "drafts/{draft}/export", "endpoints", "status", "audit/head",
    )  # fmt: skip
    assert {f"/api/v1/{path}" for path in promised} <= paths.keys()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"account": "dr.lin", "password": "wrong"}, 401, "credentials_wrong"),
        ({"account": "nobody", "password": "wrong"}, 401, "credentials_wrong"),
        ({"account": "dr.lin"}, 422, "request_invalid"),
        ({"account": "dr.lin", "password": "x", "more": 1}, 422, "request_invalid"),
        ([], 422, "request_invalid"),
    ],
)
def test_a_token_is_for_who_proves_it(web: WebSite, body: object, status: int, code: str) -> None:
    answer = web.api("", "POST", "/api/v1/token", body)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.json["message"]


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("GET", "/api/v1/patients?q=%00", None, "q"),
        ("GET", "/api/v1/patients/a%00b", None, "path"),
        ("GET", "/api/v1/drafts/%00", None, "path"),
        ("POST", "/api/v1/token", {"account": "a\x00", "password": "x"}, "account"),
        ("POST", "/api/v1/token", {"account": "\ud800", "password": "x"}, "account"),
        (
            "POST",
            "/api/v1/apps/record_writer/run",
            {"request": {"patient_id": "\ud800"}},
            "request.patient_id",
        ),
        (
            "POST",
            "/api/v1/apps/record_writer/run",
            {"request": {"patient_id": "\x00"}},
            "request.patient_id",
        ),
    ],
)
def test_a_text_that_cannot_be_stored_is_refused_with_its_field(
    web: WebSite, token: str, method: str, path: str, body: object, field: str
) -> None:
    answer = web.api(token, method, path, body)
    assert answer.status == 422, answer.text
    assert (answer.json["code"], answer.json["field"]) == ("text_not_storable", field)


def test_a_form_with_a_text_that_cannot_be_stored_is_refused(web: WebSite) -> None:
    lin = web.person("dr.lin")
    for path, field in (("/worklist", "q"), ("/palette", "q")):
        answer = lin.post(path, {field: "a\x00b"})
        assert answer.status == 422
        assert "text_not_storable" in answer.text


@pytest.mark.parametrize("account", ["it.cao", "security.dong", "service.tao"])
def test_who_reads_no_records_does_not_learn_which_there_are(web: WebSite, account: str) -> None:
    token = web.token(account)
    for path in ("patients", "drafts"):
        for name in (PATIENT, "nobody"):
            answer = web.api(token, "GET", f"/api/v1/{path}/{name}")
            assert (answer.status, answer.json["code"]) == (403, "not_permitted"), (path, name)


def test_patients_are_those_of_ones_own_care(web: WebSite, token: str) -> None:
    listed = web.api(token, "GET", "/api/v1/patients?limit=500").json["patients"]
    assert PATIENT in {p["id"] for p in listed}
    other = web.api(web.token("dr.qiu"), "GET", "/api/v1/patients?limit=500").json["patients"]
    assert PATIENT not in {p["id"] for p in other}
    refused = web.api(web.token("dr.qiu"), "GET", f"/api/v1/patients/{PATIENT}")
    assert (refused.status, refused.json["code"]) == (403, "no_care_relationship")
    unknown = web.api(web.token("dr.qiu"), "GET", "/api/v1/patients/nobody")
    assert (unknown.status, unknown.json["code"]) == (404, "patient_not_found")


def test_a_record_leaves_with_its_numbers_as_written(web: WebSite, token: str) -> None:
    answer = web.api(token, "GET", f"/api/v1/patients/{PATIENT}/record")
    stored = web.run(web.platform.records.read_patient(PATIENT))
    told = json.loads(answer.body, parse_float=str)["resources"]
    assert len(told) == len(stored)
    numbers = [
        (str(a["valueQuantity"]["value"]), str(b["valueQuantity"]["value"]))
        for a, b in zip(stored, told, strict=True)
        if "valueQuantity" in a
    ]
    assert len(numbers) > 20
    assert all(kept == given for kept, given in numbers)


def test_a_run_follows_the_contract(web: WebSite, token: str) -> None:
    request = {"patient_id": PATIENT, "document_type": "admission_record", "language": "zh"}
    answer = web.api(token, "POST", "/api/v1/apps/record_writer/run", {"request": request})
    assert answer.status == 200
    assert answer.json["run"]["model"] == "skipped"
    assert answer.json["run"]["draft_id"]
    assert answer.json["result"]["completion"]["fields_total"] > 0


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"patient_id": "nobody"}, 404, "patient_not_found"),
        ({"document_type": "poem"}, 422, "request_invalid"),
        ({"patient_id": "demo-p10"}, 409, "no_inpatient_encounter"),
    ],
)
def test_a_refused_run_says_why(
    web: WebSite, token: str, request_: dict[str, str], status: int, code: str
) -> None:
    whole = {"patient_id": PATIENT, "document_type": "discharge_summary", "language": "zh"}
    request_ = {**whole, **request_}
    answer = web.api(token, "POST", "/api/v1/apps/record_writer/run", {"request": request_})
    assert (answer.status, answer.json["code"]) == (status, code)


def test_a_started_run_is_followed_to_its_end(web: WebSite, token: str) -> None:
    request = {"patient_id": PATIENT, "document_type": "admission_record", "language": "en"}
    started = web.api(token, "POST", "/api/v1/apps/record_writer/runs", {"request": request})
    assert started.status == 202
    stream = web.api(token, "GET", started.json["events"])
    last = stream.text.strip().split("\n\n")[-1]
    assert "event: result" in last
    result = json.loads(last.partition("data: ")[2])
    draft = result["run"]["draft_id"]
    read = web.api(token, "GET", f"/api/v1/drafts/{draft}").json
    assert read["status"] == "draft"
    assert read["content"]["result"]["document"]["language"] == "en"
    trace = web.api(token, "GET", f"/api/v1/runs/{started.json['trace_id']}").json
    assert len(trace["stages"]) == 12


def test_a_draft_is_saved_and_signed_through_the_api(web: WebSite, token: str) -> None:
    draft = web.draft("dr.lin", PATIENT, "admission_record")
    shown = web.api(token, "GET", f"/api/v1/drafts/{draft}").json
    section = shown["content"]["result"]["document"]["sections"][0]
    body = {"sections": {section["id"]: section["text"] + "\n补记。"}}
    assert web.api(token, "PUT", f"/api/v1/drafts/{draft}", body).status == 422
    saved = web.api(token, "PUT", f"/api/v1/drafts/{draft}", body, **{"If-Match": '"1"'})
    assert saved.json["version"] == 2
    late = web.api(token, "PUT", f"/api/v1/drafts/{draft}", body, **{"If-Match": '"1"'})
    assert (late.status, late.json["code"], late.json["detail"]["version"]) == (
        409,
        "draft_changed",
        2,
    )
    result = saved.json["content"]["result"]
    left = [
        s["id"]
        for part in result["document"]["sections"]
        for s in part["statements"]
        if not s["supported"]
    ] + [f["id"] for f in result["findings"] if f["severity"] in ("contraindicated", "major")]
    sign = {
        "version": 2,
        "content_hash": saved.json["content_hash"],
        "password": web.passwords["dr.lin"],
        "acknowledged": left,
    }
    signed = web.api(token, "POST", f"/api/v1/drafts/{draft}/sign", sign)
    assert signed.json["status"] == "signed"
    assert web.api(token, "GET", f"/api/v1/drafts/{draft}/export?form=fhir").status == 200


@pytest.mark.parametrize("path", ["endpoints", "audit/head"])
def test_the_offices_doors_are_closed_to_physicians(web: WebSite, token: str, path: str) -> None:
    assert web.api(token, "GET", f"/api/v1/{path}").status == 403


def test_the_head_of_the_audit_grows_with_every_act(web: WebSite, token: str) -> None:
    office = web.token("audit.bai")
    before = web.api(office, "GET", "/api/v1/audit/head").json["sequence"]
    web.api(token, "GET", f"/api/v1/patients/{PATIENT}")
    assert web.api(office, "GET", "/api/v1/audit/head").json["sequence"] > before


def test_health_and_metrics_answer_without_patient_text(web: WebSite, token: str) -> None:
    stranger = web.stranger()
    assert stranger.get("/healthz").json == {"status": "ok"}
    assert stranger.get("/readyz").json == {"status": "ready"}
    web.api(token, "GET", f"/api/v1/patients/{PATIENT}")
    text = stranger.get("/metrics").text
    assert 'suwen_http_requests_total{method="GET",route="read_patient",status="200"}' in text
    assert PATIENT not in text
    assert "dr.lin" not in text


def test_worklist_and_page_tell_the_same(web: WebSite, token: str) -> None:
    told = web.api(token, "GET", "/api/v1/worklist").json
    page = web.person("dr.lin").get("/worklist").page
    assert [r["patient"] for g in told["groups"] for r in g["rows"]] == [
        r.attributes["data-patient"] for r in page.css("tr.sw-row")
    ]
