"""The main job in a browser, as a physician does it, mostly without a mouse."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browser import WIDE, Watched
from tests.support.site import Site

pytestmark = [pytest.mark.site, pytest.mark.browser]

Visit = Callable[..., Watched]
NewDraft = Callable[..., str]
FALSE = "患者住院期间血钾最低为 1.1 mmol/L。"


def write_at_end(page: Page, text: str, section: int = 0) -> None:
    """Types at the end of a section's text, as a person does."""
    page.locator(".sw-text[contenteditable]").nth(section).click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(text)


def saved(page: Page) -> None:
    """Waits until the page says that everything is stored."""
    expect(page.locator('[data-part="save-state"]')).to_have_attribute("data-state", "saved")


def sign(page: Page, password: str) -> None:
    """Looks at everything open in the dialog and signs."""
    for item in page.locator("#sign [data-open-item]").all():
        item.locator("summary").click()
        item.locator("input").check()
    page.fill("#sign input[name=password]", password)
    page.click('#sign [data-part="go"]')


def test_from_the_worklist_to_a_signed_document_by_keyboard(visit: Visit, site: Site) -> None:
    page = visit(viewport=WIDE).page
    page.keyboard.press("j")
    expect(page.locator("a.sw-row-link").first).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("a.sw-row-link").first).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.insert_text("DEMO-100004")
    expect(page.locator("tr.sw-row")).to_have_count(1)
    page.keyboard.press("Tab")
    page.locator("body").press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".sw-patient-name")).to_have_text("蔡海霞")
    page.locator(".sw-ask button").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/drafts/"))
    expect(page.locator(".sw-doc-bar")).to_contain_text("未签署")
    page.keyboard.press("e")
    expect(page.locator(".sw-text").first).to_be_focused()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("\n家属陪同。")
    page.keyboard.press("Control+s")
    saved(page)
    page.keyboard.press("Control+Enter")
    dialog = page.locator("#sign")
    expect(dialog).to_contain_text("蔡海霞")
    expect(dialog).to_contain_text("改动")
    sign(page, site.passwords["dr.lin"])
    expect(page.locator(".sw-doc-bar-signed")).to_contain_text("林怀瑾")
    expect(page.locator("[contenteditable]")).to_have_count(0)
    expect(page.locator(".sw-doc")).to_contain_text("家属陪同")


def test_a_document_is_watched_while_it_is_built(visit: Visit) -> None:
    page = visit(path="/patients/demo-p06").page
    page.add_init_script(
        """addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
          const shown = document.querySelectorAll("sw-build .sw-sec").length;
          if (shown) sessionStorage.setItem("test-sections", shown);
        }).observe(document.body, {childList: true, subtree: true}))"""
    )
    patient = page.url
    for _ in range(20):
        page.click(".sw-ask button")
        page.wait_for_url(re.compile("/drafts/"))
        # A run that was over before the browser asked for its page leads straight to the draft.
        if seen := page.evaluate("sessionStorage.getItem('test-sections')"):
            break
        page.goto(patient)
    assert int(seen) == page.locator(".sw-sec[data-section]").count()
    page.go_back()
    expect(page.locator("sw-build")).to_have_count(0)


STREAM = (
    'id: 1\nevent: stage\ndata: {"name": "core", "status": "running", "took_ms": null}\n\n'
    'id: 2\nevent: section\ndata: {"section": {"id": "a", "title": "诊疗经过", '
    '"text": "已写出的一句。"}}\n\n'
)
FAILED = (
    'id: 3\nevent: failed\ndata: {"code": "cancelled", "message_zh": "运行已取消，未产生结果。", '
    '"message_en": "Cancelled."}\n\n'
)


def stay_with_a_run(page: Page) -> None:
    """Has documents built until one is still under way when its page is there.

    A run may be over before the browser asks for its page, which then leads on to the draft.
    """
    patient = page.url
    for _ in range(20):
        page.click(".sw-ask button")
        page.wait_for_url(re.compile("/(runs|drafts)/"))
        if "/runs/" in page.url:
            return
        page.goto(patient)
    pytest.fail("no run was still under way")


def test_escape_stops_a_run_and_what_was_written_stays_on_the_screen(visit: Visit) -> None:
    page = visit(path="/patients/demo-p07").page
    stopped: list[str] = []
    asked: list[str] = []

    def stream(route: Route) -> None:
        asked.append(route.request.url)
        body = FAILED if stopped else STREAM
        route.fulfill(body=body, headers={"Content-Type": "text/event-stream"})

    def stop(route: Route) -> None:
        stopped.append(route.request.method)
        route.fulfill(status=204)

    page.route(re.compile("/runs/[^/]+/events"), stream)
    page.route(re.compile("/runs/[^/]+/stop"), stop)
    stay_with_a_run(page)
    expect(page.locator("sw-build .sw-sec")).to_contain_text("已写出的一句")
    expect(page.locator(".sw-patient-name")).to_have_text("徐凤英")
    expect(page.locator('[data-stage="core"]')).to_have_attribute("data-status", "running")
    page.keyboard.press("Escape")
    expect(page.locator('sw-build [data-part="problem"]')).to_contain_text("已取消")
    expect(page.locator("sw-build .sw-sec")).to_have_count(1)
    assert stopped == ["POST"]
    assert "after=0" in asked[0]


def test_a_hidden_tab_holds_no_stream(visit: Visit) -> None:
    page = visit(path="/patients/demo-p07").page
    page.route(
        re.compile("/runs/[^/]+/events"),
        lambda r: r.fulfill(body=STREAM, headers={"Content-Type": "text/event-stream"}),
    )
    stay_with_a_run(page)
    expect(page.locator("sw-build .sw-sec")).to_have_count(1)
    hide = """hidden => {
        Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange")); }"""
    page.evaluate(hide, True)
    assert page.evaluate("document.querySelector('sw-build').source === undefined")
    page.evaluate(hide, False)
    assert "after=2" in page.evaluate("document.querySelector('sw-build').source.url")


def test_somebody_who_left_is_signed_out_and_leaves_nothing_in_the_tab(visit: Visit) -> None:
    page = visit().page
    assert "suwen.list" in page.evaluate("JSON.stringify({...sessionStorage})")
    page.evaluate("localStorage.setItem('suwen-last-use', String(Date.now() - 29 * 60 * 1000))")
    expect(page.locator('[data-part="warning"]')).to_be_visible(timeout=8000)
    page.evaluate("localStorage.setItem('suwen-last-use', '0')")
    page.wait_for_url(re.compile("/sign-in|/worklist"))
    assert (
        "demo-p" not in page.evaluate("JSON.stringify({...sessionStorage})")
        or "/worklist" in page.url
    )


def test_a_session_that_ends_while_somebody_types_costs_nothing_that_was_typed(
    visit: Visit, site: Site
) -> None:
    watched = visit("dr.he", fresh=True)
    watched.expected.append("401")
    page = watched.page
    page.clock.install()
    page.goto(f"{site.url}/incidents/new?from=/worklist")
    page.check('input[name="kind"] >> nth=0')
    for name in ("problem", "harm"):
        page.select_option(f'select[name="{name}"]', index=1)
    page.fill('textarea[name="words"]', "输液后出现皮疹，已停药。")
    token = page.input_value('main input[name="csrf_token"]')
    page.request.post(
        f"{site.url}/sign-out", form={"csrf_token": token}, headers={"Origin": site.url}
    )
    page.clock.fast_forward(120_000)
    page.click("main form button.sw-primary")
    again = page.locator('[data-part="again"]')
    expect(again).to_be_visible()
    expect(page.locator('textarea[name="words"]')).to_have_value("输液后出现皮疹，已停药。")
    again.locator('input[name="password"]').fill(site.passwords["dr.he"])
    again.locator("button").click()
    page.wait_for_url("**/incidents/*?told=1")
    expect(page.locator("main")).to_contain_text("输液后出现皮疹，已停药。")


def test_the_marks_beside_the_text_follow_a_screen_that_was_turned(
    visit: Visit, new_draft: NewDraft
) -> None:
    page = visit(path=new_draft()).page
    expect(page.locator(".sw-chips").first).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.documentElement.scrollWidth <= 390")


def test_the_review_prints_its_text_label_and_sources(visit: Visit, new_draft: NewDraft) -> None:
    page = visit(path=new_draft()).page
    write_at_end(page, "\n打印前补记。")
    saved(page)
    page.emulate_media(media="print")
    for hidden in (".sw-top", ".sw-panel", ".sw-doc-foot", "sw-draft-editor"):
        expect(page.locator(hidden)).not_to_be_visible()
    printed = page.locator('[data-part="print"]')
    expect(printed).to_contain_text("打印前补记")
    expect(printed.locator(".sw-print-label")).to_contain_text("AI")
    expect(page.locator(".sw-doc-bar")).to_contain_text("未签署")
    expect(page.locator('[data-part="print-unsaved"]')).not_to_be_visible()
    assert printed.locator(".sw-footnotes li").count() > 10


def test_lines_stay_lines_however_they_are_put_in(visit: Visit, new_draft: NewDraft) -> None:
    page = visit(path=new_draft()).page
    field = page.locator(".sw-text").first
    before = field.inner_text()
    write_at_end(page, "\n一\n\n二")
    page.keyboard.press("Enter")
    page.keyboard.insert_text("三")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('\\n四\\n五')")
    page.keyboard.press("Control+v")
    page.keyboard.press("Control+s")
    saved(page)
    page.reload()
    assert field.inner_text() == f"{before}\n一\n\n二\n三\n四\n五"


def test_sources_and_text_point_at_each_other(visit: Visit, new_draft: NewDraft) -> None:
    page = visit(path=new_draft()).page
    page.locator('.sw-chip[data-source="3"]').first.click()
    expect(page.locator('[data-card="3"]')).to_have_attribute("aria-current", "true")
    page.keyboard.press("Alt+1")
    expect(page.locator('[data-card="1"]')).to_have_attribute("aria-current", "true")
    expect(page.locator('[data-card="3"]')).not_to_have_attribute("aria-current", "true")
    cited = page.evaluate("[...CSS.highlights.get('sw-cited')].map(String)")
    assert any("姓名" in text for text in cited)
    page.locator('[data-card="1"] .sw-source-open summary').click()
    expect(page.locator('[data-card="1"] .sw-item')).to_be_visible()
    page.locator('[data-card="3"] .sw-source-head').click()
    assert any(
        "入院" in t for t in page.evaluate("[...CSS.highlights.get('sw-cited')].map(String)")
    )


def test_a_statement_without_support_is_marked_and_must_be_looked_at(
    visit: Visit, new_draft: NewDraft, site: Site
) -> None:
    page = visit(path=new_draft()).page
    write_at_end(page, f"\n{FALSE}")
    saved(page)
    assert page.locator(".sw-text").first.inner_text().endswith(f"DEMO-100001\n{FALSE}")
    marked = page.evaluate("[...CSS.highlights.get('sw-unsupported')].map(String)")
    assert marked == [FALSE]
    page.keyboard.press("Alt+n")
    assert page.evaluate("String(getSelection())") == FALSE
    page.keyboard.press("Control+Enter")
    box = page.locator('#sign input[name="acknowledged"]').last
    expect(box).to_be_disabled()
    page.fill("#sign input[name=password]", site.passwords["dr.lin"])
    page.click('#sign [data-part="go"]')
    expect(page.locator("#sign")).to_be_visible()
    sign(page, site.passwords["dr.lin"])
    expect(page.locator(".sw-doc-bar-signed")).to_be_visible()


def test_a_wrong_password_signs_nothing_and_says_so(visit: Visit, new_draft: NewDraft) -> None:
    watched = visit(path=new_draft())
    watched.expected.append("401")
    page = watched.page
    page.keyboard.press("Control+Enter")
    sign(page, "not the password")
    expect(page.locator('#sign [data-part="problem"]')).to_contain_text("密码")
    page.keyboard.press("Escape")
    expect(page.locator(".sw-doc-bar")).to_contain_text("未签署")


def test_two_people_at_one_draft_see_both_texts(visit: Visit, new_draft: NewDraft) -> None:
    address = new_draft()
    mine = visit(path=address)
    mine.expected.append("409")
    theirs = visit("dr.sun", path=address)
    write_at_end(theirs.page, "\n上级查房。")
    saved(theirs.page)
    write_at_end(mine.page, "\n我的补充。")
    dialog = mine.page.locator('[data-part="conflict"]')
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("上级查房")
    expect(dialog).to_contain_text("我的补充")
    expect(mine.page.locator('[data-part="save-state"]')).to_contain_text("未保存")
    dialog.locator('button[value="mine"]').click()
    saved(mine.page)
    expect(mine.page.locator(".sw-text").first).to_contain_text("我的补充")
    mine.page.reload()
    expect(mine.page.locator(".sw-text").first).to_contain_text("我的补充")


def test_enter_while_composing_chinese_sends_nothing(visit: Visit, new_draft: NewDraft) -> None:
    page = visit(path=new_draft()).page
    field = page.locator(".sw-text").first
    field.click()
    client = page.context.new_cdp_session(page)
    client.send(
        "Input.imeSetComposition", {"text": "xuejia", "selectionStart": 6, "selectionEnd": 6}
    )
    page.evaluate(
        """() => document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
        {key: "Enter", ctrlKey: true, isComposing: true, bubbles: true}))"""
    )
    expect(page.locator("#sign")).not_to_be_visible()
    client.send("Input.insertText", {"text": "血钾"})
    saved(page)
    expect(field).to_contain_text("血钾")


def test_single_letters_stay_letters_in_a_field_and_can_be_switched_off(visit: Visit) -> None:
    page = visit().page
    page.focus("#search")
    page.keyboard.type("j?")
    expect(page.locator("#search")).to_have_value("j?")
    expect(page.locator("#help")).not_to_be_visible()
    page.fill("#search", "")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.check('[data-part="hotkeys-off"]')
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#help")).not_to_be_visible()


def test_the_palette_finds_a_patient_and_goes_there(visit: Visit) -> None:
    page = visit().page
    page.keyboard.press("Control+k")
    page.keyboard.insert_text("马永康")
    expect(page.locator("#palette-results a").first).to_contain_text("DEMO-100003")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".sw-patient-name")).to_have_text("马永康")


def test_brackets_go_to_the_neighbours_of_the_list(visit: Visit) -> None:
    page = visit().page
    names = page.locator("a.sw-row-link").all_inner_texts()
    page.locator("a.sw-row-link").first.click()
    page.wait_for_selector(".sw-patient-name")
    page.keyboard.press("]")
    expect(page.locator(".sw-patient-name")).to_have_text(names[1])
    page.keyboard.press("[")
    expect(page.locator(".sw-patient-name")).to_have_text(names[0])


def test_a_filter_leaves_no_patient_list_in_the_browser(visit: Visit) -> None:
    page = visit().page
    page.click('.sw-segments span:has-text("待写文书")')
    expect(page).to_have_url(re.compile("show=due"))
    kept = page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
    assert "DEMO-" not in kept
    assert "<t" not in kept
    page.locator("a.sw-row-link").first.click()
    page.wait_for_selector(".sw-patient-name")
    page.go_back()
    expect(page.locator('[name="show"][value="due"]')).to_be_checked()


def test_signing_out_forgets_what_was_typed(visit: Visit, new_draft: NewDraft) -> None:
    watched = visit(path=new_draft(), fresh=True)
    page = watched.page
    page.route(
        "**/drafts/**",
        lambda route: route.abort() if route.request.method == "PUT" else route.continue_(),
    )
    watched.expected.append("ERR_FAILED")
    write_at_end(page, "\n未保存的一句。")
    expect(page.locator('[data-part="save-state"]')).to_contain_text("未保存")
    assert "未保存的一句" in page.evaluate("JSON.stringify({...sessionStorage})")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click('form[action="/sign-out"] button')
    page.wait_for_selector(".sw-sign-in")
    kept = page.evaluate("JSON.stringify({...sessionStorage})")
    assert "suwen." not in kept
    assert "未保存的一句" not in kept


def test_what_is_copied_carries_its_label(visit: Visit, new_draft: NewDraft) -> None:
    watched = visit(path=new_draft())
    page = watched.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("sw-copy-text button")
    expect(page.locator("sw-copy-text button")).to_contain_text("已复制")
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("【AI")


def test_reject_by_keyboard(visit: Visit, new_draft: NewDraft) -> None:
    page = visit(path=new_draft()).page
    page.keyboard.press("Alt+r")
    page.select_option("#reject select", "incomplete")
    page.click("#reject button[value=go]")
    expect(page.locator(".sw-doc-bar-rejected")).to_contain_text("不完整")


def test_the_kill_switch_shows_its_banner(visit: Visit, new_draft: NewDraft) -> None:
    office = visit("compliance.yuan", path="/applications").page
    office.fill("input[name=reason]", "核对中")
    office.click('form[action$="/disable"] button')
    office.wait_for_selector('form[action$="/enable"]')
    try:
        page = visit(path="/worklist").page
        expect(page.locator(".sw-killed")).to_contain_text("核对中")
    finally:
        office.click('form[action$="/enable"] button')
        office.wait_for_selector('form[action$="/disable"]')
