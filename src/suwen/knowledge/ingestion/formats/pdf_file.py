"""PDF: lines and tables of every page that can be seen; pages without text are for their image."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium

from suwen.knowledge.ingestion.elements import (
    Aside,
    Element,
    HiddenText,
    PrintedLine,
    PrintedPage,
    TitleText,
)
from suwen.knowledge.ingestion.formats.pdf_tables import (
    FEWEST_PATHS,
    MOST_PATHS,
    TableFinder,
    TableRow,
)
from suwen.knowledge.ingestion.formats.pdf_visibility import (
    Drawing,
    Pixels,
    hidden_words,
    read_drawing,
)
from suwen.knowledge.ingestion.formats.pdf_words import Rectangle, Word, read_words
from suwen.knowledge.ingestion.limits import ReadLimits
from suwen.knowledge.ingestion.refusals import RefusalCode, UnreadableFileError

SCAN_SIDE = 2000
"""Pixels of the longer side of a page that is read from its image."""
_FINE = 1_000_000
_FEW_CHARACTERS = 25
_IMAGE_SHARE = 0.4
_OUTLINES = 150
_UNMAPPED_SHARE = 0.3
_MOST_NOTES = 2_000
_LONGEST_NOTE = 200_000
_METADATA = ("Title", "Author", "Subject", "Keywords", "Creator", "Producer")


@dataclass(frozen=True, slots=True)
class ScanImage:
    """The image of a page whose text must be read from it, as PNG."""

    page: int
    png: bytes = field(repr=False)


def open_pdf(content: bytes) -> Any:
    """pdfium's document.

    Raises:
        UnreadableFileError: ``password_protected`` or ``damaged_file``.
    """
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        locked = error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)
        code = RefusalCode.PASSWORD_PROTECTED if locked else RefusalCode.DAMAGED_FILE
        raise UnreadableFileError(code) from None


def read_pdf(content: bytes, limits: ReadLimits) -> Iterator[Element | ScanImage]:
    """Title, properties and pages, one after the other; a scanned page is followed by its image.

    Raises:
        UnreadableFileError: naming why.
    """
    document = open_pdf(content)
    pages = len(document)
    if pages == 0:
        raise UnreadableFileError(RefusalCode.DAMAGED_FILE)
    if pages > limits.pages:
        raise UnreadableFileError(RefusalCode.TOO_MANY_PAGES)
    yield from _properties(document)
    tables = TableFinder(content, limits)
    try:
        for number in range(1, pages + 1):
            yield from _read_page(document, number, tables)
    finally:
        tables.close()
        document.close()


def _properties(document: Any) -> Iterator[Element]:
    values = document.get_metadata_dict(skip_empty=True)
    if title := values.get("Title", "").strip():
        yield TitleText(title)
    for name in _METADATA:
        if value := values.get(name):
            yield Aside("metadata", value)
    for bookmark in list(document.get_toc(max_depth=3))[:500]:
        if title := bookmark.get_title():
            yield Aside("metadata", title)


def _read_page(document: Any, number: int, tables: TableFinder) -> Iterator[Element | ScanImage]:
    try:
        page = document[number - 1]
    except pypdfium2.PdfiumError:
        raise UnreadableFileError(RefusalCode.DAMAGED_FILE) from None
    try:
        sheet = _Sheet(page, number)
        yield from sheet.asides()
        yield from sheet.hidden()
        yield PrintedPage(number, sheet.lines(tables), sheet.scanned)
        if sheet.scanned:
            yield ScanImage(number, page_png(page, SCAN_SIDE))
    finally:
        page.close()


def page_png(page: Any, longest_side: int) -> bytes:
    """The page as it is shown, as PNG; its longer side has that many pixels."""
    width, height = _size(page)
    image = page.render(scale=longest_side / max(width, height)).to_pil().convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _size(page: Any) -> tuple[float, float]:
    width, height = page.get_size()
    if not (
        1 <= width <= 20_000
        and 1 <= height <= 20_000
        and max(width, height) <= 50 * min(width, height)
    ):
        raise UnreadableFileError(RefusalCode.DAMAGED_FILE)
    return width, height


class _Sheet:
    """One page: its words, which of them can be seen, and whether it must be read as an image."""

    def __init__(self, page: Any, number: int) -> None:
        self.page = page
        self.number = number
        self.height = _size(page)[1]
        self.drawing = read_drawing(page.raw)
        text_page = page.get_textpage()
        words = read_words(text_page.raw, self.drawing.orders)
        text_page.close()
        self.slanted = [w for w in words if w.turned]
        words = [w for w in words if not w.turned]
        paper = _paper(page)
        unseen = hidden_words(words, self.drawing, paper, self._place, self._pixels)
        self.words = [w for i, w in enumerate(words) if i not in unseen]
        self.unseen = [(rule, words[i]) for i, rule in unseen.items()]
        self.scanned = _must_be_read(self.words, self.drawing, paper)

    def asides(self) -> Iterator[Aside]:
        """Notes, watermarks, and the text layer of a page that is read from its image."""
        yield from _notes(self.page)
        if self.slanted:
            yield Aside("margin", _running(self.slanted))
        if self.scanned:
            yield Aside("text_layer", _running([w for _, w in self.unseen] + self.words))

    def hidden(self) -> Iterator[HiddenText]:
        """What cannot be seen; the unpainted layer of a scan is no secret."""
        rules = {rule for rule, _ in self.unseen}
        if self.scanned:
            rules -= {"invisible_text", "covered_text"}
        for rule in sorted(rules):
            yield HiddenText(rule, _running([w for r, w in self.unseen if r == rule]), self.number)

    def lines(self, tables: TableFinder) -> tuple[PrintedLine, ...]:
        """The lines and rows of the page in reading order; none where it is scanned."""
        if self.scanned:
            return ()
        rows: list[TableRow] = []
        ruled = FEWEST_PATHS <= self.drawing.paths <= MOST_PATHS
        if ruled and self.words and pdfium.FPDFPage_GetRotation(self.page.raw) == 0:
            rows = tables.rows(self.number, self.words)
        row_of = {index: row for row in rows for index in row.words}
        lines: list[PrintedLine] = []
        done: set[int] = set()
        current: list[Word] = []
        for index, word in enumerate(self.words):
            row = row_of.get(index)
            if current and (row is not None or word.line != current[-1].line):
                lines.append(self._line(current))
                current = []
            if row is None:
                current.append(word)
            elif id(row) not in done:
                # All rows of the table stand where its first word does.
                for other in rows:
                    if other.table == row.table:
                        done.add(id(other))
                        lines.append(self._row(other))
        if current:
            lines.append(self._line(current))
        return tuple(lines)

    def _line(self, words: list[Word]) -> PrintedLine:
        text = "".join(
            (" " if word.space_before and position else "") + word.text
            for position, word in enumerate(words)
        )
        left, top, right, bottom = self._place(_around(words))
        heights = sorted(w.height for w in words)
        return PrintedLine(
            text=text,
            left=left,
            top=top,
            right=right,
            bottom=bottom,
            size=heights[len(heights) // 2] / self.height,
            bold=all(w.bold for w in words),
            hyphen=words[-1].hyphen,
        )

    def _row(self, row: TableRow) -> PrintedLine:
        left, top, right, bottom = self._place(row.box)
        return PrintedLine(row.text, left, top, right, bottom, 0.0, table=row.table)

    def _place(self, box: Rectangle) -> Rectangle:
        """Shares of the shown page, from top left, of a box in the page's units."""
        xs, ys = [], []
        for x, y in ((box[0], box[1]), (box[2], box[3])):
            across, down = ctypes.c_int(), ctypes.c_int()
            pdfium.FPDF_PageToDevice(self.page.raw, 0, 0, _FINE, _FINE, 0, x, y, across, down)
            xs.append(min(1.0, max(0.0, across.value / _FINE)))
            ys.append(min(1.0, max(0.0, down.value / _FINE)))
        return (min(xs), min(ys), max(xs), max(ys))

    def _pixels(self, scale: float) -> Pixels:
        image = self.page.render(scale=scale).to_pil().convert("RGB")
        return np.asarray(image)


def _notes(page: Any) -> Iterator[Aside]:
    """Texts of a page's annotations: notes, form fields, links."""
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page.raw), _MOST_NOTES)):
        note = pdfium.FPDFPage_GetAnnot(page.raw, index)
        if not note:
            continue
        for key in (b"Contents", b"V", b"TU"):
            size = pdfium.FPDFAnnot_GetStringValue(note, key, None, 0)
            if 2 < size <= _LONGEST_NOTE:
                buffer = (ctypes.c_ushort * (size // 2))()
                pdfium.FPDFAnnot_GetStringValue(note, key, buffer, size)
                yield Aside("comment", bytes(buffer).decode("utf-16-le", "replace").strip("\x00"))
        pdfium.FPDFPage_CloseAnnot(note)


def _paper(page: Any) -> Rectangle:
    media, crop = page.get_mediabox(), page.get_cropbox()
    return (
        max(media[0], crop[0]),
        max(media[1], crop[1]),
        min(media[2], crop[2]),
        min(media[3], crop[3]),
    )


def _must_be_read(words: Sequence[Word], drawing: Drawing, paper: Rectangle) -> bool:
    """Whether what a person sees on the page is not in its text."""
    characters = sum(len(w.text) for w in words)
    if characters and sum(w.unmapped for w in words) > _UNMAPPED_SHARE * characters:
        return True
    if characters >= _FEW_CHARACTERS:
        return False
    area = max(1.0, (paper[2] - paper[0]) * (paper[3] - paper[1]))
    shown = sum(
        max(0.0, min(c.box[2], paper[2]) - max(c.box[0], paper[0]))
        * max(0.0, min(c.box[3], paper[3]) - max(c.box[1], paper[1]))
        for c in drawing.covers
        if c.image
    )
    return shown > _IMAGE_SHARE * area or (not characters and drawing.paths > _OUTLINES)


def _around(words: Sequence[Word]) -> Rectangle:
    return (
        min(w.box[0] for w in words),
        min(w.box[1] for w in words),
        max(w.box[2] for w in words),
        max(w.box[3] for w in words),
    )


def _running(words: Sequence[Word]) -> str:
    return "".join((" " if w.space_before else "") + w.text for w in words)
