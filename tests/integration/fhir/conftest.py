"""One EMR and one site that it opens, for the tests of a process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from suwen.bootstrap.sign_in_settings import SmartSettings
from suwen.storage.secret_files import write_secret
from tests.support.database import TestServer
from tests.support.peers.smart_emr import CLIENT_ID, SECRET, SmartEmr, smart_emr
from tests.support.web_site import WebSite, serving


@pytest.fixture(scope="session")
def emr() -> Iterator[SmartEmr]:
    """The hospital's EMR."""
    with smart_emr() as server:
        yield server


@pytest.fixture(scope="session")
def opened_site(
    emr: SmartEmr, postgres_server: TestServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebSite]:
    """A site that the EMR opens."""
    home: Path = tmp_path_factory.mktemp("smart") / "home"
    home.mkdir()
    secret = home.parent / "client_secret"
    write_secret(secret, f"{SECRET}\n".encode())
    smart = SmartSettings(
        fhir_base=emr.fhir_base,
        client_id=CLIENT_ID,
        client_secret_file=str(secret),
        authorization_server=emr.origin,
    )
    with (
        postgres_server.copies() as urls,
        serving(urls, home, {"smart": smart}) as served,
    ):
        emr.put_client(f"http://{served.host}")
        yield served
