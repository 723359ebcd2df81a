"""Commands about models and engines: model pull, list, verify; endpoint add, list, test, remove."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from suwen.cli.acting import acting, platform, run, settings
from suwen.cli.output import say, show, show_rows
from suwen.core.errors import InputError
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.inference.model_store import ModelStore

models = typer.Typer(help="Language models on this machine.", no_args_is_help=True)
endpoints = typer.Typer(help="OpenAI-compatible engines.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(models, name="model")
    app.add_typer(endpoints, name="endpoint")
