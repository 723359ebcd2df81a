"""Commands about the register of AI systems: register list, show, export, law."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.files import open_private
from suwen.cli.output import STYLE, say, show, show_rows
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    from collections.abc import Sequence

    from suwen.control.governance.register import RegisterRow

systems = typer.Typer(help="The register of AI systems and their classes.", no_args_is_help=True)

RULES = typer.Option(help="Version of the rules of law; by default the newest.")


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(systems, name="register")


@systems.command("list")
def list_systems(law: Annotated[str | None, RULES] = None, as_person: AsPerson = None) -> None:
    """List every AI system with its class in each law."""
    columns = {
        "id": Bilingual("编号", "Id"),
        "title": Bilingual("名称", "Title"),
        "stage": Bilingual("状态", "State"),
        "us": Bilingual("美国", "US"),
        "eu": Bilingual("欧盟", "EU"),
        "cn": Bilingual("中国", "China"),
        "open": Bilingual("待填写", "To write"),
    }
    rows = [_line(row) for row in run(_rows(law, as_person))]
    show_rows(rows, columns, Bilingual("登记册是空的。", "The register is empty."))


@systems.command("show")
def show_system(
    system: Annotated[str, typer.Argument(help="Id of the system.")], as_person: AsPerson = None
) -> None:
    """Show one system: facts, answers, classes with rule and source."""
    from suwen.bootstrap.register import register_json

    [told] = register_json([run(_read(system, as_person))], STYLE.language)
    show(told, "\n".join(f"{name}: {value}" for name, value in told.items()))


@systems.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="CSV file to write.")], as_person: AsPerson = None
) -> None:
    """Export the whole register as CSV."""
    from suwen.bootstrap.register import register_csv

    rows = run(_rows(None, as_person))
    with open_private(file) as out:
        out.write(register_csv(rows, STYLE.language))
    told = Bilingual(f"已导出 {len(rows)} 个系统。", f"Exported {len(rows)} systems.")
    show({"file": str(file), "systems": len(rows)}, say(told))


@systems.command("law")
def law_change(
    before: Annotated[str, typer.Argument(help="Earlier version, for example 2022-09.")],
    after: Annotated[str, typer.Argument(help="Later version.")],
    as_person: AsPerson = None,
) -> None:
    """List the systems that a change of law classes otherwise."""
    rows = run(_changed(before, after, as_person))
    columns = {
        "system": Bilingual("系统", "System"),
        "jurisdiction": Bilingual("法域", "Law"),
        "before": Bilingual("此前", "Before"),
        "after": Bilingual("现在", "Now"),
    }
    show_rows(rows, columns, Bilingual("没有系统改变类别。", "No system changes its class."))


async def _rows(law: str | None, person: str | None) -> Sequence[RegisterRow]:
    async with platform() as opened:
        return await opened.register.rows(await acting(opened, person), law)


async def _read(system: str, person: str | None) -> RegisterRow:
    async with platform() as opened:
        return (await opened.register.read(system, await acting(opened, person))).row


async def _changed(before: str, after: str, person: str | None) -> list[dict[str, object]]:
    async with platform() as opened:
        who = await acting(opened, person)
        return [
            {
                "system": one.function,
                "jurisdiction": one.after.jurisdiction.value,
                "before": say(one.before.words),
                "after": say(one.after.words),
            }
            for one in await opened.register.changed_by_law(before, after, who)
        ]


def _line(row: RegisterRow) -> dict[str, object]:
    classes = {law.value: say(found.words) for law, found in row.decisions.items()}
    title, stage = row.texts.get("title"), row.texts.get("stage")
    return {
        "id": row.id,
        "title": None if title is None else say(title),
        "stage": None if stage is None else say(stage),
        **classes,
        "open": len(row.open_facts),
    }
