"""Commands about the hospital's rows: rules list, import, export, diff, approve; drugs import."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from suwen.bootstrap.rules.desk import Asked
from suwen.bootstrap.rules.files import CHANGES, DICTIONARY, INTERACTIONS, ReadFile, read_file
from suwen.bootstrap.rules.sets import PRESCRIPTION, rule_set_of
from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.output import say, show, show_rows
from suwen.clinical.row_change_files import changes_as_csv, rows_as_csv, text_of_file
from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.storage.rule_proposals import RuleProposal

rules = typer.Typer(help="The hospital's own rows of the clinical tables.", no_args_is_help=True)
drugs = typer.Typer(help="The hospital's own drug dictionary.", no_args_is_help=True)

RuleSet = Annotated[str, typer.Option("--set", help="Set of tables.")]
Number = Annotated[int, typer.Argument(help="Number of the change.")]
Given = Annotated[Path, typer.Argument(metavar="FILE", help="CSV (UTF-8 or GB 18030).")]
Reason = Annotated[str, typer.Option(help="Why.")]
FileSource = Annotated[str, typer.Option("--source", help="Name of the dictionary or database.")]
Edition = Annotated[str, typer.Option(help="Its edition or date.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change; propose nothing.")]
Columns = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="WISH=HEADING", help="Which heading holds what; repeatable."),
]


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.add_typer(rules, name="rules")
    app.add_typer(drugs, name="drugs")


@rules.command("waiting")
def waiting(as_person: AsPerson = None) -> None:
    """Changes that a second person has not looked at, the oldest first."""
    _show_proposals(run(_waiting(as_person)))


async def _waiting(person: str | None) -> list[RuleProposal]:
    async with platform() as opened:
        return await opened.rule_desk.waiting(await acting(opened, person))


@rules.command("list")
def list_changes(rule_set: RuleSet = PRESCRIPTION, as_person: AsPerson = None) -> None:
    """Every change of a set, the newest first, with the version that it became."""
    _show_proposals(run(_history(rule_set, as_person)))


async def _history(rule_set: str, person: str | None) -> list[RuleProposal]:
    async with platform() as opened:
        return await opened.rule_desk.history(await acting(opened, person), rule_set)


@rules.command("import")
def import_changes(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Changes as CSV or TOML.")],
    reason: Reason = "",
    rule_set: RuleSet = PRESCRIPTION,
    dry_run: DryRun = False,
    as_person: AsPerson = None,
) -> None:
    """Propose the changes of a file; every fault is told by its line and column."""
    answers = {"set": rule_set, "reason": reason}
    _told(run(_import(CHANGES, file, answers, dry_run=dry_run, person=as_person)))


@rules.command("interactions")
def import_interactions(  # noqa: PLR0913 - each is an option of its own
    file: Given,
    source: FileSource,
    edition: Edition = "",
    column: Columns = None,
    grade: Annotated[
        list[str] | None,
        typer.Option(metavar="GRADE=SEVERITY", help="What a grade means here; repeatable."),
    ] = None,
    reason: Reason = "",
    dry_run: DryRun = False,
    as_person: AsPerson = None,
) -> None:
    """Propose the pairs of an interaction database that the hospital may use."""
    answers = {"source": source, "edition": edition, "reason": reason}
    answers |= _pairs("column", column) | _pairs("grade", grade)
    _told(run(_import(INTERACTIONS, file, answers, dry_run=dry_run, person=as_person)))


@drugs.command("import")
def import_drugs(  # noqa: PLR0913 - each is an option of its own
    file: Given,
    source: FileSource,
    edition: Edition = "",
    column: Columns = None,
    line: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LINE=MEDICINE", help="What an uncertain line means; - leaves it out."
        ),
    ] = None,
    reason: Reason = "",
    dry_run: DryRun = False,
    as_person: AsPerson = None,
) -> None:
    """Propose the names and codes of the hospital's drug dictionary."""
    answers = {"source": source, "edition": edition, "reason": reason}
    answers |= _pairs("column", column) | _pairs("line", line)
    _told(run(_import(DICTIONARY, file, answers, dry_run=dry_run, person=as_person)))


async def _import(
    kind: str, file: Path, answers: dict[str, str], *, dry_run: bool, person: str | None
) -> tuple[ReadFile, list[RuleProposal]]:
    async with platform() as opened:
        who = await acting(opened, person)
        opened.rule_desk.require_reading(who)
        text = await asyncio.to_thread(_text_of, file)
        found = await read_file(opened.rule_desk, who, kind, text, answers)
        if dry_run or (kind == CHANGES and found.problems):
            return found, []
        asked = Asked(found.rule_set, found.changes, answers["reason"], kind)
        return found, await opened.rule_desk.propose(who, asked)


def _text_of(file: Path) -> str:
    if not file.is_file():
        raise InputError(
            "file_missing",
            Bilingual(zh="没有这个文件。", en="There is no such file."),
            field="file",
        )
    return text_of_file(file.read_bytes())


def _told(answer: tuple[ReadFile, list[RuleProposal]]) -> None:
    """Says what a file held; exit status 1 where a line of it could not be used."""
    found, made = answer
    body = {
        "read": found.read,
        "changes": len(found.changes),
        "known": found.known,
        "problems": [
            {"line": p.line, "column": p.column, "code": p.code, "message": say(p.message)}
            for p in found.problems
        ],
        "uncertain": [
            {
                "line": u.line, "code": u.code, "name": u.name, "generic": u.generic,
                "why": u.why, "candidates": list(u.candidates),
            }
            for u in found.uncertain
        ],
        "proposals": [_row(one) for one in made],
    }  # fmt: skip
    lines = [f"{p.line}: {p.column}: {say(p.message)}" for p in found.problems]
    lines += [f"{u.line}: {u.name}: {' | '.join(u.candidates)}" for u in found.uncertain]
    counted = Bilingual(
        f"读入 {found.read} 行，修改 {len(found.changes)}，已有 {found.known}，有误 "
        f"{len(found.problems)}，待定 {len(found.uncertain)}。",
        f"{found.read} lines read: {len(found.changes)} changes, {found.known} known, "
        f"{len(found.problems)} at fault, {len(found.uncertain)} uncertain.",
    )
    numbers = Bilingual("修改编号", "Change")
    lines += [say(counted), *(f"{say(numbers)} {one.number}: {one.state}" for one in made)]
    show(body, "\n".join(lines))
    if found.problems:
        raise typer.Exit(1)


@rules.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it, as CSV.")],
    table: Annotated[str | None, typer.Option(help="One table as it stands.")] = None,
    rule_set: RuleSet = PRESCRIPTION,
    as_person: AsPerson = None,
) -> None:
    """Write the hospital's changes, or a table as it stands, as a file to be filled in."""
    text = run(_export(table, rule_set, as_person))
    file.write_text(text, encoding="utf-8-sig")
    lines = text.count("\n") - 1
    show({"file": str(file), "lines": lines}, f"{file}: {lines}")


async def _export(table: str | None, rule_set: str, person: str | None) -> str:
    async with platform() as opened:
        desk, who = opened.rule_desk, await acting(opened, person)
        if table is None:
            await desk.rows(who, rule_set)
            return changes_as_csv(desk.site.in_use.changes.get(rule_set, ()))
        tables = rule_set_of(table)
        rows = [row for row in await desk.rows(who, tables.id) if row.table == table]
        return rows_as_csv(rows, tables.columns(table))


@rules.command("diff")
def diff(number: Number, as_person: AsPerson = None) -> None:
    """What a change makes of each row, column by column."""
    rows = run(_diff(number, as_person))
    columns = {
        "row": Bilingual("行", "Row"),
        "change": Bilingual("决定", "Decision"),
        "column": Bilingual("列", "Column"),
        "before": Bilingual("原来", "Was"),
        "after": Bilingual("改为", "Becomes"),
    }
    show_rows(rows, columns, Bilingual("没有不同。", "Nothing differs."))


async def _diff(number: int, person: str | None) -> list[dict[str, Any]]:
    async with platform() as opened:
        desk, who = opened.rule_desk, await acting(opened, person)
        found = []
        for one in await desk.changed_rows(who, await desk.proposal(who, number)):
            head = {
                "row": f"{one.change.table}/{one.change.row}",
                "change": one.change.change.value,
            }
            for name in one.columns or ("",):
                before = "" if one.before is None or not name else one.before.text(name)
                after = "" if one.after is None or not name else one.after.text(name)
                found.append({**head, "column": name, "before": before, "after": after})
        return found


@rules.command("approve")
def approve(
    number: Number,
    note: Annotated[str, typer.Option(help="A remark.")] = "",
    as_person: AsPerson = None,
) -> None:
    """Agree to what somebody else proposed."""
    _show_proposals([run(_decide(number, note, as_person, agreed=True))])


@rules.command("refuse")
def refuse(
    number: Number,
    reason: Reason,
    as_person: AsPerson = None,
) -> None:
    """Do not agree to what somebody else proposed; the proposer is told why."""
    _show_proposals([run(_decide(number, reason, as_person, agreed=False))])


async def _decide(number: int, note: str, person: str | None, *, agreed: bool) -> RuleProposal:
    async with platform() as opened:
        who = await acting(opened, person)
        return await opened.rule_desk.decide(who, number, agreed=agreed, note=note)


@rules.command("return")
def return_to(
    version: Annotated[int, typer.Argument(help="Version to go back to; 0 is as shipped.")],
    reason: Reason,
    rule_set: RuleSet = PRESCRIPTION,
    as_person: AsPerson = None,
) -> None:
    """Ask for the tables as they were at a version; another person agrees."""
    _show_proposals([run(_return(rule_set, version, reason, as_person))])


async def _return(rule_set: str, version: int, reason: str, person: str | None) -> RuleProposal:
    async with platform() as opened:
        who = await acting(opened, person)
        return await opened.rule_desk.propose_return(who, rule_set, version, reason)


def _pairs(prefix: str, given: list[str] | None) -> dict[str, str]:
    """Options ``NAME=VALUE`` as the answers that reading a file takes."""
    found = {}
    for one in given or ():
        name, equals, value = one.partition("=")
        if not equals:
            raise InputError(
                "option_wrong",
                Bilingual(zh=f"--{prefix} 须写成 名称=值。", en=f"--{prefix} must be NAME=VALUE."),
                field=prefix,
            )
        found[f"{prefix}:{name.strip()}"] = value.strip()
    return found


def _show_proposals(proposals: list[RuleProposal]) -> None:
    columns = {
        "number": Bilingual("编号", "Change"),
        "set": Bilingual("规则组", "Set"),
        "state": Bilingual("状态", "State"),
        "version": Bilingual("版本", "Version"),
        "rows": Bilingual("行数", "Rows"),
        "made_by": Bilingual("提出人", "Proposed by"),
        "decided_by": Bilingual("第二人", "Second person"),
        "reason": Bilingual("原因", "Reason"),
        "note": Bilingual("第二人的说明", "What the second person said"),
    }
    show_rows([_row(one) for one in proposals], columns, Bilingual("没有。", "There are none."))


def _row(one: RuleProposal) -> dict[str, Any]:
    def moment(at: datetime | None) -> str | None:
        return at.isoformat(timespec="seconds") if at is not None else None

    return {
        "number": one.number,
        "set": one.rule_set,
        "state": one.state.value,
        "version": one.version,
        "rows": len(one.changes),
        "returns_to": one.returns_to,
        "made_by": one.made_by,
        "made_at": moment(one.made_at),
        "decided_by": one.decided_by,
        "works_from": moment(one.works_from),
        "reason": one.reason,
        "note": one.note,
    }
