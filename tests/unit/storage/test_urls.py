from __future__ import annotations

import pytest
from sqlalchemy.engine import make_url

from suwen.core.errors import ConfigurationError
from suwen.core.manifest import Partition
from suwen.storage.urls import outside_urls

OUTSIDE = {
    "SUWEN_DATABASE_URL": "postgresql://app:p%40ss@db.hospital:5433/suwen",
    "SUWEN_DEVICE_DATABASE_URL": "postgres://dev:two@db.hospital:5433/suwen_device",
    "SUWEN_MIGRATION_DATABASE_URL": "postgresql://owner:three@db.hospital:5433/suwen",
}


def _refused(changes: dict[str, str]) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        outside_urls({**OUTSIDE, **changes})
    return caught.value


def test_without_any_address_there_is_no_outside_database() -> None:
    assert outside_urls({"PATH": "/bin", "SUWEN_DATABASE_URL": "  "}) is None


def test_the_migration_role_is_used_on_both_databases() -> None:
    urls = outside_urls(OUTSIDE)
    assert urls is not None
    device_owner = make_url(urls.device_migration)
    assert (device_owner.username, device_owner.password) == ("owner", "three")
    assert (device_owner.host, device_owner.port) == ("db.hospital", 5433)
    assert device_owner.database == "suwen_device"
    assert urls.jobs is None


def test_passwords_with_special_characters_survive_and_stay_hidden() -> None:
    urls = outside_urls(OUTSIDE)
    assert urls is not None
    assert make_url(urls.general).password == "p@ss"
    assert make_url(urls.general).drivername == "postgresql+psycopg"
    assert "p@ss" not in repr(urls)
    assert "p%40ss" not in repr(urls)


def test_each_partition_has_its_own_service_and_owner_address() -> None:
    urls = outside_urls({**OUTSIDE, "SUWEN_JOBS_DATABASE_URL": "postgresql://j:k@h/jobs"})
    assert urls is not None
    assert urls.service(Partition.GENERAL) == urls.general
    assert urls.service(Partition.DEVICE) == urls.device
    assert urls.owner(Partition.GENERAL) == urls.migration
    assert urls.owner(Partition.DEVICE) == urls.device_migration
    assert urls.jobs is not None
    assert make_url(urls.jobs).database == "jobs"


def test_a_device_owner_of_its_own_is_taken() -> None:
    own = "postgresql://other:four@elsewhere/suwen_device"
    urls = outside_urls({**OUTSIDE, "SUWEN_DEVICE_MIGRATION_DATABASE_URL": own})
    assert urls is not None
    assert make_url(urls.device_migration).host == "elsewhere"


@pytest.mark.parametrize("name", list(OUTSIDE))
def test_a_missing_address_is_named(name: str) -> None:
    error = _refused({name: ""})
    assert (error.code, error.field) == ("database_url_missing", name)


@pytest.mark.parametrize(
    "text", ["not an address", "mysql://a:b@h/d", "postgresql://a:b@h", "postgresql://h/d"]
)
def test_a_malformed_address_is_named_and_not_repeated(text: str) -> None:
    error = _refused({"SUWEN_DATABASE_URL": text})
    assert (error.code, error.field) == ("database_url_malformed", "SUWEN_DATABASE_URL")
    assert text not in error.safe_message.en


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SUWEN_DEVICE_DATABASE_URL", "postgresql://dev:two@db.hospital:5433/suwen"),
        ("SUWEN_DEVICE_DATABASE_URL", "postgresql://app:p@db.hospital:5433/suwen_device"),
        ("SUWEN_MIGRATION_DATABASE_URL", "postgresql://app:p@db.hospital:5433/suwen"),
        ("SUWEN_MIGRATION_DATABASE_URL", "postgresql://dev:two@db.hospital:5433/suwen"),
    ],
    ids=["one database", "one service role", "general owns", "device owns"],
)
def test_partitions_that_are_not_separate_are_refused(name: str, value: str) -> None:
    assert _refused({name: value}).code == "database_roles_not_separate"
