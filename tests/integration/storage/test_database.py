"""A transaction is whole, says truthfully how it ended, and quotes nobody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import InputError, SuwenError, UnavailableError, meaning_of
from suwen.core.identity import PrincipalId, TraceId
from suwen.core.language import Language
from suwen.storage.database import Database
from suwen.storage.migrate import migrate
from suwen.storage.people import PeopleStore, Person
from suwen.storage.records import RecordStore
from suwen.storage.settings import SettingStore
from suwen.storage.traces import TraceStore
from suwen.storage.urls import DatabaseUrls, outside_urls
from tests.support.database import TestServer, connect

PUT = text("INSERT INTO setting VALUES ('k', '1')")


async def _end_session(connection: AsyncConnection, owner_url: str) -> None:
    backend = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    with connect(owner_url) as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))


async def test_an_exception_undoes_everything(database: Database) -> None:
    with pytest.raises(LookupError):
        async with database.transaction() as connection:
            await connection.execute(PUT)
            raise LookupError
    assert await SettingStore(database).get("k") is None


async def test_a_refusal_undoes_everything_and_quotes_nothing(database: Database) -> None:
    with pytest.raises(SuwenError) as caught:
        async with database.transaction() as connection:
            await connection.execute(PUT)
            await connection.execute(text("INSERT INTO setting VALUES ('k', '\"张三\"')"))
    error = caught.value
    assert (error.code, error.detail["sqlstate"]) == ("database_refused", "23505")
    assert "张三" not in f"{error!r} {error.detail} {error.safe_message}"
    assert (error.__cause__, error.__suppress_context__) == (None, True)
    assert await SettingStore(database).get("k") is None


@pytest.mark.parametrize("name", ["张\x00三", "\ud800"])
async def test_a_text_that_cannot_be_stored_is_the_givers_fault(
    database: Database, name: str
) -> None:
    people = PeopleStore(database)
    account = Person(
        PrincipalId("dr.lin"), name, frozenset(), frozenset(), Language.ZH, False, "local"
    )
    for act in (
        lambda: people.add(account),
        lambda: people.put_all([(account, None)]),
        lambda: people.read(PrincipalId(name)),
        lambda: RecordStore(database).read_summary(name),
        lambda: RecordStore(database).list_patients(query=name),
    ):
        with pytest.raises(InputError) as caught:
            await act()
        assert caught.value.code == "text_not_storable"
        assert "三" not in f"{caught.value.field} {caught.value.detail}"


async def test_the_column_of_a_text_that_cannot_be_stored_is_named(database: Database) -> None:
    account = Person(
        PrincipalId("dr.lin"), "\0", frozenset(), frozenset(), Language.ZH, False, "local"
    )
    people = PeopleStore(database)
    for act, column in (
        (lambda: people.add(account), "name"),
        (lambda: people.read(PrincipalId("\0")), "id"),
    ):
        with pytest.raises(InputError) as caught:
            await act()
        assert caught.value.field == column


async def test_a_number_that_is_too_large_is_the_givers_fault(database: Database) -> None:
    with pytest.raises(InputError) as caught:
        await TraceStore(database).append_event(TraceId("t"), 2**40, "x", {})
    assert caught.value.code == "value_not_storable"


@pytest.mark.parametrize("state", ["40001", "40P01"])
async def test_a_contended_transaction_may_be_tried_again(database: Database, state: str) -> None:
    with pytest.raises(UnavailableError) as caught:
        async with database.transaction() as connection:
            await connection.exec_driver_sql(
                f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{state}'; END $$"
            )
    assert caught.value.code == "database_contention"
    assert caught.value.retryable


async def test_a_server_that_is_not_there_is_unavailable(
    open_database: Callable[[str], Database],
) -> None:
    nowhere = open_database("postgresql+psycopg://a:secret-word@127.0.0.1:1/none")
    with pytest.raises(UnavailableError) as caught:
        async with nowhere.transaction():
            pytest.fail("there is nothing to connect to")
    assert caught.value.code == "database_unavailable"
    assert meaning_of(caught.value).exit_status == 4
    assert "secret-word" not in f"{caught.value!r} {caught.value.detail}"


async def test_a_session_lost_in_the_middle_left_nothing(
    database: Database, fresh_database_urls: DatabaseUrls
) -> None:
    with pytest.raises(UnavailableError) as caught:
        async with database.transaction() as connection:
            await connection.execute(PUT)
            await _end_session(connection, fresh_database_urls.migration)
            await connection.execute(PUT)
    assert caught.value.code == "database_unavailable"
    assert await SettingStore(database).get("k") is None


async def test_a_session_lost_while_committing_is_not_called_undone(
    database: Database, fresh_database_urls: DatabaseUrls
) -> None:
    with pytest.raises(UnavailableError) as caught:
        async with database.transaction() as connection:
            await connection.execute(PUT)
            await _end_session(connection, fresh_database_urls.migration)
    assert caught.value.code == "database_outcome_unknown"


async def test_the_pool_gets_over_sessions_that_were_ended(
    database: Database, fresh_database_urls: DatabaseUrls
) -> None:
    for _ in range(2):
        async with database.transaction() as connection:
            await connection.execute(text("SELECT 1"))
    with connect(fresh_database_urls.migration) as owner:
        owner.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE usename = 'suwen_general' AND datname = current_database()"
        )
    await SettingStore(database).put("k", 2)
    assert await SettingStore(database).get("k") == 2


async def test_the_kept_connection_is_made_anew_after_its_session_was_ended(
    database: Database, fresh_database_urls: DatabaseUrls
) -> None:
    async with database.kept_connection() as connection:
        backend = connection.info.backend_pid
    with connect(fresh_database_urls.migration) as owner:
        owner.execute("SELECT pg_terminate_backend(%s, 5000)", (backend,))
    with pytest.raises(UnavailableError):
        async with database.kept_connection() as connection:
            await connection.execute("SELECT 1")
    async with database.kept_connection() as connection:
        assert connection.info.backend_pid != backend


async def test_the_kept_connection_leaves_nothing_half_done_behind(database: Database) -> None:
    with pytest.raises(LookupError):
        async with database.kept_connection() as connection:
            await connection.execute("BEGIN; INSERT INTO setting VALUES ('k', '1')")
            raise LookupError
    async with database.kept_connection() as connection:
        await connection.execute("COMMIT")
    assert await SettingStore(database).get("k") is None


async def test_the_hospitals_own_postgresql_serves_by_its_addresses(
    postgres_server: TestServer, open_database: Callable[[str], Database]
) -> None:
    with postgres_server.copies(empty=True) as given:
        urls = outside_urls(
            {
                "SUWEN_DATABASE_URL": given.general.replace("+psycopg", ""),
                "SUWEN_DEVICE_DATABASE_URL": given.device.replace("+psycopg", ""),
                "SUWEN_MIGRATION_DATABASE_URL": given.migration.replace("+psycopg", ""),
            }
        )
        assert urls is not None
        migrate(urls)
        for url in (urls.general, urls.device):
            store = SettingStore(open_database(url))
            await store.put("k", url == urls.general)
            assert await store.get("k") is (url == urls.general)
        assert not await RecordStore(open_database(urls.general)).has_real_records()
