"""How we reach an engine: which addresses are allowed, verified TLS, no redirect, no proxy."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from suwen.core.inference import Endpoint
from suwen.inference.failures import endpoint_misconfigured

# Shorter than the five seconds after which uvicorn and llama.cpp close an idle connection, so
# that a request does not meet a connection that is just being closed.
_KEEP_ALIVE_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """How long we wait, in seconds: for the connection, for the first token (and for a free place
    in the queue), and from one token to the next. Keep-alives count as nothing."""

    connect_s: float
    first_token_s: float
    between_tokens_s: float

    @classmethod
    def of(cls, endpoint: Endpoint) -> TimeLimits:
        """The limits that follow from the endpoint's own time-out."""
        return cls(
            connect_s=min(5.0, endpoint.timeout_s),
            first_token_s=endpoint.timeout_s,
            between_tokens_s=min(60.0, endpoint.timeout_s),
        )


def check_endpoint(endpoint: Endpoint) -> None:
    """Refuses an endpoint whose address or key cannot be used safely.

    Raises:
        ConfigurationError: ``endpoint_url_invalid`` or ``endpoint_key_invalid``.
    """
    try:
        parts = urlsplit(endpoint.url)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_valid = urlsplit(""), False
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or not plain
        or not port_is_valid
    ):
        raise endpoint_misconfigured(
            "endpoint_url_invalid",
            endpoint,
            zh="模型服务地址无效：只允许 http 或 https，且不得含用户名、查询参数。",
            en="The endpoint's address is invalid: http or https only, without user or query.",
        )
    key = endpoint.key
    if key is not None and not (key and key.isascii() and key.isprintable() and " " not in key):
        raise endpoint_misconfigured(
            "endpoint_key_invalid",
            endpoint,
            zh="模型服务的密钥含有不可用的字符。",
            en="The endpoint's key holds characters that cannot be sent.",
        )


def root_address(endpoint: Endpoint) -> str | None:
    """Where a server keeps what lies beside ``/v1`` (its tokeniser); ``None`` when unknown."""
    base = endpoint.url.rstrip("/")
    return base.removesuffix("/v1") if base.endswith("/v1") else None


def headers(endpoint: Endpoint) -> Mapping[str, str]:
    """The headers of every call: the bearer key where there is one, and no compression, which
    would hold tokens back."""
    fixed = {"Accept-Encoding": "identity"}
    return fixed if endpoint.key is None else {**fixed, "Authorization": f"Bearer {endpoint.key}"}


def open_session(
    endpoint: Endpoint, limits: TimeLimits, ca_file: Path | None
) -> aiohttp.ClientSession:
    """A session for one endpoint: verified TLS, no cookies, no proxy out of the environment.

    Raises:
        ConfigurationError: ``endpoint_ca_unreadable``, when the CA file is no certificate.
    """
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise endpoint_misconfigured(
            "endpoint_ca_unreadable",
            endpoint,
            zh="无法读取证书颁发机构文件。",
            en="The certificate authority's file cannot be read.",
        ) from error
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=context, keepalive_timeout=_KEEP_ALIVE_S),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=limits.connect_s),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    )


async def post_json(
    session: aiohttp.ClientSession, endpoint: Endpoint, url: str, body: Mapping[str, Any]
) -> aiohttp.ClientResponse:
    """The response to a question, once its headers are there; the caller closes it.

    Asks a second time when the connection broke before anything was answered: the server may have
    closed a kept connection at that very moment, and asking again is harmless.

    Raises:
        aiohttp.ClientError: nobody answers, or the session was closed.
    """

    async def once() -> aiohttp.ClientResponse:
        if session.closed:
            raise aiohttp.ClientConnectionResetError("the endpoint was taken away")
        return await session.post(url, json=body, headers=headers(endpoint), allow_redirects=False)

    try:
        return await once()
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
        return await once()
