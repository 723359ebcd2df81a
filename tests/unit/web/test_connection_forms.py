"""An administrator adds, changes and removes connections on a screen; secrets go in only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from suwen.core.connection import Connection, ConnectionKind
from suwen.core.errors import NotFoundError
from tests.support.web_site import WebSite

TOKEN = "t0ken-that-nobody-may-see"
FILLED = {
    "connection_name": "emr-test",
    "connection_synthetic": "true",
    "base_url": "https://emr.example/fhir",
    "sign_in": "token",
    "token": TOKEN,
    "types": "Patient\nObservation",
    "search": "Observation = category=laboratory",
    "numberings": "https://emr.example/mr = mrn",
    "every_s": "30",
    "deletions": "sweep",
}


@pytest.fixture(autouse=True)
def removed_after(web: WebSite) -> Iterator[None]:
    yield

    async def forget() -> None:
        try:
            await web.platform.connection_parts.connections.remove("emr-test")
        except NotFoundError:
            return

    web.run(forget())


def stored(web: WebSite) -> Connection:
    async def read() -> Connection:
        return await web.platform.connection_parts.connections.read("emr-test")

    found: Connection = web.run(read())
    return found


def test_every_kind_has_a_form_in_both_languages(web: WebSite) -> None:
    client = web.person("it.cao")
    kinds = client.get("/connection-forms")
    assert kinds.status == 200
    for kind in ConnectionKind:
        assert kinds.page.css_first(f"a[href='/connection-forms/new/{kind.value}']")
        form = client.get(f"/connection-forms/new/{kind.value}")
        assert form.status == 200
        assert form.page.css_first("input[name='connection_name']")
    assert client.get("/connection-forms/new/telepathy").status == 404


def test_a_connection_is_added_and_its_secret_never_shown(web: WebSite) -> None:
    client = web.person("it.cao")
    added = client.post("/connection-forms/new/fhir_source", FILLED)
    assert (added.status, added.headers["location"]) == (303, "/connections/emr-test")
    kept = stored(web)
    assert kept.settings == {
        "base_url": "https://emr.example/fhir",
        "sign_in": "token",
        "types": ["Patient", "Observation"],
        "search": {"Observation": "category=laboratory"},
        "numberings": {"https://emr.example/mr": "mrn"},
        "every_s": 30,
    }
    assert kept.secrets == {"token": TOKEN}
    assert not kept.enabled
    assert kept.synthetic
    for path in ("/connection-forms/emr-test", "/connections/emr-test", "/connections"):
        assert TOKEN not in client.get(path).text
    assert "已保存" in client.get("/connection-forms/emr-test").text


def test_a_change_keeps_the_secret_and_is_refused_where_another_came_first(web: WebSite) -> None:
    client = web.person("it.cao")
    client.post("/connection-forms/new/fhir_source", FILLED)
    again = {**FILLED, "token": "", "every_s": "60", "version": "1"}
    assert client.post("/connection-forms/emr-test", again).status == 303
    assert stored(web).settings["every_s"] == 60
    assert stored(web).secrets == {"token": TOKEN}
    late = client.post("/connection-forms/emr-test", {**again, "every_s": "90"})
    assert late.status == 409
    assert stored(web).settings["every_s"] == 60


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"every_s": "often"}, "every_s", "须为数字"),
        ({"every_s": "0"}, "every_s", "须不小于"),
        ({"base_url": ""}, "base_url", "必须给出"),
        ({"types": "Pateint"}, "types", "须为 R4 资源类型"),
        ({"deletions": "never"}, "deletions", "须为"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    web: WebSite, changes: dict[str, str], field: str, said: str
) -> None:
    client = web.person("it.cao")
    answer = client.post("/connection-forms/new/fhir_source", {**FILLED, **changes})
    assert answer.status == 422
    fault = answer.page.css_first(f"#fault-{field}")
    assert fault is not None
    assert said in fault.text()
    assert TOKEN not in answer.text
    with pytest.raises(NotFoundError):
        stored(web)


def test_every_fault_is_said_at_once_and_what_was_typed_stays(web: WebSite) -> None:
    client = web.person("it.cao")
    wrong = {**FILLED, "every_s": "x", "page_size": "0"}
    answer = client.post("/connection-forms/new/fhir_source", wrong)
    assert {n.attributes["id"] for n in answer.page.css(".sw-fault")} == {
        "fault-every_s",
        "fault-page_size",
    }
    typed = answer.page.css_first("#set-base_url")
    assert typed is not None
    assert typed.attributes["value"] == FILLED["base_url"]


def test_what_concerns_several_settings_is_said_above(web: WebSite) -> None:
    client = web.person("it.cao")
    answer = client.post("/connection-forms/new/fhir_source", {**FILLED, "token": ""})
    assert answer.status == 422
    said = answer.page.css_first("[role=alert]")
    assert said is not None
    assert "token 需要 token" in said.text()


def test_a_connection_is_removed_only_when_its_name_is_typed_again(web: WebSite) -> None:
    client = web.person("it.cao")
    client.post("/connection-forms/new/fhir_source", FILLED)
    assert client.post("/connection-forms/emr-test/remove", {"again": "emr"}).status == 422
    assert stored(web).name == "emr-test"
    removed = client.post("/connection-forms/emr-test/remove", {"again": "emr-test"})
    assert (removed.status, removed.headers["location"]) == (303, "/connections")
    with pytest.raises(NotFoundError):
        stored(web)


def test_who_only_looks_or_treats_may_not(web: WebSite) -> None:
    for person in ("audit.bai", "dr.lin"):
        client = web.person(person)
        assert client.get("/connection-forms").status == 403
        assert client.get("/connection-forms/his").status == 403
        assert client.post("/connection-forms/new/fhir_source", FILLED).status == 403
        assert client.post("/connection-forms/his/remove", {"again": "his"}).status == 403
