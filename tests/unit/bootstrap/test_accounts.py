"""Lists of people: what is read, and what acts under whose name."""

from __future__ import annotations

from pathlib import Path

import pytest

from suwen.bootstrap.accounts import (
    PersonRow,
    disable_person,
    faults_of_people,
    import_people,
    principal_by_name,
    principal_by_token,
    read_people,
    read_people_file,
    token_for,
)
from suwen.bootstrap.platform import Platform
from suwen.core.errors import AuthenticationError, ConflictError, InputError, NotFoundError
from suwen.core.identity import Role, batch_principal

PASSWORD = "9-blue-Lanterns"
HEADER = "name,full_name,roles,departments,language,password\n"
OPERATOR = batch_principal("root")


def person(name: str = "dr.one", **change: str) -> PersonRow:
    values = {
        "name": name,
        "full_name": "壹",
        "roles": "physician",
        "departments": "cardiology",
        "language": "zh",
        "password": PASSWORD,
        **change,
    }
    return PersonRow(0, values)


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    rows = read_people((HEADER + "\n,,,,,\na.b,x,nurse,,,p\n").encode())
    assert [(row.line, row.values["name"]) for row in rows] == [(4, "a.b")]


def test_columns_in_any_order_and_the_last_two_may_be_absent() -> None:
    (row,) = read_people(b"password, roles,full_name,name\np,nurse,x,a.b")
    assert dict(row.values) == {"password": "p", "roles": "nurse", "full_name": "x", "name": "a.b"}


def test_a_password_is_never_shown() -> None:
    assert PASSWORD not in repr(person())


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(InputError, match="input_missing"):
            read_people_file(path)


async def test_all_or_none(platform: Platform) -> None:
    assert await import_people(platform, [person("n.one"), person("n.two")], OPERATOR) == 2
    with pytest.raises(ConflictError, match="account_exists"):
        await import_people(platform, [person("n.new"), person("n.one")], OPERATOR)
    with pytest.raises(InputError, match="account_twice"):
        await import_people(platform, [person("n.new"), person("n.new")], OPERATOR)
    with pytest.raises(InputError, match="password_too_weak"):
        await import_people(platform, [person("n.new"), person("n.bad", password="x")], OPERATOR)
    assert {p.id for p in await platform.people.list()} == {"n.one", "n.two"}


@pytest.mark.parametrize(
    ("roles", "read"),
    [
        ("physician", {Role.PHYSICIAN}),
        ("nurse;pharmacist", {Role.NURSE, Role.PHARMACIST}),
        (" nurse  physician ", {Role.NURSE, Role.PHYSICIAN}),
    ],
)
async def test_roles_as_hospitals_write_them(
    platform: Platform, roles: str, read: set[Role]
) -> None:
    await import_people(platform, [person(roles=roles)], OPERATOR)
    (added,) = await platform.people.list()
    assert added.roles == read


async def test_who_acts_by_token(platform: Platform) -> None:
    await import_people(platform, [person("n.one"), person("n.two")], OPERATOR)
    token = await token_for(platform, "n.one", PASSWORD)
    principal = await principal_by_token(platform, token, "n.one", "root")
    assert (principal.id, principal.operating_user) == ("n.one", "root")
    with pytest.raises(AuthenticationError, match="token_wrong"):
        await principal_by_token(platform, token, "n.two", "root")
    with pytest.raises(AuthenticationError, match="session_ended"):
        await principal_by_token(platform, token + "x", "n.one", "root")
    await disable_person(platform, "n.one", OPERATOR)
    with pytest.raises(AuthenticationError, match="session_ended"):
        await principal_by_token(platform, token, "n.one", "root")


async def test_by_name_alone_only_a_demonstration_person_acts(platform: Platform) -> None:
    await import_people(platform, [person("n.one")], OPERATOR)
    for name in ("n.one", "nobody", "../x", "x" * 10_000, ""):
        with pytest.raises(AuthenticationError, match="token_missing") as caught:
            await principal_by_name(platform, name, None)
        assert len(caught.value.safe_message.en) < 200


async def test_nobody_of_this_name(platform: Platform) -> None:
    with pytest.raises(NotFoundError, match="no_such_account"):
        await disable_person(platform, "nobody", OPERATOR)


async def test_every_line_at_fault_is_named_and_nobody_added(platform: Platform) -> None:
    await import_people(platform, [person("f.taken")], OPERATOR)
    text = (
        HEADER
        + f"f.good,好,nurse,,zh,{PASSWORD}\n"
        + f"F.Upper,坏,nurse,,zh,{PASSWORD}\n"
        + f"f.taken,坏,nurse,,zh,{PASSWORD}\n"
        + f"f.good,坏,nurse,,zh,{PASSWORD}\n"
        + "f.weak,坏,nurse,,zh,short\n"
        + f"f.role,坏,king,,zh,{PASSWORD}\n"
    )
    for data in (text.encode(), text.encode("gb18030")):
        rows = read_people(data)
        faults = await faults_of_people(platform, rows)
        assert [(fault.code, fault.field) for fault in faults] == [
            ("account_name_wrong", "line 3.name"),
            ("account_exists", "line 4.name"),
            ("account_twice", "line 5.name"),
            ("password_too_weak", "line 6.password"),
            ("role_unknown", "line 7.roles"),
        ]
        with pytest.raises(InputError, match="account_name_wrong"):
            await import_people(platform, rows, OPERATOR)
    assert {p.id for p in await platform.people.list() if p.id.startswith("f.")} == {"f.taken"}


async def test_the_practitioner_of_the_records_is_kept(platform: Platform) -> None:
    rows = [person("p.one", practitioner=" prac-7 "), person("p.two", practitioner="")]
    assert await faults_of_people(platform, rows) == []
    await import_people(platform, rows, OPERATOR)
    assert [p.id for p in await platform.people.by_practitioner("prac-7")] == ["p.one"]
