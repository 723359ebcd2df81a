"""PNG, JPEG and TIFF: every page as a clean image of its own, upright as its camera says."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import Any

from suwen.knowledge.ingestion.elements import Aside, Element, PrintedPage
from suwen.knowledge.ingestion.formats.pdf_file import SCAN_SIDE, ScanImage
from suwen.knowledge.ingestion.limits import ReadLimits
from suwen.knowledge.ingestion.refusals import RefusalCode, UnreadableFileError

_FORMATS = ("PNG", "JPEG", "TIFF")


def read_image(content: bytes, limits: ReadLimits) -> Iterator[Element | ScanImage]:
    """Texts in the file's properties, then every page with its image.

    Raises:
        UnreadableFileError: naming why.
    """
    image = open_image(content, limits)
    frames = getattr(image, "n_frames", 1)
    if frames > limits.pages:
        raise UnreadableFileError(RefusalCode.TOO_MANY_PAGES)
    for value in (*image.info.values(), *image.getexif().values()):
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        if isinstance(text, str) and text.strip():
            yield Aside("metadata", text[:20_000])
    for number in range(1, frames + 1):
        yield PrintedPage(number, scanned=True)
        yield ScanImage(number, frame_png(image, number, limits, SCAN_SIDE))


def open_image(content: bytes, limits: ReadLimits) -> Any:
    """Pillow's image, not yet decoded.

    Raises:
        UnreadableFileError: ``damaged_file`` or ``image_too_large``.
    """
    # Loaded here: only this format needs it.
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = limits.image_pixels
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        return Image.open(io.BytesIO(content), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnreadableFileError(RefusalCode.IMAGE_TOO_LARGE) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise UnreadableFileError(RefusalCode.DAMAGED_FILE) from None


def frame_png(image: Any, number: int, limits: ReadLimits, longest_side: int) -> bytes:
    """One page of an image as PNG, no larger than asked.

    Raises:
        UnreadableFileError: ``damaged_file`` or ``image_too_large``.
    """
    from PIL import Image, ImageOps

    try:
        image.seek(number - 1)
        if image.width * image.height > limits.image_pixels:
            raise UnreadableFileError(RefusalCode.IMAGE_TOO_LARGE)
        frame = ImageOps.exif_transpose(image).convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnreadableFileError(RefusalCode.IMAGE_TOO_LARGE) from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise UnreadableFileError(RefusalCode.DAMAGED_FILE) from None
    frame.thumbnail((longest_side, longest_side))
    buffer = io.BytesIO()
    frame.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
