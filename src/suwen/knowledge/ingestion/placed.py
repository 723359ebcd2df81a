"""Blocks with their place in the document's text, and how blocks become one text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from suwen.core.knowledge import PageBox
from suwen.knowledge.ingestion.elements import Block, BlockKind

CELL_BORDER = " | "
"""What stands between the cells of a row in a document's text."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n?|\x85|\u2028|\u2029")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_TOGETHER = frozenset({BlockKind.ITEM, BlockKind.TABLE_HEADER, BlockKind.TABLE_ROW})


@dataclass(frozen=True, slots=True)
class PlacedBlock:
    """A block as a slice of the document's text; code points, end exclusive."""

    kind: BlockKind
    start: int
    end: int
    level: int = 0
    table: int = 0


@dataclass(frozen=True, slots=True)
class ComposedText:
    """One text made of blocks, with every block and box in its place."""

    text: str
    blocks: tuple[PlacedBlock, ...]
    boxes: tuple[PageBox, ...]


def storable(text: str) -> str:
    """The text with LF line ends and without what no text holds (controls, half characters)."""
    return _LONE_SURROGATE.sub("\ufffd", _CONTROL.sub(" ", _LINE_ENDS.sub("\n", text)))


def compose(blocks: Sequence[Block]) -> ComposedText:
    """Blocks one under the other: rows and items close together, a blank line elsewhere."""
    parts: list[str] = []
    placed: list[PlacedBlock] = []
    boxes: list[PageBox] = []
    at = 0
    before: Block | None = None
    for block in blocks:
        text = _same_length(block.text)
        if not text.strip():
            continue
        if before is not None:
            border = "\n" if _belongs_to(before, block) else "\n\n"
            parts.append(border)
            at += len(border)
        parts.append(text)
        placed.append(PlacedBlock(block.kind, at, at + len(text), block.level, block.table))
        boxes.extend(
            PageBox(at + b.start, at + b.end, b.page, b.left, b.top, b.right, b.bottom)
            for b in block.boxes
        )
        at += len(text)
        before = block
    return ComposedText("".join(parts), tuple(placed), tuple(boxes))


def _same_length(text: str) -> str:
    """Cleaned without moving a character, since boxes point into it."""
    text = _CONTROL.sub(" ", text).replace("\r", " ").replace("\x85", " ")
    return _LONE_SURROGATE.sub("\ufffd", text.replace("\u2028", "\n").replace("\u2029", "\n"))


def _belongs_to(before: Block, block: Block) -> bool:
    if before.kind not in _TOGETHER or block.kind not in _TOGETHER:
        return False
    return (before.kind is BlockKind.ITEM) == (block.kind is BlockKind.ITEM) and (
        before.table == block.table
    )
