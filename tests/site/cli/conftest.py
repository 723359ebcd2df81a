"""Two sites for the commands: the demonstration hospital, and one without it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from suwen.bootstrap.demonstration_site import DemonstrationAccount, prepare_demonstration
from suwen.bootstrap.platform import platform_on
from suwen.bootstrap.settings import read_settings
from suwen.storage.embedded import EmbeddedPostgres
from suwen.storage.urls import DatabaseUrls
from tests.support.command_line import Terminal
from tests.support.database import new_state_folder
from tests.support.prepared_homes import PreparedHomes


@dataclass
class DemonstrationTerminal(Terminal):
    """A terminal at the demonstration hospital."""

    accounts: tuple[DemonstrationAccount, ...] = ()
    urls: DatabaseUrls | None = None

    @property
    def password(self) -> str:
        """Of every demonstration account."""
        return self.accounts[0].password

    def sign_in(self, name: str) -> None:
        """Keeps a token of this person."""
        assert self.run("login", name, stdin=self.password + "\n").status == 0


@contextmanager
def site(homes: PreparedHomes, *, demonstration: bool = False) -> Iterator[DemonstrationTerminal]:
    """A state directory whose database keeps running, so that commands start fast."""
    with new_state_folder() as home, tempfile.TemporaryDirectory(prefix="suwen-cli-") as folder:
        terminal = DemonstrationTerminal(home / "site", Path(folder))
        if demonstration:
            homes.with_demonstration(terminal.home, terminal.folder / "anchor.jsonl")
        else:
            homes.with_tables(terminal.home)
        with EmbeddedPostgres(terminal.home) as urls:
            terminal.urls = urls
            if demonstration:
                _note_accounts(terminal)
            yield terminal


def _note_accounts(terminal: DemonstrationTerminal) -> None:
    """Hears of the demonstration's accounts as whoever starts the platform does."""
    settings = read_settings(terminal.environ())

    async def prepare() -> tuple[DemonstrationAccount, ...]:
        assert terminal.urls is not None
        async with platform_on(settings, terminal.urls) as platform:
            return await prepare_demonstration(platform, host="127.0.0.1", wanted=True)

    terminal.accounts = asyncio.run(prepare())


@pytest.fixture(scope="session")
def demonstration(prepared_homes: PreparedHomes) -> Iterator[DemonstrationTerminal]:
    """A site with the demonstration hospital."""
    with site(prepared_homes, demonstration=True) as terminal:
        yield terminal


@pytest.fixture(scope="session")
def hospital(prepared_homes: PreparedHomes) -> Iterator[DemonstrationTerminal]:
    """A site without the demonstration."""
    with site(prepared_homes) as terminal:
        yield terminal
