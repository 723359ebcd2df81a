"""One web front over the demonstration hospital for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.database import TestServer
from tests.support.web_site import WebSite, serving


@pytest.fixture(scope="session")
def web(postgres_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSite]:
    """The served platform; tests leave its patients as they are."""
    home = tmp_path_factory.mktemp("web") / "home"
    home.mkdir()
    with postgres_server.copies() as urls, serving(urls, home) as site:
        yield site
