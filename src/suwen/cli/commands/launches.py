"""Commands about launches out of the hospital's own system: the secret that addresses are signed
with."""

from __future__ import annotations

from typing import Annotated

import typer

from suwen.cli.acting import acting, platform, run
from suwen.cli.output import show

launches = typer.Typer(
    help="Patients opened out of the hospital's own system.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(launches, name="launch")


@launches.command("secret")
def secret(
    client: Annotated[str, typer.Argument(help="Client with the scope launch, of `client list`.")],
) -> None:
    """Show what a system signs launch addresses with (HMAC-SHA256, hexadecimal)."""
    made = run(_secret(client))
    show({"client": client, "secret": made}, made)


async def _secret(client: str) -> str:
    async with platform() as opened:
        return await opened.sign_in.signing_secret(client, await acting(opened, None))
