"""Lets a test end a process at a named place; off unless a test switches it on.

A test writes a file named after the fault point into the folder that ``SUWEN_FAULT_FOLDER``
names. The first process to pass there takes the file away and dies without any clean-up, as by
``kill -9``. Content ``wait`` makes it stand still there instead, so that another process can be
killed inside the window.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from suwen.core import faults

WAIT_S = 60.0


def arm_faults(folder: str | None) -> None:
    """Arms the fault points of this process when a folder is given."""
    if folder:
        faults.arm(lambda name: _strike(Path(folder), name))


def _strike(folder: Path, name: str) -> None:
    order = folder / name
    try:
        wish = order.read_text()
        order.unlink()
    except FileNotFoundError:
        return
    if wish.strip() == "wait":
        (folder / f"{name}.reached").touch()
        deadline = time.monotonic() + WAIT_S
        while not (folder / f"{name}.go").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        return
    os.kill(os.getpid(), signal.SIGKILL)
