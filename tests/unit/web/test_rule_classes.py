"""Classes of medicines are read by their names; who is in one is told on demand."""

from __future__ import annotations

from tests.support.web_site import WebSite

WITH_CLASSES = "/rules?table=interactions&q=%40arb"


def test_a_list_names_classes_in_the_readers_language_and_finds_them_by_code(web: WebSite) -> None:
    told = web.person("pharm.jiang").get(WITH_CLASSES).page.css("table")[-1].text()
    assert "ARB(沙坦类)" in told and "@arb" not in told
    reader = web.fresh("pharm.jiang")
    reader.post("/language", {"language": "en", "back": "/"})
    assert "angiotensin receptor blockers" in reader.get(WITH_CLASSES).text


def test_the_page_of_a_row_tells_which_medicines_a_class_holds(web: WebSite) -> None:
    person = web.person("pharm.jiang")
    row = person.get(WITH_CLASSES).page.css_first("tbody a.sw-row-link").attributes["href"]
    found = [d.text() for d in person.get(str(row)).page.css("details.sw-rules-class")]
    [arb] = [text for text in found if "@arb" in text]
    assert "氯沙坦" in arb and "缬沙坦" in arb
