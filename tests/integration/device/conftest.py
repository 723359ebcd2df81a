"""The device partition that the tests of one module share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from suwen.storage.urls import DatabaseUrls
from tests.support.database import new_state_folder
from tests.support.device_site import DeviceSite, serving_device, settings_at


@pytest.fixture(scope="module")
def device(database_urls: DatabaseUrls) -> Iterator[DeviceSite]:
    """The served device partition; patients of this machine are not limited."""
    with new_state_folder() as home, serving_device(database_urls, settings_at(home)) as site:
        yield site
