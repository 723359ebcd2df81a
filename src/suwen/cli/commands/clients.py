"""Commands about programs of the hospital that act by a key: client list, add, rotate, disable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from suwen.cli.acting import acting, platform, run
from suwen.cli.output import say, show, show_rows
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    from suwen.bootstrap.clients import NewKey
    from suwen.storage.api_clients import ApiClient

clients = typer.Typer(help="Programs that use the models by a key.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(clients, name="client")


@clients.command("list")
def list_clients() -> None:
    """List the programs, with what each used today."""
    rows = run(_list())
    columns = {
        "id": Bilingual("名称", "Name"),
        "scopes": Bilingual("权限", "Scopes"),
        "ceiling": Bilingual("数据级别上限", "Ceiling"),
        "requests_per_minute": Bilingual("每分钟请求", "Requests/min"),
        "tokens_today": Bilingual("今日 token", "Tokens today"),
        "tokens_per_day": Bilingual("每日 token", "Tokens/day"),
        "state": Bilingual("状态", "State"),
    }
    show_rows(rows, columns, Bilingual("还没有客户端。", "There are no clients yet."))


async def _list() -> list[dict[str, object]]:
    async with platform() as opened:
        who = await acting(opened, None)
        now = opened.clock.now()
        rows: list[dict[str, object]] = []
        for client in await opened.clients.list(who):
            used = await opened.clients.usage(client.id, who)
            rows.append(
                {
                    "id": client.id,
                    "name": client.name,
                    "scopes": ", ".join(sorted(client.scopes)),
                    "ceiling": client.ceiling,
                    "requests_per_minute": client.requests_per_minute,
                    "tokens_per_day": client.tokens_per_day,
                    "departments": ", ".join(sorted(client.departments)),
                    "owner": client.owner,
                    "expires_at": client.expires_at.isoformat() if client.expires_at else None,
                    "state": client.state(now),
                    "requests_today": used.requests,
                    "refused_today": used.refused,
                    "tokens_today": used.input_tokens + used.output_tokens,
                }
            )
        return rows


@clients.command("add")
def add(  # noqa: PLR0913 - each is one fact about a client
    name: Annotated[str, typer.Argument(help="Name, for example open-webui.")],
    scope: Annotated[
        list[str],
        typer.Option(
            help="What the key is for: app.evidence_search, model.raw, model.embed, records.read, "
            "drafts.read, or app.ID of an application; may be given several times."
        ),
    ],
    owner: Annotated[str, typer.Option(help="Account of the person who answers for it.")],
    title: Annotated[str | None, typer.Option(help="Name to show; by default the name.")] = None,
    ceiling: Annotated[
        int, typer.Option(min=1, max=5, help="Highest data class that it may send.")
    ] = 3,
    requests_per_minute: Annotated[int, typer.Option(min=1, help="Most requests a minute.")] = 60,
    tokens_per_day: Annotated[
        int, typer.Option(min=1, help="Most tokens a day, in and out together.")
    ] = 1_000_000,
    department: Annotated[
        list[str] | None, typer.Option(help="Code of a department that it works for.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, help="Days after which the key expires; by default never.")
    ] = None,
) -> None:
    """Add a program; its key is shown this once and never again."""
    from suwen.storage.api_clients import ApiClient

    now = datetime.now(UTC)
    wanted = ApiClient(
        id=name,
        name=title or name,
        key_hash="",
        scopes=frozenset(scope),
        ceiling=ceiling,
        requests_per_minute=requests_per_minute,
        tokens_per_day=tokens_per_day,
        departments=frozenset(department or ()),
        owner=owner,
        expires_at=None if days is None else now + timedelta(days=days),
        disabled=False,
        created_at=now,
    )
    _show_key(run(_add(wanted)))


async def _add(wanted: ApiClient) -> NewKey:
    async with platform() as opened:
        return await opened.clients.add(wanted, await acting(opened, None))


@clients.command("rotate")
def rotate(name: Annotated[str, typer.Argument(help="Name of the program.")]) -> None:
    """Give a program a new key; the one before opens nothing from now on."""
    _show_key(run(_rotate(name)))


async def _rotate(name: str) -> NewKey:
    async with platform() as opened:
        return await opened.clients.rotate(name, await acting(opened, None))


@clients.command("disable")
def disable(name: Annotated[str, typer.Argument(help="Name of the program.")]) -> None:
    """Take a program's key out of use at once."""
    run(_disable(name))
    show({"disabled": name}, say(Bilingual(zh=f"已停用 {name}。", en=f"Disabled {name}.")))


async def _disable(name: str) -> None:
    async with platform() as opened:
        await opened.clients.disable(name, await acting(opened, None))


def _show_key(made: NewKey) -> None:
    told = Bilingual(
        zh="请立即保存此密钥，之后无法再次显示：",
        en="Keep this key now; it cannot be shown again:",
    )
    show({"client": made.client.id, "key": made.key}, f"{say(told)}\n{made.key}")
