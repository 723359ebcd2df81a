"""Identifiers that are burned into an image: where they stand, to be blackened.

Headers are the Basic Profile's (``suwen.integration.dicom.confidentiality``); this is the part of
it that no table can do.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from suwen.core.errors import InputError
from suwen.core.knowledge import PageReader
from suwen.core.language import Bilingual
from suwen.core.ports import NameFinder
from suwen.language.identifiers import IdentifierType, find_identifiers

_AROUND: Final = 0.003
"""So much more than a line is blackened on each side, as a share of the image's longer side."""


@dataclass(frozen=True, slots=True)
class BurnedInBox:
    """A stretch of an image that says who the patient is; as shares of the image, 0 to 1.

    Attributes:
        types: what the line in the box names.
    """

    left: float
    top: float
    right: float
    bottom: float
    types: tuple[IdentifierType, ...]


def burned_in_boxes(
    image: bytes,
    reader: PageReader,
    *,
    known_names: Sequence[str] = (),
    names: NameFinder | None = None,
) -> tuple[BurnedInBox, ...]:
    """The lines of an image that hold an identifier; a whole line is to be blackened.

    Args:
        image: PNG, JPEG or TIFF.
        reader: reads its text; what it cannot read is not found, so that a person still looks.

    Raises:
        KnowledgeError: as the reader.
    """
    found = []
    for line in reader.read_page(image):
        spans = find_identifiers(line.text, known_names=known_names, names=names)
        if spans:
            types = tuple(dict.fromkeys(span.type for span in spans))
            found.append(BurnedInBox(line.left, line.top, line.right, line.bottom, types))
    return tuple(found)


def blackened(image: bytes, boxes: Sequence[BurnedInBox]) -> bytes:
    """The image with boxes painted black, as PNG without anything besides its pixels.

    Args:
        image: as ``burned_in_boxes`` was given it.

    Raises:
        InputError: ``image_of_several_pages``; only one page was looked at.
    """
    # Loaded here: a start of the program needs no images.
    from PIL import Image, ImageDraw, ImageOps

    opened = Image.open(io.BytesIO(image), formats=("PNG", "JPEG", "TIFF"))
    if getattr(opened, "n_frames", 1) > 1:
        raise InputError(
            "image_of_several_pages",
            Bilingual(
                zh="该图像有多页。请逐页处理。",
                en="The image has several pages. Give them one by one.",
            ),
        )
    upright = ImageOps.exif_transpose(opened)
    shown = upright if upright.mode in ("L", "RGB") else upright.convert("RGB")
    # What stands beside the pixels (a comment, the device, the place) stays behind.
    painted = Image.frombytes(shown.mode, shown.size, shown.tobytes())
    brush = ImageDraw.Draw(painted)
    more = _AROUND * max(painted.size)
    for box in boxes:
        brush.rectangle(
            (
                box.left * painted.width - more,
                box.top * painted.height - more,
                box.right * painted.width + more,
                box.bottom * painted.height + more,
            ),
            fill=0,
        )
    written = io.BytesIO()
    painted.save(written, "PNG")
    return written.getvalue()
