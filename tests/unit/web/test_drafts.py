"""Reviewing, editing and deciding over HTTP, exactly as the scripts of the page do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.web_site import Client, WebSite

PATIENT = "demo-p01"
FALSE = "患者住院期间血钾最低为 1.1 mmol/L。"
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@pytest.fixture
def draft(web: WebSite) -> str:
    """A new draft about one patient."""
    return web.draft("dr.lin", PATIENT, "admission_record")


def review(client: Client, draft: str) -> dict[str, Any]:
    """Version, hash and section texts as the page carries them."""
    page = client.get(f"/drafts/{draft}").page
    root = page.css_first("sw-review")
    return {
        "version": int(root.attributes["data-version"] or 0),
        "content_hash": root.attributes["data-hash"],
        "sections": {
            s.attributes["data-section"]: s.css_first(".sw-text").text()
            for s in page.css("[data-section]")
        },
        "open": [i.attributes["value"] for i in page.css('#sign input[name="acknowledged"]')],
    }


def save(client: Client, draft: str, version: int, sections: dict[str, str]) -> Any:
    return client.send(
        "PUT", f"/drafts/{draft}", {"sections": sections}, **{"If-Match": f'"{version}"'}
    )


def test_every_statement_has_its_sources_beside_it(web: WebSite, draft: str) -> None:
    page = web.person("dr.lin").get(f"/drafts/{draft}").page
    cards = {c.attributes["data-card"] for c in page.css("[data-card]")}
    assert len(cards) > 10
    for field in page.css("[data-marks]"):
        text = field.text()
        for mark in json.loads(field.attributes["data-marks"] or "[]"):
            assert mark["text"] in text
            assert mark["sources"]
            assert {str(n) for n in mark["sources"]} <= cards


def test_who_edited_is_named_and_so_is_the_patient(web: WebSite, draft: str) -> None:
    client = web.person("dr.lin")
    answer = client.get(f"/drafts/{draft}/versions")
    assert answer.page.css_first(".sw-patient-name").text()
    assert "林怀瑾" in answer.page.css_first(".sw-plain table").text()
    assert "dr.lin" not in answer.page.css_first("main").text()
    assert answer.page.css_first('[name="from"]') is None, "nothing to compare with"
    shown = review(client, draft)
    section, text = next(iter(shown["sections"].items()))
    saved = save(client, draft, shown["version"], {section: f"{text}。"})
    assert saved.json["by_name"] == "林怀瑾"
    page = client.get(f"/drafts/{draft}/versions").page
    assert len(page.css('[name="from"] option')) == 2
    assert "林怀瑾" in client.get(f"/drafts/{draft}").page.css_first('[data-part="editor"]').text()


def test_a_draft_says_what_it_is_on_screen_and_in_print(web: WebSite, draft: str) -> None:
    page = web.person("dr.lin").get(f"/drafts/{draft}").page
    assert "未签署" in page.css_first(".sw-doc-bar").text()
    assert "AI" in page.css_first('[data-part="print"] .sw-print-label').text()
    notes = page.css(".sw-footnotes li")
    assert len(notes) == len(page.css("[data-card]"))


def test_a_saved_edit_is_checked_and_told_with_its_version(web: WebSite, draft: str) -> None:
    client = web.person("dr.lin")
    shown = review(client, draft)
    name, text = next(iter(shown["sections"].items()))
    answer = save(client, draft, shown["version"], {name: f"{text}\n{FALSE}"})
    assert answer.status == 200
    told = answer.json
    assert told["version"] == shown["version"] + 1
    marks = [m for s in told["sections"] if s["id"] == name for m in s["marks"]]
    [written] = [m for m in marks if m["text"] == FALSE]
    assert written["supported"] is False
    assert FALSE in told["panel"]
    assert written["id"] in told["open"]
    assert FALSE in told["print"]
    assert review(client, draft)["sections"][name].endswith(FALSE)


def test_a_second_writer_is_told_and_overwrites_nothing(web: WebSite, draft: str) -> None:
    client = web.person("dr.lin")
    shown = review(client, draft)
    name, text = next(iter(shown["sections"].items()))
    assert save(client, draft, shown["version"], {name: text + "\n第一人"}).status == 200
    late = save(web.person("dr.sun"), draft, shown["version"], {name: text + "\n第二人"})
    assert (late.status, late.json["code"]) == (409, "draft_changed")
    stored = client.get(f"/drafts/{draft}/texts").json
    assert [s["text"] for s in stored["sections"] if s["id"] == name] == [text + "\n第一人"]


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        ({"sections": {"no_such": "x"}}, {"If-Match": '"1"'}, "section_unknown"),
        ({"sections": "x"}, {"If-Match": '"1"'}, "field_wrong"),
        ({"sections": {}}, {}, "if_match_missing"),
        ({"sections": {"patient": "x" * 20_001}}, {"If-Match": '"1"'}, "section_too_long"),
    ],
)
def test_a_wrong_save_says_what_is_wrong(
    web: WebSite, draft: str, body: Any, headers: dict[str, str], code: str
) -> None:
    answer = web.person("dr.lin").send("PUT", f"/drafts/{draft}", body, **headers)
    assert (answer.status, answer.json["code"]) == (422, code)


def test_what_is_not_json_is_refused(web: WebSite, draft: str) -> None:
    client = web.person("dr.lin")
    headers = {
        "Accept": "application/json",
        "X-CSRF-Token": client.csrf,
        "Origin": f"http://{web.host}",
    }
    answer = client.request("PUT", f"/drafts/{draft}", b"{", headers)
    assert (answer.status, answer.json["code"]) == (422, "json_malformed")


def test_markup_in_a_text_stays_text(web: WebSite, draft: str) -> None:
    client = web.person("dr.lin")
    shown = review(client, draft)
    name = next(iter(shown["sections"]))
    answer = save(client, draft, shown["version"], {name: MARKUP})
    assert "<img" not in answer.json["panel"]
    page = client.get(f"/drafts/{draft}")
    assert "<img" not in page.text
    assert page.page.css_first(f'[data-section="{name}"] .sw-text').text() == MARKUP


def test_signing_takes_what_was_shown_looked_at_and_proved(web: WebSite, draft: str) -> None:
    client = web.person("dr.lin")
    shown = review(client, draft)
    name, text = next(iter(shown["sections"].items()))
    save(client, draft, shown["version"], {name: f"{text}\n{FALSE}"})
    shown = review(client, draft)
    assert shown["open"]
    exact = {k: shown[k] for k in ("version", "content_hash")}
    password = web.passwords["dr.lin"]

    def sign(**changed: Any) -> Any:
        body = {**exact, "password": password, "acknowledged": shown["open"], **changed}
        return client.send("POST", f"/drafts/{draft}/sign", body)

    assert sign(acknowledged=[]).json["code"] == "open_items"
    assert sign(password="not it").json["code"] == "credentials_wrong"
    assert sign(version=1, content_hash="0" * 64).json["code"] == "draft_changed"
    assert sign(password="").json["code"] == "field_wrong"
    assert review(client, draft)["version"] == exact["version"]
    assert sign().json == {"status": "signed"}
    page = client.get(f"/drafts/{draft}").page
    assert page.css_first(".sw-doc-bar-signed") is not None
    assert "林怀瑾" in page.css_first(".sw-doc-bar").text()
    assert page.css_first("[contenteditable]") is None
    assert page.css_first('[data-opens="sign"]') is None
    assert page.css_first('[data-opens="amend"]') is not None
    late = save(client, draft, exact["version"], {name: "x"})
    assert late.status == 409


def signed(web: WebSite, draft: str, account: str = "dr.lin") -> None:
    client = web.person(account)
    shown = review(client, draft)
    body = {
        "version": shown["version"],
        "content_hash": shown["content_hash"],
        "acknowledged": shown["open"],
        "password": web.passwords[account],
    }
    assert client.send("POST", f"/drafts/{draft}/sign", body).status == 200


def test_what_is_signed_leaves_as_fhir_and_pdf_and_nothing_else_does(
    web: WebSite, draft: str
) -> None:
    client = web.person("dr.lin")
    assert client.get(f"/drafts/{draft}/fhir").status == 409
    signed(web, draft)
    fhir = client.get(f"/drafts/{draft}/fhir")
    assert fhir.headers["content-type"] == "application/fhir+json"
    kinds = [e["resource"]["resourceType"] for e in fhir.json["entry"]]
    assert kinds[0] == "Composition"
    assert "Provenance" in kinds
    pdf = client.get(f"/drafts/{draft}/pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.body.startswith(b"%PDF")


def test_an_amendment_keeps_the_former_version(web: WebSite, draft: str) -> None:
    signed(web, draft)
    client = web.person("dr.lin")
    version = web.run(web.platform.drafts.read(draft)).version
    assert client.send("POST", f"/drafts/{draft}/amend", {"version": version}).status == 200
    shown = review(client, draft)
    name, text = next(iter(shown["sections"].items()))
    assert save(client, draft, shown["version"], {name: text + "\n补记。"}).status == 200
    signed(web, draft)
    page = client.get(f"/drafts/{draft}/versions").page
    assert "补记" in page.css_first(".sw-diff-added").text()
    assert len(web.run(web.platform.drafts.signed_versions(draft))) == 2


def test_a_rejection_needs_its_reason(web: WebSite, draft: str) -> None:
    client = web.person("dr.lin")
    address = f"/drafts/{draft}/reject"
    assert client.send("POST", address, {"version": 1}).json["code"] == "field_wrong"
    other = client.send("POST", address, {"version": 1, "reason": "other"})
    assert other.json["code"] == "comment_missing"
    assert client.send("POST", address, {"version": 1, "reason": "incomplete"}).status == 200
    bar = client.get(f"/drafts/{draft}").page.css_first(".sw-doc-bar-rejected")
    assert "不完整" in bar.text()


def test_an_escalated_draft_waits_for_the_superior(web: WebSite, draft: str) -> None:
    client = web.person("dr.lin")
    body = {"version": 1, "comment": "诊断需上级确认"}
    assert client.send("POST", f"/drafts/{draft}/escalate", body).status == 200
    assert client.get(f"/drafts/{draft}").page.css_first('[data-opens="sign"]') is None
    superior = web.person("dr.sun").get(f"/drafts/{draft}").page
    assert superior.css_first('[data-opens="sign"]') is not None
    assert "诊断需上级确认" in superior.css_first(".sw-doc-bar").text()


def test_a_superior_cosigns_and_nobody_twice(web: WebSite, draft: str) -> None:
    client = web.person("dr.lin")
    shown = review(client, draft)
    body = {
        "version": shown["version"],
        "content_hash": shown["content_hash"],
        "acknowledged": shown["open"],
        "password": web.passwords["dr.lin"],
        "cosign_wanted": True,
    }
    first = client.send("POST", f"/drafts/{draft}/sign", body)
    assert first.json == {"status": "awaiting_cosign"}
    assert client.send("POST", f"/drafts/{draft}/cosign", body).status == 403
    superior = web.person("dr.sun")
    assert superior.get(f"/drafts/{draft}").page.css_first('[data-opens="cosign"]') is not None
    done = superior.send(
        "POST", f"/drafts/{draft}/cosign", {**body, "password": web.passwords["dr.sun"]}
    )
    assert done.json == {"status": "signed"}


def test_a_nurse_reads_and_edits_but_does_not_sign(web: WebSite, draft: str) -> None:
    nurse = web.person("nurse.zhao")
    page = nurse.get(f"/drafts/{draft}").page
    assert page.css_first("[contenteditable]") is not None
    assert page.css_first('[data-opens="sign"]') is None
    shown = review(nurse, draft)
    body = {
        "version": shown["version"],
        "content_hash": shown["content_hash"],
        "password": web.passwords["nurse.zhao"],
    }
    assert nurse.send("POST", f"/drafts/{draft}/sign", body).status == 403


def test_another_department_sees_nothing_of_it(web: WebSite, draft: str) -> None:
    other = web.person("dr.qiu")
    for path in ("", "/texts", "/pdf", "/versions", "/reasoning"):
        answer = other.get(f"/drafts/{draft}{path}")
        assert answer.status == 403, path
        assert "现病史" not in answer.text
    assert other.send("POST", f"/drafts/{draft}/copy", {}).status == 403


def test_a_copy_carries_its_label_and_is_audited(web: WebSite, draft: str) -> None:
    answer = web.person("dr.lin").send("POST", f"/drafts/{draft}/copy", {})
    text = answer.json["text"]
    assert text.startswith("【AI")
    assert "未签署" in text
    [event] = web.run(web.platform.audit_store.latest(1, None, action="draft.copy"))
    assert event.entry.subject == f"Draft/{draft}"


def test_an_english_document_is_marked_as_english_on_a_chinese_screen(web: WebSite) -> None:
    draft = web.draft("dr.lin", PATIENT, "admission_record", "en")
    page = web.person("dr.lin").get(f"/drafts/{draft}").page
    assert page.css_first("html").attributes["lang"] == "zh-CN"
    assert page.css_first(".sw-doc-body").attributes["lang"] == "en"
