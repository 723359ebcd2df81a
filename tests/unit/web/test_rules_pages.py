"""The clinical tables as pharmacists work through them: filters, decisions, files, the way back."""

from __future__ import annotations

import re

from tests.support.web_site import Answer, WebSite

FIRST, SECOND = "pharm.jiang", "dr.lu"
ROW = "/rules/row?of=renal&row=REN-metformin-45"
DICTIONARY = (
    "药名,通用名,编码,规格\n降压宝(院内),氨氯地平,Y001,5mg\n某某片,无此药,Y002,\n"
    "络活喜,辛伐他汀,Y004,10mg\n"
)


def decide(
    web: WebSite, answer: Answer, act: str = "agree", by: str = SECOND, note: str = ""
) -> Answer:
    """The second person's answer to what was just proposed."""
    assert answer.status == 303, answer.text
    return web.person(by).post(answer.headers["location"], {"act": act, "note": note})


def test_the_queue_is_filtered_by_table_state_severity_and_words(web: WebSite) -> None:
    person = web.person(FIRST)
    page = person.get("/rules?table=renal&state=awaiting&severity=contraindicated").page
    ids = [link.text() for link in page.css("tbody a.sw-row-link")]
    assert ids and all(name.startswith("REN-") for name in ids)
    found = person.get("/rules?q=metformin%2045&table=renal").page
    assert "REN-metformin-45" in {link.text() for link in found.css("tbody a.sw-row-link")}
    assert len(person.get("/rules").page.css("a.sw-row-link")) == 100
    assert len(person.get("/rules?order=fired&start=99000").page.css("a.sw-row-link")) == 0
    assert person.get("/rules?set=none").status == 404
    assert "没有符合条件" in person.get("/rules?q=zzzzzz").text


def test_a_row_shows_its_source_examples_and_neighbours(web: WebSite) -> None:
    page = web.person(FIRST).get(f"{ROW}&table=renal&from=list").page
    told = page.css_first("main").text()
    assert "凭记忆" in told and "触发" in told and "metformin" in told
    assert page.css_first("a[data-rule=after]") is not None
    assert web.person(FIRST).get("/rules/row?of=renal&row=none").status == 404
    assert web.person("dr.lin").get(ROW).page.css_first("form.sw-rule-form") is None


def test_a_confirmation_by_two_takes_the_words_away_and_can_be_taken_back(web: WebSite) -> None:
    first = web.person(FIRST)
    confirm = {
        "table": "renal", "row": "REN-metformin-30", "change": "confirm", "source": "说明书",
        "edition": "2025", "reason": "核对一致",
    }  # fmt: skip
    made = first.post("/rules/row", confirm)
    own = first.post(made.headers["location"], {"act": "agree"})
    assert own.status == 403 and "他人" in own.text
    assert decide(web, made).status == 303
    row = "/rules/row?of=renal&row=REN-metformin-30"
    assert "已审核" in first.get(row).page.css_first("dl.sw-facts").text()
    versions = first.get("/rules/versions").page
    assert versions.css("form[action='/rules/versions']")
    back = web.person(SECOND).post(
        "/rules/versions", {"set": "prescription", "version": "0", "reason": "演练"}
    )
    shown = first.get(back.headers["location"]).page
    assert "REN-metformin-30" in shown.css_first("main").text()
    assert decide(web, back, by=FIRST).status == 303
    assert "待审核" in first.get(row).page.css_first("dl.sw-facts").text()


def test_a_change_is_shown_before_and_after_and_may_be_refused(web: WebSite) -> None:
    first = web.person(FIRST)
    fields = {
        f.attributes["name"]: f.text() if f.tag == "textarea" else f.attributes.get("value") or ""
        for f in first.get(ROW).page.css("input[name^='value:'], textarea[name^='value:']")
    }
    for chosen in first.get(ROW).page.css("select[name^='value:']"):
        option = chosen.css_first("option[selected]")
        fields[chosen.attributes["name"]] = "" if option is None else option.attributes["value"]
    common = {"table": "renal", "row": "REN-metformin-45", "change": "override", "reason": "x"}
    wrong = first.post("/rules/row", {**fields, **common, "source": "s", "value:high": "-3"})
    assert wrong.status == 422 and "high" in wrong.text
    lower = {**fields, **common, "source": "本院", "value:max_daily": "1500"}
    made = first.post("/rules/row", lower)
    shown = web.person(SECOND).get(made.headers["location"]).page
    assert (shown.css("del")[0].text(), shown.css("ins")[-1].text()) == ("1000", "1500")
    unsaid = decide(web, made, "refuse", note="  ")
    assert unsaid.status == 422 and unsaid.page.css("[role=alert]")
    assert "未同意" not in first.get(made.headers["location"]).page.css_first("dl").text()
    why = "说明书的上限是 1000 mg"
    assert decide(web, made, "refuse", note=why).status == 303
    assert "1000" in first.get(ROW).text
    assert "未同意" in first.get(ROW).text and why in first.get(ROW).text
    assert why in first.get(made.headers["location"]).page.css_first("dl.sw-facts").text()
    told = first.get("/rules/changes").page.css_first("main").text()
    assert "获同意的修改" in told and why in told
    assert "获同意的修改" not in web.person(SECOND).get("/rules/changes").text
    nothing = first.post("/rules/row", {**fields, **common, "source": "本院"})
    assert nothing.status == 422


def test_a_row_is_added_and_withdrawn(web: WebSite) -> None:
    first = web.person(FIRST)
    assert first.get("/rules/row?of=dose_limits").page.css("select[name='value:unit'] option")
    add = {
        "table": "dose_limits", "row": "OWN-LIMIT", "change": "add", "source": "本院",
        "reason": "x", "value:medicine": "amlodipine", "value:route": "enteral", "value:unit": "mg",
        "value:max_daily": "10", "value:severity": "moderate", "value:kind": "dose",
    }  # fmt: skip
    made = first.post("/rules/row", add)
    assert first.post(made.headers["location"], {"act": "withdraw"}).status == 303
    assert first.get("/rules/row?of=dose_limits&row=OWN-LIMIT").status == 404


def test_a_dictionary_is_checked_line_by_line_and_proposed(web: WebSite) -> None:
    first = web.person(FIRST)
    given = {"kind": "dictionary", "text": DICTIONARY, "source": "药品字典", "reason": "年度更新"}
    checked = first.post("/rules/files", {**given, "act": "check"}).page
    told = checked.css_first("section[aria-labelledby=found]").text()
    assert "无此药" in told and "络活喜" in told
    assert checked.css_first("select[name='line:4'] option[value=simvastatin]") is not None
    made = first.post("/rules/files", {**given, "act": "propose", "line:4": "-"})
    assert "Y001" in web.person(SECOND).get(made.headers["location"]).text
    assert decide(web, made).status == 303
    again = first.post("/rules/files", {**given, "act": "propose"})
    assert again.status == 422 and "没有改动" in again.text
    no_source = first.post("/rules/files", {**given, "source": "", "act": "check"})
    assert no_source.status == 422


def test_a_table_goes_out_as_a_file_and_its_faults_come_back_by_line(web: WebSite) -> None:
    first = web.person(FIRST)
    taken = first.get("/rules/tables/renal.csv")
    text = taken.body.decode("utf-8-sig")
    assert taken.headers["content-disposition"].endswith('"renal.csv"')
    faulty = text.replace("renal,REN-metformin-30,,", "renal,REN-metformin-30,confrim,", 1)
    checked = first.post("/rules/files", {"kind": "file", "text": faulty, "act": "check"}).page
    cells = [cell.text() for cell in checked.css("section[aria-labelledby=found] td")]
    assert cells[:2] == ["2", "change"]
    refused = first.post("/rules/files", {"kind": "file", "text": "", "act": "check"})
    assert refused.status == 422
    assert first.get("/rules/changes.csv").status == 200
    assert first.get("/rules/tables/none.csv").status == 404


def test_others_read_and_offices_without_it_do_not(web: WebSite) -> None:
    assert web.person("dr.lin").get("/rules").status == 200
    assert web.person("it.cao").get("/rules").status == 403
    change = {"table": "renal", "row": "REN-metformin-45", "change": "disable", "reason": "x"}
    assert web.person("dr.lin").post("/rules/row", change).status == 403


def test_the_quality_office_changes_its_own_tables_only(web: WebSite) -> None:
    officer = web.person("quality.xu")
    page = officer.get("/rules?set=record_quality&table=quality_rules").page
    assert "EMR-T01" in {link.text() for link in page.css("a.sw-row-link")}
    change = {
        "table": "quality_kinds", "row": "abbreviation", "change": "override", "reason": "x",
        "source": "本院质控规定", "value:points": "1", "value:most": "6",
    }  # fmt: skip
    made = officer.post("/rules/row", change)
    assert decide(web, made, "refuse", note="演练").status == 303
    mine = {"table": "renal", "row": "REN-metformin-45", "change": "disable", "reason": "x"}
    assert officer.post("/rules/row", mine).status == 403
    assert web.person(FIRST).post("/rules/row", change).status == 403


def test_the_laboratorys_rows_are_named_and_changed_by_two(web: WebSite) -> None:
    officer, row = web.person("quality.xu"), "/rules/row?of=critical_values&row=CV-LACT"
    listed = officer.get("/rules?set=laboratory&table=critical_values&q=CV-LACT").page
    assert "CV-LACT" in {link.text() for link in listed.css("tbody a.sw-row-link")}
    page = web.person("dr.sun").get(f"{row}&set=laboratory").page
    assert "乳酸" in page.css_first("h1").text()
    assert "≥ 4 mmol/L，18 岁起" in page.css_first("dl.sw-facts").text()
    assert page.css("select[name='value:analyte'] option")
    assert web.person(FIRST).get(row).page.css_first("form.sw-rule-form") is None
    wider = {
        "table": "critical_values", "row": "CV-LACT", "change": "override", "source": "本院目录",
        "edition": "2026", "reason": "演练", "value:analyte": "LACT", "value:unit": "mmol/L",
        "value:age_min_y": "18", "value:upper": "5",
    }  # fmt: skip
    assert web.person(FIRST).post("/rules/row", wider).status == 403
    assert officer.post("/rules/row", {**wider, "value:unit": "mm[Hg]"}).status == 422
    made = officer.post("/rules/row", wider)
    assert "5" in web.person("dr.sun").get(made.headers["location"]).page.css_first("table").text()
    assert (
        web.person("dr.sun").post(made.headers["location"], {"act": "refuse", "note": "x"}).status
        == 303
    )


def test_the_change_log_of_an_application_tells_the_rows_old_and_new(web: WebSite) -> None:
    officer, reader = web.person("quality.xu"), web.person("compliance.yuan")
    address, row = "/releases/log/record_quality", "/rules/row?of=quality_kinds&row=abbreviation"
    [most] = officer.get(row).page.css("[name='value:most']")
    [points] = officer.get(row).page.css("[name='value:points']")
    before, same = (str(one.attributes["value"]) for one in (most, points))
    assert row not in reader.get(address).text.replace("&amp;", "&")
    change = {
        "table": "quality_kinds", "row": "abbreviation", "change": "override", "reason": "x",
        "source": "本院质控规定", "value:points": same, "value:most": "17",
    }  # fmt: skip
    made = officer.post("/rules/row", change)
    assert decide(web, made).status == 303
    try:
        lines = reader.get(address).page.css("tbody tr")
        [mine] = [one for one in lines if f"{before} → 17" in one.text()]
        assert "abbreviation" in mine.css_first("ul.sw-log-rows").text()
        hashes = mine.css_first("details").text()
        assert "rules:record_quality" in hashes and "→" in hashes
        for part in mine.css("details"):
            part.decompose()
        assert not re.search("[0-9a-f]{12}", mine.text()), "a hash tells nobody what changed"
    finally:
        back = officer.post(
            "/rules/versions", {"set": "record_quality", "version": "0", "reason": "演练"}
        )
        assert decide(web, back).status == 303
    assert str(officer.get(row).page.css_first("[name='value:most']").attributes["value"]) == before


def test_who_took_an_application_out_of_use_is_told_by_name_and_role(web: WebSite) -> None:
    office = web.person("compliance.yuan")
    assert office.post("/applications/record_quality/disable", {"reason": "演练"}).status == 303
    try:
        told = [one.text() for one in web.person("dr.lin").get("/worklist").page.css(".sw-killed")]
        [banner] = [one for one in told if "病历质控" in one]
        assert "袁知义（合规专员）" in banner and "compliance.yuan" not in banner
    finally:
        assert office.post("/applications/record_quality/enable", {"reason": "演练"}).status == 303
