"""Who answers, disagreements, training, planted checks, facts sheets and claim files on screen."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from suwen.bootstrap.accountability.claims import verify_claim
from suwen.cli.main import run_command
from suwen.control.audit import export_chain
from suwen.core.draft import DraftStatus
from suwen.core.errors import InputError
from suwen.core.identity import AppId, Channel, DraftId, PatientId
from tests.support.web_site import Answer, Client, WebSite

PATIENT = "demo-p01"
OFFICE = "compliance.yuan"
QUALITY = "quality.xu"


@pytest.fixture(scope="module")
def draft(web: WebSite) -> str:
    """A draft about an invented patient; the tests only read it and disagree with it."""
    return web.draft("dr.lin", PATIENT, "discharge_summary")


def shown(client: Client, draft: str) -> dict[str, str]:
    root = client.get(f"/drafts/{draft}").page.css_first("sw-review")
    assert root is not None
    return {
        "version": root.attributes["data-version"] or "",
        "content_hash": root.attributes["data-hash"] or "",
    }


def test_the_register_says_who_answers_and_shows_gaps(web: WebSite) -> None:
    office = web.person(OFFICE)
    before = office.get("/register/record_writer").page
    assert before.css("#answers .sw-flag")
    written = office.post(
        "/register/record_writer/answers",
        {"duty": "clinical_use", "person": "dr.he", "role": "医务处", "since": "2026-01-01"},
    )
    if written.status != 303:
        pytest.fail(written.text[:2000])
    table = office.get("/register/record_writer").page.css_first("#answers ~ div table")
    assert table is not None
    assert "dr.he" in table.text() and "医务处" in table.text() and "2026-01-01" in table.text()
    wrong = {"duty": "nothing", "name": "x", "since": "2026-01-01"}
    assert office.post("/register/record_writer/answers", wrong).status == 422
    gone = {"duty": "oversight", "person": "nobody.here", "since": "2026-01-01"}
    assert office.post("/register/record_writer/answers", gone).status == 404
    refused = web.person("dr.lin").post("/register/record_writer/answers", wrong)
    assert refused.status == 403


def test_a_disagreement_is_read_by_another_person_with_an_outcome(web: WebSite, draft: str) -> None:
    lin = web.person("dr.lin")
    form = lin.get(f"/drafts/{draft}/disagree").page
    item = form.css('select[name="item"] option')[1].attributes["value"] or ""
    said = {**shown(lin, draft), "item": item, "code": "wrong_fact", "view": "应为左侧，见影像。"}
    answer = lin.post(f"/drafts/{draft}/disagree", said)
    assert answer.status == 303
    address = answer.headers["location"]
    assert "应为左侧" in lin.get(address).text
    own = lin.post(address, {"outcome": "clinician_right", "view": "我自己说的"})
    assert own.status == 403 and not lin.get(address).page.css("form textarea")
    assert web.person("nurse.zhao").get(address).status == 404
    quality = web.person(QUALITY)
    assert address in quality.get("/disagreements").text
    settled = quality.post(address, {"outcome": "clinician_right", "view": "影像报告支持。"})
    assert settled.status == 303
    told = lin.get(address)
    assert "医务人员正确" in told.text and "影像报告支持" in told.text
    again = quality.post(address, {"outcome": "output_right", "view": "改口"})
    assert again.status == 409
    assert address not in quality.get("/disagreements").text
    wrong = lin.post(f"/drafts/{draft}/disagree", {**said, "item": "no.such.statement"})
    assert wrong.status == 422


def test_the_words_objected_to_are_shown_while_the_draft_is_open_to_whoever_objected(
    web: WebSite, draft: str
) -> None:
    desk = web.platform.accountability.disagreements
    token = web.person("dr.sun").cookies["suwen_session"]
    chief = web.run(web.platform.authentication.principal_of(token, Channel.WEB))
    client = web.person("dr.sun")
    said = {**shown(client, draft), "item": "", "code": "other", "view": "与查房所见不符。"}
    address = client.post(f"/drafts/{draft}/disagree", said).headers["location"]
    found, _ = web.run(desk.open(chief, address.rpartition("/")[2]))
    assert web.run(desk.shown_text(chief, found))
    moved = dataclasses.replace(chief, departments=frozenset({"pharmacy"}))
    elsewhere = dataclasses.replace(chief, launched_for=PatientId("demo-p09"))
    for closed_to in (moved, elsewhere):
        assert web.run(desk.shown_text(closed_to, found)) is None


@pytest.fixture
def demanded(web: WebSite) -> Iterator[None]:
    """Training on the record writer is asked for while a test runs."""
    office = web.person(OFFICE)

    def version() -> str:
        page = office.get("/register/record_writer").page
        [field] = page.css('input[name="version"]')
        return field.attributes["value"] or ""

    def write(months: str) -> None:
        given = {"training_months": months, "version": version()}
        assert office.post("/register/record_writer", given).status == 303

    write("12")
    yield
    write("")


def run(web: WebSite, account: str) -> Answer:
    request = {
        "patient_id": PATIENT,
        "document_type": "admission_record",
        "language": "zh",
    }
    body = {"request": request, "store": False}
    return web.api(web.token(account), "POST", "/api/v1/apps/record_writer/run", body)


def test_without_training_nobody_runs_or_signs_what_asks_for_it(
    web: WebSite, draft: str, demanded: None
) -> None:
    refused = run(web, "dr.lin")
    assert (refused.status, refused.json["code"]) == (403, "training_missing")
    seen = shown(web.person("dr.lin"), draft)
    body = {**seen, "version": int(seen["version"]), "password": web.passwords["dr.lin"]}
    signed = web.person("dr.lin").send("POST", f"/drafts/{draft}/sign", body)
    assert (signed.status, signed.json["code"]) == (403, "training_missing")
    office = web.person(OFFICE)
    given = {
        "person": "dr.lin",
        "app": "record_writer",
        "trainer": "dr.he",
        "subject": "病历书写：依据与签署",
        "trained_on": "2026-11-01",
        "result": "passed",
    }
    assert office.post("/training", {**given, "trainer": "dr.lin"}).status == 409
    assert office.post("/training", {**given, "trained_on": "2999-01-01"}).status == 422
    assert web.person("dr.lin").post("/training", given).status == 403
    assert office.post("/training", given).status == 303
    assert run(web, "dr.lin").status == 200
    page = office.get("/training").page
    revoke = page.css('form[action$="/revoke"]')[0].attributes["action"] or ""
    assert office.post(revoke, {"reason": ""}).status == 422
    assert office.post(revoke, {"reason": "记录有误"}).status == 303
    assert run(web, "dr.lin").json["code"] == "training_missing"
    assert "撤销" in office.get("/training").text
    # One's own standing is there for everybody, others' is not.
    own = web.person("dr.lin").get("/training")
    assert own.status == 200 and "无记录" in own.text and "dr.qiu" not in own.text


def test_a_planted_check_is_never_signed_and_told_at_once(web: WebSite) -> None:
    source = web.draft("dr.lin", PATIENT, "admission_record")
    quality = web.person(QUALITY)
    assert quality.post("/reliance/checks", {"source": source}).status == 303
    checks = web.run(web.platform.accountability.checks._stores.checks.latest())
    planted = checks[0]
    assert planted.source_draft == source and planted.planted != planted.original
    lin = web.person("dr.lin")
    page = lin.get(f"/drafts/{planted.draft}")
    assert planted.planted in page.text and "核查" not in page.text
    body: dict[str, Any] = {
        **shown(lin, planted.draft),
        "password": web.passwords["dr.lin"],
        "acknowledged": [
            i.attributes["value"] for i in page.page.css('#sign input[name="acknowledged"]')
        ],
    }
    body["version"] = int(str(body["version"]))
    signed = lin.send("POST", f"/drafts/{planted.draft}/sign", body)
    assert (signed.status, signed.json["code"]) == (409, "planted_check")
    assert not web.run(web.platform.drafts.signed_versions(DraftId(planted.draft)))
    told = lin.get(f"/drafts/{planted.draft}")
    assert told.status == 303
    told = lin.get(told.headers["location"])
    assert "虚构患者" in told.text and planted.original in told.text
    assert web.person("dr.qiu").get(f"/checks/{planted.id}").status == 404
    # The true draft is as it was, and the rate of the person is for two offices only.
    true = web.run(web.platform.drafts.read(DraftId(source)))
    assert true.status is DraftStatus.DRAFT
    assert "0 / 1" in quality.get("/reliance").text
    assert web.person("dr.sun").get("/reliance").status == 403
    found = web.draft("dr.lin", PATIENT, "admission_record")
    assert quality.post("/reliance/checks", {"source": found, "kind": "number"}).status == 303
    second = web.run(web.platform.accountability.checks._stores.checks.latest())[0]
    reject = {"version": 1, "reason": "factually_wrong", "comment": "数值不符"}
    answer = lin.send("POST", f"/drafts/{second.draft}/reject", reject)
    assert answer.json["code"] == "planted_check"
    assert "1 / 2" in quality.get("/reliance").text


def published(web: WebSite) -> str:
    """Address of a sheet for the public that two people published."""
    asked = {"system": "record_writer", "readers": "public"}
    made = web.person(QUALITY).post("/disclosures", asked)
    assert made.status == 303
    address = made.headers["location"]
    assert web.person(OFFICE).post(address, {"do": "publish"}).status == 303
    return address


def test_only_what_two_people_published_is_public(web: WebSite) -> None:
    nobody = web.stranger()
    assert nobody.get("/facts").status == 200
    office = web.person(OFFICE)
    own = office.post("/disclosures", {"system": "record_writer", "readers": "patient"})
    refused = office.post(own.headers["location"], {"do": "publish"})
    assert refused.status == 409 and "另一人" in refused.text
    assert nobody.get("/facts/record_writer/patient").status == 404
    address = published(web)
    assert web.person(QUALITY).post(address, {"do": "withdraw"}).status == 403
    page = nobody.get("/facts/record_writer/public")
    assert page.status == 200 and "未提供" in page.text and "170.315" in page.text
    assert "dr.he" not in page.text
    assert nobody.get("/facts/record_writer/staff").status == 404
    assert nobody.get(address).status == 303
    text = nobody.get("/facts/record_writer/public/json")
    signed = web.platform.signer
    key, signature = text.headers["x-suwen-key"], text.headers["x-suwen-signature"]
    assert signed.verify(text.body, base64.b64decode(signature), key)
    assert json.loads(text.body)["missing"]
    assert office.post(address, {"do": "withdraw"}).status == 303
    assert nobody.get("/facts/record_writer/public").status == 404


def test_the_published_pdf_verifies_with_another_program_and_a_flipped_byte_does_not(
    web: WebSite, tmp_path: Path
) -> None:
    address = published(web)
    for language in ("zh", "en"):
        pdf = web.stranger().get(f"/facts/record_writer/public/pdf?language={language}")
        assert pdf.headers["content-type"] == "application/pdf"
        file = tmp_path / f"{language}.pdf"
        file.write_bytes(pdf.body)
        said = pdfsig(file)
        assert "Signature is Valid" in said and "Total document signed" in said
        for place in (1000, len(pdf.body) // 2):
            damaged = bytearray(pdf.body)
            damaged[place] ^= 1
            file.write_bytes(damaged)
            assert "Signature is Valid" not in pdfsig(file), place
    web.person(OFFICE).post(address, {"do": "withdraw"})


def pdfsig(file: Path) -> str:
    return subprocess.run(["pdfsig", file], capture_output=True, text=True, check=False).stdout


def test_a_claim_file_holds_the_decision_and_shows_every_flipped_byte(
    web: WebSite, draft: str, tmp_path: Path
) -> None:
    wanted = {"draft": draft, "ground": "patient_claim", "case": "2026-17"}
    for account in ("dr.lin", "it.cao", "audit.bai"):
        assert web.person(account).post("/claims", wanted).status == 403
    office = web.person(OFFICE)
    assert office.post("/claims", {**wanted, "case": ""}).status == 422
    answer = office.post("/claims", wanted)
    assert answer.status == 200, answer.text[:500]
    file = tmp_path / "claim.zip"
    file.write_bytes(answer.body)
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        names = set(archive.namelist())
        manifest = json.loads(archive.read("MANIFEST.json"))
        trace = json.loads(archive.read("run/trace.json"))
        excerpt = archive.read("audit/excerpt.jsonl").decode().splitlines()
        versions = json.loads(archive.read("draft/versions.json"))
    assert {"README.txt", "draft/as_shown.pdf", "release/release.json"} <= names
    assert manifest["ground"] == "patient_claim" and manifest["made_by"] == OFFICE
    assert len(trace["stages"]) == 12
    assert versions[0]["content"]["result"]["document"]["text"]
    assert any(json.loads(line)["action"] == "claim.export" for line in excerpt)
    key = web.platform.signer.key_id
    assert verify_claim(file, key).ok
    assert not verify_claim(file, "ed25519-" + "0" * 32).ok
    content = bytearray(answer.body)
    for place in range(10, len(content), len(content) // 60):
        content[place] ^= 1
        file.write_bytes(content)
        content[place] ^= 1
        assert not sound(file, key), place
    events = web.run(web.platform.audit_store.latest(5, action="claim.export"))
    assert {e.entry.patient for e in events} == {PATIENT}


def test_a_claim_file_is_checked_on_the_command_line_and_against_the_chain(
    web: WebSite, draft: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = {"draft": draft, "ground": "regulator", "case": "R-1"}
    file, chain = tmp_path / "claim.zip", tmp_path / "chain.jsonl"
    file.write_bytes(web.person(QUALITY).post("/claims", wanted).body)
    platform = web.platform
    now = platform.clock.now()
    web.run(export_chain(platform.audit_store, chain, platform.signer, now))
    line = ["--json", "claim", "verify", str(file), "--key", platform.signer.key_id]
    assert run_command([*line, "--audit", str(chain)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] and told["audit_ok"] and told["key_known"]
    # A chain that does not have one of its events shows that the excerpt is none of it.
    [last] = [json.loads(one) for one in excerpt_of(file)][-1:]
    kept = [one for one in chain.read_text().splitlines() if last["hash"] not in one]
    chain.write_text("\n".join(kept) + "\n")
    assert run_command([*line, "--audit", str(chain)]) == 1
    assert json.loads(capsys.readouterr().out)["not_in_audit"] == last["sequence"]


def excerpt_of(file: Path) -> list[str]:
    with zipfile.ZipFile(file) as archive:
        return archive.read("audit/excerpt.jsonl").decode().splitlines()


@pytest.fixture
def asked_first(web: WebSite) -> Iterator[None]:
    """The record writer asks for the own view first while a test runs."""
    applications: Any = web.platform.parts.applications
    before = applications[AppId("record_writer")]
    manifest = dataclasses.replace(before.manifest, first_opinion=True)
    applications[AppId("record_writer")] = dataclasses.replace(before, manifest=manifest)
    yield
    applications[AppId("record_writer")] = before


def test_page_and_api_hold_the_output_back_until_the_own_view_is_written(
    web: WebSite, draft: str, asked_first: None
) -> None:
    sun, token = web.person("dr.sun"), web.token("dr.sun")
    page = sun.get(f"/drafts/{draft}")
    assert page.page.css('textarea[name="first_opinion"]') and not page.page.css("sw-review")
    assert run(web, "dr.sun").json["code"] == "first_opinion_needed"
    address = f"/api/v1/drafts/{draft}"
    held = web.api(token, "GET", address)
    assert (held.status, held.json["code"]) == (409, "first_opinion_needed")
    for way in ("pdf", "versions", "reasoning", "texts", "opinion"):
        assert sun.get(f"/drafts/{draft}/{way}").status == 409, way
    short = web.api(token, "POST", f"{address}/first-opinion", {"first_opinion": "x"})
    assert short.status == 422
    written = web.api(token, "POST", f"{address}/first-opinion", {"first_opinion": "心力衰竭加重"})
    assert written.status == 200
    assert web.api(token, "GET", address).status == 200
    assert "心力衰竭加重" in sun.get(f"/drafts/{draft}/opinion").text
    compared = {"agrees": "partly", "kept": "own"}
    assert sun.post(f"/drafts/{draft}/opinion/compare", compared).status == 303
    assert "部分一致" in sun.get(f"/drafts/{draft}/opinion").text
    seen = shown(sun, draft)
    body = {"version": int(seen["version"]), "content_hash": seen["content_hash"]}
    said = {**body, "code": "missing", "view": "缺少出院带药"}
    assert web.api(token, "POST", f"{address}/disagreements", said).status == 201
    unknown = {**said, "content_hash": "0" * 64}
    assert web.api(token, "POST", f"{address}/disagreements", unknown).status == 422


def sound(file: Path, key: str) -> bool:
    try:
        return verify_claim(file, key).ok
    except InputError as error:
        assert error.code == "not_a_claim_file"
        return False
