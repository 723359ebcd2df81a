"""What clients take of their minute and their day: counted in the database, exact for all workers.

One row a client. A request is let through by the same statement that counts it, so that several
processes together never let through more than a client may have; the statement also says whether
the key still holds and whether anything about the client changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import psycopg
from sqlalchemy import literal_column, select, update

from suwen.core.errors import NotFoundError
from suwen.core.language import Bilingual
from suwen.storage.api_clients import ApiClient
from suwen.storage.connection_tables import api_client
from suwen.storage.database import Database

# The till is durable with the audit event that follows it on the same log of the database.
_UNHURRIED: Final = "SET synchronous_commit TO off"

_BASE_REQUESTS: Final = "CASE WHEN t.minute >= %(minute)s THEN t.minute_requests ELSE 0 END"
_BASE_TOKENS: Final = "CASE WHEN t.day >= %(day)s THEN t.day_tokens ELSE 0 END"

# A clock that is behind another worker's counts on the later minute and day, so that nobody gets
# a minute twice.
_TAKE: Final = f"""
WITH asked AS (
  SELECT * FROM unnest(%(keys)s::text[], %(requests)s::int[], %(tokens)s::bigint[])
    AS a(key_hash, requests, tokens)
), known AS (
  SELECT c.id, c.key_hash, c.xmin::text AS version, a.requests, a.tokens,
         c.requests_per_minute AS most_requests, c.tokens_per_day AS most_tokens
  FROM asked a JOIN api_client c USING (key_hash)
  WHERE NOT c.disabled AND (c.expires_at IS NULL OR c.expires_at > %(at)s)
  ORDER BY c.id
), taken AS (
  INSERT INTO api_client_till AS t (client, minute, minute_requests, day, day_tokens)
  SELECT id, %(minute)s, requests, %(day)s, tokens FROM known
  WHERE requests <= most_requests AND tokens <= most_tokens
  ON CONFLICT (client) DO UPDATE SET
    minute = greatest(t.minute, excluded.minute),
    minute_requests = {_BASE_REQUESTS} + excluded.minute_requests,
    day = greatest(t.day, excluded.day),
    day_tokens = {_BASE_TOKENS} + excluded.day_tokens
  WHERE {_BASE_REQUESTS} + excluded.minute_requests
          <= (SELECT most_requests FROM known WHERE id = t.client)
    AND {_BASE_TOKENS} + excluded.day_tokens
          <= (SELECT most_tokens FROM known WHERE id = t.client)
  RETURNING client, minute_requests, day_tokens
)
SELECT k.key_hash, k.id, k.version, taken.client IS NOT NULL,
       k.most_requests - coalesce(taken.minute_requests, {_BASE_REQUESTS}, 0),
       k.most_tokens - coalesce(taken.day_tokens, {_BASE_TOKENS}, 0)
FROM known k LEFT JOIN taken ON taken.client = k.id LEFT JOIN api_client_till t ON t.client = k.id
"""  # noqa: S608 (put together from the constants above)

_SETTLE: Final = """
UPDATE api_client_till t SET day_tokens = greatest(0, t.day_tokens + c.tokens)
FROM unnest(%(clients)s::text[], %(days)s::date[], %(tokens)s::bigint[]) AS c(client, day, tokens)
WHERE t.client = c.client AND t.day = c.day
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What callers with one key want at once: requests, and tokens that are set aside for them."""

    key_hash: str
    requests: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer to a ``Wanted``.

    Attributes:
        version: changes with everything that is known of the client.
        granted: whether all that was wanted is counted; otherwise nothing is.
        requests_left, tokens_left: what remains of the minute and the day.
    """

    client: str
    version: str
    granted: bool
    requests_left: int
    tokens_left: int


@dataclass(frozen=True, slots=True)
class Correction:
    """Tokens to add to what a client took on a day; fewer than nothing gives some back."""

    client: str
    day: date
    tokens: int


class ClientTills:
    """The tills of all clients, and their keys.

    Args:
        database: used by nobody else's kept connection: the till has its own.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._prepared: psycopg.AsyncConnection[Any] | None = None

    async def take(self, wanted: Sequence[Wanted], at: datetime, day: date) -> dict[str, Taken]:
        """Counts what is wanted where it may be had; each key once.

        Args:
            day: the day of the wards at that instant.

        Returns:
            By key hash; a key that is nobody's, disabled or expired is not in it.

        Raises:
            UnavailableError: as ``Database.transaction``.
        """
        minute = at.replace(second=0, microsecond=0)
        values = {
            "keys": [one.key_hash for one in wanted],
            "requests": [one.requests for one in wanted],
            "tokens": [one.tokens for one in wanted],
            "at": at,
            "minute": minute,
            "day": day,
        }
        async with self._database.kept_connection() as connection:
            await self._prepare(connection)
            rows = await (await connection.execute(_TAKE, values)).fetchall()
        return {key_hash: Taken(*rest) for key_hash, *rest in rows}

    async def settle(self, corrections: Sequence[Correction]) -> None:
        """Corrects what was set aside to what was used, where its day is still the day."""
        joined: dict[tuple[str, date], int] = {}
        for one in corrections:
            key = (one.client, one.day)
            joined[key] = joined.get(key, 0) + one.tokens
        # In one order, so that two writers never wait for each other in a circle.
        ordered = sorted(joined.items())
        values = {
            "clients": [client for (client, _), _ in ordered],
            "days": [day for (_, day), _ in ordered],
            "tokens": [tokens for _, tokens in ordered],
        }
        async with self._database.kept_connection() as connection:
            await self._prepare(connection)
            await connection.execute(_SETTLE, values)

    async def read_by_key_hash(self, key_hash: str) -> tuple[ApiClient, str] | None:
        """Whose key it is, and the version of what is known of it; ``None`` for nobody's."""
        query = select(api_client, literal_column("api_client.xmin::text").label("version"))
        async with self._database.transaction() as opened:
            found = await opened.execute(query.where(api_client.c.key_hash == key_hash))
            row = found.mappings().one_or_none()
        if row is None:
            return None
        facts = {name: row[name] for name in api_client.c.keys()}  # noqa: SIM118 (columns)
        for name in ("scopes", "departments"):
            facts[name] = frozenset(facts[name])
        return ApiClient(**facts), row["version"]

    async def replace_key(self, client: str, key_hash: str) -> None:
        """Gives a client another key; the one before is nobody's from then on.

        Raises:
            NotFoundError: ``no_such_client``.
        """
        statement = update(api_client).where(api_client.c.id == client).values(key_hash=key_hash)
        async with self._database.transaction() as opened:
            if (await opened.execute(statement.returning(api_client.c.id))).first() is None:
                raise NotFoundError(
                    "no_such_client",
                    Bilingual(zh="没有这个客户端。", en="There is no such client."),
                    field="id",
                )

    async def _prepare(self, connection: psycopg.AsyncConnection[Any]) -> None:
        if connection is not self._prepared:
            await connection.execute(_UNHURRIED)
            self._prepared = connection


def next_minute(at: datetime) -> float:
    """Seconds until the next minute begins, more than 0."""
    ahead = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return (ahead - at).total_seconds()
