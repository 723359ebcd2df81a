"""Commands about backups: backup create, backup restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from suwen.bootstrap.backups import RestoreWish, create_backup, restore_backup
from suwen.cli.acting import run, settings
from suwen.cli.asking import ask_secret
from suwen.cli.output import say, show
from suwen.core.language import Bilingual

backups = typer.Typer(help="Backup and restore.", no_args_is_help=True)

BackupFile = Annotated[Path, typer.Argument(help="The backup's file.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(backups, name="backup")


PASSPHRASE = Bilingual("备份口令", "Passphrase of the backup")


@backups.command("create")
def create(file: BackupFile) -> None:
    """Write one encrypted file with everything; the passphrase is asked for or read from stdin."""
    summary = run(create_backup(settings(), file, ask_secret(PASSPHRASE, confirm=True)))
    text = Bilingual(zh=f"已备份到 {file}。", en=f"Backed up to {file}.")
    show({"file": str(file), **summary}, say(text))


@backups.command("restore")
def restore(
    file: BackupFile,
    ledger: Annotated[
        Path | None, typer.Option(help="Ledger of erasures and backups; else the one beside it.")
    ] = None,
    without_ledger: Annotated[
        bool, typer.Option("--without-ledger", help="Restore although there is no ledger.")
    ] = False,
    older: Annotated[
        bool, typer.Option("--older", help="Restore although later backups were written.")
    ] = False,
) -> None:
    """Restore into an empty state directory, then compare counts, checksums and audit chain."""
    wish = RestoreWish(ledger, without_ledger, older)
    passphrase = ask_secret(PASSPHRASE, confirm=False)
    summary = run(restore_backup(settings(), file, passphrase, wish))
    text = Bilingual(zh="已恢复并核对。", en="Restored and compared.")
    show({"file": str(file), **summary}, say(text))
