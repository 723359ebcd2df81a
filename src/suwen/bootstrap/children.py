"""Child processes that end with their parent and come back when they die."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
STOP_GRACE_S = 6.0
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0

log = logging.getLogger(__name__)


def end_with_parent(parent: int) -> None:
    """Makes this process receive SIGTERM when its parent ends, however that ends.

    Args:
        parent: process id that was the parent when this process was started; when it is gone
            already, this process ends at once.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(0)


class Child:
    """One supervised process: started, restarted, stopped.

    Args:
        keep_open: file descriptors that the process inherits.
        ready_note: file that the process makes once it does its work.
        environment: of the process; ``None`` gives it ours.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        keep_open: tuple[int, ...] = (),
        ready_note: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._ready_note = ready_note
        self._command = tuple(command)
        self._keep_open = keep_open
        self._environment = environment
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process else None

    async def start(self) -> asyncio.subprocess.Process:
        """Starts the process once."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            pass_fds=self._keep_open,
            stdin=asyncio.subprocess.DEVNULL,
            env=self._environment,
        )
        return self._process

    async def watch(self) -> None:
        """Restarts the process whenever it ends, until ``stop``; never returns before.

        One that was ready is restarted at once; the pause grows while it dies before that.
        """
        pause_s = FIRST_PAUSE_S
        while not self._stopping:
            running = self._process if self.pid is not None else None
            status = await (running or await self.start()).wait()
            if self._stopping:
                return
            pause_s = FIRST_PAUSE_S if self._was_ready() else min(pause_s * 2, LONGEST_PAUSE_S)
            log.warning("%s ended with status %s; restarting in %.1f s", self.name, status, pause_s)
            self.restarts += 1
            await asyncio.sleep(pause_s)

    def _was_ready(self) -> bool:
        """Whether the process that just ended had said that it was ready; takes the note away."""
        if self._ready_note is None or not self._ready_note.exists():
            return False
        self._ready_note.unlink()
        return True

    async def stop(self) -> None:
        """Asks the process to end, and kills it when it does not within the grace time."""
        self._stopping = True
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_GRACE_S)
        except TimeoutError:
            log.warning("%s did not end in %.0f s: killed", self.name, STOP_GRACE_S)
            self._process.kill()
            await self._process.wait()
