"""Where the databases are, and as whom each part of the platform logs in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition

DRIVER = "postgresql+psycopg"

GENERAL_VARIABLE = "SUWEN_DATABASE_URL"
DEVICE_VARIABLE = "SUWEN_DEVICE_DATABASE_URL"
JOBS_VARIABLE = "SUWEN_JOBS_DATABASE_URL"
MIGRATION_VARIABLE = "SUWEN_MIGRATION_DATABASE_URL"
DEVICE_MIGRATION_VARIABLE = "SUWEN_DEVICE_MIGRATION_DATABASE_URL"
ADDRESS_VARIABLES = frozenset(
    {
        GENERAL_VARIABLE,
        DEVICE_VARIABLE,
        JOBS_VARIABLE,
        MIGRATION_VARIABLE,
        DEVICE_MIGRATION_VARIABLE,
    }
)


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """One address per role; each carries that role's password, so it is never shown or logged.

    A process that serves one partition holds that partition's address alone (``only``): the other
    addresses are empty there.

    Attributes:
        general: the general partition's service role on the general database.
        device: the device partition's service role on the device database.
        jobs: the role of durable jobs on its own database; ``None`` where there are no jobs.
        migration: the owner of the tables of the general database.
        device_migration: the owner of the tables of the device database.
    """

    general: str = field(repr=False)
    device: str = field(repr=False)
    jobs: str | None = field(repr=False)
    migration: str = field(repr=False)
    device_migration: str = field(repr=False)

    def service(self, partition: Partition) -> str:
        """The address that a partition's service uses.

        Raises:
            ConfigurationError: ``partition_not_held`` in a process of the other partition.
        """
        return _held(self.general if partition is Partition.GENERAL else self.device)

    def owner(self, partition: Partition) -> str:
        """The address that migrations and backups of a partition use; raises as ``service``."""
        return _held(self.migration if partition is Partition.GENERAL else self.device_migration)

    @property
    def partitions(self) -> tuple[Partition, ...]:
        """Those whose address this process holds."""
        held = {Partition.GENERAL: self.general, Partition.DEVICE: self.device}
        return tuple(partition for partition, url in held.items() if url)

    def only(self, partition: Partition) -> DatabaseUrls:
        """What a process that serves this partition may hold: nothing of the other one, and no
        address that could change tables."""
        general = partition is Partition.GENERAL
        return DatabaseUrls(
            general=self.general if general else "",
            device="" if general else self.device,
            jobs=self.jobs if general else None,
            migration="",
            device_migration="",
        )


def outside_urls(
    environment: Mapping[str, str], only: Partition | None = None
) -> DatabaseUrls | None:
    """The addresses of the hospital's own PostgreSQL, or ``None`` when none is named.

    Args:
        only: the partition that this process serves; then its address is enough, the others are
            not looked at, and the process may be on a machine that has no other.

    Without ``SUWEN_DEVICE_MIGRATION_DATABASE_URL`` the migration role's name and password are
    used on the host and database of ``SUWEN_DEVICE_DATABASE_URL``.

    Raises:
        ConfigurationError: ``database_url_missing`` when some of the three needed addresses are
            given and others not; ``database_url_malformed``; ``database_roles_not_separate``.
    """
    if only is not None:
        return _outside_urls_of(environment, only)
    given = {
        name: environment.get(name, "").strip()
        for name in (GENERAL_VARIABLE, DEVICE_VARIABLE, MIGRATION_VARIABLE)
    }
    if not any(given.values()):
        return None
    for name, value in given.items():
        if not value:
            raise _missing(name)
    general, device, migration = (_parse(name, given[name]) for name in given)
    device_migration_text = environment.get(DEVICE_MIGRATION_VARIABLE, "").strip()
    device_migration = (
        _parse(DEVICE_MIGRATION_VARIABLE, device_migration_text)
        if device_migration_text
        else device.set(username=migration.username, password=migration.password)
    )
    jobs_text = environment.get(JOBS_VARIABLE, "").strip()
    jobs = _parse(JOBS_VARIABLE, jobs_text) if jobs_text else None
    _check_separate(general, device, migration, device_migration)
    return DatabaseUrls(
        general=_text(general),
        device=_text(device),
        jobs=_text(jobs) if jobs is not None else None,
        migration=_text(migration),
        device_migration=_text(device_migration),
    )


def variables_of(partition: Partition) -> frozenset[str]:
    """The variables that a process which serves one partition is given; no other of these."""
    if partition is Partition.GENERAL:
        return frozenset({GENERAL_VARIABLE, JOBS_VARIABLE})
    return frozenset({DEVICE_VARIABLE})


def _outside_urls_of(environment: Mapping[str, str], only: Partition) -> DatabaseUrls | None:
    own = GENERAL_VARIABLE if only is Partition.GENERAL else DEVICE_VARIABLE
    given = {name: environment.get(name, "").strip() for name in variables_of(only)}
    if not any(given.values()):
        return None
    if not given[own]:
        raise _missing(own)
    url = _text(_parse(own, given[own]))
    jobs = given.get(JOBS_VARIABLE)
    return DatabaseUrls(
        general=url if only is Partition.GENERAL else "",
        device=url if only is Partition.DEVICE else "",
        jobs=_text(_parse(JOBS_VARIABLE, jobs)) if jobs else None,
        migration="",
        device_migration="",
    )


def _held(url: str) -> str:
    if not url:
        raise ConfigurationError(
            "partition_not_held",
            Bilingual(
                zh="本进程不属于该分区，没有其数据库地址。",
                en="This process belongs to the other partition and holds no address of this one.",
            ),
        )
    return url


def _parse(variable: str, text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise _malformed(variable) from error
    if url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        raise _malformed(variable)
    if not url.username:
        raise _malformed(variable)
    return url.set(drivername=DRIVER)


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _check_separate(general: URL, device: URL, migration: URL, device_migration: URL) -> None:
    shared_database = _place(general) == _place(device)
    shared_role = general.username in (
        device.username,
        migration.username,
    ) or device.username == (device_migration.username)
    if shared_database or shared_role:
        raise ConfigurationError(
            "database_roles_not_separate",
            Bilingual(
                zh="通用分区与器械分区必须使用不同的数据库，"
                "服务角色与迁移角色必须是不同的数据库账号。请检查 SUWEN_*_DATABASE_URL。",
                en="The general and the device partition need different databases, and the service "
                "roles and the migration role different accounts. Check SUWEN_*_DATABASE_URL.",
            ),
        )


def _place(url: URL) -> tuple[str | None, int | None, str | None, str | None]:
    host = url.host or str(url.query.get("host", ""))
    return host, url.port, url.database, str(url.query.get("port", ""))


def _missing(variable: str) -> ConfigurationError:
    return ConfigurationError(
        "database_url_missing",
        Bilingual(
            zh=f"使用外部 PostgreSQL 时还必须设置 {variable}。",
            en=f"With an outside PostgreSQL {variable} must be set too.",
        ),
        field=variable,
    )


def _malformed(variable: str) -> ConfigurationError:
    return ConfigurationError(
        "database_url_malformed",
        Bilingual(
            zh=f"{variable} 不是有效的 PostgreSQL 地址，"
            "应为 postgresql://账号:密码@主机:端口/数据库。",
            en=f"{variable} is not a PostgreSQL address of the form "
            "postgresql://account:password@host:port/database.",
        ),
        field=variable,
    )
