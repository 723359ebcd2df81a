"""The jobs of the library, over an empty database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from suwen.storage.urls import DatabaseUrls
from tests.support.jobs import Jobs, jobs
from tests.support.library_jobs import LibraryJobs, library_jobs

__all__ = ["jobs", "library"]


@pytest.fixture
async def library(
    fresh_database_urls: DatabaseUrls, jobs: Jobs, state_folder: Path
) -> AsyncIterator[LibraryJobs]:
    """One empty collection and what fills it."""
    async with library_jobs(fresh_database_urls, jobs, state_folder / "home") as opened:
        yield opened
