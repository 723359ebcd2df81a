"""Commands about people: login, and user list, add, import, link, unlink, disable."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from suwen.bootstrap.accounts import (
    PersonRow,
    disable_person,
    faults_of_people,
    import_people,
    read_people_file,
    reset_second_factor,
    token_for,
)
from suwen.cli.acting import acting, keep_token, platform, run, settings
from suwen.cli.asking import ask_secret
from suwen.cli.output import say, show, show_rows
from suwen.core.errors import AuthenticationError, InputError
from suwen.core.identity import Role
from suwen.core.language import Bilingual

users = typer.Typer(help="People who may sign in.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    app.command("login")(login)
    app.add_typer(users, name="user")


PASSWORD = Bilingual("密码", "Password")
CODE = Bilingual("验证码", "Code")


def login(name: Annotated[str, typer.Argument(help="Account name.")]) -> None:
    """Sign in on this machine; the password is asked for, or read from standard input."""
    home = settings().home
    password = ask_secret(PASSWORD, confirm=False)
    try:
        token = run(_login(name, password, None))
    except AuthenticationError as error:
        if error.code != "second_factor_needed":
            raise
        token = run(_login(name, password, ask_secret(CODE, confirm=False)))
    path = keep_token(home, name, token)
    show({"person": name, "token_file": str(path)}, say(Bilingual(zh="已登录。", en="Signed in.")))


async def _login(name: str, password: str, code: str | None) -> str:
    async with platform() as opened:
        return await token_for(opened, name, password, code)


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
    dry_run: Annotated[
        bool, typer.Option(help="Only say what is wrong, line by line; status 1 when something is.")
    ] = False,
) -> None:
    """Add accounts from a CSV file; all of them, or none when a line is wrong."""
    rows = read_people_file(path)
    if dry_run:
        _say_faults(rows)
        return
    added = run(_import(rows))
    show({"added": added}, say(Bilingual(zh=f"已添加 {added} 人。", en=f"Added {added} people.")))


def _say_faults(rows: Sequence[PersonRow]) -> None:
    faults = run(_faults(rows))
    told = [{"code": f.code, "field": f.field, "message": say(f.safe_message)} for f in faults]
    lines = [str(one["message"]) for one in told]
    total, wrong = len(rows), len(faults)
    lines.append(
        say(
            Bilingual(
                zh=f"{total} 人，{wrong} 行有误；未添加任何人。",
                en=f"{total} people, {wrong} lines at fault; nobody was added.",
            )
        )
    )
    show({"people": total, "faults": told}, "\n".join(lines))
    if faults:
        raise typer.Exit(1)


async def _faults(rows: Sequence[PersonRow]) -> list[InputError]:
    async with platform() as opened:
        return await faults_of_people(opened, rows)


async def _import(rows: Sequence[PersonRow]) -> int:
    async with platform() as opened:
        who = await acting(opened, None)
        return await import_people(opened, rows, who)


@users.command("link")
def link(
    name: Annotated[str, typer.Argument(help="Account name.")],
    issuer: Annotated[
        str, typer.Option(help="oidc, ldap, or the issuer's whole name as the audit states it.")
    ],
    subject: Annotated[str, typer.Option(help="The person there, as the audit states it.")],
) -> None:
    """Link an account with a person of the hospital's own sign-in, who then signs in as it."""
    run(_link(name, issuer, subject))
    show({"linked": name}, say(Bilingual(zh=f"已关联 {name}。", en=f"Linked {name}.")))


async def _link(name: str, issuer: str, subject: str) -> None:
    async with platform() as opened:
        who = await acting(opened, None)
        known = opened.sign_in.issuer_named(issuer)
        await opened.sign_in.link(name, known, subject, who)


@users.command("unlink")
def unlink(
    issuer: Annotated[str, typer.Option(help="oidc, ldap, or the issuer's whole name.")],
    subject: Annotated[str, typer.Option(help="The person there.")],
) -> None:
    """Undo a link; the account's sessions and tokens end."""
    done = run(_unlink(issuer, subject))
    words = Bilingual(zh="已解除关联。", en="The link is undone.")
    none = Bilingual(zh="没有这样的关联。", en="There was no such link.")
    show({"unlinked": done}, say(words if done else none))


async def _unlink(issuer: str, subject: str) -> bool:
    async with platform() as opened:
        who = await acting(opened, None)
        return await opened.sign_in.unlink(opened.sign_in.issuer_named(issuer), subject, who)


@users.command("disable")
def disable(name: Annotated[str, typer.Argument(help="Account name.")]) -> None:
    """Take an account out of use at once: its sessions and tokens end too."""
    run(_disable(name))
    show({"disabled": name}, say(Bilingual(zh=f"已停用 {name}。", en=f"Disabled {name}.")))


async def _disable(name: str) -> None:
    async with platform() as opened:
        await disable_person(opened, name, await acting(opened, None))


@users.command("reset-second-factor")
def reset_factor(name: Annotated[str, typer.Argument(help="Account name.")]) -> None:
    """Take away the second factor of somebody whose app is lost; their sessions and tokens end."""
    done = run(_reset_factor(name))
    words = Bilingual(zh=f"已重置 {name} 的第二因素。", en=f"Reset the second factor of {name}.")
    none = Bilingual(zh=f"{name} 没有第二因素。", en=f"{name} had no second factor.")
    show({"reset": done}, say(words if done else none))


async def _reset_factor(name: str) -> bool:
    async with platform() as opened:
        return await reset_second_factor(opened, name, await acting(opened, None))
