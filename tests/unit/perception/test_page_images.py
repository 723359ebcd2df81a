"""One page of a file as an image: drawn as wanted, and a damaged file is only refused."""

from __future__ import annotations

import io
import json

import pypdfium2 as pdfium
import pytest
from PIL import Image

from suwen.perception.page_images import (
    NO_SUCH_PAGE,
    PDF,
    UNREADABLE,
    NoSuchPageError,
    draw_page,
    serve,
)


def pdf(*sizes: tuple[int, int]) -> bytes:
    """A PDF with empty pages of these sizes, in points."""
    document = pdfium.PdfDocument.new()
    for width, height in sizes:
        document.new_page(width, height)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def picture(kind: str, *colours: str) -> bytes:
    """An image file with a frame of each colour."""
    frames = [Image.new("RGB", (300, 200), colour) for colour in colours]
    out = io.BytesIO()
    more = {"save_all": True, "append_images": frames[1:]} if len(frames) > 1 else {}
    frames[0].save(out, kind, **more)
    return out.getvalue()


def test_a_page_has_the_wanted_width_and_its_own_shape() -> None:
    image = Image.open(io.BytesIO(draw_page(pdf((200, 100), (100, 300)), PDF, 2, 500)))
    assert (image.format, image.size) == ("PNG", (500, 1500))


def test_a_page_that_is_not_there_is_said_so() -> None:
    for page in (0, 3):
        with pytest.raises(NoSuchPageError):
            draw_page(pdf((200, 100), (200, 100)), PDF, page, 500)


def test_a_page_of_a_scan_is_a_frame_of_its_file() -> None:
    scanned = picture("TIFF", "red", "blue")
    second = Image.open(io.BytesIO(draw_page(scanned, "image/tiff", 2, 150)))
    assert second.size == (150, 100)
    assert second.getpixel((10, 10)) == (0, 0, 255)
    with pytest.raises(NoSuchPageError):
        draw_page(scanned, "image/tiff", 3, 150)


def asked(original: bytes, media_type: str, page: int = 1) -> tuple[int, bytes]:
    """Exit status and answer of the process."""
    wanted = json.dumps({"media_type": media_type, "page": page, "width": 300}).encode()
    answer = io.BytesIO()
    return serve(io.BytesIO(wanted + b"\n" + original), answer), answer.getvalue()


def test_the_process_answers_with_an_image() -> None:
    status, png = asked(pdf((200, 100)), PDF)
    assert status == 0
    assert Image.open(io.BytesIO(png)).size == (300, 150)


@pytest.mark.parametrize(
    ("original", "media_type", "status"),
    [
        (b"%PDF-1.7 nothing of it", PDF, UNREADABLE),
        (b"", PDF, UNREADABLE),
        (b"no image", "image/png", UNREADABLE),
        (pdf((1, 10**6)), PDF, UNREADABLE),
        (pdf((200, 100)), PDF, 0),
    ],
)
def test_a_damaged_or_endless_file_is_refused(
    original: bytes, media_type: str, status: int
) -> None:
    assert asked(original, media_type)[0] == status


def test_a_missing_page_has_a_status_of_its_own() -> None:
    assert asked(pdf((200, 100)), PDF, page=2)[0] == NO_SUCH_PAGE
