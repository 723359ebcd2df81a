"""Backup of a site and its restore into an empty state directory."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.database import SiteDatabase
from suwen.bootstrap.keeping import finish_erasures, refresh_ledger
from suwen.bootstrap.platform import open_platform
from suwen.bootstrap.settings import Settings
from suwen.core.errors import ConflictError, InputError
from suwen.core.identity import batch_principal
from suwen.core.language import Bilingual
from suwen.storage import backup
from suwen.storage.ledger import (
    LEDGER,
    known_ledger,
    look_into,
    read_ledger,
    sha256_of,
    write_ledger,
)


@dataclass(frozen=True, slots=True)
class RestoreWish:
    """How a backup is held to what happened after it was made.

    Attributes:
        ledger: the file that says so; ``None`` takes the one beside the backup.
        without_ledger: restores although there is none.
        older: restores although a later backup was written.
    """

    ledger: Path | None = None
    without_ledger: bool = False
    older: bool = False


async def create_backup(settings: Settings, file: Path, passphrase: str) -> dict[str, Any]:
    """Writes one encrypted file with everything, while the platform may go on.

    Raises:
        InputError: when the file is there already or the passphrase is too short.
    """
    async with open_platform(settings) as platform:
        principal = batch_principal(None)
        act = act_of(principal, "backup.create", subject="Site")
        async with audited(platform.audit, act) as said:
            await finish_erasures(platform)
            report = await asyncio.to_thread(
                backup.create, platform.urls, settings.home, file, passphrase
            )
            said["sha256"] = await asyncio.to_thread(sha256_of, file)
            await refresh_ledger(platform, file)
    return asdict(report)


async def restore_backup(
    settings: Settings, file: Path, passphrase: str, wish: RestoreWish | None = None
) -> dict[str, Any]:
    """Restores into an empty state directory and compares what came out of it.

    Whoever was erased after the backup was made is erased in what was restored before anybody
    can read it, and so is every document of the library that was erased since.

    Raises:
        InputError: when the directory is not empty, the passphrase is wrong, the ledger is
            missing or damaged, or the file is none of the backups that the ledger names.
        ConflictError: ``backup_not_newest``.
        ConfigurationError: when the file is truncated, altered or of a later version.
    """
    given = wish or RestoreWish()
    beside = given.ledger or file.parent / LEDGER
    if not given.without_ledger:
        # Before anything is made; whether the ledger is ours is known once the keys are there.
        await asyncio.to_thread(_refuse_by_ledger, file, beside, given)
    report = await asyncio.to_thread(
        backup.restore, file, settings.home, passphrase, settings.outside_databases
    )
    erased = documents = 0
    if not given.without_ledger:
        try:
            erased = await asyncio.to_thread(_erase_again, settings, beside)
            documents = await _erase_documents_again(settings)
        except BaseException:
            await asyncio.to_thread(_clear, settings.home)
            raise
    return {**asdict(report), "erased_again": erased, "documents_erased_again": documents}


def _refuse_by_ledger(file: Path, beside: Path, wish: RestoreWish) -> None:
    ledger = look_into(beside)
    if not file.is_file():
        # That it cannot be read is told by who restores it.
        return
    later = ledger.later_than(sha256_of(file))
    if later is None:
        raise InputError(
            "backup_not_in_ledger",
            Bilingual(
                zh="登记中没有这份备份：文件可能被改动或替换。未恢复任何内容。",
                en="The ledger does not name this backup: the file may have been altered or "
                "replaced. Nothing was restored.",
            ),
            field="file",
        )
    if later and not wish.older:
        raise ConflictError(
            "backup_not_newest",
            Bilingual(
                zh=f"此后还有 {later} 份更新的备份。确要恢复较早的备份时使用 --older。",
                en=f"{later} later backups were written. To restore an earlier one, say --older.",
            ),
            detail={"later": later},
        )


def _erase_again(settings: Settings, beside: Path) -> int:
    # Its tools make tables; only a restore waits for them.
    from suwen.storage.erasing_again import apply_ledger

    ledger = read_ledger(settings.home, beside)
    databases = SiteDatabase(settings)
    urls = databases.attach()
    try:
        erased = apply_ledger(urls, settings.home, ledger.erasures)
    finally:
        databases.detach()
    write_ledger(settings.home, (), ledger)
    return erased


async def _erase_documents_again(settings: Settings) -> int:
    """Erases documents of the library that were erased since; how many."""
    ledger = await asyncio.to_thread(known_ledger, settings.home)
    if not ledger.documents:
        return 0
    async with open_platform(settings) as platform:
        return await platform.library.erasing.erase_again(ledger.documents, settings.home)


def _clear(home: Path) -> None:
    for entry in home.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)
