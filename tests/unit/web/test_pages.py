"""The clinical pages as a person gets them: worklist, patient, runs and traces."""

from __future__ import annotations

import pytest

from suwen.web.views import worklist
from tests.support.web_site import WebSite

CRITICAL = "demo-p03"
ALLERGIC = "demo-p16"


def test_the_first_page_is_where_the_role_works(web: WebSite) -> None:
    for account, home in (
        ("dr.lin", "/worklist"),
        ("it.cao", "/system"),
        ("security.dong", "/people"),
        ("audit.bai", "/audit"),
        ("compliance.yuan", "/applications"),
        ("service.tao", "/readers"),
        ("pharm.jiang", "/prescriptions"),
        ("research.whitfield", "/evidence"),
    ):
        answer = web.person(account).get("/")
        assert (answer.status, answer.headers["location"]) == (303, home)


def test_a_long_bar_has_menus_and_each_place_stands_in_it_once(web: WebSite) -> None:
    for account, menus in (("compliance.yuan", 2), ("service.tao", 0)):
        page = web.person(account).get("/system" if menus else "/readers").page
        assert len(page.css("details.sw-menu")) == menus
        bar = [link.attributes["href"] for link in page.css("nav.sw-nav a")]
        assert len(bar) == len(set(bar)) > 0
        assert len(page.css("nav.sw-nav a[aria-current]")) == 1
    page = web.person("compliance.yuan").get("/system").page
    assert len(page.css("summary.sw-menu-here")) == 1


def test_every_patient_is_reached_page_by_page(
    web: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = web.person("dr.lin")
    everybody = {
        r.attributes["data-patient"] for r in client.get("/worklist").page.css("tr.sw-row")
    }
    assert len(everybody) > 4
    monkeypatch.setattr(worklist, "PAGE", 4)
    found: list[str] = []
    wanted = {"show": "all", "from": "0"}
    for _ in range(len(everybody)):
        page = client.post("/worklist", wanted, **{"HX-Request": "true"}).page
        found.extend(str(r.attributes["data-patient"]) for r in page.css("tr.sw-row"))
        on = [b for b in page.css('button[name="from"]') if b.attributes["value"] > wanted["from"]]
        if not on:
            break
        wanted["from"] = str(on[-1].attributes["value"])
    assert len(found) == len(set(found))
    assert set(found) == everybody
    first = client.get("/worklist?from=4").page
    assert first.css_first('button[name="from"]').attributes["value"] == "0"
    assert client.get("/worklist?from=x").page.css_first('button[value="0"]') is None


def test_the_worklist_puts_the_gravest_first_and_counts(web: WebSite) -> None:
    page = web.person("dr.lin").get("/worklist").page
    groups = [node.attributes["class"] or "" for node in page.css("tbody.sw-group")]
    order = ["critical", "overdue", "due", "unsigned", "here", "left"]
    names = [group.rpartition("sw-group-")[2] for group in groups]
    assert names == sorted(names, key=order.index)
    assert names[0] == "critical"
    for body in page.css("tbody.sw-group"):
        assert body.css_first(".sw-count").text() == str(len(body.css("tr.sw-row")))
    assert page.css_first('[data-count="all"]').text() == str(len(page.css("tr.sw-row")))


def test_a_critical_value_without_a_newer_one_is_named_with_its_value(web: WebSite) -> None:
    row = web.person("dr.lin").get("/worklist").page.css_first(f'tr[data-patient="{CRITICAL}"]')
    assert "2.6" in row.css_first(".sw-flag-critical").text()


def test_an_overdue_document_says_by_how_much(web: WebSite) -> None:
    page = web.person("dr.lin").get("/worklist?show=due").page
    rows = page.css("tr.sw-row")
    assert rows
    assert all(row.css_first(".sw-todo a") is not None for row in rows)
    assert any("超时" in row.text() for row in rows)


def test_an_address_names_a_group_and_never_a_patient(web: WebSite) -> None:
    page = web.person("dr.lin").get("/worklist?show=critical&q=DEMO-100004").page
    assert [r.attributes["data-patient"] for r in page.css("tr.sw-row")] == [CRITICAL]
    assert page.css_first("#search").attributes["value"] == ""


def test_only_ones_own_patients_are_listed(web: WebSite) -> None:
    mine = web.person("dr.lin").get("/worklist").text
    theirs = web.person("dr.qiu").get("/worklist").text
    assert f'data-patient="{CRITICAL}"' in mine
    assert f'data-patient="{CRITICAL}"' not in theirs


def test_a_search_answers_with_the_rows_alone(web: WebSite) -> None:
    answer = web.person("dr.lin").post("/worklist", {"q": "DEMO-100003"}, **{"HX-Request": "true"})
    assert "<html" not in answer.text
    assert [r.attributes["data-patient"] for r in answer.page.css("tr.sw-row")] == [CRITICAL]


def test_a_search_that_finds_nobody_says_what_to_do(web: WebSite) -> None:
    page = web.person("dr.lin").post("/worklist", {"q": "nobody-of-this-name"}).page
    assert page.css_first(".sw-empty") is not None
    assert page.css_first("tr.sw-row") is None


def test_the_banner_shows_who_and_every_allergy(web: WebSite) -> None:
    page = web.person("dr.qiu").get(f"/patients/{ALLERGIC}").page
    banner = page.css_first(".sw-patient")
    assert "青霉素" in banner.css_first(".sw-allergy").text()
    assert "DEMO-100016" in banner.text()
    assert banner.css_first(".sw-allergy-none") is None


def test_recorded_absence_and_silence_are_not_the_same(web: WebSite) -> None:
    seen = set()
    for account in ("dr.lin", "dr.qiu", "dr.wei", "dr.shen", "dr.gu", "dr.pan"):
        client = web.person(account)
        for row in client.get("/worklist").page.css("tr.sw-row"):
            page = client.get(f"/patients/{row.attributes['data-patient']}").page
            found = [
                name
                for name in ("sw-allergy", "sw-allergy-none", "sw-allergy-unknown")
                if page.css_first(f".sw-patient .{name}") is not None
            ]
            assert len(found) == 1
            seen.update(found)
    assert seen == {"sw-allergy", "sw-allergy-none", "sw-allergy-unknown"}


def test_every_plot_has_a_table_with_the_same_values(web: WebSite) -> None:
    page = web.person("dr.lin").get(f"/patients/{CRITICAL}").page
    plots = [card for card in page.css(".sw-series") if card.css_first("svg") is not None]
    assert len(plots) > 5
    for card in plots:
        drawn = {c.attributes["cx"] for c in card.css("circle")}
        rows = card.css("tbody tr")
        assert len(drawn) <= len(rows)
        assert card.css_first("svg").attributes["aria-label"]
        for text in card.css("svg text"):
            assert 0 <= float(text.attributes["x"] or "-1") <= 346


def test_a_foreign_patient_is_refused_with_a_way_on(web: WebSite) -> None:
    answer = web.person("dr.qiu").get(f"/patients/{CRITICAL}")
    assert answer.status == 403
    assert "诊疗关系" in answer.text
    assert "no_care_relationship" in answer.text


def test_an_unknown_patient_is_not_found(web: WebSite) -> None:
    answer = web.person("dr.lin").get("/patients/nobody")
    assert answer.status == 404
    assert answer.page.css_first("h1").text() == "找不到"


def test_an_item_of_the_record_opens_beside_the_text(web: WebSite) -> None:
    client = web.person("dr.lin")
    page = client.get(f"/patients/{CRITICAL}/items/Patient/{CRITICAL}")
    assert page.status == 200
    assert client.get(f"/patients/{CRITICAL}/items/Observation/none").status == 404


def test_asking_for_a_document_leads_to_its_run_and_then_to_the_draft(web: WebSite) -> None:
    client = web.fresh("dr.lin")
    answer = client.post(
        f"/patients/{CRITICAL}/documents", {"document_type": "admission_record", "language": "zh"}
    )
    assert answer.status == 303
    run = answer.headers["location"].partition("?")[0]
    stream = client.get(f"{run}/events")
    assert stream.headers["content-type"].startswith("text/event-stream")
    assert stream.headers["x-accel-buffering"] == "no"
    assert "content-encoding" not in stream.headers
    events = events_of(stream.text)
    assert [n for n, _kind in events] == list(range(1, len(events) + 1))
    assert {"stage", "section", "statement", "result"} <= {kind for _n, kind in events}
    led = client.get(run)
    assert led.status == 303
    assert led.headers["location"].startswith("/drafts/")
    again = client.get(f"{run}/events", **{"Last-Event-ID": str(len(events) - 2)})
    assert [n for n, _kind in events_of(again.text)] == [len(events) - 1, len(events)]
    assert client.get(f"{run}/events", **{"Last-Event-ID": str(len(events))}).status == 204
    assert web.person("dr.he").get(f"{run}/events").status == 404
    assert web.person("dr.he").get(run).status == 404


def events_of(text: str) -> list[tuple[int, str]]:
    """Number and kind of each event of a stream."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.partition(": ")[::2] for line in block.splitlines())
        if "event" in fields:
            found.append((int(fields["id"]), fields["event"]))
    return found


def test_runs_name_who_asked_and_a_missing_page_names_no_field(web: WebSite) -> None:
    web.draft("dr.lin", CRITICAL, "admission_record")
    client = web.person("dr.lin")
    listed = client.get("/runs").page.css_first("main table").text()
    assert "林怀瑾" in listed
    assert "dr.lin" not in listed
    missing = client.get("/patients/nobody")
    assert missing.status == 404
    assert "patient_id" not in missing.page.css_first("main").text()


def test_the_trace_shows_twelve_stages_and_no_patient_text(web: WebSite) -> None:
    draft = web.draft("dr.lin", CRITICAL, "admission_record")
    trace = web.run(web.platform.drafts.read(draft)).trace
    answer = web.person("dr.lin").get(f"/runs/{trace}/trace")
    assert len(answer.page.css("table.sw-trace tbody tr")) == 12
    summary = web.run(web.platform.records.read_summary(CRITICAL))
    assert summary.name not in answer.text
    assert web.person("service.tao").get(f"/runs/{trace}/trace").status == 403


def test_a_signed_document_is_no_longer_owed_and_an_unsigned_one_still_is(web: WebSite) -> None:
    client = web.person("dr.lin")
    row = client.get("/worklist?show=due").page.css_first("tr.sw-row")
    patient = row.attributes["data-patient"] or ""
    draft = web.draft("dr.lin", patient, "discharge_summary")
    page = client.get("/worklist?show=due").page
    waiting = page.css_first(f'tr[data-patient="{patient}"]')
    assert waiting.css_first(f'a[href="/drafts/{draft}"]') is not None
    assert client.get("/worklist?show=unsigned").page.css_first(f'tr[data-patient="{patient}"]')
    shown = client.get(f"/drafts/{draft}").page
    root = shown.css_first("sw-review")
    body = {
        "version": int(root.attributes["data-version"] or 0),
        "content_hash": root.attributes["data-hash"],
        "password": web.passwords["dr.lin"],
        "acknowledged": [
            i.attributes["value"] for i in shown.css('#sign input[name="acknowledged"]')
        ],
    }
    assert client.send("POST", f"/drafts/{draft}/sign", body).status == 200
    page = client.get("/worklist?show=due").page
    assert page.css_first(f'tr[data-patient="{patient}"]') is None


@pytest.mark.parametrize("query", ["", "马", "worklist"])
def test_the_palette_offers_places_and_patients(web: WebSite, query: str) -> None:
    answer = web.person("dr.lin").post("/palette", {"q": query})
    links = [a.attributes["href"] for a in answer.page.css("a")]
    if query == "马":
        assert f"/patients/{CRITICAL}" in links
    elif not query:
        assert "/worklist" in links
