"""The migrations make the tables that the stores use, once, however many ask."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from suwen.core.errors import ConfigurationError, UnavailableError
from suwen.core.manifest import Partition
from suwen.storage import (
    access_tables,
    accountability_tables,
    bulk_tables,
    connection_tables,
    device_tables,
    evaluation_tables,
    imaging_tables,
    key_tables,
    knowledge_tables,
    monitoring_tables,
    prescription_tables,
    release_tables,
    rule_tables,
    tables,
)
from suwen.storage.embedded import EmbeddedPostgres
from suwen.storage.migrate import migrate, owner_connection
from suwen.storage.revision import NEWEST, is_prepared, revision
from suwen.storage.urls import DatabaseUrls
from tests.support.database import TestServer, connect


def _expected(partition: Partition) -> MetaData:
    expected = MetaData(naming_convention=tables.NAMING)
    sources = [tables.both]
    assert key_tables.data_key.metadata is tables.both
    assert release_tables.model_binding.metadata is tables.both
    if partition is Partition.DEVICE:
        sources.append(device_tables.device_only)
    else:
        sources.append(knowledge_tables.document.metadata)
        assert connection_tables.connection.metadata is tables.general_only
        assert imaging_tables.dicom_instance.metadata is tables.general_only
        assert access_tables.emergency_access.metadata is tables.general_only
        assert accountability_tables.disclosure.metadata is tables.general_only
        assert bulk_tables.bulk_run.metadata is tables.general_only
        assert evaluation_tables.evaluation_run.metadata is tables.general_only
        assert prescription_tables.prescription.metadata is tables.general_only
        assert monitoring_tables.incident.metadata is tables.general_only
        assert rule_tables.rule_proposal.metadata is tables.general_only
    for source in sources:
        for table in source.tables.values():
            table.to_metadata(expected)
    return expected


@pytest.mark.parametrize("partition", list(Partition))
def test_the_tables_are_as_the_stores_use_them(
    database_urls: DatabaseUrls, partition: Partition
) -> None:
    with owner_connection(database_urls.owner(partition)) as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": "suwen_version", "compare_type": True}
        )
        assert compare_metadata(context, _expected(partition)) == []


def test_both_databases_are_at_the_newest_version(database_urls: DatabaseUrls) -> None:
    assert revision(database_urls.migration) == NEWEST
    assert revision(database_urls.device_migration) == NEWEST


def test_again_changes_nothing_but_mends_the_grants(own_database_urls: DatabaseUrls) -> None:
    with connect(own_database_urls.migration) as owner:
        owner.execute("GRANT DELETE ON audit_event TO suwen_general")
        owner.execute("REVOKE SELECT ON draft FROM suwen_general")
    migrate(own_database_urls)
    with connect(own_database_urls.general) as service:
        found = service.execute(
            "SELECT has_table_privilege('audit_event', 'DELETE'), "
            "has_table_privilege('draft', 'SELECT')"
        ).fetchone()
    assert found == (False, True)


def test_a_database_is_prepared_at_the_newest_version_only(
    own_database_urls: DatabaseUrls, postgres_server: TestServer
) -> None:
    assert is_prepared(own_database_urls)
    with postgres_server.copies(empty=True) as urls:
        assert not is_prepared(urls)
    with connect(own_database_urls.device_migration) as owner:
        owner.execute("UPDATE suwen_version SET version_num = '0000'")
    assert not is_prepared(own_database_urls)


@pytest.mark.parametrize(
    "change",
    [
        "GRANT DELETE ON audit_event TO suwen_general",
        "GRANT UPDATE ON audit_event TO PUBLIC",
        "REVOKE SELECT ON draft FROM suwen_general",
    ],
)
def test_a_database_with_other_rights_is_not_prepared(
    own_database_urls: DatabaseUrls, change: str
) -> None:
    with connect(own_database_urls.migration) as owner:
        owner.execute(change)
    assert not is_prepared(own_database_urls)
    migrate(own_database_urls)
    assert is_prepared(own_database_urls)


def test_a_server_that_is_not_there_is_not_prepared(database_urls: DatabaseUrls) -> None:
    nowhere = "postgresql+psycopg://a:secret-word@127.0.0.1:1/suwen_general"
    assert not is_prepared(dataclasses.replace(database_urls, general=nowhere))


def test_a_database_of_a_later_program_is_left_alone(own_database_urls: DatabaseUrls) -> None:
    with connect(own_database_urls.migration) as owner:
        owner.execute("UPDATE suwen_version SET version_num = '9999'")
    with pytest.raises(ConfigurationError) as caught:
        migrate(own_database_urls)
    assert caught.value.code == "database_newer_than_program"
    assert revision(own_database_urls.migration) == "9999"


def test_two_that_migrate_at_once_take_turns(state_folder: Path) -> None:
    errors: list[Any] = []

    def work(urls: DatabaseUrls) -> None:
        try:
            migrate(urls)
        except Exception as error:  # noqa: BLE001 - told to the test
            errors.append(error)

    with EmbeddedPostgres(state_folder) as urls:
        assert revision(urls.migration) is None
        threads = [threading.Thread(target=work, args=(urls,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert revision(urls.migration) == NEWEST


def test_a_server_that_is_not_there_is_said_so(database_urls: DatabaseUrls) -> None:
    nowhere = "postgresql+psycopg://a:secret-word@127.0.0.1:1/suwen_general"
    with pytest.raises(UnavailableError) as caught:
        revision(nowhere)
    assert caught.value.code == "database_unavailable"
    assert "secret-word" not in repr(caught.value.detail)
