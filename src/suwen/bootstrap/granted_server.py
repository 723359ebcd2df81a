"""Asks a calling system's FHIR server with the access that it granted for one call."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Final

from suwen.core.cards import Fetched
from suwen.core.errors import UnavailableError
from suwen.core.language import Bilingual
from suwen.integration.fhir.pages import read_page, read_single
from suwen.integration.fhir.reading_bytes import read_at_most
from suwen.integration.fhir.refusals import refusal_of
from suwen.integration.fhir.server import check_address

if TYPE_CHECKING:
    import aiohttp

_MOST_BYTES: Final = 8 * 1024 * 1024
_LONGEST_S: Final = 10.0


class GrantedServer:
    """Reads with a bearer token that is forgotten with the call; follows no redirect.

    Args:
        ca_file: PEM of the certificate authority, instead of the system's.
    """

    def __init__(self, ca_file: Path | None = None) -> None:
        self._ca_file = ca_file
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Closes every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def read(self, base_url: str, access_token: str, query: str) -> Fetched:
        """The first page of a search, or one resource; see ``RecordServer.read``."""
        # Loaded here: an installation that is never called does not wait for it.
        import aiohttp

        check_address(base_url, "fhir_server")
        kind = query.partition("?")[0].partition("/")[0]
        headers = {
            "Accept": "application/fhir+json",
            "Authorization": f"Bearer {access_token}",
        }
        try:
            async with self._opened().get(
                f"{base_url}/{query}", headers=headers, allow_redirects=False
            ) as answer:
                body = await read_at_most(answer, _MOST_BYTES)
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise UnavailableError("cds_fhir_unreachable", _UNREACHABLE) from None
        if status != 200:
            raise refusal_of(status, body, kind)
        if "?" not in query:
            return Fetched((read_single(body, kind),))
        page = read_page(body, kind, base_url)
        return Fetched(page.resources, complete=not page.refused and page.next is None)

    def _opened(self) -> aiohttp.ClientSession:
        import aiohttp

        if self._session is None:
            context: ssl.SSLContext | bool = True
            if self._ca_file is not None:
                context = ssl.create_default_context(cafile=str(self._ca_file))
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=context, limit_per_host=32),
                timeout=aiohttp.ClientTimeout(total=_LONGEST_S),
                trust_env=False,
            )
        return self._session


_UNREACHABLE = Bilingual(
    zh="无法连接调用方的 FHIR 服务器。", en="The caller's FHIR server cannot be reached."
)
