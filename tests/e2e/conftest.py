"""A whole platform with the demonstration hospital, and Chromium in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import WARD, Watched, chromium, sign_in, watch
from tests.support.site import Site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One platform, started as a person does it, for all flows."""
    platform = Site(tmp_path_factory.mktemp("site") / "home")
    platform.start()
    yield platform
    platform.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all flows."""
    with chromium() as found:
        yield found


@pytest.fixture
def visit(site: Site, browser: Browser) -> Iterator[Callable[..., Watched]]:
    """Opens a signed-in browser for a person; what its console complains of fails the test."""
    opened: list[Watched] = []

    def go(
        account: str = "dr.lin",
        path: str = "/",
        viewport: dict[str, int] | None = None,
        language: str = "zh",
    ) -> Watched:
        context = browser.new_context(viewport=viewport or WARD, locale="zh-CN")
        context.set_default_timeout(15_000)
        watched = watch(context)
        opened.append(watched)
        sign_in(watched.page, site.url, account, site.passwords[account])
        speak(watched.page, language)
        if path != "/":
            watched.page.goto(site.url + path)
        return watched

    yield go
    problems = [problem for watched in opened for problem in watched.unexpected()]
    for watched in opened:
        watched.page.context.close()
    assert problems == []


def speak(page: Page, language: str) -> None:
    """Puts the person's screens into a language."""
    if page.locator("html").get_attribute("lang", timeout=5000)[:2] != language:  # type: ignore[index]
        page.click(f'form[action="/language"] button[value="{language}"]')
        page.wait_for_selector(f'html[lang^="{language}"]')


@pytest.fixture
def new_draft(site: Site) -> Callable[..., str]:
    """Has a document built and gives the path of its review page."""

    def build(patient: str = "demo-p01", document: str = "admission_record") -> str:
        request = {"patient_id": patient, "document_type": document, "language": "zh"}
        status, body = site.request("POST", "/api/v1/apps/record_writer/run", {"request": request})
        assert status == 200, body
        return f"/drafts/{body['run']['draft_id']}"

    return build


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a test may leave pictures."""
    return tmp_path
