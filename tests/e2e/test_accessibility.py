"""axe-core on every page in both languages, and the review page at narrow and small sizes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.test_flows import FAILED, STREAM, stay_with_a_run
from tests.support.browser import Watched
from tests.support.site import Site

pytestmark = [pytest.mark.site, pytest.mark.browser, pytest.mark.timeout(900)]

# The pages of both languages share their marks and styles: English is walked in the long run.
LANGUAGES = ("zh", pytest.param("en", marks=pytest.mark.soak))
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    # What is in order need not be listed place by place.
    "resultTypes": ["violations"],
}
PAGES = {
    "dr.lin": ("/worklist", "/patients/demo-p03", "/runs", "/applications", "/about", "/no-such"),
    "it.cao": (
        "/endpoints",
        "/connections",
        "/connections/his",
        "/connection-forms",
        "/connection-forms/new/fhir_source",
        "/connection-forms/his",
        "/patient-matches",
        "/system",
    ),
    "security.dong": ("/people",),
    "audit.bai": ("/audit",),
    "quality.xu": (
        "/quality",
        "/quality/overview",
        "/bulk",
        "/incidents/new",
        "/second-readings",
        "/disagreements",
        "/reliance",
    ),
    "pharm.jiang": (
        "/rules",
        "/rules/row?of=renal&row=REN-metformin-45",
        "/rules/changes",
        "/rules/versions",
        "/rules/files",
        "/prescriptions",
        "/prescriptions/mine",
        "/prescriptions/rules",
        "/prescriptions/comments",
    ),
    "compliance.yuan": (
        "/retention",
        "/retention/due",
        "/register",
        "/register/triage",
        "/training",
        "/disclosures",
        "/claims",
        "/facts",
        "/releases",
        "/releases/log/record_writer",
        "/evaluations",
        "/monitoring",
        "/monitoring?app=record_writer",
        "/monitoring/alarms",
        "/monitoring/rules",
        "/monitoring/benefit",
        "/incidents",
    ),
}


def violations(page: Page) -> list[str]:
    """What axe-core finds, as rule and place."""
    found: dict[str, Any] = Axe().run(page, options=RULES).response
    return [
        f"{v['id']}: {node['target']} {node['failureSummary'][:200]}"
        for v in found["violations"]
        for node in v["nodes"]
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_has_a_violation(visit: Callable[..., Watched], site: Site, language: str) -> None:
    found = {}
    for account, paths in PAGES.items():
        watched = visit(account, language=language)
        watched.expected.append("404")
        for path in paths:
            watched.page.goto(site.url + path)
            found[path] = violations(watched.page)
    assert {path: v for path, v in found.items() if v} == {}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_sign_in_has_no_violation(visit: Callable[..., Watched], site: Site, language: str) -> None:
    page = visit(fresh=True).page
    page.click('form[action="/sign-out"] button')
    page.goto(f"{site.url}/sign-in?lang={language}")
    assert violations(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_review_in_all_its_states_has_no_violation(
    visit: Callable[..., Watched], site: Site, new_draft: Callable[..., str], language: str
) -> None:
    draft = new_draft("demo-p03")
    page = visit(path=draft, language=language).page
    page.goto(site.url + draft)
    page.wait_for_timeout(300)
    found = {"draft": violations(page)}
    for dialog in ("sign", "reject", "escalate", "help", "palette"):
        page.evaluate(f"document.getElementById('{dialog}').showModal()")
        found[dialog] = violations(page)
        page.evaluate(f"document.getElementById('{dialog}').close()")
    page.goto(site.url + draft + "/versions")
    found["versions"] = violations(page)
    page.goto(site.url + draft)
    page.click('a[href$="/trace"]')
    found["trace"] = violations(page)
    assert {state: v for state, v in found.items() if v} == {}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_run_under_way_and_one_that_failed_have_no_violation(
    visit: Callable[..., Watched], language: str
) -> None:
    page = visit(path="/patients/demo-p07", language=language).page
    told = STREAM
    headers = {"Content-Type": "text/event-stream"}
    events = re.compile("/runs/[^/]+/events")
    page.route(events, lambda route: route.fulfill(body=told, headers=headers))
    stay_with_a_run(page)
    page.wait_for_selector("sw-build .sw-sec")
    found = {"under way": violations(page)}
    told = STREAM + FAILED
    page.wait_for_selector('sw-build [data-part="problem"]:not([hidden])')
    found["failed"] = violations(page)
    assert {state: v for state, v in found.items() if v} == {}


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1440, 900), (1024, 768), (390, 844)])
def test_nothing_is_cut_off_at_any_size(
    visit: Callable[..., Watched],
    new_draft: Callable[..., str],
    site: Site,
    width: int,
    height: int,
) -> None:
    page = visit(viewport={"width": width, "height": height}, path=new_draft()).page
    patients = [f"{site.url}/patients/demo-p0{number}" for number in (1, 3, 7)]
    for path in (page.url, site.url + "/worklist", *patients):
        page.goto(path)
        page.wait_for_timeout(200)
        over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert over <= 0, path


def test_every_stop_of_the_keyboard_is_seen(
    visit: Callable[..., Watched], new_draft: Callable[..., str]
) -> None:
    page = visit(path=new_draft()).page
    for _ in range(40):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            """() => { const e = document.activeElement; const s = getComputedStyle(e);
            const seen = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2;
            return e === document.body || seen; }"""
        )
        assert seen, page.evaluate("document.activeElement.outerHTML.slice(0, 120)")
