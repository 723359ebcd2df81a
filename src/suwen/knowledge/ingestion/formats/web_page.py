"""HTML: the text that the page shows, with headings, lists and tables; the rest is put aside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from suwen.knowledge.ingestion.elements import (
    Aside,
    Block,
    BlockKind,
    Element,
    HiddenText,
    TitleText,
)
from suwen.knowledge.ingestion.formats.web_style import Style, declarations_of, rules_of
from suwen.knowledge.ingestion.limits import ReadLimits
from suwen.knowledge.ingestion.placed import CELL_BORDER
from suwen.knowledge.ingestion.refusals import RefusalCode, UnreadableFileError

_DEEPEST = 400
# Looked for in the source: one before the first or after the last element is in no tree.
_COMMENT = re.compile(r"<!--(.*?)(?:--!?>|\Z)|<(?:!(?!--|doctype)|\?)([^>]{1,20000})>", re.S | re.I)
_SPACE = re.compile(r"[ \t\r\n\f]+")
_NOT_SHOWN = frozenset(
    {"script", "style", "template", "noscript", "head", "svg", "math", "iframe", "object", "nav"}
    | {"select", "textarea", "audio", "video", "canvas", "datalist", "dialog"}
)
_BREAKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "ul",
        "caption",
        "tbody",
        "thead",
        "tfoot",
        "tr",
        "td",
        "th",
    ]
)
_ATTRIBUTES = ("alt", "title", "aria-label", "placeholder", "value", "content")
_MOST_RULES = 500
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_CLOSED_BY_ITSELF = frozenset(
    [
        "p",
        "li",
        "td",
        "th",
        "tr",
        "dt",
        "dd",
        "option",
        "tbody",
        "thead",
        "tfoot",
        "br",
        "img",
        "hr",
        "input",
        "meta",
        "link",
        "area",
        "base",
        "col",
        "embed",
        "source",
        "track",
        "wbr",
    ]
)
_DEEPEST_MARKUP = 3_000
_CELLS = frozenset({"td", "th"})


def read_html(text: str, limits: ReadLimits) -> Iterator[Element]:
    """Title, then what is shown in order, then what is not.

    Raises:
        UnreadableFileError: ``nested_too_deep`` or ``no_text``.
    """
    _check_nesting(text)
    # Loaded here: only this format needs it.
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(text)
    root = tree.root
    if root is None:
        raise UnreadableFileError(RefusalCode.NO_TEXT)
    title = tree.css_first("title")
    if title is not None and title.text().strip():
        yield TitleText(_SPACE.sub(" ", title.text()).strip())
    page = _Page(limits, _styled(tree))
    page.walk(root)
    yield from page.blocks
    yield from page.found
    for comment in _COMMENT.finditer(text):
        yield Aside("comment", (comment[1] or comment[2] or "").strip())


def _check_nesting(text: str) -> None:
    """The parser takes minutes over ten thousand elements within each other: they are counted."""
    depth = 0
    for match in _TAG.finditer(text):
        if match[2].lower() not in _CLOSED_BY_ITSELF:
            depth = max(0, depth - 1) if match[1] else depth + 1
            if depth > _DEEPEST_MARKUP:
                raise UnreadableFileError(RefusalCode.NESTED_TOO_DEEP)


def _styled(tree: Any) -> dict[int, dict[str, str]]:
    """Declarations of the page's own style sheets that reach an element, by its memory place."""
    from selectolax.lexbor import SelectolaxError

    styled: dict[int, dict[str, str]] = {}
    used = 0
    for sheet in tree.css("style"):
        for selector, declarations in rules_of(sheet.text() or ""):
            if used >= _MOST_RULES or not declarations:
                continue
            used += 1
            try:
                reached = tree.css(selector)
            except SelectolaxError:
                # A selector that this engine does not know, such as one of a print sheet.
                continue
            for node in reached:
                styled.setdefault(node.mem_id, {}).update(declarations)
    return styled


@dataclass(slots=True)
class _Table:
    """A table that is being read: its rows so far, and the row and cell that are open."""

    number: int
    rows: list[tuple[str, bool]] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    all_heads: bool = True
    outer_parts: list[str] = field(default_factory=list)


class _Page:
    """Goes through the tree without recursion, told when an element begins and ends."""

    def __init__(self, limits: ReadLimits, styled: dict[int, dict[str, str]]) -> None:
        self.limits = limits
        self.styled = styled
        self.blocks: list[Block] = []
        self.found: list[Element] = []
        self.count = 0
        self.tables: list[_Table] = []
        self.in_cell = 0
        self.parts: list[str] = []
        self.kind = BlockKind.TEXT
        self.level = 0

    def walk(self, root: Any) -> None:
        """Reads the whole tree below ``root``."""
        stack: list[tuple[Any, Style, int, bool]] = [(root, Style(), 0, False)]
        while stack:
            node, style, depth, leaving = stack.pop()
            tag = (node.tag or "").lower()
            if leaving:
                self._ends(tag)
            elif tag == "-text":
                self._text(node.text(deep=False) or "", style)
            elif tag.startswith(("-", "!")):
                continue
            elif tag in _NOT_SHOWN:
                self._not_shown(node, tag)
            else:
                if depth > _DEEPEST:
                    raise UnreadableFileError(RefusalCode.NESTED_TOO_DEEP)
                self._attributes(node)
                inner = style.below(self._declarations(node, tag))
                if tag in _BREAKS or tag == "br":
                    self._begins(tag)
                    stack.append((node, style, depth, True))
                stack.extend((c, inner, depth + 1, False) for c in reversed(_children(node)))
        self._close()

    def _begins(self, tag: str) -> None:
        if tag == "br":
            self.parts.append("\n")
            return
        self._close()
        if tag == "table":
            if len(self.tables) >= self.limits.nesting:
                raise UnreadableFileError(RefusalCode.NESTED_TOO_DEEP)
            if not self.tables:
                self.count += 1
            self.tables.append(_Table(self.count))
        elif tag == "tr" and self.tables:
            self.tables[-1].cells = []
            self.tables[-1].all_heads = True
        elif tag in _CELLS and self.tables:
            table = self.tables[-1]
            table.outer_parts, self.parts = self.parts, []
            table.all_heads = table.all_heads and tag == "th"
            self.in_cell += 1
        elif re.fullmatch(r"h[1-6]", tag):
            self.kind, self.level = BlockKind.HEADING, int(tag[1])
        elif tag in ("li", "dt", "dd"):
            self.kind = BlockKind.ITEM

    def _ends(self, tag: str) -> None:
        if tag == "br":
            return
        self._close()
        if not self.tables:
            return
        table = self.tables[-1]
        if tag in _CELLS and self.in_cell:
            table.cells.append(" ".join("".join(self.parts).split()))
            self.parts = table.outer_parts
            self.in_cell -= 1
        elif tag == "tr" and table.cells:
            if len(table.rows) >= self.limits.table_rows:
                raise UnreadableFileError(RefusalCode.TEXT_TOO_LONG)
            table.rows.append((CELL_BORDER.join(table.cells), table.all_heads))
            table.cells = []
        elif tag == "table":
            self.tables.pop()
            if self.in_cell:
                self.parts.append(" ; ".join(text for text, _ in table.rows) + " ")
            else:
                self._emit(table)

    def _emit(self, table: _Table) -> None:
        """The rows as blocks; a table used for layout, with one column, is read as text."""
        rows = [(text, heads) for text, heads in table.rows if text.strip(" |")]
        if not any(CELL_BORDER in text for text, _ in rows):
            self.blocks.extend(Block(BlockKind.TEXT, text) for text, _ in rows)
            return
        marked = any(heads for _, heads in rows)
        for position, (text, heads) in enumerate(rows):
            header = heads or (not marked and position == 0 and len(rows) > 1)
            kind = BlockKind.TABLE_HEADER if header else BlockKind.TABLE_ROW
            self.blocks.append(Block(kind, text, table=table.number))

    def _declarations(self, node: Any, tag: str) -> dict[str, str]:
        attributes = node.attributes
        declarations = dict(self.styled.get(node.mem_id, {}))
        declarations.update(declarations_of(attributes.get("style") or ""))
        if "hidden" in attributes:
            declarations["display"] = "none"
        if attributes.get("bgcolor"):
            declarations.setdefault("background-color", attributes["bgcolor"].lower())
        if tag == "font" and attributes.get("color"):
            declarations.setdefault("color", attributes["color"].lower())
        return declarations

    def _attributes(self, node: Any) -> None:
        for name, value in node.attributes.items():
            if value and (name in _ATTRIBUTES or (name.startswith("data-") and len(value) > 20)):
                self.found.append(Aside("attribute", value))

    def _not_shown(self, node: Any, tag: str) -> None:
        """What the browser does not show is judged; scripts and styles are not texts."""
        if tag == "head":
            self.found.extend(
                Aside("metadata", meta.attributes["content"])
                for meta in node.css("meta")
                if meta.attributes.get("content")
            )
        if tag not in ("script", "style", "head"):
            self.found.append(Aside("undisplayed", node.text(separator=" ") or node.html or ""))

    def _text(self, text: str, style: Style) -> None:
        rule = style.rule()
        if rule is None:
            self.parts.append(_SPACE.sub(" ", text))
        elif text.strip():
            # A page folds menus and hints away all the time: only what commands is told.
            folded = rule == "hidden_element"
            self.found.append(Aside("undisplayed", text) if folded else HiddenText(rule, text))

    def _close(self) -> None:
        """Ends the paragraph; in a cell it goes on in the same line."""
        if self.in_cell:
            self.parts.append(" ")
            return
        lines = (" ".join(line.split(" ")).strip() for line in "".join(self.parts).split("\n"))
        text = "\n".join(line for line in lines if line)
        if text:
            if self.kind is BlockKind.HEADING:
                text = " ".join(text.split())
            self.blocks.append(Block(self.kind, re.sub(" {2,}", " ", text), self.level))
            self.kind, self.level = BlockKind.TEXT, 0
        self.parts = []


def _children(node: Any) -> list[Any]:
    children = []
    child = node.child
    while child is not None:
        children.append(child)
        child = child.next
    return children
