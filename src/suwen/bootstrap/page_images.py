"""Pages of the library's documents as images: drawn in a process of their own, kept in memory.

Whether somebody may see a page is decided by whoever asks, for each request; what is kept here is
only what was drawn. Nothing is written to disk, so that nothing outlives a deleted document.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
import sys
from collections import OrderedDict
from dataclasses import dataclass, field

from suwen.core.errors import KnowledgeError, NotFoundError
from suwen.core.language import Bilingual
from suwen.perception.drawing_outcomes import NO_SUCH_PAGE

WIDTH = 1400
"""Pixels across a drawn page: sharp at the width of the viewer on a screen of twice its density."""

MOST_BYTES = 48 * 1024 * 1024
LONGEST_S = 20.0
_AT_ONCE = 2
_SIZE_AT = 16


@dataclass(frozen=True, slots=True)
class PageImage:
    """A drawn page as PNG; width and height in pixels."""

    png: bytes = field(repr=False)
    width: int
    height: int


class PageImages:
    """Draws pages and keeps those that were asked for last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], PageImage] = OrderedDict()
        self._bytes = 0
        self._room = asyncio.Semaphore(_AT_ONCE)

    def known(self, original_hash: str, page: int) -> PageImage | None:
        """The page, where it was drawn lately."""
        found = self._kept.get((original_hash, page))
        if found is not None:
            self._kept.move_to_end((original_hash, page))
        return found

    async def draw(
        self, original_hash: str, original: bytes, media_type: str, page: int
    ) -> PageImage:
        """A page of a file.

        Args:
            original_hash: SHA-256 of the file, under which the page is kept.
            page: from 1.

        Raises:
            NotFoundError: ``no_such_document_page``.
            KnowledgeError: ``page_not_drawable`` when the file is damaged or takes too long.
        """
        async with self._room:
            known = self.known(original_hash, page)
            if known is not None:
                return known
            png = await _drawn(original, media_type, page)
        image = PageImage(png, *struct.unpack(">II", png[_SIZE_AT : _SIZE_AT + 8]))
        self._keep((original_hash, page), image)
        return image

    def _keep(self, key: tuple[str, int], image: PageImage) -> None:
        self._kept[key] = image
        self._bytes += len(image.png)
        while self._bytes > MOST_BYTES:
            _key, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped.png)


async def _drawn(original: bytes, media_type: str, page: int) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        "suwen.perception.page_images",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    wanted = json.dumps({"media_type": media_type, "page": page, "width": WIDTH}).encode()
    try:
        async with asyncio.timeout(LONGEST_S):
            png, _ = await process.communicate(wanted + b"\n" + original)
    except TimeoutError:
        raise _not_drawable("too_long") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode == NO_SUCH_PAGE:
        raise NotFoundError(
            "no_such_document_page",
            Bilingual(zh="这份文档没有这一页。", en="The document has no such page."),
        )
    if process.returncode != 0 or not png:
        raise _not_drawable("unreadable")
    return png


def _not_drawable(reason: str) -> KnowledgeError:
    return KnowledgeError(
        "page_not_drawable",
        Bilingual(
            zh="原文件的这一页无法显示，请改看文本。",
            en="This page of the file cannot be drawn; read the text instead.",
        ),
        detail={"reason": reason},
    )
