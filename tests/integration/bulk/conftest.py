"""A platform with jobs, and stays to judge."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from suwen.bootstrap.bulk_runs import BulkDesk
from suwen.bootstrap.job_kinds import bulk_kind
from suwen.bootstrap.platform import Platform, platform_on
from suwen.bootstrap.settings import read_settings
from suwen.core.identity import Channel, Principal, PrincipalId, Purpose, Role
from suwen.core.language import Language
from suwen.jobs.model import JobKind
from suwen.storage.people import Person
from suwen.storage.urls import DatabaseUrls
from tests.evaluation.corrupted_records.build import build_half
from tests.support.jobs import Jobs, jobs

__all__ = ["jobs"]

OFFICER = Principal(
    id=PrincipalId("quality.zhou"),
    name="周质控",
    roles=frozenset({Role.QUALITY_OFFICER}),
    departments=frozenset(),
    purpose=Purpose.QUALITY,
    channel=Channel.WEB,
)


@dataclass
class BulkSite:
    """A platform, its desk of bulk runs, and the jobs underneath."""

    platform: Platform
    desk: BulkDesk
    jobs: Jobs

    @property
    def kind(self) -> JobKind:
        """What a worker does for bulk runs."""
        return bulk_kind(self.platform)


@pytest.fixture
async def site(
    fresh_database_urls: DatabaseUrls, jobs: Jobs, tmp_path: Path
) -> AsyncIterator[BulkSite]:
    """A site without records."""
    environment = {
        "SUWEN_HOME": str(tmp_path / "home"),
        "SUWEN_AUDIT_ANCHOR": str(tmp_path / "anchor.jsonl"),
    }
    urls = replace(fresh_database_urls, jobs=jobs.url)
    async with platform_on(read_settings(environment), urls) as platform:
        await platform.people.add(
            Person(
                OFFICER.id, OFFICER.name, OFFICER.roles, frozenset(), Language.ZH, False, "local"
            )
        )
        yield BulkSite(platform, BulkDesk(platform), jobs)


@pytest.fixture(scope="session")
def requests() -> list[tuple[str | None, dict[str, Any]]]:
    """Requests of record_quality, defective ones among them."""
    return [(None, item.request) for item in build_half("first")[280:320]]
