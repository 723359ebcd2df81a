"""A pool of connections to one database, and transactions on it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import psycopg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncTransaction,
    create_async_engine,
)

from suwen.core.audit import canonical_json
from suwen.core.errors import SuwenError, UnavailableError
from suwen.core.language import Bilingual

_CONNECT_S = 10
_POOL_WAIT_S = 30.0

# SQLSTATE classes that mean "not now", not "not so": connection lost, resources, shutting down.
_NOT_NOW = ("08", "53", "57")
# Serialization failure and deadlock: the same transaction may work when tried again.
_TRY_AGAIN = ("40001", "40P01")


class Database:
    """One database as one role.

    Args:
        url: address of ``DatabaseUrls``.
        pool_size: most connections held open, >= 1; half as many again may come for a burst.
    """

    def __init__(self, url: str, pool_size: int = 8) -> None:
        self._engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=max(1, pool_size // 2),
            pool_timeout=_POOL_WAIT_S,
            pool_pre_ping=True,
            hide_parameters=True,
            json_serializer=_as_json,
            json_deserializer=json.loads,
            connect_args={
                "connect_timeout": _CONNECT_S,
                "application_name": "suwen",
                "options": "-c timezone=UTC",
            },
        )

    @property
    def engine(self) -> AsyncEngine:
        """The engine underneath, for what needs a connection of its own."""
        return self._engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: committed at the end of the block, rolled back by any exception.

        Raises:
            UnavailableError: ``database_unavailable`` or ``database_contention``: nothing was
                done, it may be tried again; ``database_outcome_unknown``: the connection was lost
                while committing, so the caller must look before it tries again.
            SuwenError: ``database_refused`` with the SQLSTATE; never with a row's content.
        """
        try:
            async with self._engine.connect() as connection:
                begun = await connection.begin()
                try:
                    yield connection
                except BaseException:
                    await begun.rollback()
                    raise
                await _commit(begun)
        except (SQLAlchemyError, psycopg.Error) as error:
            raise translated(error) from None

    async def close(self) -> None:
        """Closes every connection."""
        await self._engine.dispose()


async def driver_connection(connection: AsyncConnection) -> psycopg.AsyncConnection[Any]:
    """The driver's own connection, inside the transaction that is open on it."""
    raw = (await connection.get_raw_connection()).driver_connection
    return cast(psycopg.AsyncConnection[Any], raw)


async def _commit(begun: AsyncTransaction) -> None:
    try:
        await begun.commit()
    except SQLAlchemyError as error:
        known = translated(error)
        if known.code != "database_unavailable":
            raise known from None
        raise UnavailableError(
            "database_outcome_unknown",
            Bilingual(
                zh="保存时与数据库的连接中断，无法确定是否已保存。请重新打开并核对。",
                en="The connection was lost while saving, so it is not known whether it was saved. "
                "Open it again and check.",
            ),
            detail=known.detail,
        ) from None


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
    return SuwenError(
        "database_refused",
        Bilingual(
            zh="数据库拒绝了此操作，未作任何更改。",
            en="The database refused this; nothing was changed.",
        ),
        detail={"sqlstate": state or "", "kind": type(error).__name__},
    )


def _as_json(value: Any) -> str:
    return canonical_json(value).decode()
