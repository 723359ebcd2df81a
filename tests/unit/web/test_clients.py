"""The screen of programs and keys."""

from __future__ import annotations

from tests.support.web_site import WebSite

WANTED = {
    "id": "open-webui",
    "title": "Open WebUI",
    "scopes": ["app.evidence_search", "model.raw"],
    "ceiling": "4",
    "departments": "",
    "requests_per_minute": "60",
    "tokens_per_day": "100000",
    "days": "30",
}


def _key(page: str) -> str | None:
    start = page.find("sk-suwen-")
    return None if start < 0 else page[start : page.find("<", start)]


def test_a_key_is_shown_once_and_opens_the_door(web: WebSite) -> None:
    officer = web.fresh("security.dong")
    added = officer.post("/clients", WANTED)
    key = _key(added.text)
    assert (added.status, key is not None) == (200, True)
    assert web.api(str(key), "GET", "/v1/models").status == 200
    listed = officer.get("/clients")
    assert "open-webui" in listed.text
    assert _key(listed.text) is None
    assert "app.evidence_search" in listed.text


def test_another_key_and_no_key_at_all(web: WebSite) -> None:
    officer = web.fresh("security.dong")
    first = _key(officer.post("/clients", {**WANTED, "id": "dify"}).text)
    second = _key(officer.post("/clients/dify/rotate").text)
    assert web.api(str(first), "GET", "/v1/models").status == 401
    assert web.api(str(second), "GET", "/v1/models").status == 200
    assert officer.post("/clients/dify/disable").status == 303
    assert web.api(str(second), "GET", "/v1/models").status == 401


def test_what_cannot_be_is_told_beside_what_was_typed(web: WebSite) -> None:
    officer = web.fresh("security.dong")
    wrong = officer.post("/clients", {**WANTED, "id": "tool", "scopes": []})
    assert wrong.status == 422
    assert wrong.page.css_first(".sw-problem, [role=alert]") is not None
    assert wrong.page.css_first("input[name=id]").attributes["value"] == "tool"


def test_keys_are_the_security_administrators_business(web: WebSite) -> None:
    assert web.person("dr.lin").get("/clients").status == 403
    assert web.person("dr.lin").post("/clients", WANTED).status == 403
    assert 'href="/clients"' in web.fresh("security.dong").get("/about").text
    assert 'href="/clients"' not in web.person("dr.lin").get("/about").text
