"""Where the embedded PostgreSQL puts its socket: a short path, however long SUWEN_HOME is."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual
from suwen.storage.server_account import ServerAccount

# The kernel takes 107 bytes; the socket's own name and its lock file take 24 of them.
_LONGEST = 80
_CANDIDATES = 16


def choose_socket_folder(home: Path, account: ServerAccount, remembered: Path) -> Path:
    """A folder (0700, of the server's account) that stays the same from start to start.

    The choice is kept in ``remembered``, so that commands with another environment agree on it,
    and made anew when the state directory was moved or copied. A folder that somebody else put
    there first is passed over.

    Raises:
        ConfigurationError: ``database_socket_folder`` when no folder can be had.
    """
    digest = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:10]
    candidates = [
        base / f"suwen-{digest}-{number}" for number in range(_CANDIDATES) for base in _bases()
    ]
    if remembered.exists():
        known = Path(remembered.read_text(encoding="utf-8").strip())
        if known.name.startswith(f"suwen-{digest}-"):
            candidates.insert(0, known)
    for folder in candidates:
        if len(os.fsencode(folder)) <= _LONGEST and _take(folder, account):
            remembered.write_text(f"{folder}\n", encoding="utf-8")
            return folder
    raise ConfigurationError(
        "database_socket_folder",
        Bilingual(
            zh="找不到可放置内置数据库套接字的目录。请将 TMPDIR 设为一个较短、可写的目录。",
            en="No folder for the embedded database's socket. Set TMPDIR to a short writable one.",
        ),
    )


def _bases() -> list[Path]:
    # The session's own folder comes last: it goes away when the operator logs out.
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    last = [Path(runtime)] if runtime and os.geteuid() != 0 and Path(runtime).is_dir() else []
    return [Path(tempfile.gettempdir()), Path("/tmp"), *last]  # noqa: S108 - made 0700, owner checked


def _take(folder: Path, account: ServerAccount) -> bool:
    try:
        folder.mkdir(mode=0o700)
        folder.chmod(0o700)
        account.give(folder)
        account.make_reachable(folder)
    except FileExistsError:
        pass
    except OSError:
        return False
    found = folder.lstat()
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    return private and found.st_uid == account.user
