"""Who acts on the command line, and the platform that the command works on."""

from __future__ import annotations

import asyncio
import getpass
import hashlib
import os
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from suwen.bootstrap.accounts import principal_by_name, principal_by_token
from suwen.bootstrap.platform import Platform, open_platform
from suwen.bootstrap.settings import Settings, read_settings
from suwen.core.identity import Principal, batch_principal

Result = TypeVar("Result")

AsPerson = Annotated[
    str | None,
    typer.Option("--as", metavar="PERSON", help="Act as this person (needs that person's token)."),
]


def settings() -> Settings:
    """The settings of this process's environment."""
    return read_settings(os.environ)


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Runs a command's work to its end."""
    return asyncio.run(work)


@asynccontextmanager
async def platform() -> AsyncIterator[Platform]:
    """The platform of this state directory, left as it was found."""
    async with open_platform(settings()) as opened:
        yield opened


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
    user = operating_user()
    if person is None:
        return batch_principal(user)
    token = await asyncio.to_thread(token_of, opened, person)
    if token is not None:
        return await principal_by_token(opened, token, person, user)
    return await principal_by_name(opened, person, user)


def token_of(opened: Platform, person: str | None) -> str | None:
    """The person's own token: ``SUWEN_TOKEN``, else the file of ``suwen login``; else ``None``."""
    token = os.environ.get("SUWEN_TOKEN")
    if token is not None or person is None:
        return token
    path = token_file(opened.settings.home, person)
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None
