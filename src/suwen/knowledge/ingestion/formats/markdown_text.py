"""Markdown: what is shown of it, with headings, items and tables; comments are put aside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from suwen.knowledge.ingestion.elements import Aside, Block, BlockKind, Element, TitleText
from suwen.knowledge.ingestion.formats.web_page import read_html
from suwen.knowledge.ingestion.limits import ReadLimits
from suwen.knowledge.ingestion.placed import CELL_BORDER
from suwen.knowledge.ingestion.refusals import RefusalCode, UnreadableFileError

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S)
_TITLE = re.compile(r"^title\s*:\s*[\"']?(.+?)[\"']?\s*$", re.M | re.I)
_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.S)


def read_markdown(text: str, limits: ReadLimits) -> Iterator[Element]:
    """Title of the front matter, then the blocks in order, then what is not shown.

    Raises:
        UnreadableFileError: naming why.
    """
    # Loaded here: only this format needs it.
    from markdown_it import MarkdownIt

    front = _FRONT_MATTER.match(text)
    if front:
        if title := _TITLE.search(front[1]):
            yield TitleText(title[1])
        yield Aside("metadata", front[1])
        text = text[front.end() :]
    environment: dict[str, Any] = {}
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 40}).enable("table")
    page = _Page(limits)
    try:
        page.read(parser.parse(text, environment))
    except RecursionError:
        raise UnreadableFileError(RefusalCode.NESTED_TOO_DEEP) from None
    yield from page.blocks
    yield from page.found
    # The title of a link that nothing refers to is the way to write a comment in Markdown.
    for reference in environment.get("references", {}).values():
        for value in (reference.get("title"), reference.get("href")):
            if value:
                yield Aside("comment", value)


class _Page:
    """Goes through the flat list of tokens."""

    def __init__(self, limits: ReadLimits) -> None:
        self.limits = limits
        self.blocks: list[Block] = []
        self.found: list[Element] = []
        self.tables = 0
        self.rows = 0
        self.cells: list[str] | None = None
        self.in_header = False
        self.items = 0
        self.level = 0

    def read(self, tokens: list[Any]) -> None:
        """Turns tokens into blocks."""
        for token in tokens:
            if token.type == "heading_open":
                self.level = int(token.tag[1])
            elif token.type == "heading_close":
                self.level = 0
            elif token.type == "list_item_open":
                self.items += 1
            elif token.type == "list_item_close":
                self.items -= 1
            elif token.type == "table_open":
                self.tables += 1
                self.rows = 0
            elif token.type == "thead_open":
                self.in_header = True
            elif token.type == "thead_close":
                self.in_header = False
            elif token.type == "tr_open":
                self.cells = []
            elif token.type == "tr_close":
                self._row()
            elif token.type == "inline":
                self._inline(token)
            elif token.type in ("fence", "code_block"):
                self.blocks.append(Block(BlockKind.TEXT, token.content.rstrip()))
            elif token.type == "html_block":
                self._html(token.content)

    def _row(self) -> None:
        self.rows += 1
        if self.rows > self.limits.table_rows:
            raise UnreadableFileError(RefusalCode.TEXT_TOO_LONG)
        kind = BlockKind.TABLE_HEADER if self.in_header else BlockKind.TABLE_ROW
        text = CELL_BORDER.join(self.cells or [])
        if text.strip(" |"):
            self.blocks.append(Block(kind, text, table=self.tables))
        self.cells = None

    def _inline(self, token: Any) -> None:
        text = self._shown(token.children or [])
        if self.cells is not None:
            self.cells.append(" ".join(text.split()))
        elif text.strip():
            if self.level:
                self.blocks.append(Block(BlockKind.HEADING, " ".join(text.split()), self.level))
            else:
                kind = BlockKind.ITEM if self.items else BlockKind.TEXT
                self.blocks.append(Block(kind, text))

    def _shown(self, children: list[Any]) -> str:
        parts: list[str] = []
        for child in children:
            if child.type in ("text", "code_inline"):
                parts.append(child.content)
            elif child.type == "softbreak" or child.type == "hardbreak":
                parts.append("\n")
            elif child.type == "image":
                self.found.append(Aside("attribute", child.content))
                self._link_title(child)
            elif child.type == "link_open":
                self._link_title(child)
            elif child.type == "html_inline":
                self._comments(child.content)
        return "".join(parts).strip()

    def _link_title(self, token: Any) -> None:
        if title := token.attrGet("title"):
            self.found.append(Aside("attribute", str(title)))

    def _comments(self, html: str) -> None:
        self.found.extend(Aside("comment", text) for text in _COMMENT.findall(html))

    def _html(self, html: str) -> None:
        """A stretch of HTML is read as a page; its tables get numbers of their own."""
        highest = self.tables
        for element in read_html(html, self.limits):
            if isinstance(element, Block):
                table = element.table + self.tables if element.table else 0
                highest = max(highest, table)
                element = Block(element.kind, element.text, element.level, table)
                self.blocks.append(element)
            elif not isinstance(element, TitleText):
                self.found.append(element)
        self.tables = highest
