"""The processes that the tests' readers keep end with the tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.knowledge.ingestion.made_files import close_readers


@pytest.fixture(scope="session", autouse=True)
def readers() -> Iterator[None]:
    yield
    close_readers()
