"""panva's oidc-provider as the hospital's sign-in, and a browser that goes there and comes back."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.support.peers.medplum import need_node_package, node_program
from tests.support.web_site import Answer, Client

SECRET = "a secret of the client & its = signs"
CLIENT_ID = "suwen"


@dataclass(frozen=True)
class OidcServer:
    """A running provider: ``issuer`` is its address."""

    issuer: str

    @property
    def host(self) -> str:
        return urlsplit(self.issuer).netloc

    def put_client(self, base: str, client_id: str = CLIENT_ID, **more: Any) -> None:
        """Registers a site as a client."""
        self._control(
            "client",
            {
                "client_id": client_id,
                "client_secret": SECRET,
                "redirect_uris": [f"{base}/sign-in/oidc/callback"],
                "post_logout_redirect_uris": [f"{base}/sign-in"],
                "backchannel_logout_uri": f"{base}/sign-out/oidc",
                "backchannel_logout_session_required": True,
                **more,
            },
        )

    def put_account(self, subject: str, **claims: Any) -> None:
        """A person of the hospital; ``subject`` is also what is typed to sign in."""
        self._control("account", {"sub": subject, "claims": claims})

    def rotate_keys(self, *, keep: bool) -> None:
        """Signs with a new key from now on; the former stays published where ``keep`` says so."""
        self._control("rotate", {"keep": keep})

    def be_down(self, down: bool) -> None:
        """Breaks every connection, or stops doing so."""
        self._control("down", {"down": down})

    def _control(self, what: str, body: Mapping[str, Any]) -> None:
        request = urllib.request.Request(
            f"{self.issuer}/control/{what}", json.dumps(body).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status == 200


@contextmanager
def oidc_server() -> Iterator[OidcServer]:
    """A provider without clients and accounts on a free port, for as long as the block lasts."""
    need_node_package("oidc-provider")
    with node_program("oidc_server.mjs") as told:
        yield OidcServer(f"http://127.0.0.1:{told['port']}")


class AtProvider:
    """A browser at the provider; keeps the provider's cookies."""

    def __init__(self, server: OidcServer) -> None:
        self._server = server
        self.client = Client(server.host)

    def sign_in(self, address: str, subject: str) -> str:
        """Signs in where the site sent the browser; the address that the provider sends it to."""
        answer = self._follow(address)
        if isinstance(answer, str):
            return answer
        form = answer.page.css_first("form")
        assert form is not None, answer.text[:2000]
        fields = {"prompt": "login", "login": subject, "password": "any"}
        answer = self.client.request(
            "POST",
            urlsplit(form.attributes["action"] or "").path,
            urlencode(fields).encode(),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        return self._leaving(answer)

    def sign_out(self, address: str) -> str | None:
        """Confirms the end of the session there; where the provider sends the browser then,
        ``None`` when it stays there."""
        answer = self._follow(address)
        assert isinstance(answer, Answer)
        form = answer.page.css_first("form")
        assert form is not None, answer.text[:2000]
        fields = {
            str(one.attributes["name"]): str(one.attributes.get("value") or "")
            for one in form.css("input")
        }
        answer = self.client.request(
            "POST",
            urlsplit(form.attributes["action"] or "").path,
            urlencode({**fields, "logout": "yes"}).encode(),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert answer.status == 303, answer.text[:2000]
        led = self._follow(answer.headers["location"])
        return led if isinstance(led, str) else None

    def goes_straight_back(self, address: str) -> str:
        """The address that the provider sends a browser to that it knows already."""
        answer = self._follow(address)
        assert isinstance(answer, str), answer.text[:2000]
        return answer

    def _leaving(self, answer: Answer) -> str:
        assert answer.status == 303, answer.text[:2000]
        led = self._follow(answer.headers["location"])
        assert isinstance(led, str), led.text[:2000]
        return led

    def _follow(self, address: str) -> Answer | str:
        """Goes on within the provider; an address elsewhere is returned, not followed."""
        for _ in range(10):
            parts = urlsplit(address)
            if parts.netloc and parts.netloc != self._server.host:
                return address
            answer = self.client.get(f"{parts.path}?{parts.query}" if parts.query else parts.path)
            if answer.status not in (302, 303):
                return answer
            address = answer.headers["location"]
        raise AssertionError("led in a circle")
