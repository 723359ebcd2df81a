"""Commands about backups: backup create, backup restore."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from suwen.bootstrap.backups import create_backup, restore_backup
from suwen.cli.acting import run, settings
from suwen.cli.output import say, show
from suwen.core.language import Bilingual

backups = typer.Typer(help="Backup and restore.", no_args_is_help=True)

BackupFile = Annotated[Path, typer.Argument(help="The backup's file.")]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(backups, name="backup")


def _ask_passphrase(confirm: bool) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    question = say(Bilingual(zh="备份口令", en="Passphrase of the backup"))
    return str(typer.prompt(question, hide_input=True, confirmation_prompt=confirm))


@backups.command("create")
def create(file: BackupFile) -> None:
    """Write one encrypted file with everything; the passphrase is asked for or read from stdin."""
    summary = run(create_backup(settings(), file, _ask_passphrase(confirm=True)))
    text = Bilingual(zh=f"已备份到 {file}。", en=f"Backed up to {file}.")
    show({"file": str(file), **summary}, say(text))


@backups.command("restore")
def restore(file: BackupFile) -> None:
    """Restore into an empty state directory, then compare counts, checksums and audit chain."""
    summary = run(restore_backup(settings(), file, _ask_passphrase(confirm=False)))
    text = Bilingual(zh="已恢复并核对。", en="Restored and compared.")
    show({"file": str(file), **summary}, say(text))
