"""Who acts on the command line, and the platform that the command works on."""

from __future__ import annotations

import asyncio
import getpass
import hashlib
import os
import signal
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from suwen.bootstrap.settings import Settings, read_settings
from suwen.core.garbage import started
from suwen.core.identity import Principal, batch_principal
from suwen.core.manifest import Partition
from suwen.storage.secret_files import read_secret, write_secret

if TYPE_CHECKING:
    from suwen.bootstrap.device.platform import DevicePlatform
    from suwen.bootstrap.platform import Platform

Result = TypeVar("Result")

AsPerson = Annotated[
    str | None,
    typer.Option("--as", metavar="PERSON", help="Act as this person (needs that person's token)."),
]


def settings(only: Partition | None = None) -> Settings:
    """The settings of this process's environment.

    Args:
        only: the partition that this process serves.
    """
    return read_settings(os.environ, only)


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Runs a command's work to its end; asked to terminate, it leaves the database as found."""
    return asyncio.run(_until_terminated(work))


async def _until_terminated(work: Coroutine[Any, Any, Result]) -> Result:
    task = asyncio.current_task()
    if task is not None and threading.current_thread() is threading.main_thread():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work


@asynccontextmanager
async def platform() -> AsyncIterator[Platform]:
    """The platform of this state directory, left as it was found."""
    # Loaded here: a command that needs no platform does not wait for it.
    from suwen.bootstrap.platform import open_platform

    async with open_platform(settings()) as opened:
        started()
        yield opened


@asynccontextmanager
async def device_platform() -> AsyncIterator[DevicePlatform]:
    """The device partition of this state directory, left as it was found."""
    from suwen.bootstrap.device.platform import open_device

    async with open_device(settings(Partition.DEVICE)) as opened:
        started()
        yield opened


def holds_device() -> bool:
    """Whether the device partition's database is this site's to open: not where the hospital runs
    that partition elsewhere."""
    outside = settings().outside_databases
    return outside is None or Partition.DEVICE in outside.partitions


def operating_user() -> str | None:
    """Account of the operating system, for the audit; ``None`` where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None


def token_file(home: Path, person: str) -> Path:
    """Where ``suwen login`` keeps a person's token: readable by the account alone."""
    state = os.environ.get("XDG_CONFIG_HOME")
    base = Path(state) if state else Path.home() / ".config"
    site = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    return base / "suwen" / "tokens" / site / person


async def acting(opened: Platform, person: str | None) -> Principal:
    """Who acts: the batch service without ``--as``, else the person by token or demonstration.

    Raises:
        AuthenticationError: ``token_missing``, ``token_wrong``.
    """
    from suwen.bootstrap.accounts import principal_by_name, principal_by_token

    user = operating_user()
    if person is None:
        return batch_principal(user)
    token = await asyncio.to_thread(token_of, opened, person)
    if token is not None:
        return await principal_by_token(opened, token, person, user)
    return await principal_by_name(opened, person, user)


def token_of(opened: Platform, person: str | None) -> str | None:
    """The person's own token: ``SUWEN_TOKEN``, else the file of ``suwen login``; else ``None``.

    Raises:
        ConfigurationError: ``secret_file_readable_by_others``.
    """
    from suwen.bootstrap.accounts import ACCOUNT_NAME

    token = os.environ.get("SUWEN_TOKEN")
    if token is not None or person is None or not ACCOUNT_NAME.fullmatch(person):
        return token
    path = token_file(opened.settings.home, person)
    return read_secret(path).decode("utf-8", "replace").strip() if path.is_file() else None


def keep_token(home: Path, person: str, token: str) -> Path:
    """Keeps a person's token in a file of their own and says where."""
    path = token_file(home, person)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_secret(path, token.encode())
    return path
