"""General credentials reach nothing of the device side, and no service role rewrites the audit."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy.engine import make_url

from suwen.core.manifest import Partition
from suwen.storage.urls import DatabaseUrls
from tests.support.database import connect

PRIVILEGES = {"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"}


def _as_other(url: str, database_of: str) -> str:
    database = make_url(database_of).database
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@pytest.mark.parametrize("partition", list(Partition))
def test_each_service_reads_its_own_database(
    database_urls: DatabaseUrls, partition: Partition
) -> None:
    with connect(database_urls.service(partition)) as connection:
        assert connection.execute("SELECT count(*) FROM audit_event").fetchone() == (0,)


def test_general_credentials_do_not_log_in_to_the_device_database(
    database_urls: DatabaseUrls,
) -> None:
    with (
        pytest.raises(psycopg.OperationalError, match="rejects connection"),
        connect(_as_other(database_urls.general, database_urls.device)),
    ):
        pass


def test_device_credentials_do_not_log_in_to_the_general_database(
    database_urls: DatabaseUrls,
) -> None:
    with (
        pytest.raises(psycopg.OperationalError, match="rejects connection"),
        connect(_as_other(database_urls.device, database_urls.general)),
    ):
        pass
