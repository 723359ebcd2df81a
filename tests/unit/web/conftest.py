"""One web front over the demonstration hospital for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from suwen.knowledge.retrieval import confidence
from suwen.knowledge.retrieval.confidence import Calibration, Weighing
from tests.support.database import TestServer
from tests.support.web_library import fill_library
from tests.support.web_site import WebSite, serving


@pytest.fixture(scope="session")
def web(postgres_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSite]:
    """The served platform; tests leave its patients as they are."""
    home = tmp_path_factory.mktemp("web") / "home"
    home.mkdir()
    with postgres_server.copies() as urls, serving(urls, home) as site:
        yield site


PLAIN = Weighing(
    topic=(-1.0, 9.0, 0.0), answer=(4.0, 0.0, 0.0, 0.0, 0.0), passage=(0.0, 1.0, 0.0, 0.0, 0.0)
)
"""Sure where the library knows the words of a question; the real one is fitted to large ones."""


@pytest.fixture(scope="session")
def library(web: WebSite) -> Iterator[WebSite]:
    """The served platform with a small library."""
    with pytest.MonkeyPatch.context() as patch:
        weighed = Calibration("2026-11-22", "none", PLAIN, {})
        patch.setattr(confidence, "calibration", lambda: weighed)
        web.run(fill_library(web.platform))
        yield web
