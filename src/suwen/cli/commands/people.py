"""Commands about people: login, and user list, add, import, disable."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from suwen.bootstrap.accounts import (
    PersonRow,
    disable_person,
    import_people,
    read_people_file,
    token_for,
)
from suwen.cli.acting import acting, keep_token, platform, run, settings
from suwen.cli.asking import ask_secret
from suwen.cli.output import say, show, show_rows
from suwen.core.identity import Role
from suwen.core.language import Bilingual

users = typer.Typer(help="People who may sign in.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.command("login")(login)
    app.add_typer(users, name="user")


PASSWORD = Bilingual("密码", "Password")


def login(name: Annotated[str, typer.Argument(help="Account name.")]) -> None:
    """Sign in on this machine; the password is asked for, or read from standard input."""
    home = settings().home
    token = run(_login(name, ask_secret(PASSWORD, confirm=False)))
    path = keep_token(home, name, token)
    show({"person": name, "token_file": str(path)}, say(Bilingual(zh="已登录。", en="Signed in.")))


async def _login(name: str, password: str) -> str:
    async with platform() as opened:
        return await token_for(opened, name, password)


@users.command("list")
def list_users() -> None:
    """List the accounts."""
    rows = run(_list())
    columns = {
        "name": Bilingual("账户", "Account"),
        "full_name": Bilingual("姓名", "Name"),
        "roles": Bilingual("角色", "Roles"),
        "departments": Bilingual("科室", "Departments"),
        "state": Bilingual("状态", "State"),
    }
    show_rows(rows, columns, Bilingual("还没有账户。", "There are no accounts yet."))


async def _list() -> list[dict[str, object]]:
    async with platform() as opened:
        people = await opened.people.list()
    return [
        {
            "name": p.id,
            "full_name": p.name,
            "roles": ", ".join(sorted(p.roles)),
            "departments": ", ".join(sorted(p.departments)),
            "state": "disabled" if p.disabled else "active",
            "origin": p.origin,
        }
        for p in people
    ]


@users.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Account name, for example dr.lin.")],
    full_name: Annotated[str, typer.Option(help="Name to show.")],
    role: Annotated[list[Role], typer.Option(help="Role; may be given several times.")],
    department: Annotated[list[str] | None, typer.Option(help="Department code.")] = None,
    language: Annotated[str, typer.Option(help="zh or en")] = "zh",
) -> None:
    """Add an account; the password is asked for, or read from standard input."""
    password = ask_secret(PASSWORD, confirm=True)
    row = {
        "name": name,
        "full_name": full_name,
        "roles": " ".join(role),
        "departments": " ".join(department or ()),
        "language": language,
        "password": password,
    }
    run(_import([PersonRow(0, row)]))
    show({"added": name}, say(Bilingual(zh=f"已添加 {name}。", en=f"Added {name}.")))


@users.command("import")
def import_file(
    path: Annotated[Path, typer.Argument(help="CSV with a header line, UTF-8 or GB18030.")],
) -> None:
    """Add accounts from a CSV file; all of them, or none when a line is wrong."""
    rows = read_people_file(path)
    added = run(_import(rows))
    show({"added": added}, say(Bilingual(zh=f"已添加 {added} 人。", en=f"Added {added} people.")))


async def _import(rows: Sequence[PersonRow]) -> int:
    async with platform() as opened:
        who = await acting(opened, None)
        return await import_people(opened, rows, who)


@users.command("disable")
def disable(name: Annotated[str, typer.Argument(help="Account name.")]) -> None:
    """Take an account out of use at once: its sessions and tokens end too."""
    run(_disable(name))
    show({"disabled": name}, say(Bilingual(zh=f"已停用 {name}。", en=f"Disabled {name}.")))


async def _disable(name: str) -> None:
    async with platform() as opened:
        await disable_person(opened, name, await acting(opened, None))
