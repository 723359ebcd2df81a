"""System, security and audit administrators are three people, by whatever way roles are given."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pytest

from suwen.bootstrap.accounts import PersonRow, import_people
from suwen.control.access import external
from suwen.control.access.external import ExternalPeople, ExternalStores, RightsMapping
from suwen.core.errors import AccessError, ConflictError, InputError
from suwen.core.identity import OFFICES, Channel, PrincipalId, Role, batch_principal, offices_held
from suwen.core.language import Language
from suwen.integration.identity.claims import ExternalPerson
from suwen.storage import people as people_store
from suwen.storage.people import LDAP, LOCAL, OIDC, Person
from tests.support.web_site import WebSite

PAIRS = [sorted(pair) for pair in combinations(OFFICES, 2)]
MAPPING = {role.value: role for role in OFFICES | {Role.PHYSICIAN}}


def account(name: str, roles: Sequence[Role], origin: str = LOCAL) -> Person:
    return Person(
        PrincipalId(name), name, frozenset(roles), frozenset(), Language.ZH, False, origin
    )


def outsiders(web: WebSite) -> ExternalPeople:
    platform = web.platform
    return ExternalPeople(
        ExternalStores(platform.people, platform.sign_in.identities, platform.audit, platform.clock)
    )


def coming(name: str, roles: Sequence[str]) -> ExternalPerson:
    return ExternalPerson(
        issuer="https://idp.example",
        subject=f"subject-{name}",
        account=name,
        name=name,
        groups=frozenset(roles),
        departments=frozenset(),
        practitioner=None,
    )


@pytest.mark.parametrize("pair", PAIRS)
def test_a_list_gives_nobody_two_offices(web: WebSite, pair: list[Role]) -> None:
    values = {"name": "two.hats", "full_name": "双职", "password": "a-long-first-password-7"}
    both = PersonRow(2, {**values, "roles": " ".join(pair)})
    with pytest.raises(InputError, match="offices_kept_apart") as told:
        web.run(import_people(web.platform, [both], batch_principal("root")))
    assert told.value.field == "line 2.roles"


def test_the_screen_gives_nobody_two_offices_and_one_it_does(web: WebSite) -> None:
    officer = web.person("security.dong")
    fields = {"full_name": "双职", "departments": "", "language": "zh"}
    fields["password"] = "a-long-first-password-7"
    two = {**fields, "name": "two.hats", "roles": ["system_administrator", "audit_administrator"]}
    assert officer.post("/people", two).status == 422
    assert "two.hats" not in {p.id for p in web.run(web.platform.people.list())}
    one = {**fields, "name": "one.hat", "roles": ["audit_administrator", "nurse"]}
    assert officer.post("/people", one).status == 200
    assert "one.hat" in {p.id for p in web.run(web.platform.people.list())}


@pytest.mark.parametrize("origin", [OIDC, LDAP])
def test_groups_elsewhere_give_nobody_two_offices(web: WebSite, origin: str) -> None:
    mapping = RightsMapping(MAPPING, {}, origin)
    name = f"{origin}.person"
    two = ["system_administrator", "security_administrator"]
    people = outsiders(web)
    with pytest.raises(AccessError, match="offices_kept_apart"):
        web.run(people.admit(coming(name, two), mapping, Channel.WEB))
    refused = web.run(web.platform.audit_store.latest(1, action="session.open"))[0].entry
    assert refused.detail["code"] == "offices_kept_apart"
    admitted = web.run(people.admit(coming(name, two[:1]), mapping, Channel.WEB))
    assert admitted.roles == {Role.SYSTEM_ADMINISTRATOR}
    token = web.run(web.platform.authentication.begin(admitted, Channel.WEB)).token
    with pytest.raises(AccessError, match="offices_kept_apart"):
        web.run(people.admit(coming(name, two), mapping, Channel.WEB))
    assert web.run(web.platform.people.read(admitted.id)).roles == {Role.SYSTEM_ADMINISTRATOR}
    signed_in = web.platform.authentication.principal_of(token, Channel.WEB)
    with pytest.raises(Exception, match="session_ended"):
        web.run(signed_in)


@pytest.mark.parametrize("pair", PAIRS)
def test_the_store_keeps_no_account_with_two_offices(web: WebSite, pair: list[Role]) -> None:
    store = web.platform.people
    two = account("two.hats", pair)
    for writing in (
        lambda: store.add(two),
        lambda: store.add_all([(two, "hash")]),
        lambda: store.put_all([(two, None)]),
        lambda: store.set_rights(account("it.cao", pair)),
    ):
        with pytest.raises(ConflictError, match="offices_kept_apart"):
            web.run(writing())
    assert "two.hats" not in {p.id for p in web.run(store.list())}


def test_without_the_rule_the_account_would_be_kept(
    web: WebSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (people_store, external):
        monkeypatch.setattr(module, "offices_held", lambda _roles: frozenset())
    mapping = RightsMapping(MAPPING, {}, OIDC)
    come = coming("both.offices", ["system_administrator", "audit_administrator"])
    person = web.run(outsiders(web).admit(come, mapping, Channel.WEB))
    assert len(person.roles) == 2
    monkeypatch.undo()
    web.run(web.platform.people.disable(person.id, web.platform.clock.now()))


def test_one_office_beside_other_roles_is_one_office() -> None:
    assert offices_held({Role.AUDIT_ADMINISTRATOR, Role.NURSE}) == frozenset()
    assert offices_held(OFFICES) == OFFICES
