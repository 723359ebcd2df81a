"""People whom the hospital's own sign-in proved: which account they are here, with which rights.

An account is found by the unchanging subject that its issuer gives a person, never by a name or an
address. Where an account of the same name is there already, somebody has to link the two.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NoReturn

from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import AccessError, NotFoundError, SuwenError
from suwen.core.identity import Channel, PrincipalId, Role, offices_held
from suwen.core.language import Bilingual, Language
from suwen.core.ports import AuditSink, Clock
from suwen.integration.identity.claims import ExternalPerson
from suwen.storage.external_identities import ExternalIdentityStore
from suwen.storage.people import PeopleStore, Person

if TYPE_CHECKING:
    from suwen.integration.identity.ldap import Directory

ACCOUNT_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
_MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class RightsMapping:
    """What the hospital's groups and departments mean here.

    Attributes:
        roles: role by the value that the provider or the directory states.
        departments: code of a department by that value.
        origin: who keeps the accounts that are made by it, ``oidc`` or ``ldap``.
        creates_accounts: whether somebody with a role who comes for the first time gets an account.
        language: of the screens of a new account.
    """

    roles: Mapping[str, Role]
    departments: Mapping[str, str]
    origin: str
    creates_accounts: bool = True
    language: Language = Language.ZH

    def roles_of(self, person: ExternalPerson) -> frozenset[Role]:
        """The roles that the person has here."""
        return frozenset(self.roles[value] for value in person.groups if value in self.roles)

    def departments_of(self, person: ExternalPerson) -> frozenset[str]:
        """The departments that the person belongs to here."""
        return frozenset(
            self.departments[value] for value in person.departments if value in self.departments
        )


@dataclass(frozen=True, slots=True)
class ExternalStores:
    """What is read and written when somebody comes from elsewhere."""

    people: PeopleStore
    identities: ExternalIdentityStore
    audit: AuditSink
    clock: Clock


class ExternalPeople:
    """Finds or makes the account of a person whom somebody else proved."""

    def __init__(self, stores: ExternalStores) -> None:
        self._stores = stores

    async def admit(
        self, found: ExternalPerson, mapping: RightsMapping, channel: Channel
    ) -> Person:
        """The account of a person who has just proved themselves elsewhere.

        An account that the provider or directory keeps gets the roles and departments that it has
        there now; one that suwen keeps and somebody linked stays as suwen has it.

        Raises:
            AccessError: ``no_mapped_role``, ``offices_kept_apart``, ``account_out_of_use``,
                ``identity_not_linked``, ``account_name_taken`` or ``account_name_unusable``.
                All are audited.
        """
        linked = await self._stores.identities.person_of(found.issuer, found.subject)
        if linked is None:
            return await self._newcomer(found, mapping, channel)
        person = await self._stores.people.read(linked)
        if person.disabled:
            await self._refuse(_out_of_use(), found, channel, linked)
        if person.origin == mapping.origin:
            person = await self._with_present_rights(person, found, mapping, channel)
        now = self._stores.clock.now()
        await self._stores.identities.link(found.issuer, found.subject, person.id, at=now)
        return person

    async def _with_present_rights(
        self, person: Person, found: ExternalPerson, mapping: RightsMapping, channel: Channel
    ) -> Person:
        roles = mapping.roles_of(found)
        if not roles:
            # What was allowed before is not allowed any more: nothing that is open goes on.
            await self._stores.people.end_all(person.id, self._stores.clock.now())
            await self._refuse(_no_mapped_role(), found, channel, person.id)
        if offices_held(roles):
            await self._stores.people.end_all(person.id, self._stores.clock.now())
            await self._refuse(_offices_kept_apart(), found, channel, person.id)
        present = replace(
            person,
            name=found.name or person.name,
            roles=roles,
            departments=mapping.departments_of(found),
            practitioner=found.practitioner or person.practitioner,
        )
        if present != person:
            await self._tell(
                "people.change",
                person.id,
                channel,
                AuditOutcome.DONE,
                {**_rights(present), "issuer": found.issuer},
            )
            await self._stores.people.set_rights(present)
            kept = present.roles >= person.roles and present.departments >= person.departments
            if not kept:
                await self._stores.people.end_all(person.id, self._stores.clock.now())
        return present

    async def _newcomer(
        self, found: ExternalPerson, mapping: RightsMapping, channel: Channel
    ) -> Person:
        roles = mapping.roles_of(found)
        if not roles:
            await self._refuse(_no_mapped_role(), found, channel, None)
        if offices_held(roles):
            await self._refuse(_offices_kept_apart(), found, channel, None)
        if not mapping.creates_accounts:
            await self._refuse(_not_linked(), found, channel, None)
        name = (found.account or "").strip().lower()
        if not ACCOUNT_NAME.fullmatch(name):
            await self._refuse(_name_unusable(), found, channel, None)
        if await self._exists(PrincipalId(name)):
            await self._refuse(_name_taken(name), found, channel, None)
        person = Person(
            id=PrincipalId(name),
            name=found.name or name,
            roles=roles,
            departments=mapping.departments_of(found),
            language=mapping.language,
            disabled=False,
            origin=mapping.origin,
            practitioner=found.practitioner,
        )
        said = {**_rights(person), "issuer": found.issuer, "subject": found.subject}
        await self._tell("people.add", person.id, channel, AuditOutcome.DONE, said)
        now = self._stores.clock.now()
        await self._stores.identities.adopt(person, found.issuer, found.subject, at=now)
        return person

    async def _exists(self, account: PrincipalId) -> bool:
        try:
            await self._stores.people.read(account)
        except NotFoundError:
            return False
        return True

    async def _refuse(
        self,
        error: SuwenError,
        found: ExternalPerson,
        channel: Channel,
        known: PrincipalId | None,
    ) -> NoReturn:
        """Raises the refusal once it is audited with what an administrator needs to mend it."""
        said = {
            "code": error.code,
            "issuer": found.issuer,
            "subject": found.subject,
            "values": sorted(found.groups)[:_MOST_TOLD],
        }
        actor = known if known is not None else "unknown"
        await self._tell("session.open", actor, channel, AuditOutcome.REFUSED, said)
        raise error

    async def _tell(
        self,
        action: str,
        actor: str,
        channel: Channel,
        outcome: AuditOutcome,
        said: Mapping[str, object],
    ) -> None:
        entry = AuditEntry(
            action=action,
            actor=actor,
            channel=channel.value,
            outcome=outcome,
            subject=None if actor == "unknown" else f"Person/{actor}",
            detail=said,
        )
        await self._stores.audit.append(entry)


@dataclass(frozen=True)
class DirectoryDoor:
    """Passwords that the hospital's directory checks."""

    directory: Directory
    mapping: RightsMapping
    people: ExternalPeople
    stores: ExternalStores = field(repr=False)

    async def person_by_password(
        self, account: str, password: str, channel: Channel
    ) -> Person | None:
        """Whose account and password these are in the directory; ``None`` when nobody's.

        Raises:
            UnavailableError: ``directory_unavailable``, ``sign_in_busy``.
            AccessError: as ``ExternalPeople.admit``.
        """
        found = await self.directory.prove(account, password)
        if found is None:
            return None
        return await self.people.admit(found, self.mapping, channel)

    async def proves(self, person: Person, password: str, channel: Channel) -> bool:
        """Whether it is the directory password of this very person, by the subject that they are
        linked to; raises as ``person_by_password``."""
        for subject in await self._subjects(person):
            found = await self.directory.prove_subject(subject, password)
            if found is not None:
                admitted = await self.people.admit(found, self.mapping, channel)
                return admitted.id == person.id
        return False

    async def is_gone(self, person: Person) -> bool:
        """Whether the directory no longer has the person with a role here; then all their sessions
        and tokens have ended. Raises ``directory_unavailable``, when that is not known."""
        for subject in await self._subjects(person):
            found = await self.directory.find(subject)
            if found is not None and self.mapping.roles_of(found):
                return False
        said = {"by": self.directory.issuer, "code": "gone_from_directory"}
        await self.stores.audit.append(
            AuditEntry(
                action="session.close",
                actor=person.id,
                channel=Channel.WEB.value,
                outcome=AuditOutcome.DONE,
                detail=said,
            )
        )
        await self.stores.people.end_all(person.id, self.stores.clock.now())
        return True

    async def _subjects(self, person: Person) -> list[str]:
        links = await self.stores.identities.list(person.id)
        return [link.subject for link in links if link.issuer == self.directory.issuer]


def _rights(person: Person) -> dict[str, object]:
    return {
        "roles": sorted(role.value for role in person.roles),
        "departments": sorted(person.departments),
    }


def _no_mapped_role() -> AccessError:
    return AccessError(
        "no_mapped_role",
        Bilingual(
            zh="您的医院账号已确认，但其中没有本系统认可的角色，因此不能登录。"
            "请联系安全管理员在 suwen.toml 中为您的角色或用户组设置对应关系。",
            en="Your hospital account was recognised, but none of its roles means anything here, "
            "so you cannot sign in. Ask the security administrator to map your role or group in "
            "suwen.toml.",
        ),
    )


def _offices_kept_apart() -> AccessError:
    return AccessError(
        "offices_kept_apart",
        Bilingual(
            zh="您的医院账号同时对应系统、安全、审计管理员中的两类，三者必须是三个人，因此不能登录。"
            "请联系信息科调整用户组。",
            en="Your hospital account is mapped to two of the offices of system, security and "
            "audit administrator, which must be three people; you cannot sign in. Ask the IT "
            "department to change your groups.",
        ),
    )


def _out_of_use() -> AccessError:
    return AccessError(
        "account_out_of_use",
        Bilingual(
            zh="您的医院账号已确认，但在本系统中已停用。请联系安全管理员。",
            en="Your hospital account was recognised, but it is out of use here. Ask the security "
            "administrator.",
        ),
    )


def _not_linked() -> AccessError:
    return AccessError(
        "identity_not_linked",
        Bilingual(
            zh="您的医院账号已确认，但尚未与本系统的账号关联。"
            "请联系安全管理员（suwen user link）。",
            en="Your hospital account was recognised, but it is linked to no account here. Ask the "
            "security administrator (suwen user link).",
        ),
    )


def _name_taken(name: str) -> AccessError:
    return AccessError(
        "account_name_taken",
        Bilingual(
            zh=f"本系统已有名为 {name} 的账号，不会自动合并。"
            "若它就是您的账号，请联系安全管理员关联（suwen user link）。",
            en=f"There is an account {name} here already, and two accounts are never joined by "
            "name. If it is yours, ask the security administrator to link it (suwen user link).",
        ),
    )


def _name_unusable() -> AccessError:
    return AccessError(
        "account_name_unusable",
        Bilingual(
            zh="医院账号没有给出可用的账户名（2–64 个小写字母、数字、点、横线）。请联系信息科。",
            en="Your hospital account states no usable account name (2 to 64 lower-case letters, "
            "digits, dots or dashes). Tell the IT department.",
        ),
    )
