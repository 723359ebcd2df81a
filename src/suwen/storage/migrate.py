"""Brings both databases to the present version, as the role that owns the tables."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.storage.database import translated
from suwen.storage.grants import grant_statements
from suwen.storage.revision import VERSION_TABLE
from suwen.storage.urls import DatabaseUrls

_SCRIPTS = Path(__file__).parent / "migrations"
# Any fixed number; two processes that migrate at once take turns on it.
_TURN = 0x5357_4D49
# The tool keeps what it works on in its module: two threads would take each other's.
_ONE_IN_A_PROCESS = threading.Lock()


def migrate(urls: DatabaseUrls, target: str = "head") -> None:
    """Upgrades both databases and gives the service roles exactly what they need.

    Nothing happens to a database that is at the target already, except that grants are renewed.

    Args:
        target: a version other than the newest only while a backup is restored; no service can
            use a database before it is at the newest.

    Raises:
        ConfigurationError: ``database_newer_than_program`` when a later program was here.
        UnavailableError: when a database cannot be reached.
    """
    for partition in Partition:
        with owner_connection(urls.owner(partition)) as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
            _refuse_unknown_version(connection)
            with _ONE_IN_A_PROCESS:
                command.upgrade(_configuration(connection, partition), target)
            if _revision(connection) == _script_directory().get_current_head():
                _grant(connection, partition, make_url(urls.service(partition)).username or "")


def known_revisions() -> frozenset[str]:
    """Every version that this program can bring a database to."""
    return frozenset(script.revision for script in _script_directory().walk_revisions())


@contextmanager
def owner_connection(url: str) -> Iterator[Connection]:
    """One transaction on a connection of its own, for the owner's rare work."""
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise translated(error) from None
    finally:
        engine.dispose()


def _configuration(connection: Connection, partition: Partition) -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    configuration.set_main_option("path_separator", "os")
    configuration.attributes["connection"] = connection
    configuration.attributes["partition"] = partition.value
    configuration.attributes["version_table"] = VERSION_TABLE
    return configuration


def _script_directory() -> ScriptDirectory:
    return ScriptDirectory(str(_SCRIPTS))


def _revision(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def _refuse_unknown_version(connection: Connection) -> None:
    found = _revision(connection)
    if found is not None and found not in known_revisions():
        raise ConfigurationError(
            "database_newer_than_program",
            Bilingual(
                zh="数据库由更新版本的 suwen 建立，本程序不能使用。请安装该版本或更高版本。",
                en="The database was made by a later suwen than this one. Install that version or "
                "a later one.",
            ),
            detail={"revision": found},
        )


def _grant(connection: Connection, partition: Partition, role: str) -> None:
    quote = connection.dialect.identifier_preparer.quote_identifier
    database = connection.execute(text("SELECT current_database()")).scalar_one()
    for statement in grant_statements(partition, quote(role), quote(database)):
        connection.execute(text(statement))
