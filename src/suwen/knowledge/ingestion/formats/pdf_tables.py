"""Where the ruled tables of a PDF page are: their cells only; the words come from elsewhere."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from suwen.knowledge.ingestion.formats.pdf_words import Rectangle, Word
from suwen.knowledge.ingestion.limits import ReadLimits
from suwen.knowledge.ingestion.placed import CELL_BORDER
from suwen.knowledge.ingestion.refusals import RefusalCode, UnreadableFileError

# A page with fewer drawn lines has no ruled table.
FEWEST_PATHS = 3
# A page with more is a drawing, on which looking for tables takes minutes.
MOST_PATHS = 4_000


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: its text with borders between cells, and the words that it holds."""

    table: int
    text: str
    box: Rectangle
    words: frozenset[int]


class TableFinder:
    """Looks for ruled tables in one PDF, opened when the first page needs it."""

    def __init__(self, content: bytes, limits: ReadLimits) -> None:
        self._content = content
        self._limits = limits
        self._file: Any = None

    def rows(self, number: int, words: Sequence[Word]) -> list[TableRow]:
        """The rows of a page's tables, top to bottom.

        Args:
            number: of the page, from 1.
            words: those that can be seen; a hidden one is in no cell.
        """
        # Loaded here: most pages have no table.
        import pdfplumber

        if self._file is None:
            self._file = pdfplumber.open(io.BytesIO(self._content))
        page = self._file.pages[number - 1]
        top_edge = float(page.mediabox[3])
        rows: list[TableRow] = []
        try:
            found = 0
            for table in page.find_tables():
                cells = [row.cells for row in table.rows]
                if len(cells) < 2 or max(len(row) for row in cells) < 2:
                    continue
                if len(cells) > self._limits.table_rows:
                    raise UnreadableFileError(RefusalCode.TEXT_TOO_LONG)
                found += 1
                rows.extend(_rows(found, cells, top_edge, words))
        finally:
            page.close()
        return rows

    def close(self) -> None:
        """Frees the file."""
        if self._file is not None:
            self._file.close()


def _rows(table: int, cells: list[Any], top_edge: float, words: Sequence[Word]) -> list[TableRow]:
    rows = []
    taken: set[int] = set()
    for row in cells:
        parts: list[str] = []
        held: set[int] = set()
        boxes = [_in_page_units(cell, top_edge) for cell in row if cell is not None]
        for cell in row:
            inside: list[int] = []
            if cell is not None:
                box = _in_page_units(cell, top_edge)
                inside = [
                    i for i, w in enumerate(words) if i not in taken and _centre_in(w.box, box)
                ]
            parts.append(_cell_text([words[i] for i in inside]))
            held.update(inside)
            taken.update(inside)
        if held:
            around = (
                min(b[0] for b in boxes),
                min(b[1] for b in boxes),
                max(b[2] for b in boxes),
                max(b[3] for b in boxes),
            )
            rows.append(TableRow(table, CELL_BORDER.join(parts).strip(), around, frozenset(held)))
    return rows


def _in_page_units(cell: Any, top_edge: float) -> Rectangle:
    left, top, right, bottom = cell
    return (left, top_edge - bottom, right, top_edge - top)


def _centre_in(word: Rectangle, cell: Rectangle) -> bool:
    x, y = (word[0] + word[2]) / 2, (word[1] + word[3]) / 2
    return cell[0] <= x <= cell[2] and cell[1] <= y <= cell[3]


def _cell_text(words: list[Word]) -> str:
    """The words of a cell in one line; a new line within it is a space, but between Chinese."""
    text = ""
    for before, word in zip([None, *words], words, strict=False):
        if before is not None:
            new_line = word.line != before.line and not _both_wide(text[-1], word.text[0])
            text += " " if word.space_before or new_line else ""
        text += word.text
    return text


def _both_wide(one: str, other: str) -> bool:
    return one > "\u2e7f" and other > "\u2e7f"
