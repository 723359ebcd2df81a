"""Pages are drawn apart from the service, kept for a while, and never for ever."""

from __future__ import annotations

import pytest

from suwen.bootstrap.page_images import WIDTH, PageImages
from suwen.core.errors import KnowledgeError, NotFoundError
from tests.unit.perception.test_page_images import PDF, pdf


async def test_a_page_is_drawn_once_and_then_known() -> None:
    images = PageImages()
    assert images.known("hash", 1) is None
    drawn = await images.draw("hash", pdf((200, 100)), PDF, 1, 2)
    assert (drawn.width, drawn.height) == (WIDTH, WIDTH // 2)
    assert drawn.png.startswith(b"\x89PNG")
    assert images.known("hash", 1) is drawn
    # Already known: the file is not even looked at.
    assert await images.draw("hash", b"not a file", PDF, 1, 2) is drawn


async def test_a_page_that_is_not_there_and_a_damaged_file_are_told_apart() -> None:
    images = PageImages()
    with pytest.raises(NotFoundError) as missing:
        await images.draw("hash", pdf((200, 100)), PDF, 2, 2)
    assert missing.value.code == "no_such_document_page"
    with pytest.raises(KnowledgeError) as damaged:
        await images.draw("other", b"%PDF nothing", PDF, 1, 2)
    assert damaged.value.code == "page_not_drawable"
    assert images.known("other", 1) is None


async def test_one_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(KnowledgeError) as slow:
        await PageImages(longest_s=0.001).draw("hash", pdf((200, 100)), PDF, 1, 2)
    assert slow.value.detail["reason"] == "too_long"
