"""Files of others drawn by a process of its own, which a damaged or hostile one may take down, and
the pictures kept in memory only, so that nothing outlives what they were drawn from."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final, Generic, TypeVar

from suwen.core.data_class import Door, class_passes

MOST_BYTES: Final = 48 * 1024 * 1024
LONGEST_S: Final = 20.0
AT_ONCE: Final = 2

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


async def drawn_apart(
    module: str, wanted: Mapping[str, Any], content: bytes, longest_s: float
) -> tuple[int, bytes]:
    """Exit status and output of a module that reads a line of JSON and a file, and writes PNG.

    Raises:
        TimeoutError: it took too long; the process is gone.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(longest_s):
            png, _ = await process.communicate(json.dumps(wanted).encode() + b"\n" + content)
            return await process.wait(), png
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class KeptPictures(Generic[K, V]):
    """The pictures that were asked for last, up to a number of bytes.

    Args:
        size: bytes of a picture.
        most_bytes: of all together; what was asked for longest ago goes first.
    """

    def __init__(self, size: Callable[[V], int], most_bytes: int = MOST_BYTES) -> None:
        self._size = size
        self._most = most_bytes
        self._kept: OrderedDict[K, V] = OrderedDict()
        self._bytes = 0

    def known(self, key: K) -> V | None:
        """The picture, where it was drawn lately."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: K, picture: V, data_class: int) -> None:
        """Keeps a picture until others take its room, where one of its class may be kept at all.

        Args:
            data_class: of what it shows, 1 to 5.
        """
        if not class_passes(data_class, Door.CACHE):
            return
        former = self._kept.pop(key, None)
        self._bytes += self._size(picture) - (self._size(former) if former is not None else 0)
        self._kept[key] = picture
        while self._bytes > self._most:
            _key, dropped = self._kept.popitem(last=False)
            self._bytes -= self._size(dropped)
