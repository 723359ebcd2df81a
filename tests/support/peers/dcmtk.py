"""OFFIS dcmtk's command line programs, as modalities and peers that we did not write."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


def free_port() -> int:
    """A port of the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def dcmtk(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs one of the programs."""
    return subprocess.run(
        [_found(program), *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
        env={**os.environ, "TCP_NODELAY": "1"},
    )


def storescu(port: int, files: Sequence[Path], called: str = "SUWEN", *more: str) -> str:
    """Sends files by C-STORE; what the program told."""
    done = dcmtk(
        "storescu",
        *("-v", "-aet", "MODALITY", "-aec", called, *more, "127.0.0.1", str(port)),
        *(str(file) for file in files),
    )
    return done.stdout + done.stderr


@dataclass(frozen=True)
class Worklist:
    """A running worklist server."""

    port: int
    ae_title: str


@contextmanager
def worklist_server(entries: Sequence[bytes]) -> Iterator[Worklist]:
    """``wlmscpfs`` with some worklist entries, for as long as the block lasts.

    Args:
        entries: DICOM files, as ``dump2dcm`` or pydicom writes them.
    """
    program = _found("wlmscpfs")
    title = "WORKLIST"
    with tempfile.TemporaryDirectory(prefix="suwen-wlm-") as name:
        folder = Path(name) / title
        folder.mkdir()
        (folder / "lockfile").touch()
        for number, entry in enumerate(entries):
            (folder / f"{number}.wl").write_bytes(entry)
        port = free_port()
        process = subprocess.Popen(
            [program, "-csk", "-dfp", name, "-dfr", str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TCP_NODELAY": "1"},
        )
        try:
            wait_for_port(port)
            yield Worklist(port, title)
        finally:
            process.terminate()
            process.wait(timeout=10)


def wait_for_port(port: int, limit_s: float = 20.0) -> None:
    """Waits until somebody listens there."""
    deadline = time.monotonic() + limit_s
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            assert time.monotonic() < deadline, "nobody listened in time"
            time.sleep(0.05)


def _found(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        problem = f"not installed: dcmtk, for {program} (run make)"
        if os.environ.get("CI"):
            pytest.fail(problem)
        pytest.skip(problem)
    return found
