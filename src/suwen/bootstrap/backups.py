"""Backup of a site and its restore into an empty state directory."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.platform import open_platform
from suwen.bootstrap.settings import Settings
from suwen.core.identity import batch_principal
from suwen.storage import backup


async def create_backup(settings: Settings, file: Path, passphrase: str) -> dict[str, Any]:
    """Writes one encrypted file with everything, while the platform may go on.

    Raises:
        InputError: when the file is there already or the passphrase is too short.
    """
    async with open_platform(settings) as platform:
        principal = batch_principal(None)
        async with audited(platform.audit, act_of(principal, "backup.create", subject="Site")):
            report = await asyncio.to_thread(
                backup.create, platform.urls, settings.home, file, passphrase
            )
    return asdict(report)


async def restore_backup(settings: Settings, file: Path, passphrase: str) -> dict[str, Any]:
    """Restores into an empty state directory and compares what came out of it.

    Raises:
        InputError: when the directory is not empty or the passphrase is wrong.
        IntegrationError, ConfigurationError: when the file is truncated, altered or of a later
            version.
    """
    report = await asyncio.to_thread(
        backup.restore, file, settings.home, passphrase, settings.outside_databases
    )
    return asdict(report)
