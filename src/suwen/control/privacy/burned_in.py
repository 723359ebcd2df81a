"""Identifiers that are burned into an image: where they stand, to be blackened.

Headers are the Basic Profile's (``suwen.integration.dicom.confidentiality``); this is the part of
it that no table can do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from suwen.core.knowledge import PageReader
from suwen.core.ports import NameFinder
from suwen.language.identifiers import IdentifierType, find_identifiers


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
