"""What a browser is told with every answer, and what no page may hold."""

from __future__ import annotations

import json

import pytest

from suwen.web.security import content_security_policy
from tests.support.web_site import WebSite

PAGES = {
    "dr.lin": ("/worklist", "/patients/demo-p03", "/runs", "/applications", "/system", "/about"),
    "it.cao": ("/endpoints",),
    "security.dong": ("/people",),
    "audit.bai": ("/audit",),
}


def pages(web: WebSite) -> list[tuple[str, str]]:
    found = [("", "/sign-in"), ("dr.lin", "/no-such-page")]
    found.extend((account, path) for account, paths in PAGES.items() for path in paths)
    return found


def test_every_answer_carries_the_strict_policy(web: WebSite) -> None:
    for account, path in [*pages(web), ("", "/healthz"), ("", "/api/openapi.json")]:
        client = web.person(account) if account else web.stranger()
        policy = client.get(path).headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in policy
        assert "data:" not in policy
        assert "frame-ancestors 'none'" in policy


def test_pages_are_never_stored(web: WebSite) -> None:
    for account, path in pages(web):
        client = web.person(account) if account else web.stranger()
        assert client.get(path).headers["cache-control"] == "no-store"


def test_no_page_holds_inline_script_or_style(web: WebSite) -> None:
    for account, path in pages(web):
        client = web.person(account) if account else web.stranger()
        page = client.get(path).page
        assert page.css_first("style") is None, path
        for script in page.css("script"):
            assert script.attributes.get("src"), path
            assert not (script.text() or "").strip(), path
        for node in page.css("*"):
            for name in node.attributes:
                assert name != "style", path
                assert not name.startswith(("on", "hx-on")), path


def test_htmx_keeps_no_history_and_evaluates_nothing(web: WebSite) -> None:
    meta = web.person("dr.lin").get("/worklist").page.css_first('meta[name="htmx-config"]')
    config = json.loads(meta.attributes["content"] or "")
    assert config["historyCacheSize"] == 0
    assert config["allowEval"] is False
    assert config["includeIndicatorStyles"] is False


@pytest.mark.parametrize(
    ("ancestors", "told"),
    [((), "frame-ancestors 'none'"), (("https://his.example",), "https://his.example")],
)
def test_framing_is_what_the_hospital_says(ancestors: tuple[str, ...], told: str) -> None:
    assert content_security_policy(ancestors).endswith(told)


def test_every_hx_request_says_where_its_answer_goes(web: WebSite) -> None:
    for account, path in pages(web):
        client = web.person(account) if account else web.stranger()
        for node in client.get(path).page.css("[hx-get], [hx-post]"):
            assert node.attributes.get("hx-swap"), path
            assert node.attributes.get("hx-target") or node.attributes["hx-swap"] == "none", path
