"""State directories that exist already: made once for all processes of a run, then copied.

The first start of a site makes its database, its tables and the demonstration hospital, which
takes many seconds of a core. A test about something else begins with a copy of what such a start
left; first starts themselves are tried by the walk through a whole site and the tests of storage.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from suwen.storage.embedded import EmbeddedPostgres
from tests.support.database import new_state_folder

ANCHOR = "anchor.jsonl"


@dataclass(frozen=True)
class PreparedHomes:
    """Hands out copies; ``folder`` is shared by the processes of one run of pytest."""

    folder: Path

    def with_tables(self, home: Path) -> None:
        """Fills a state directory with a database whose tables are up to date, and empty."""
        _copy(self._made("tables", _make_tables), home)

    def with_demonstration(self, home: Path, anchor: Path) -> None:
        """Fills a state directory with the demonstration hospital, as its first start leaves it.

        Its prescriptions are reviewed and its library is called off: a start on the copy has no
        runs of its own in which a test's fault could strike, and its worker nothing to do.

        Args:
            anchor: file outside the directory that the audit of the copy is anchored in.
        """
        made = self._made("demonstration", self._make_demonstration)
        _copy(made, home)
        shutil.copyfile(made / ANCHOR, anchor)

    def _made(self, name: str, make: Callable[[Path], None]) -> Path:
        """The folder of one kind, made by whoever asks first; the others wait."""
        self.folder.mkdir(parents=True, exist_ok=True)
        made = self.folder / name
        with _alone(self.folder / f"{name}.lock"):
            if not made.exists():
                # Not made in place: as root the database's account cannot reach pytest's folder.
                with new_state_folder() as folder:
                    make(folder)
                    unfinished = made.with_suffix(".unfinished")
                    shutil.rmtree(unfinished, ignore_errors=True)
                    _run_cp(folder, unfinished)
                unfinished.rename(made)
        return made

    def _make_demonstration(self, folder: Path) -> None:
        # Loaded where it is needed: every test process reads this file.
        from suwen.bootstrap.demonstration_site import prepare_demonstration
        from suwen.bootstrap.platform import platform_on
        from suwen.bootstrap.prescriptions.taking import AT_ONCE
        from suwen.bootstrap.settings import read_settings
        from suwen.core.identity import batch_principal
        from suwen.jobs.model import JobFilter

        home = folder / "home"
        self.with_tables(home)
        told = {"SUWEN_HOME": str(home), "SUWEN_AUDIT_ANCHOR": str(folder / ANCHOR)}

        async def prepare() -> None:
            with EmbeddedPostgres(home) as urls:
                async with platform_on(read_settings(told), urls) as platform:
                    await prepare_demonstration(platform, host="127.0.0.1", wanted=True)
                    while await platform.prescriptions.intake.take_arrivals(AT_ONCE):
                        pass
                    for job in await platform.jobs.desk.list(JobFilter(unfinished=True)):
                        await platform.jobs.cancel(job.id, batch_principal(None))

        # In a thread of its own: beside a browser's driver this one holds an event loop.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, prepare()).result()


@pytest.fixture(scope="session")
def prepared_homes(tmp_path_factory: pytest.TempPathFactory) -> PreparedHomes:
    """State directories to copy."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return PreparedHomes(shared / "prepared_homes")


def _make_tables(folder: Path) -> None:
    from suwen.storage.migrate import migrate

    with EmbeddedPostgres(folder / "home") as urls:
        migrate(urls)


def _copy(made: Path, home: Path) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    _run_cp(made / "home", home)


def _run_cp(source: Path, target: Path) -> None:
    # Unlike shutil it keeps the owner, which as root is the database's account.
    subprocess.run(["cp", "-a", f"{source}/.", str(target)], check=True)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
