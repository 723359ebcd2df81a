"""The connections to the hospital's systems, how they fare, and samples of their errors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from suwen.core.connection import (
    Connection,
    ConnectionHealth,
    ConnectionKind,
    ConnectionState,
    ErrorSample,
)
from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.language import Bilingual
from suwen.storage.connection_tables import connection, connection_health, error_sample
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher

_SAMPLES_KEPT = 200


class ConnectionStore:
    """Connections in the general database; their secrets are sealed."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def put(
        self, wanted: Connection, expected_version: int | None, *, by: str, at: datetime
    ) -> int:
        """Adds a connection, or replaces what is set up under its name; its new version.

        Args:
            wanted: its ``version`` is not looked at.
            expected_version: the version that was seen; ``None`` to add a new one.
            by: the account that changes it.

        Raises:
            ConflictError: ``connection_exists`` when a new one's name is taken;
                ``connection_changed`` when it is not at the expected version.
            NotFoundError: ``no_such_connection`` when one to be replaced is not there.
        """
        row = {**self._row(wanted), "changed_at": at, "changed_by": by}
        async with self._database.transaction() as opened:
            if expected_version is None:
                added = insert(connection).values(version=1, **row).on_conflict_do_nothing()
                if (await opened.execute(added.returning(connection.c.name))).first() is None:
                    raise _exists()
                return 1
            changed = (
                update(connection)
                .where(connection.c.name == wanted.name, connection.c.version == expected_version)
                .values(version=expected_version + 1, **row)
            )
            if (await opened.execute(changed.returning(connection.c.name))).first() is None:
                standing = select(connection.c.name).where(connection.c.name == wanted.name)
                there = (await opened.execute(standing)).first()
                raise _changed() if there is not None else _no_such_connection()
            return expected_version + 1

    async def read(self, name: str) -> Connection:
        """One connection with its secrets.

        Raises:
            NotFoundError: ``no_such_connection``.
        """
        async with self._database.transaction() as opened:
            found = await opened.execute(select(connection).where(connection.c.name == name))
            row = found.mappings().one_or_none()
        if row is None:
            raise _no_such_connection()
        return self._connection(row)

    async def remove(self, name: str) -> None:
        """Removes a connection with its health and samples; its messages stay.

        Raises:
            NotFoundError: ``no_such_connection``.
        """
        statement = delete(connection).where(connection.c.name == name)
        async with self._database.transaction() as opened:
            if (await opened.execute(statement.returning(connection.c.name))).first() is None:
                raise _no_such_connection()

    async def set_paused(self, name: str, *, paused: bool, by: str, at: datetime) -> int:
        """Holds a connection or lets it go on; its new version.

        Raises:
            NotFoundError: ``no_such_connection``.
        """
        statement = (
            update(connection)
            .where(connection.c.name == name)
            .values(
                paused=paused,
                version=connection.c.version + 1,
                changed_at=at,
                changed_by=by,
            )
        )
        async with self._database.transaction() as opened:
            found = (await opened.execute(statement.returning(connection.c.version))).first()
        if found is None:
            raise _no_such_connection()
        return int(found[0])

    async def write_health(self, states: Sequence[ConnectionHealth], at: datetime) -> None:
        """Keeps how connections fare; one that was removed meanwhile is left out.

        Args:
            states: ``queue_waiting`` and ``queue_failed`` are counted elsewhere and not kept.
            at: when the process that runs them says so.
        """
        rows = {state.name: _health_row(state, at) for state in states}
        if not rows:
            return
        # The key lock keeps a removal of the same moment from breaking the others' statement.
        there = select(connection.c.name).where(connection.c.name.in_(list(rows)))
        statement = insert(connection_health)
        replaced = {
            column.name: statement.excluded[column.name]
            for column in connection_health.columns
            if column.name != "name"
        }
        upsert = statement.on_conflict_do_update(index_elements=["name"], set_=replaced)
        async with self._database.transaction() as opened:
            locked = await opened.execute(there.with_for_update(read=True, key_share=True))
            kept = [rows[name] for name in locked.scalars()]
            if kept:
                await opened.execute(upsert, kept)

    async def health(self) -> list[ConnectionHealth]:
        """How the connections fare, by name; those that never ran are not in it.

        The queues are not counted here; see ``InboundStore.counts`` and ``OutboundStore.counts``.
        """
        query = select(connection_health).order_by(connection_health.c.name)
        async with self._database.transaction() as opened:
            return [_health(row) for row in (await opened.execute(query)).mappings()]

    async def add_samples(self, samples: Sequence[ErrorSample]) -> None:
        """Adds errors to the samples: the same code at the same place is counted, not repeated.

        The latest 200 places of a connection are kept.
        """
        merged: dict[tuple[str, str, str], ErrorSample] = {}
        for sample in samples:
            key = (sample.connection, sample.code, sample.where)
            before = merged.get(key)
            merged[key] = (
                sample
                if before is None
                else ErrorSample(
                    sample.connection,
                    max(sample.at, before.at),
                    sample.code,
                    sample.where,
                    sample.count + before.count,
                )
            )
        names = {sample.connection for sample in samples}
        if not names:
            return
        statement = insert(error_sample)
        upsert = statement.on_conflict_do_update(
            index_elements=["connection", "code", "place"],
            set_={
                "at": func.greatest(error_sample.c.at, statement.excluded.at),
                "count": error_sample.c.count + statement.excluded.count,
            },
        )
        there = select(connection.c.name).where(connection.c.name.in_(sorted(names)))
        async with self._database.transaction() as opened:
            locked = await opened.execute(there.with_for_update(read=True, key_share=True))
            kept = set(locked.scalars())
            rows = [_sample_row(merged[key]) for key in sorted(merged) if key[0] in kept]
            if rows:
                await opened.execute(upsert, rows)
            for name in sorted(kept):
                await opened.execute(_forgetting_old_samples(name))

    async def samples(self, name: str, limit: int = 50) -> list[ErrorSample]:
        """Errors of a connection, the latest first.

        Args:
            limit: at most so many, >= 1.
        """
        query = (
            select(error_sample)
            .where(error_sample.c.connection == name)
            .order_by(error_sample.c.at.desc(), error_sample.c.code, error_sample.c.place)
            .limit(limit)
        )
        async with self._database.transaction() as opened:
            return [
                ErrorSample(row["connection"], row["at"], row["code"], row["place"], row["count"])
                for row in (await opened.execute(query)).mappings()
            ]

    async def list(self) -> list[Connection]:
        """All connections with their secrets, by name."""
        async with self._database.transaction() as opened:
            found = await opened.execute(select(connection).order_by(connection.c.name))
            return [self._connection(row) for row in found.mappings()]

    def _row(self, wanted: Connection) -> dict[str, Any]:
        sealed = None
        if wanted.secrets:
            text = json.dumps(dict(wanted.secrets), ensure_ascii=False, sort_keys=True)
            sealed = self._cipher.seal(text, _place(wanted.name))
        return {
            "name": wanted.name,
            "kind": wanted.kind.value,
            "settings": dict(wanted.settings),
            "secrets_sealed": sealed,
            "enabled": wanted.enabled,
            "paused": wanted.paused,
            "synthetic": wanted.synthetic,
        }

    def _connection(self, row: RowMapping) -> Connection:
        sealed: bytes | None = row["secrets_sealed"]
        secrets = (
            json.loads(self._cipher.open(sealed, _place(row["name"]))) if sealed is not None else {}
        )
        return Connection(
            name=row["name"],
            kind=ConnectionKind(row["kind"]),
            settings=row["settings"],
            enabled=row["enabled"],
            paused=row["paused"],
            version=row["version"],
            synthetic=row["synthetic"],
            secrets=secrets,
        )


def _place(name: str) -> str:
    return f"connection/{name}"


def _health_row(state: ConnectionHealth, at: datetime) -> dict[str, Any]:
    said = state.last_error_message
    return {
        "name": state.name,
        "state": state.state.value,
        "since": state.since,
        "last_message_at": state.last_message_at,
        "messages_total": state.messages_total,
        "errors_total": state.errors_total,
        "rate_per_minute": state.rate_per_minute,
        "lag_s": state.lag_s,
        "last_error_code": state.last_error_code,
        "last_error_at": state.last_error_at,
        "last_error_zh": said.zh if said else None,
        "last_error_en": said.en if said else None,
        "port": state.port,
        "seen_at": at,
    }


def _health(row: RowMapping) -> ConnectionHealth:
    said = row["last_error_zh"]
    return ConnectionHealth(
        name=row["name"],
        state=ConnectionState(row["state"]),
        since=row["since"],
        last_message_at=row["last_message_at"],
        messages_total=row["messages_total"],
        errors_total=row["errors_total"],
        rate_per_minute=row["rate_per_minute"],
        lag_s=row["lag_s"],
        last_error_code=row["last_error_code"],
        last_error_at=row["last_error_at"],
        last_error_message=None if said is None else Bilingual(said, row["last_error_en"]),
        port=row["port"],
        seen_at=row["seen_at"],
    )


def _sample_row(sample: ErrorSample) -> dict[str, Any]:
    return {
        "connection": sample.connection,
        "code": sample.code,
        "place": sample.where,
        "at": sample.at,
        "count": sample.count,
    }


def _forgetting_old_samples(name: str) -> Any:
    columns = error_sample.c
    old = (
        select(columns.code, columns.place)
        .where(columns.connection == name)
        .order_by(columns.at.desc(), columns.code, columns.place)
        .offset(_SAMPLES_KEPT)
        .subquery()
    )
    return delete(error_sample).where(
        columns.connection == name, columns.code == old.c.code, columns.place == old.c.place
    )


def _exists() -> ConflictError:
    return ConflictError(
        "connection_exists",
        Bilingual(
            zh="已有同名的连接，请换一个名称。",
            en="There is a connection of this name already. Choose another name.",
        ),
        field="name",
    )


def _changed() -> ConflictError:
    return ConflictError(
        "connection_changed",
        Bilingual(
            zh="该连接已被他人修改，请重新打开后再改。",
            en="Somebody else changed this connection meanwhile. Open it again, then change it.",
        ),
    )


def _no_such_connection() -> NotFoundError:
    return NotFoundError(
        "no_such_connection", Bilingual(zh="没有这个连接。", en="There is no such connection.")
    )
