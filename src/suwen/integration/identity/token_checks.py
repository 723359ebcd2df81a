"""Checks what a provider signed: id_tokens and logout tokens, by OpenID Connect Core 1.0 §3.1.3.7
and Back-Channel Logout 1.0 §2.6."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from suwen.core.errors import AuthenticationError
from suwen.core.language import Bilingual
from suwen.core.plain_text import is_plain
from suwen.core.ports import Clock
from suwen.integration.identity.claims import IdToken

KEY_TYPES: Final[Mapping[str, str]] = {
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "PS256": "RSA",
    "PS384": "RSA",
    "PS512": "RSA",
    "ES256": "EC",
    "ES384": "EC",
    "ES512": "EC",
    "EdDSA": "OKP",
    "Ed25519": "OKP",
}
"""Signatures that we accept, each with its type of key. Never ``none``, never a shared secret: with
one, whoever can check a token could also make it."""

LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
REFETCH_AFTER: Final = timedelta(seconds=30)
"""Keys are not asked for more often than this because of a token that fits none of them."""

_MOST_CHARACTERS: Final = 64 * 1024
_LOGOUT_VALID: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class LogoutToken:
    """The provider ended a session: of this subject, or the one of this session id, or both."""

    subject: str | None
    session_id: str | None
    token_id: str
    expires_at: datetime


FetchKeys = Callable[[], Awaitable[Mapping[str, Any]]]


class ProviderKeys:
    """The provider's public keys; fetched again when a token names one that is not there."""

    def __init__(self, fetch: FetchKeys, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._keys: tuple[Key, ...] = ()
        self._fetched_at: datetime | None = None

    async def matching(self, algorithm: str, key_id: str | None) -> tuple[Key, ...]:
        """The keys that may have signed; raises as the fetch."""
        if self._fetched_at is None:
            await self.renew()
        found = self._select(algorithm, key_id)
        if not found and self.may_be_stale:
            await self.renew()
            found = self._select(algorithm, key_id)
        return found

    @property
    def may_be_stale(self) -> bool:
        """Whether the keys are old enough to be fetched again for one token's sake."""
        at = self._fetched_at
        return at is None or self._clock.now() - at >= REFETCH_AFTER

    async def renew(self) -> None:
        """Fetches the keys again; raises as the fetch."""
        told = await self._fetch()
        listed = told.get("keys")
        keys = []
        for one in listed if isinstance(listed, list) else []:
            if not isinstance(one, dict) or one.get("use", "sig") != "sig":
                continue
            if one.get("kty") not in set(KEY_TYPES.values()):
                continue
            try:
                keys.append(JWKRegistry.import_key(one))
            except (JoseError, ValueError, TypeError, KeyError):
                # One key that we cannot read does not take the others away.
                continue
        self._keys, self._fetched_at = tuple(keys), self._clock.now()

    def _select(self, algorithm: str, key_id: str | None) -> tuple[Key, ...]:
        wanted = KEY_TYPES[algorithm]
        return tuple(
            key
            for key in self._keys
            if key.key_type == wanted
            and key.get("alg") in (None, algorithm)
            and (key_id is None or key.kid == key_id)
        )


class TokenChecks:
    """Checks tokens of one issuer for one client.

    Args:
        skew: by how much the provider's clock may differ from ours.
    """

    def __init__(
        self, issuer: str, client_id: str, keys: ProviderKeys, clock: Clock, skew: timedelta
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._keys = keys
        self._clock = clock
        self._skew = skew

    async def id_token(
        self,
        raw: object,
        *,
        nonce: str,
        access_token: str | None = None,
        signed_in_since: datetime | None = None,
    ) -> IdToken:
        """A token that this provider made for us, in answer to this very request.

        Args:
            nonce: what the request carried.
            access_token: checked against ``at_hash`` where the token has one.
            signed_in_since: when given, the person must have proved who they are after it.

        Raises:
            AuthenticationError: ``id_token_refused``, with the check that failed in its detail.
            UnavailableError: ``provider_unavailable``, where the keys cannot be fetched.
        """
        header, claims = await self._signed(raw)
        self._check_common(claims)
        if "events" in claims:
            raise refused("kind")
        audience = _audience(claims)
        if len(audience) > 1 and claims.get("azp") is None:
            raise refused("authorized_party")
        if claims.get("azp") not in (None, self._client_id):
            raise refused("authorized_party")
        if not _same(claims.get("nonce"), nonce):
            raise refused("nonce")
        if claims.get("exp") is None:
            raise refused("expiry")
        if access_token is not None and "at_hash" in claims:
            _check_access_token(claims["at_hash"], access_token, header["alg"])
        if signed_in_since is not None:
            at = _instant(claims.get("auth_time"))
            if at is None or at < signed_in_since - self._skew:
                raise refused("authentication_time")
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not is_plain(subject):
            raise refused("subject")
        return IdToken(subject, _name(claims.get("sid")), claims, str(raw))

    async def logout_token(self, raw: object) -> LogoutToken:
        """A statement of this provider that a session ended; raises as ``id_token``."""
        header, claims = await self._signed(raw)
        if header.get("typ") not in (None, "JWT", "logout+jwt"):
            raise refused("kind")
        self._check_common(claims)
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
            raise refused("kind")
        if "nonce" in claims:
            raise refused("nonce")
        subject, session_id = _name(claims.get("sub")), _name(claims.get("sid"))
        if subject is None and session_id is None:
            raise refused("subject")
        token_id, issued = _name(claims.get("jti")), _instant(claims.get("iat"))
        if token_id is None or issued is None:
            raise refused("token_id")
        valid_to = _instant(claims.get("exp")) or issued + _LOGOUT_VALID
        if valid_to + self._skew <= self._clock.now():
            raise refused("expiry")
        return LogoutToken(subject, session_id, token_id, valid_to + self._skew)

    async def _signed(self, raw: object) -> tuple[Mapping[str, Any], dict[str, Any]]:
        """Header and claims, once the signature is the provider's."""
        header = _header(raw)
        algorithm, key_id = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in KEY_TYPES or "crit" in header:
            raise refused("algorithm")
        if key_id is not None and not isinstance(key_id, str):
            raise refused("key")
        keys = await self._keys.matching(algorithm, key_id)
        if not keys:
            raise refused("key")
        claims = _opened(str(raw), keys, algorithm)
        if claims is None and self._keys.may_be_stale:
            # The provider may have put a new key under the old name, or under none.
            await self._keys.renew()
            claims = _opened(str(raw), await self._keys.matching(algorithm, key_id), algorithm)
        if claims is None:
            raise refused("signature")
        return header, claims

    def _check_common(self, claims: Mapping[str, Any]) -> None:
        now = self._clock.now()
        if claims.get("iss") != self._issuer:
            raise refused("issuer")
        if self._client_id not in _audience(claims):
            raise refused("audience")
        issued = _instant(claims.get("iat"))
        if issued is None or issued > now + self._skew:
            raise refused("issued_at")
        for name, check in (("exp", "expiry"), ("nbf", "not_before")):
            if name in claims and _instant(claims[name]) is None:
                raise refused(check)
        expires, begins = _instant(claims.get("exp")), _instant(claims.get("nbf"))
        if expires is not None and expires + self._skew <= now:
            raise refused("expiry")
        if begins is not None and begins > now + self._skew:
            raise refused("not_before")


def refused(check: str) -> AuthenticationError:
    """The refusal of a token; ``check`` says which of its checks failed, for the operator."""
    return AuthenticationError(
        "id_token_refused",
        Bilingual(
            zh="统一登录返回的凭证未通过校验，未登录。请重新登录；再次出现时请告知信息科。",
            en="What the hospital's sign-in sent back did not pass our checks, so nobody was "
            "signed in. Try again; if it happens again, tell the IT department.",
        ),
        detail={"check": check},
    )


def _header(raw: object) -> Mapping[str, Any]:
    if not isinstance(raw, str) or len(raw) > _MOST_CHARACTERS or raw.count(".") != 2:
        raise refused("form")
    first = raw.partition(".")[0]
    try:
        value = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, RecursionError):
        raise refused("form") from None
    if not isinstance(value, dict):
        raise refused("form")
    return value


def _opened(raw: str, keys: tuple[Key, ...], algorithm: str) -> dict[str, Any] | None:
    """The claims, by whichever key made the signature; ``None`` when none of them did."""
    for key in keys:
        try:
            return dict(jwt.decode(raw, key, algorithms=[algorithm]).claims)
        except (JoseError, ValueError, TypeError, RecursionError):
            continue
    return None


def _audience(claims: Mapping[str, Any]) -> frozenset[str]:
    value = claims.get("aud")
    listed = value if isinstance(value, list) else [value]
    return frozenset(one for one in listed if isinstance(one, str))


def _instant(value: object) -> datetime | None:
    """A NumericDate; ``None`` when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _name(value: object) -> str | None:
    usable = isinstance(value, str) and 0 < len(value) <= 255 and is_plain(value)
    return str(value) if usable else None


def _same(given: object, wanted: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), wanted.encode()
    )


def _check_access_token(stated: object, access_token: str, algorithm: str) -> None:
    """The access token must be the one that this id_token came with (Core §3.1.3.8)."""
    bits = "512" if KEY_TYPES[algorithm] == "OKP" else algorithm[-3:]
    digest = hashlib.new(f"sha{bits}", access_token.encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if not _same(stated, half):
        raise refused("access_token_hash")
