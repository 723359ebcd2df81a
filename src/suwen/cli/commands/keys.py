"""Commands about keys: keys list, keys status, keys rotate, keys reseal, keys move, keys retire."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.output import say, show, show_rows
from suwen.core.language import Bilingual
from suwen.storage.data_keys import Algorithm

if TYPE_CHECKING:
    from suwen.bootstrap.keys import RotationWish

keys = typer.Typer(help="Keys that seal what is stored.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(keys, name="keys")


@keys.command("list")
def list_keys() -> None:
    """The data keys of each partition, without any secret."""
    rows = [
        {"partition": part["partition"], **key} for part in run(_status()) for key in part["keys"]
    ]
    columns = {
        "partition": Bilingual("分区", "Partition"),
        "module": Bilingual("模块", "Module"),
        "id": Bilingual("密钥", "Key"),
        "made_at": Bilingual("生成时间", "Made"),
        "current": Bilingual("现用", "Current"),
    }
    show_rows(rows, columns, Bilingual("没有密钥。", "There are no keys."))


@keys.command("status")
def status() -> None:
    """Who holds the master key, and how much still waits to be sealed by present keys."""
    _show(run(_status()))


@keys.command("rotate")
def rotate(
    master_only: Annotated[
        bool, typer.Option("--master-only", help="Only a new master key; data keys stay.")
    ] = False,
    patients: Annotated[
        bool, typer.Option("--patients", help="A new key for every patient too.")
    ] = False,
    algorithm: Annotated[
        Algorithm | None, typer.Option(help="Seal by this method from now on.")
    ] = None,
    as_person: AsPerson = None,
) -> None:
    """New keys while work goes on; rows are sealed anew in the background."""
    from suwen.bootstrap.keys import RotationWish

    wish = RotationWish(not master_only or algorithm is not None, patients, algorithm)
    _show(run(_rotate(wish, as_person)))


@keys.command("move")
def move(
    url: Annotated[
        str | None, typer.Option(help="Transit interface, https://…/v1/transit; none for a file.")
    ] = None,
    key: Annotated[str, typer.Option(help="Name of the key in the service.")] = "suwen",
    token_file: Annotated[
        Path | None, typer.Option(help="File (0600) with the service's token.")
    ] = None,
    ca_file: Annotated[
        Path | None, typer.Option(help="PEM of the authority of the service's certificate.")
    ] = None,
    as_person: AsPerson = None,
) -> None:
    """Give the master key to the hospital's key service, or take it back into a file."""
    from suwen.bootstrap.keys import RotationWish
    from suwen.storage.key_providers import FILE
    from suwen.storage.transit_provider import TransitAddress

    if url is None:
        run_wish = RotationWish(modules=False, provider=FILE)
    elif token_file is None:
        raise typer.BadParameter("--token-file")
    else:
        ca = str(ca_file.resolve()) if ca_file is not None else None
        address = TransitAddress(url, key, str(token_file.resolve()), ca)
        run_wish = RotationWish(modules=False, provider=address)
    _show(run(_rotate(run_wish, as_person)))


@keys.command("reseal")
def reseal_all() -> None:
    """Seal everything anew now that is in the clear or sealed by a former key."""
    done = run(_reseal())
    text = Bilingual(f"已重新加密 {sum(done.values())} 行。", f"Sealed {sum(done.values())} rows.")
    show(done, say(text))


@keys.command("retire")
def retire(as_person: AsPerson = None) -> None:
    """Take former keys of records and patients out of the ring, once nothing needs them."""
    retired = run(_retire(as_person))
    count = sum(len(ids) for ids in retired.values())
    show(retired, say(Bilingual(f"已停用 {count} 个旧密钥。", f"Retired {count} former keys.")))


def _show(parts: list[dict[str, Any]]) -> None:
    rows = [
        {
            "partition": part["partition"],
            "provider": part["provider"]["provider"],
            "algorithm": part["algorithm"],
            "patients": part["patients"]["current"],
            "behind": part["patients"]["behind"],
            "destroyed": part["patients"]["destroyed"],
            "waiting": sum(part["waiting"].values()),
        }
        for part in parts
    ]
    columns = {
        "partition": Bilingual("分区", "Partition"),
        "provider": Bilingual("主密钥保管", "Master key held by"),
        "algorithm": Bilingual("算法", "Method"),
        "patients": Bilingual("患者密钥", "Patients' keys"),
        "behind": Bilingual("待重新封装", "To wrap anew"),
        "destroyed": Bilingual("已销毁", "Destroyed"),
        "waiting": Bilingual("待重新加密的行", "Rows to seal anew"),
    }
    show_rows(rows, columns, Bilingual("没有密钥。", "There are no keys."))


async def _status() -> list[dict[str, Any]]:
    from suwen.bootstrap.keys import key_status

    async with platform() as opened:
        return await key_status(opened)


async def _rotate(wish: RotationWish, person: str | None) -> list[dict[str, Any]]:
    from suwen.bootstrap.keys import rotate_keys

    async with platform() as opened:
        return await rotate_keys(opened, await acting(opened, person), wish)


async def _reseal() -> dict[str, int]:
    from suwen.bootstrap.keys import reseal

    async with platform() as opened:
        return await reseal(opened)


async def _retire(person: str | None) -> dict[str, list[str]]:
    from suwen.bootstrap.keys import retire_keys

    async with platform() as opened:
        return await retire_keys(opened, await acting(opened, person))
