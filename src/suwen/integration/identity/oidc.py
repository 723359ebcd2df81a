"""OpenID Connect: the hospital's provider signs a person in by authorization code and PKCE.

Source: OpenID Connect Core 1.0, Discovery 1.0, RP-Initiated Logout 1.0, Back-Channel Logout 1.0;
RFC 7636 (PKCE), RFC 9207 (issuer in the authorization response).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from suwen.core.errors import AuthenticationError, ConfigurationError, SuwenError, UnavailableError
from suwen.core.language import Bilingual
from suwen.core.ports import Clock
from suwen.integration.identity.claims import ClaimNames, ExternalPerson, IdToken, person_of
from suwen.integration.identity.issuer_http import IssuerHttp, origin_of
from suwen.integration.identity.token_checks import (
    LogoutToken,
    ProviderKeys,
    TokenChecks,
    refused,
)

METADATA_VALID: Final = timedelta(hours=1)
LOOK_AGAIN_AFTER: Final = timedelta(seconds=15)
"""How long the provider's last answer, or silence, stands for how it is now."""

_WELL_KNOWN: Final = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class OidcClient:
    """This installation as a client of the hospital's provider.

    Attributes:
        issuer: the provider, exactly as it calls itself.
        client_secret: ``None`` for a public client, whom PKCE alone protects.
        skew: by how much its clock may differ from ours.
        timeout_s: longest time for one question to the provider, in seconds.
    """

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    scopes: tuple[str, ...] = ("openid", "profile")
    claims: ClaimNames = field(default_factory=ClaimNames)
    skew: timedelta = timedelta(seconds=60)
    ca_file: Path | None = None
    timeout_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the provider says of itself; every address belongs to the issuer, but for the two that
    a browser is led to, which are checked to be https as well."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    names_itself_in_answers: bool
    token_auth_methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request for a sign-in: what is kept here until its answer comes.

    Attributes:
        fresh_since: when given, the person must prove themselves again after it.
    """

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect_uri: str
    fresh_since: datetime | None = None

    @classmethod
    def new(cls, redirect_uri: str, fresh_since: datetime | None = None) -> Attempt:
        """One whose secrets nobody can guess (256 bits each)."""
        made = [secrets.token_urlsafe(32) for _ in range(3)]
        return cls(made[0], made[1], made[2], redirect_uri, fresh_since)


@dataclass(frozen=True, slots=True)
class Proved:
    """Whom the provider proved, and what is kept for the end of the session."""

    person: ExternalPerson
    session_id: str | None
    id_token: str = field(repr=False)


class OidcProvider:
    """The hospital's provider."""

    def __init__(self, client: OidcClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._http = IssuerHttp(client.issuer, client.ca_file, client.timeout_s)
        keys = ProviderKeys(self._fetch_keys, clock)
        self._checks = TokenChecks(client.issuer, client.client_id, keys, clock, client.skew)
        self._metadata: Metadata | None = None
        self._fetched_at: datetime | None = None
        self._looked_at: datetime | None = None
        self._answers = False
        self._fetching = asyncio.Lock()

    @property
    def issuer(self) -> str:
        """The provider, as it calls itself."""
        return self._client.issuer

    async def is_there(self) -> bool:
        """Whether the provider answers, known from a few seconds ago or found out now."""
        looked = self._looked_at
        if looked is None or self._clock.now() - looked >= LOOK_AGAIN_AFTER:
            try:
                await self._renew_metadata()
            except SuwenError:
                return False
        return self._answers

    async def address(self, attempt: Attempt, language: str) -> str:
        """Where the person's browser goes to sign in.

        Raises:
            UnavailableError: ``provider_unavailable``.
            ConfigurationError: ``provider_metadata_wrong``, ``issuer_address_foreign``.
        """
        metadata = await self._known_metadata()
        asked = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": attempt.redirect_uri,
            "scope": " ".join(self._client.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge_of(attempt.verifier),
            "code_challenge_method": "S256",
            "ui_locales": "zh-CN" if language == "zh" else language,
        }
        if attempt.fresh_since is not None:
            asked |= {"prompt": "login", "max_age": "0"}
        return _with_query(metadata.authorization_endpoint, asked)

    async def finish(self, attempt: Attempt, answer: Mapping[str, str]) -> Proved:
        """Whom the provider signed in, by the answer that it sent through the browser.

        Args:
            answer: the query of the redirect; its ``state`` was compared by the caller.

        Raises:
            AuthenticationError: ``provider_refused`` with the standard's code,
                ``id_token_refused``, with what failed in the detail.
            UnavailableError, ConfigurationError: as ``address``.
        """
        metadata = await self._known_metadata()
        named = answer.get("iss")
        if named != self.issuer and (named is not None or metadata.names_itself_in_answers):
            raise refused("answer_issuer")
        if "error" in answer:
            raise _provider_refused(answer["error"])
        code = answer.get("code", "")
        if not code:
            raise refused("code")
        told = await self._exchange(metadata, attempt, code)
        access_token = told.get("access_token")
        access_token = access_token if isinstance(access_token, str) else None
        token = await self._checks.id_token(
            told.get("id_token"),
            nonce=attempt.nonce,
            access_token=access_token,
            signed_in_since=attempt.fresh_since,
        )
        more = await self._userinfo(metadata, access_token, token)
        person = person_of(self.issuer, token, more, self._client.claims)
        return Proved(person, token.session_id, token.raw)

    async def end_address(self, id_token: str | None, back_to: str) -> str | None:
        """Where the browser goes to end the provider's session too; ``None`` when it has no such
        place, or cannot be asked."""
        try:
            metadata = await self._known_metadata()
        except SuwenError:
            return None
        if metadata.end_session_endpoint is None:
            return None
        asked = {"client_id": self._client.client_id, "post_logout_redirect_uri": back_to}
        if id_token is not None:
            asked["id_token_hint"] = id_token
        return _with_query(metadata.end_session_endpoint, asked)

    async def ended(self, logout_token: object) -> LogoutToken:
        """Which session the provider ended by itself; raises as ``finish``."""
        return await self._checks.logout_token(logout_token)

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.close()

    async def _exchange(self, metadata: Metadata, attempt: Attempt, code: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.verifier,
            "client_id": self._client.client_id,
        }
        headers = {}
        secret = self._client.client_secret
        if secret is not None:
            if "client_secret_basic" in metadata.token_auth_methods:
                headers["Authorization"] = _basic(self._client.client_id, secret)
            else:
                form["client_secret"] = secret
        answer = await self._http.post(metadata.token_endpoint, form, headers)
        if answer.status != 200:
            raise _provider_refused(answer.body.get("error"))
        return answer.body

    async def _userinfo(
        self, metadata: Metadata, access_token: str | None, token: IdToken
    ) -> Mapping[str, Any]:
        """What the provider tells of the person besides the token; of nobody else."""
        if metadata.userinfo_endpoint is None or access_token is None:
            return {}
        answer = await self._http.get(metadata.userinfo_endpoint, access_token)
        if answer.status != 200:
            return {}
        if answer.body.get("sub") != token.subject:
            raise refused("userinfo_subject")
        return answer.body

    async def _fetch_keys(self) -> Mapping[str, Any]:
        metadata = await self._known_metadata()
        answer = await self._http.get(metadata.jwks_uri)
        if answer.status != 200:
            raise _metadata_wrong("jwks_uri")
        return answer.body

    async def _known_metadata(self) -> Metadata:
        """The metadata, an hour old at most while the provider answers."""
        at = self._fetched_at
        if self._metadata is None or at is None or self._clock.now() - at >= METADATA_VALID:
            try:
                return await self._renew_metadata()
            except UnavailableError:
                if self._metadata is None:
                    raise
        return self._metadata

    async def _renew_metadata(self) -> Metadata:
        before = self._looked_at
        async with self._fetching:
            if self._looked_at != before and self._answers and self._metadata is not None:
                return self._metadata
            self._answers = False
            try:
                address = self._client.issuer.rstrip("/") + _WELL_KNOWN
                answer = await self._http.get(address)
                if answer.status != 200:
                    raise _metadata_wrong("status")
                self._metadata = self._read_metadata(answer.body)
                self._answers, self._fetched_at = True, self._clock.now()
            finally:
                self._looked_at = self._clock.now()
        return self._metadata

    def _read_metadata(self, told: Mapping[str, Any]) -> Metadata:
        if told.get("issuer") != self._client.issuer:
            raise _metadata_wrong("issuer")
        challenges = told.get("code_challenge_methods_supported")
        if isinstance(challenges, list) and "S256" not in challenges:
            raise _metadata_wrong("code_challenge_methods_supported")
        userinfo, methods = (
            told.get("userinfo_endpoint"),
            told.get("token_endpoint_auth_methods_supported"),
        )
        return Metadata(
            authorization_endpoint=_browser_address(told, "authorization_endpoint"),
            token_endpoint=self._http.check(told.get("token_endpoint")),
            jwks_uri=self._http.check(told.get("jwks_uri")),
            userinfo_endpoint=None if userinfo is None else self._http.check(userinfo),
            end_session_endpoint=_browser_address(told, "end_session_endpoint")
            if "end_session_endpoint" in told
            else None,
            names_itself_in_answers=told.get("authorization_response_iss_parameter_supported")
            is True,
            # Without a list, basic is what the standard assumes.
            token_auth_methods=tuple(str(m) for m in methods)
            if isinstance(methods, list)
            else ("client_secret_basic",),
        )


def challenge_of(verifier: str) -> str:
    """The code challenge of a verifier. Source: RFC 7636 §4.2, method S256."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _with_query(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked, quote_via=quote)}"


def _basic(user: str, secret: str) -> str:
    """Source: RFC 6749 §2.3.1: both are form-encoded first."""
    pair = f"{quote(user, safe='')}:{quote(secret, safe='')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _browser_address(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    try:
        if isinstance(value, str):
            origin_of(value)
            return value
    except ConfigurationError:
        pass
    raise _metadata_wrong(name)


def _provider_refused(code: object) -> AuthenticationError:
    known = code if isinstance(code, str) and code.isascii() and len(code) <= 64 else "unknown"
    return AuthenticationError(
        "provider_refused",
        Bilingual(
            zh="统一登录没有完成登录（可能已取消或已过期）。请重新登录。",
            en="The hospital's sign-in did not sign anybody in; it may have been cancelled or have "
            "taken too long. Try again.",
        ),
        detail={"error": known},
    )


def _metadata_wrong(what: str) -> ConfigurationError:
    return ConfigurationError(
        "provider_metadata_wrong",
        Bilingual(
            zh=f"统一登录的公开信息与设置不符（{what}），不能使用。请核对 issuer 设置。",
            en=f"What the hospital's sign-in says of itself is not usable ({what}). Check the "
            "setting issuer.",
        ),
        field="oidc.issuer",
        detail={"metadata": what},
    )
