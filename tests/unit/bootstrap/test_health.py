"""What the checks say of the audit's anchor, and of the jobs."""

from __future__ import annotations

import shutil
from pathlib import Path

from suwen.bootstrap.accounts import import_people, read_people
from suwen.bootstrap.health import examine
from suwen.bootstrap.platform import Platform
from suwen.core.identity import batch_principal
from suwen.core.language import Bilingual
from suwen.jobs.model import JobRequest
from tests.support.jobs import empty_jobs

PEOPLE = b"name,full_name,roles,password\ndr.%d,Dr,physician,a-long-first-password-7\n"


async def something_is_audited(platform: Platform, number: int) -> None:
    await import_people(platform, read_people(PEOPLE % number), batch_principal("root"))


def replace_by_folder(anchor: Path) -> None:
    anchor.unlink()
    anchor.mkdir()


def is_written(anchor: Path) -> bool:
    return anchor.is_file() and anchor.stat().st_size > 0


async def audit_check(platform: Platform) -> tuple[bool, str]:
    check = next(c for c in await examine(platform) if c.part == "audit")
    return check.ok, check.state.en


async def test_an_anchor_that_cannot_be_written_is_told_and_caught_up(platform: Platform) -> None:
    anchor = Path(platform.settings.audit.anchor or "")
    await something_is_audited(platform, 1)
    assert (await audit_check(platform))[0]
    replace_by_folder(anchor)
    await something_is_audited(platform, 2)
    ok, state = await audit_check(platform)
    assert not ok
    assert "cannot be written since" in state
    shutil.rmtree(anchor)
    assert (await audit_check(platform))[0]
    assert is_written(anchor)


async def jobs_check(platform: Platform) -> tuple[bool, str]:
    check = next(c for c in await examine(platform) if c.part == "jobs")
    return check.ok, check.state.en


async def test_jobs_that_nobody_does_are_told(platform: Platform) -> None:
    empty_jobs(platform.urls.jobs or "")
    assert await jobs_check(platform) == (True, "no worker runs, 0 to do, 0 failed")
    request = JobRequest("test", Bilingual("任务", "job"))
    job = await platform.jobs.start(request, batch_principal("root"))
    assert await jobs_check(platform) == (False, "no worker runs, 1 to do, 0 failed")
    await platform.jobs.pause(job, batch_principal("root"))
    assert await jobs_check(platform) == (True, "no worker runs, 0 to do, 0 failed")
