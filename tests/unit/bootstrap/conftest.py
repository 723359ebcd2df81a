"""A platform on an empty database, as ``up`` and the commands open it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from suwen.bootstrap.platform import Platform, platform_on
from suwen.bootstrap.settings import Settings, read_settings
from suwen.storage.urls import DatabaseUrls

Opener = Callable[[], AbstractAsyncContextManager[Platform]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The settings of a new site."""
    environment = {
        "SUWEN_HOME": str(tmp_path / "home"),
        "SUWEN_AUDIT_ANCHOR": str(tmp_path / "anchor.jsonl"),
    }
    return read_settings(environment)


@pytest.fixture
def open_again(settings: Settings, fresh_database_urls: DatabaseUrls) -> Opener:
    """Opens the platform of the site, as often as a test starts it."""
    return lambda: platform_on(settings, fresh_database_urls)


@pytest.fixture
async def platform(open_again: Opener) -> AsyncIterator[Platform]:
    """The platform of the site, opened."""
    async with open_again() as opened:
        yield opened
