"""Commands about editions: knowledge editions, activate, verify, diff, export, install, key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.commands.knowledge_arguments import CollectionName
from suwen.cli.output import say, show, show_rows
from suwen.core.knowledge_form import edition_as_json
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    from suwen.core.knowledge import EditionInfo

EditionName = Annotated[
    str, typer.Argument(metavar="EDITION", help="Number, hash, or its first 6 digits or more.")
]
_OTHER = typer.Option(help="Instead of the one in use: number, hash, or the beginning of it.")
MOST_NAMED = 20


def register(knowledge: typer.Typer) -> None:
    """Adds the commands to the noun."""
    knowledge.command("editions")(editions)
    knowledge.command("activate")(activate)
    knowledge.command("retire")(retire)
    knowledge.command("verify")(verify)
    knowledge.command("diff")(diff)
    knowledge.command("export")(export)
    knowledge.command("install")(install)
    knowledge.command("key")(key)


def editions(collection: CollectionName, person: AsPerson = None) -> None:
    """List the editions of a collection, the latest first."""
    columns = {
        "number": Bilingual("版本", "Number"),
        "short": Bilingual("哈希", "Hash"),
        "in_use": Bilingual("使用中", "In use"),
        "state": Bilingual("状态", "State"),
        "documents": Bilingual("文档", "Documents"),
        "passages": Bilingual("段落", "Passages"),
        "vectors": Bilingual("向量", "Vectors"),
        "built_at": Bilingual("构建时间", "Built"),
    }
    rows = run(_editions(collection, person))
    show_rows(rows, columns, Bilingual("还没有版本。", "There are no editions yet."))


async def _editions(collection: str, person: str | None) -> list[dict[str, Any]]:
    async with platform() as opened:
        who = await acting(opened, person)
        found = await opened.library.editions.list(collection, who)
        current = (await opened.library.parts.store.collection(collection)).current_edition
        return [
            {
                **edition_as_json(one.info),
                "short": one.info.hash[:12],
                "state": one.state.value,
                "origin": one.origin.value,
                "in_use": one.info.hash == current,
            }
            for one in found
        ]


def activate(collection: CollectionName, edition: EditionName, person: AsPerson = None) -> None:
    """Let searches use an edition; an earlier one rolls back."""
    info = run(_activate(collection, edition, person))
    show(edition_as_json(info), say(_in_use(info)))


async def _activate(collection: str, edition: str, person: str | None) -> EditionInfo:
    async with platform() as opened:
        who = await acting(opened, person)
        return await opened.library.editions.activate(collection, edition, who)


def retire(collection: CollectionName, edition: EditionName, person: AsPerson = None) -> None:
    """Take an edition that is not in use away, with its files."""
    info = run(_retire(collection, edition, person))
    text = Bilingual(zh=f"版本 {info.number} 已移除。", en=f"Edition {info.number} is gone.")
    show(edition_as_json(info), say(text))


async def _retire(collection: str, edition: str, person: str | None) -> EditionInfo:
    async with platform() as opened:
        who = await acting(opened, person)
        return await opened.library.editions.retire(collection, edition, who)


def verify(
    collection: CollectionName,
    edition: Annotated[str | None, _OTHER] = None,
    person: AsPerson = None,
) -> None:
    """Check signature and every file of an edition; exit status 1 when one is not as signed.

    Says besides how far the collection has gone on since the edition was built.
    """
    body = run(_verify(collection, edition, person))
    if not body["ok"]:
        show(body, body["message"])
        raise typer.Exit(1)
    text = Bilingual(
        zh=f"版本 {body['number']} 完好；{body['matching']} 个文档与数据库一致，"
        f"{len(body['only_in_edition'])} 个仅在版本中，"
        f"{len(body['only_in_database'])} 个仅在库中。",
        en=f"Edition {body['number']} is whole; {body['matching']} documents agree with the "
        f"database, {len(body['only_in_edition'])} are only in the edition, "
        f"{len(body['only_in_database'])} only in the database.",
    )
    show(body, say(text))


async def _verify(collection: str, edition: str | None, person: str | None) -> dict[str, Any]:
    from suwen.core.errors import KnowledgeError

    async with platform() as opened:
        who = await acting(opened, person)
        try:
            found = await opened.library.editions.verify(collection, who, edition)
        except KnowledgeError as error:
            # What was asked for is whether it is whole: that it is not, is the answer.
            return {"ok": False, "code": error.code, "message": say(error.safe_message)}
        return {
            "ok": True,
            **edition_as_json(found.info),
            "in_use": found.current,
            "matching": found.matching,
            "only_in_edition": list(found.only_in_edition),
            "only_in_database": list(found.only_in_database),
        }


def diff(
    collection: CollectionName,
    earlier: Annotated[
        str | None, typer.Option(help="Instead of the one before: number, hash or beginning.")
    ] = None,
    later: Annotated[str | None, _OTHER] = None,
    person: AsPerson = None,
) -> None:
    """Show what changed from one edition to another."""
    body = run(_diff(collection, earlier, later, person))
    lines = [f"{body['earlier']['number']} → {body['later']['number']}"]
    for name, mark in (("added", "+"), ("changed", "~"), ("removed", "-")):
        named = body[name]
        lines += [f"{mark} {document}" for document in named[:MOST_NAMED]]
        if len(named) > MOST_NAMED:
            lines.append(f"{mark} … {len(named) - MOST_NAMED}")
    lines.append(
        say(
            Bilingual(
                zh=f"{body['same']} 个文档相同；段落：保留 {body['passages_kept']}，"
                f"新增 {body['passages_new']}，移除 {body['passages_gone']}。",
                en=f"{body['same']} documents are the same; passages: {body['passages_kept']} "
                f"kept, {body['passages_new']} new, {body['passages_gone']} gone.",
            )
        )
    )
    show(body, "\n".join(lines))


async def _diff(
    collection: str, earlier: str | None, later: str | None, person: str | None
) -> dict[str, Any]:
    async with platform() as opened:
        who = await acting(opened, person)
        found = await opened.library.editions.diff(collection, who, earlier, later)
        return {
            "earlier": edition_as_json(found.earlier),
            "later": edition_as_json(found.later),
            "added": list(found.added),
            "removed": list(found.removed),
            "changed": list(found.changed),
            "same": found.same,
            "passages_kept": found.passages_kept,
            "passages_new": found.passages_new,
            "passages_gone": found.passages_gone,
        }


def export(
    collection: CollectionName,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write; must be new.")],
    edition: Annotated[str | None, _OTHER] = None,
    person: AsPerson = None,
) -> None:
    """Write an edition as one signed file, for a site without a network.

    It holds every document of the edition, with its rights.
    """
    body = run(_export(collection, file, edition, person))
    text = Bilingual(
        zh=f"已写入 {file}。对方安装时需核对并登记本院公钥：\n"
        f"suwen knowledge install {file.name} --key {body['public_key']}",
        en=f"Written to {file}. The other site checks and registers this site's key:\n"
        f"suwen knowledge install {file.name} --key {body['public_key']}",
    )
    show(body, say(text))


async def _export(
    collection: str, file: Path, edition: str | None, person: str | None
) -> dict[str, Any]:
    async with platform() as opened:
        who = await acting(opened, person)
        done = await opened.library.carrying.export(collection, file, who, edition)
        return {
            "file": str(file),
            **edition_as_json(done.info),
            "key_id": done.key_id,
            "public_key": done.public_key,
        }


def install(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File that export wrote.")],
    public_key: Annotated[
        str | None,
        typer.Option(
            "--key",
            help="Public key of the other site, as its `knowledge key` shows it; needed once.",
        ),
    ] = None,
    person: AsPerson = None,
) -> None:
    """Take an edition in from a file, with its documents, and let searches use it.

    A file that was changed, or that no known site signed, is refused.
    """
    info = run(_install(file, public_key, person))
    show(edition_as_json(info), say(_in_use(info)))


async def _install(file: Path, public_key: str | None, person: str | None) -> EditionInfo:
    async with platform() as opened:
        who = await acting(opened, person)
        return (await opened.library.carrying.install(file, who, public_key)).info


def key() -> None:
    """Show the public key by which this site signs its editions."""
    body = run(_key())
    show(body, f"{body['key_id']}\n{body['public_key']}")


async def _key() -> dict[str, Any]:
    async with platform() as opened:
        key_id, public_key = opened.library.carrying.own_key()
        return {"key_id": key_id, "public_key": public_key}


def _in_use(info: EditionInfo) -> Bilingual:
    return Bilingual(
        zh=f"{info.collection} 现使用版本 {info.number}（{info.hash[:12]}）。",
        en=f"{info.collection} now uses edition {info.number} ({info.hash[:12]}).",
    )
