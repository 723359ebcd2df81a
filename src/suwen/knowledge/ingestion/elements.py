"""What a format's reader finds in a file, before it becomes text with offsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class BlockKind(StrEnum):
    """What a stretch of a document is in its structure."""

    HEADING = "heading"
    TEXT = "text"
    ITEM = "item"
    TABLE_HEADER = "table_header"
    TABLE_ROW = "table_row"


@dataclass(frozen=True, slots=True)
class TextBox:
    """Where a stretch of a block's text stands: offsets into the block, shares of the page."""

    start: int
    end: int
    page: int
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph, an item of a list or a row of a table, in reading order.

    Attributes:
        level: depth of a heading, from 1.
        table: number of the table within the document that a row belongs to.
    """

    kind: BlockKind
    text: str
    level: int = 0
    table: int = 0
    boxes: tuple[TextBox, ...] = ()


@dataclass(frozen=True, slots=True)
class HiddenText:
    """Text that a reader of the file cannot see; it is left out of the document."""

    rule: str
    text: str
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Aside:
    """Text beside the document's own (metadata, comments, captions): judged, never stored."""

    place: str
    text: str


@dataclass(frozen=True, slots=True)
class TitleText:
    """What the file itself says that it is called."""

    text: str


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line of a printed page, or one row of a ruled table on it.

    Attributes:
        left, top, right, bottom: shares of the page as shown, 0 to 1, from top left.
        size: height of its letters as a share of the page's height.
        hyphen: whether its last word goes on in the next line.
        table: number of the table on this page, from 1, for a row; 0 for a line.
    """

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float
    bold: bool = False
    hyphen: bool = False
    table: int = 0


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """A page with its lines in reading order.

    Attributes:
        scanned: its text must be read from its image.
        turns: quarter turns counter-clockwise that made its image upright; the lines lie on the
            upright page, the page is shown as it was.
    """

    number: int
    lines: tuple[PrintedLine, ...] = ()
    scanned: bool = False
    turns: int = 0


Element = Block | HiddenText | Aside | TitleText | PrintedPage

_BUILD: Mapping[str, type[Any]] = {
    kind.__name__: kind for kind in (Block, HiddenText, Aside, TitleText, PrintedPage)
}


def to_plain(element: Element) -> list[Any]:
    """The element as lists of plain values, to cross to another process."""
    name = type(element).__name__
    if isinstance(element, Block):
        boxes = [[b.start, b.end, b.page, b.left, b.top, b.right, b.bottom] for b in element.boxes]
        return [name, element.kind.value, element.text, element.level, element.table, boxes]
    if isinstance(element, PrintedPage):
        lines = [
            [x.text, x.left, x.top, x.right, x.bottom, x.size, x.bold, x.hyphen, x.table]
            for x in element.lines
        ]
        return [name, element.number, lines, element.scanned, element.turns]
    if isinstance(element, HiddenText):
        return [name, element.rule, element.text, element.page]
    if isinstance(element, Aside):
        return [name, element.place, element.text]
    return [name, element.text]


def from_plain(values: Sequence[Any]) -> Element:
    """The element that ``to_plain`` took apart."""
    name, *fields = values
    if name == "Block":
        kind, text, level, table, boxes = fields
        return Block(BlockKind(kind), text, level, table, tuple(TextBox(*b) for b in boxes))
    if name == "PrintedPage":
        number, lines, scanned, turns = fields
        return PrintedPage(number, tuple(PrintedLine(*line) for line in lines), scanned, turns)
    element: Element = _BUILD[name](*fields)
    return element
