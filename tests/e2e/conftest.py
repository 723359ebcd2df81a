"""A whole platform with the demonstration hospital, and Chromium in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import PATIENCE_MS, WARD, Watched, sign_in, watch
from tests.support.database import new_state_folder
from tests.support.prepared_homes import PreparedHomes
from tests.support.site import Site


@pytest.fixture(scope="session")
def site(prepared_homes: PreparedHomes) -> Iterator[Site]:
    """One platform for all flows but those of the library, whose own has a worker."""
    with new_state_folder() as folder:
        prepared_homes.with_demonstration(folder / "home", folder / "home-anchor.jsonl")
        platform = Site(folder / "home", worker=False)
        try:
            platform.start()
            yield platform
        finally:
            platform.stop()


@pytest.fixture(scope="session")
def sessions() -> dict[tuple[Path, str], Any]:
    """What browsers keep of each person's session at a site: most tests need not sign in."""
    return {}


@pytest.fixture
def visit(
    site: Site, browser: Browser, sessions: dict[tuple[Path, str], Any]
) -> Iterator[Callable[..., Watched]]:
    """Opens a signed-in browser for a person; what its console complains of fails the test."""
    opened: list[Watched] = []

    def go(
        account: str = "dr.lin",
        path: str = "/",
        viewport: dict[str, int] | None = None,
        language: str = "zh",
        *,
        fresh: bool = False,
    ) -> Watched:
        known = None if fresh else sessions.get((site.home, account))
        context = browser.new_context(
            viewport=viewport or WARD, locale="zh-CN", storage_state=known
        )
        context.set_default_timeout(PATIENCE_MS)
        watched = watch(context)
        opened.append(watched)
        if known is None:
            sign_in(watched.page, site.url, account, site.passwords[account])
        else:
            watched.page.goto(site.url + ("/about" if path != "/" else path))
        speak(watched.page, language)
        if not fresh:
            sessions[site.home, account] = context.storage_state()
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
    if page.locator("html").get_attribute("lang")[:2] != language:  # type: ignore[index]
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
