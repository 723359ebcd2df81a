"""Bytes from and to a FHIR server: bounded, within its own addresses, tried again where that can
do no harm."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Final, Self

import aiohttp

from suwen.core.errors import IntegrationError, SuwenError
from suwen.integration.fhir.proof import Prover
from suwen.integration.fhir.reading_bytes import read_at_most
from suwen.integration.fhir.refusals import (
    NEVER_DONE,
    RETRIED,
    malformed,
    refusal_of,
    timed_out,
    unreachable,
)
from suwen.integration.fhir.server import FhirServer

FHIR_JSON: Final = "application/fhir+json"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 3
_FIRST_PAUSE_S: Final = 0.2
_KEEP_ALIVE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request.

    Attributes:
        where: what is asked, as errors name it: a resource type, ``Bundle``, ``metadata``.
        repeatable: whether doing it twice is the same as once, so that it may be sent again when
            nothing is known of the first time.
    """

    method: str
    url: str
    where: str
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    repeatable: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """A success, whole.

    Attributes:
        url: where it came from in the end; links in it are relative to this.
    """

    status: int
    headers: Mapping[str, str]
    url: str
    body: bytes = field(repr=False)


class Transfer:
    """Carries requests to one server.

    Raises:
        ConfigurationError: address, proof or certificates cannot be used.
    """

    def __init__(self, server: FhirServer) -> None:
        self._server = server
        self._prover = Prover(server)
        self._tls = server.tls()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes every connection."""
        if self._session is not None:
            await self._session.close()

    async def send(self, exchange: Exchange) -> Reply:
        """The reply to a request, tried again where the standard or the network allows.

        Raises:
            UnavailableError: ``fhir_unreachable``, ``fhir_timeout``, ``fhir_busy``.
            IntegrationError: ``fhir_refused``, ``fhir_not_admitted``, ``fhir_token_refused``,
                ``fhir_link_elsewhere``, ``fhir_answer_too_large``, ``fhir_outcome_unknown``.
            NotFoundError: ``fhir_not_found``, ``fhir_gone``.
            ConflictError: ``fhir_conflict``, ``fhir_precondition_failed``.
        """
        renewed, limits = False, self._server.limits
        for attempt in range(1, limits.attempts + 1):
            last, wait_s = attempt == limits.attempts, None
            try:
                async with asyncio.timeout(limits.timeout_s):
                    reply = await self._once(exchange)
            except (aiohttp.ClientConnectorError, aiohttp.ClientConnectorCertificateError) as error:
                # Nothing was sent, so nothing was done.
                failure: SuwenError = unreachable(type(error).__name__)
            except (aiohttp.ClientError, ConnectionError) as error:
                failure = unreachable(type(error).__name__)
                last = last or not exchange.repeatable
                failure = failure if exchange.repeatable else _unknown(exchange.where)
            except TimeoutError:
                failure = timed_out(limits.timeout_s)
                last = last or not exchange.repeatable
                failure = failure if exchange.repeatable else _unknown(exchange.where)
            else:
                if 200 <= reply.status < 300 or reply.status == 304:
                    return reply
                failure = refusal_of(reply.status, reply.body, exchange.where)
                if reply.status == 401 and not (renewed or last) and self._prover.forget():
                    renewed = True
                    continue
                again = RETRIED if exchange.repeatable else NEVER_DONE
                last = last or reply.status not in again
                wait_s = retry_after(reply.headers)
            if last:
                raise failure
            await asyncio.sleep(self._pause(attempt, wait_s))
        raise AssertionError("the last attempt answers or raises")

    async def _once(self, exchange: Exchange) -> Reply:
        """One attempt, following the server's redirects within its own addresses."""
        session, url = self._open(), exchange.url
        for _ in range(_MOST_REDIRECTS + 1):
            self._check_own(url, exchange.where)
            headers = {"Accept": FHIR_JSON, **exchange.headers}
            proof = await self._prover.header(session)
            if proof is not None:
                headers["Authorization"] = proof
            if exchange.body is not None:
                headers.setdefault("Content-Type", FHIR_JSON)
            async with session.request(
                exchange.method, url, data=exchange.body, headers=headers, allow_redirects=False
            ) as answer:
                body = await self._body_of(answer, exchange.where)
                if answer.status in _REDIRECTS and exchange.method in ("GET", "HEAD"):
                    url = self._server.resolved(answer.headers.get("Location", ""), url)
                    continue
                found = {name.lower(): value for name, value in answer.headers.items()}
                return Reply(answer.status, found, url, body)
        raise malformed(
            "fhir_redirected_too_often",
            exchange.where,
            "服务器重定向次数过多。",
            "The server redirects too often.",
        )

    def _check_own(self, url: str, where: str) -> None:
        """Refuses an address that is not this server's, before any credential is sent there."""
        if not self._server.accepts(url):
            raise malformed(
                "fhir_link_elsewhere",
                where,
                "服务器把我们引向另一台主机，未跟随；如确属同一系统，请在连接的 also_at 中列出。",
                "The server leads to another host, which was not followed; if it is the same "
                "system, list that host under also_at of the connection.",
            )

    async def _body_of(self, answer: aiohttp.ClientResponse, where: str) -> bytes:
        limit = self._server.limits.answer_bytes
        body = await read_at_most(answer, limit + 1)
        if len(body) > limit:
            raise malformed(
                "fhir_answer_too_large",
                where,
                f"应答超过 {limit // 1024 // 1024} MiB 上限，请减小每页条数。",
                f"The answer is larger than {limit // 1024 // 1024} MiB: ask for smaller pages.",
            )
        return body

    def _pause(self, attempt: int, asked_s: float | None) -> float:
        """Seconds to wait: what the server asks, else twice as long each time, spread."""
        longest = self._server.limits.longest_pause_s
        if asked_s is not None:
            return min(asked_s, longest)
        ceiling: float = min(_FIRST_PAUSE_S * 2.0 ** (attempt - 1), longest)
        return ceiling * (0.5 + random.random() / 2)  # noqa: S311 - spreads load, guards nothing

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._tls, keepalive_timeout=_KEEP_ALIVE_S),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=5.0),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                headers={"User-Agent": "suwen"},
            )
        return self._session


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that ``Retry-After`` asks for, as a number or a date; ``None`` where it does not."""
    asked = headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        return float(asked[:6])
    try:
        until = parsedate_to_datetime(asked)
    except (TypeError, ValueError, IndexError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _unknown(where: str) -> IntegrationError:
    return malformed(
        "fhir_outcome_unknown",
        where,
        "连接在写入途中中断，不知道对方是否已写入；请先查询再决定是否重写。",
        "The connection broke while writing, so it is not known whether the other side wrote it: "
        "look there before writing again.",
    )
