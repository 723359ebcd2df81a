"""Debian's Chromium for tests: started once, each test with its own context, no console error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, "
    "EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost",
]
"""Without these, Chromium asks for hosts of its maker (for autofill with every form), and a page
may wait for a name server; and tests run as root in a container. A name that is not of this
machine is unknown at once, whether or not there is a network."""

# Whole sites start and stop beside the browser: a page may take its time.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)

WIDE = {"width": 1440, "height": 900}
WARD = {"width": 1366, "height": 768}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium: one for each process, whose driver keeps one event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", headless=True, args=ARGUMENTS
        )
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page, and everything that a person must never see in its console.

    Attributes:
        expected: parts of messages that this test provokes on purpose.
    """

    page: Page
    problems: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def unexpected(self) -> list[str]:
        """Problems that the test did not provoke."""
        return [p for p in self.problems if not any(part in p for part in self.expected)]


def watch(context: BrowserContext) -> Watched:
    """Opens a page and notes console errors, script errors and violations of the policy."""
    page = context.new_page()
    watched = Watched(page)

    def on_console(message: Any) -> None:
        if message.type in ("error", "warning"):
            watched.problems.append(f"{message.type}: {message.text}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: watched.problems.append(f"script: {error}"))
    return watched


def sign_in(page: Page, url: str, account: str, password: str) -> None:
    """Signs a person in through the page."""
    page.goto(f"{url}/sign-in")
    page.fill("input[name=account]", account)
    page.fill("input[name=password]", password)
    page.click("form[action='/sign-in'] button")
    page.wait_for_selector(".sw-who")
