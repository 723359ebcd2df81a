"""Nobody passes who is not known, and nothing that another site made a browser send."""

from __future__ import annotations

import re

import pytest
from starlette.routing import Route

from suwen.web.doors import DOORS, SignIn, door_of
from suwen.web.routes.session_cookies import local_address
from tests.support.web_site import WebSite

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def every_route(web: WebSite) -> list[tuple[str, str]]:
    """Method and an address of each route, with something for each parameter."""
    found = []
    for route in web.app.routes:
        path = getattr(route, "path", "")
        methods = getattr(route, "methods", None) or set()
        filled = re.sub(r"\{[^}]+\}", "x", path)
        found.extend((method, filled) for method in methods if method != "HEAD")
    for path, methods in web.app.openapi()["paths"].items():
        filled = re.sub(r"\{[^}]+\}", "x", path)
        found.extend((method.upper(), filled) for method in methods)
    return found


def test_there_are_routes_of_pages_and_of_the_api(web: WebSite) -> None:
    routes = every_route(web)
    assert len(routes) > 60
    assert ("GET", "/worklist") in routes
    assert ("GET", "/api/v1/patients") in routes


def test_every_route_is_closed_to_a_stranger(web: WebSite) -> None:
    stranger = web.stranger()
    answered = []
    for method, path in every_route(web):
        if path.startswith("/static/"):
            continue
        answer = stranger.request(method, path, b"{}" if method != "GET" else None)
        led_away = answer.status == 303 and answer.headers["location"].startswith("/sign-in")
        if not led_away and answer.status != 401:
            answered.append((method, path))
    open_to_all = (SignIn.PUBLIC, SignIn.NOBODY)
    assert [a for a in answered if door_of(*a).sign_in not in open_to_all] == []
    assert ("GET", "/healthz") in answered


def test_an_unknown_address_tells_a_stranger_nothing(web: WebSite) -> None:
    assert web.stranger().get("/no-such-page").status == 303
    assert web.stranger().get("/api/v1/no-such", Accept="application/json").status == 401


def test_a_signed_in_person_passes(web: WebSite) -> None:
    assert web.person("dr.lin").get("/worklist").status == 200


def test_a_made_up_token_does_not_pass(web: WebSite) -> None:
    answer = web.api("x" * 43, "GET", "/api/v1/patients")
    assert (answer.status, answer.json["code"]) == (401, "session_ended")


def test_signing_out_ends_the_session_in_the_store(web: WebSite) -> None:
    client = web.fresh("dr.he")
    kept = dict(client.cookies)
    assert client.post("/sign-out").status == 303
    client.cookies = kept
    assert client.get("/worklist").status == 303


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(web: WebSite) -> None:
    answer = web.stranger().sign_in("dr.lin", web.passwords["dr.lin"])
    cookie = answer.headers["set-cookie"].lower()
    assert answer.status == 303
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_a_wrong_password_says_so_and_keeps_the_account(web: WebSite) -> None:
    answer = web.stranger().sign_in("dr.pan", "not the password")
    assert answer.status == 401
    assert answer.page.css_first(".sw-problem") is not None
    assert answer.page.css_first("input[name=account]").attributes["value"] == "dr.pan"


@pytest.mark.parametrize("token", [None, "0" * 64])
def test_a_form_without_this_sessions_token_does_nothing(web: WebSite, token: str | None) -> None:
    client = web.fresh("dr.ye")
    body = b"language=en" + (f"&csrf_token={token}".encode() if token else b"")
    headers = {**FORM, "Origin": f"http://{web.host}"}
    answer = client.request("POST", "/language", body, headers)
    assert answer.status == 403
    assert 'lang="zh-CN"' in client.get("/worklist").text[:200]


def test_the_same_form_with_its_token_is_carried_out(web: WebSite) -> None:
    client = web.fresh("dr.ye")
    assert client.post("/language", {"language": "en", "back": "/worklist"}).status == 303
    assert '<html lang="en">' in client.get("/worklist").text[:200]
    client.post("/language", {"language": "zh", "back": "/worklist"})


def test_another_sites_form_does_nothing_even_with_the_token(web: WebSite) -> None:
    client = web.fresh("dr.ye")
    answer = client.post("/language", {"language": "en"}, Origin="https://elsewhere.example")
    assert answer.status == 403


@pytest.mark.parametrize("unreadable", ["http://[", "http://127.0.0.1:999999"])
def test_a_page_whose_address_cannot_be_read_is_another_sites(
    web: WebSite, unreadable: str
) -> None:
    body = f"account=dr.lin&password={web.passwords['dr.lin']}".encode()
    sent = {**FORM, "Origin": unreadable}
    assert web.stranger().request("POST", "/sign-in", body, sent).status == 403
    own = {**FORM, "Origin": f"http://{web.host}"}
    assert web.stranger().request("POST", "/sign-in", body, own).status == 303
    after = web.stranger().request("POST", "/worklist", b"", {**own, "Referer": unreadable})
    assert after.headers["location"] == "/sign-in?ended=1&next=%2F"
    framed = {"Sec-Fetch-Dest": "iframe", "Referer": unreadable}
    assert web.stranger().get("/launch/nothing", **framed).status == 403


def test_another_site_cannot_sign_a_browser_in(web: WebSite) -> None:
    body = f"account=dr.lin&password={web.passwords['dr.lin']}".encode()
    headers = {**FORM, "Origin": "https://elsewhere.example"}
    assert web.stranger().request("POST", "/sign-in", body, headers).status == 403


def test_a_program_with_a_token_needs_no_forgery_token(web: WebSite) -> None:
    token = web.token("dr.gu")
    assert web.api(token, "DELETE", "/api/v1/token").status == 204
    assert web.api(token, "GET", "/api/v1/patients").status == 401


def test_a_request_beyond_the_limit_is_refused(web: WebSite) -> None:
    client = web.person("dr.lin")
    answer = client.request(
        "POST",
        "/language",
        b"x" * (2 * 1024 * 1024 + 1),
        {**FORM, "Origin": f"http://{web.host}"},
    )
    assert answer.status == 422
    assert "request_too_large" in answer.text


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/patients/p1?write=x", "/patients/p1?write=x"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example", "/"),
        ("/\t\\elsewhere.example", "/"),
        ("/\t/elsewhere.example", "/"),
        ("//[", "/"),
        ("http://[", "/"),
        ("javascript:alert(1)", "/"),
        ("/sign-out", "/"),
        ("", "/"),
    ],
)
def test_signing_in_never_leads_elsewhere(wanted: str, leads_to: str) -> None:
    assert local_address(wanted) == leads_to


def test_the_public_doors_are_addresses_that_exist(web: WebSite) -> None:
    routes = set(every_route(web))
    public = [d for d in DOORS if d.sign_in in (SignIn.PUBLIC, SignIn.NOBODY)]
    assert len(public) > 5
    for door in public:
        if door.path == "/static/":
            continue
        assert door.methods, door.path
        for method in door.methods:
            assert any(m == method and door.leads_to(m, path) for m, path in routes), door.path
    assert any(isinstance(route, Route) for route in web.app.routes)
