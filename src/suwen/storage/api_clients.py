"""Programs of the hospital that may ask for models, and how much they used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime

from sqlalchemy import RowMapping, select, update
from sqlalchemy.dialects.postgresql import insert

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.language import Bilingual
from suwen.storage.connection_tables import api_client, api_client_usage
from suwen.storage.database import Database


@dataclass(frozen=True, slots=True)
class ApiClient:
    """A program that has a key of its own.

    Attributes:
        key_hash: hash of its key; the key itself is shown once and never stored.
        scopes: what it may do, for example ``chat`` or ``embeddings``.
        ceiling: highest class of data that it may send, 1 to 5.
        requests_per_minute: >= 0; 0 allows none.
        tokens_per_day: >= 0, input and output together; 0 allows none.
        departments: codes of the departments whose rights it has; empty: of none.
        owner: account of the person who answers for it.
        expires_at: the key is of no use from this instant on; ``None``: it does not expire.
    """

    id: str
    name: str
    key_hash: str = field(repr=False)
    scopes: frozenset[str]
    ceiling: int
    requests_per_minute: int
    tokens_per_day: int
    departments: frozenset[str]
    owner: str
    expires_at: datetime | None
    disabled: bool
    created_at: datetime

    def state(self, now: datetime) -> str:
        """``active``, ``expired`` or ``disabled``."""
        if self.disabled:
            return "disabled"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "active"


@dataclass(frozen=True, slots=True)
class ClientUsage:
    """What a client used on one day; in ``add_usage``, what is added to that."""

    client: str
    day: date
    requests: int = 0
    refused: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


_COUNTED = ("requests", "refused", "input_tokens", "output_tokens")


class ApiClientStore:
    """Clients and their use in the general database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, wanted: ApiClient) -> None:
        """Adds a client.

        Raises:
            ConflictError: ``client_exists`` when its id or key is taken.
        """
        statement = insert(api_client).values(
            id=wanted.id,
            name=wanted.name,
            key_hash=wanted.key_hash,
            scopes=sorted(wanted.scopes),
            ceiling=wanted.ceiling,
            requests_per_minute=wanted.requests_per_minute,
            tokens_per_day=wanted.tokens_per_day,
            departments=sorted(wanted.departments),
            owner=wanted.owner,
            expires_at=wanted.expires_at,
            disabled=wanted.disabled,
            created_at=wanted.created_at,
        )
        added = statement.on_conflict_do_nothing().returning(api_client.c.id)
        async with self._database.transaction() as opened:
            if (await opened.execute(added)).first() is None:
                raise ConflictError(
                    "client_exists",
                    Bilingual(
                        zh="已有同名的客户端，请换一个名称。",
                        en="There is a client of this name already. Choose another name.",
                    ),
                    field="id",
                )

    async def list(self) -> list[ApiClient]:
        """All clients, disabled ones too, by id."""
        async with self._database.transaction() as opened:
            found = await opened.execute(select(api_client).order_by(api_client.c.id))
            return [_client(row) for row in found.mappings()]

    async def read(self, client: str) -> ApiClient:
        """One client.

        Raises:
            NotFoundError: ``no_such_client``.
        """
        async with self._database.transaction() as opened:
            found = await opened.execute(select(api_client).where(api_client.c.id == client))
            row = found.mappings().one_or_none()
        if row is None:
            raise _no_such_client()
        return _client(row)

    async def read_by_key_hash(self, key_hash: str) -> ApiClient | None:
        """Whose key it is, disabled and expired ones too; ``None`` for nobody's."""
        query = select(api_client).where(api_client.c.key_hash == key_hash)
        async with self._database.transaction() as opened:
            row = (await opened.execute(query)).mappings().one_or_none()
        return None if row is None else _client(row)

    async def disable(self, client: str) -> None:
        """Bars a client.

        Raises:
            NotFoundError: ``no_such_client``.
        """
        statement = update(api_client).where(api_client.c.id == client).values(disabled=True)
        async with self._database.transaction() as opened:
            if (await opened.execute(statement.returning(api_client.c.id))).first() is None:
                raise _no_such_client()

    async def usage(self, client: str, day: date) -> ClientUsage:
        """What a client used on a day; zeros when nothing."""
        columns = api_client_usage.c
        query = select(api_client_usage).where(columns.client == client, columns.day == day)
        async with self._database.transaction() as opened:
            row = (await opened.execute(query)).mappings().one_or_none()
        return ClientUsage(client, day) if row is None else ClientUsage(**row)

    async def add_usage(self, rows: Sequence[ClientUsage]) -> None:
        """Adds to what clients used, all or none."""
        statement = insert(api_client_usage)
        columns = api_client_usage.c
        upsert = statement.on_conflict_do_update(
            index_elements=["client", "day"],
            set_={name: columns[name] + statement.excluded[name] for name in _COUNTED},
        )
        # By key, so that two writers never wait for each other in a circle.
        ordered = sorted(rows, key=lambda row: (row.client, row.day))
        async with self._database.transaction() as opened:
            for row in ordered:
                await opened.execute(upsert, [asdict(row)])


def _client(row: RowMapping) -> ApiClient:
    return ApiClient(
        id=row["id"],
        name=row["name"],
        key_hash=row["key_hash"],
        scopes=frozenset(row["scopes"]),
        ceiling=row["ceiling"],
        requests_per_minute=row["requests_per_minute"],
        tokens_per_day=row["tokens_per_day"],
        departments=frozenset(row["departments"]),
        owner=row["owner"],
        expires_at=row["expires_at"],
        disabled=row["disabled"],
        created_at=row["created_at"],
    )


def _no_such_client() -> NotFoundError:
    return NotFoundError(
        "no_such_client", Bilingual(zh="没有这个客户端。", en="There is no such client.")
    )
