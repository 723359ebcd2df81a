"""A name for each worker of a state directory that it gets again after it died."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MOST_WORKERS = 64


@contextmanager
def worker_name(folder: Path) -> Iterator[str]:
    """The first free name of this directory, held for as long as the block lasts.

    The kernel frees the name of a process that died, so the next worker gets it, and with it what
    the dead one left unfinished.

    Raises:
        OSError: when the folder cannot be written, or too many workers run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = _place(folder / "worker.place")
    for number in range(MOST_WORKERS):
        lock = os.open(folder / f"worker-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        try:
            yield f"{socket.gethostname()}/{place}/{number}"
        finally:
            os.close(lock)
        return
    raise OSError(f"{MOST_WORKERS} workers run on this state directory")


def _place(file: Path) -> str:
    """Tells two state directories apart that lie on hosts of one name."""
    with suppress(FileExistsError):
        # Written under another name first: a reader sees all of it or nothing.
        fresh = file.with_name(f"{file.name}.{os.getpid()}")
        fresh.write_text(secrets.token_hex(8), encoding="ascii")
        try:
            os.link(fresh, file)
        finally:
            fresh.unlink()
    return file.read_text(encoding="ascii")
