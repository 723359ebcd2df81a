"""People, engines, applications and audit: who may, what is refused, and what is said."""

from __future__ import annotations

import pytest

from suwen.bootstrap.accountability.training_hand_over import (
    HandedTrainings,
    read_trainings,
    trainings_of_device,
    write_trainings,
)
from suwen.bootstrap.device.place import PUBLIC_KEYS
from suwen.storage.training import TrainingStore
from suwen.web.views import site
from tests.support.web_site import Answer, Client, WebSite

PLACES = {
    "/people": {"security.dong"},
    "/endpoints": {"it.cao"},
    "/connections": {"it.cao", "audit.bai"},
    "/audit": {"audit.bai"},
    "/worklist": {"dr.lin", "quality.xu"},
    "/applications": {"dr.lin", "it.cao", "audit.bai", "compliance.yuan", "quality.xu"},
    "/system": {"dr.lin", "it.cao", "security.dong", "audit.bai", "compliance.yuan", "quality.xu"},
    "/runs": {"dr.lin", "audit.bai", "compliance.yuan", "quality.xu"},
}
PEOPLE = (
    "dr.lin",
    "it.cao",
    "security.dong",
    "audit.bai",
    "compliance.yuan",
    "quality.xu",
    "service.tao",
)


@pytest.mark.parametrize("place", PLACES)
def test_each_place_is_for_its_offices_alone(web: WebSite, place: str) -> None:
    for account in PEOPLE:
        client = web.person(account)
        expected = 200 if account in PLACES[place] else 403
        assert client.get(place).status == expected, account
        menu = {a.attributes["href"] for a in client.get("/about").page.css(".sw-nav a")}
        assert (place in menu) == (expected == 200), account


def test_the_offices_see_no_clinical_content(web: WebSite) -> None:
    for account in ("it.cao", "security.dong", "audit.bai", "compliance.yuan"):
        client = web.person(account)
        assert client.get("/patients/demo-p03").status == 403
        assert (
            client.post("/palette", {"q": "DEMO"}).page.css_first('a[href^="/patients/"]') is None
        )


def add(client: Client, **changed: str) -> Answer:
    fields = {
        "name": "dr.new",
        "full_name": "新医师",
        "roles": "physician",
        "departments": "cardiology",
        "language": "zh",
        "password": "a-long-first-password-7",
        **changed,
    }
    return client.post("/people", fields)


def test_a_new_person_can_sign_in_and_is_barred_at_once(web: WebSite) -> None:
    office = web.person("security.dong")
    assert add(office, name="dr.joins").status == 200
    newcomer = web.stranger()
    assert newcomer.sign_in("dr.joins", "a-long-first-password-7").status == 303
    assert newcomer.get("/worklist").status == 200
    assert office.post("/people/dr.joins/disable").status == 303
    assert newcomer.get("/worklist").status == 303
    assert web.stranger().sign_in("dr.joins", "a-long-first-password-7").status == 401


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": "No Good"}, "name"),
        ({"full_name": " "}, "full_name"),
        ({"roles": ""}, "roles"),
        ({"roles": "service"}, "roles"),
        ({"password": "short"}, "password"),
    ],
)
def test_a_wrong_entry_is_kept_and_explained(
    web: WebSite, changed: dict[str, str], said: str
) -> None:
    answer = add(web.person("security.dong"), **{"name": "dr.wrong", **changed})
    assert answer.status == 422
    assert said in answer.page.css_first(".sw-problem").text().replace("密码", "password")
    kept = answer.page.css("input[name=departments][checked]")
    assert [one.attributes["value"] for one in kept] == ["cardiology"]


def test_the_device_partition_is_handed_whose_account_is_barred(web: WebSite) -> None:
    platform, office = web.platform, web.person("security.dong")
    assert add(office, name="dr.leaves").status == 200
    keys = platform.settings.home / "secrets" / "signing" / PUBLIC_KEYS

    def handed() -> HandedTrainings:
        found = web.run(trainings_of_device(platform, TrainingStore(platform.database)))
        return read_trainings(write_trainings(found, platform.signer), keys)

    assert "dr.leaves" not in handed().barred
    assert office.post("/people/dr.leaves/disable").status == 303
    assert "dr.leaves" in handed().barred


def test_an_account_that_exists_is_not_replaced(web: WebSite) -> None:
    assert add(web.person("security.dong"), name="dr.lin").status == 409
    assert web.stranger().sign_in("dr.lin", web.passwords["dr.lin"]).status == 303


def test_nobody_bars_themselves(web: WebSite) -> None:
    answer = web.person("security.dong").post("/people/security.dong/disable")
    assert answer.status == 422
    assert "own_account" in answer.text


def upload(client: Client, data: bytes) -> Answer:
    token = client.csrf.encode()
    boundary = b"sw-boundary"
    body = b"".join(
        (
            b"--" + boundary + b'\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n',
            token,
            b"\r\n--" + boundary,
            b'\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n',
            b"Content-Type: text/csv\r\n\r\n",
            data,
            b"\r\n--" + boundary + b"--\r\n",
        )
    )
    headers = {
        "Content-Type": "multipart/form-data; boundary=sw-boundary",
        "Origin": f"http://{client.host}",
    }
    return client.request("POST", "/people/import", body, headers)


def test_a_list_is_imported_whole_or_not_at_all(web: WebSite) -> None:
    office = web.person("security.dong")
    head = "name,full_name,roles,departments,language,password\n"
    good = "dr.csv1,甲,physician,cardiology,zh,a-long-first-password-7\n"
    bad = "dr.csv2,乙,wizard,cardiology,zh,a-long-first-password-7\n"
    refused = upload(office, (head + good + bad).encode("gb18030"))
    assert refused.status == 422
    assert "3" in refused.page.css_first(".sw-problem").text()
    assert "dr.csv1" not in office.get("/people").text
    done = upload(office, (head + good).encode("gb18030"))
    assert done.status == 200
    assert "dr.csv1" in done.text
    assert "甲" in done.text


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", b"a,b\n1,2\n"])
def test_a_file_that_is_no_list_is_refused(web: WebSite, data: bytes) -> None:
    answer = upload(web.person("security.dong"), data)
    assert answer.status == 422
    assert answer.page.css_first(".sw-problem") is not None


ENDPOINT = {
    "name": "ward",
    "url": "http://127.0.0.1:9/v1",
    "model": "m",
    "partition": "general",
    "ceiling": "3",
    "context_tokens": "4096",
    "capabilities": "chat",
    "key": "a-secret-key",
}


def test_an_engine_is_added_tried_and_forgotten_and_its_key_never_shown(web: WebSite) -> None:
    office = web.person("it.cao")
    assert office.post("/endpoints", ENDPOINT).status == 303
    page = office.get("/endpoints")
    assert "http://127.0.0.1:9/v1" in page.text
    assert "a-secret-key" not in page.text
    tried = office.post("/endpoints/ward/test", {}, **{"HX-Request": "true"})
    assert tried.status == 200
    assert "engine_" in tried.text
    assert office.post("/endpoints/ward/remove").status == 303
    assert "127.0.0.1:9" not in office.get("/endpoints").text


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Not Good"},
        {"url": "ftp://x"},
        {"url": ""},
        {"url": "http://a:b@x/v1"},
        {"ceiling": "6"},
        {"partition": "x"},
        {"key": "a\nb"},
    ],
)
def test_a_wrong_engine_is_not_added(web: WebSite, changed: dict[str, str]) -> None:
    office = web.person("it.cao")
    answer = office.post("/endpoints", {**ENDPOINT, **changed})
    assert answer.status == 422
    assert answer.page.css_first(".sw-problem") is not None
    assert "127.0.0.1:9" not in "".join(c.text() for c in answer.page.css("td code"))


def test_the_kill_switch_stops_new_documents_and_everybody_sees_why(web: WebSite) -> None:
    office = web.person("compliance.yuan")
    assert office.post("/applications/record_writer/disable", {"reason": ""}).status == 422
    reason = "核对发现错误，暂停使用"
    assert office.post("/applications/record_writer/disable", {"reason": reason}).status == 303
    try:
        client = web.person("dr.lin")
        assert reason in client.get("/worklist").page.css_first(".sw-killed").text()
        assert client.get("/patients/demo-p03").page.css_first(".sw-ask") is None
        form = {"document_type": "admission_record", "language": "zh"}
        refused = client.post("/patients/demo-p03/documents", form)
        assert refused.status == 403
    finally:
        assert office.post("/applications/record_writer/enable").status == 303
    assert web.person("dr.lin").get("/worklist").page.css_first(".sw-killed") is None


def test_a_physician_does_not_switch_applications(web: WebSite) -> None:
    client = web.person("dr.lin")
    assert client.post("/applications/record_writer/disable", {"reason": "x"}).status == 403
    assert "立即停用" not in client.get("/applications").text


def test_the_audit_is_shown_and_verified_on_screen(web: WebSite) -> None:
    office = web.person("audit.bai")
    page = office.get("/audit").page
    rows = page.css("tbody tr")
    assert len(rows) > 5
    head = int(rows[0].css_first("td").text())
    assert head >= len(rows)
    report = office.post("/audit/verify", {}, **{"HX-Request": "true"})
    assert report.page.css_first(".sw-done") is not None


def test_the_audit_is_searched_by_who_what_when_and_outcome(web: WebSite) -> None:
    office = web.person("audit.bai")
    web.person("dr.lin").get("/retention")
    asked = "/audit?actor=dr.lin&action=hold.&outcome=refused&since=2020-01-01&until=2199-12-31"
    rows = office.get(asked).page.css("tbody tr")
    assert rows
    for row in rows:
        told = [cell.text() for cell in row.css("td")]
        assert told[2].startswith("hold.")
        assert "dr.lin" in told[4]
    assert office.get(asked.replace("dr.lin", "dr.li")).page.css("tbody tr") == []
    assert office.get("/audit?until=2000-01-01").page.css("tbody tr") == []


def test_older_events_are_those_of_the_same_search(
    web: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "EVENTS_A_PAGE", 2)
    office = web.person("audit.bai")
    for _ in range(3):
        web.person("dr.lin").get("/retention")
    page = office.get("/audit?actor=dr.lin&outcome=refused").page
    older = page.css_first('a[href*="before="]').attributes["href"]
    assert older is not None
    assert "actor=dr.lin" in older
    last = int(page.css("tbody tr")[-1].css_first("td").text())
    rows = office.get(older).page.css("tbody tr")
    assert all(int(row.css_first("td").text()) < last for row in rows)
    assert all("dr.lin" in row.css("td")[4].text() for row in rows)


@pytest.mark.parametrize(
    "asked", ["since=nope", "since=0001-01-01", "until=9999-12-31", "outcome=zz"]
)
def test_a_search_that_cannot_be_is_explained_and_kept(web: WebSite, asked: str) -> None:
    answer = web.person("audit.bai").get(f"/audit?actor=dr.lin&{asked}")
    assert answer.status == 422
    assert answer.page.css_first(".sw-problem") is not None
    assert answer.page.css_first('input[name="actor"]').attributes["value"] == "dr.lin"


def test_the_system_page_looks_at_every_part(web: WebSite) -> None:
    client = web.person("it.cao")
    assert client.get("/system").page.css_first('[hx-get="/system/checks"]') is not None
    checks = client.get("/system/checks", **{"HX-Request": "true"}).page
    assert len(checks.css("tbody tr")) >= 5


def test_an_error_of_a_fragment_goes_to_the_notice(web: WebSite) -> None:
    answer = web.person("dr.lin").get("/system/checks-none", **{"HX-Request": "true"})
    assert answer.status == 404
    assert answer.headers["hx-retarget"] == "#notice"
    assert "<html" not in answer.text
