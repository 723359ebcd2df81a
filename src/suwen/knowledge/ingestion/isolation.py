"""The other end of the process that takes files apart: starts it, waits for it, ends it."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict

from suwen.knowledge.ingestion.elements import Element, from_plain
from suwen.knowledge.ingestion.formats.page_kinds import FileKind
from suwen.knowledge.ingestion.limits import ReadLimits
from suwen.knowledge.ingestion.refusals import RefusalCode, UnreadableFileError

_CHUNK = 2**20
_LONGEST_MESSAGE = 256 * 2**20


class PageImage(bytes):
    """A page as PNG; follows the page that it shows."""


class FileParser:
    """Has files taken apart in a process of its own, which is used again until a file breaks it.

    Not for several threads at once.
    """

    def __init__(self, limits: ReadLimits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._buffer = b""
        self._deadline = 0.0

    def parse(self, kind: FileKind, content: bytes) -> Iterator[Element | PageImage]:
        """What the file holds, as it is found; a page's image follows its page.

        Raises:
            UnreadableFileError: naming why, ``took_too_long`` and ``too_much_memory`` included.
        """
        request = {"kind": kind.value, "size": len(content), "limits": asdict(self._limits)}
        yield from self._ask(json.dumps(request).encode() + b"\n", content)

    def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        self._buffer = b""
        if process is not None:
            process.kill()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    try:
                        stream.close()
                    except BrokenPipeError:
                        continue
            process.wait()

    def _ask(self, header: bytes, content: bytes) -> Iterator[Element | PageImage]:
        process = self._started()
        sender = threading.Thread(target=_send, args=(process, header, content), daemon=True)
        sender.start()
        finished = False
        try:
            while True:
                # The wait begins anew with every page; time spent between them is not counted.
                self._deadline = time.monotonic() + self._limits.silence_s
                size, kind, *rest = json.loads(self._line())
                if kind == "end":
                    finished = True
                    return
                if kind == "refused":
                    finished = rest[0] != RefusalCode.TOO_MUCH_MEMORY.value
                    raise UnreadableFileError(RefusalCode(rest[0]))
                yield PageImage(self._bytes(size)) if kind == "image" else from_plain(rest[0])
        finally:
            if not finished:
                self.close()
            sender.join()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            environment = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "TZ")}
            environment.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MALLOC_ARENA_MAX="1")
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "suwen.knowledge.ingestion.child",
                    str(self._limits.memory_bytes),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        return self._process

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            self._receive()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _bytes(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._receive()
        content, self._buffer = self._buffer[:size], self._buffer[size:]
        return content

    def _receive(self) -> None:
        process = self._process
        if process is None or process.stdout is None:
            raise UnreadableFileError(RefusalCode.TOO_MUCH_MEMORY)
        left = self._deadline - time.monotonic()
        # Not select: that one knows no file numbers beyond 1023, which a busy service has.
        waiting = select.poll()
        waiting.register(process.stdout, select.POLLIN)
        if not waiting.poll(max(0.0, left) * 1000):
            raise UnreadableFileError(RefusalCode.TOOK_TOO_LONG)
        chunk = os.read(process.stdout.fileno(), _CHUNK)
        if not chunk:
            raise UnreadableFileError(self._why_it_ended(process))
        self._buffer += chunk
        if len(self._buffer) > _LONGEST_MESSAGE:
            raise UnreadableFileError(RefusalCode.TOO_MUCH_MEMORY)

    @staticmethod
    def _why_it_ended(process: subprocess.Popen[bytes]) -> RefusalCode:
        """A process that the kernel ended for its processor time took too long."""
        spent = process.wait() == -24
        return RefusalCode.TOOK_TOO_LONG if spent else RefusalCode.TOO_MUCH_MEMORY


def _send(process: subprocess.Popen[bytes], header: bytes, content: bytes) -> None:
    """Hands a file over; when the process ends meanwhile, the reading end notices."""
    if process.stdin is None:
        return
    try:
        process.stdin.write(header)
        process.stdin.write(content)
        process.stdin.flush()
    except (BrokenPipeError, ValueError):
        return
