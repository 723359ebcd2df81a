"""The engines that a partition may use; their keys are sealed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, delete, select
from sqlalchemy.dialects.postgresql import insert

from suwen.core.errors import NotFoundError
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.tables import endpoint


class EndpointStore:
    """Endpoints of one partition's database."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def put(self, wanted: Endpoint) -> None:
        """Adds an endpoint, or replaces the one of the same name."""
        row = self._row(wanted)
        statement = insert(endpoint).values(row)
        replaced = {name: value for name, value in row.items() if name != "name"}
        upsert = statement.on_conflict_do_update(index_elements=["name"], set_=replaced)
        async with self._database.transaction() as connection:
            await connection.execute(upsert)

    async def read(self, name: str) -> Endpoint:
        """One endpoint with its key.

        Raises:
            NotFoundError: ``no_such_endpoint``.
            ConfigurationError: ``field_not_readable`` when its key was sealed by another key.
        """
        async with self._database.reading() as connection:
            found = await connection.execute(select(endpoint).where(endpoint.c.name == name))
            row = found.mappings().one_or_none()
        if row is None:
            raise _no_such_endpoint()
        return self._endpoint(row)

    async def remove(self, name: str) -> None:
        """Removes an endpoint and its key.

        Raises:
            NotFoundError: ``no_such_endpoint``.
        """
        async with self._database.transaction() as connection:
            done = await connection.execute(
                delete(endpoint).where(endpoint.c.name == name).returning(endpoint.c.name)
            )
            if done.one_or_none() is None:
                raise _no_such_endpoint()

    async def list(self) -> list[Endpoint]:
        """All endpoints with their keys, by name."""
        async with self._database.reading() as connection:
            found = await connection.execute(select(endpoint).order_by(endpoint.c.name))
            rows = found.mappings().all()
        return [self._endpoint(row) for row in rows]

    def _row(self, wanted: Endpoint) -> dict[str, Any]:
        key = wanted.key
        place = _place(wanted.partition.value, wanted.name)
        return {
            "name": wanted.name,
            "url": wanted.url,
            "model": wanted.model,
            "partition": wanted.partition.value,
            "ceiling": wanted.ceiling,
            "capabilities": sorted(wanted.capabilities),
            "context_tokens": wanted.context_tokens,
            "key_sealed": self._cipher.seal(key, place) if key is not None else None,
            "embedded": wanted.embedded,
            "timeout_s": wanted.timeout_s,
            "max_concurrent": wanted.max_concurrent,
            "max_waiting": wanted.max_waiting,
            "weights": wanted.weights,
            "quantisation": wanted.quantisation,
            "served": wanted.served,
        }

    def _endpoint(self, row: RowMapping) -> Endpoint:
        sealed: bytes | None = row["key_sealed"]
        place = _place(row["partition"], row["name"])
        return Endpoint(
            name=row["name"],
            url=row["url"],
            model=row["model"],
            partition=Partition(row["partition"]),
            ceiling=row["ceiling"],
            capabilities=frozenset(row["capabilities"]),
            context_tokens=row["context_tokens"],
            key=self._cipher.open(sealed, place) if sealed is not None else None,
            embedded=row["embedded"],
            timeout_s=row["timeout_s"],
            max_concurrent=row["max_concurrent"],
            max_waiting=row["max_waiting"],
            weights=row["weights"],
            quantisation=row["quantisation"],
            served=row["served"],
        )


def _place(partition: str, name: str) -> str:
    return f"endpoint/{partition}/{name}"


def _no_such_endpoint() -> NotFoundError:
    return NotFoundError(
        "no_such_endpoint", Bilingual(zh="没有这个推理端点。", en="There is no such endpoint.")
    )
