"""The client of a provider asks the configured issuer only, and believes nothing unchecked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

from suwen.core.errors import AuthenticationError, ConfigurationError, SuwenError, UnavailableError
from suwen.integration.identity.issuer_http import IssuerHttp
from suwen.integration.identity.oidc import Attempt, OidcClient, OidcProvider, challenge_of

KEY = RSAKey.generate_key(2048, {"kid": "one"})
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
BACK = "http://127.0.0.1:1/sign-in/oidc/callback"


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at


@dataclass
class Scripted:
    """A provider that says what a test wants it to say."""

    issuer: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    userinfo: Any = None
    token_answer: Callable[[web.Request], Awaitable[web.Response]] | None = None
    discovered: int = 0
    down: bool = False
    forms: list[dict[str, str]] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        if self.down:
            return web.Response(status=503)
        match request.path:
            case "/.well-known/openid-configuration":
                self.discovered += 1
                told = {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/auth",
                    "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/keys",
                    "userinfo_endpoint": f"{self.issuer}/me",
                    "end_session_endpoint": f"{self.issuer}/end",
                    **self.metadata,
                }
                return web.json_response({k: v for k, v in told.items() if v is not None})
            case "/keys":
                return web.json_response({"keys": [KEY.as_dict(private=False)]})
            case "/me":
                return web.json_response(self.userinfo)
            case "/token":
                self.forms.append({k: str(v) for k, v in (await request.post()).items()})
                self.authorizations.append(request.headers.get("Authorization", ""))
                if self.token_answer is not None:
                    return await self.token_answer(request)
                at = int(NOW.timestamp())
                right = {
                    "iss": self.issuer,
                    "aud": "suwen",
                    "sub": "s1",
                    "iat": at,
                    "exp": at + 60,
                    **self.claims,
                }
                raw = jwt.encode({"alg": "RS256", "kid": "one"}, right, KEY)
                return web.json_response({"id_token": raw, "access_token": "at"})
        return web.Response(status=404)


@pytest.fixture
async def scripted() -> AsyncIterator[Scripted]:
    provider = Scripted()
    application = web.Application()
    application.router.add_route("*", "/{any:.*}", provider.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    place = web.TCPSite(runner, "127.0.0.1", 0)
    await place.start()
    port = runner.addresses[0][1]
    provider.issuer = f"http://127.0.0.1:{port}"
    provider.userinfo = {"sub": "s1"}
    yield provider
    await runner.cleanup()


@pytest.fixture
async def opened(scripted: Scripted) -> AsyncIterator[Callable[..., OidcProvider]]:
    made: list[OidcProvider] = []

    def one(clock: Clock | None = None, **changes: Any) -> OidcProvider:
        facts = {"issuer": scripted.issuer, "client_id": "suwen", "client_secret": None, **changes}
        made.append(OidcProvider(OidcClient(**facts), clock or Clock()))
        return made[-1]

    yield one
    for provider in made:
        await provider.close()


async def finish(scripted: Scripted, provider: OidcProvider, **answer: str) -> Any:
    attempt = Attempt.new(BACK)
    scripted.claims.setdefault("nonce", attempt.nonce)
    return await provider.finish(attempt, {"code": "c", **answer})


async def test_the_request_carries_state_nonce_and_challenge(
    scripted: Scripted, opened: Callable[..., OidcProvider]
) -> None:
    attempt = Attempt.new(BACK)
    asked = parse_qs(urlsplit(await opened().address(attempt, "zh")).query)
    assert asked["response_type"] == ["code"]
    assert asked["state"] == [attempt.state]
    assert asked["nonce"] == [attempt.nonce]
    assert asked["code_challenge"] == [challenge_of(attempt.verifier)]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [BACK]
    assert "prompt" not in asked


def test_the_challenge_is_that_of_the_standards_example() -> None:
    """RFC 7636, Appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


async def test_claims_come_from_the_token_and_from_userinfo(
    scripted: Scripted, opened: Callable[..., OidcProvider]
) -> None:
    scripted.userinfo = {"sub": "s1", "name": "林薇", "roles": ["doctor"], "sid": "not here"}
    scripted.claims = {"roles": ["nurse"]}
    proved = await finish(scripted, opened())
    assert proved.person.name == "林薇"
    assert proved.person.groups == {"nurse"}
    assert proved.session_id is None


async def test_userinfo_about_somebody_else_is_refused(
    scripted: Scripted, opened: Callable[..., OidcProvider]
) -> None:
    scripted.userinfo = {"sub": "another", "roles": ["chief"]}
    with pytest.raises(AuthenticationError) as refused:
        await finish(scripted, opened())
    assert refused.value.detail["check"] == "userinfo_subject"


@pytest.mark.parametrize(
    ("methods", "secret", "in_header", "in_form"),
    [
        (["client_secret_basic"], "s:1 &", True, False),
        (["client_secret_post"], "s:1 &", False, True),
        (None, "s:1 &", True, False),
        (["none"], None, False, False),
    ],
)
async def test_the_client_proves_itself_as_the_provider_wants_it(
    scripted: Scripted,
    opened: Callable[..., OidcProvider],
    methods: list[str] | None,
    secret: str | None,
    in_header: bool,
    in_form: bool,
) -> None:
    scripted.metadata = {"token_endpoint_auth_methods_supported": methods}
    await finish(scripted, opened(client_secret=secret))
    assert bool(scripted.authorizations[0]) is in_header
    assert ("client_secret" in scripted.forms[0]) is in_form
    assert scripted.forms[0]["code_verifier"]


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"issuer": "https://evil.example"}, "provider_metadata_wrong"),
        ({"token_endpoint": "https://evil.example/token"}, "issuer_address_foreign"),
        ({"jwks_uri": "http://127.0.0.1:1/keys"}, "issuer_address_foreign"),
        ({"userinfo_endpoint": "http://localhost/me"}, "issuer_address_foreign"),
        ({"token_endpoint": None}, "issuer_address_foreign"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "provider_metadata_wrong"),
        ({"authorization_endpoint": "http://10.0.0.1/auth"}, "provider_metadata_wrong"),
        ({"code_challenge_methods_supported": ["plain"]}, "provider_metadata_wrong"),
    ],
)
async def test_metadata_that_lead_elsewhere_are_refused(
    scripted: Scripted, opened: Callable[..., OidcProvider], metadata: dict[str, Any], code: str
) -> None:
    scripted.metadata = metadata
    with pytest.raises(ConfigurationError) as refused:
        await opened().address(Attempt.new(BACK), "zh")
    assert refused.value.code == code


@pytest.mark.parametrize(
    "issuer",
    ["http://sso.hospital.example", "ftp://x", "", "https://u:p@x", "https://[", "https://x#f"],
)
async def test_an_issuer_that_is_not_safe_is_refused(issuer: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        IssuerHttp(issuer, None, 1.0)
    assert refused.value.code == "issuer_address_wrong"


async def test_what_was_discovered_is_kept_while_the_provider_is_silent(
    scripted: Scripted, opened: Callable[..., OidcProvider]
) -> None:
    clock = Clock()
    provider = opened(clock)
    for _ in range(3):
        await provider.address(Attempt.new(BACK), "zh")
    assert scripted.discovered == 1
    clock.at += timedelta(hours=2)
    scripted.down = True
    assert await provider.address(Attempt.new(BACK), "zh")
    assert not await provider.is_there()
    scripted.down = False
    assert not await provider.is_there()
    clock.at += timedelta(seconds=15)
    assert await provider.is_there()
    assert scripted.discovered == 2


async def test_a_provider_that_was_never_there_is_unavailable(
    scripted: Scripted, opened: Callable[..., OidcProvider]
) -> None:
    scripted.down = True
    provider = opened()
    assert not await provider.is_there()
    with pytest.raises(UnavailableError):
        await provider.address(Attempt.new(BACK), "zh")
    assert await provider.end_address(None, "http://127.0.0.1:1/") is None


def _raw(body: bytes, status: int = 200) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, status=status, content_type="application/json")

    return answer


async def _redirect(_: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/stolen"})


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (_raw(b"not json"), "provider_unavailable"),
        (_raw(b"[1]"), "provider_unavailable"),
        (_raw(b"[" * 100_000), "provider_unavailable"),
        (_raw(b'{"x":"' + b"a" * 1_100_000 + b'"}'), "provider_unavailable"),
        (_raw(b"", 500), "provider_unavailable"),
        (_redirect, "provider_unavailable"),
        (_raw(b"{}"), "id_token_refused"),
        (_raw(b'{"id_token": 7}'), "id_token_refused"),
        (_raw(b"", 400), "provider_refused"),
        (_raw(json.dumps({"error": "invalid_client"}).encode(), 401), "provider_refused"),
        (_raw(json.dumps({"error": "x" * 70}).encode(), 400), "provider_refused"),
    ],
)
async def test_an_answer_in_no_form_is_refused_exactly(
    scripted: Scripted,
    opened: Callable[..., OidcProvider],
    answer: Callable[[web.Request], Awaitable[web.Response]],
    code: str,
) -> None:
    scripted.token_answer = answer
    with pytest.raises(SuwenError) as refused:
        await finish(scripted, opened())
    assert refused.value.code == code


async def test_a_provider_that_names_itself_in_answers_must_do_so(
    scripted: Scripted, opened: Callable[..., OidcProvider]
) -> None:
    assert await finish(scripted, opened())
    scripted.metadata = {"authorization_response_iss_parameter_supported": True}
    with pytest.raises(AuthenticationError) as refused:
        await finish(scripted, opened())
    assert refused.value.detail["check"] == "answer_issuer"
    scripted.claims.clear()
    assert await finish(scripted, opened(), iss=scripted.issuer)


async def test_an_answer_without_a_code_is_refused(
    scripted: Scripted, opened: Callable[..., OidcProvider]
) -> None:
    with pytest.raises(AuthenticationError):
        await opened().finish(Attempt.new(BACK), {})
    assert scripted.forms == []
