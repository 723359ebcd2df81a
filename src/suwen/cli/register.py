"""Which modules of commands there are."""

from __future__ import annotations

import typer

from suwen.cli.commands import (
    applications,
    audit,
    backups,
    drafts,
    evaluating,
    models,
    people,
    records,
    releases,
    serving,
    verify,
)

MODULES = (
    serving,
    people,
    models,
    records,
    applications,
    drafts,
    verify,
    releases,
    evaluating,
    audit,
    backups,
)


def register_commands(app: typer.Typer) -> None:
    """Adds every command to the program."""
    for module in MODULES:
        module.register(app)
