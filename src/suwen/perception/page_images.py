"""Draws one page of a document as an image; run as a process of its own, for files of strangers.

A damaged file may crash the library that reads it, or keep it busy without end: the process that
asks puts a limit on time and survives. Standard input: one line of JSON with ``media_type``,
``page`` (from 1) and ``width`` (in pixels), then the file. Standard output: the page as PNG.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import warnings
from typing import BinaryIO

import pypdfium2 as pdfium
from PIL import Image, ImageOps, ImageSequence

from suwen.perception.drawing_outcomes import NO_SUCH_PAGE, UNREADABLE

PDF = "application/pdf"
WIDEST = 2400
MOST_PIXELS = 60_000_000
MOST_MEMORY = 2 * 1024**3


class NoSuchPageError(Exception):
    """The document has no such page."""


def draw_page(original: bytes, media_type: str, page: int, width: int) -> bytes:
    """A page as PNG.

    Args:
        page: from 1.
        width: of the image, in pixels, at most ``WIDEST``.

    Raises:
        NoSuchPageError: when the document has fewer pages.
        ValueError, OSError, pdfium.PdfiumError: when it cannot be read.
    """
    wanted = min(width, WIDEST)
    image = (
        _page_of_pdf(original, page, wanted)
        if media_type == PDF
        else _page_of_image(original, page, wanted)
    )
    out = io.BytesIO()
    image.convert("RGB").save(out, "PNG")
    return out.getvalue()


def _page_of_pdf(original: bytes, page: int, width: int) -> Image.Image:
    document = pdfium.PdfDocument(original)
    if not 1 <= page <= len(document):
        raise NoSuchPageError
    drawn = document[page - 1]
    page_width, page_height = drawn.get_size()
    scale = width / page_width
    if scale * scale * page_width * page_height > MOST_PIXELS:
        raise ValueError("the page is too long to draw")
    image: Image.Image = drawn.render(scale=scale).to_pil()
    return image


def _page_of_image(original: bytes, page: int, width: int) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with warnings.catch_warnings(), Image.open(io.BytesIO(original)) as opened:
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        for number, frame in enumerate(ImageSequence.Iterator(opened), start=1):
            if number == page:
                # Upright as its camera says, as the reader of the page saw it.
                drawn = ImageOps.exif_transpose(frame).convert("RGB")
                drawn.thumbnail((width, width * 10))
                return drawn
    raise NoSuchPageError


def serve(given: BinaryIO, answer: BinaryIO) -> int:
    """Draws what was asked for; the exit status."""
    wanted = json.loads(given.readline())
    try:
        image = draw_page(given.read(), wanted["media_type"], wanted["page"], wanted["width"])
    except NoSuchPageError:
        return NO_SUCH_PAGE
    except (ValueError, OSError, pdfium.PdfiumError, Image.DecompressionBombWarning):
        return UNREADABLE
    answer.write(image)
    return 0


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    sys.exit(serve(sys.stdin.buffer, sys.stdout.buffer))
