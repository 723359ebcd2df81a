"""Which process did something, so that after a crash it is known to be gone."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path


@cache
def this_process() -> str:
    """``host/pid/start``: names this process among all that ever ran on this host."""
    return _named(os.getpid())


def is_gone(process: str) -> bool | None:
    """Whether the process no longer runs; ``None`` when it ran on another host."""
    host, _, rest = process.partition("/")
    if host != socket.gethostname():
        return None
    pid = rest.partition("/")[0]
    return not pid.isdigit() or _named(int(pid)) != process


def _named(pid: int) -> str:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    # Field 22 of proc(5) is the start in clock ticks since boot; the split begins at field 3.
    return f"{socket.gethostname()}/{pid}/{fields[19]}"
