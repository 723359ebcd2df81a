"""In a real browser: the frame of a hospital system, and the window that proves a signer."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from suwen.bootstrap.settings import WebSettings
from suwen.control.access.launch_types import LaunchWish
from suwen.core.identity import (
    Channel,
    ClientRights,
    Principal,
    PrincipalId,
    Purpose,
    Role,
)
from tests.e2e.test_accessibility import violations
from tests.integration.identity.test_oidc import doctor
from tests.support.browser import WIDE, watch
from tests.support.database import TestServer
from tests.support.peers.oidc_provider import OidcServer
from tests.support.peers.slapd import issue_certificate
from tests.support.web_site import WebSite, serving

pytestmark = pytest.mark.browser

HIS = Principal(
    PrincipalId("client:his"),
    "HIS",
    frozenset({Role.SERVICE}),
    frozenset(),
    Purpose.OPERATIONS,
    Channel.LAUNCH,
    client=ClientRights(frozenset({"launch"}), 5),
)


@contextmanager
def his_page(frames: dict[str, str]) -> Iterator[int]:
    """A page of the HIS, on a port of its own, that frames an address; the port."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            body = f'<!doctype html><title>HIS</title><iframe src="{frames["src"]}"></iframe>'
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def launched(site: WebSite, scheme: str = "http") -> str:
    """A one-time address of a patient of dr.lin."""
    care = site.run(site.platform.people.read(PrincipalId("dr.lin"))).departments
    found = site.run(site.platform.records.list_patients(sorted(care)[0], None, 1, 0))
    wish = LaunchWish(patient=found[0].id, account="dr.lin")
    issued = site.run(site.platform.sign_in.launches.issue(HIS, wish))
    return f"{scheme}://{site.host}/launch/{issued.token}"


def framed(page: Page) -> Any:
    return page.frame_locator("iframe")


@pytest.fixture(scope="module")
def frames() -> dict[str, str]:
    """What the HIS frames now."""
    return {"src": ""}


@pytest.fixture(scope="module")
def his(frames: dict[str, str]) -> Iterator[int]:
    with his_page(frames) as port:
        yield port


@pytest.fixture(scope="module")
def launch_site(
    his: int, postgres_server: TestServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebSite]:
    """A site over TLS whose pages the HIS may frame: at this address, not as ``localhost``."""
    home: Path = tmp_path_factory.mktemp("frames") / "home"
    home.mkdir()
    issue_certificate(home.parent)
    tls = {
        "ssl_certfile": str(home.parent / "server.pem"),
        "ssl_keyfile": str(home.parent / "server.key"),
    }
    web = WebSettings(frame_ancestors=(f"http://127.0.0.1:{his}", f"http://his.localhost:{his}"))
    with (
        postgres_server.copies() as urls,
        serving(urls, home, {"web": web}, tls) as served,
    ):
        yield served


@pytest.mark.parametrize("host", ["127.0.0.1", "his.localhost"])
def test_a_page_of_the_hospital_frames_the_patient(
    browser: Browser, launch_site: WebSite, his: int, frames: dict[str, str], host: str
) -> None:
    """Of the same site as we, and of another one: there the browser keeps the cookie apart."""
    context = browser.new_context(viewport=WIDE, ignore_https_errors=True)
    watched = watch(context)
    frames["src"] = launched(launch_site, "https")
    watched.page.goto(f"http://{host}:{his}/")
    framed(watched.page).locator(".sw-launched").wait_for()
    banner = framed(watched.page).locator(".sw-launched").inner_text()
    assert "仅限此患者" in banner
    # A second page in the frame: the cookie is sent again.
    framed(watched.page).locator("a.sw-brand").click()
    framed(watched.page).locator(".sw-patient-page").wait_for()
    assert violations(watched.page.frames[1]) == []
    [cookie] = [c for c in context.cookies() if "launch" in str(c["name"])]
    assert (cookie["name"], cookie["sameSite"]) == ("__Host-suwen_launch", "None")
    assert cookie["secure"]
    assert watched.unexpected() == []
    context.close()


def test_a_foreign_page_frames_nothing(
    browser: Browser, launch_site: WebSite, his: int, frames: dict[str, str]
) -> None:
    context = browser.new_context(viewport=WIDE, ignore_https_errors=True)
    page = context.new_page()
    address = frames["src"] = launched(launch_site, "https")
    page.goto(f"http://localhost:{his}/")
    page.wait_for_load_state("networkidle")
    assert framed(page).locator(".sw-launched").count() == 0
    assert [c for c in context.cookies() if "launch" in str(c["name"])] == []
    # What the foreign page could not show is not used up.
    page.goto(f"http://127.0.0.1:{his}/")
    framed(page).locator(".sw-launched").wait_for()
    assert urlsplit(address).path.startswith("/launch/")
    context.close()


def test_somebody_signs_in_signs_and_signs_out_by_the_provider(
    browser: Browser, site: WebSite, provider: OidcServer
) -> None:
    doctor(provider, "bai.lu", name="白露")
    context = browser.new_context(viewport=WIDE)
    watched = watch(context)
    # The provider's own pages want fonts from outside and have no icon.
    watched.expected += ["ERR_NAME_NOT_RESOLVED", "404 (Not Found)"]
    page = watched.page
    for language in ("en", "zh"):
        page.goto(f"http://{site.host}/sign-in?lang={language}")
        assert violations(page) == []
    page.click("a[href^='/sign-in/oidc']")
    at_provider(page, "bai.lu")
    page.wait_for_selector(".sw-who")
    assert "白露" in page.inner_text(".sw-who")
    page.locator("tr[data-patient] a").first.click()
    page.wait_for_selector("form.sw-ask")
    page.select_option("form.sw-ask select[name=document_type]", "outpatient_note")
    page.click("form.sw-ask button")
    page.wait_for_selector("#review", timeout=60_000)
    page.click("[data-opens=sign]")
    for item in page.locator("#sign [data-open-item]").all():
        item.locator("summary").click()
        item.locator("input[type=checkbox]").check()
    with context.expect_page() as opened:
        page.click("#sign button[value=go]")
    window = opened.value
    at_provider(window, "bai.lu")
    page.wait_for_selector(".sw-doc-bar-signed", timeout=20_000)
    page.click("form[action='/sign-out'] button")
    page.wait_for_url(f"{provider.issuer}/**")
    assert watched.unexpected() == []
    context.close()


def at_provider(page: Page, account: str) -> None:
    page.wait_for_selector("input[name=login]")
    page.fill("input[name=login]", account)
    page.fill("input[name=password]", "any")
    page.click("button[type=submit]")
