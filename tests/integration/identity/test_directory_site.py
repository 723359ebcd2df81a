"""A site whose people sign in with their directory password, and sign documents with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from suwen.bootstrap.sign_in_settings import LdapSettings
from suwen.control.access.authentication import Proof
from suwen.core.errors import AuthenticationError, ConflictError, UnavailableError
from suwen.core.identity import Channel, Principal, PrincipalId, Role
from suwen.storage.people import Person
from suwen.storage.secret_files import write_secret
from tests.support.database import TestServer
from tests.support.peers.slapd import (
    GROUPS,
    PEOPLE,
    READER,
    READER_PASSWORD,
    Slapd,
    slapd,
)
from tests.support.web_site import Client, WebSite, serving

PASSWORD = "Directory 4711"
WORKLIST = "/worklist"


@pytest.fixture(scope="module")
def server() -> Iterator[Slapd]:
    """A directory whose ward group is in the group of physicians."""
    with slapd() as started:
        wen = started.person("wen.jie", PASSWORD, "文杰")
        gao = started.person("gao.han", PASSWORD, "高寒")
        started.person("visitor", PASSWORD)
        linked = started.person("l.linked", PASSWORD)
        ward = started.group("ward-7", wen, gao, linked)
        started.group("physicians", ward)
        yield started


@pytest.fixture(scope="module")
def site(
    server: Slapd, postgres_server: TestServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WebSite]:
    """The site."""
    home: Path = tmp_path_factory.mktemp("ldap") / "home"
    home.mkdir()
    secret = home.parent / "bind_password"
    write_secret(secret, READER_PASSWORD.encode())
    ldap = LdapSettings(
        servers=(server.tls,),
        ca_file=str(server.ca_file),
        bind_dn=READER,
        bind_password_file=str(secret),
        people_base=PEOPLE,
        people_filter="(objectClass=inetOrgPerson)",
        groups_base=GROUPS,
        roles={f"CN=Physicians, {GROUPS}": Role.PHYSICIAN},
        departments={f"cn=ward-7,{GROUPS}": "cardiology"},
        timeout_seconds=2.0,
        step_seconds=1,
    )
    with postgres_server.copies() as urls, serving(urls, home, {"ldap": ldap}) as served:
        yield served


def person(site: WebSite, account: str) -> Person:
    found: Person = site.run(site.platform.people.read(PrincipalId(account)))
    return found


def sign_in(site: WebSite, account: str, password: str = PASSWORD) -> tuple[Client, Any]:
    client = site.stranger()
    return client, client.sign_in(account, password)


def principal(site: WebSite, client: Client) -> Principal:
    token = client.cookies["suwen_session"]
    found: Principal = site.run(site.platform.authentication.principal_of(token, Channel.WEB))
    return found


def test_a_group_in_a_group_gives_the_role_and_the_department(site: WebSite) -> None:
    client, answer = sign_in(site, "wen.jie")
    assert answer.status == 303
    assert client.get(WORKLIST).status == 200
    found = person(site, "wen.jie")
    assert (found.roles, found.departments) == ({Role.PHYSICIAN}, {"cardiology"})
    assert (found.name, found.origin) == ("文杰", "ldap")


def test_without_a_mapped_group_nobody_comes_in(site: WebSite) -> None:
    client, answer = sign_in(site, "visitor")
    assert answer.status == 403
    assert "角色" in answer.page.css_first(".sw-problem").text()
    assert client.get(WORKLIST).status == 303


def test_spelling_of_the_name_makes_no_second_account(site: WebSite) -> None:
    assert sign_in(site, "WEN.JIE")[1].status == 303
    names = [p.id for p in site.run(site.platform.people.list("ldap"))]
    assert names.count(PrincipalId("wen.jie")) == 1


def test_a_local_account_is_never_asked_of_the_directory(site: WebSite, server: Slapd) -> None:
    """Somebody of the same name there, with another password, does not become this person."""
    server.person("dr.lin", "another password 9")
    assert sign_in(site, "dr.lin", "another password 9")[1].status == 401
    assert sign_in(site, "dr.lin", site.passwords["dr.lin"])[1].status == 303


def test_guessing_is_counted_whatever_the_spelling(site: WebSite, server: Slapd) -> None:
    server.person("guessed.at", PASSWORD)
    for spelling in ("guessed.at", "Guessed.At", "GUESSED.AT", "guessed.AT", "gUESSED.at"):
        assert sign_in(site, spelling, "wrong")[1].status == 401
    answer = sign_in(site, "guessed.at")[1]
    assert answer.status == 401
    assert "锁定" in answer.page.css_first(".sw-problem").text()


def test_the_directory_password_proves_the_signer(site: WebSite) -> None:
    client, _ = sign_in(site, "wen.jie")
    who = principal(site, client)
    confirm = site.platform.authentication.confirm
    site.run(confirm(who, Proof(password=PASSWORD), "d/1/x"))
    for wrong in ("wrong", "another password 9"):
        with pytest.raises(AuthenticationError) as refused:
            site.run(confirm(who, Proof(password=wrong), "d/1/x"))
        assert refused.value.code == "credentials_wrong"


def test_a_local_account_that_is_linked_signs_with_the_linked_persons_password(
    site: WebSite,
) -> None:
    """The account's name here and there differ: the link counts, not the name."""
    account = Person(
        PrincipalId("dr.other"),
        "另",
        frozenset({Role.NURSE}),
        frozenset(),
        person(site, "dr.lin").language,
        disabled=False,
        origin="local",
    )
    site.run(site.platform.people.put_all([(account, None)]))
    directory = site.platform.sign_in.directory
    assert directory is not None
    found = site.run(directory.directory.prove("l.linked", PASSWORD))
    issuer = directory.directory.issuer
    now = site.platform.clock.now()
    site.run(site.platform.sign_in.identities.link(issuer, found.subject, account.id, at=now))
    client, answer = sign_in(site, "l.linked")
    assert answer.status == 303
    who = principal(site, client)
    assert who.id == "dr.other"
    assert who.roles == {Role.NURSE}
    site.run(site.platform.authentication.confirm(who, Proof(password=PASSWORD), "d/1/x"))


def test_the_password_is_changed_where_it_is_kept(site: WebSite) -> None:
    client, _ = sign_in(site, "wen.jie")
    with pytest.raises(ConflictError) as refused:
        site.run(
            site.platform.authentication.change_password(
                principal(site, client), PASSWORD, "Another one 99"
            )
        )
    assert refused.value.code == "password_elsewhere"


def test_who_left_the_directory_is_signed_out_at_the_next_look(
    site: WebSite, server: Slapd
) -> None:
    leaver = server.person("leaver", PASSWORD)
    ward = f"cn=ward-7,{GROUPS}"
    server.modify(f"dn: {ward}\nchangetype: modify\nadd: member\nmember: {leaver}")
    gone, _ = sign_in(site, "leaver")
    stays, _ = sign_in(site, "wen.jie")
    assert gone.get(WORKLIST).status == 200
    assert site.run(site.platform.sign_in.recheck()) == 0
    server.modify(f"dn: {ward}\nchangetype: modify\ndelete: member\nmember: {leaver}")
    assert site.run(site.platform.sign_in.recheck()) == 1
    assert gone.get(WORKLIST).status == 303
    assert stays.get(WORKLIST).status == 200


def test_a_directory_that_hangs_leaves_local_accounts_alone(site: WebSite, server: Slapd) -> None:
    kept, _ = sign_in(site, "gao.han")
    assert site.run(site.platform.sign_in.troubles()) == {"directory": None}
    server.pause()
    try:
        [trouble] = site.run(site.platform.sign_in.troubles()).values()
        assert trouble.code == "directory_unavailable"
        answer = sign_in(site, "gao.han")[1]
        assert answer.status == 503
        assert "目录" in answer.page.css_first(".sw-problem").text()
        assert sign_in(site, "dr.lin", site.passwords["dr.lin"])[1].status == 303
        assert kept.get(WORKLIST).status == 200
        with pytest.raises(UnavailableError):
            site.run(site.platform.sign_in.recheck())
        assert kept.get(WORKLIST).status == 200
    finally:
        server.go_on()
    assert sign_in(site, "gao.han")[1].status == 303
