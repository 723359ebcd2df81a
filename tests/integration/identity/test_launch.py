"""A hospital's system opens one patient for one person, once; nothing else comes of it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from suwen.bootstrap.hospital_sign_in import launch_secret
from suwen.bootstrap.settings import WebSettings
from suwen.bootstrap.sign_in_settings import LaunchSettings
from suwen.control.access.launch_types import signature_of
from suwen.core.audit import AuditEntry
from suwen.core.identity import PrincipalId, batch_principal
from suwen.storage.api_clients import ApiClient
from tests.support.database import TestServer
from tests.support.web_site import Answer, WebSite, serving

HIS = "https://his.hospital.example"


@pytest.fixture(scope="module")
def site(
    postgres_server: TestServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebSite]:
    """A site that the HIS may frame, and that takes addresses which a system signs."""
    home: Path = tmp_path_factory.mktemp("launch") / "home"
    home.mkdir()
    sections = {
        "web": WebSettings(frame_ancestors=(HIS, "https://*.wards.example")),
        "launch": LaunchSettings(signed_addresses=True),
    }
    with postgres_server.copies() as urls, serving(urls, home, sections) as served:
        yield served


@pytest.fixture(scope="module")
def his_key(site: WebSite) -> str:
    """The key of the HIS."""
    return add_client(site, "his", "launch")


def add_client(site: WebSite, name: str, *scopes: str, **more: Any) -> str:
    wanted = ApiClient(
        **{
            "id": name,
            "name": name,
            "key_hash": "",
            "scopes": frozenset(scopes),
            "ceiling": 5,
            "requests_per_minute": 1000,
            "tokens_per_day": 1000,
            "departments": frozenset(),
            "owner": "security",
            "expires_at": None,
            "disabled": False,
            "created_at": site.platform.clock.now(),
            **more,
        }
    )
    added = site.run(site.platform.clients.add(wanted, batch_principal("tests")))
    return str(added.key)


@pytest.fixture(scope="module")
def patients(site: WebSite) -> tuple[str, str]:
    """Two patients whom dr.lin cares for."""
    lin = site.person("dr.lin")
    assert lin.get("/worklist").status == 200
    page = lin.get("/worklist").page
    found = [str(row.attributes["data-patient"]) for row in page.css("tr[data-patient]")]
    return found[0], found[1]


def ask(site: WebSite, key: str, body: Any) -> Answer:
    return site.api(key, "POST", "/api/v1/launches", body)


def launch(site: WebSite, key: str, patient: str, account: str = "dr.lin", **more: Any) -> str:
    """The path that opens the patient."""
    answer = ask(site, key, {"patient": patient, "account": account, **more})
    assert answer.status == 201, answer.text
    parts = urlsplit(answer.json["url"])
    assert parts.netloc == site.host
    return parts.path


def last(site: WebSite, action: str) -> AuditEntry:
    events = site.run(site.platform.audit_store.latest(100))
    entries = sorted(events, key=lambda e: -e.sequence)
    return next(e.entry for e in entries if e.entry.action == action)


def code_of(answer: Answer) -> str:
    """The code that an error page shows."""
    return answer.page.css(".sw-error-page .sw-quiet")[-1].text()


def in_frame(of: str | None) -> dict[str, str]:
    """What a browser says of itself when a page of this origin frames us."""
    told = {"Sec-Fetch-Dest": "iframe"}
    return told if of is None else {**told, "Referer": f"{of}/"}


def test_the_patient_is_opened_for_the_person(
    site: WebSite, his_key: str, patients: tuple[str, str]
) -> None:
    browser = site.stranger()
    answer = browser.get(launch(site, his_key, patients[0]), **in_frame(HIS))
    assert (answer.status, answer.headers["location"]) == (303, f"/patients/{patients[0]}")
    [cookie] = [line for line in answer.set_cookies if line.startswith("suwen_launch=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    page = browser.get(f"/patients/{patients[0]}")
    assert page.status == 200
    assert page.page.css_first(".sw-launched") is not None
    opened = last(site, "launch.open")
    assert (opened.actor, opened.patient) == ("dr.lin", patients[0])
    assert opened.detail["client"] == "client:his"


def test_the_address_opens_once(site: WebSite, his_key: str, patients: tuple[str, str]) -> None:
    path = launch(site, his_key, patients[0])
    assert site.stranger().get(path).status == 303
    thief = site.stranger()
    answer = thief.get(path)
    assert answer.status == 401
    assert "launch_over" in code_of(answer)
    assert thief.get(f"/patients/{patients[0]}").status == 303
    assert last(site, "launch.open").detail["code"] == "launch_over"


def test_a_refused_address_shows_nothing_of_whoever_was_opened_before(
    site: WebSite, his_key: str, patients: tuple[str, str]
) -> None:
    """Nobody takes the former patient for the one whom they meant to open."""
    framed = site.stranger()
    used = launch(site, his_key, patients[0])
    framed.get(used)
    refused = framed.get(used)
    assert refused.status == 401
    assert refused.page.css_first(".sw-launched") is None
    assert framed.cookies["suwen_launch"] == ""
    assert framed.get(f"/patients/{patients[0]}").status == 303


def test_the_next_patient_ends_the_session_of_the_one_before(
    site: WebSite, his_key: str, patients: tuple[str, str]
) -> None:
    framed = site.stranger()
    framed.get(launch(site, his_key, patients[0]))
    before = dict(framed.cookies)
    framed.get(launch(site, his_key, patients[1]))
    assert framed.get(f"/patients/{patients[1]}").status == 200
    assert framed.get(f"/patients/{patients[0]}").status == 403
    other = site.stranger()
    other.cookies = before
    assert other.get(f"/patients/{patients[0]}").status == 303


def test_the_address_expires(
    site: WebSite, his_key: str, patients: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [launch(site, his_key, patients[0]) for _ in range(2)]
    now = site.platform.clock.now
    clock = site.platform.sign_in.launches._stores.clock
    monkeypatch.setattr(type(clock), "now", lambda _: now() + timedelta(seconds=59))
    assert site.stranger().get(paths[0]).status == 303
    monkeypatch.setattr(type(clock), "now", lambda _: now() + timedelta(seconds=61))
    assert site.stranger().get(paths[1]).status == 401


def test_a_made_up_token_opens_nothing(site: WebSite) -> None:
    assert site.stranger().get(f"/launch/{secrets.token_urlsafe(32)}").status == 401


def test_a_look_ahead_of_the_browser_uses_nothing_up(
    site: WebSite, his_key: str, patients: tuple[str, str]
) -> None:
    path = launch(site, his_key, patients[0])
    assert site.stranger().request("HEAD", path).status == 422
    assert site.stranger().get(path, **{"Sec-Purpose": "prefetch"}).status == 422
    assert site.stranger().get(path).status == 303


def test_the_session_ends_at_its_patient(
    site: WebSite, his_key: str, patients: tuple[str, str]
) -> None:
    """dr.lin cares for both, and is signed in here for one only."""
    whole = site.person("dr.lin")
    framed = site.stranger()
    framed.get(launch(site, his_key, patients[0]))
    assert whole.get(f"/patients/{patients[1]}").status == 200
    assert framed.get(f"/patients/{patients[0]}").status == 200
    refused = framed.get(f"/patients/{patients[1]}")
    assert refused.status == 403
    assert "launched_for_another_patient" in code_of(refused)
    for place in ("/evidence", "/runs", "/people", "/library", "/audit"):
        assert framed.get(place).status == 403, place
    rows = framed.get("/worklist").page.css("tr[data-patient]")
    assert [row.attributes["data-patient"] for row in rows] == [patients[0]]
    assert framed.get("/").headers["location"] == f"/patients/{patients[0]}"


def test_the_session_works_on_drafts_of_its_patient_only(
    site: WebSite, his_key: str, patients: tuple[str, str]
) -> None:
    mine = site.draft("dr.lin", patients[0], "outpatient_note")
    other = site.draft("dr.lin", patients[1], "outpatient_note")
    framed = site.stranger()
    framed.get(launch(site, his_key, patients[0]))
    assert framed.get(f"/drafts/{mine}").status == 200
    assert framed.get(f"/drafts/{other}").status == 403
    whole = site.person("dr.lin")
    assert whole.get(f"/drafts/{other}").status == 200


def test_the_token_of_the_session_is_not_another_patients(
    site: WebSite, his_key: str, patients: tuple[str, str]
) -> None:
    import base64

    framed = site.stranger()
    framed.get(launch(site, his_key, patients[0]))
    token = framed.cookies["suwen_launch"]
    named = base64.urlsafe_b64encode(patients[1].encode()).decode()
    framed.cookies["suwen_launch"] = f"{token.partition('.')[0]}.{named}"
    assert framed.get(f"/patients/{patients[1]}").status == 303
    framed.cookies["suwen_launch"] = token
    assert framed.get(f"/patients/{patients[0]}").status == 200


def test_a_launch_gives_no_right_that_the_person_has_not(
    site: WebSite, his_key: str, patients: tuple[str, str]
) -> None:
    """Somebody of another department is let in, and then refused as anywhere else."""
    others = [p for p in site.run(site.platform.people.list("demo")) if "physician" in p.roles]
    stranger = next(p.id for p in others if not p.departments & _departments(site, "dr.lin"))
    framed = site.stranger()
    framed.get(launch(site, his_key, patients[0], account=stranger))
    answer = framed.get(f"/patients/{patients[0]}")
    assert answer.status == 403
    assert "no_care_relationship" in code_of(answer)


def _departments(site: WebSite, account: str) -> frozenset[str]:
    found: frozenset[str] = site.run(site.platform.people.read(PrincipalId(account))).departments
    return found


@pytest.mark.parametrize("framing", [HIS, "https://ward7.wards.example", None])
def test_pages_of_the_hospital_may_frame_it(
    site: WebSite, his_key: str, patients: tuple[str, str], framing: str | None
) -> None:
    path = launch(site, his_key, patients[0])
    assert site.stranger().get(path, **in_frame(framing)).status == 303


@pytest.mark.parametrize(
    "framing",
    [
        "https://evil.example",
        "http://his.hospital.example",
        "https://his.hospital.example.evil.cn",
        "https://his.hospital.example:8443",
        "https://wards.example",
    ],
)
def test_a_foreign_frame_gets_nothing_and_uses_nothing_up(
    site: WebSite, his_key: str, patients: tuple[str, str], framing: str
) -> None:
    path = launch(site, his_key, patients[0])
    answer = site.stranger().get(path, **in_frame(framing))
    assert answer.status == 403
    assert f"frame-ancestors {HIS}" in answer.headers["content-security-policy"]
    assert site.stranger().get(path, **in_frame(HIS)).status == 303


def test_whoever_sat_there_before_does_not_come_back_after_the_frame(
    site: WebSite, his_key: str, patients: tuple[str, str]
) -> None:
    browser = site.fresh("dr.he")
    before = dict(browser.cookies)
    browser.get(launch(site, his_key, patients[0]))
    shown = browser.get("/sign-in/session", Accept="application/json")
    assert shown.json["account"] == "dr.lin"
    again = site.stranger()
    again.cookies = before
    assert again.get("/worklist").status == 303


def test_a_session_that_ended_says_to_open_the_patient_again(
    site: WebSite, his_key: str, patients: tuple[str, str]
) -> None:
    framed = site.stranger()
    framed.get(launch(site, his_key, patients[0]))
    answer = framed.post("/sign-out")
    assert (answer.status, answer.headers["location"]) == (303, "/launch/over")
    assert framed.get("/launch/over").status == 200
    site.run(site.platform.people.end_all(PrincipalId("dr.lin"), site.platform.clock.now()))
    framed.cookies["suwen_launch"] = "gone"
    assert framed.get(f"/patients/{patients[0]}").headers["location"] == "/launch/over"
    site._signed_in.clear()


def test_the_patient_may_be_named_by_the_number_of_the_record(
    site: WebSite, his_key: str, patients: tuple[str, str]
) -> None:
    number = site.run(site.platform.records.read_summary(patients[0])).identifier
    answer = ask(site, his_key, {"patient_identifier": number, "account": "dr.lin"})
    assert answer.status == 201
    opened = site.stranger().get(urlsplit(answer.json["url"]).path)
    assert opened.headers["location"] == f"/patients/{patients[0]}"


def test_the_person_may_be_named_as_practitioner(
    site: WebSite, his_key: str, patients: tuple[str, str]
) -> None:
    practitioner = site.run(site.platform.people.read(PrincipalId("dr.lin"))).practitioner
    answer = ask(site, his_key, {"patient": patients[0], "practitioner": practitioner})
    assert answer.status == 201


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"patient": "nobody"}, 404, "patient_not_found"),
        ({"account": "nobody"}, 404, "no_such_practitioner"),
        ({"practitioner": "demo-lin"}, 422, "launch_field_wrong"),
        ({"patient_identifier": "1"}, 422, "launch_field_wrong"),
        ({"patient": None}, 422, "launch_field_wrong"),
        ({"account": None}, 422, "launch_field_wrong"),
        ({"encounter": "of-another"}, 404, "encounter_not_found"),
        ({"patient": 7}, 422, "field_wrong"),
        ({"patient": ""}, 422, "field_wrong"),
        ({"role": "chief"}, 422, "field_wrong"),
        ({"account": "x" * 201}, 422, "field_wrong"),
    ],
)
def test_a_wish_that_is_not_clear_is_refused(
    site: WebSite,
    his_key: str,
    patients: tuple[str, str],
    changes: Mapping[str, Any],
    status: int,
    code: str,
) -> None:
    answer = ask(site, his_key, {"patient": patients[0], "account": "dr.lin", **changes})
    assert (answer.status, answer.json["code"]) == (status, code)


def test_only_a_key_for_launches_may_ask(
    site: WebSite, his_key: str, patients: tuple[str, str]
) -> None:
    wish = {"patient": patients[0], "account": "dr.lin"}
    other = add_client(site, "reader", "records.read")
    assert ask(site, other, wish).status == 403
    assert ask(site, "", wish).status == 401
    assert ask(site, site.token("dr.lin"), wish).status == 401
    assert site.person("dr.lin").send("POST", "/api/v1/launches", wish).status == 401
    assert ask(site, his_key, wish).status == 201


# Addresses that a system signs by itself.


def signed(site: WebSite, name: str, **changes: str) -> str:
    """An address as a system of the hospital builds it."""
    facts = site.run(site.platform.sign_in.launches._stores.clients.read(name))
    query = {
        "client": name,
        "account": "dr.lin",
        "timestamp": str(int(time.time())),
        "nonce": secrets.token_urlsafe(16),
        **changes,
    }
    secret = launch_secret(site.platform.settings, facts)
    given = {"signature": signature_of(secret, query), **query}
    return f"/launch/signed?{urlencode({**given, **changes})}"


def test_a_signed_address_opens_the_patient_once(
    site: WebSite, his_key: str, patients: tuple[str, str]
) -> None:
    path = signed(site, "his", patient=patients[0])
    answer = site.stranger().get(path)
    assert answer.headers["location"] == f"/patients/{patients[0]}"
    again = site.stranger().get(path)
    assert again.status == 401
    assert "launch_over" in code_of(again)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("patient", "another"),
        ("account", "dr.he"),
        ("encounter", "x"),
        ("timestamp", "5 seconds later"),
        ("nonce", "another-nonce-of-16"),
        ("client", "reader"),
        ("client", "nobody"),
        ("signature", "0" * 64),
        ("signature", ""),
    ],
)
def test_an_address_that_was_changed_opens_nothing(
    site: WebSite, his_key: str, patients: tuple[str, str], field: str, value: str
) -> None:
    path = signed(site, "his", patient=patients[0])
    parts = dict(pair.split("=", 1) for pair in urlsplit(path).query.split("&"))
    if field == "timestamp":
        value = str(int(parts["timestamp"]) + 5)
    changed = site.stranger().get(f"/launch/signed?{urlencode({**parts, field: value})}")
    assert changed.status == 401
    assert "launch_signature_wrong" in code_of(changed)
    assert site.stranger().get(path).status == 303


@pytest.mark.parametrize(("age_s", "status"), [(61, 401), (30, 303), (-30, 303), (-61, 401)])
def test_a_signed_address_holds_a_minute(
    site: WebSite, his_key: str, patients: tuple[str, str], age_s: int, status: int
) -> None:
    at = str(int(time.time()) - age_s)
    assert site.stranger().get(signed(site, "his", patient=patients[0], timestamp=at)).status == (
        status
    )


def test_fields_are_given_once_and_known(
    site: WebSite, his_key: str, patients: tuple[str, str]
) -> None:
    path = signed(site, "his", patient=patients[0])
    assert site.stranger().get(f"{path}&patient={patients[1]}").status == 422
    assert site.stranger().get(f"{path}&next=//evil.example").status == 422
    assert site.stranger().get(path).status == 303


def test_a_system_that_lost_its_key_signs_nothing_any_more(
    site: WebSite, patients: tuple[str, str]
) -> None:
    add_client(site, "old-his", "launch")
    assert site.stranger().get(signed(site, "old-his", patient=patients[0])).status == 303
    before = signed(site, "old-his", patient=patients[0])
    site.run(site.platform.clients.rotate("old-his", batch_principal("tests")))
    assert site.stranger().get(before).status == 401
    assert site.stranger().get(signed(site, "old-his", patient=patients[0])).status == 303
    site.run(site.platform.clients.disable("old-his", batch_principal("tests")))
    assert site.stranger().get(signed(site, "old-his", patient=patients[0])).status == 401


def test_a_system_without_the_scope_signs_nothing(site: WebSite, patients: tuple[str, str]) -> None:
    add_client(site, "signs-not", "records.read")
    answer = site.stranger().get(signed(site, "signs-not", patient=patients[0]))
    assert answer.status == 403


def test_over_tls_the_cookie_works_in_a_frame_of_another_site(
    site: WebSite, his_key: str, patients: tuple[str, str]
) -> None:
    answer = site.stranger().get(
        launch(site, his_key, patients[0]), **{"X-Forwarded-Proto": "https"}
    )
    [cookie] = [line for line in answer.set_cookies if line.startswith("__Host-suwen_launch=")]
    for part in ("Secure", "HttpOnly", "SameSite=None", "Partitioned", "Path=/"):
        assert part in cookie
