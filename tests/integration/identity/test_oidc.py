"""People sign in at oidc-provider, sign with it, and sign out there; whatever is forged is not."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from suwen.core.audit import AuditEntry
from suwen.core.identity import PrincipalId, Role
from suwen.storage.people import Person
from tests.support.peers.oidc_provider import AtProvider, OidcServer
from tests.support.web_site import Answer, Client, WebSite

WORKLIST = "/worklist"


def begin(client: Client, next_page: str = WORKLIST) -> str:
    """Presses the provider's button; where the browser is sent."""
    answer = client.get(f"/sign-in/oidc?{urlencode({'next': next_page})}")
    assert answer.status == 303, answer.text[:500]
    return answer.headers["location"]


def come_back(client: Client, address: str) -> Answer:
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def sign_in(
    site: WebSite, provider: OidcServer, subject: str, **more: Any
) -> tuple[Client, Answer]:
    """A whole sign-in; the client at the site, and the answer to its coming back."""
    client = site.stranger()
    back = AtProvider(provider).sign_in(begin(client, **more), subject)
    assert back.startswith(f"http://{site.host}/sign-in/oidc/callback?")
    return client, come_back(client, back)


def doctor(provider: OidcServer, subject: str, **claims: Any) -> str:
    """A physician of cardiology at the provider."""
    told = {"name": "沈知遥", "preferred_username": subject, "roles": ["doctor", "staff"]}
    provider.put_account(subject, **{**told, "departments": ["心内科"], **claims})
    return subject


def person(site: WebSite, account: str) -> Person:
    found: Person = site.run(site.platform.people.read(PrincipalId(account)))
    return found


def audited(site: WebSite, action: str) -> list[AuditEntry]:
    """The latest events of an action, the newest first."""
    events = site.run(site.platform.audit_store.latest(200))
    found = sorted(events, key=lambda e: -e.sequence)
    return [event.entry for event in found if event.entry.action == action]


def problem(answer: Answer) -> str:
    shown = answer.page.css_first(".sw-problem")
    return shown.text() if shown is not None else ""


def test_somebody_with_a_mapped_role_signs_in(site: WebSite, provider: OidcServer) -> None:
    client, answer = sign_in(site, provider, doctor(provider, "shen.zhiyao"))
    assert (answer.status, answer.headers["location"]) == (303, WORKLIST)
    assert client.get(WORKLIST).status == 200
    found = person(site, "shen.zhiyao")
    assert (found.roles, found.departments) == ({Role.PHYSICIAN}, {"cardiology"})
    assert (found.name, found.origin) == ("沈知遥", "oidc")
    opened = audited(site, "session.open")[0]
    assert (opened.actor, opened.detail["by"]) == ("shen.zhiyao", provider.issuer)


def test_nobody_without_a_mapped_role_does(site: WebSite, provider: OidcServer) -> None:
    doctor(provider, "guest.wen", roles=["visitor"])
    client, answer = sign_in(site, provider, "guest.wen")
    assert answer.status == 403
    assert "角色" in problem(answer)
    assert client.get(WORKLIST).status == 303
    refused = audited(site, "session.open")[0]
    assert refused.detail["code"] == "no_mapped_role"
    assert refused.detail["values"] == ["visitor"]


def test_rights_follow_the_provider_and_open_sessions_end_with_them(
    site: WebSite, provider: OidcServer
) -> None:
    subject = doctor(provider, "qiao.anran", roles=["doctor", "chief"])
    before, _ = sign_in(site, provider, subject)
    doctor(provider, subject, roles=["nurse"], departments=["呼吸科", "unknown"])
    after, answer = sign_in(site, provider, subject)
    assert answer.status == 303
    found = person(site, subject)
    assert (found.roles, found.departments) == ({Role.NURSE}, {"respiratory"})
    assert before.get(WORKLIST).status == 303
    assert after.get(WORKLIST).status == 200


def test_a_withdrawn_role_ends_what_is_open(site: WebSite, provider: OidcServer) -> None:
    subject = doctor(provider, "fang.yun")
    before, _ = sign_in(site, provider, subject)
    assert before.get(WORKLIST).status == 200
    doctor(provider, subject, roles=[])
    _, answer = sign_in(site, provider, subject)
    assert answer.status == 403
    assert before.get(WORKLIST).status == 303


def test_accounts_are_never_joined_by_name(site: WebSite, provider: OidcServer) -> None:
    doctor(provider, "subject-7", preferred_username="dr.lin")
    _, answer = sign_in(site, provider, "subject-7")
    assert answer.status == 403
    assert "dr.lin" in problem(answer)
    assert audited(site, "session.open")[0].detail["code"] == "account_name_taken"


def test_a_linked_account_is_signed_in_and_keeps_its_own_rights(
    site: WebSite, provider: OidcServer
) -> None:
    doctor(provider, "subject-8", preferred_username="dr.he", roles=["nurse"])
    before = person(site, "dr.he")
    site.run(
        site.platform.sign_in.identities.link(
            provider.issuer, "subject-8", before.id, at=site.platform.clock.now()
        )
    )
    client, answer = sign_in(site, provider, "subject-8")
    assert answer.status == 303
    assert client.get("/sign-in/session", Accept="application/json").json["account"] == "dr.he"
    assert person(site, "dr.he") == before


def test_a_person_barred_here_stays_out(site: WebSite, provider: OidcServer) -> None:
    subject = doctor(provider, "yan.barred")
    sign_in(site, provider, subject)
    site.run(site.platform.people.disable(PrincipalId(subject), site.platform.clock.now()))
    _, answer = sign_in(site, provider, subject)
    assert answer.status == 403
    assert audited(site, "session.open")[0].detail["code"] == "account_out_of_use"


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [("/patients/p1", "/patients/p1"), ("https://evil.example/", "/"), ("//evil.example", "/")],
)
def test_signing_in_leads_only_to_pages_of_ours(
    site: WebSite, provider: OidcServer, wanted: str, led_to: str
) -> None:
    _, answer = sign_in(site, provider, doctor(provider, "shen.zhiyao"), next_page=wanted)
    assert answer.headers["location"] == led_to


def test_an_answer_counts_once(site: WebSite, provider: OidcServer) -> None:
    client = site.stranger()
    back = AtProvider(provider).sign_in(begin(client), doctor(provider, "shen.zhiyao"))
    kept = dict(client.cookies)
    assert come_back(client, back).status == 303
    again = site.stranger()
    again.cookies = kept
    assert come_back(again, back).status == 401
    assert audited(site, "session.open")[0].detail["code"] == "sign_in_not_begun"


def test_a_code_counts_once_at_the_provider_too(site: WebSite, provider: OidcServer) -> None:
    """As if somebody had caught the code and put it into a sign-in of their own."""
    subject = doctor(provider, "shen.zhiyao")
    first = site.stranger()
    back = AtProvider(provider).sign_in(begin(first), subject)
    assert come_back(first, back).status == 303
    second = site.stranger()
    own = parse_qs(urlsplit(begin(second)).query)["state"][0]
    stolen = {**{k: v[0] for k, v in parse_qs(urlsplit(back).query).items()}, "state": own}
    answer = second.get(f"/sign-in/oidc/callback?{urlencode(stolen)}")
    assert answer.status == 401
    told = audited(site, "session.open")[0].detail
    assert (told["code"], told["error"]) == ("provider_refused", "invalid_grant")


def test_a_caught_code_is_useless_without_the_verifier(site: WebSite, provider: OidcServer) -> None:
    """The code was never used, but the sign-in that it is put into has another PKCE verifier."""
    subject = doctor(provider, "shen.zhiyao")
    caught = AtProvider(provider).sign_in(begin(site.stranger()), subject)
    thief = site.stranger()
    own = parse_qs(urlsplit(begin(thief)).query)["state"][0]
    stolen = {**{k: v[0] for k, v in parse_qs(urlsplit(caught).query).items()}, "state": own}
    assert thief.get(f"/sign-in/oidc/callback?{urlencode(stolen)}").status == 401
    assert audited(site, "session.open")[0].detail["error"] == "invalid_grant"


def test_another_browser_cannot_finish_a_sign_in(site: WebSite, provider: OidcServer) -> None:
    """Nobody is signed in as the attacker by following the attacker's link."""
    attacker = site.stranger()
    back = AtProvider(provider).sign_in(begin(attacker), doctor(provider, "shen.zhiyao"))
    victim = site.stranger()
    assert come_back(victim, back).status == 401
    assert victim.get(WORKLIST).status == 303


def test_two_sign_ins_at_once_in_one_browser_both_end(site: WebSite, provider: OidcServer) -> None:
    client, subject = site.stranger(), doctor(provider, "shen.zhiyao")
    one, two = begin(client), begin(client)
    at = AtProvider(provider)
    assert come_back(client, at.sign_in(two, subject)).status == 303
    assert come_back(client, at.goes_straight_back(one)).status == 303


@pytest.mark.parametrize("issuer", ["https://other.example", None])
def test_an_answer_of_another_provider_is_refused(
    site: WebSite, provider: OidcServer, issuer: str | None
) -> None:
    client = site.stranger()
    back = AtProvider(provider).sign_in(begin(client), doctor(provider, "shen.zhiyao"))
    query = {k: v[0] for k, v in parse_qs(urlsplit(back).query).items()}
    assert query.pop("iss") == provider.issuer
    mixed_up = urlencode(query if issuer is None else {**query, "iss": issuer})
    assert client.get(f"/sign-in/oidc/callback?{mixed_up}").status == 401
    assert audited(site, "session.open")[0].detail["check"] == "answer_issuer"


@pytest.mark.parametrize("keep", [True, False])
def test_new_keys_of_the_provider_are_fetched(
    site: WebSite, provider: OidcServer, keep: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from suwen.integration.identity import token_checks

    monkeypatch.setattr(token_checks, "REFETCH_AFTER", timedelta(0))
    subject = doctor(provider, "shen.zhiyao")
    assert sign_in(site, provider, subject)[1].status == 303
    provider.rotate_keys(keep=keep)
    assert sign_in(site, provider, subject)[1].status == 303


def test_a_cancelled_sign_in_says_so_and_can_be_tried_again(
    site: WebSite, provider: OidcServer
) -> None:
    client = site.stranger()
    state = parse_qs(urlsplit(begin(client)).query)["state"][0]
    told = {"state": state, "error": "access_denied", "iss": provider.issuer}
    answer = client.get(f"/sign-in/oidc/callback?{urlencode(told)}")
    assert answer.status == 401
    assert answer.page.css_first("a[href^='/sign-in/oidc']") is not None
    assert audited(site, "session.open")[0].detail["error"] == "access_denied"


def test_the_button_is_shown_and_local_accounts_work_beside_it(site: WebSite) -> None:
    shown = site.stranger().get("/sign-in?lang=en").page
    assert shown.css_first("a[href^='/sign-in/oidc']").text() == "Hospital sign-in"
    assert site.stranger().sign_in("dr.lin", site.passwords["dr.lin"]).status == 303


def test_when_the_provider_is_down_the_page_says_so_and_local_accounts_work(
    site: WebSite, provider: OidcServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from suwen.integration.identity import oidc

    monkeypatch.setattr(oidc, "LOOK_AGAIN_AFTER", timedelta(0))
    provider.be_down(True)
    try:
        shown = site.stranger().get("/sign-in?lang=en")
        assert "does not answer" in problem(shown)
        assert site.stranger().sign_in("dr.lin", site.passwords["dr.lin"]).status == 303
    finally:
        provider.be_down(False)
    assert problem(site.stranger().get("/sign-in?lang=en")) == ""
    assert sign_in(site, provider, doctor(provider, "shen.zhiyao"))[1].status == 303


def test_a_page_that_waits_is_told_of_the_new_session(site: WebSite, provider: OidcServer) -> None:
    """What the dialog of an ended session opens in another tab."""
    subject = doctor(provider, "shen.zhiyao")
    client, answer = sign_in(site, provider, subject, next_page="/sign-in/again")
    assert answer.headers["location"] == "/sign-in/again"
    told = client.get("/sign-in/again").page.css_first("sw-came-back")
    assert told is not None
    assert told.attributes["data-kind"] == "signed-in"
    asked = client.get("/sign-in/session", Accept="application/json").json
    assert asked["account"] == subject
    assert asked["csrf"] == client.csrf
    assert site.stranger().get("/sign-in/session", Accept="application/json").status == 401


def test_the_state_of_the_installation_says_how_the_provider_is(
    site: WebSite, provider: OidcServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from suwen.integration.identity import oidc

    monkeypatch.setattr(oidc, "LOOK_AGAIN_AFTER", timedelta(0))
    assert site.run(site.platform.sign_in.troubles()) == {"provider": None}
    provider.be_down(True)
    try:
        [found] = site.run(site.platform.sign_in.troubles()).values()
        assert found.code == "provider_unavailable"
    finally:
        provider.be_down(False)


def test_sign_ins_that_nobody_ends_are_bounded(
    site: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    from suwen.control.access import provider_sign_in

    monkeypatch.setattr(provider_sign_in, "MOST_UNDER_WAY", 0)
    assert site.stranger().get("/sign-in/oidc").status == 503
    monkeypatch.undo()
    assert site.stranger().get("/sign-in/oidc").status == 303


def test_signing_out_ends_the_session_at_the_provider_too(
    site: WebSite, provider: OidcServer
) -> None:
    client, at = site.stranger(), AtProvider(provider)
    come_back(client, at.sign_in(begin(client), doctor(provider, "shen.zhiyao")))
    answer = client.post("/sign-out")
    assert answer.status == 200
    led_on = answer.page.css_first("a.sw-primary").attributes["href"] or ""
    asked = parse_qs(urlsplit(led_on).query)
    assert led_on.startswith(f"{provider.issuer}/session/end?")
    assert "id_token_hint" in asked
    back = at.sign_out(led_on)
    assert back is not None
    assert back.startswith(f"http://{site.host}/sign-in")
    # The provider does not know the browser any more: it asks who it is.
    with pytest.raises(AssertionError):
        at.goes_straight_back(begin(site.stranger()))


def test_signing_out_at_the_provider_ends_the_session_here(
    site: WebSite, provider: OidcServer
) -> None:
    subject = doctor(provider, "shen.zhiyao")
    client, at = site.stranger(), AtProvider(provider)
    come_back(client, at.sign_in(begin(client), subject))
    bystander, _ = sign_in(site, provider, doctor(provider, "qiao.anran"))
    other_browser, _ = sign_in(site, provider, subject)
    assert client.get(WORKLIST).status == 200
    assert at.sign_out(f"{provider.issuer}/session/end") is None
    assert client.get(WORKLIST).status == 303
    assert bystander.get(WORKLIST).status == 200
    assert other_browser.get(WORKLIST).status == 200
    ended = audited(site, "session.close")[0]
    assert (ended.actor, ended.detail["sessions"]) == (subject, 1)


def test_a_made_up_logout_ends_nothing(site: WebSite, provider: OidcServer) -> None:
    client, _ = sign_in(site, provider, doctor(provider, "shen.zhiyao"))
    session = site.run(_kept(site, client))
    for forged in ("", "x.y.z", session.id_token):
        answer = site.stranger().request(
            "POST",
            "/sign-out/oidc",
            urlencode({"logout_token": forged}).encode(),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert answer.status == 401, answer.text
    assert client.get(WORKLIST).status == 200


async def _kept(site: WebSite, client: Client) -> Any:
    from suwen.control.access.authentication import token_hash

    token = client.cookies["suwen_session"]
    return await site.platform.sign_in.identities.read_session(token_hash(token))
