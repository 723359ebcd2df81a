"""Where somebody is signed in: the sessions of one account, to look at and to end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from suwen.core.identity import Channel, PrincipalId
from suwen.storage.database import Database
from suwen.storage.tables import person, session

_NAME = 16


@dataclass(frozen=True, slots=True)
class Where:
    """What somebody signs in with and from; ``None`` where that is not known.

    Attributes:
        address: network address; ``None`` on this machine itself, which stands for nobody.
    """

    device: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A sign-in or token in force.

    Attributes:
        name: tells it from the person's others; nothing can be done with it but end it.
        device: what the browser or program called itself; ``None`` when it did not.
        address: the network address that it came from; ``None`` when that is not known.
    """

    name: str
    channel: Channel
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    device: str | None
    address: str | None


def session_name(token_hash: str) -> str:
    """The name of the session whose token has this hash."""
    return token_hash[:_NAME]


class SessionList:
    """The sessions of the people of the general database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def barred(self) -> frozenset[PrincipalId]:
        """The accounts that may not be used any more."""
        query = select(person.c.id).where(person.c.disabled)
        async with self._database.reading() as connection:
            return frozenset(PrincipalId(row.id) for row in await connection.execute(query))

    async def of(self, account: PrincipalId, at: datetime) -> list[OpenSession]:
        """The account's sessions and tokens in force, the last used first."""
        query = (
            select(session)
            .where(
                session.c.person == account,
                session.c.ended_at.is_(None),
                session.c.expires_at > at,
            )
            .order_by(session.c.seen_at.desc())
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [
            OpenSession(
                session_name(row["token_hash"]),
                Channel(row["channel"]),
                row["created_at"],
                row["seen_at"],
                row["expires_at"],
                row["device"],
                row["address"],
            )
            for row in rows
        ]

    async def end(self, account: PrincipalId, name: str, at: datetime) -> bool:
        """Ends one of the account's own; false when there is none of that name in force."""
        statement = (
            update(session)
            .where(
                session.c.person == account,
                func.left(session.c.token_hash, _NAME) == name,
                session.c.ended_at.is_(None),
            )
            .values(ended_at=at)
            .returning(session.c.person)
        )
        async with self._database.transaction() as connection:
            return (await connection.execute(statement)).first() is not None
