"""The embedded PostgreSQL of one state directory, shared by every command that uses it.

Each user holds a shared lock on one file for as long as it is attached, so the kernel itself
forgets a user that crashed; whoever can take that lock alone is the last one and stops the server.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

import psycopg.pq
from sqlalchemy.engine import URL

from suwen.core.errors import ConfigurationError, UnavailableError
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.storage.cluster import Cluster, scram_verifier
from suwen.storage.secret_files import read_or_create_password, secrets_folder
from suwen.storage.server_account import server_account
from suwen.storage.socket_folder import choose_socket_folder
from suwen.storage.urls import DRIVER, DatabaseUrls

GENERAL = "suwen_general"
DEVICE = "suwen_device"
JOBS = "suwen_jobs"
MIGRATION = "suwen_migration"
_ROLES = (GENERAL, DEVICE, JOBS, MIGRATION)

# Database and the roles that may log in to it; nobody else may, whatever their grants are.
_LOGINS = ((GENERAL, (GENERAL, MIGRATION)), (DEVICE, (DEVICE, MIGRATION)), (JOBS, (JOBS,)))

# Roles whose passwords a process that serves one partition reads.
_HELD = {Partition.GENERAL: (GENERAL, JOBS), Partition.DEVICE: (DEVICE,)}

_WAIT_S = 120.0
_POLL_S = 0.05


def has_server(home: Path) -> bool:
    """Whether a state directory has a server of its own already."""
    return (home.resolve() / "postgres").is_dir()


class EmbeddedPostgres:
    """The server of one state directory, for one user of it (a process or a part of one).

    Args:
        home: the state directory; made when it is not there. Its path may be long.
    """

    def __init__(self, home: Path) -> None:
        self._home = home.resolve()
        self._folder = self._home / "postgres"
        self._cluster: Cluster | None = None
        self._users: int | None = None

    def __enter__(self) -> DatabaseUrls:
        return self.attach()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.detach()

    def attach(self, only: Partition | None = None) -> DatabaseUrls:
        """Counts this user, makes and starts the server where needed, and says where it is.

        Args:
            only: the partition that this process serves; where the server runs, no password of
                the other one is read then.

        Raises:
            UnavailableError: ``database_did_not_start``, ``database_busy`` or
                ``database_socket_gone``.
            ConfigurationError: ``database_of_another_account`` and those of its parts.
        """
        self._folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        with self._exclusively():
            cluster = self._open()
            if cluster.postmaster() is None:
                self._start(cluster)
            elif not cluster.has_socket():
                raise _socket_gone()
            if self._users is None:
                self._users = _open_lock(self._folder / "users.lock")
                fcntl.flock(self._users, fcntl.LOCK_SH)
            return self._urls(cluster, only)

    def detach(self) -> None:
        """Stops counting this user; the last one stops the server."""
        if self._users is None:
            return
        with self._exclusively():
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                last = True
            except BlockingIOError:
                last = False
            if last and self._cluster is not None:
                self._cluster.stop()
            os.close(self._users)
            self._users = None

    def is_alive(self) -> bool:
        """Whether the server runs and takes connections."""
        cluster = self._cluster
        if cluster is None or cluster.postmaster() is None:
            return False
        folder = cluster.socket_folder()
        ping = psycopg.pq.PGconn.ping(f"host='{folder}' connect_timeout=2".encode())
        return ping == psycopg.pq.Ping.OK

    def restart_if_dead(self) -> bool:
        """Starts the server again when its process or its socket is gone; says whether it was.

        Raises:
            UnavailableError: ``database_did_not_start`` or ``database_busy``.
        """
        if self._cluster is None or self._users is None:
            return False
        with self._exclusively():
            if self._cluster.postmaster() is not None:
                if self._cluster.has_socket():
                    return False
                self._cluster.stop()
            self._start(self._cluster)
            return True

    def _open(self) -> Cluster:
        if self._cluster is None:
            self._cluster = Cluster(self._folder, server_account())
        cluster = self._cluster
        if not cluster.exists():
            cluster.create(_foundation(self._passwords()), access_rules())
        owner = cluster.data.stat().st_uid
        if owner != server_account().user:
            raise ConfigurationError(
                "database_of_another_account",
                Bilingual(
                    zh="此状态目录中的数据库属于另一个系统账号。"
                    "请用当初建立它的账号运行，或设置 SUWEN_HOME。",
                    en="The database in this state directory belongs to another account of the "
                    "machine. Run as the account that made it, or set SUWEN_HOME.",
                ),
            )
        return cluster

    def _start(self, cluster: Cluster) -> None:
        missing = [role for role in _ROLES if not self._password_file(role).exists()]
        if missing:
            passwords = self._passwords()
            cluster.administer([_set_password(role, passwords[role]) for role in missing])
        account = server_account()
        remembered = self._folder / "socket_folder"
        folder = choose_socket_folder(self._home, account, remembered)
        try:
            cluster.start(folder)
        except UnavailableError:
            with suppress(OSError):
                folder.rmdir()
            raise

    def _password_file(self, role: str) -> Path:
        return secrets_folder(self._home) / f"database_{role.removeprefix('suwen_')}"

    def _passwords(self, roles: Sequence[str] = _ROLES) -> dict[str, str]:
        return {role: read_or_create_password(self._password_file(role)) for role in roles}

    def _urls(self, cluster: Cluster, only: Partition | None) -> DatabaseUrls:
        passwords = self._passwords(_ROLES if only is None else _HELD[only])
        folder = cluster.socket_folder()

        def url(role: str, database: str) -> str:
            if role not in passwords:
                return ""
            return URL.create(
                DRIVER,
                username=role,
                password=passwords[role],
                database=database,
                query={"host": str(folder), "require_auth": "scram-sha-256"},
            ).render_as_string(hide_password=False)

        return DatabaseUrls(
            general=url(GENERAL, GENERAL),
            device=url(DEVICE, DEVICE),
            jobs=url(JOBS, JOBS) or None,
            migration=url(MIGRATION, GENERAL),
            device_migration=url(MIGRATION, DEVICE),
        )

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        lock = _open_lock(self._folder / "start.lock")
        try:
            _take_within(lock, _WAIT_S)
            yield
        finally:
            os.close(lock)


def access_rules() -> str:
    """The whole of ``pg_hba.conf``: each role on its own database, by scram, and nothing else."""
    lines = [
        f"local {database} {role} scram-sha-256" for database, roles in _LOGINS for role in roles
    ]
    rejected = ["local all all reject", "host all all all reject"]
    return "\n".join([*lines, *rejected, "local replication all reject", ""])


def _foundation(passwords: dict[str, str]) -> list[str]:
    statements = [_create_role(role, passwords[role]) for role in _ROLES]
    for database, roles in _LOGINS:
        owner = roles[-1]
        statements.append(f"CREATE DATABASE {database} OWNER {owner}")
        statements.append(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
        statements += [f"GRANT CONNECT ON DATABASE {database} TO {role}" for role in roles]
    statements.append("REVOKE ALL ON DATABASE postgres FROM PUBLIC")
    statements.append("REVOKE ALL ON DATABASE template1 FROM PUBLIC")
    return statements


def _create_role(role: str, password: str) -> str:
    return (
        f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS "
        f"PASSWORD '{scram_verifier(password)}'"
    )


def _set_password(role: str, password: str) -> str:
    return f"ALTER ROLE {role} PASSWORD '{scram_verifier(password)}'"


def _socket_gone() -> UnavailableError:
    # Not mended here: whoever started the server may see the socket where this process does not.
    return UnavailableError(
        "database_socket_gone",
        Bilingual(
            zh="内置数据库正在运行，但本进程看不到它的套接字。请使用相同的临时目录，或重启 suwen。",
            en="The embedded database runs, but this process does not see its socket. Use the same "
            "temporary folder, or restart suwen.",
        ),
    )


def _open_lock(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_CREAT, 0o600)


def _take_within(lock: int, limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise UnavailableError(
                    "database_busy",
                    Bilingual(
                        zh="内置数据库正被另一条命令启动或停止，等待超时。请稍后再试。",
                        en="Another command is starting or stopping the embedded database and did "
                        "not finish in time. Try again shortly.",
                    ),
                ) from None
            time.sleep(_POLL_S)
