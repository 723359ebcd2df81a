"""A pool of connections to one database, and transactions on it."""

from __future__ import annotations

import asyncio
import json
import re
import select
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncTransaction,
    create_async_engine,
)

from suwen.core.audit import canonical_json
from suwen.core.errors import InputError, SuwenError, UnavailableError
from suwen.core.language import Bilingual
from suwen.core.plain_text import place_of_unplain, text_not_storable
from suwen.storage.rows import Rows
from suwen.storage.vault import Vault

_CONNECT = {
    "connect_timeout": 10,
    "application_name": "suwen",
    "options": "-c timezone=UTC",
}
_POOL_WAIT_S = 30.0
_RESTED_S = 0.5
_RESTING_SINCE = "resting since"

# SQLSTATE classes that mean "not now", not "not so": connection lost, resources, shutting down.
_NOT_NOW = ("08", "53", "57")
# The column's name in the name of a statement's parameter, such as ``id_1`` or ``[3].name``.
_COLUMN = re.compile(r"(?:^|\.)([a-z_]+?)(?:_m?\d+)*(?:\[\d+\])*$")
# Serialization failure and deadlock: the same transaction may work when tried again.
_TRY_AGAIN = ("40001", "40P01")


class Database:
    """One database as one role.

    Args:
        url: address of ``DatabaseUrls``.
        pool_size: most connections held open, >= 1; half as many again may come for a burst.
        vault: seals what is kept of patients; without one nothing sealed can be read, and what is
            stored is stored as it is.
    """

    def __init__(self, url: str, pool_size: int = 8, vault: Vault | None = None) -> None:
        self.vault = vault
        self._kept: psycopg.AsyncConnection[Any] | None = None
        self._kept_used = 0.0
        self._kept_in_use = asyncio.Lock()
        self._engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=max(1, pool_size // 2),
            pool_timeout=_POOL_WAIT_S,
            hide_parameters=True,
            json_serializer=_as_json,
            json_deserializer=json.loads,
            connect_args=_CONNECT,
        )
        self._reading = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        event.listen(self._engine.sync_engine, "checkin", _note_rest)
        event.listen(self._engine.sync_engine, "checkout", self._ask_after_rest)

    @property
    def engine(self) -> AsyncEngine:
        """The engine underneath, for what needs a connection of its own."""
        return self._engine

    @asynccontextmanager
    async def transaction(self, rows: Rows | None = None) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end of the block, rolled back by any exception.

        Args:
            rows: whose records it may see; without it the tables of patients are empty to it.

        Raises:
            UnavailableError: ``database_unavailable`` or ``database_contention``: nothing was
                done, it may be tried again; ``database_outcome_unknown``: the connection was lost
                while committing, so the caller must look before it tries again.
            InputError: ``text_not_storable`` or ``value_not_storable``, with the column.
            SuwenError: ``database_refused`` with the SQLSTATE; never with a row's content.
        """
        try:
            async with self._engine.connect() as connection:
                begun = await connection.begin()
                try:
                    if rows is not None:
                        await connection.execute(rows.opening())
                    yield connection
                except BaseException:
                    await begun.rollback()
                    raise
                await _commit(begun)
        except (SQLAlchemyError, psycopg.Error, UnicodeEncodeError) as error:
            raise translated(error) from None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """For one statement that only reads: spares the round trips of a transaction.

        Raises:
            UnavailableError, SuwenError: as ``transaction``.
        """
        try:
            async with self._reading.connect() as connection:
                yield connection
        except (SQLAlchemyError, psycopg.Error, UnicodeEncodeError) as error:
            raise translated(error) from None

    @asynccontextmanager
    async def single(self) -> AsyncIterator[AsyncConnection]:
        """For one statement that writes: it is its own transaction, in one round trip of three.

        Raises:
            UnavailableError, InputError, SuwenError: as ``transaction``; a connection that is lost
                leaves it unknown whether the statement took effect.
        """
        try:
            async with self._reading.connect() as connection:
                try:
                    yield connection
                except (SQLAlchemyError, psycopg.Error) as error:
                    raise commit_failure(error) from None
        except (SQLAlchemyError, psycopg.Error, UnicodeEncodeError) as error:
            raise translated(error) from None

    def _ask_after_rest(self, connection: DBAPIConnection, record: Any, _proxy: object) -> None:
        """Asks a connection whether the server still knows it, where that may be in doubt: it
        rested, or the server said something unasked, as it does when it ends a session."""
        since = record.info.get(_RESTING_SINCE)
        if since is None:
            return
        said = select.poll()
        said.register(record.driver_connection.fileno(), select.POLLIN)
        if not said.poll(0) and time.monotonic() - since < _RESTED_S:
            return
        try:
            self._engine.sync_engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError from error

    @asynccontextmanager
    async def kept_connection(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """The driver's own connection that is kept open for one user at a time.

        It spares what the pool does around each transaction. The block begins and commits by
        itself; any exception closes the connection, so that nothing uncommitted stays behind.

        Raises:
            UnavailableError: ``database_unavailable``: it could not be made, or was lost.
            SuwenError: as ``transaction``.
        """
        async with self._kept_in_use:
            try:
                yield await self._living()
                self._kept_used = time.monotonic()
            except (psycopg.Error, UnicodeEncodeError) as error:
                await self._close_kept()
                raise translated(error) from None
            except BaseException:
                await self._close_kept()
                raise

    async def _living(self) -> psycopg.AsyncConnection[Any]:
        """The kept connection; after a rest it is asked first whether the server still knows it."""
        if self._kept is not None and time.monotonic() - self._kept_used > _RESTED_S:
            try:
                await self._kept.execute("SELECT 1")
            except psycopg.Error:
                await self._close_kept()
        if self._kept is None:
            self._kept = await self._connect()
        return self._kept

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        _, arguments = self._engine.dialect.create_connect_args(self._engine.url)
        return await psycopg.AsyncConnection.connect(**{**arguments, **_CONNECT}, autocommit=True)

    async def _close_kept(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            await kept.close()

    async def close(self) -> None:
        """Closes every connection."""
        async with self._kept_in_use:
            await self._close_kept()
        await self._engine.dispose()


def _note_rest(_connection: DBAPIConnection | None, record: Any) -> None:
    record.info[_RESTING_SINCE] = time.monotonic()


async def _commit(begun: AsyncTransaction) -> None:
    try:
        await begun.commit()
    except SQLAlchemyError as error:
        raise commit_failure(error) from None


def commit_failure(error: Exception) -> SuwenError:
    """The error of our tree when a commit fails: a lost connection leaves the outcome unknown."""
    known = translated(error)
    if known.code != "database_unavailable":
        return known
    return UnavailableError(
        "database_outcome_unknown",
        Bilingual(
            zh="保存时与数据库的连接中断，无法确定是否已保存。请重新打开并核对。",
            en="The connection was lost while saving, so it is not known whether it was saved. "
            "Open it again and check.",
        ),
        detail=known.detail,
    )


def translated(error: Exception) -> SuwenError:
    """The error of our tree that a driver's error means; its text may quote a row and is left."""
    driver_error = getattr(error, "orig", error)
    state = getattr(driver_error, "sqlstate", None)
    if state in _TRY_AGAIN:
        return UnavailableError(
            "database_contention",
            Bilingual(
                zh="数据库正忙于另一项修改，请重试。",
                en="The database was busy with another change. Try again.",
            ),
            detail={"sqlstate": state},
        )
    lost = isinstance(error, PoolTimeoutError) or (
        isinstance(driver_error, psycopg.OperationalError | psycopg.InterfaceError)
        and state is None
    )
    if lost or (state is not None and state.startswith(_NOT_NOW)):
        return UnavailableError(
            "database_unavailable",
            Bilingual(
                zh="数据库暂时无法连接，操作未执行。请稍后重试。",
                en="The database cannot be reached; nothing was done. Try again shortly.",
            ),
            detail={"sqlstate": state or ""},
        )
    if isinstance(driver_error, psycopg.DataError | UnicodeEncodeError):
        return _not_storable(getattr(error, "params", None), state)
    return SuwenError(
        "database_refused",
        Bilingual(
            zh="数据库拒绝了此操作，未作任何更改。",
            en="The database refused this; nothing was changed.",
        ),
        detail={"sqlstate": state or "", "kind": type(error).__name__},
    )


def _not_storable(parameters: Any, state: str | None) -> InputError:
    """The refusal of a value, with the column that it was for where the driver's error tells."""
    place = place_of_unplain(parameters)
    if place is not None or state is None:
        column = _COLUMN.search(place or "")
        return text_not_storable(column[1] if column else None)
    return InputError(
        "value_not_storable",
        Bilingual(
            zh="有一个值超出可保存的范围（例如数字过大），未作任何更改。请更正后重试。",
            en="A value is outside what can be stored (a number that is too large, for example); "
            "nothing was changed. Correct it and try again.",
        ),
        detail={"sqlstate": state},
    )


def _as_json(value: Any) -> str:
    return canonical_json(value).decode()
