"""The patients' pages and the desk on a phone: nothing sideways, nothing that axe-core finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from suwen.core.identity import Role
from tests.e2e.test_accessibility import violations
from tests.support.applications import person
from tests.support.browser import PATIENCE_MS, Watched, watch
from tests.support.device_site import DeviceSite

pytestmark = pytest.mark.browser

CHIEF = person("chief.he", Role.CHIEF_PHYSICIAN)
SAYS = {
    "zh": ("最近不舒服", "胃或肚子", "反酸腹胀" + "x" * 120, "我爸胸口痛得厉害，出冷汗"),
    "en": ("I feel unwell", "stomach or belly", "heartburn " + "x" * 120, "crushing chest pain"),
}
PAGES = ("/way?to=F2-cardiology&step_free=yes", "/way?to=nowhere", "/poster", "/no-such")
OF_DESK = (
    "/desk",
    "/desk/tables",
    "/desk/tables/red_flags",
    "/desk/tables/red_flags/rows/RF01",
    "/desk/tables/hospital_map",
    "/desk/model",
)

Look = Callable[[str], None]


@pytest.fixture
def phone(browser: Browser, device: DeviceSite) -> Iterator[Callable[..., Watched]]:
    """Opens a browser of this width."""
    opened: list[Watched] = []

    def go(width: int) -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": 844}, base_url=f"http://{device.host}"
        )
        context.set_default_timeout(PATIENCE_MS)
        opened.append(watch(context))
        opened[-1].expected.append("404")
        return opened[-1]

    yield go
    problems = [problem for watched in opened for problem in watched.unexpected()]
    for watched in opened:
        watched.page.context.close()
    assert problems == []


def over(page: Page) -> int:
    """How far the page reaches beyond the screen, in pixels."""
    width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(page.evaluate(width))


def talk(page: Page, language: str, look: Look) -> None:
    """A chat that ends in an emergency and calls a person, looked at after each message."""
    page.click("summary")
    look("about")
    page.click(".sw-p-start > .sw-p-button")
    page.wait_for_url("**/chat")
    for number, text in enumerate(SAYS[language], start=1):
        page.fill("#text", text)
        page.click(".sw-p-send")
        page.locator(".sw-p-said").nth(2 * number - 1).wait_for()
        look(text[:12])
    assert page.locator(".sw-p-emergency").is_visible()
    page.click('form[action="/chat/person"] button')
    page.wait_for_selector(".sw-p-kind-notice")
    look("called")


@pytest.mark.parametrize(
    ("width", "language", "size"),
    [(390, "zh", "usual"), (390, "en", "large"), (320, "en", "usual"), (320, "zh", "large")],
)
def test_nothing_reaches_beyond_a_phone(
    phone: Callable[..., Watched], device: DeviceSite, width: int, language: str, size: str
) -> None:
    page, found = phone(width).page, {}

    def look(name: str) -> None:
        found[name] = over(page)

    page.goto(f"/choose?lang={language}&size={size}&back=/")
    look("start")
    talk(page, language, look)
    for path in PAGES:
        page.goto(path)
        look(path)
    page.goto(f"/desk/enter?ticket={device.ticket(CHIEF)}")
    page.click("#queue a")
    page.wait_for_selector("#talk")
    look("desk's chat")
    for path in OF_DESK:
        page.goto(path)
        look(path)
    assert {name: far for name, far in found.items() if far > 0} == {}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_patients_page_has_a_violation(
    phone: Callable[..., Watched], device: DeviceSite, language: str
) -> None:
    page, found = phone(390).page, {}

    def look(name: str) -> None:
        # What lies below the line at the top of a page that was scrolled is not small for it.
        page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
        found[name] = violations(page)

    page.goto(f"/choose?lang={language}&size=usual&back=/")
    look("start")
    talk(page, language, lambda name: look(name) if name in ("about", "called") else None)
    page.goto(f"/desk/enter?ticket={device.ticket(CHIEF)}")
    # The pages differ in their words alone: each is looked at in one language.
    for path in (
        (*PAGES[::2], *OF_DESK[::2]) if language == "zh" else (*PAGES[1::2], *OF_DESK[1::2])
    ):
        page.goto(path)
        look(path)
    assert {name: v for name, v in found.items() if v} == {}
