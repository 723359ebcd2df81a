"""The head is signed and stated outside while it moves, and at the end."""

from __future__ import annotations

import asyncio

import pytest

from suwen.core.errors import ConfigurationError
from tests.integration.audit.conftest import AuditSite
from tests.support.audit_chains import entry


async def test_the_head_is_stated_while_it_moves_and_not_while_it_stands(site: AuditSite) -> None:
    writer = site.writer(anchor_seconds=0.1)
    await writer.start()
    for number in range(1, 4):
        await writer.append(entry(number))
        deadline = asyncio.get_running_loop().time() + 5
        while writer.status().anchored_sequence != number:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.35)
    await writer.stop()
    assert [a.sequence for a in site.anchor.read().anchors] == [1, 2, 3]
    assert [c.sequence for c in await site.store.checkpoints()] == [1, 2, 3]
    assert (await site.verify()).since_anchor == 0


async def test_stopping_states_the_head_at_once(site: AuditSite) -> None:
    writer = site.writer(anchor_seconds=60)
    await writer.start()
    await writer.append(entry(1))
    assert site.anchor.read().anchors == ()
    await writer.stop()
    assert [a.sequence for a in site.anchor.read().anchors] == [1]


async def test_a_start_without_news_signs_nothing_anew(site: AuditSite) -> None:
    for number in (1, 2, 3):
        writer = site.writer()
        await writer.start()
        if number == 1:
            await writer.append(entry(1))
        await writer.stop()
    assert len(await site.store.checkpoints()) == 1
    assert set(site.anchor.read().anchors) == set(await site.store.checkpoints())


async def test_events_that_a_dead_process_left_are_stated_by_the_next(site: AuditSite) -> None:
    dead = site.writer(anchor_seconds=60)
    await dead.start()
    await dead.append(entry(1))
    for task in dead._tasks:
        task.cancel()
    await asyncio.gather(*dead._tasks, return_exceptions=True)
    assert (await site.verify()).since_anchor == 1
    writer = site.writer()
    await writer.start()
    await writer.stop()
    assert (await site.verify()).since_anchor == 0


async def test_a_failing_anchor_shows_and_recovers(site: AuditSite) -> None:
    writer = site.writer(anchor_seconds=0.05)
    await writer.start()
    site.anchor_path.unlink()
    site.anchor_path.parent.rmdir()
    await writer.append(entry(1))
    await asyncio.sleep(0.3)
    assert writer.status().anchor_failing_since is not None
    site.anchor_path.parent.mkdir()
    await asyncio.sleep(0.3)
    assert writer.status().anchor_failing_since is None
    await writer.stop()
    assert (await site.verify()).anchors == 1


async def test_no_start_without_an_anchor(site: AuditSite) -> None:
    site.anchor_path.parent.parent.joinpath("outside").write_text("a file, not a folder")
    with pytest.raises(ConfigurationError):
        await site.writer().start()
