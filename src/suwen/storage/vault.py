"""Seals what is kept of a patient by a key that is this patient's alone.

A patient's keys are rows of ``data_key``, wrapped by the ring. What belongs to no patient is
sealed by the ring itself. Where a key was destroyed, nothing that it sealed is ever read again.
"""

from __future__ import annotations

import base64
import binascii
import os
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import ConfigurationError, NotFoundError
from suwen.core.language import Bilingual
from suwen.storage.data_keys import (
    KEY_BYTES,
    DataKey,
    method_of,
    named_key,
    new_key_id,
    not_readable,
)
from suwen.storage.key_tables import data_key
from suwen.storage.keyring import KeyRing, Module

SEALED: Final = "~"
"""First character of a text that is sealed; JSON never begins with it."""

# So long a process may go on reading by a key that another one has destroyed meanwhile.
_REMEMBERED_S: Final = 5.0
_MOST_REMEMBERED: Final = 20_000

# A key that this transaction made is not remembered: it may yet be rolled back.
_LOAD: Final = text(
    "SELECT id, owner, wrapped, coalesce(xmin::text::bigint = "
    "pg_current_xact_id_if_assigned()::text::bigint & 4294967295, false) AS own "
    "FROM data_key WHERE id = ANY(:ids)"
)


@dataclass(frozen=True, slots=True)
class Unsealed:
    """A text on its way into the store.

    Attributes:
        owner: id of the patient whose it is; ``None`` where it is nobody's.
        place: what it is bound to, for example ``resource/Observation/o1/1``.
    """

    owner: str | None
    text: str = field(repr=False)
    place: str


class Vault:
    """Keys of patients in one partition's database.

    Args:
        ring: of the installation.
        module: whose key seals what belongs to no patient.
    """

    def __init__(self, ring: KeyRing, module: Module = Module.RECORDS) -> None:
        self.ring = ring
        self._module = module
        self._remembered: dict[str, tuple[DataKey, float]] = {}

    async def seal(self, connection: AsyncConnection, items: Sequence[Unsealed]) -> list[str]:
        """The sealed texts, in their order; a patient without a key gets one.

        The keys are made in the connection's transaction: they stay or go with what they sealed.
        """
        keys = await self._current(
            connection, {item.owner for item in items if item.owner is not None}
        )
        ring = self.ring.opened()
        common, algorithm = ring.current(self._module), ring.state.algorithm
        return [
            as_text(
                (keys[item.owner] if item.owner is not None else common).seal(
                    item.text.encode(), item.place, algorithm
                )
            )
            for item in items
        ]

    async def open(
        self, connection: AsyncConnection, items: Sequence[tuple[str, str]]
    ) -> list[str | None]:
        """The texts of pairs of stored text and place; ``None`` where the key was destroyed.

        What was stored before there were keys is returned as it is.

        Raises:
            ConfigurationError: ``field_not_readable`` for what was altered or put elsewhere.
        """
        sealed = [
            as_bytes(stored, place) if stored.startswith(SEALED) else None
            for stored, place in items
        ]
        keys = await self._named(connection, [one for one in sealed if one is not None])
        opened: list[str | None] = []
        for (stored, place), content in zip(items, sealed, strict=True):
            if not content:
                # A mark alone stands for what was erased from a restored backup.
                opened.append(stored if content is None else None)
                continue
            name = named_key(content)
            if name is None or name not in keys:
                raise not_readable(place)
            key = keys[name]
            opened.append(key.open(content, place).decode() if key is not None else None)
        return opened

    async def keys_of(
        self, connection: AsyncConnection, owner: str
    ) -> tuple[DataKey, Mapping[str, DataKey]]:
        """The key that seals now for an owner, made where there is none, and every one that was
        not destroyed, by its id.

        What is sealed outside of the database by one that was made here must wait for the commit.
        """
        current = (await self._current(connection, {owner}))[owner]
        columns = data_key.c
        query = select(columns.id, columns.wrapped).where(
            columns.owner == owner, columns.wrapped.is_not(None)
        )
        rows = (await connection.execute(query)).all()
        return current, {row.id: self.unwrapped(row.id, owner, row.wrapped) for row in rows}

    def common_mark(self) -> str:
        """How texts begin that belong to no patient and are sealed by the present key."""
        ring = self.ring.opened()
        head = method_of(ring.state.algorithm) + ring.current(self._module).id_bytes
        return as_text(head)

    def forget(self) -> None:
        """Drops every key from memory, as after one was destroyed."""
        self._remembered.clear()

    def wrapped(self, key: DataKey, owner: str) -> bytes:
        """A patient's key as it is kept."""
        ring = self.ring.opened()
        place = _place(key.id, owner)
        return ring.current(Module.PATIENTS).seal(key.secret, place, ring.state.algorithm)

    def unwrapped(self, key_id: str, owner: str, wrapped: bytes) -> DataKey:
        """A patient's key again.

        Raises:
            ConfigurationError: ``field_not_readable``.
        """
        place = _place(key_id, owner)
        name = named_key(wrapped)
        by = self.ring.opened().of(Module.PATIENTS, name) if name is not None else None
        if by is None:
            raise not_readable(place)
        return DataKey(key_id, by.open(wrapped, place))

    async def _current(
        self, connection: AsyncConnection, owners: Collection[str]
    ) -> dict[str, DataKey]:
        """The key of each owner that seals now; read anew, so that none was destroyed since."""
        found = await self._standing(connection, owners)
        missing = sorted(set(owners) - found.keys())
        if missing:
            made = [DataKey(new_key_id(), os.urandom(KEY_BYTES)) for _ in missing]
            now = datetime.now(UTC)
            rows = [
                {
                    "id": key.id,
                    "owner": owner,
                    "current": True,
                    "wrapped": self.wrapped(key, owner),
                    "made_at": now,
                }
                for key, owner in zip(made, missing, strict=True)
            ]
            statement = insert(data_key).on_conflict_do_nothing(
                index_elements=["owner"], index_where=data_key.c.current
            )
            await connection.execute(statement, rows)
            found |= await self._standing(connection, missing)
        return found

    async def _standing(
        self, connection: AsyncConnection, owners: Collection[str]
    ) -> dict[str, DataKey]:
        if not owners:
            return {}
        columns = data_key.c
        query = select(columns.id, columns.owner, columns.wrapped).where(
            columns.owner.in_(owners), columns.current
        )
        found: dict[str, DataKey] = {}
        for row in await connection.execute(query):
            there = self._remembered.get(row.id)
            found[row.owner] = there[0] if there else self.unwrapped(row.id, row.owner, row.wrapped)
        return found

    async def _named(
        self, connection: AsyncConnection, sealed: Iterable[bytes]
    ) -> Mapping[str, DataKey | None]:
        """Keys by the ids that are named; ``None`` for one that was destroyed."""
        names = {name for one in sealed if (name := named_key(one)) is not None}
        if not names:
            return {}
        ring = self.ring.opened()
        found: dict[str, DataKey | None] = {}
        now = time.monotonic()
        for name in list(names):
            key = ring.of(self._module, name)
            if key is None and (there := self._remembered.get(name)) and there[1] > now:
                key = there[0]
            if key is not None:
                found[name] = key
                names.discard(name)
        if names:
            rows = await connection.execute(_LOAD.bindparams(bindparam("ids", sorted(names))))
            for row in rows:
                found[row.id] = self._taken(row, now)
        return found

    def _taken(self, row: Any, now: float) -> DataKey | None:
        if row.wrapped is None:
            self._remembered.pop(row.id, None)
            return None
        there = self._remembered.get(row.id)
        key = there[0] if there else self.unwrapped(row.id, row.owner, row.wrapped)
        if not row.own:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[row.id] = (key, now + _REMEMBERED_S)
        return key


async def sealed_texts(
    vault: Vault | None, connection: AsyncConnection, items: Sequence[Unsealed]
) -> list[str]:
    """The texts as they are stored: sealed where there is a vault, else as they are."""
    if vault is None:
        return [item.text for item in items]
    return await vault.seal(connection, items)


async def opened_texts(
    vault: Vault | None, connection: AsyncConnection, items: Sequence[tuple[str, str]]
) -> list[str | None]:
    """The texts of pairs of stored text and place; ``None`` where a key was destroyed.

    Raises:
        ConfigurationError: ``field_not_readable``, ``vault_missing``.
    """
    if vault is not None:
        return await vault.open(connection, items)
    if any(stored.startswith(SEALED) for stored, _ in items):
        raise ConfigurationError(
            "vault_missing",
            Bilingual(
                zh="数据已加密，但此进程没有打开密钥环，无法读取。",
                en="The data are sealed and this process opened no key ring; they cannot be read.",
            ),
        )
    return [stored for stored, _ in items]


def is_sealed(stored: str) -> bool:
    """Whether a text is sealed, where one in the clear may begin as a sealed one does."""
    if not stored.startswith(SEALED):
        return False
    try:
        content = base64.b64decode(stored[len(SEALED) :], validate=True)
    except (binascii.Error, ValueError):
        return False
    return not content or named_key(content) is not None


def erased() -> NotFoundError:
    """The answer for a document whose patient's key was destroyed."""
    return NotFoundError(
        "record_erased",
        Bilingual(
            zh="该患者的数据已依法删除（密钥已销毁），此文书不能再读取。",
            en="This patient's data were erased (their key is destroyed); this document cannot be "
            "read any more.",
        ),
    )


def as_text(sealed: bytes) -> str:
    """Sealed bytes as a text column keeps them."""
    return SEALED + base64.b64encode(sealed).decode()


def as_bytes(stored: str, place: str) -> bytes:
    """The sealed bytes of a text column.

    Raises:
        ConfigurationError: ``field_not_readable``.
    """
    try:
        return base64.b64decode(stored[len(SEALED) :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise not_readable(place) from error


def _place(key_id: str, owner: str) -> str:
    return f"data_key/{key_id}/{owner}"
