"""Departments are called by their names on every screen, and their codes stay in addresses."""

from __future__ import annotations

from suwen.bootstrap.departments import Departments, known_departments
from suwen.core.language import Language
from tests.support.web_site import WebSite
from tests.unit.web.test_prescription_pages import CLEAN, hand_in


def test_the_worklist_and_the_pharmacists_queue_call_a_department_alike(web: WebSite) -> None:
    hand_in(web, CLEAN, key="names-1", department="cardiology")
    queue = web.person("pharm.jiang").get("/prescriptions?department=cardiology").page
    chosen = queue.css_first('select[name="department"] option[value="cardiology"]')
    assert chosen is not None and chosen.text() == "心血管内科"
    assert all("cardiology" not in row.text() for row in queue.css("tr.sw-row"))
    listed = web.person("dr.lin").get("/worklist").page
    option = listed.css_first('option[value="cardiology"]')
    assert option is not None and option.text() == "心血管内科"


def test_a_screen_in_english_has_english_names(web: WebSite) -> None:
    reader = web.fresh("dr.lin")
    assert reader.post("/language", {"language": "en", "next": "/"}).status == 303
    names = {o.attributes["value"]: o.text() for o in reader.get("/worklist").page.css("option")}
    assert names["cardiology"] == "Cardiology"
    assert "Cardiology" in reader.get("/patients/demo-p01").page.css_first(".sw-patient").text()


def test_a_code_without_a_name_stays_a_code(web: WebSite) -> None:
    platform = web.platform

    async def names() -> list[str]:
        departments = Departments(platform.records, platform.clock.now)
        name = await departments.naming(["W-17", "icu", None], Language.ZH)
        return [name("W-17"), name(None), name("")]

    assert web.run(names()) == ["W-17", "", ""]


def test_a_department_is_found_by_any_of_its_names(web: WebSite) -> None:
    known = web.run(known_departments(web.platform.records, web.platform.people))
    assert known["心血管内科"] == known["Cardiology"] == known["cardiology"] == "cardiology"
