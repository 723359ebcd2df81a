"""The words of a PDF page with their place, colour and order of drawing, as pdfium reads them."""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass, field
from typing import Any

import pypdfium2.raw as pdfium

Rectangle = tuple[float, float, float, float]
"""Left, bottom, right, top in the page's own units (1/72 inch)."""

_BOLD = re.compile(rb"bold|black|heavy|semibold|demi", re.I)
_HYPHEN_MARK = 2
_PAINTS_NOTHING = {3, 7}


@dataclass(slots=True)
class Word:
    """Characters in one style without white space between them.

    Attributes:
        box: around its characters, in the page's units.
        height: of its line of letters, in 1/72 inch.
        colour: red, green, blue, opacity, 0 to 255; absent where the font paints itself.
        painted: false for text that is set but never drawn.
        order: place of its object in the order of drawing.
        turned: written at a slant, as watermarks are.
    """

    text: str
    box: Rectangle
    height: float
    colour: tuple[int, int, int, int] | None
    painted: bool
    order: int
    bold: bool
    turned: bool
    line: int
    space_before: bool
    hyphen: bool = False
    unmapped: int = 0


@dataclass(slots=True)
class _Style:
    colour: tuple[int, int, int, int] | None
    painted: bool
    order: int
    bold: bool


@dataclass(slots=True)
class _Reader:
    """Goes through a page's characters once."""

    text_page: Any
    orders: dict[int, int]
    words: list[Word] = field(default_factory=list)
    styles: dict[int, _Style] = field(default_factory=dict)
    line: int = 0
    space: bool = False
    last_object: int | None = None
    high_half: int = 0

    def read(self) -> list[Word]:
        raw = self.text_page
        for index in range(pdfium.FPDFText_CountChars(raw)):
            code = pdfium.FPDFText_GetUnicode(raw, index)
            if code == 10:
                self.line += 1
                self.last_object = None
            elif code == _HYPHEN_MARK or (code == 45 and pdfium.FPDFText_IsHyphen(raw, index) == 1):
                if self.words:
                    self.words[-1].hyphen = True
            elif 0xD800 <= code < 0xDC00:
                self.high_half = code
            elif code > 32 and code not in (0xA0, 0x3000, 0xFFFE, 0xFFFF):
                if 0xDC00 <= code < 0xE000:
                    code = 0x10000 + ((self.high_half - 0xD800) << 10) + (code - 0xDC00)
                    if not 0x10000 <= code <= 0x10FFFF:
                        code = 0xFFFD
                self._add(index, chr(code))
            else:
                self.space = True
                self.last_object = None
        return self.words

    def _add(self, index: int, character: str) -> None:
        raw = self.text_page
        item = pdfium.FPDFText_GetTextObject(raw, index)
        address = ctypes.cast(item, ctypes.c_void_p).value or 0
        if address not in self.styles:
            self.styles[address] = self._style(index, item, address)
        box, height = _boxes(raw, index)
        unmapped = int(pdfium.FPDFText_HasUnicodeMapError(raw, index) == 1)
        if self.last_object == address and self.words:
            word = self.words[-1]
            word.text += character
            word.box = _union(word.box, box)
            word.height = max(word.height, height)
            word.unmapped += unmapped
            return
        style = self.styles[address]
        angle = pdfium.FPDFText_GetCharAngle(raw, index) % (3.14159265 / 2)
        self.words.append(
            Word(
                text=character,
                box=box,
                height=height,
                colour=style.colour,
                painted=style.painted,
                order=style.order,
                bold=style.bold,
                turned=0.1 < angle < 1.47,
                line=self.line,
                space_before=self.space,
                unmapped=unmapped,
            )
        )
        self.space = False
        self.last_object = address

    def _style(self, index: int, item: Any, address: int) -> _Style:
        raw = self.text_page
        parts = [ctypes.c_uint() for _ in range(4)]
        known = pdfium.FPDFText_GetFillColor(raw, index, *parts)
        mode = pdfium.FPDFTextObj_GetTextRenderMode(item) if item else 0
        name = ctypes.create_string_buffer(120)
        flags = ctypes.c_int()
        pdfium.FPDFText_GetFontInfo(raw, index, name, 120, flags)
        red, green, blue, opacity = (part.value for part in parts)
        return _Style(
            colour=(red, green, blue, opacity) if known and mode in (0, 2, 4, 6) else None,
            painted=mode not in _PAINTS_NOTHING,
            order=self.orders.get(address, -1),
            bold=bool(_BOLD.search(name.value)),
        )


def read_words(text_page: Any, orders: dict[int, int]) -> list[Word]:
    """The words of a page in the order of its content.

    Args:
        text_page: pdfium's text page.
        orders: place in the order of drawing by the address of the object.
    """
    return _Reader(text_page, orders).read()


def _boxes(raw: Any, index: int) -> tuple[Rectangle, float]:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(raw, index, left, right, bottom, top)
    loose = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(raw, index, loose)
    height = min(abs(loose.top - loose.bottom), abs(loose.right - loose.left) * 8)
    box = (left.value, bottom.value, right.value, top.value)
    if box[2] <= box[0] or box[3] <= box[1]:
        box = (loose.left, loose.bottom, loose.right, loose.top)
    return box, height or pdfium.FPDFText_GetFontSize(raw, index)


def _union(one: Rectangle, other: Rectangle) -> Rectangle:
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )
