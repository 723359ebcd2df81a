"""Commands about connections: listen, and connection list, show, add, change, test, dry-run, pause,
resume, remove, samples, messages, replay."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suwen.cli.acting import AsPerson, acting, platform, run, settings
from suwen.cli.commands.dry_run import add_to as add_dry_run
from suwen.cli.output import say, show, show_rows
from suwen.core.connection import Connection, ConnectionKind, ConnectionTest
from suwen.core.errors import InputError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    from suwen.bootstrap.connections.desk import ConnectionDesk
    from suwen.storage.inbound_types import MessageState

connections = typer.Typer(help="Connections to the hospital's systems.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Connection's name, of `connection list`.")]
SettingsFile = Annotated[
    Path, typer.Option("--settings", metavar="FILE", help="JSON object with the kind's settings.")
]
SecretsFile = Annotated[
    Path | None,
    typer.Option("--secrets", metavar="FILE", help="JSON object with its passwords and keys."),
]

COLUMNS = {
    "name": Bilingual("名称", "Name"),
    "kind": Bilingual("类型", "Kind"),
    "state": Bilingual("状态", "State"),
    "port": Bilingual("端口", "Port"),
    "last_message_at": Bilingual("最近消息", "Last message"),
    "rate_per_minute": Bilingual("每分钟", "A minute"),
    "lag_s": Bilingual("延迟（秒）", "Lag, s"),
    "queue_waiting": Bilingual("待处理", "Waiting"),
    "queue_failed": Bilingual("失败", "Failed"),
    "errors_total": Bilingual("错误", "Errors"),
}


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.command("listen")(listen)
    add_dry_run(connections)
    app.add_typer(connections, name="connection")


def listen(parent: Annotated[int | None, typer.Option(hidden=True)] = None) -> None:
    """Run the connections of this installation until Ctrl-C; `up` does it by itself."""
    from suwen.bootstrap.listening import run_listening

    run_listening(settings(), parent)


@connections.command("list")
def list_connections(person: AsPerson = None) -> None:
    """List the connections and how they stand."""
    rows = run(_list(person))
    show_rows(rows, COLUMNS, Bilingual("还没有连接。", "There are no connections yet."))


async def _list(person: str | None) -> list[dict[str, Any]]:
    from suwen.bootstrap.connections.standing import standing_as_json

    async with _desk(person) as (desk, who):
        return [dict(standing_as_json(one)) for one in await desk.list(who)]


@connections.command("show")
def show_connection(name: Name, person: AsPerson = None) -> None:
    """Show one connection: its settings, how it stands; secrets are only named."""
    found = run(_show(name, person))
    show(found, json.dumps(found, ensure_ascii=False, indent=2))


async def _show(name: str, person: str | None) -> dict[str, Any]:
    from suwen.bootstrap.connections.standing import standing_as_json

    async with _desk(person) as (desk, who):
        return dict(standing_as_json(await desk.read(who, name)))


@connections.command("add")
def add(  # noqa: PLR0913 - one option for each fact of a connection
    name: Annotated[str, typer.Argument(help="Name for the hospital's own use; never reused.")],
    kind: Annotated[ConnectionKind, typer.Option(help="What it speaks, and from which side.")],
    file: SettingsFile,
    secrets: SecretsFile = None,
    synthetic: Annotated[
        bool, typer.Option("--synthetic", help="Everything that comes over it is invented.")
    ] = False,
    disabled: Annotated[bool, typer.Option("--off", help="Do not switch it on yet.")] = False,
    person: AsPerson = None,
) -> None:
    """Add a connection. One with real data takes the demonstration accounts out of use."""
    wanted = Connection(
        name=name,
        kind=kind,
        settings=_read_object(file, "--settings"),
        enabled=not disabled,
        synthetic=synthetic,
        secrets=_read_object(secrets, "--secrets") if secrets is not None else {},
    )
    run(_put(wanted, None, person))
    show({"added": name}, say(Bilingual(zh=f"已添加 {name}。", en=f"Added {name}.")))


@connections.command("change")
def change(
    name: Name,
    file: SettingsFile,
    secrets: SecretsFile = None,
    on: Annotated[bool | None, typer.Option("--on/--off", help="Switch it on or off.")] = None,
    person: AsPerson = None,
) -> None:
    """Give a connection other settings; secrets that are not given stay as they are."""
    version = run(_change(name, file, secrets, on, person))
    said = Bilingual(zh=f"已修改 {name}（第 {version} 版）。", en=f"Changed {name} ({version}).")
    show({"changed": name, "version": version}, say(said))


async def _change(
    name: str, file: Path, secrets: Path | None, on: bool | None, person: str | None
) -> int:
    async with _desk(person) as (desk, who):
        before = (await desk.read(who, name)).connection
        wanted = Connection(
            name=name,
            kind=before.kind,
            settings=_read_object(file, "--settings"),
            enabled=before.enabled if on is None else on,
            paused=before.paused,
            synthetic=before.synthetic,
            secrets=_read_object(secrets, "--secrets") if secrets is not None else {},
        )
        return await desk.put(who, wanted, before.version)


async def _put(wanted: Connection, version: int | None, person: str | None) -> int:
    async with _desk(person) as (desk, who):
        return await desk.put(who, wanted, version)


def _read_object(path: Path, option: str) -> Mapping[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InputError(
            "connection_file_unreadable",
            Bilingual(
                zh="该文件须存在并包含一个 JSON 对象。", en="The file must hold one JSON object."
            ),
            field=option,
        )
    return found


@connections.command("test")
def test(name: Name, person: AsPerson = None) -> None:
    """Try a connection out, changing nothing; exit status 4 when it does not work."""
    found = run(_test(name, person))
    text = f"{'ok' if found.ok else 'FAIL'} ({found.took_ms:.0f} ms): {say(found.detail)}"
    data = {"ok": found.ok, "took_ms": round(found.took_ms, 1), "detail": say(found.detail)}
    show(data, text)
    if not found.ok:
        raise typer.Exit(4)


async def _test(name: str, person: str | None) -> ConnectionTest:
    async with _desk(person) as (desk, who):
        return await desk.test(who, name)


@connections.command("pause")
def pause(name: Name, person: AsPerson = None) -> None:
    """Hold a connection: nothing comes or goes; what was received stays and waits."""
    run(_steer("pause", name, person))
    show({"paused": name}, say(Bilingual(zh=f"已暂停 {name}。", en=f"Paused {name}.")))


@connections.command("resume")
def resume(name: Name, person: AsPerson = None) -> None:
    """Let a connection go on."""
    run(_steer("resume", name, person))
    show({"resumed": name}, say(Bilingual(zh=f"已恢复 {name}。", en=f"Resumed {name}.")))


@connections.command("remove")
def remove(name: Name, person: AsPerson = None) -> None:
    """Forget a connection; its messages and what came of them stay."""
    run(_steer("remove", name, person))
    show({"removed": name}, say(Bilingual(zh=f"已移除 {name}。", en=f"Removed {name}.")))


async def _steer(act: str, name: str, person: str | None) -> None:
    async with _desk(person) as (desk, who):
        await {"pause": desk.pause, "resume": desk.resume, "remove": desk.remove}[act](who, name)


@connections.command("samples")
def samples(
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    person: AsPerson = None,
) -> None:
    """List the errors of a connection, without a word of what a message said."""
    columns = {
        "at": Bilingual("最近", "Last"),
        "code": Bilingual("错误", "Error"),
        "where": Bilingual("位置", "Place"),
        "count": Bilingual("次数", "Times"),
    }
    rows = run(_samples(name, limit, person))
    show_rows(rows, columns, Bilingual("没有错误。", "There are no errors."))


async def _samples(name: str, limit: int, person: str | None) -> list[dict[str, Any]]:
    async with _desk(person) as (desk, who):
        return [
            {"at": s.at.isoformat(), "code": s.code, "where": s.where, "count": s.count}
            for s in await desk.samples(who, name, limit)
        ]


@connections.command("messages")
def messages(
    name: Name,
    failed: Annotated[bool, typer.Option("--failed", help="Only those that failed.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    person: AsPerson = None,
) -> None:
    """List the latest messages of a connection, without their text."""
    columns = {
        "id": Bilingual("编号", "Id"),
        "message_type": Bilingual("类型", "Type"),
        "control_id": Bilingual("控制号", "Control id"),
        "received_at": Bilingual("收到", "Received"),
        "state": Bilingual("状态", "State"),
        "error": Bilingual("错误", "Error"),
        "where": Bilingual("位置", "Place"),
    }
    rows = run(_messages(name, failed, limit, person))
    show_rows(rows, columns, Bilingual("没有消息。", "There are no messages."))


async def _messages(
    name: str, failed: bool, limit: int, person: str | None
) -> list[dict[str, Any]]:
    from suwen.storage.inbound_types import MessageState

    state: MessageState | None = MessageState.FAILED if failed else None
    async with _desk(person) as (desk, who):
        return [
            {
                "id": one.id,
                "message_type": one.message_type,
                "control_id": one.control_id,
                "received_at": one.received_at.isoformat(),
                "state": one.state.value,
                "error": one.error_code,
                "where": one.error_place,
            }
            for one in await desk.queue(who, name, state, limit)
        ]


@connections.command("replay")
def replay(
    name: Name,
    message: Annotated[
        int | None, typer.Option(metavar="ID", help="One message; default: all that failed.")
    ] = None,
    person: AsPerson = None,
) -> None:
    """Let the failed messages of a connection, or one message, be processed again."""
    count = run(_replay(name, message, person))
    said = Bilingual(zh=f"已重放 {count} 条消息。", en=f"{count} messages are tried again.")
    show({"replayed": count}, say(said))


async def _replay(name: str, message: int | None, person: str | None) -> int:
    async with _desk(person) as (desk, who):
        if message is None:
            return await desk.replay_failed(who, name)
        await desk.replay(who, message)
        return 1


@asynccontextmanager
async def _desk(person: str | None) -> AsyncIterator[tuple[ConnectionDesk, Principal]]:
    async with platform() as opened:
        yield opened.connections, await acting(opened, person)
