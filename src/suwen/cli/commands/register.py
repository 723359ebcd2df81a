"""Commands about the register of AI systems: register list, show, export, law, answers."""

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


@systems.command("answers")
def show_answers(
    system: Annotated[str, typer.Argument(help="Id of the system.")], as_person: AsPerson = None
) -> None:
    """List who answers for a system, and the duties that nobody has."""
    columns = {
        "party": Bilingual("责任方", "Party"),
        "words": Bilingual("职责", "Duty"),
        "name": Bilingual("由谁", "Who"),
        "role": Bilingual("职务", "As what"),
        "since": Bilingual("自", "Since"),
        "gap": Bilingual("空缺", "Gap"),
    }
    rows = run(_answers(system, as_person))
    show_rows(rows, columns, Bilingual("没有职责。", "There are no duties."))


async def _answers(system: str, person: str | None) -> list[dict[str, object]]:
    from suwen.control.governance.answerability import WORDS

    async with platform() as opened:
        who = await acting(opened, person)
        found = await opened.accountability.answers.read(system, who)
    return [
        {
            "duty": one.duty.value,
            "party": one.party.value,
            "words": say(WORDS[one.duty]),
            "name": one.name,
            "role": one.role,
            "person": one.person,
            "since": one.since.isoformat() if one.since else None,
            "release": one.release,
            "gap": one.gap.value if one.gap else None,
        }
        for one in found.duties
    ]


@systems.command("answer")
def write_answer(  # noqa: PLR0913 - who has which duty, as what, since when
    system: Annotated[str, typer.Argument(help="Id of the system.")],
    duty: Annotated[str, typer.Option(help="Which duty, as `register answers` names it.")],
    since: Annotated[str, typer.Option(help="From which day on, YYYY-MM-DD.")],
    account: Annotated[str, typer.Option(help="Account of this hospital.")] = "",
    name: Annotated[str, typer.Option(help="Somebody outside, or an organisation.")] = "",
    role: Annotated[str, typer.Option(help="As what.")] = "",
    release: Annotated[str, typer.Option(help="Hash of the one Release that it is for.")] = "",
    as_person: AsPerson = None,
) -> None:
    """Write who takes over a duty; without account and name, nobody has it from that day on."""
    given = {"duty": duty, "since": since, "person": account, "name": name, "role": role}
    run(_write_answer(system, {**given, "release": release}, as_person))
    show({"system": system, "duty": duty}, say(Bilingual("已登记。", "Written.")))


async def _write_answer(system: str, given: dict[str, str], person: str | None) -> None:
    async with platform() as opened:
        who = await acting(opened, person)
        await opened.accountability.answers.write(system, given, who)
