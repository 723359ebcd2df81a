"""One provider and one site that signs in there, for the tests of a process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from suwen.bootstrap.sign_in_settings import OidcSettings
from suwen.core.identity import Role
from suwen.storage.secret_files import write_secret
from tests.support.database import TestServer
from tests.support.peers.oidc_provider import CLIENT_ID, SECRET, OidcServer, oidc_server
from tests.support.web_site import WebSite, serving

ROLES = {"doctor": Role.PHYSICIAN, "chief": Role.CHIEF_PHYSICIAN, "nurse": Role.NURSE}
DEPARTMENTS = {"心内科": "cardiology", "呼吸科": "respiratory"}


@pytest.fixture(scope="session")
def provider() -> Iterator[OidcServer]:
    """The hospital's provider."""
    with oidc_server() as server:
        yield server


@pytest.fixture(scope="session")
def site(
    provider: OidcServer, postgres_server: TestServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebSite]:
    """A site whose people sign in at the provider."""
    home: Path = tmp_path_factory.mktemp("oidc") / "home"
    home.mkdir()
    secret = home.parent / "client_secret"
    write_secret(secret, f"{SECRET}\n".encode())
    oidc = OidcSettings(
        issuer=provider.issuer,
        client_id=CLIENT_ID,
        client_secret_file=str(secret),
        practitioner_claim="practitioner",
        roles=ROLES,
        departments=DEPARTMENTS,
    )
    with (
        postgres_server.copies() as urls,
        serving(urls, home, {"oidc": oidc}) as served,
    ):
        provider.put_client(f"http://{served.host}")
        yield served
