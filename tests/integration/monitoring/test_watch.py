"""Stored months, counted by the job: exact after a kill, and a planted unsafe Release is found."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from suwen.bootstrap.monitoring import watch_work
from suwen.bootstrap.monitoring.incidents import IncidentDesk, Report
from suwen.bootstrap.monitoring.watch_work import (
    KIND,
    JobsLate,
    WatchWork,
    keep_watched,
    monitoring_request,
)
from suwen.bootstrap.monitoring.wishes import WishStore
from suwen.bootstrap.platform import Platform, platform_on
from suwen.bootstrap.settings import read_settings
from suwen.core.audit import canonical_json, content_hash
from suwen.core.errors import SuwenError
from suwen.core.faults import arm
from suwen.core.identity import AppId, Channel, Principal, PrincipalId, Purpose, Role
from suwen.jobs.model import JobFilter, JobKind
from suwen.storage.database import Database
from suwen.storage.monitoring import MonitoringStore, Slice
from suwen.storage.monitoring_tables import incident_words, monitor_cell, review_case
from suwen.storage.second_reviews import Judgement, SecondReviewStore
from suwen.storage.tables import draft, draft_version, sign_off, suspension, trace
from suwen.storage.urls import DatabaseUrls
from tests.support.database import connect
from tests.support.jobs import STARTED_BY, Jobs, jobs

__all__ = ["jobs"]

APP = "record_writer"
CONTENT = {
    "result": {
        "document": {"language": "zh", "text": "x" * 300, "sections": []},
        "findings": [{"id": "finding.1", "severity": "major", "rule": "r"}],
    }
}
HASH = content_hash(CONTENT)
OFFICER = Principal(
    PrincipalId("compliance.tester"),
    "合规",
    frozenset({Role.COMPLIANCE_OFFICER}),
    frozenset(),
    Purpose.OPERATIONS,
    Channel.WEB,
)


@pytest.fixture
async def site(
    fresh_database_urls: DatabaseUrls, jobs: Jobs, tmp_path: Path
) -> AsyncIterator[Platform]:
    """A site without records."""
    environment = {
        "SUWEN_HOME": str(tmp_path / "home"),
        "SUWEN_AUDIT_ANCHOR": str(tmp_path / "anchor.jsonl"),
    }
    urls = replace(fresh_database_urls, jobs=jobs.url)
    async with platform_on(read_settings(environment), urls) as platform:
        yield platform


async def plant(
    database: Database, release: str, at: datetime, decisions: list[tuple[str, str | None]]
) -> None:
    """A day of a Release: runs, drafts, and what people decided on them."""
    rows: dict[Any, list[dict[str, Any]]] = {trace: [], draft: [], draft_version: [], sign_off: []}
    for n, (decision, reason) in enumerate(decisions):
        name = f"{release[:6]}-{at:%m%d%H%M}-{n}"
        rows[trace].append(
            {"id": name, "app": APP, "principal": "dr.x", "release": release, "opened_at": at}
            | {"outcome": "done", "closed_at": at + timedelta(seconds=1)}
        )
        rows[draft].append(
            {"id": name, "app": APP, "release": release, "partition": "general", "trace": name}
            | {"data_class": 4, "version": 1, "content_hash": HASH, "model": "skipped"}
            | {"status": "rejected" if decision == "reject" else "signed", "created_at": at}
            | {"created_by": "dr.x", "updated_at": at, "updated_by": "dr.x"}
        )
        rows[draft_version].append(
            {"draft": name, "version": 1, "content": canonical_json(CONTENT).decode()}
            | {"content_hash": HASH, "saved_at": at, "saved_by": "dr.x"}
        )
        rows[sign_off].append(
            {"draft": name, "version": 1, "content_hash": HASH, "decision": decision}
            | {"signer": "dr.x", "signer_name": "X", "signer_role": "physician"}
            | {"decided_at": at + timedelta(minutes=9), "reason": reason, "edit_distance": 0}
        )
    async with database.transaction() as opened:
        for table, given in rows.items():
            await opened.execute(insert(table), given)


async def to_the_end(platform: Platform, cursor: Any = None) -> int:
    """Does the job batch by batch; how many alarms were raised."""
    work = WatchWork(platform)
    while True:
        batch = await work(None, cursor)  # type: ignore[arg-type]
        if batch.next is None:
            return int((batch.result or {})["alarms"])
        cursor = batch.next


async def cells(database: Database) -> list[Any]:
    async with database.transaction() as opened:
        order = list(monitor_cell.c)
        return list((await opened.execute(select(monitor_cell).order_by(*order))).all())


FINE = [("accept", None)] * 8 + [("amend", None)] * 2
BAD = [*FINE[:7], *[("reject", "unsafe")] * 3]


async def test_a_planted_unsafe_release_is_found_and_suspended_only_where_so_set(
    site: Platform,
) -> None:
    now = datetime.now(UTC)
    current = await site.releases.current(AppId(APP))
    assert current is not None
    for back in range(40, 3, -1):
        await plant(site.database, "e" * 64, now - timedelta(days=back), FINE)
    assert await to_the_end(site) == 0
    # The new Release is unsafe from its first day on; nobody asked for it to be suspended.
    await plant(site.database, current.hash, now - timedelta(days=1), BAD)
    raised = await to_the_end(site)
    assert raised >= 1
    alarms = await MonitoringStore(site.database).alarms(only_open=True)
    assert {"unsafe"} <= {alarm.rule for alarm in alarms}
    assert {alarm.release for alarm in alarms} == {current.hash}
    assert await site.releases.suspension(AppId(APP)) is None
    # The same alarm is raised once, however often is looked.
    assert await to_the_end(site) == 0
    wishes = WishStore(site.site, site.parts)
    await wishes.set_rule(APP, "unsafe", {"suspends": True}, OFFICER)
    assert await to_the_end(site) == 0
    standing = await site.releases.suspension(AppId(APP))
    assert standing is not None and standing.suspended_by == "monitoring"
    acts = [
        event.entry.action
        for event in await site.audit_store.latest(60)
        if event.entry.actor == "monitoring"
    ]
    assert acts.count("application.disable") == 2  # opened and done
    assert acts.count("monitoring.alarm") == 2 * raised
    # Put back by a person, it stays so: an alarm suspends once.
    await site.releases.resume(AppId(APP), OFFICER.id)
    await to_the_end(site)
    assert await site.releases.suspension(AppId(APP)) is None
    async with site.database.transaction() as opened:
        assert len((await opened.execute(select(suspension))).all()) == 1


@pytest.mark.parametrize("kept", [True, False])
async def test_an_unsafe_release_is_suspended_though_no_worker_does_the_job(
    site: Platform, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    current = await site.releases.current(AppId(APP))
    assert current is not None
    await WishStore(site.site, site.parts).set_rule(APP, "unsafe", {"suspends": True}, OFFICER)
    await plant(site.database, current.hash, datetime.now(UTC) - timedelta(hours=1), BAD)
    monkeypatch.setattr(watch_work, "LOOKS_EVERY_S", 0.01)
    if not kept:
        monkeypatch.setattr(type(site.jobs), "are_kept", False)
    watching = asyncio.create_task(keep_watched(site))
    try:
        async with asyncio.timeout(60):
            while await site.releases.suspension(AppId(APP)) is None:  # noqa: ASYNC110 - a row
                await asyncio.sleep(0.02)
    finally:
        watching.cancel()
    alarms = await MonitoringStore(site.database).alarms(only_open=True)
    assert {alarm.release for alarm in alarms} == {current.hash}


async def test_a_job_that_was_done_in_time_is_not_done_again(site: Platform) -> None:
    late = JobsLate(site)
    assert not await late.is_so()
    await late.begin()
    [waiting] = await site.jobs.desk.list(JobFilter((KIND,), unfinished=True))
    assert await late.is_so()
    # It is said once: what was done here is not done again at every look.
    assert not await late.is_so()
    await late.begin()
    await site.jobs.desk.cancel(waiting.id)
    await site.jobs.desk.forget_ended(KIND)
    assert not await late.is_so()


async def test_an_earlier_release_is_not_suspended_for(site: Platform) -> None:
    now = datetime.now(UTC)
    await WishStore(site.site, site.parts).set_rule(APP, "unsafe", {"suspends": True}, OFFICER)
    await plant(site.database, "f" * 64, now - timedelta(days=2), BAD)
    assert await to_the_end(site) >= 1
    assert await site.releases.suspension(AppId(APP)) is None


async def test_killed_inside_a_day_the_counts_are_as_if_nothing_happened(site: Platform) -> None:
    now = datetime.now(UTC)
    for back in (3, 2, 1):
        await plant(site.database, "e" * 64, now - timedelta(days=back), FINE)
    await to_the_end(site)
    whole = await cells(site.database)
    assert whole
    # More came in; the worker dies at every day once, after it has removed the former count.
    await plant(site.database, "e" * 64, now - timedelta(hours=1), BAD)
    died = 0

    class Killed(BaseException):
        """What a kill looks like from inside."""

    def kill(point: str) -> None:
        nonlocal died
        if point == "monitor.before_day_counted" and died < 2:
            died += 1
            raise Killed

    arm(kill)
    try:
        for _ in range(2):
            with pytest.raises(Killed):
                await to_the_end(site)
            assert await cells(site.database) == whole
        await to_the_end(site)
    finally:
        arm(lambda _point: None)
    after = await cells(site.database)
    assert after != whole
    # Counted from nothing at once, it is the same.
    async with site.database.transaction() as opened:
        await opened.execute(monitor_cell.delete())
    began = (now - timedelta(days=4)).date().isoformat()
    await to_the_end(site, {"day": began})
    assert await cells(site.database) == after
    decided = sum(row.n for row in after if row.measure == "decision")
    assert decided == 3 * len(FINE) + len(BAD)


async def test_the_job_counts_draws_and_ends(site: Platform, jobs: Jobs) -> None:
    now = datetime.now(UTC)
    await plant(site.database, "e" * 64, now - timedelta(days=1), FINE)
    await WishStore(site.site, site.parts).set_pace(15, 100.0, OFFICER)
    async with jobs.working(JobKind(KIND, WatchWork(site), 1)):
        job = await jobs.desk.start(monitoring_request(), STARTED_BY)
        ended = await jobs.desk.wait(job)
    assert ended.state == "done"
    assert await jobs.desk.forget_ended(KIND) == 1
    today = site.clock.now().astimezone(site.settings.zone).date()
    grouped = await MonitoringStore(site.database).grouped(
        Slice(today - timedelta(days=2), today, APP)
    )
    assert grouped[()]["finding", "major"] == (10, 0.0)
    assert grouped[()]["override", "open"] == (10, 10.0)
    async with site.database.transaction() as opened:
        drawn = (await opened.execute(select(review_case))).mappings().all()
    assert len(drawn) == len(FINE)
    # The database itself keeps the readers apart.
    reviews = SecondReviewStore(site.database)
    given = Judgement(drawn[0]["id"], "second", "dr.x", "physician", "as_built", (), now)
    with pytest.raises(SuwenError, match="database_refused"):
        await reviews.judge(given)
    await reviews.judge(replace(given, reader="dr.y"))


async def test_an_erasure_takes_the_words_of_an_incident_and_leaves_that_it_was(
    site: Platform, fresh_database_urls: DatabaseUrls
) -> None:
    desk = IncidentDesk(site)
    codes = {"kind": "incident", "problem": "wrong_dose", "harm": "mild"}
    report = Report("/worklist", codes, "患者王某剂量错误", datetime.now(UTC))
    number = await desk.report(report, OFFICER)
    with connect(fresh_database_urls.migration) as owner:
        owner.execute("INSERT INTO patient (id, origin) VALUES ('p-gone', 'imported')")
        owner.execute("ALTER TABLE incident DISABLE TRIGGER never_changed")
        owner.execute("UPDATE incident SET patient = 'p-gone'")
        owner.execute("ALTER TABLE incident ENABLE ALWAYS TRIGGER never_changed")
        owner.execute("DELETE FROM patient WHERE id = 'p-gone'")
    view = await desk.read(number, OFFICER)
    assert view.entries[0].erased
    assert view.facts["problem"] == "wrong_dose"
    async with site.database.transaction() as opened:
        assert (await opened.execute(select(incident_words))).all() == []
