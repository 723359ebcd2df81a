"""A doctor types while the server goes away: nothing is lost, and nothing is claimed."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.browser import Watched
from tests.support.site import Site

pytestmark = [pytest.mark.site, pytest.mark.browser]

Visit = Callable[..., Watched]


def kill_service(site: Site) -> None:
    """Kills the service as by ``kill -9``; the supervisor starts it again."""
    [service] = site.children("general")
    os.kill(service, signal.SIGKILL)


def stop_service(site: Site) -> int:
    """Freezes the service, so that it takes connections and answers nothing."""
    [service] = site.children("general")
    os.kill(service, signal.SIGSTOP)
    return service


def test_typing_through_a_restart_loses_nothing_and_never_lies(
    visit: Visit, site: Site, new_draft: Callable[..., str]
) -> None:
    address = new_draft()
    watched = visit(path=address)
    watched.expected.extend(("ERR_", "Failed to load resource"))
    page = watched.page
    state = page.locator('[data-part="save-state"]')
    field = page.locator(".sw-text").first
    field.click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("\n第一句。")
    expect(state).to_have_attribute("data-state", "saved")
    frozen = stop_service(site)
    page.keyboard.insert_text("第二句。")
    page.wait_for_timeout(1500)
    assert state.get_attribute("data-state") != "saved"
    expect(page.locator('[data-opens="sign"]')).to_be_disabled()
    os.kill(frozen, signal.SIGKILL)
    page.keyboard.insert_text("第三句。")
    expect(state).to_have_attribute("data-state", "saved", timeout=40_000)
    page.reload()
    expect(page.locator(".sw-text").first).to_contain_text("第一句。第二句。第三句。")
    assert "第一句" not in page.evaluate("JSON.stringify({...sessionStorage})")


def test_a_reload_while_the_server_is_away_keeps_the_text_in_the_tab(
    visit: Visit, new_draft: Callable[..., str]
) -> None:
    watched = visit(path=new_draft())
    watched.expected.extend(("ERR_", "Failed to load resource"))
    page = watched.page
    blocked = re.compile(r"/drafts/[^/]+$")
    page.route(blocked, lambda r: r.abort() if r.request.method == "PUT" else r.continue_())
    page.locator(".sw-text").first.click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("\n留在本页的一句。")
    expect(page.locator('[data-part="save-state"]')).to_contain_text("正在重试")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator(".sw-text").first).to_contain_text("留在本页的一句")
    page.unroute(blocked)
    expect(page.locator('[data-part="save-state"]')).to_have_attribute(
        "data-state", "saved", timeout=30_000
    )


def test_a_session_that_ended_is_taken_up_again_on_the_page(
    visit: Visit, site: Site, new_draft: Callable[..., str]
) -> None:
    watched = visit(path=new_draft())
    watched.expected.append("401")
    page = watched.page
    page.context.clear_cookies(name="suwen_session")
    page.locator(".sw-text").first.click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("\n登录失效时的一句。")
    expect(page.locator('[data-part="again"]')).to_be_visible()
    expect(page.locator('[data-part="save-state"]')).to_contain_text("未保存")
    page.fill('[data-part="again"] input', site.passwords["dr.lin"])
    page.keyboard.press("Enter")
    expect(page.locator('[data-part="save-state"]')).to_have_attribute("data-state", "saved")
    page.reload()
    expect(page.locator(".sw-text").first).to_contain_text("登录失效时的一句")


def test_a_run_that_dies_with_the_service_says_so(visit: Visit, site: Site) -> None:
    watched = visit(path="/patients/demo-p09")
    watched.expected.extend(("ERR_", "Failed to load resource"))
    page = watched.page
    site.arm("run.before_draft_stored")
    page.click(".sw-ask button")
    page.wait_for_selector("sw-build")
    expect(page.locator('sw-build [data-part="problem"]')).to_be_visible(timeout=40_000)
    expect(page.locator('sw-build [data-part="after"]')).to_be_visible()


def test_eight_tabs_all_work(visit: Visit, site: Site) -> None:
    first = visit()
    tabs = [first.page.context.new_page() for _ in range(8)]
    for tab in tabs:
        tab.goto(site.url + "/worklist")
        expect(tab.locator("h1")).to_have_text("工作列表")
