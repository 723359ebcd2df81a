"""Which words of a PDF page nobody can see: judged on the page as it is drawn."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pypdfium2.raw as pdfium

from suwen.knowledge.ingestion.formats.pdf_words import Rectangle, Word

TINY = 2.5
"""Letters lower than this many 1/72 inch cannot be read on paper."""
_SAME_COLOUR = 24
_BACKGROUND_SHARE = 0.25
_FAINT = 26
_OPAQUE = 230
_LONGEST_SIDE = 1400
_MOST_OBJECTS = 50_000
_IMAGE, _PATH = 3, 2

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Cover:
    """An image or a filled area that hides what was drawn before it."""

    order: int
    box: Rectangle
    image: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """The objects of a page: order of drawing by address, what covers, and how many lines."""

    orders: dict[int, int]
    covers: tuple[Cover, ...]
    paths: int


def read_drawing(page: Any) -> Drawing:
    """The objects of a page, those inside a form in the place of the form."""
    orders: dict[int, int] = {}
    covers: list[Cover] = []
    paths = 0
    stack = [
        (pdfium.FPDFPage_GetObject(page, index), index, 0)
        for index in range(min(pdfium.FPDFPage_CountObjects(page), _MOST_OBJECTS))
    ]
    while stack and len(orders) < _MOST_OBJECTS:
        item, order, depth = stack.pop()
        orders[ctypes.cast(item, ctypes.c_void_p).value or 0] = order
        kind = pdfium.FPDFPageObj_GetType(item)
        paths += kind == _PATH
        if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < 6:
            count = min(pdfium.FPDFFormObj_CountObjects(item), _MOST_OBJECTS)
            stack.extend(
                (pdfium.FPDFFormObj_GetObject(item, index), order, depth + 1)
                for index in range(count)
            )
        elif depth == 0 and (kind == _IMAGE or (kind == _PATH and _is_opaque_area(item))):
            covers.append(Cover(order, _bounds(item), kind == _IMAGE))
    return Drawing(orders, tuple(covers), paths)


def _bounds(item: Any) -> Rectangle:
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    pdfium.FPDFPageObj_GetBounds(item, left, bottom, right, top)
    return (left.value, bottom.value, right.value, top.value)


def _is_opaque_area(item: Any) -> bool:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(item, fill, stroke)
    parts = [ctypes.c_uint() for _ in range(4)]
    pdfium.FPDFPageObj_GetFillColor(item, *parts)
    return fill.value != 0 and parts[3].value >= _OPAQUE


@dataclass(slots=True)
class _Sight:
    """The page as it is drawn, and where a word lies on it."""

    pixels: Pixels
    place: Callable[[Rectangle], Rectangle]

    def region(self, word: Word, margin: int) -> Pixels:
        height, width = self.pixels.shape[:2]
        left, top, right, bottom = self.place(word.box)
        x0, x1 = int(left * width) - margin, int(np.ceil(right * width)) + margin
        y0, y1 = int(top * height) - margin, int(np.ceil(bottom * height)) + margin
        return self.pixels[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]

    def around(self, word: Word) -> npt.NDArray[np.float64] | None:
        wide = self.region(word, 3).astype(np.int16)
        if wide.shape[0] < 4 or wide.shape[1] < 4:
            return None
        edges = (wide[:2], wide[-2:], wide[:, :2], wide[:, -2:])
        ring = np.concatenate([edge.reshape(-1, 3) for edge in edges])
        middle: npt.NDArray[np.float64] = np.median(ring, axis=0)
        return middle


def hidden_words(
    words: Sequence[Word],
    drawing: Drawing,
    paper: Rectangle,
    place: Callable[[Rectangle], Rectangle],
    render: Callable[[float], Pixels],
) -> dict[int, str]:
    """The rule by which each unseen word is hidden, by its index.

    Args:
        paper: the part of the page that is shown.
        place: shares of the shown page of a box in the page's units.
        render: the page at a scale, as pixels of red, green and blue.
    """
    hidden: dict[int, str] = {}
    doubtful: list[int] = []
    for index, word in enumerate(words):
        if rule := _plainly_hidden(word, paper):
            hidden[index] = rule
        elif _doubtful(word, drawing.covers):
            doubtful.append(index)
    if doubtful:
        side = max(paper[2] - paper[0], paper[3] - paper[1], 1.0)
        sight = _Sight(render(min(1.5, _LONGEST_SIDE / side)), place)
        for index in doubtful:
            if rule := _unseen(words[index], words, drawing.covers, sight):
                hidden[index] = rule
    return hidden


def _plainly_hidden(word: Word, paper: Rectangle) -> str | None:
    x = (word.box[0] + word.box[2]) / 2
    y = (word.box[1] + word.box[3]) / 2
    if not (paper[0] <= x <= paper[2] and paper[1] <= y <= paper[3]):
        return "off_page_text"
    if not word.painted:
        return "invisible_text"
    if word.colour is not None and word.colour[3] < _FAINT:
        return "transparent_text"
    return "tiny_text" if word.height < TINY else None


def _doubtful(word: Word, covers: Sequence[Cover]) -> bool:
    """Whether it must be looked at: light, of unknown colour, or near to something painted."""
    if word.colour is None or max(word.colour[:3]) > 110 or word.colour[3] < 200:
        return True
    return any(_holds(cover.box, word.box) for cover in covers)


def _holds(outer: Rectangle, inner: Rectangle) -> bool:
    x = (inner[0] + inner[2]) / 2
    y = (inner[1] + inner[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def _unseen(
    word: Word, words: Sequence[Word], covers: Sequence[Cover], sight: _Sight
) -> str | None:
    region = sight.region(word, 0).astype(np.int16)
    if region.size == 0:
        return "off_page_text"
    pixels = region.reshape(-1, 3)
    around = sight.around(word)
    fill = None if word.colour is None else np.array(word.colour[:3], dtype=np.int16)
    above = [c for c in covers if c.order > word.order >= 0 and _holds(c.box, word.box)]
    if above:
        written_over = any(
            other is not word
            and other.order > min(c.order for c in above)
            and _holds(other.box, word.box)
            for other in words
        )
        if written_over or any(c.image for c in above) or not _shows(pixels, fill, around):
            return "covered_text"
    if fill is not None and around is not None and np.abs(fill - around).max() <= _SAME_COLOUR:
        # White letters in a tight dark box: the box itself is what they stand out from.
        contrasting = (np.abs(pixels - fill).max(axis=1) > 64).mean()
        if contrasting < _BACKGROUND_SHARE:
            return "white_on_white"
    if (pixels.max(axis=0) - pixels.min(axis=0)).max() <= _SAME_COLOUR and _has_strokes(word):
        return "covered_text" if word.colour else "invisible_text"
    return None


def _shows(
    pixels: npt.NDArray[np.int16],
    fill: npt.NDArray[np.int16] | None,
    around: npt.NDArray[np.float64] | None,
) -> bool:
    """Whether anything of the word's colour is there."""
    if fill is None or around is None:
        return bool((pixels.max(axis=0) - pixels.min(axis=0)).max() > _SAME_COLOUR)
    nearest = np.abs(pixels - fill).max(axis=1).min()
    return bool(nearest < 0.75 * np.abs(fill - around).max())


def _has_strokes(word: Word) -> bool:
    """A letter or a digit leaves marks; a lone dash may fill its box evenly."""
    return any(c.isalnum() for c in word.text)
