"""The directory client against slapd: passwords, groups in groups, bars, injection, failover."""

from __future__ import annotations

import asyncio
import dataclasses
import socket
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from suwen.core.errors import UnavailableError
from suwen.integration.identity.directory_connection import DirectoryServer
from suwen.integration.identity.directory_groups import GroupSearch, in_chain_filter, normalised
from suwen.integration.identity.ldap import Directory, DirectoryLayout, DirectorySettings
from tests.support.peers.slapd import GROUPS, PEOPLE, READER, READER_PASSWORD, Slapd, slapd

PASSWORD = "Ward-7 & *(star)\\"


@pytest.fixture(scope="module")
def directory_server() -> Iterator[Slapd]:
    """A directory with a ward: a physician in a group in a group in a group."""
    with slapd() as server:
        lin = server.person("lin.wei", PASSWORD, "林薇", "departmentNumber: 心内科")
        he = server.person("he.qing", PASSWORD, "何青")
        server.person("no.groups", PASSWORD)
        attending = server.group("attending", lin)
        cardiology = server.group("cardiology", attending, he)
        server.group("physicians", cardiology)
        server.group("others", f"uid=no.body,{PEOPLE}")
        yield server


def layout(**changes: Any) -> DirectoryLayout:
    usual = DirectoryLayout(
        people_base=PEOPLE,
        people_filter="(objectClass=inetOrgPerson)",
        account="uid",
        subject="entryUUID",
        name="cn",
        groups_base=GROUPS,
        groups=GroupSearch.LEVELS,
        department="departmentNumber",
    )
    return dataclasses.replace(usual, **changes)


def settings(server: Slapd, **changes: Any) -> DirectorySettings:
    usual = DirectorySettings(
        issuer="ldap:test",
        servers=(DirectoryServer.at(server.tls, start_tls=False),),
        layout=layout(),
        bind_dn=READER,
        bind_password=READER_PASSWORD,
        ca_file=server.ca_file,
        limit_s=6.0,
        step_s=1,
    )
    return dataclasses.replace(usual, **changes)


@pytest.fixture
async def open_directory() -> AsyncIterator[Any]:
    """Opens directories, and closes them after the test."""
    opened: list[Directory] = []

    def one(wanted: DirectorySettings) -> Directory:
        opened.append(Directory(wanted))
        return opened[-1]

    yield one
    for directory in opened:
        await directory.close()


async def test_a_password_proves_a_person_with_all_their_groups(
    directory_server: Slapd, open_directory: Any
) -> None:
    found = await open_directory(settings(directory_server)).prove("lin.wei", PASSWORD)
    assert (found.account, found.name, found.issuer) == ("lin.wei", "林薇", "ldap:test")
    assert {"attending", "cardiology", "physicians"} == {
        name.partition(",")[0].removeprefix("cn=") for name in found.groups
    }
    assert "心内科" in found.departments
    assert len(found.subject) == 36


@pytest.mark.parametrize("password", ["wrong", "", PASSWORD + " ", "\0", PASSWORD.lower()])
async def test_another_password_proves_nobody(
    directory_server: Slapd, open_directory: Any, password: str
) -> None:
    """The empty one above all: a directory takes it for a bind as nobody, which succeeds."""
    assert await open_directory(settings(directory_server)).prove("lin.wei", password) is None


@pytest.mark.parametrize(
    "account",
    ["*", "lin*", "lin.wei)(uid=*", "*)(objectClass=*", "lin.wei\0", "lin\\2awei", "nobody", ""],
)
async def test_what_is_typed_never_becomes_part_of_the_search(
    directory_server: Slapd, open_directory: Any, account: str
) -> None:
    assert await open_directory(settings(directory_server)).prove(account, PASSWORD) is None


async def test_the_filter_itself_is_safe_where_a_name_may_hold_anything(
    directory_server: Slapd, open_directory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Behind the check of the account's form stands the escape of the filter."""
    import re

    from suwen.integration.identity import ldap

    monkeypatch.setattr(ldap, "ACCOUNT", re.compile(r".+", re.DOTALL))
    directory = open_directory(settings(directory_server))
    for account in ("*", "lin.wei)(uid=*", "lin.we*"):
        assert await directory.prove(account, PASSWORD) is None
    assert await directory.prove("lin.wei", PASSWORD) is not None


async def test_without_the_escape_the_attack_would_succeed(
    directory_server: Slapd, open_directory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import re

    from suwen.integration.identity import ldap

    monkeypatch.setattr(ldap, "ACCOUNT", re.compile(r".+", re.DOTALL))
    monkeypatch.setattr(ldap, "escape_filter_chars", lambda text: text)
    found = await open_directory(settings(directory_server)).prove("lin.we*", PASSWORD)
    assert found is not None


async def test_two_people_of_one_name_prove_nobody(
    directory_server: Slapd, open_directory: Any
) -> None:
    directory_server.add(f"dn: ou=twins,{PEOPLE}\nobjectClass: organizationalUnit\nou: twins")
    directory_server.person("twin", PASSWORD)
    assert await open_directory(settings(directory_server)).prove("twin", PASSWORD) is not None
    directory_server.add(
        f"dn: uid=twin,ou=twins,{PEOPLE}\nobjectClass: inetOrgPerson\nuid: twin\ncn: t\nsn: t\n"
        f"userPassword: {PASSWORD}"
    )
    assert await open_directory(settings(directory_server)).prove("twin", PASSWORD) is None


async def test_groups_that_hold_each_other_end_the_search(
    directory_server: Slapd, open_directory: Any
) -> None:
    member = directory_server.person("round.about", PASSWORD)
    first = directory_server.group("round-1", member)
    second = directory_server.group("round-2", first)
    directory_server.modify(f"dn: {first}\nchangetype: modify\nadd: member\nmember: {second}")
    found = await open_directory(settings(directory_server)).prove("round.about", PASSWORD)
    assert found.groups == {normalised(first), normalised(second)}


async def test_groups_by_account_name_count_too(
    directory_server: Slapd, open_directory: Any
) -> None:
    directory_server.person("posix.one", PASSWORD)
    directory_server.add(
        f"dn: cn=unix,{GROUPS}\nobjectClass: posixGroup\ncn: unix\ngidNumber: 7\n"
        "memberUid: posix.one"
    )
    found = await open_directory(settings(directory_server)).prove("posix.one", PASSWORD)
    assert found.groups == {f"cn=unix,{GROUPS}"}


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("description", "x")],
)
async def test_an_entry_outside_the_filter_does_not_sign_in(
    directory_server: Slapd, open_directory: Any, attribute: str, value: str
) -> None:
    directory_server.person("left.us", PASSWORD, None, f"{attribute}: {value}")
    everybody = open_directory(settings(directory_server))
    assert await everybody.prove("left.us", PASSWORD) is not None
    narrowed = layout(people_filter=f"(&(objectClass=inetOrgPerson)(!({attribute}={value})))")
    chosen = open_directory(settings(directory_server, layout=narrowed))
    assert await chosen.prove("left.us", PASSWORD) is None


@pytest.mark.parametrize(
    ("control", "comes_in"), [("512", True), ("514", False), ("66050", False), ("66048", True)]
)
async def test_an_account_that_active_directory_disabled_does_not_sign_in(
    directory_server: Slapd, open_directory: Any, control: str, comes_in: bool
) -> None:
    """slapd with Microsoft's schema lets the password through; the bit alone keeps them out."""
    name = f"ad{control}"
    directory_server.add(
        f"dn: cn={name},{PEOPLE}\nobjectClass: user\nobjectClass: simpleSecurityObject\n"
        f"cn: {name}\nsn: {name}\ndisplayName: {name}\nuserAccountControl: {control}\n"
        f"userPassword: {PASSWORD}\ninstanceType: 4\nnTSecurityDescriptor: x\n"
        f"objectCategory: cn=Person,{PEOPLE}"
    )
    ad = layout(people_filter="(objectClass=user)", account="displayName")
    found = await open_directory(settings(directory_server, layout=ad)).prove(name, PASSWORD)
    assert (found is not None) is comes_in


async def test_the_subject_stays_when_the_person_is_renamed(
    directory_server: Slapd, open_directory: Any
) -> None:
    directory_server.person("old.name", PASSWORD)
    directory = open_directory(settings(directory_server))
    before = await directory.prove("old.name", PASSWORD)
    directory_server.modify(
        f"dn: uid=old.name,{PEOPLE}\nchangetype: modrdn\nnewrdn: uid=new.name\ndeleteoldrdn: 1"
    )
    after = await directory.prove("new.name", PASSWORD)
    assert after.subject == before.subject
    assert await directory.prove_subject(before.subject, PASSWORD) == after
    assert await directory.prove_subject(before.subject, "wrong") is None


async def test_somebody_who_is_gone_is_not_found_again(
    directory_server: Slapd, open_directory: Any
) -> None:
    dn = directory_server.person("leaver", PASSWORD)
    directory = open_directory(settings(directory_server))
    known = await directory.prove("leaver", PASSWORD)
    assert await directory.find(known.subject) == known
    directory_server.remove(dn)
    assert await directory.find(known.subject) is None


async def test_start_tls_is_as_good_as_ldaps(directory_server: Slapd, open_directory: Any) -> None:
    servers = (DirectoryServer.at(directory_server.plain, start_tls=True),)
    directory = open_directory(settings(directory_server, servers=servers))
    assert await directory.prove("lin.wei", PASSWORD) is not None


@pytest.mark.parametrize("start_tls", [False, True])
async def test_a_server_with_a_strange_certificate_gets_no_password(
    directory_server: Slapd, open_directory: Any, start_tls: bool
) -> None:
    address = directory_server.plain if start_tls else directory_server.tls
    servers = (DirectoryServer.at(address, start_tls=start_tls),)
    strange = settings(directory_server, servers=servers, ca_file=None)
    with pytest.raises(UnavailableError) as refused:
        await open_directory(strange).prove("lin.wei", PASSWORD)
    assert refused.value.code == "directory_unavailable"


async def test_a_certificate_for_another_host_is_not_taken(
    directory_server: Slapd, open_directory: Any
) -> None:
    port = DirectoryServer.at(directory_server.tls, start_tls=False).port
    servers = (DirectoryServer("localhost", port, tls=True, start_tls=False),)
    with pytest.raises(UnavailableError):
        await open_directory(settings(directory_server, servers=servers)).prove("lin.wei", PASSWORD)


async def test_the_next_server_answers_for_one_that_is_down(
    directory_server: Slapd, open_directory: Any
) -> None:
    down = DirectoryServer("127.0.0.1", _closed_port(), tls=True, start_tls=False)
    servers = (down, *settings(directory_server).servers)
    directory = open_directory(settings(directory_server, servers=servers))
    assert await directory.prove("lin.wei", PASSWORD) is not None
    began = time.monotonic()
    assert await directory.prove("he.qing", PASSWORD) is not None
    assert time.monotonic() - began < 10


async def test_a_server_that_hangs_is_left_after_a_bounded_time(
    directory_server: Slapd, open_directory: Any
) -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    try:
        hanging = DirectoryServer("127.0.0.1", silent.getsockname()[1], True, False)
        directory = open_directory(
            settings(directory_server, servers=(hanging, *settings(directory_server).servers))
        )
        began = time.monotonic()
        assert await directory.prove("lin.wei", PASSWORD) is not None
        assert time.monotonic() - began < 20
        alone = open_directory(settings(directory_server, servers=(hanging,), limit_s=0.5))
        began = time.monotonic()
        with pytest.raises(UnavailableError):
            await alone.prove("lin.wei", PASSWORD)
        assert time.monotonic() - began < 10
        await asyncio.sleep(1.0)
    finally:
        silent.close()


async def test_our_own_account_refused_is_the_operators_business_not_the_persons(
    directory_server: Slapd, open_directory: Any
) -> None:
    with pytest.raises(UnavailableError) as refused:
        await open_directory(settings(directory_server, bind_password="wrong")).prove(
            "lin.wei", PASSWORD
        )
    assert refused.value.detail == {"kind": "own account refused"}


async def test_the_chain_rule_is_asked_as_active_directory_expects_it(
    directory_server: Slapd, open_directory: Any
) -> None:
    """slapd takes the filter but does not know the rule, so that it finds no group by it."""
    dn = f"cn=Lin \\(Wei\\),{PEOPLE}"
    assert in_chain_filter(dn) == (
        f"(member:1.2.840.113556.1.4.1941:=cn=Lin \\5c\\28Wei\\5c\\29,{PEOPLE})"
    )
    chain = open_directory(settings(directory_server, layout=layout(groups=GroupSearch.IN_CHAIN)))
    found = await chain.prove("lin.wei", PASSWORD)
    assert found.groups == frozenset()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("CN=Doctors,OU=G,DC=h", "cn=doctors, ou=g, dc=H", True),
        ("CN=Doctors,OU=G,DC=h", "CN=Doctors,OU=Other,DC=h", False),
        ("CN=a\\,b,DC=h", "cn=A\\,B,dc=h", True),
    ],
)
def test_names_are_compared_as_names(one: str, other: str, same: bool) -> None:
    assert (normalised(one) == normalised(other)) is same


def _closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
