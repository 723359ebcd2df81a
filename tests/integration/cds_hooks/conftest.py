"""A served platform that one EMR may call by CDS Hooks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from suwen.bootstrap.cds_settings import CdsClientSettings, CdsHooksSettings
from suwen.bootstrap.pharmacy_settings import PharmacySettings
from tests.support.cds_emr import BASE, ISSUER, Emr, address
from tests.support.database import TestServer
from tests.support.web_site import Answer, WebSite, serving


@dataclass
class CdsSite:
    """The platform and the EMR that is registered."""

    web: WebSite
    emr: Emr = field(repr=False)

    def post(self, path: str, body: Any, **headers: str | None) -> Answer:
        """A call with a token made for the address, unless other headers are given."""
        sent = {**self.emr.headers(path), **headers}
        kept = {name: value for name, value in sent.items() if value is not None}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.web.stranger().request("POST", path, data, kept)

    def call(self, body: dict[str, Any]) -> Answer:
        """A call of the service of the body's hook."""
        return self.post(address(body["hook"]), body)


@pytest.fixture(scope="module")
def cds(postgres_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CdsSite]:
    folder = tmp_path_factory.mktemp("cds")
    home = folder / "home"
    home.mkdir()
    emr = Emr()
    settings = CdsHooksSettings(
        base_url=BASE,
        clock_leeway_seconds=0,
        # The machine of the tests is shared; the limit itself is tested with a clock of its own.
        deadline_ms=5000,
        clients=(
            CdsClientSettings(
                name="emr",
                issuer=ISSUER,
                key_file=str(emr.key_file(folder)),
                algorithms=("ES384", "RS384"),
                language="zh",
            ),
        ),
    )
    sections = {
        "cds_hooks": settings,
        "pharmacy": PharmacySettings(orders_from_signing=True),
    }
    with postgres_server.copies() as urls, serving(urls, home, sections) as web:
        yield CdsSite(web, emr)
