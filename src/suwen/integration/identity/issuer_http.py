"""Asks the configured issuer and nobody else: one origin, verified TLS, no redirect, no proxy."""

from __future__ import annotations

import ipaddress
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from suwen.core.errors import ConfigurationError, SuwenError, UnavailableError
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    import aiohttp

_MOST_BYTES: Final = 1024 * 1024
_KEEP_ALIVE_S: Final = 3.0

Origin = tuple[str, str, int]


class IssuerAnswer:
    """What the issuer answered: its status and JSON object."""

    __slots__ = ("body", "status")

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status = status
        self.body = body


class IssuerHttp:
    """Connections to one issuer.

    Args:
        issuer: its address, ``https`` (or ``http`` on this machine's loopback).
        ca_file: the hospital's certificate authority, instead of the system's.
        timeout_s: longest time for one question, in seconds.

    Raises:
        ConfigurationError: ``issuer_address_wrong``, ``issuer_ca_unreadable``.
    """

    def __init__(self, issuer: str, ca_file: Path | None, timeout_s: float) -> None:
        self._origin = origin_of(issuer)
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None
        try:
            self._tls = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
        except (OSError, ssl.SSLError):
            raise ConfigurationError(
                "issuer_ca_unreadable",
                Bilingual(
                    zh="无法读取统一登录的证书颁发机构文件。",
                    en="The certificate authority's file of the hospital's sign-in cannot be read.",
                ),
                field="oidc.ca_file",
            ) from None

    def check(self, address: object) -> str:
        """An address out of the provider's metadata, when it belongs to the issuer.

        Raises:
            ConfigurationError: ``issuer_address_foreign``: another host than the issuer's, which we
                never ask.
        """
        try:
            mine = isinstance(address, str) and origin_of(address) == self._origin
        except ConfigurationError:
            mine = False
        if not mine:
            raise ConfigurationError(
                "issuer_address_foreign",
                Bilingual(
                    zh="统一登录公布的地址不属于所配置的签发者，已拒绝访问。请检查 issuer 设置。",
                    en="The hospital's sign-in names an address that is not the configured "
                    "issuer's, and it was not asked. Check the setting issuer.",
                ),
                field="oidc.issuer",
            )
        return str(address)

    async def get(self, address: str, bearer: str | None = None) -> IssuerAnswer:
        """A JSON object of the issuer.

        Raises:
            UnavailableError: ``provider_unavailable``.
        """
        headers = {"Accept": "application/json"}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        return await self._ask("GET", address, headers, None)

    async def post(
        self, address: str, form: Mapping[str, str], headers: Mapping[str, str]
    ) -> IssuerAnswer:
        """The answer to a form; raises as ``get``."""
        return await self._ask("POST", address, {"Accept": "application/json", **headers}, form)

    async def _ask(
        self, method: str, address: str, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> IssuerAnswer:
        # Loaded here: an installation without a provider does not wait for it.
        import aiohttp

        checked = self.check(address)
        try:
            async with self._open().request(
                method, checked, data=form, headers=headers, allow_redirects=False
            ) as answer:
                if answer.status >= 500 or 300 <= answer.status < 400:
                    raise _unavailable("status", str(answer.status))
                body = await _body(answer)
                return IssuerAnswer(answer.status, _object(body, refusal=answer.status >= 400))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, RecursionError) as error:
            raise _unavailable("kind", type(error).__name__) from None

    def _open(self) -> aiohttp.ClientSession:
        import aiohttp

        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=16, ssl=self._tls, keepalive_timeout=_KEEP_ALIVE_S
                ),
                timeout=aiohttp.ClientTimeout(total=self._timeout_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()


def origin_of(address: str) -> Origin:
    """Scheme, host and port of an address that may be asked.

    Raises:
        ConfigurationError: ``issuer_address_wrong``.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))
    if not host or not safe or parts.username or parts.password or parts.fragment:
        raise ConfigurationError(
            "issuer_address_wrong",
            Bilingual(
                zh="统一登录的地址须为 https（仅本机回环地址可用 http），且不含用户名或片段。",
                en="An address of the hospital's sign-in is https (http on this machine's loopback "
                "only), without user or fragment.",
            ),
            field="oidc.issuer",
        )
    return parts.scheme, host.lower(), port or (443 if parts.scheme == "https" else 80)


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    """The body of an answer, of which a malicious peer sends no more than a mebibyte."""
    body = bytearray()
    async for part in answer.content.iter_chunked(64 * 1024):
        body += part
        if len(body) > _MOST_BYTES:
            raise ValueError("too long")
    return bytes(body)


def _object(body: bytes, *, refusal: bool) -> Mapping[str, Any]:
    """The JSON object of an answer; a refusal may come without one.

    Raises:
        ValueError: when the body is no JSON object.
    """
    try:
        value = json.loads(body)
    except ValueError:
        if refusal:
            return {}
        raise
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def _unavailable(what: str, value: str) -> SuwenError:
    return UnavailableError(
        "provider_unavailable",
        Bilingual(
            zh="医院统一登录暂时没有应答。本系统的账号仍可登录；请稍后再试或联系信息科。",
            en="The hospital's sign-in does not answer just now. Accounts of suwen still work; try "
            "again later, or tell the IT department.",
        ),
        detail={what: value},
    )
