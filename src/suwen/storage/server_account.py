"""Under which account of the machine the embedded PostgreSQL runs; it refuses to run as root."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual

ACCOUNT = "suwen-postgres"


@dataclass(frozen=True, slots=True)
class ServerAccount:
    """An account; ``switch`` says whether a process must change to it (we are root)."""

    user: int
    group: int
    switch: bool

    def give(self, path: Path) -> None:
        """Makes the account the owner of a path."""
        if self.switch:
            os.chown(path, self.user, self.group)

    def make_reachable(self, path: Path) -> None:
        """Lets the account walk down to a path, without letting it list or read the way there."""
        if not self.switch:
            return
        for folder in path.resolve().parents:
            mode = folder.stat().st_mode
            if not mode & stat.S_IXOTH:
                folder.chmod(mode | stat.S_IXOTH)


def server_account() -> ServerAccount:
    """Our own account, or as root a system account that has no shell and owns nothing else.

    Raises:
        ConfigurationError: ``database_account_missing`` when root cannot make the account.
    """
    if os.geteuid() != 0:
        return ServerAccount(os.geteuid(), os.getegid(), switch=False)
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        entry = _create()
    return ServerAccount(entry.pw_uid, entry.pw_gid, switch=True)


def _create() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent"]
    command += ["--user-group", "--shell", "/usr/sbin/nologin", ACCOUNT]
    try:
        subprocess.run(command, check=False, capture_output=True, timeout=60)
        return pwd.getpwnam(ACCOUNT)
    except (KeyError, OSError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(
            "database_account_missing",
            Bilingual(
                zh=f"以 root 运行时，内置数据库需要系统账号 {ACCOUNT}，但无法创建。"
                f"请执行 useradd --system {ACCOUNT}，或改用普通账号运行。",
                en=f"As root the embedded database needs the system account {ACCOUNT}, which could "
                f"not be made. Run useradd --system {ACCOUNT}, or use an ordinary account.",
            ),
        ) from error
