"""People with an account, their sessions, and failed attempts to sign in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert_into

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.identity import Channel, PrincipalId, Role, offices_held
from suwen.core.language import Bilingual, Language
from suwen.storage.database import Database
from suwen.storage.sessions import Where
from suwen.storage.tables import login_failure, person, session

DEMONSTRATION = "demo"
LOCAL = "local"
OIDC = "oidc"
LDAP = "ldap"


@dataclass(frozen=True, slots=True)
class Person:
    """A person with an account.

    Attributes:
        id: account name.
        departments: codes of the departments that the person belongs to.
        origin: who keeps the account: ``demo``, ``local``, or the hospital's own sign-in by
            ``oidc`` or ``ldap``, which then says which roles and departments the person has.
        practitioner: id of the Practitioner resource that is this person in the records; ``None``
            when that is not known, and then taking part in an encounter gives no access.
    """

    id: PrincipalId
    name: str
    roles: frozenset[Role]
    departments: frozenset[str]
    language: Language
    disabled: bool
    origin: str
    practitioner: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in or an access token that is in force.

    Attributes:
        seen_at: when it was last known to be used; it may have been used since.
    """

    person: PrincipalId
    channel: Channel
    created_at: datetime
    expires_at: datetime
    seen_at: datetime


class PeopleStore:
    """Accounts and sessions in the general database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, wanted: Person, password_hash: str | None = None) -> None:
        """Adds an account.

        Raises:
            ConflictError: ``account_exists``.
        """
        if not await self._insert([(wanted, password_hash)], replace=False):
            raise ConflictError(
                "account_exists",
                Bilingual(zh="该账号已存在。", en="There is such an account already."),
                field="id",
            )

    async def add_all(self, wanted: Sequence[tuple[Person, str]]) -> None:
        """Adds several accounts, all or none.

        Raises:
            ConflictError: ``account_exists``, naming the first that does.
        """
        names = [account.id for account, _ in wanted]
        taken = select(person.c.id).where(person.c.id.in_(names)).order_by(person.c.id).limit(1)
        async with self._database.transaction() as connection:
            exists = (await connection.execute(taken)).scalar_one_or_none()
            if exists is not None:
                raise ConflictError(
                    "account_exists",
                    Bilingual(
                        zh=f"账号 {exists} 已存在。", en=f"There is an account {exists} already."
                    ),
                    field="name",
                )
            rows = [row_of(account, password_hash) for account, password_hash in wanted]
            await connection.execute(insert(person), rows)

    async def put_all(self, wanted: Sequence[tuple[Person, str | None]]) -> None:
        """Adds or replaces several accounts, all or none; a ``None`` hash keeps the password."""
        await self._insert(wanted, replace=True)

    async def read(self, account: PrincipalId) -> Person:
        """One account.

        Raises:
            NotFoundError: ``no_such_account``.
        """
        async with self._database.transaction() as connection:
            found = await connection.execute(select(person).where(person.c.id == account))
            row = found.mappings().one_or_none()
        if row is None:
            raise _no_such_account()
        return _person(row)

    async def password_hash(self, account: PrincipalId) -> str | None:
        """The stored hash; ``None`` for an unknown, disabled or password-less account."""
        query = select(person.c.password_hash).where(
            person.c.id == account, person.c.disabled.is_(False)
        )
        async with self._database.transaction() as connection:
            found: str | None = (await connection.execute(query)).scalar_one_or_none()
        return found

    async def set_password_hash(self, account: PrincipalId, password_hash: str) -> None:
        """Changes the password.

        Raises:
            NotFoundError: ``no_such_account``.
        """
        await self._change(account, password_hash=password_hash)

    async def set_language(self, account: PrincipalId, language: Language) -> None:
        """Changes the language of the person's screens.

        Raises:
            NotFoundError: ``no_such_account``.
        """
        await self._change(account, language=language.value)

    async def set_rights(self, wanted: Person) -> None:
        """Changes name, roles, departments and practitioner of an account, and nothing else.

        Raises:
            NotFoundError: ``no_such_account``.
        """
        kept = ("id", "language", "disabled", "origin", "password_hash")
        changed = {key: value for key, value in row_of(wanted, None).items() if key not in kept}
        await self._change(wanted.id, **changed)

    async def disable(self, account: PrincipalId, at: datetime) -> None:
        """Bars an account and ends its sessions, in one step.

        Raises:
            NotFoundError: ``no_such_account``.
        """
        await self._change(account, ending_sessions_at=at, disabled=True)

    async def enable(self, account: PrincipalId) -> None:
        """Lets a barred account sign in again.

        Raises:
            NotFoundError: ``no_such_account``.
        """
        await self._change(account, disabled=False)

    async def create_session(
        self,
        token_hash: str,
        account: PrincipalId,
        channel: Channel,
        expires_at: datetime,
        at: datetime,
        where: Where | None = None,
    ) -> None:
        """Keeps a session under the hash of its token; the token itself is never stored."""
        statement = insert(session).values(
            token_hash=token_hash,
            person=account,
            channel=channel.value,
            created_at=at,
            expires_at=expires_at,
            seen_at=at,
            device=where.device if where is not None else None,
            address=where.address if where is not None else None,
        )
        async with self._database.transaction() as connection:
            await connection.execute(statement)

    async def read_session(self, token_hash: str, at: datetime) -> tuple[Person, Session] | None:
        """Whose session it is; ``None`` when unknown, ended, expired or of a barred account."""
        query = (
            select(
                person,
                session.c.channel,
                session.c.created_at,
                session.c.expires_at,
                session.c.seen_at,
            )
            .join(session, session.c.person == person.c.id)
            .where(
                session.c.token_hash == token_hash,
                session.c.ended_at.is_(None),
                session.c.expires_at > at,
                person.c.disabled.is_(False),
            )
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            return None
        account = _person(row)
        return account, Session(
            person=account.id,
            channel=Channel(row["channel"]),
            created_at=row["created_at"],
            expires_at=row["expires_at"],
            seen_at=row["seen_at"],
        )

    async def see_session(self, token_hash: str, at: datetime) -> None:
        """Keeps that a session was used; never an earlier use than is known."""
        statement = update(session).where(
            session.c.token_hash == token_hash, session.c.seen_at < at
        )
        async with self._database.transaction() as connection:
            await connection.execute(statement.values(seen_at=at))

    async def forget_sessions(self, at: datetime) -> int:
        """Removes the sessions that ended or expired by then; how many there were."""
        over = or_(session.c.expires_at <= at, session.c.ended_at <= at)
        statement = delete(session).where(over).returning(session.c.token_hash)
        async with self._database.transaction() as connection:
            return len((await connection.execute(statement)).all())

    async def end_session(self, token_hash: str, at: datetime) -> bool:
        """Ends a session; false when there was none in force."""
        statement = (
            update(session)
            .where(session.c.token_hash == token_hash, session.c.ended_at.is_(None))
            .values(ended_at=at)
            .returning(session.c.person)
        )
        async with self._database.transaction() as connection:
            return (await connection.execute(statement)).one_or_none() is not None

    async def end_all(self, account: PrincipalId, at: datetime) -> int:
        """Ends every session of an account; how many there were."""
        statement = _ending_all(account, at).returning(session.c.token_hash)
        async with self._database.transaction() as connection:
            return len((await connection.execute(statement)).all())

    async def add_login_failure(
        self, account: str, at: datetime, address: str | None = None
    ) -> None:
        """Counts a failed attempt, also for an account that does not exist."""
        row = {"account": account, "at": at, "address": address}
        async with self._database.transaction() as connection:
            await connection.execute(insert(login_failure).values(row))

    async def login_failures_from(self, address: str, since: datetime) -> int:
        """How many attempts from this address failed at ``since`` or later."""
        query = select(func.count()).where(
            login_failure.c.address == address, login_failure.c.at >= since
        )
        async with self._database.reading() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def login_failures_since(self, account: str, since: datetime) -> int:
        """How many attempts failed at ``since`` or later."""
        query = select(func.count()).where(
            login_failure.c.account == account, login_failure.c.at >= since
        )
        async with self._database.transaction() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def clear_login_failures(self, account: str) -> None:
        """Forgets the failed attempts, after a successful one."""
        async with self._database.transaction() as connection:
            await connection.execute(
                delete(login_failure).where(login_failure.c.account == account)
            )

    async def signed_in(self, origin: str, at: datetime) -> list[Person]:
        """Accounts of an origin with a session or token in force, by account name."""
        in_force = select(session.c.person).where(
            session.c.ended_at.is_(None), session.c.expires_at > at
        )
        query = (
            select(person)
            .where(person.c.origin == origin, person.c.id.in_(in_force))
            .order_by(person.c.id)
        )
        async with self._database.transaction() as connection:
            return [_person(row) for row in (await connection.execute(query)).mappings()]

    async def by_practitioner(self, practitioner: str) -> list[Person]:
        """Accounts of the person whose Practitioner resource this is, by account name."""
        query = select(person).where(person.c.practitioner == practitioner).order_by(person.c.id)
        async with self._database.reading() as connection:
            return [_person(row) for row in (await connection.execute(query)).mappings()]

    async def list(self, origin: str | None = None) -> list[Person]:
        """Accounts, of one origin or all, by account name."""
        query = select(person).order_by(person.c.id)
        if origin is not None:
            query = query.where(person.c.origin == origin)
        async with self._database.transaction() as connection:
            return [_person(row) for row in (await connection.execute(query)).mappings()]

    async def _insert(self, wanted: Sequence[tuple[Person, str | None]], *, replace: bool) -> int:
        done = 0
        async with self._database.transaction() as connection:
            for account, password_hash in wanted:
                row = row_of(account, password_hash)
                statement = upsert_into(person).values(row)
                if replace:
                    kept = {"id"} if password_hash is not None else {"id", "password_hash"}
                    changed = {name: value for name, value in row.items() if name not in kept}
                    statement = statement.on_conflict_do_update(index_elements=["id"], set_=changed)
                else:
                    statement = statement.on_conflict_do_nothing()
                found = await connection.execute(statement.returning(person.c.id))
                done += len(found.all())
        return done

    async def _change(
        self, account: PrincipalId, ending_sessions_at: datetime | None = None, **values: Any
    ) -> None:
        statement = update(person).where(person.c.id == account).values(**values)
        async with self._database.transaction() as connection:
            found = await connection.execute(statement.returning(person.c.id))
            if found.one_or_none() is None:
                raise _no_such_account()
            if ending_sessions_at is not None:
                await connection.execute(_ending_all(account, ending_sessions_at))


def _ending_all(account: PrincipalId, at: datetime) -> Any:
    standing = session.c.ended_at.is_(None)
    return update(session).where(session.c.person == account, standing).values(ended_at=at)


def row_of(account: Person, password_hash: str | None) -> dict[str, Any]:
    """The row of an account.

    Raises:
        ConflictError: ``offices_kept_apart`` for one that would hold two of the three offices;
            whoever writes an account comes through here.
    """
    if offices_held(account.roles):
        raise ConflictError(
            "offices_kept_apart",
            Bilingual(
                zh="系统、安全、审计三类管理员必须是三个人，一个账号只能担任其一。",
                en="System, security and audit administrator are three people: one account holds "
                "only one of these offices.",
            ),
            field="roles",
        )
    return {
        "id": account.id,
        "name": account.name,
        "roles": sorted(role.value for role in account.roles),
        "departments": sorted(account.departments),
        "language": account.language.value,
        "disabled": account.disabled,
        "origin": account.origin,
        "practitioner": account.practitioner,
        "password_hash": password_hash,
    }


def _person(row: RowMapping) -> Person:
    return Person(
        id=PrincipalId(row["id"]),
        name=row["name"],
        roles=frozenset(Role(role) for role in row["roles"]),
        departments=frozenset(row["departments"]),
        language=Language(row["language"]),
        disabled=row["disabled"],
        origin=row["origin"],
        practitioner=row["practitioner"],
    )


def _no_such_account() -> NotFoundError:
    return NotFoundError(
        "no_such_account", Bilingual(zh="没有这个账号。", en="There is no such account.")
    )
