"""Who the people are that another identity provider signed in, and their sessions there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from suwen.core.errors import ConflictError
from suwen.core.identity import PrincipalId
from suwen.core.language import Bilingual
from suwen.storage.connection_tables import external_identity, external_session
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.people import Person, row_of
from suwen.storage.tables import person as account
from suwen.storage.tables import session


@dataclass(frozen=True, slots=True)
class ExternalIdentity:
    """A subject of an identity provider and the account that it is here.

    Attributes:
        issuer: the provider, as it names itself; for a directory, its address.
        subject: the provider's unchanging id of the person; never a name that can be given anew.
        seen_at: when the person last signed in that way.
    """

    issuer: str
    subject: str
    person: PrincipalId
    linked_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class ExternalSession:
    """The provider's side of a session of ours, for signing out there and from there.

    Attributes:
        session_id: the provider's ``sid``, where it states one.
        id_token: as received; needed to sign out there.
    """

    token_hash: str = field(repr=False)
    issuer: str
    subject: str
    session_id: str | None = None
    id_token: str | None = field(default=None, repr=False)


class ExternalIdentityStore:
    """External identities in the general database."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def person_of(self, issuer: str, subject: str) -> PrincipalId | None:
        """The account that a subject is here; ``None`` when it is linked to none."""
        columns = external_identity.c
        query = select(columns.person).where(columns.issuer == issuer, columns.subject == subject)
        async with self._database.transaction() as opened:
            found = (await opened.execute(query)).scalar_one_or_none()
        return None if found is None else PrincipalId(found)

    async def link(self, issuer: str, subject: str, person: PrincipalId, *, at: datetime) -> None:
        """Keeps that a subject is an account here, and that it was seen.

        Raises:
            ConflictError: ``identity_of_another_account`` when it is linked to another one.
        """
        statement = insert(external_identity).values(
            issuer=issuer, subject=subject, person=person, linked_at=at, seen_at=at
        )
        upsert = statement.on_conflict_do_update(
            index_elements=["issuer", "subject"],
            set_={"seen_at": at},
            where=external_identity.c.person == person,
        )
        async with self._database.transaction() as opened:
            done = await opened.execute(upsert.returning(external_identity.c.person))
            if done.first() is None:
                raise _of_another_account()

    async def adopt(self, wanted: Person, issuer: str, subject: str, *, at: datetime) -> None:
        """Adds an account without a password and its link, both or neither.

        Raises:
            ConflictError: ``account_exists`` when there is an account of this name by now;
                ``identity_of_another_account`` when the subject is linked by now.
        """
        added = insert(account).values(row_of(wanted, None)).on_conflict_do_nothing()
        linked = insert(external_identity).values(
            issuer=issuer, subject=subject, person=wanted.id, linked_at=at, seen_at=at
        )
        async with self._database.transaction() as opened:
            if (await opened.execute(added.returning(account.c.id))).first() is None:
                raise ConflictError(
                    "account_exists",
                    Bilingual(zh="该账号已存在。", en="There is such an account already."),
                    field="id",
                )
            once = linked.on_conflict_do_nothing().returning(external_identity.c.person)
            if (await opened.execute(once)).first() is None:
                raise _of_another_account()

    async def unlink(self, issuer: str, subject: str) -> bool:
        """Forgets a link; false when there was none."""
        columns = external_identity.c
        statement = delete(external_identity).where(
            columns.issuer == issuer, columns.subject == subject
        )
        async with self._database.transaction() as opened:
            return (await opened.execute(statement.returning(columns.person))).first() is not None

    async def list(self, person: PrincipalId | None = None) -> list[ExternalIdentity]:
        """Links, of one account or all, by issuer and subject."""
        columns = external_identity.c
        query = select(external_identity).order_by(columns.issuer, columns.subject)
        if person is not None:
            query = query.where(columns.person == person)
        async with self._database.transaction() as opened:
            return [
                ExternalIdentity(
                    issuer=row.issuer,
                    subject=row.subject,
                    person=PrincipalId(row.person),
                    linked_at=row.linked_at,
                    seen_at=row.seen_at,
                )
                for row in await opened.execute(query)
            ]

    async def put_session(self, wanted: ExternalSession) -> None:
        """Keeps the provider's side of a session of ours."""
        sealed = None
        if wanted.id_token is not None:
            sealed = self._cipher.seal(wanted.id_token, _place(wanted.token_hash))
        statement = insert(external_session).values(
            token_hash=wanted.token_hash,
            issuer=wanted.issuer,
            subject=wanted.subject,
            session_id=wanted.session_id,
            id_token_sealed=sealed,
        )
        async with self._database.transaction() as opened:
            await opened.execute(statement)

    async def read_session(self, token_hash: str) -> ExternalSession | None:
        """The provider's side of a session; ``None`` for one that was begun here."""
        query = select(external_session).where(external_session.c.token_hash == token_hash)
        async with self._database.transaction() as opened:
            row = (await opened.execute(query)).one_or_none()
        if row is None:
            return None
        sealed = row.id_token_sealed
        return ExternalSession(
            token_hash=row.token_hash,
            issuer=row.issuer,
            subject=row.subject,
            session_id=row.session_id,
            id_token=None if sealed is None else self._cipher.open(sealed, _place(row.token_hash)),
        )

    async def end_sessions(
        self, issuer: str, *, subject: str | None, session_id: str | None, at: datetime
    ) -> int:
        """Ends the sessions that a provider signs out; how many were in force.

        Args:
            subject: every session of this person, unless ``session_id`` is given too.
            session_id: the provider's ``sid``; of subject and this at least one is given.

        Raises:
            ValueError: when neither is given.
        """
        if subject is None and session_id is None:
            raise ValueError("neither subject nor session_id")
        columns = external_session.c
        chosen = select(columns.token_hash).where(columns.issuer == issuer)
        if subject is not None:
            chosen = chosen.where(columns.subject == subject)
        if session_id is not None:
            chosen = chosen.where(columns.session_id == session_id)
        statement = (
            update(session)
            .where(session.c.token_hash.in_(chosen), session.c.ended_at.is_(None))
            .values(ended_at=at)
            .returning(session.c.token_hash)
        )
        async with self._database.transaction() as opened:
            return len((await opened.execute(statement)).all())


def _place(token_hash: str) -> str:
    return f"external_session/{token_hash}"


def _of_another_account() -> ConflictError:
    return ConflictError(
        "identity_of_another_account",
        Bilingual(
            zh="该外部身份已关联到另一个账号，请联系系统管理员。",
            en="This identity belongs to another account already. Tell the system administrator.",
        ),
    )
