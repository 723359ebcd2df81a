"""What each database needs so that it is only read, and never waited for too long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from suwen.core.errors import ConfigurationError, IntegrationError
from suwen.core.language import Bilingual

_LOCK_WAIT_S = 5


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of database is opened for reading.

    Attributes:
        driver: that is taken when the address names none.
        arguments: for the driver, by the timeout in seconds.
        at_open: statements of a new connection.
        at_begin: statements of each transaction.
        proof: a statement whose answer must be ``proven``, or the transaction may write.
    """

    driver: str | None
    arguments: Callable[[int], Mapping[str, Any]]
    at_open: Callable[[int], tuple[str, ...]] = lambda _seconds: ()
    at_begin: tuple[str, ...] = ()
    proof: str | None = None
    proven: str = ""


def _postgresql(seconds: int) -> Mapping[str, Any]:
    options = (
        f"-c default_transaction_read_only=on -c statement_timeout={seconds * 1000} "
        f"-c lock_timeout={_LOCK_WAIT_S * 1000} "
        f"-c idle_in_transaction_session_timeout={(seconds + 30) * 1000}"
    )
    return {"options": options, "connect_timeout": 10, "application_name": "suwen"}


#: Tried here: postgresql, sqlite. The others follow their makers' documentation.
DIALECTS: Mapping[str, Dialect] = {
    "postgresql": Dialect(
        driver="psycopg",
        arguments=_postgresql,
        # Said again for each transaction: a pooler between us may drop the options.
        at_begin=("SET TRANSACTION READ ONLY",),
        proof="SHOW transaction_read_only",
        proven="on",
    ),
    "oracle": Dialect(
        driver="oracledb",
        arguments=lambda seconds: {"tcp_connect_timeout": 10},
        at_begin=("SET TRANSACTION READ ONLY",),
    ),
    "mysql": Dialect(
        driver="pymysql",
        arguments=lambda seconds: {"connect_timeout": 10, "read_timeout": seconds + 5},
        at_open=lambda seconds: (
            "SET SESSION TRANSACTION READ ONLY",
            f"SET SESSION max_execution_time = {seconds * 1000}",
        ),
    ),
    "mariadb": Dialect(
        driver="pymysql",
        arguments=lambda seconds: {"connect_timeout": 10, "read_timeout": seconds + 5},
        at_open=lambda seconds: (
            "SET SESSION TRANSACTION READ ONLY",
            f"SET SESSION max_statement_time = {seconds}",
        ),
    ),
    "mssql": Dialect(
        driver="pyodbc",
        # SQL Server knows no read-only transaction: the account must have SELECT only.
        arguments=lambda seconds: {"timeout": 10},
        at_open=lambda seconds: (f"SET LOCK_TIMEOUT {_LOCK_WAIT_S * 1000}",),
    ),
    "sqlite": Dialect(
        driver=None,
        arguments=lambda seconds: {"timeout": _LOCK_WAIT_S},
        at_open=lambda seconds: ("PRAGMA query_only = ON",),
        proof="PRAGMA query_only",
        proven="1",
    ),
}


def checked_url(address: str) -> URL:
    """The address with the driver that is used.

    Raises:
        ConfigurationError: ``database_address_wrong`` or ``database_kind_unknown``.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise ConfigurationError(
            "database_address_wrong",
            Bilingual(
                zh="不是数据库地址，如 postgresql://账号:密码@主机:5432/库名。",
                en="It is no address of a database such as postgresql://account:password@host:5432/"
                "name.",
            ),
            field="url",
        ) from None
    kind, _, driver = url.drivername.partition("+")
    known = DIALECTS.get(kind)
    if known is None:
        listed = ", ".join(DIALECTS)
        raise ConfigurationError(
            "database_kind_unknown",
            Bilingual(
                zh=f"不支持这种数据库；可用：{listed}。",
                en=f"This kind of database is not supported; known: {listed}.",
            ),
            field="url",
        )
    if not driver and known.driver is not None:
        url = url.set(drivername=f"{kind}+{known.driver}")
    return url


def begin_reading(connection: Connection, dialect: Dialect) -> None:
    """Makes the transaction of a connection a reading one, and proves it where that is possible.

    Raises:
        IntegrationError: ``source_not_read_only``.
    """
    for statement in dialect.at_begin:
        connection.execute(text(statement))
    if dialect.proof is None:
        return
    answer = connection.execute(text(dialect.proof)).scalar()
    if str(answer) != dialect.proven:
        raise IntegrationError(
            "source_not_read_only",
            Bilingual(
                zh="无法确认与来源数据库的事务为只读，未读取。",
                en="It could not be made sure that the transaction with the source is read-only; "
                "nothing was read.",
            ),
        )
