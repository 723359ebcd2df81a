"""What the checks say of the audit's anchor, and of the jobs."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

from suwen.bootstrap.accounts import import_people, read_people
from suwen.bootstrap.health import examine
from suwen.bootstrap.platform import Platform
from suwen.core.connection import (
    Connection,
    ConnectionHealth,
    ConnectionKind,
    ConnectionState,
)
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


async def connections_check(platform: Platform) -> tuple[bool, str]:
    check = next(c for c in await examine(platform) if c.part == "connections")
    return check.ok, check.state.en


async def test_a_connection_that_is_down_or_a_message_that_failed_is_told(
    platform: Platform,
) -> None:
    parts, now = platform.connection_parts, platform.clock.now()
    assert await connections_check(platform) == (
        True,
        "0 connections, down: none; 0 messages failed",
    )
    his = Connection("his", ConnectionKind.HL7V2_LISTENER, {})
    await parts.connections.put(his, None, by="op", at=now)
    silent = ConnectionHealth("his", ConnectionState.UP, now)
    await parts.connections.write_health([silent], now - timedelta(minutes=1))
    assert (await connections_check(platform))[0], "nothing runs, so nothing is expected"
    down = ConnectionHealth("his", ConnectionState.DOWN, now)
    await parts.connections.write_health([down], now)
    assert await connections_check(platform) == (
        False,
        "1 connections, down: his; 0 messages failed",
    )
    await parts.connections.remove("his")
