"""General credentials reach nothing of the device side, and no service role rewrites the audit."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from suwen.core.manifest import Partition
from suwen.storage.embedded import EmbeddedPostgres, access_rules
from suwen.storage.grants import table_grants
from suwen.storage.migrate import migrate
from suwen.storage.tables import APPEND_ONLY, APPEND_ONLY_GENERAL
from suwen.storage.urls import DatabaseUrls
from tests.support.database import connect

EVERY_PRIVILEGE = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
GUARDED = [
    (partition, table)
    for partition in Partition
    for table in APPEND_ONLY + (APPEND_ONLY_GENERAL if partition is Partition.GENERAL else ())
]
AN_EVENT = (
    "INSERT INTO audit_event (sequence, at, action, actor, channel, outcome, detail, "
    "previous_hash, hash) VALUES (1, now(), 'a', 'b', 'web', 'done', '{}', '', '')"
)


def _with_database(url: str, database_of: str) -> str:
    database = make_url(database_of).database
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def _with_user(url: str, user: str, password: str | None) -> str:
    changed = make_url(url).set(username=user, password=password)
    return changed.render_as_string(hide_password=False)


def _refused(url: str) -> str:
    with pytest.raises(psycopg.OperationalError) as caught, connect(url):
        pass
    return str(caught.value)


@pytest.mark.parametrize("partition", list(Partition))
def test_each_service_logs_in_to_its_own_database(
    database_urls: DatabaseUrls, partition: Partition
) -> None:
    with connect(database_urls.service(partition)) as connection:
        assert connection.execute("SELECT count(*) FROM audit_event").fetchone() == (0,)


def test_neither_service_logs_in_to_the_others_database(database_urls: DatabaseUrls) -> None:
    general, device = database_urls.general, database_urls.device
    assert "rejects connection" in _refused(_with_database(general, device))
    assert "rejects connection" in _refused(_with_database(device, general))
    for database in ("postgres", "template1", "suwen_jobs"):
        for url in (general, device):
            other = make_url(url).set(database=database).render_as_string(hide_password=False)
            assert "rejects connection" in _refused(other)


def test_the_databases_refuse_the_others_role_even_where_the_server_lets_it_in(
    own_database_urls: DatabaseUrls,
) -> None:
    with connect(own_database_urls.device_migration) as owner:
        allowed = owner.execute(
            "SELECT has_database_privilege('suwen_general', current_database(), 'CONNECT'), "
            "has_table_privilege('suwen_general', 'draft', 'SELECT'), "
            "has_database_privilege('suwen_device', current_database(), 'CONNECT'), "
            "has_table_privilege('suwen_device', 'draft', 'SELECT')"
        ).fetchone()
    assert allowed == (False, False, True, True)


def test_a_wrong_password_and_an_unknown_role_are_refused(database_urls: DatabaseUrls) -> None:
    general = database_urls.general
    assert "authentication failed" in _refused(_with_user(general, "suwen_general", "wrong"))
    device_password = make_url(database_urls.device).password
    assert "failed" in _refused(_with_user(general, "suwen_general", device_password))
    for superuser in ("suwen_superuser", "postgres"):
        assert "rejects connection" in _refused(_with_user(general, superuser, "any"))


def test_the_site_itself_has_no_other_way_in(state_folder: Path) -> None:
    home = state_folder
    with EmbeddedPostgres(home) as urls:
        migrate(urls)
        own = [urls.general, urls.device, urls.jobs, urls.migration, urls.device_migration]
        for url in own:
            assert url is not None
            with connect(url) as connection:
                superuser = "SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles "
                query = superuser + "WHERE rolname = current_user"
                assert connection.execute(query).fetchone() == (False,)
        assert "rejects connection" in _refused(_with_database(urls.general, urls.device))
        assert "rejects connection" in _refused(_with_database(urls.device, urls.general))
        assert "rejects connection" in _refused(_with_user(urls.general, "suwen_superuser", ""))
        without = make_url(urls.general).set(password=None)
        assert "password" in _refused(without.render_as_string())
    written = (home / "postgres" / "data" / "pg_hba.conf").read_text()
    assert written == access_rules()
    assert "trust" not in written
    passwords = sorted((home / "secrets").iterdir())
    assert [file.name for file in passwords] == [
        "database_device",
        "database_general",
        "database_jobs",
        "database_migration",
    ]
    assert len({file.read_text() for file in passwords}) == 4
    assert {file.stat().st_mode & 0o777 for file in passwords} == {0o600}


@pytest.mark.parametrize("partition", list(Partition))
def test_the_service_has_the_privileges_that_are_written_down_and_no_other(
    database_urls: DatabaseUrls, partition: Partition
) -> None:
    with connect(database_urls.service(partition)) as connection:
        tables = connection.execute(
            "SELECT oid::regclass::text FROM pg_class "
            "WHERE relkind IN ('r', 'v', 'm', 'p', 'f') AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        found = {
            table: {
                privilege
                for privilege in EVERY_PRIVILEGE
                if connection.execute(
                    "SELECT has_table_privilege(%s, %s)", (table, privilege)
                ).fetchone()
                == (True,)
            }
            for (table,) in tables
        }
        creates = connection.execute(
            "SELECT has_schema_privilege('public', 'CREATE'), "
            "has_database_privilege(current_database(), 'CREATE')"
        ).fetchone()
    written = {t: set(p.split(", ")) for t, p in table_grants(partition).items()}
    assert found == written
    assert creates == (False, False)


@pytest.mark.parametrize(("partition", "table"), GUARDED)
@pytest.mark.parametrize("act", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0}"])
def test_no_service_changes_or_removes_what_only_grows(
    database_urls: DatabaseUrls, partition: Partition, table: str, act: str
) -> None:
    with connect(database_urls.service(partition)) as connection:
        column = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 2",
            (table,),
        ).fetchone()
        assert column is not None
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
            connection.execute(act.format(table, column[0]))


@pytest.mark.parametrize(("partition", "table"), GUARDED)
def test_not_even_the_owner_does_without_taking_the_guard_away(
    database_urls: DatabaseUrls, partition: Partition, table: str
) -> None:
    with connect(database_urls.owner(partition)) as connection:
        for act in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
                connection.execute(act)


def test_a_service_adds_to_the_audit_and_reads_it(own_database_urls: DatabaseUrls) -> None:
    for partition in Partition:
        with connect(own_database_urls.service(partition)) as connection:
            connection.execute(AN_EVENT)
            found = connection.execute("SELECT sequence, action FROM audit_event").fetchall()
            assert found == [(1, "a")]
            for act in ("UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(act)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("ALTER TABLE audit_event DISABLE TRIGGER never_changed")


def test_the_guard_is_what_stops_the_owner(own_database_urls: DatabaseUrls) -> None:
    with connect(own_database_urls.migration) as owner:
        owner.execute(AN_EVENT)
        owner.execute("ALTER TABLE audit_event DISABLE TRIGGER never_changed")
        assert owner.execute("DELETE FROM audit_event").rowcount == 1


def test_records_and_people_are_not_in_the_device_database(database_urls: DatabaseUrls) -> None:
    with connect(database_urls.device) as connection:
        for table in ("resource", "patient", "person", "session"):
            with pytest.raises(psycopg.errors.UndefinedTable):
                connection.execute(f"SELECT 1 FROM {table}")
