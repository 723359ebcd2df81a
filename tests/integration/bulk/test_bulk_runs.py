"""A run goes on through pauses and dead workers, with exactly one result for each item."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from suwen.bootstrap.bulk_runs import BulkDesk, BulkProgress, bulk_as_json
from suwen.bulk.options import BulkOptions
from suwen.control.access.present_rights import present_rights
from suwen.core.errors import AccessError, InputError, NotFoundError
from suwen.core.faults import arm
from suwen.core.identity import PrincipalId, Purpose, Role, batch_principal
from suwen.core.language import Bilingual, Language
from suwen.jobs.model import JobFilter, JobRequest
from suwen.storage.people import Person
from tests.integration.bulk.conftest import OFFICER, BulkSite

Requests = list[tuple[str | None, dict[str, Any]]]
FAST = BulkOptions(give_way=False)
NURSE = replace(
    OFFICER,
    id=PrincipalId("nurse.li"),
    roles=frozenset({Role.NURSE}),
    purpose=Purpose.TREATMENT,
)


async def _until(desk: BulkDesk, run: str, wanted: Callable[[BulkProgress], bool]) -> BulkProgress:
    async with asyncio.timeout(60):
        while True:
            now = await desk.progress(run, OFFICER)
            if wanted(now):
                return now
            await asyncio.sleep(0.05)


async def _ordinals(desk: BulkDesk, run: str) -> list[int]:
    return [result.ordinal async for result in desk.results(run, OFFICER)]


async def test_two_parts_give_each_item_one_result(site: BulkSite, requests: Requests) -> None:
    given = [*requests, (None, {"encounter": 7}), (None, {"patient_id": "unknown-1"})]
    run = await site.desk.start("record_quality", "input:test", given, FAST, OFFICER)
    async with site.jobs.working(site.kind):
        ended = await _until(site.desk, run.id, lambda p: p.state == "done")
    assert await _ordinals(site.desk, run.id) == list(range(len(given)))
    told = bulk_as_json(ended)
    assert (told["ok"], told["done"]) == (len(requests), len(given))
    assert told["codes"]["request_invalid"] == 1 and told["cost"]["models"] == {
        "skipped": len(requests)
    }
    totals = await site.desk.store.count(run.id)
    assert totals.errors + totals.refused == 2


async def test_a_paused_run_stands_and_its_results_are_there(
    site: BulkSite, requests: Requests
) -> None:
    slow = BulkOptions(give_way=False, parts=1, per_minute=60)
    run = await site.desk.start("record_quality", "input:test", requests, slow, OFFICER)
    async with site.jobs.working(site.kind):
        await _until(site.desk, run.id, lambda p: p.count.done > 0)
        await site.desk.pause(run.id, OFFICER)
        stands = await _until(site.desk, run.id, lambda p: p.state in ("paused", "done"))
    assert stands.state == "paused" and 0 < stands.count.done < run.total
    before = await _ordinals(site.desk, run.id)
    assert before == sorted(set(before)) and len(before) == stands.count.done
    async with site.jobs.working(site.kind):
        await site.desk.resume(run.id, OFFICER)
        for job in stands.parts:
            await site.platform.jobs.throttle(job.id, OFFICER, None)
        await _until(site.desk, run.id, lambda p: p.state == "done")
    assert await _ordinals(site.desk, run.id) == list(range(run.total))


async def test_a_batch_that_is_done_twice_leaves_one_result(
    site: BulkSite, requests: Requests
) -> None:
    """What was worked on and not yet noted by the job is worked on again, and kept once."""
    run = await site.desk.start("record_quality", "input:test", requests[:8], FAST, OFFICER)
    items = await site.desk.store.waiting(run.id, 0, 20)
    struck: list[str] = []

    def strike(name: str) -> None:
        if name == "bulk.after_batch_kept" and not struck:
            struck.append(name)
            raise RuntimeError(name)

    arm(strike)
    try:
        async with site.jobs.working(site.kind):
            await _until(site.desk, run.id, lambda p: p.state in ("failed", "done"))
            await site.desk.resume(run.id, OFFICER)
            await _until(site.desk, run.id, lambda p: p.state == "done")
    finally:
        arm(lambda name: None)
    assert struck and items
    assert await _ordinals(site.desk, run.id) == list(range(8))


@pytest.mark.parametrize(("died_before", "left_out"), [(2, 0), (4, 0), (5, 1)])
async def test_an_item_over_which_processes_died_alone_is_left_out_by_itself(
    site: BulkSite, requests: Requests, died_before: int, left_out: int
) -> None:
    one = replace(FAST, parts=1)
    run = await site.desk.start("record_quality", "input:test", requests[:6], one, OFFICER)
    await site.jobs.execute(f"UPDATE job SET attempts = {died_before}")
    async with site.jobs.working(site.kind):
        ended = await _until(site.desk, run.id, lambda p: p.state == "done")
    assert await _ordinals(site.desk, run.id) == list(range(6))
    assert ended.count.codes == ({"item_kills_worker": 1} if left_out else {})
    assert ended.count.ok == 6 - left_out


async def test_outside_its_hours_nothing_is_done(site: BulkSite, requests: Requests) -> None:
    hour = site.platform.clock.now().astimezone(site.platform.settings.zone).hour
    closed = BulkOptions(give_way=False, hours=((hour + 2) % 24, (hour + 3) % 24))
    run = await site.desk.start("record_quality", "input:test", requests[:3], closed, OFFICER)
    async with site.jobs.working(site.kind):
        now = await _until(
            site.desk, run.id, lambda p: any(part.message is not None for part in p.parts)
        )
        assert now.count.done == 0
        await site.desk.cancel(run.id, OFFICER)
        await _until(site.desk, run.id, lambda p: p.state == "cancelled")
    assert await _ordinals(site.desk, run.id) == []


async def test_who_may_not_run_it_starts_nothing_and_others_see_no_results(
    site: BulkSite, requests: Requests
) -> None:
    with pytest.raises(AccessError):
        await site.desk.start("record_quality", "input:test", requests[:1], FAST, NURSE)
    with pytest.raises(InputError):
        await site.desk.start_selected("record_quality", "everything", {}, FAST, OFFICER)
    assert await site.desk.latest(OFFICER) == []
    run = await site.desk.start("record_quality", "input:test", requests[:1], FAST, OFFICER)
    with pytest.raises(NotFoundError):
        await site.desk.progress(run.id, NURSE)
    with pytest.raises(NotFoundError):
        [r async for r in site.desk.results(run.id, NURSE)]


async def test_many_runs_of_others_bury_no_part_of_ones_own(
    site: BulkSite, requests: Requests
) -> None:
    someone = replace(OFFICER, id=PrincipalId("someone"), roles=frozenset())
    jobs = site.platform.jobs
    request = JobRequest("bulk", Bilingual("批量", "bulk"), {"run": "mine"})
    mine = await jobs.start(request, someone)
    for number in range(3):
        other = JobRequest("bulk", Bilingual("批量", "bulk"), {"run": f"other-{number}"})
        await jobs.start(other, OFFICER)
    assert [job.id for job in await jobs.list(someone, limit=1)] == [mine]
    assert await jobs.list(someone, JobFilter(started_by=OFFICER.id)) == []


async def test_a_run_ends_with_the_account_of_whoever_started_it(
    site: BulkSite, requests: Requests
) -> None:
    run = await site.desk.start("record_quality", "input:test", requests[:4], FAST, OFFICER)
    await site.platform.people.disable(OFFICER.id, site.platform.clock.now())
    async with site.jobs.working(site.kind):
        stands = await _until(site.desk, run.id, lambda p: p.state in ("failed", "done"))
    assert bulk_as_json(stands)["problems"] == ["account_barred"]
    assert stands.count.done == 0
    await site.platform.people.enable(OFFICER.id)
    async with site.jobs.working(site.kind):
        await site.desk.resume(run.id, OFFICER)
        await _until(site.desk, run.id, lambda p: p.state == "done")
    assert await _ordinals(site.desk, run.id) == list(range(4))


async def test_a_run_goes_on_with_the_rights_that_its_starter_has_by_now(
    site: BulkSite,
) -> None:
    moved = Person(
        OFFICER.id, OFFICER.name, frozenset({Role.NURSE}), frozenset({"icu"}), Language.ZH, False,
        "local",
    )  # fmt: skip
    assert (await present_rights(site.platform.people, OFFICER)).roles == OFFICER.roles
    await site.platform.people.set_rights(moved)
    with pytest.raises(AccessError, match="purpose_not_permitted"):
        await present_rights(site.platform.people, OFFICER)
    treating = replace(OFFICER, purpose=Purpose.TREATMENT)
    found = await present_rights(site.platform.people, treating)
    assert (found.roles, found.departments) == (moved.roles, moved.departments)
    batch = batch_principal("root")
    assert await present_rights(site.platform.people, batch) == batch
