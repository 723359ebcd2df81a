"""``kill -9`` while the library takes documents in and builds: database and index agree afterwards.

Each round imports new documents, changes one, deletes one, and builds an edition, while a worker
or the database dies in a named window.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from suwen.bootstrap.audit_trail import verify_trail
from suwen.bootstrap.library.searching import Wanted
from suwen.bootstrap.platform import Platform, platform_on
from suwen.bootstrap.settings import read_settings
from suwen.core.errors import UnavailableError
from suwen.core.identity import Principal, batch_principal
from suwen.core.language import Bilingual
from suwen.jobs.model import GivenFile, JobId, JobProgress
from suwen.storage.embedded import EmbeddedPostgres
from suwen.storage.knowledge_types import DocumentFilter, NewCollection
from tests.support.database import new_state_folder
from tests.support.prepared_homes import PreparedHomes
from tests.support.site import COMMAND, Rounds

pytestmark = [pytest.mark.site, pytest.mark.timeout(1800)]

BY: Principal = batch_principal("tester")
COLLECTION = "guidelines"
NEW_IN_A_ROUND = 4

WORKER, DATABASE = "worker", "database"
IMPORT, BUILD = "import", "build"
WINDOWS = (
    (WORKER, IMPORT, "knowledge.after_batch_stored"),
    (WORKER, BUILD, "knowledge.inside_build"),
    (DATABASE, IMPORT, "knowledge.after_batch_stored"),
    (WORKER, BUILD, "knowledge.before_activate"),
    (WORKER, BUILD, "knowledge.after_activate"),
    (DATABASE, BUILD, "knowledge.inside_build"),
    (WORKER, IMPORT, "jobs.batch_begun"),
    (WORKER, BUILD, "jobs.batch_done"),
    (DATABASE, BUILD, "knowledge.before_activate"),
    (WORKER, IMPORT, "jobs.batch_noted"),
)
"""Who dies at which work where; the rounds go through them in turn."""


@pytest.fixture
def rounds() -> Rounds:
    """One kill in each window; the soak run has more."""
    return Rounds(times=len(WINDOWS))


def document(number: int, revision: int) -> str:
    return (
        f"# 高血压用药规范 {number}\n\n收缩压目标 {100 + revision} mmHg，编号 K{number:05}。\n\n"
        f"## 随访\n\n每 {revision + 2} 周复诊一次，记录血压、心率与不良反应。\n"
    )


@dataclass
class KilledSite:
    """One site without a supervisor: its database, a worker, and what its library must hold."""

    home: Path
    server: EmbeddedPostgres
    platform: Platform
    held: dict[str, int] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    made: int = 0
    worker: subprocess.Popen[bytes] | None = None

    @property
    def faults(self) -> Path:
        return self.home / "faults"

    def start_worker(self) -> None:
        environment = {
            **os.environ,
            "PYTHONDONTWRITEBYTECODE": "",
            "SUWEN_HOME": str(self.home),
            "SUWEN_AUDIT_ANCHOR": str(self.home.parent / "anchor.jsonl"),
            "SUWEN_FAULT_FOLDER": str(self.faults),
        }
        with (self.home / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen([*COMMAND, "worker"], env=environment, stderr=log)

    def stop_worker(self) -> None:
        if self.worker is not None:
            self.worker.terminate()
            assert self.worker.wait(60) == 0
            self.worker = None

    async def round(self, victim: str, work: str, point: str) -> None:
        """New, changed and deleted documents and an edition, with a death in between."""
        files = self._change()
        gone = await self._delete_one()
        if work == IMPORT:
            self._arm(victim, point)
        importing = await self.platform.ingestion.import_files(COLLECTION, files, BY)
        if work == IMPORT:
            await self._die(victim, point)
        imported = await self.ended(importing)
        assert (imported.done, imported.refused) == (len(files), 0)
        if work == BUILD:
            self._arm(victim, point)
        building = await self.platform.ingestion.build(COLLECTION, BY, with_vectors=False)
        if work == BUILD:
            await self._die(victim, point)
        await self.ended(building)
        await self.agrees(gone)

    def _arm(self, victim: str, point: str) -> None:
        for suffix in (".reached", ".go"):
            (self.faults / f"{point}{suffix}").unlink(missing_ok=True)
        (self.faults / point).write_text("kill" if victim == WORKER else "wait")

    def _change(self) -> list[GivenFile]:
        fresh = {f"d{self.made + n:05}": 0 for n in range(NEW_IN_A_ROUND)}
        self.made += NEW_IN_A_ROUND
        changed = sorted(self.held)[-1:]
        self.held |= fresh
        self.versions |= dict.fromkeys(fresh, 1)
        for name in changed:
            self.held[name] += 1
            self.versions[name] += 1
        return [
            GivenFile(f"{name}.md", document(int(name[1:]), self.held[name]).encode())
            for name in (*fresh, *changed)
        ]

    async def _delete_one(self) -> str | None:
        """Deletes the oldest document, which the edition in use still holds; nobody finds it."""
        if len(self.held) <= NEW_IN_A_ROUND:
            return None
        gone = min(self.held)
        assert await self.finds(gone)
        await self.platform.library.curation.delete(COLLECTION, gone, BY)
        assert not await self.finds(gone)
        del self.held[gone], self.versions[gone]
        return gone

    async def finds(self, name: str) -> bool:
        """Whether a search for a document's own number finds it."""
        wanted = Wanted(COLLECTION, f"K{int(name[1:]):05}", 50)
        found = await self.platform.library.searching.search(wanted, BY)
        return name in {passage.document_id for passage in found.passages}

    async def _die(self, victim: str, point: str) -> None:
        if victim == WORKER:
            worker = self.worker
            assert worker is not None
            await comes_true(lambda: worker.poll() is not None, f"no death at {point}")
            assert worker.returncode == -signal.SIGKILL
            self.start_worker()
            return
        await comes_true((self.faults / f"{point}.reached").exists, f"{point} was not reached")
        [pid_file] = self.home.glob("postgres/**/postmaster.pid")
        os.kill(int(pid_file.read_text().split("\n", 1)[0]), signal.SIGKILL)
        (self.faults / f"{point}.go").touch()
        await comes_true(self.server.restart_if_dead, "the database did not come back")

    async def ended(self, job: JobId) -> JobProgress:
        """A job that is done, while the database comes and goes."""
        async with asyncio.timeout(120):
            while True:
                try:
                    now = await self.platform.jobs.desk.progress(job)
                except UnavailableError:
                    await asyncio.sleep(0.1)
                    continue
                assert now.state != "failed", now.problem
                if now.state == "done":
                    return now
                await asyncio.sleep(0.05)

    async def agrees(self, gone: str | None) -> None:
        """Database and edition hold the same documents, each once and as it was given."""
        library = self.platform.library
        agreement = await library.editions.verify(COLLECTION, BY)
        assert agreement.current
        assert (agreement.only_in_edition, agreement.only_in_database) == ((), ())
        listed = await library.parts.store.documents(COLLECTION, DocumentFilter(), 100_000)
        active = {one.id: one.version for one in listed if one.state == "active"}
        assert active == self.versions
        assert agreement.matching == len(self.held)
        assert (agreement.info.documents, agreement.info.passages) == (
            len(self.held),
            sum(one.passages for one in listed if one.state == "active"),
        )
        if gone is not None:
            assert not await self.finds(gone)
        newest = max(self.held)
        assert await self.finds(newest)


async def comes_true(condition: Callable[[], bool], otherwise: str) -> None:
    try:
        async with asyncio.timeout(90):
            while True:
                if await asyncio.to_thread(condition):
                    return
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(otherwise)


@pytest.fixture
async def site(prepared_homes: PreparedHomes) -> AsyncIterator[KilledSite]:
    with new_state_folder() as folder:
        home = folder / "home"
        prepared_homes.with_tables(home)
        (home / "faults").mkdir(parents=True)
        server = EmbeddedPostgres(home)
        with server as urls:
            environment = {
                "SUWEN_HOME": str(home),
                "SUWEN_AUDIT_ANCHOR": str(folder / "anchor.jsonl"),
            }
            async with platform_on(read_settings(environment), urls) as platform:
                title = Bilingual("指南", "Guidelines")
                await platform.library.parts.store.create_collection(
                    NewCollection(COLLECTION, title), BY.id, datetime.now(UTC)
                )
                site = KilledSite(home, server, platform)
                site.start_worker()
                try:
                    yield site
                finally:
                    if site.worker is not None:
                        site.worker.kill()
                        site.worker.wait()


async def test_killed_anywhere_the_library_is_whole(site: KilledSite, rounds: Rounds) -> None:
    for number in rounds:
        await site.round(*WINDOWS[number % len(WINDOWS)])
    ended = [job for job in await site.platform.jobs.desk.list(limit=1000) if job.state == "done"]
    assert len(ended) == 2 * rounds.done > 0
    assert await staged(site) == 0
    await asyncio.to_thread(site.stop_worker)
    assert (await verify_trail(site.platform, None)).ok


async def staged(site: KilledSite) -> int:
    database = site.platform.jobs.database
    assert database is not None
    async with database.transaction() as connection:
        found = await connection.exec_driver_sql("SELECT count(*) FROM job_file_part")
        return int(found.scalar_one())
