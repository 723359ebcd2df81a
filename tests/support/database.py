"""A real PostgreSQL for tests: one server per test process, with both databases migrated.

Use ``fresh_database_urls`` (empty at the start of each test), on it ``database`` and
``device_database``, or ``database_urls`` (copies that the tests of one module share). A test that
changes tables takes ``own_database_urls``. The server does not wait for the disk; a test about
durability starts its own ``EmbeddedPostgres``.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy.engine import make_url

from suwen.storage.cluster import Cluster, scram_verifier
from suwen.storage.database import Database
from suwen.storage.embedded import DEVICE, GENERAL, JOBS, MIGRATION, EmbeddedPostgres
from suwen.storage.keyring import KeyRing
from suwen.storage.secret_files import read_or_create_password, secrets_folder
from suwen.storage.server_account import server_account
from suwen.storage.urls import DatabaseUrls
from suwen.storage.vault import Vault

if TYPE_CHECKING:
    from tests.support.prepared_homes import PreparedHomes

# Not for a site: a crash of the machine may lose what was committed.
_WITHOUT_DISK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# As on a site, but each role may log in to the copies of its database too.
_ACCESS = f"""\
local "/^{GENERAL}" {GENERAL} scram-sha-256
local "/^{DEVICE}" {DEVICE} scram-sha-256
local {JOBS} {JOBS} scram-sha-256
local all {MIGRATION} scram-sha-256
local all all reject
host all all all reject
"""


@dataclass(frozen=True)
class TestServer:
    """The running server and a maker of migrated copies of both databases."""

    __test__ = False

    home: Path
    template: DatabaseUrls
    _numbers: Iterator[int]

    @contextmanager
    def copies(self, empty: bool = False) -> Iterator[DatabaseUrls]:
        """Databases of their own, migrated and without rows, dropped afterwards.

        Args:
            empty: without any table, as a hospital's own PostgreSQL hands them out.
        """
        number = next(self._numbers)
        general, device = f"{GENERAL}_{number}", f"{DEVICE}_{number}"
        with self._administration() as connection:
            for copy, template in ((general, GENERAL), (device, DEVICE)):
                source = "template0" if empty else template
                connection.execute(f"CREATE DATABASE {copy} TEMPLATE {source}")
                connection.execute(f"REVOKE ALL ON DATABASE {copy} FROM PUBLIC")
                connection.execute(f"GRANT CONNECT ON DATABASE {copy} TO {template}")
        yield DatabaseUrls(
            general=_on(self.template.general, general),
            device=_on(self.template.device, device),
            jobs=self.template.jobs,
            migration=_on(self.template.migration, general),
            device_migration=_on(self.template.device_migration, device),
        )
        with self._administration() as connection:
            for copy in (general, device):
                connection.execute(f"DROP DATABASE {copy} WITH (FORCE)")

    @contextmanager
    def _administration(self) -> Iterator[psycopg.Connection]:
        with connect(_on(self.template.migration, "postgres")) as connection:
            yield connection


@contextmanager
def connect(url: str) -> Iterator[psycopg.Connection]:
    """A plain psycopg connection (autocommit) to an address of ``DatabaseUrls``."""
    with _connection(url) as connection:
        yield connection


def _connection(url: str) -> psycopg.Connection:
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True)


class Emptied:
    """A database from which its owner, who alone could switch the triggers off, takes every row.

    Args:
        url: address as its owner; the connection stays, since each new one costs as much as the
            work.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection = _connection(url)

    def close(self) -> None:
        """Ends the connection."""
        self._connection.close()

    def empty(self) -> None:
        """Removes every row.

        Only tables that hold a row are touched: to cut all of them takes most of a second.
        """
        try:
            self._connection.execute("SELECT")
        except psycopg.OperationalError:
            # A test has ended the sessions of the database, ours among them.
            self._connection.close()
            self._connection = _connection(self._url)
        _empty(self._url, self._connection)


def _empty(url: str, connection: psycopg.Connection) -> None:
    tables = _tables(url, connection)
    full = _names(
        connection,
        " UNION ALL ".join(f"(SELECT '{table}' FROM {table} LIMIT 1)" for table in tables.all),
    )
    cut = sorted(tables.with_referring(full))
    if not cut:
        return
    guarded = [table for table in cut if table in tables.guarded]
    statements = [
        "SET lock_timeout = '20s'",
        *(f"ALTER TABLE {table} DISABLE TRIGGER never_changed" for table in guarded),
        f"TRUNCATE {', '.join(cut)} RESTART IDENTITY",
        *(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER never_changed" for table in guarded),
    ]
    connection.execute("; ".join(statements))


@dataclass(frozen=True)
class _Tables:
    all: tuple[str, ...]
    guarded: frozenset[str]
    referring: Mapping[str, frozenset[str]]

    def with_referring(self, names: Iterable[str]) -> set[str]:
        """The tables and those whose keys point at them, which are cut in the same statement."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self.referring.get(name, ()))
        return found


_KNOWN: dict[str, _Tables] = {}


def _tables(url: str, connection: psycopg.Connection) -> _Tables:
    if url not in _KNOWN:
        pairs = connection.execute(
            "SELECT confrelid::regclass::text, conrelid::regclass::text FROM pg_constraint "
            "WHERE contype = 'f'"
        ).fetchall()
        referring: dict[str, set[str]] = {}
        for referred, by in pairs:
            referring.setdefault(referred, set()).add(by)
        _KNOWN[url] = _Tables(
            all=tuple(
                _names(
                    connection,
                    "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' "
                    "AND relnamespace = 'public'::regnamespace AND relname <> 'suwen_version'",
                )
            ),
            guarded=frozenset(
                _names(
                    connection,
                    "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'never_changed'",
                )
            ),
            referring={name: frozenset(by) for name, by in referring.items()},
        )
    return _KNOWN[url]


def _names(connection: psycopg.Connection, query: str) -> list[str]:
    return [row[0] for row in connection.execute(query)]


def _on(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@contextmanager
def new_state_folder() -> Iterator[Path]:
    """An empty folder for a state directory, removed afterwards.

    Not pytest's own: a second pytest shuts that one, and as root the database's account would no
    longer reach its files.
    """
    folder = Path(tempfile.mkdtemp(prefix="suwen-test-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def state_folder() -> Iterator[Path]:
    """An empty folder for the state directory of one test."""
    with new_state_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres_server(prepared_homes: PreparedHomes) -> Iterator[TestServer]:
    """One embedded PostgreSQL for this test process, with both databases migrated."""
    with new_state_folder() as home:
        prepared_homes.with_tables(home)
        yield from _server(home)


def _server(home: Path) -> Iterator[TestServer]:
    server = EmbeddedPostgres(home)
    cluster = Cluster(home / "postgres", server_account())
    cluster.administer(
        [
            *_quick_passwords(home),
            f"ALTER ROLE {MIGRATION} CREATEDB",
            f"GRANT pg_signal_backend TO {MIGRATION}",
            f"GRANT CONNECT ON DATABASE postgres TO {MIGRATION}",
        ]
    )
    cluster.configure(_ACCESS, _WITHOUT_DISK)
    with server as urls:
        yield TestServer(home, urls, itertools.count(1))


def _quick_passwords(home: Path) -> Iterator[str]:
    """The same passwords, checked as on a site, with less to hash at each of many connections."""
    for role in (GENERAL, DEVICE, JOBS, MIGRATION):
        file = secrets_folder(home) / f"database_{role.removeprefix('suwen_')}"
        verifier = scram_verifier(read_or_create_password(file), iterations=1)
        yield f"ALTER ROLE {role} PASSWORD '{verifier}'"


@pytest.fixture(scope="module")
def database_urls(postgres_server: TestServer) -> Iterator[DatabaseUrls]:
    """Migrated databases that the tests of one module share."""
    with postgres_server.copies() as urls:
        yield urls


@pytest.fixture(scope="session")
def reused_database_urls(postgres_server: TestServer) -> Iterator[DatabaseUrls]:
    """The databases behind ``fresh_database_urls``."""
    with postgres_server.copies() as urls:
        yield urls


@pytest.fixture(scope="session")
def emptied_databases(reused_database_urls: DatabaseUrls) -> Iterator[tuple[Emptied, ...]]:
    """Their owner at both of them."""
    owned = [reused_database_urls.migration, reused_database_urls.device_migration]
    emptied = tuple(Emptied(url) for url in owned)
    yield emptied
    for one in emptied:
        one.close()


@pytest.fixture
def fresh_database_urls(
    reused_database_urls: DatabaseUrls, emptied_databases: tuple[Emptied, ...]
) -> DatabaseUrls:
    """Migrated databases without a row in them."""
    for one in emptied_databases:
        one.empty()
    return reused_database_urls


@pytest.fixture
def own_database_urls(postgres_server: TestServer) -> Iterator[DatabaseUrls]:
    """Migrated, empty databases of which one test may do what it likes."""
    with postgres_server.copies() as urls:
        yield urls


@pytest.fixture(scope="session")
def key_ring() -> Iterator[KeyRing]:
    """The ring by which the databases of ``open_database`` are sealed."""
    with new_state_folder() as home:
        yield KeyRing(home)


@pytest.fixture
async def open_database(key_ring: KeyRing) -> AsyncIterator[Callable[[str], Database]]:
    """Opens databases by address, sealed as on a site, and closes them after the test."""
    opened: list[Database] = []

    def open_one(url: str) -> Database:
        opened.append(Database(url, pool_size=4, vault=Vault(key_ring)))
        return opened[-1]

    yield open_one
    for database in opened:
        await database.close()


@pytest.fixture
async def database(
    fresh_database_urls: DatabaseUrls, open_database: Callable[[str], Database]
) -> Database:
    """The general database of one test, empty, as the general service sees it."""
    return open_database(fresh_database_urls.general)


@pytest.fixture
async def device_database(
    fresh_database_urls: DatabaseUrls, open_database: Callable[[str], Database]
) -> Database:
    """The device database of one test, empty, as the device service sees it."""
    return open_database(fresh_database_urls.device)
