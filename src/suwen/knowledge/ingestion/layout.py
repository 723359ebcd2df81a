"""Printed pages become headings, paragraphs and rows; running headers are put aside."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from suwen.knowledge.ingestion.elements import (
    Aside,
    Block,
    BlockKind,
    PrintedLine,
    PrintedPage,
    TextBox,
)
from suwen.knowledge.ingestion.placed import CELL_BORDER
from suwen.knowledge.ingestion.sentences import weight

_MARGIN = 0.09
_LARGER = 1.14
_HEADING_WEIGHT = 60.0
_FULL = 0.9
# A narrower line is one of a list, which does not go on in the next.
_NARROWEST = 0.25
_PAGE_NUMBER = re.compile(
    r"\s*(?:[-–—]\s*)?(?:第|page)?\s*\d{1,4}\s*(?:页|/|of|共)?\s*(?:\d{1,4})?\s*(?:页)?(?:\s*[-–—])?\s*$",
    re.I,
)
_ENDS_SENTENCE = re.compile(r"[。！？!?；;.:：]['\"”’」』）)\]】]*\s*$")
_NO_HEADING = re.compile(r"[。；;，,！!？?]\s*$|\.{4,}|…{2,}")
_ITEM = re.compile(
    r"\s*(?:[-*•·●▪–◦‣○]\s|[(（]?\d{1,3}[.)）、．]\s*\D|[(（][a-z一二三四五六七八九十]+[)）]|[①-⑳])"
)
_NUMBERED = re.compile(
    r"\s*(?:第[一二三四五六七八九十百\d]+[章节篇]|\d{1,2}(?:\.\d{1,2}){0,4}\s+\D)"
)
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]")
_DIGITS = re.compile(r"\d+")
_NUMBER_FIRST = re.compile(r"\s*[<>≥≤±]?\d")


@dataclass(frozen=True, slots=True)
class LaidOut:
    """The blocks of all pages in order, and what stood in their margins."""

    blocks: tuple[Block, ...]
    margins: tuple[Aside, ...]


@dataclass(slots=True)
class _Paragraph:
    """Lines that make one block, with the boxes of each."""

    text: str = ""
    boxes: list[TextBox] = field(default_factory=list)
    last: PrintedLine | None = None
    page: int = 0

    def add(self, line: PrintedLine, page: int, border: str) -> None:
        if self.last is not None and self.last.hyphen:
            border = ""
        self.text += border
        start = len(self.text)
        self.text += line.text
        self.boxes.append(
            TextBox(start, len(self.text), page, line.left, line.top, line.right, line.bottom)
        )
        self.last, self.page = line, page


def lay_out(pages: Sequence[PrintedPage]) -> LaidOut:
    """Blocks of printed pages: by letter size, indentation, and how far the lines reach."""
    margins = _margin_lines(pages)
    return _Layout(pages, margins).run()


def _margin_lines(pages: Sequence[PrintedPage]) -> set[tuple[int, int]]:
    """Page and index of the lines that repeat at the edge of pages, and of page numbers there."""
    seen: Counter[str] = Counter()
    at_edge: list[tuple[int, int, str]] = []
    for page in pages:
        for index, line in enumerate(page.lines):
            if not line.table and (line.bottom < _MARGIN or line.top > 1 - _MARGIN):
                key = _DIGITS.sub("#", "".join(line.text.split()))
                at_edge.append((page.number, index, key))
                seen[key] += 1
    often = max(3, len(pages) // 2)
    texts = {(p.number, i): line.text for p in pages for i, line in enumerate(p.lines)}
    return {
        (number, index)
        for number, index, key in at_edge
        if seen[key] >= often or _PAGE_NUMBER.match(texts[number, index])
    }


class _Layout:
    """Goes through all lines once, keeping the paragraph that is being built."""

    def __init__(self, pages: Sequence[PrintedPage], margins: set[tuple[int, int]]) -> None:
        self.pages = pages
        self.margins = margins
        lines = [x for p in pages for x in p.lines if not x.table]
        self.body = _usual_size(lines)
        self.sizes = _heading_sizes(lines, self.body)
        self.lines = {p.number: [x for x in p.lines if not x.table] for p in pages}
        self.blocks: list[Block] = []
        self.asides: list[Aside] = []
        self.paragraph = _Paragraph()
        self.table = 0
        self.table_columns = 0
        self.table_page: tuple[int, int] = (0, 0)
        self.table_header = ""

    def run(self) -> LaidOut:
        for page in self.pages:
            self.table_page = (page.number, 0)
            for index, line in enumerate(page.lines):
                if (page.number, index) in self.margins:
                    self.asides.append(Aside("margin", line.text))
                elif line.table:
                    self._row(line, page.number)
                else:
                    self._line(line, page.number)
        self._close()
        turns = {page.number: page.turns for page in self.pages if page.turns}
        blocks = (_as_shown(block, turns) for block in self.blocks) if turns else self.blocks
        return LaidOut(tuple(blocks), tuple(dict.fromkeys(self.asides)))

    def _row(self, line: PrintedLine, page: int) -> None:
        self._close()
        columns = line.text.count(CELL_BORDER)
        box = (TextBox(0, len(line.text), page, line.left, line.top, line.right, line.bottom),)
        kind = BlockKind.TABLE_ROW
        if self.table_page != (page, line.table):
            before = self.blocks[-1] if self.blocks else None
            goes_on = (
                before is not None
                and before.kind is BlockKind.TABLE_ROW
                and before.boxes[0].page == page - 1
                and columns == self.table_columns
            )
            self.table_page = (page, line.table)
            if goes_on and line.text == self.table_header:
                return
            if not goes_on:
                self.table += 1
                self.table_columns = columns
                self.table_header = ""
                cells = [c for c in line.text.split(CELL_BORDER) if c.strip()]
                if cells and not any(_NUMBER_FIRST.match(c) for c in cells):
                    kind = BlockKind.TABLE_HEADER
                    self.table_header = line.text
        self.blocks.append(Block(kind, line.text, table=self.table, boxes=box))

    def _line(self, line: PrintedLine, page: int) -> None:
        level = self._heading_level(line)
        if level:
            before = self.blocks[-1] if self.blocks and not self.paragraph.text else None
            if (
                before
                and before.kind is BlockKind.HEADING
                and self._same_heading(before, line, page, level)
            ):
                self.blocks[-1] = _longer(before, line, page)
                return
            self._close()
            box = TextBox(0, len(line.text), page, line.left, line.top, line.right, line.bottom)
            self.blocks.append(Block(BlockKind.HEADING, line.text, level, boxes=(box,)))
            return
        border = self._border(line, page)
        if border is None:
            self._close()
            self.paragraph.add(line, page, "")
        else:
            self.paragraph.add(line, page, border)

    def _same_heading(self, before: Block, line: PrintedLine, page: int, level: int) -> bool:
        """Whether a heading is wrapped: the second line right below the first, in its size."""
        box = before.boxes[-1]
        return (
            before.level == level
            and box.page == page
            and -0.2 * line.size <= line.top - box.bottom < 0.9 * line.size
            and box.right > _FULL * _right_edge(self.lines[page], box)
            and not _NUMBERED.match(line.text)
        )

    def _heading_level(self, line: PrintedLine) -> int:
        """Depth of a heading by the size of its letters, 0 for any other line."""
        if weight(line.text) > _HEADING_WEIGHT or _NO_HEADING.search(line.text):
            return 0
        if not any(c.isalpha() for c in line.text):
            return 0
        if line.size >= _LARGER * self.body:
            return 1 + self.sizes.index(min(self.sizes, key=lambda s: abs(s - line.size)))
        narrow = line.right - line.left < 0.6
        if line.bold and narrow and line.text.rstrip()[-1:] not in ".:：":
            return len(self.sizes) + 1
        return 0

    def _border(self, line: PrintedLine, page: int) -> str | None:
        """What joins a line to the paragraph above it; None where a new one begins."""
        last = self.paragraph.last
        if last is None:
            return None
        edge = _right_edge(self.lines[self.paragraph.page], last)
        full = last.right >= _FULL * edge and last.right - last.left >= _NARROWEST
        ended = bool(_ENDS_SENTENCE.search(last.text))
        joint = "" if _WIDE.match(last.text[-1:]) and _WIDE.match(line.text[:1]) else " "
        if _ITEM.match(line.text):
            return None
        if page != self.paragraph.page:
            return joint if full and not ended else None
        gap = line.top - last.bottom
        height = max(line.bottom - line.top, last.bottom - last.top)
        if gap > 0.95 * height or gap < -3 * height or abs(line.size - last.size) > 0.2 * self.body:
            return None
        indented = line.left > last.left + 1.2 * line.size and ended
        if full and not indented:
            return joint
        return None if ended or indented else "\n"

    def _close(self) -> None:
        if self.paragraph.text:
            kind = BlockKind.ITEM if _ITEM.match(self.paragraph.text) else BlockKind.TEXT
            self.blocks.append(Block(kind, self.paragraph.text, boxes=tuple(self.paragraph.boxes)))
        self.paragraph = _Paragraph()


def _as_shown(block: Block, turns: Mapping[int, int]) -> Block:
    """The block with its boxes on the pages as they are shown."""
    boxes = []
    for box in block.boxes:
        left, top, right, bottom = box.left, box.top, box.right, box.bottom
        for _ in range(turns.get(box.page, 0)):
            left, top, right, bottom = 1 - bottom, left, 1 - top, right
        boxes.append(TextBox(box.start, box.end, box.page, left, top, right, bottom))
    return Block(block.kind, block.text, block.level, block.table, tuple(boxes))


def _longer(heading: Block, line: PrintedLine, page: int) -> Block:
    joint = "" if _WIDE.match(heading.text[-1:]) else " "
    start = len(heading.text) + len(joint)
    text = heading.text + joint + line.text
    box = TextBox(start, len(text), page, line.left, line.top, line.right, line.bottom)
    return Block(heading.kind, text, heading.level, boxes=(*heading.boxes, box))


def _usual_size(lines: Sequence[PrintedLine]) -> float:
    """The size in which most characters are set."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 4)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 1.0


def _heading_sizes(lines: Iterable[PrintedLine], body: float) -> list[float]:
    """The sizes that are larger than the body's, largest first; nearly equal ones as one."""
    sizes: list[float] = []
    for size in sorted({x.size for x in lines if x.size >= _LARGER * body}, reverse=True):
        if not sizes or size < 0.93 * sizes[-1]:
            sizes.append(size)
    return sizes or [body]


def _right_edge(lines: Sequence[PrintedLine], line: PrintedLine | TextBox) -> float:
    """How far to the right the full lines of a line's column reach."""
    edges = sorted(
        x.right
        for x in lines
        if min(x.right, line.right) - max(x.left, line.left)
        > 0.6 * max(x.right - x.left, line.right - line.left)
    )
    return edges[int(0.9 * (len(edges) - 1))] if edges else line.right
