"""Whether the databases are as this program needs them: told without the tool that makes them so.

Every start of a process asks this and almost always hears yes, so nothing is imported here that
only a migration needs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy.engine import make_url

from suwen.core.errors import SuwenError
from suwen.core.manifest import Partition
from suwen.storage.database import translated
from suwen.storage.grants import functions, table_grants
from suwen.storage.urls import DatabaseUrls

NEWEST: Final = "0026"
"""The version that this program brings a database to; a test holds it to the migrations."""

VERSION_TABLE: Final = "suwen_version"
_CONNECT_S: Final = 10

# Rights that everybody has count too: the role has them with everybody else.
_STATE: Final = f"""
    SELECT version.version_num, held.relname, held.privilege_type
    FROM {VERSION_TABLE} AS version LEFT JOIN (
        SELECT class.relname, explicit.privilege_type
        FROM pg_class AS class CROSS JOIN LATERAL aclexplode(class.relacl) AS explicit
        LEFT JOIN pg_roles AS role ON role.oid = explicit.grantee
        WHERE class.relnamespace = 'public'::regnamespace
            AND (explicit.grantee = 0 OR role.rolname = current_user)
    ) AS held ON TRUE
"""  # noqa: S608 - no part of it comes from outside

_MAY_CALL: Final = """
    SELECT bool_and(has_function_privilege(name, 'EXECUTE'))
    FROM unnest(%(functions)s::text[]) AS name
"""


def is_prepared(urls: DatabaseUrls) -> bool:
    """Whether each database is at ``NEWEST`` and its service role has exactly its rights.

    A process that holds one partition's address alone asks for that one.

    False also where that cannot be found out: whoever prepares the databases finds the reason.
    """
    try:
        return all(_is_prepared(urls.service(one), one) for one in urls.partitions)
    except (SuwenError, psycopg.Error):
        return False


def revision(url: str) -> str | None:
    """The version that a database is at, ``None`` when it was never migrated.

    Raises:
        UnavailableError: when the database cannot be reached.
    """
    try:
        with _connection(url) as connection:
            row = connection.execute(
                f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608 - a constant of ours
            ).fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    except psycopg.Error as error:
        raise translated(error) from None
    return str(row[0]) if row is not None else None


def _is_prepared(url: str, partition: Partition) -> bool:
    held: dict[str, set[str]] = defaultdict(set)
    versions = set()
    with _connection(url) as connection:
        for version, table, privilege in connection.execute(_STATE):
            versions.add(version)
            held[table].add(privilege)
        if versions != {NEWEST}:
            return False
        calls = connection.execute(_MAY_CALL, {"functions": list(functions(partition))}).fetchone()
    wanted = {table: set(rights.split(", ")) for table, rights in table_grants(partition).items()}
    return calls == (True,) and all(held[table] == wanted[table] for table in wanted)


@contextmanager
def _connection(url: str) -> Iterator[psycopg.Connection]:
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(
        address, autocommit=True, connect_timeout=_CONNECT_S, application_name="suwen"
    ) as connection:
        yield connection
