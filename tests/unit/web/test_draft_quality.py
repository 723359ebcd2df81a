"""What the quality rules say beside a draft: found, mended, gone, and never in the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.web_site import WebSite
from tests.unit.web.test_drafts import review, save

PATIENT = "demo-p01"


@pytest.fixture(scope="module")
def draft(web: WebSite) -> str:
    return web.draft("dr.lin", PATIENT, "admission_record")


@pytest.fixture
def suspended(web: WebSite) -> Iterator[None]:
    office = web.person("compliance.yuan")
    assert office.post("/applications/record_quality/disable", {"reason": "演练"}).status == 303
    yield
    assert office.post("/applications/record_quality/enable", {"reason": "演练"}).status == 303


def test_a_finding_stands_beside_the_draft_and_goes_when_it_is_mended(
    web: WebSite, draft: str
) -> None:
    author = web.person("dr.lin")
    shown = review(author, draft)
    name, text = next(iter(shown["sections"].items()))
    told = save(author, draft, shown["version"], {name: f"{text}\n阿司匹林 100 mg QOD 口服。"}).json
    assert "<q>QOD</q>" in told["panel"] and "扣 1 分" in told["panel"]
    assert not any("QOD" in item for item in review(author, draft)["open"])
    mended = save(author, draft, told["version"], {name: text}).json
    assert "<q>QOD</q>" not in mended["panel"] and "panel-quality" in mended["panel"]


def test_it_is_there_when_the_page_opens_in_the_readers_language(web: WebSite, draft: str) -> None:
    panel = web.person("dr.lin").get(f"/drafts/{draft}").page.css_first("#panel")
    assert "入院记录缺少" in panel.text() and "RQ-M02" in panel.text()
    reader = web.fresh("dr.lin")
    reader.post("/language", {"language": "en", "back": "/"})
    assert "Record quality" in reader.get(f"/drafts/{draft}").page.css_first("#panel").text()


def test_a_draft_that_is_decided_on_is_judged_no_more(web: WebSite) -> None:
    decided = web.draft("dr.lin", PATIENT, "admission_record")
    author = web.person("dr.lin")
    body = {"version": 1, "reason": "not_needed"}
    assert author.send("POST", f"/drafts/{decided}/reject", body).status == 200
    assert "panel-quality" not in author.get(f"/drafts/{decided}").text


@pytest.mark.usefixtures("suspended")
def test_rules_that_are_out_of_use_say_nothing(web: WebSite, draft: str) -> None:
    page = web.person("dr.lin").get(f"/drafts/{draft}")
    assert page.status == 200 and "panel-quality" not in page.text
