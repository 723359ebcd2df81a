"""The embedded server is shared, comes back after a crash, and is left as it was found."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest

from suwen.core.errors import ConfigurationError, UnavailableError
from suwen.storage import embedded
from suwen.storage.cluster import Cluster
from suwen.storage.embedded import EmbeddedPostgres
from suwen.storage.server_account import server_account
from tests.support.database import connect, new_state_folder

SOURCE = Path(embedded.__file__).resolve().parents[2]
# Attaches, says so, and holds on until its input ends.
USER = """
import sys
from pathlib import Path
from suwen.storage.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
urls = server.attach()
print(urls.jobs, flush=True)
sys.stdin.read()
server.detach()
"""
# Everything is imported before, because the account may not be able to read this interpreter.
BECOME = """
import os, sys
import suwen.storage.embedded
os.setgroups([])
os.setgid(int(sys.argv[2]))
os.setuid(int(sys.argv[2]))
"""


def _cluster(home: Path) -> Cluster:
    return Cluster(home.resolve() / "postgres", server_account())


def _user(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )


def _attached_to(user: subprocess.Popen[str]) -> str:
    assert user.stdout is not None
    url = user.stdout.readline().strip()
    assert url.startswith("postgresql+psycopg://")
    return url


def _let_go(user: subprocess.Popen[str]) -> None:
    user.communicate(timeout=60)
    assert user.returncode == 0


def _kill(home: Path, postmaster: psutil.Process) -> None:
    postmaster.send_signal(signal.SIGKILL)
    while _cluster(home).postmaster() is not None:
        time.sleep(0.01)


def _count(url: str | None) -> int:
    assert url is not None
    with connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def _put(url: str | None) -> None:
    assert url is not None
    with connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (id int)")
        connection.execute("INSERT INTO kept VALUES (1)")


@pytest.fixture(scope="module")
def made_home() -> Iterator[Path]:
    """A state directory whose server was made and stopped."""
    with new_state_folder() as home:
        with EmbeddedPostgres(home) as urls:
            _put(urls.jobs)
        yield home


@pytest.fixture
def home(made_home: Path) -> Iterator[Path]:
    """The same directory for each test; the server must be stopped before and after."""
    cluster = _cluster(made_home)
    assert cluster.postmaster() is None
    yield made_home
    running = cluster.postmaster()
    cluster.stop()
    assert running is None


def test_the_second_start_is_quick_and_the_data_is_there(home: Path) -> None:
    started = time.monotonic()
    with EmbeddedPostgres(home) as urls:
        took_s = time.monotonic() - started
        assert _count(urls.jobs) == 1
    assert took_s < 10


def test_it_is_stopped_by_the_last_user_and_not_before(home: Path) -> None:
    first, second = EmbeddedPostgres(home), EmbeddedPostgres(home)
    urls = first.attach()
    assert second.attach() == urls
    first.detach()
    first.detach()
    assert second.is_alive()
    assert _count(urls.jobs) == 1
    second.detach()
    assert not second.is_alive()
    assert not Path(urls.general.split("host=")[1].split("&")[0].replace("%2F", "/")).exists()


def test_two_processes_attach_at_once_to_a_new_directory(state_folder: Path) -> None:
    users = [_user(state_folder / "site") for _ in range(2)]
    assert _attached_to(users[0]) == _attached_to(users[1])
    _let_go(users[0])
    assert _cluster(state_folder / "site").postmaster() is not None
    _let_go(users[1])
    assert _cluster(state_folder / "site").postmaster() is None


def test_a_user_that_was_killed_is_not_counted(home: Path) -> None:
    user = _user(home)
    _attached_to(user)
    user.kill()
    user.communicate()
    server = EmbeddedPostgres(home)
    assert _count(server.attach().jobs) == 1
    server.detach()
    assert _cluster(home).postmaster() is None


def test_a_command_leaves_the_server_of_another_running(home: Path) -> None:
    user = _user(home)
    url = _attached_to(user)
    with EmbeddedPostgres(home):
        pass
    assert _count(url) == 1
    _let_go(user)


def test_a_killed_server_comes_back_with_what_was_committed(home: Path) -> None:
    server = EmbeddedPostgres(home)
    urls = server.attach()
    for number in range(3):
        before = _count(urls.jobs)
        _put(urls.jobs)
        postmaster = _cluster(home).postmaster()
        assert postmaster is not None
        assert not server.restart_if_dead()
        _kill(home, postmaster)
        assert not server.is_alive()
        if number:
            assert server.restart_if_dead()
        else:
            with EmbeddedPostgres(home) as again:
                assert again == urls
        assert server.is_alive()
        assert _count(urls.jobs) == before + 1
    server.detach()


def test_a_socket_that_was_cleaned_away_is_mended_by_who_watches(home: Path) -> None:
    server = EmbeddedPostgres(home)
    urls = server.attach()
    folder = _cluster(home).socket_folder()
    assert folder is not None
    (folder / ".s.PGSQL.5432").unlink()
    assert not server.is_alive()
    with pytest.raises(UnavailableError) as caught:
        EmbeddedPostgres(home).attach()
    assert caught.value.code == "database_socket_gone"
    assert server.restart_if_dead()
    assert _count(urls.jobs) >= 1
    server.detach()


def test_a_session_that_is_still_busy_does_not_hold_up_the_restart(home: Path) -> None:
    server = EmbeddedPostgres(home)
    urls = server.attach()
    assert urls.jobs is not None
    busy = threading.Thread(target=_loop_forever, args=(urls.jobs,))
    busy.start()
    postmaster = _cluster(home).postmaster()
    assert postmaster is not None
    while not any("DO" in " ".join(p.cmdline()) for p in postmaster.children()):
        time.sleep(0.05)
    _kill(home, postmaster)
    assert server.restart_if_dead()
    busy.join(timeout=10)
    assert not busy.is_alive()
    assert _count(urls.jobs) >= 1
    server.detach()


def _loop_forever(url: str) -> None:
    with pytest.raises(psycopg.OperationalError), connect(url) as connection:
        connection.execute("DO $$ BEGIN LOOP END LOOP; END $$")


def test_a_machine_that_gave_the_dead_servers_number_to_another_program(home: Path) -> None:
    with EmbeddedPostgres(home) as urls:
        _put(urls.jobs)
        postmaster = _cluster(home).postmaster()
        assert postmaster is not None
        _kill(home, postmaster)
        file = home / "postgres" / "data" / "postmaster.pid"
        lines = file.read_text().splitlines()
        file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
        with EmbeddedPostgres(home) as again:
            assert _count(again.jobs) >= 1


def test_a_first_start_that_was_cut_off_is_begun_anew(state_folder: Path) -> None:
    unfinished = state_folder / "postgres" / "data.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18")
    with EmbeddedPostgres(state_folder) as urls:
        _put(urls.jobs)
        assert not unfinished.exists()


def test_a_lost_password_file_is_made_anew(home: Path) -> None:
    (home / "secrets" / "database_jobs").unlink()
    with EmbeddedPostgres(home) as urls:
        assert _count(urls.jobs) >= 1


def test_a_very_long_path_works(state_folder: Path) -> None:
    home = state_folder / ("a-long-name-" * 8) / ("and-another-one-" * 8)
    with EmbeddedPostgres(home) as urls:
        _put(urls.jobs)
        assert _count(urls.jobs) == 1


def test_commits_wait_for_the_disk_and_only_a_socket_is_served(home: Path) -> None:
    with EmbeddedPostgres(home) as urls, connect(urls.migration) as connection:
        shown = {
            name: connection.execute(f"SHOW {name}").fetchone()
            for name in ("fsync", "synchronous_commit", "full_page_writes", "listen_addresses")
        }
    assert shown == {
        "fsync": ("on",),
        "synchronous_commit": ("on",),
        "full_page_writes": ("on",),
        "listen_addresses": ("",),
    }


def test_the_log_quotes_no_row(home: Path) -> None:
    with EmbeddedPostgres(home) as urls:
        assert urls.jobs is not None
        with connect(urls.jobs) as connection:
            connection.execute("CREATE TABLE named (name text PRIMARY KEY, CHECK (name <> '张三'))")
            connection.execute("INSERT INTO named VALUES ('李四秘密')")
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO named VALUES ('李四秘密')")
            with pytest.raises(psycopg.errors.CheckViolation):
                connection.execute("INSERT INTO named VALUES ('张三')")
            connection.execute("DROP TABLE named")
        log = (home / "postgres" / "server.log").read_text()
    assert "duplicate key" in log
    assert "李四" not in log
    assert "张三" not in log


def test_the_log_outlives_a_restart_and_does_not_grow_for_ever(home: Path) -> None:
    log = home / "postgres" / "server.log"
    with log.open("a") as stream:
        stream.write("a line of before\n")
    with EmbeddedPostgres(home):
        assert "a line of before" in log.read_text()
    with log.open("a") as stream:
        stream.write("x" * 10_000_001)
    with EmbeddedPostgres(home):
        assert log.stat().st_size < 1_000_000
    assert "a line of before" in log.with_name("server.former.log").read_text()


def test_a_start_that_takes_too_long_elsewhere_is_said_so(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    monkeypatch.setattr(embedded, "_WAIT_S", 0.2)
    with (home / "postgres" / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UnavailableError) as caught:
            EmbeddedPostgres(home).attach()
    assert caught.value.code == "database_busy"


def test_a_server_that_cannot_start_is_said_so(state_folder: Path, made_home: Path) -> None:
    shutil.copytree(made_home / "postgres" / "data", state_folder / "postgres" / "data")
    shutil.copytree(made_home / "secrets", state_folder / "secrets")
    data = state_folder / "postgres" / "data"
    account = server_account()
    for path in [data, *data.rglob("*")]:
        account.give(path)
    (data / "global" / "pg_control").unlink()
    server = EmbeddedPostgres(state_folder)
    with pytest.raises(UnavailableError) as caught:
        server.attach()
    assert caught.value.code == "database_did_not_start"
    server.detach()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
def test_an_ordinary_account_runs_it_as_itself_and_no_other_takes_it_over() -> None:
    account = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory(prefix="sw") as folder:
        home = Path(folder)
        home.chmod(0o711)
        (home / "site").mkdir()
        os.chown(home / "site", account.pw_uid, account.pw_gid)
        done = subprocess.run(
            [sys.executable, "-c", BECOME + USER, str(home / "site"), str(account.pw_uid)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE)},
        )
        assert done.returncode == 0, done.stderr
        assert (home / "site" / "postgres" / "data").stat().st_uid == account.pw_uid
        with pytest.raises(ConfigurationError) as caught:
            EmbeddedPostgres(home / "site").attach()
        assert caught.value.code == "database_of_another_account"


@pytest.mark.skipif(os.geteuid() != 0, reason="as root the server has an account of its own")
def test_as_root_the_server_runs_under_an_account_that_owns_nothing_else(home: Path) -> None:
    with EmbeddedPostgres(home):
        postmaster = _cluster(home).postmaster()
        assert postmaster is not None
        assert postmaster.uids().effective == pwd.getpwnam("suwen-postgres").pw_uid
        assert postmaster.uids().effective != 0


def test_many_commands_at_once_all_work(home: Path) -> None:
    def command(_: int) -> int:
        with EmbeddedPostgres(home) as urls:
            return _count(urls.jobs)

    with ThreadPoolExecutor(6) as pool:
        counts = list(pool.map(command, range(12)))
    assert min(counts) >= 1
