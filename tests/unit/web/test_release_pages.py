"""The board of Releases as the AI committee sees it, and the way of a model part over its pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from suwen.bootstrap.releases.opening import open_releases
from suwen.core.identity import AppId
from suwen.core.inference import Endpoint
from suwen.core.manifest import Partition
from suwen.core.release import ModelBinding
from suwen.storage.shadow_cases import ShadowCase
from tests.support.releases import put_results
from tests.support.web_site import WebSite

OFFICE, CHIEF, PHYSICIAN = "compliance.yuan", "dr.sun", "dr.lin"
APP = AppId("record_writer")
WARD = Endpoint(
    name="committee-test",
    url="http://127.0.0.1:9/v1",
    model="on-paper",
    partition=Partition.GENERAL,
    ceiling=5,
    capabilities=frozenset({"chat", "json_schema"}),
    context_tokens=8192,
    weights="ab" * 32,
)


@pytest.fixture(scope="module")
def engine(web: WebSite) -> Iterator[Endpoint]:
    """An engine that is known and never answers."""
    web.run(web.platform.endpoints.put(WARD))
    yield WARD
    web.run(web.platform.endpoints.remove(WARD.name))


@pytest.fixture
def evaluated(web: WebSite, engine: Endpoint) -> Iterator[ModelBinding]:
    """A model part that was proposed on the page and passed its evaluation; retired afterwards."""
    office = web.person(OFFICE)
    proposed = office.post("/releases", {"app": APP, "endpoint": engine.name})
    assert proposed.status == 303
    desk = open_releases(web.platform)
    binding = web.run(desk.read(proposed.headers["location"].removeprefix("/releases/")))
    yield web.run(put_results(desk, binding))
    assert office.post(f"/releases/{binding.id}/retire", {"reason": "test over"}).status == 303


def approve(web: WebSite, binding: ModelBinding, account: str, password: str | None = None) -> int:
    given = password if password is not None else web.passwords[account]
    form = {"password": given, "comment": "every case read"}
    return web.person(account).post(f"/releases/{binding.id}/approve", form).status


def test_the_whole_way_over_the_pages(web: WebSite, evaluated: ModelBinding) -> None:
    office, address = web.person(OFFICE), f"/releases/{evaluated.id}"
    board = office.get("/releases").page
    row = next(r for r in board.css("tbody tr") if evaluated.id[:12] in r.text())
    assert "尚未经两人批准" in row.text() and "合规" in row.text()

    assert approve(web, evaluated, OFFICE, "not my password") == 401
    assert approve(web, evaluated, OFFICE, "") == 401
    assert approve(web, evaluated, PHYSICIAN) == 403
    assert approve(web, evaluated, OFFICE) == 303
    assert approve(web, evaluated, OFFICE) == 409
    assert approve(web, evaluated, CHIEF) == 303
    page = office.get(address)
    assert page.text.count("✓ 有效") == 2
    assert "every case read" in page.text

    everywhere = office.post(f"{address}/rollout", {"stage": "all", "departments": ""})
    assert everywhere.status == 409 and "请先在后台试运行" in everywhere.text
    nowhere = office.post(f"{address}/rollout", {"stage": "ward", "departments": ""})
    assert nowhere.status == 422 and "请写明启用的科室" in nowhere.text
    by_chief = web.person(CHIEF).post(f"{address}/rollout", {"stage": "shadow"})
    assert by_chief.status == 403
    ward = {"stage": "ward", "departments": "no-such-ward", "reason": "to begin small"}
    assert office.post(f"{address}/rollout", ward).status == 303
    assert "no-such-ward" in office.get(address).text
    assert web.person(CHIEF).post(f"{address}/suspend", {"reason": ""}).status == 422
    assert web.person(CHIEF).post(f"{address}/suspend", {"reason": "odd"}).status == 303
    assert web.person(CHIEF).post(f"{address}/resume", {"reason": "fine"}).status == 403
    assert office.post(f"{address}/resume", {"reason": "fine"}).status == 303
    assert office.post(f"/releases/return/{APP}", {"reason": "enough"}).status == 303
    page = office.get(address).page
    assert "已批准" in page.css_first("h1").text()
    log = office.get(f"/releases/log/{APP}").text
    assert "退回上一步" in log and "to begin small" in log


def test_each_suite_of_the_gate_is_told_and_the_one_that_blocks_by_its_name(
    web: WebSite, evaluated: ModelBinding
) -> None:
    office, address = web.person(OFFICE), f"/releases/{evaluated.id}"
    assert "补做所缺的评测" not in office.get(address).text
    desk = open_releases(web.platform)
    web.run(put_results(desk, evaluated, passed=False, only="injection"))
    page = office.get(address)
    rows = {r.css_first("th").text(): r.text() for r in page.page.css("caption ~ tbody tr")}
    [blocking] = [text for text in rows.values() if "✕" in text]
    assert "未达到该应用的评测门槛" in blocking and "≥ 98.0 %" in blocking
    assert "补做所缺的评测" in page.text
    board = office.get("/releases").page
    row = next(r.text() for r in board.css("tbody tr") if evaluated.id[:12] in r.text())
    title = next(name for name, text in rows.items() if text == blocking)
    assert title in row
    assert "补做所缺的评测" not in web.person(CHIEF).get(address).text
    assert web.person(CHIEF).post(f"{address}/evaluate").status == 403
    assert web.person(PHYSICIAN).post(f"{address}/evaluate").status == 403


def test_who_may_not_see_releases_sees_none(web: WebSite, evaluated: ModelBinding) -> None:
    for path in ("/releases", f"/releases/{evaluated.id}", f"/releases/log/{APP}"):
        assert web.person("service.tao").get(path).status == 403
        assert web.person(PHYSICIAN).get(path).status == 200
    assert not web.person(PHYSICIAN).get("/releases").page.css("form[action^='/releases']")
    assert web.person(OFFICE).get("/releases/" + "0" * 64).status == 404


def test_a_trial_is_read_by_whoever_may_read_the_draft(
    web: WebSite, evaluated: ModelBinding
) -> None:
    draft = web.draft(PHYSICIAN, "demo-p03", "admission_record")
    found = web.run(web.platform.drafts.read(draft))
    sides = {
        side: [{"text": f"{side} says so.", "supported": True}] for side in ("shadow", "shown")
    }
    counts = {
        "shadow": {"statements": 1, "supported": 1},
        "shown": {"statements": 1, "supported": 0},
    }
    shadows = web.platform.releases.shadows
    case = ShadowCase(
        evaluated.id,
        found.trace,
        found.id,
        web.platform.clock.now(),
        None,
        {**counts, "same": 0},
        12.5,
        sides,
    )
    web.run(shadows.add(case, found.patient))
    [kept] = [c for c in web.run(shadows.list(evaluated.id)) if c.trace == found.trace]
    address = f"/releases/{evaluated.id}/cases/{kept.number}"
    assert "shadow says so." in web.person(PHYSICIAN).get(address).text
    assert web.person(OFFICE).get(address).status == 403
    assert web.person("dr.gu").get(address).status == 403
    told = web.person(OFFICE).get(f"/releases/{evaluated.id}").text
    assert "shadow says so." not in told and "1 : 0" in told
    assert web.person(PHYSICIAN).get(f"/releases/{evaluated.id}/cases/999999").status == 404


def test_the_pages_speak_english_too(web: WebSite, evaluated: ModelBinding) -> None:
    reader = web.fresh("quality.xu")
    reader.post("/language", {"language": "en", "back": "/releases"})
    board = reader.get("/releases").text
    assert "What blocks it" in board and "waits for the approval of two people" in board
    page = reader.get(f"/releases/{evaluated.id}").text
    assert "Everything that is hashed" in page and "the context window" in page
    reader.post("/language", {"language": "zh", "back": "/releases"})
