"""What is sent damaged is refused in words that help, and nothing that was written is lost."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest

from suwen.web.json_bodies import read_json_body
from tests.support.web_site import Answer, WebSite

RUN = "/api/v1/apps/record_writer/run"
FORM = "application/x-www-form-urlencoded"
WORDS = "输液后出现皮疹，已停药。"


@pytest.fixture(scope="module")
def token(web: WebSite) -> str:
    return web.token("dr.lin")


def send(web: WebSite, token: str, body: bytes, kind: str = "application/json") -> Answer:
    headers = {
        "Accept": "application/json",
        "Accept-Language": "en",
        "Authorization": f"Bearer {token}",
        "Content-Type": kind,
    }
    return web.stranger().request("POST", RUN, body, headers)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"request":', "json_malformed"),
        ('{"request":{"patient_id":"林"}}'.encode("gbk"), "json_not_utf8"),
        ('{"request":{}}'.encode("utf-16"), "json_not_utf8"),
        (b'{"request":{"patient_id":"a\x00"}}', "json_malformed"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "json_too_deep"),
        (b'{"request":{"x":NaN}}', "json_number"),
        (b'{"request":{"x":1e999}}', "json_number"),
        (b'{"request":{"x":' + b"9" * 5000 + b"}}", "json_number"),
        (b'{"request":{},"request":{}}', "json_duplicate_key"),
        (b"null", "request_invalid"),
        (b"", "request_invalid"),
    ],
)
def test_a_damaged_body_is_refused_with_what_is_wrong(
    web: WebSite, token: str, body: bytes, code: str
) -> None:
    answer = send(web, token, body)
    assert (answer.status, answer.json["code"]) == (422, code)
    assert answer.json["message"]


def test_json_is_called_json(web: WebSite, token: str) -> None:
    refused = send(web, token, b'{"request":{}}', "text/plain")
    assert (refused.status, refused.json["field"]) == (422, "Content-Type")
    assert send(web, token, b"\xef\xbb\xbf{}").json["code"] == "request_invalid"


@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        (b"{}", "body.request", "missing"),
        (b'{"request":1}', "body.request", "JSON object"),
        (b'{"request":{},"more":1}', "body.more", "no such field"),
        (b'{"request":{},"store":"perhaps"}', "body.store", "true or false"),
        (
            b'{"request":{},"first_opinion":"' + b"x" * 4001 + b'"}',
            "body.first_opinion",
            "4000 characters",
        ),
    ],
)
def test_a_wrong_field_is_named_with_what_it_must_be(
    web: WebSite, token: str, body: bytes, field: str, says: str
) -> None:
    told = send(web, token, body).json
    assert told["field"] == field and says in told["message"]


def test_a_fraction_in_a_body_can_be_stored_by_every_desk(web: WebSite) -> None:
    assert read_json_body(b'{"share": 1.5}') == {"share": 1.5}
    body = {"app": "record_quality", "select": "stays", "fields": {"share": 1.5}}
    answer = web.api(web.token("quality.xu"), "POST", "/api/v1/bulk", body)
    assert answer.status in (201, 422)


@pytest.mark.parametrize(
    "path", ["/api/v1/drafts/x/first-opinion", "/api/v1/drafts/x/disagreements"]
)
def test_an_own_view_that_cannot_be_stored_is_refused(web: WebSite, token: str, path: str) -> None:
    answer = web.api(token, "POST", path, {"first_opinion": "a\x00", "view": "a\x00"})
    assert (answer.status, answer.json["code"]) == (422, "text_not_storable")


def report(web: WebSite, words: str) -> bytes:
    """A report of an incident, as the page sends it."""
    fields = {
        "csrf_token": web.person("dr.lin").csrf,
        "from": "/worklist",
        "kind": "near_miss",
        "problem": "other",
        "harm": "none",
        "happened_at": "2026-11-20T08:30",
    }
    return f"{urlencode(fields)}&words={words}".encode()


def post(web: WebSite, path: str, body: bytes, kind: str = FORM) -> Answer:
    client = web.person("dr.lin")
    return client.request(
        "POST", path, body, {"Content-Type": kind, "Origin": f"http://{client.host}"}
    )


def test_a_form_in_another_encoding_is_not_kept_as_other_words(web: WebSite) -> None:
    refused = post(web, "/incidents", report(web, quote(WORDS.encode("gbk"))))
    assert refused.status == 422 and "form_not_utf8" in refused.text
    assert post(web, "/incidents", report(web, quote(WORDS))).status in (303, 422)
    assert "form_not_utf8" not in post(web, "/incidents", report(web, quote(WORDS))).text


def parted(fields: dict[str, bytes]) -> bytes:
    return (
        b"".join(
            b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
            % (name.encode(), value)
            for name, value in fields.items()
        )
        + b"--b--\r\n"
    )


@pytest.mark.parametrize(("encoding", "refused"), [("gbk", True), ("utf-8", False)])
def test_so_is_one_in_parts(web: WebSite, encoding: str, *, refused: bool) -> None:
    fields = {"csrf_token": web.person("dr.lin").csrf.encode(), "words": WORDS.encode(encoding)}
    answer = post(web, "/incidents", parted(fields), "multipart/form-data; boundary=b")
    assert ("form_not_utf8" in answer.text) is refused


def test_a_form_with_too_many_fields_is_no_failure_of_the_system(web: WebSite) -> None:
    answer = post(web, "/incidents", report(web, "x") + b"".join(b"&f%d=1" % n for n in range(60)))
    assert answer.status == 422 and "form_unreadable" in answer.text


def test_a_broken_form_in_parts_is_no_failure_of_the_system(web: WebSite) -> None:
    answer = post(web, "/incidents", b"--b\r\nnonsense", "multipart/form-data; boundary=b")
    assert answer.status in (403, 422) and "internal" not in answer.text


def test_how_much_a_form_holds_is_for_its_own_page_to_say(web: WebSite) -> None:
    """The guard looks for the forgery token alone; tables of rules are larger than other forms."""
    client = web.person("pharm.jiang")
    fields = {"csrf_token": client.csrf.encode(), "text": b"x" * (1024 * 1024 + 1)}
    answer = client.request(
        "POST",
        "/rules/files",
        parted(fields),
        {
            "Content-Type": "multipart/form-data; boundary=b",
            "Origin": f"http://{client.host}",
        },
    )
    assert "form_unreadable" not in answer.text and "request_unreadable" not in answer.text


def test_a_refused_form_shows_the_words_again_and_no_secret(web: WebSite) -> None:
    client = web.person("dr.lin")
    fields = {"words": WORDS, "password": "not for a page", "outcome": "justified"}
    page = client.post("/emergencies/x/review", {**fields, "comment": "a" * 600 + " b"})
    assert page.status in (403, 422)
    shown = [node.text() for node in page.page.css("textarea[readonly]")]
    assert WORDS in shown and "not for a page" not in page.text


def test_who_mistypes_the_password_still_gets_where_they_wanted(web: WebSite) -> None:
    client = web.stranger()
    body = urlencode({"account": "dr.lin", "password": "wrong", "next": "/incidents"}).encode()
    headers = {"Content-Type": FORM, "Origin": f"http://{client.host}"}
    page = client.request("POST", "/sign-in", body, headers).page
    kept = page.css_first('input[name="next"]')
    assert kept is not None and kept.attributes["value"] == "/incidents"
    other = page.css_first(".sw-sign-in-language a")
    assert other is not None and "next=/incidents" in (other.attributes["href"] or "")


def test_a_form_of_an_ended_session_says_that_nothing_was_done(web: WebSite) -> None:
    client = web.fresh("dr.lin")
    body = urlencode({"csrf_token": client.csrf, "words": WORDS}).encode()
    client.post("/sign-out")
    client.cookies["suwen_session"] = "ended"
    page = f"http://{client.host}/incidents/new?from=/runs"
    headers = {"Content-Type": FORM, "Origin": f"http://{client.host}", "Referer": page}
    answer = client.request("POST", "/incidents", body, headers)
    leads_to = answer.headers["location"]
    assert leads_to == "/sign-in?ended=1&next=%2Fincidents%2Fnew%3Ffrom%3D%2Fruns"
    for language, says in (("zh", "没有执行"), ("en", "was not carried out")):
        shown = web.stranger().get(f"{leads_to}&lang={language}").page
        problem, kept = shown.css_first(".sw-problem"), shown.css_first('input[name="next"]')
        assert problem is not None and says in problem.text()
        assert kept is not None and kept.attributes["value"] == "/incidents/new?from=/runs"


def test_a_judgement_is_no_document_to_print(web: WebSite) -> None:
    quality = web.token("quality.xu")
    request = {"patient_id": "demo-p08"}
    run = web.api(quality, "POST", "/api/v1/apps/record_quality/run", {"request": request}).json
    draft = run["run"]["draft_id"]
    answer = web.api(quality, "GET", f"/api/v1/drafts/{draft}/export?form=pdf")
    assert (answer.status, answer.json["code"]) == (409, "no_document")
    assert "/pdf" not in web.person("quality.xu").get(f"/drafts/{draft}").text
