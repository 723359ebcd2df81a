"""Pages of the library's documents as images: drawn in a process of their own, kept in memory.

Whether somebody may see a page is decided by whoever asks, for each request; what is kept here is
only what was drawn. Nothing is written to disk, so that nothing outlives a deleted document.
"""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass, field

from suwen.bootstrap.drawing_process import AT_ONCE, LONGEST_S, KeptPictures, drawn_apart
from suwen.core.errors import KnowledgeError, NotFoundError
from suwen.core.language import Bilingual
from suwen.perception.drawing_outcomes import NO_SUCH_PAGE

WIDTH = 1400
"""Pixels across a drawn page: sharp at the width of the viewer on a screen of twice its density."""

_SIZE_AT = 16


@dataclass(frozen=True, slots=True)
class PageImage:
    """A drawn page as PNG; width and height in pixels."""

    png: bytes = field(repr=False)
    width: int
    height: int


class PageImages:
    """Draws pages and keeps those that were asked for last."""

    def __init__(self, longest_s: float = LONGEST_S) -> None:
        self._kept: KeptPictures[tuple[str, int], PageImage] = KeptPictures(_bytes_of)
        self._longest_s = longest_s
        self._room = asyncio.Semaphore(AT_ONCE)

    def known(self, original_hash: str, page: int) -> PageImage | None:
        """The page, where it was drawn lately."""
        return self._kept.known((original_hash, page))

    async def draw(
        self, original_hash: str, original: bytes, media_type: str, page: int, data_class: int
    ) -> PageImage:
        """A page of a file.

        Args:
            original_hash: SHA-256 of the file, under which the page is kept.
            page: from 1.
            data_class: of the document, 1 to 5.

        Raises:
            NotFoundError: ``no_such_document_page``.
            KnowledgeError: ``page_not_drawable`` when the file is damaged or takes too long.
        """
        async with self._room:
            known = self.known(original_hash, page)
            if known is not None:
                return known
            png = await _drawn(original, media_type, page, self._longest_s)
        image = PageImage(png, *struct.unpack(">II", png[_SIZE_AT : _SIZE_AT + 8]))
        self._kept.keep((original_hash, page), image, data_class)
        return image


def _bytes_of(image: PageImage) -> int:
    return len(image.png)


async def _drawn(original: bytes, media_type: str, page: int, longest_s: float) -> bytes:
    wanted = {"media_type": media_type, "page": page, "width": WIDTH}
    try:
        status, png = await drawn_apart("suwen.perception.page_images", wanted, original, longest_s)
    except TimeoutError:
        raise _not_drawable("too_long") from None
    if status == NO_SUCH_PAGE:
        raise NotFoundError(
            "no_such_document_page",
            Bilingual(zh="这份文档没有这一页。", en="The document has no such page."),
        )
    if status != 0 or not png:
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
