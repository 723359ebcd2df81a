"""The EMR opens the patient's page by SMART App Launch; nobody else's launch ends here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.support.peers.oidc_provider import AtProvider, OidcServer
from tests.support.peers.smart_emr import SmartEmr
from tests.support.web_site import Answer, Client, WebSite

PATIENT = "demo-p01"


def practitioner(site: WebSite, account: str) -> str:
    from suwen.core.identity import PrincipalId

    person = site.run(site.platform.people.read(PrincipalId(account)))
    assert person.practitioner
    return str(person.practitioner)


@pytest.fixture
def physician(opened_site: WebSite, emr: SmartEmr) -> str:
    """A person of the EMR who is dr.lin here, by the Practitioner."""
    emr.put_account(
        "emr-lin", fhirUser=f"{emr.fhir_base}/Practitioner/{practitioner(opened_site, 'dr.lin')}"
    )
    return "emr-lin"


def launched(site: WebSite, emr: SmartEmr, **query: str) -> tuple[Client, Answer]:
    browser = site.stranger()
    asked = {"iss": emr.fhir_base, **query}
    return browser, browser.get(f"/smart/launch?{urlencode(asked)}")


def back(browser: Client, emr: SmartEmr, address: str, subject: str) -> Answer:
    """Signs in at the EMR and comes back."""
    led = AtProvider(OidcServer(emr.origin)).sign_in(address, subject)
    parts = urlsplit(led)
    return browser.get(f"{parts.path}?{parts.query}")


def test_the_emr_opens_the_patient_who_is_open_there(
    opened_site: WebSite, emr: SmartEmr, physician: str
) -> None:
    emr.put_launch("L1", patient=PATIENT, encounter="unknown-here")
    browser, sent = launched(opened_site, emr, launch="L1")
    assert sent.status == 303
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    assert asked["aud"] == [emr.fhir_base] and asked["launch"] == ["L1"]
    assert asked["code_challenge_method"] == ["S256"] and asked["nonce"] and asked["state"]
    came = back(browser, emr, sent.headers["location"], physician)
    assert (came.status, came.headers["location"]) == (303, f"/patients/{PATIENT}")
    page = browser.get(f"/patients/{PATIENT}")
    assert page.status == 200 and "林怀瑾" in page.text
    # The session is for this patient and no other.
    assert browser.get("/patients/demo-p02").status in (403, 404)


def test_a_standalone_launch_opens_the_patient_who_is_chosen(
    opened_site: WebSite, emr: SmartEmr, physician: str
) -> None:
    emr.choose(patient=PATIENT)
    browser = opened_site.stranger()
    sent = browser.get("/smart/standalone")
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    assert "launch/patient" in asked["scope"][0] and "launch" not in asked
    came = back(browser, emr, sent.headers["location"], physician)
    assert came.headers["location"] == f"/patients/{PATIENT}"
    assert browser.get(f"/patients/{PATIENT}").status == 200


def refusal(answer: Answer) -> str:
    assert answer.status in (400, 401, 403, 404, 422), (answer.status, answer.headers)
    return answer.text


def events(site: WebSite) -> list[Mapping[str, Any]]:
    found = site.run(site.platform.audit_store.latest(5, action="launch.open"))
    return [{"outcome": e.entry.outcome.value, **e.entry.detail} for e in found]


def test_another_browser_cannot_end_the_launch(
    opened_site: WebSite, emr: SmartEmr, physician: str
) -> None:
    emr.put_launch("L2", patient=PATIENT)
    browser, sent = launched(opened_site, emr, launch="L2")
    led = AtProvider(OidcServer(emr.origin)).sign_in(sent.headers["location"], physician)
    address = f"{urlsplit(led).path}?{urlsplit(led).query}"
    victim = opened_site.stranger()
    refusal(victim.get(address))
    assert not any("launch" in name and value for name, value in victim.cookies.items())
    assert events(opened_site)[0]["code"] == "smart_not_begun"
    # It was used up by the attempt, so that the right browser begins anew.
    refusal(browser.get(address))


def test_an_answer_is_taken_once(opened_site: WebSite, emr: SmartEmr, physician: str) -> None:
    emr.put_launch("L3", patient=PATIENT)
    browser, sent = launched(opened_site, emr, launch="L3")
    led = urlsplit(AtProvider(OidcServer(emr.origin)).sign_in(sent.headers["location"], physician))
    assert browser.get(f"{led.path}?{led.query}").status == 303
    again = browser.get(f"{led.path}?{led.query}", Accept="application/json")
    assert (again.status, again.json["code"]) == (401, "smart_not_begun")


def test_a_code_that_was_swapped_is_refused(
    opened_site: WebSite, emr: SmartEmr, physician: str
) -> None:
    emr.put_launch("L4", patient=PATIENT)
    browser, sent = launched(opened_site, emr, launch="L4")
    led = AtProvider(OidcServer(emr.origin)).sign_in(sent.headers["location"], physician)
    _, other = launched(opened_site, emr, launch="L4")
    stolen = AtProvider(OidcServer(emr.origin)).sign_in(other.headers["location"], physician)
    query = {k: v[0] for k, v in parse_qs(urlsplit(led).query).items()}
    query["code"] = parse_qs(urlsplit(stolen).query)["code"][0]
    answer = browser.get(f"/smart/callback?{urlencode(query)}", Accept="application/json")
    assert answer.json["code"] == "smart_refused"


def test_an_emr_that_is_not_ours_is_refused(opened_site: WebSite, emr: SmartEmr) -> None:
    browser = opened_site.stranger()
    asked = urlencode({"iss": "https://evil.example/fhir", "launch": "x"})
    answer = browser.get(f"/smart/launch?{asked}", Accept="application/json")
    assert answer.json["code"] == "smart_issuer_unknown"
    missing = browser.get(
        f"/smart/launch?{urlencode({'iss': emr.fhir_base})}", Accept="application/json"
    )
    assert missing.json["code"] == "smart_launch_wrong"


def test_a_launch_without_a_patient_opens_nothing(
    opened_site: WebSite, emr: SmartEmr, physician: str
) -> None:
    emr.put_launch("L5")
    browser, sent = launched(opened_site, emr, launch="L5")
    came = back(browser, emr, sent.headers["location"], physician)
    assert "哪位患者" in refusal(came)


def test_a_person_who_is_nobody_here_opens_nothing(opened_site: WebSite, emr: SmartEmr) -> None:
    emr.put_account("emr-stranger", fhirUser=f"{emr.fhir_base}/Practitioner/nobody")
    emr.put_launch("L6", patient=PATIENT)
    browser, sent = launched(opened_site, emr, launch="L6")
    came = back(browser, emr, sent.headers["location"], "emr-stranger")
    assert came.status == 404
    assert events(opened_site)[0]["code"] == "no_such_practitioner"
    # A Practitioner of another server with the same id is not this one.
    known = practitioner(opened_site, "dr.lin")
    emr.put_account("emr-other", fhirUser=f"https://other.example/fhir/Practitioner/{known}")
    browser, sent = launched(opened_site, emr, launch="L6")
    refusal(back(browser, emr, sent.headers["location"], "emr-other"))


@pytest.mark.parametrize(
    ("stated", "wrong"),
    [
        ({"code_challenge_methods_supported": ["plain"]}, "code_challenge_methods_supported"),
        ({"capabilities": []}, "capabilities"),
        ({"issuer": None}, "issuer"),
        ({"issuer": "https://other.example"}, None),
        ({"token_endpoint": "https://other.example/token"}, None),
        ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint"),
    ],
)
def test_an_emr_that_states_what_is_not_safe_is_not_used(
    opened_site: WebSite, emr: SmartEmr, stated: dict[str, Any], wrong: str | None
) -> None:
    import asyncio

    from suwen.bootstrap.platform import SystemClock
    from suwen.core.errors import ConfigurationError
    from suwen.integration.identity.oidc import Attempt
    from suwen.integration.identity.smart import SmartClient, SmartServer

    async def ask() -> None:
        client = SmartClient(emr.fhir_base, "suwen", None, emr.origin)
        server = SmartServer(client, SystemClock())
        try:
            await server.address(Attempt.new("http://127.0.0.1/smart/callback"), "x")
        finally:
            await server.close()

    asyncio.run(ask())
    emr.state(**stated)
    try:
        with pytest.raises(ConfigurationError) as refused:
            asyncio.run(ask())
    finally:
        emr.state()
    if wrong is None:
        assert refused.value.code == "issuer_address_foreign"
    else:
        assert refused.value.detail == {"metadata": wrong}
