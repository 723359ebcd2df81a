"""The command of the MCP server on standard input and output."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from suwen.cli.acting import acting, operating_user, platform, run
from suwen.core.errors import AuthenticationError
from suwen.core.identity import Channel, Principal
from suwen.core.language import Bilingual, Language

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

KEY_VARIABLE = "SUWEN_CLIENT_KEY"


def register(app: typer.Typer) -> None:
    """Adds the command to the program."""
    app.command("mcp")(mcp)


def mcp(
    person: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="PERSON",
            help="Act as this person (needs that person's token); otherwise the key in "
            "SUWEN_CLIENT_KEY says who acts.",
        ),
    ] = None,
) -> None:
    """Serve MCP on standard input and output, for an agent that starts its servers itself."""
    run(_serve(person))


async def _serve(person: str | None) -> None:
    from mcp.server.stdio import stdio_server

    from suwen.web.mcp.server import make_server

    async with platform() as opened:
        # Who may not act is told so now, and not at the first call.
        await _caller(opened, person)
        language = Language(opened.settings.site.language)
        server = make_server(opened, lambda context: _caller(opened, person), language)
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())


async def _caller(opened: Platform, person: str | None) -> Principal:
    """Who the agent acts as; without a person or a key it acts as nobody.

    Raises:
        AuthenticationError: ``key_missing``, ``key_wrong``, ``token_missing``, ``token_wrong``.
    """
    if person is not None:
        return replace(await acting(opened, person), channel=Channel.MCP)
    key = os.environ.get(KEY_VARIABLE)
    if not key:
        raise AuthenticationError(
            "key_missing",
            Bilingual(
                zh=f"请用 --as 指定人员，或在环境变量 {KEY_VARIABLE} 中提供密钥。",
                en=f"Name a person with --as, or give a key in {KEY_VARIABLE}.",
            ),
            field=KEY_VARIABLE,
        )
    principal = (await opened.clients.admitted(key)).principal(Channel.MCP)
    return replace(principal, operating_user=operating_user())
