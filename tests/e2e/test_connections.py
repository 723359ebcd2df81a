"""The operator's screen in a browser: alive by itself, usable by the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser import Watched
from tests.support.site import Site

pytestmark = [pytest.mark.site, pytest.mark.browser]


def test_a_connection_is_tested_paused_and_resumed_by_the_keyboard(
    visit: Callable[..., Watched], site: Site
) -> None:
    page = visit("it.cao", "/connections").page
    row = page.locator("#connections tbody tr", has_text="his")
    expect(row).to_contain_text("正常")
    expect(row).to_contain_text(str(site.ports["his"]))
    page.locator("#test-his").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#tested")).to_contain_text("his")
    # The list is drawn anew every two seconds; whoever works by the keyboard keeps their place.
    page.locator("#pause-his").focus()
    page.wait_for_timeout(2600)
    expect(page.locator("#pause-his")).to_be_focused()
    page.keyboard.press("Enter")
    expect(row).to_contain_text("已暂停")
    page.locator("#resume-his").focus()
    page.keyboard.press("Enter")
    expect(row).to_contain_text("正常", timeout=8000)
    page.locator("#open-his").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("his")
    expect(page.locator("#connection")).to_contain_text("需要人工处理的消息")
