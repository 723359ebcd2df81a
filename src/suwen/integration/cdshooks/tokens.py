"""Who calls: the signed JWT of a CDS client, good for one address, a short time, and once.

Source: CDS Hooks 2.0, Trusting CDS Clients; RFC 7515, 7517, 7518, 7519.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from joserfc import jws
from joserfc.errors import JoseError

from suwen.core.errors import AuthenticationError
from suwen.core.language import Bilingual
from suwen.core.plain_text import is_plain
from suwen.integration.cdshooks.clients import CdsClient
from suwen.integration.cdshooks.key_sets import KeySets

LONGEST_TOKEN: Final = 8192
_LONGEST_ID: Final = 256


@dataclass(frozen=True, slots=True)
class TokenRules:
    """What a token must keep to.

    Attributes:
        base_url: our own address as clients know it, without a slash at its end.
        leeway: by how much clocks may differ.
        longest: longest time from ``iat`` to ``exp``.
    """

    base_url: str
    leeway: timedelta
    longest: timedelta


class UsedTokens(Protocol):
    """Remembers which tokens were used, for every process of the site and over restarts."""

    async def take(self, issuer: str, token_id: str, expires_at: datetime, *, at: datetime) -> bool:
        """Whether the token was not used before; from now on it was.

        It is durable with whatever is written durably next.
        """


class ClientTokens:
    """Knows clients by their tokens, and every token only once.

    Args:
        used: remembers what was used; asked last, so that only a client's own tokens reach it.
        now: the present instant.
    """

    def __init__(
        self,
        clients: Iterable[CdsClient],
        rules: TokenRules,
        keys: KeySets,
        used: UsedTokens,
        now: Callable[[], datetime],
    ) -> None:
        self._by_issuer = {client.issuer: client for client in clients}
        self._rules = rules
        self._keys = keys
        self._used = used
        self._now = now

    @property
    def clients(self) -> Mapping[str, CdsClient]:
        """The registered clients by name."""
        return {client.name: client for client in self._by_issuer.values()}

    async def verify(self, token: str | None, path: str) -> CdsClient:
        """The client that made the token for this address.

        Args:
            path: path of the address that is called, for example ``/cds-services/order-sign``.

        Raises:
            AuthenticationError: ``cds_token_missing``, ``cds_token_malformed``,
                ``cds_issuer_unknown``, ``cds_algorithm_refused``, ``cds_key_unknown``,
                ``cds_signature_wrong``, ``cds_audience_wrong``, ``cds_token_expired``,
                ``cds_token_early``, ``cds_token_too_long`` or ``cds_token_replayed``.
            ConfigurationError, UnavailableError: of the client's keys, or of the database.
        """
        if not token:
            raise _refused("cds_token_missing", _MISSING)
        header, claims = _parts(token)
        issuer = claims.get("iss")
        client = self._by_issuer.get(issuer) if isinstance(issuer, str) else None
        if client is None:
            raise _refused("cds_issuer_unknown", _ISSUER)
        await self._check_signature(token, header, client)
        self._check_audience(claims, path)
        expires = self._check_times(claims)
        await self._check_once(claims, client, expires)
        return client

    async def _check_signature(
        self, token: str, header: Mapping[str, Any], client: CdsClient
    ) -> None:
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in client.algorithms:
            raise _refused("cds_algorithm_refused", _ALGORITHM)
        if str(header.get("typ", "")).upper() != "JWT" or not isinstance(kid, str) or not kid:
            raise _refused("cds_token_malformed", _MALFORMED)
        stated = header.get("jku")
        if (stated is not None and stated != client.stated_key_url) or "crit" in header:
            raise _refused("cds_key_unknown", _KEY)
        key = await self._keys.key(client, kid)
        if key is None:
            raise _refused("cds_key_unknown", _KEY)
        named = key.as_dict().get("alg")
        if named is not None and named != algorithm:
            raise _refused("cds_algorithm_refused", _ALGORITHM)
        try:
            jws.deserialize_compact(token, key, algorithms=[algorithm])
        except (JoseError, ValueError, TypeError):
            raise _refused("cds_signature_wrong", _SIGNATURE) from None

    def _check_audience(self, claims: Mapping[str, Any], path: str) -> None:
        stated = claims.get("aud")
        audiences = stated if isinstance(stated, list) else [stated]
        if self._rules.base_url + path not in audiences:
            raise _refused("cds_audience_wrong", _AUDIENCE)

    def _check_times(self, claims: Mapping[str, Any]) -> float:
        """When the token ends, in seconds since the epoch, after every check of time."""
        expires, issued = _time(claims, "exp"), _time(claims, "iat")
        begins = _time(claims, "nbf") if "nbf" in claims else issued
        now, leeway = self._now().timestamp(), self._rules.leeway.total_seconds()
        if expires + leeway < now:
            raise _refused("cds_token_expired", _EXPIRED)
        if max(issued, begins) > now + leeway:
            raise _refused("cds_token_early", _EARLY)
        if expires - issued > self._rules.longest.total_seconds():
            raise _refused("cds_token_too_long", _TOO_LONG)
        return expires + leeway

    async def _check_once(
        self, claims: Mapping[str, Any], client: CdsClient, expires: float
    ) -> None:
        number = claims.get("jti")
        if not isinstance(number, str) or not _is_token_id(number):
            raise _refused("cds_token_malformed", _MALFORMED)
        ends, now = datetime.fromtimestamp(expires, UTC), self._now()
        # The call is audited, durably, before anything comes of it.
        issuer = f"cds-hooks/{client.name}"
        if not await self._used.take(issuer, number, ends, at=now):
            raise _refused("cds_token_replayed", _REPLAYED)


def _is_token_id(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_ID and is_plain(text)


def _parts(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Header and claims of a compact token, not verified yet."""
    pieces = token.split(".")
    if len(token) > LONGEST_TOKEN or len(pieces) != 3:
        raise _refused("cds_token_malformed", _MALFORMED)
    return _object(pieces[0]), _object(pieces[1])


def _object(piece: str) -> Mapping[str, Any]:
    try:
        raw = base64.b64decode(piece + "=" * (-len(piece) % 4), b"-_", validate=True)
        value = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _refused("cds_token_malformed", _MALFORMED)
    return value


def _time(claims: Mapping[str, Any], name: str) -> float:
    """A claim in seconds since the epoch."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**40:
        raise _refused("cds_token_malformed", _MALFORMED)
    return float(value)


def _refused(code: str, message: Bilingual) -> AuthenticationError:
    return AuthenticationError(code, message)


_MISSING = Bilingual(
    zh="缺少 JWT：请在 Authorization 头中以 Bearer 提供。",
    en="There is no JWT: send it as a Bearer token in the Authorization header.",
)
_MALFORMED = Bilingual(
    zh="JWT 格式不对：须有 alg、typ=JWT、kid，以及 iss、aud、exp、iat、jti。",
    en="The JWT is malformed: it needs alg, typ JWT and kid, and iss, aud, exp, iat and jti.",
)
_ISSUER = Bilingual(
    zh="JWT 的签发者（iss）未登记。", en="The issuer (iss) of the JWT is not registered."
)
_ALGORITHM = Bilingual(
    zh="不接受该签名算法；请使用登记的算法，如 ES384 或 RS384。",
    en="The signing algorithm is not taken: use a registered one, such as ES384 or RS384.",
)
_KEY = Bilingual(
    zh="JWT 所指的密钥（kid 或 jku）未登记。",
    en="The key that the JWT names (kid or jku) is not registered.",
)
_SIGNATURE = Bilingual(zh="JWT 的签名不正确。", en="The signature of the JWT is wrong.")
_AUDIENCE = Bilingual(
    zh="JWT 的 aud 不是所调用服务的地址。",
    en="The aud of the JWT is not the address of the service that is called.",
)
_EXPIRED = Bilingual(zh="JWT 已过期，请重新签发。", en="The JWT has expired: issue a new one.")
_EARLY = Bilingual(
    zh="JWT 的签发时间在未来，请校准时钟。",
    en="The JWT was issued in the future: set the clock right.",
)
_TOO_LONG = Bilingual(
    zh="JWT 的有效期过长，请缩短 iat 至 exp 的间隔。",
    en="The JWT is valid for too long: shorten the time from iat to exp.",
)
_REPLAYED = Bilingual(
    zh="该 JWT（jti）已使用过，每次调用须新签发。",
    en="This JWT (jti) was used already: issue a new one for each call.",
)
