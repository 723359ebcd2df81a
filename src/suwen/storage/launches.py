"""Launches by a token that opens a patient once, tokens used elsewhere, and pending sign-ins."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from suwen.core.identity import PatientId, PrincipalId
from suwen.storage.connection_tables import launch, pending_authorization, used_token
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher

_PRUNE_EVERY: Final = timedelta(minutes=1)
_TAKE_TOKENS: Final = """
    INSERT INTO used_token (issuer, token_id, expires_at)
    SELECT issuer, token_id, expires_at
    FROM set_config('synchronous_commit', 'off', true),
        unnest(%s::text[], %s::text[], %s::timestamptz[]) AS given (issuer, token_id, expires_at)
    ON CONFLICT DO NOTHING
    RETURNING issuer, token_id
"""


@dataclass(frozen=True, slots=True)
class Launch:
    """What a one-time token opens.

    Attributes:
        token_hash: the token itself is never stored.
        person: account of the one who may take it.
        client: the system that asked for it.
        expires_at: it is of no use from this instant on.
    """

    token_hash: str = field(repr=False)
    patient: PatientId
    encounter: str | None
    person: PrincipalId
    client: str
    expires_at: datetime


class LaunchStore:
    """Launches in the general database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, wanted: Launch) -> None:
        """Keeps a launch until it is taken or expires."""
        statement = insert(launch).values(
            token_hash=wanted.token_hash,
            patient=wanted.patient,
            encounter=wanted.encounter,
            person=wanted.person,
            client=wanted.client,
            expires_at=wanted.expires_at,
        )
        async with self._database.transaction() as opened:
            await opened.execute(statement)

    async def take(self, token_hash: str, at: datetime) -> Launch | None:
        """What the token opens, exactly once; ``None`` if unknown, taken before or expired."""
        statement = (
            update(launch)
            .where(
                launch.c.token_hash == token_hash,
                launch.c.taken_at.is_(None),
                launch.c.expires_at > at,
            )
            .values(taken_at=at)
            .returning(launch)
        )
        async with self._database.transaction() as opened:
            row = (await opened.execute(statement)).one_or_none()
        if row is None:
            return None
        return Launch(
            token_hash=row.token_hash,
            patient=PatientId(row.patient),
            encounter=row.encounter,
            person=PrincipalId(row.person),
            client=row.client,
            expires_at=row.expires_at,
        )

    async def forget(self, at: datetime) -> int:
        """Removes the launches that expired by then; how many there were."""
        statement = delete(launch).where(launch.c.expires_at <= at)
        async with self._database.transaction() as opened:
            return len((await opened.execute(statement.returning(launch.c.token_hash))).all())


class UsedTokenStore:
    """Tokens of other issuers that may be used once, for every process of the site."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pruned_at: datetime | None = None

    async def take(self, issuer: str, token_id: str, expires_at: datetime, *, at: datetime) -> bool:
        """Whether the token was not used before; from now on it was, durably.

        Args:
            expires_at: until when the issuer's signature on it holds; kept that long.
        """
        await self.prune(at)
        statement = (
            insert(used_token)
            .values(issuer=issuer, token_id=token_id, expires_at=expires_at)
            .on_conflict_do_nothing()
            .returning(used_token.c.token_id)
        )
        async with self._database.transaction() as opened:
            return (await opened.execute(statement)).first() is not None

    async def prune(self, at: datetime) -> None:
        """Forgets what expired, where that was not done a moment ago."""
        # Not each time: those that come together would wait for one another.
        last = self._pruned_at
        if last is not None and timedelta(0) <= at - last < _PRUNE_EVERY:
            return
        self._pruned_at = at
        async with self._database.transaction() as opened:
            await opened.execute(delete(used_token).where(used_token.c.expires_at <= at))


class SharedTokenStore:
    """As ``UsedTokenStore``, for many callers at once: those that come together are one statement.

    It does not wait for the disk. Only for who writes durably to this database before anything
    comes of a token: the same log carries both, in their order.

    Args:
        database: used by nobody else's kept connection.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._store = UsedTokenStore(database)
        self._waiting: list[tuple[tuple[str, str, datetime], asyncio.Future[bool]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def take(self, issuer: str, token_id: str, expires_at: datetime, *, at: datetime) -> bool:
        """Whether the token was not used before; from now on it was.

        Raises:
            UnavailableError: the database does not answer; nobody knows, so nobody passes.
        """
        await self._store.prune(at)
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(((issuer, token_id, expires_at), done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="used tokens")
        return await done

    async def _write(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            try:
                fresh = await self._stored([given for given, _ in group])
            except Exception as error:  # noqa: BLE001 - whatever it is, every waiter must be told
                for _, done in group:
                    if not done.done():
                        done.set_exception(error)
                continue
            for (issuer, token_id, _), done in group:
                # Of one token that came twice in a group, the first alone passes.
                new = (issuer, token_id) in fresh
                fresh.discard((issuer, token_id))
                if not done.done():
                    done.set_result(new)

    async def _stored(self, given: Sequence[tuple[str, str, datetime]]) -> set[tuple[str, str]]:
        columns = [list(column) for column in zip(*given, strict=True)]
        async with self._database.kept_connection() as connection:
            rows = await (await connection.execute(_TAKE_TOKENS, columns)).fetchall()
        return {(row[0], row[1]) for row in rows}


class PendingAuthorizationStore:
    """Sign-ins that are under way at an identity provider; what is kept of them is sealed."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def put(
        self, state_hash: str, kind: str, data: Mapping[str, Any], expires_at: datetime
    ) -> None:
        """Keeps what is needed when the provider sends the person back.

        Args:
            state_hash: hash of the ``state`` parameter; the parameter itself is never stored.
            kind: what it is for, for example ``oidc`` or ``smart``.
            data: JSON-ready, for example nonce, PKCE verifier and the page to open.
        """
        statement = insert(pending_authorization).values(
            state_hash=state_hash,
            kind=kind,
            data_sealed=self._cipher.seal(json.dumps(dict(data)), _place(kind, state_hash)),
            expires_at=expires_at,
        )
        async with self._database.transaction() as opened:
            await opened.execute(statement)

    async def take(self, state_hash: str, kind: str, at: datetime) -> dict[str, Any] | None:
        """What was kept, exactly once; ``None`` if unknown, of another kind, taken or expired."""
        columns = pending_authorization.c
        statement = (
            delete(pending_authorization)
            .where(columns.state_hash == state_hash, columns.kind == kind, columns.expires_at > at)
            .returning(columns.data_sealed)
        )
        async with self._database.transaction() as opened:
            await opened.execute(delete(pending_authorization).where(columns.expires_at <= at))
            sealed = (await opened.execute(statement)).scalar_one_or_none()
        if sealed is None:
            return None
        data: dict[str, Any] = json.loads(self._cipher.open(sealed, _place(kind, state_hash)))
        return data


def _place(kind: str, state_hash: str) -> str:
    return f"pending/{kind}/{state_hash}"
