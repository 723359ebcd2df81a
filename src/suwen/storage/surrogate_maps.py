"""Which surrogate stands for what: kept sealed, one map for a patient or a request."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher
from suwen.storage.tables import setting

_KEY = "surrogate_map/"


@dataclass
class KeptMap:
    """A map as it is kept; what is changed in it inside ``opened`` is kept.

    Attributes:
        secret: of this map alone, 32 bytes; empty for a new map, whose opener fills it in.
        owner: who made it, as an account and the operating system's user; empty for a new one.
        originals: surrogate to type and original wording.
    """

    secret: bytes = b""
    owner: str = ""
    originals: Mapping[str, Any] = field(default_factory=dict)


class SurrogateMapStore:
    """Maps in one partition's database; whoever reads only the database learns nothing.

    Args:
        cipher: of the installation; each map is bound to its own id.
    """

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def read(self, map_id: str) -> KeptMap | None:
        """A map, or ``None`` when there is none of this id.

        Raises:
            ConfigurationError: ``field_not_readable`` when it was altered.
        """
        async with self._database.transaction() as connection:
            return await self._read(connection, map_id)

    @asynccontextmanager
    async def opened(self, map_id: str) -> AsyncIterator[KeptMap]:
        """A map for one user at a time, made when there is none; kept at the end, whole or not."""
        async with self._database.transaction() as connection:
            turn = func.hashtextextended(_KEY + map_id, 0)
            await connection.execute(select(func.pg_advisory_xact_lock(turn)))
            kept = await self._read(connection, map_id) or KeptMap()
            yield kept
            content = {
                "secret": kept.secret.hex(),
                "owner": kept.owner,
                "originals": dict(kept.originals),
            }
            sealed = self._cipher.seal(json.dumps(content, ensure_ascii=False), _KEY + map_id)
            value = {"sealed": base64.b64encode(sealed).decode()}
            statement = insert(setting).values(key=_KEY + map_id, value=value)
            await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["key"], set_={"value": statement.excluded.value}
                )
            )

    async def _read(self, connection: Any, map_id: str) -> KeptMap | None:
        found = await connection.execute(
            select(setting.c.value).where(setting.c.key == _KEY + map_id)
        )
        value = found.scalar_one_or_none()
        if value is None:
            return None
        sealed = base64.b64decode(value["sealed"])
        content = json.loads(self._cipher.open(sealed, _KEY + map_id))
        return KeptMap(bytes.fromhex(content["secret"]), content["owner"], content["originals"])
