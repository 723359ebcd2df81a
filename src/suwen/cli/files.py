"""Files that hold what a patient's record says: only the account that made them reads them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

STANDARD_OUTPUT = Path("-")


def open_private(path: Path) -> IO[bytes]:
    """Opens a file for writing; a new one is readable by its owner alone (mode 0600)."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o600), "wb")


@contextmanager
def private_or_standard(path: Path) -> Iterator[IO[bytes]]:
    """The file, opened as ``open_private`` does, or standard output where ``-`` was asked for."""
    if path == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with open_private(path) as file:
            yield file
