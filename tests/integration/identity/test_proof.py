"""A document is signed by somebody whom the provider has just proved, for exactly what is shown."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.integration.identity.test_oidc import WORKLIST, audited, begin, come_back, doctor
from tests.support.peers.oidc_provider import AtProvider, OidcServer
from tests.support.web_site import Answer, WebSite


class Signer:
    """A physician at the screen, with the provider in the next window."""

    def __init__(self, site: WebSite, provider: OidcServer, subject: str) -> None:
        self.client, self.at = site.stranger(), AtProvider(provider)
        came = come_back(self.client, self.at.sign_in(begin(self.client), subject))
        assert came.status == 303
        self.subject = subject

    def draft(self) -> dict[str, Any]:
        """A draft of their own: id, version, hash and what is open."""
        patient = self.client.get(WORKLIST).page.css_first("tr[data-patient]")
        assert patient is not None
        path = f"/patients/{patient.attributes['data-patient']}/documents"
        answer = self.client.post(path, {"document_type": "outpatient_note", "language": "zh"})
        assert answer.status == 303, answer.text[:500]
        run = answer.headers["location"]
        for _ in range(200):
            shown = self.client.get(run)
            found = re.search(r"/drafts/([0-9a-f-]{36})", shown.text) or re.search(
                r"/drafts/([0-9a-f-]{36})", shown.headers.get("location", "")
            )
            if found:
                break
        assert found is not None, shown.text[:3000]
        page = self.client.get(f"/drafts/{found[1]}").page
        review = page.css_first("#review")
        assert review is not None
        opens = [str(box.attributes["value"]) for box in page.css("input[name=acknowledged]")]
        return {
            "draft": found[1],
            "version": int(review.attributes["data-version"] or 0),
            "hash": review.attributes["data-hash"],
            "acknowledged": opens,
        }

    def sent_to_prove(self, draft: dict[str, Any]) -> str:
        """Where the window goes."""
        asked = {key: draft[key] for key in ("draft", "version", "hash")}
        answer = self.client.get(f"/sign-in/oidc/prove?{urlencode(asked)}")
        assert answer.status == 303, answer.text[:500]
        return answer.headers["location"]

    def statement(self, draft: dict[str, Any]) -> str:
        """What the window brings back."""
        back = self.at.sign_in(self.sent_to_prove(draft), self.subject)
        told = come_back(self.client, back).page.css_first("sw-came-back")
        assert told is not None
        return str(told.attributes["data-statement"])

    def sign(self, draft: dict[str, Any], **proof: str) -> Answer:
        body = {
            "version": draft["version"],
            "content_hash": draft["hash"],
            "acknowledged": draft["acknowledged"],
            **proof,
        }
        return self.client.send("POST", f"/drafts/{draft['draft']}/sign", body)


@pytest.fixture(scope="module")
def signer(site: WebSite, provider: OidcServer) -> Signer:
    return Signer(site, provider, doctor(provider, "mu.qing"))


@pytest.fixture(scope="module")
def draft(signer: Signer) -> dict[str, Any]:
    """A draft that no test signs."""
    return signer.draft()


def test_the_dialog_asks_for_the_provider_not_for_a_password(
    signer: Signer, draft: dict[str, Any]
) -> None:
    page = signer.client.get(f"/drafts/{draft['draft']}").page
    assert page.css_first("#sign input[name=password]") is None
    form = page.css_first("sw-act-form[data-prove]")
    assert form is not None
    assert form.attributes["data-prove"] == draft["draft"]


def test_a_fresh_proof_for_this_very_document_signs_it(site: WebSite, signer: Signer) -> None:
    draft = signer.draft()
    statement = signer.statement(draft)
    assert audited(site, "session.prove")[0].actor == "mu.qing"
    answer = signer.sign(draft, statement=statement)
    assert (answer.status, answer.json["status"]) == (200, "signed")


def test_the_provider_is_asked_to_see_the_person_again(
    signer: Signer, draft: dict[str, Any]
) -> None:
    asked = parse_qs(urlsplit(signer.sent_to_prove(draft)).query)
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])


@pytest.mark.parametrize("changes", [{"version": 2}, {"hash": "0" * 64}, {"draft": "another"}])
def test_a_proof_for_something_else_signs_nothing(
    signer: Signer, draft: dict[str, Any], changes: dict[str, Any]
) -> None:
    answer = signer.sign(draft, statement=signer.statement({**draft, **changes}))
    assert (answer.status, answer.json["code"]) == (401, "proof_not_for_this")


@pytest.mark.parametrize("statement", ["made up", "A" * 200, "é", "A" * 5000])
def test_a_made_up_proof_signs_nothing(
    signer: Signer, draft: dict[str, Any], statement: str
) -> None:
    answer = signer.sign(draft, statement=statement)
    assert (answer.status, answer.json["code"]) == (401, "proof_not_for_this")


def test_somebody_elses_proof_is_refused(
    site: WebSite, provider: OidcServer, signer: Signer, draft: dict[str, Any]
) -> None:
    """A colleague comes back from the window that the signer opened."""
    doctor(provider, "kollege")
    colleague = AtProvider(provider)
    back = colleague.sign_in(signer.sent_to_prove(draft), "kollege")
    assert come_back(signer.client, back).status == 401
    assert audited(site, "session.open")[0].detail["code"] == "proof_of_another"
    other = Signer(site, provider, "kollege")
    stolen = other.sign(draft, statement=signer.statement(draft))
    assert (stolen.status, stolen.json["code"]) == (401, "proof_not_for_this")


def test_a_proof_grows_old(site: WebSite, signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from suwen.control.access import statements

    draft = signer.draft()
    statement = signer.statement(draft)
    monkeypatch.setattr(statements, "VALID", timedelta(seconds=-1))
    assert signer.sign(draft, statement=statement).json["code"] == "proof_not_for_this"
    monkeypatch.undo()
    assert signer.sign(draft, statement=statement).status == 200


def test_an_earlier_sign_in_at_the_provider_is_no_proof(
    site: WebSite,
    provider: OidcServer,
    draft: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A provider, or somebody in the browser, leaves the new sign-in out."""
    import time
    from datetime import timedelta

    earlier = Signer(site, provider, "mu.qing")
    time.sleep(1.1)
    address = earlier.sent_to_prove(draft)
    without = address.replace("prompt=login", "").replace("max_age=0", "max_age=9999")
    checks = site.platform.sign_in.provider._provider._checks  # type: ignore[union-attr]
    monkeypatch.setattr(checks, "_skew", timedelta(0))
    assert come_back(earlier.client, earlier.at.goes_straight_back(without)).status == 401
    assert audited(site, "session.open")[0].detail["check"] == "authentication_time"


def test_nobody_without_a_session_is_sent_to_prove_anything(site: WebSite) -> None:
    answer = site.stranger().get("/sign-in/oidc/prove?draft=x&version=1&hash=y")
    assert answer.headers["location"].startswith("/sign-in?")
