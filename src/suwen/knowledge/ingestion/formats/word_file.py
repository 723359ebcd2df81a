"""DOCX: paragraphs, headings and tables that are shown; what is set to be hidden is put aside."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from suwen.knowledge.ingestion.elements import (
    Aside,
    Block,
    BlockKind,
    Element,
    HiddenText,
    TitleText,
)
from suwen.knowledge.ingestion.formats.word_package import check_package
from suwen.knowledge.ingestion.limits import ReadLimits
from suwen.knowledge.ingestion.placed import CELL_BORDER
from suwen.knowledge.ingestion.refusals import RefusalCode, UnreadableFileError

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_HEADING = re.compile(r"(?:heading|标题|überschrift|titre)\s*(\d)", re.I)
_TINY_HALF_POINTS = 4
_NEARLY_WHITE = 0xF0
_OFF = {"0", "false", "off", "none"}
_MOST_STYLES_DEEP = 12
_PROPERTIES = ("title", "subject", "author", "keywords", "comments", "category", "content_status")


@dataclass(frozen=True, slots=True)
class _Look:
    """How letters look, as far as it is said; absent is as the style below it."""

    hidden: bool | None = None
    colour: str | None = None
    half_points: int | None = None
    shading: str | None = None

    def over(self, below: _Look) -> _Look:
        """This look where it says something, else the one below."""
        return _Look(
            below.hidden if self.hidden is None else self.hidden,
            self.colour or below.colour,
            self.half_points or below.half_points,
            self.shading or below.shading,
        )

    def rule(self, background: str | None) -> str | None:
        """Why letters of this look are not seen; None where they are."""
        if self.hidden:
            return "hidden_run"
        if self.half_points is not None and self.half_points <= _TINY_HALF_POINTS:
            return "tiny_text"
        behind = self.shading or background
        if self.colour and _is_white(self.colour) and (not behind or _is_white(behind)):
            return "white_on_white"
        if self.colour and behind and self.colour.upper() == behind.upper():
            return "white_on_white"
        return None


def read_docx(content: bytes, limits: ReadLimits) -> Iterator[Element]:
    """Title, properties, then the body in order, then what stands beside it.

    Raises:
        UnreadableFileError: naming why.
    """
    check_package(content, limits)
    # Loaded here: only this format needs it.
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    try:
        document = docx.Document(io.BytesIO(content))
    except (SyntaxError, PackageNotFoundError, KeyError, ValueError, AttributeError):
        # A syntax error here is one of the XML parser's, which stops at 256 levels, too.
        raise UnreadableFileError(RefusalCode.DAMAGED_FILE) from None
    yield from _properties(document)
    body = _Body(document, limits)
    yield from body.blocks(document.element.body)
    yield from body.found
    yield from _beside(document)


def _properties(document: Any) -> Iterator[Element]:
    properties = document.core_properties
    if title := (properties.title or "").strip():
        yield TitleText(title)
    for name in _PROPERTIES:
        if value := str(getattr(properties, name) or "").strip():
            yield Aside("metadata", value)


def _beside(document: Any) -> Iterator[Element]:
    """Comments, headers, footers and notes: judged, not stored."""
    for part in document.part.package.iter_parts():
        name = str(part.partname)
        place = "comment" if "comment" in name else "margin"
        if re.search(r"/(?:comments|header|footer|footnotes|endnotes|custom|app)\w*\.xml$", name):
            text = re.sub(rb"<[^>]+>", b" ", part.blob).decode("utf-8", "replace")
            if text.strip():
                yield Aside("metadata" if "/docProps/" in name else place, " ".join(text.split()))


class _Body:
    """Goes through the body; keeps what is not seen for afterwards."""

    def __init__(self, document: Any, limits: ReadLimits) -> None:
        self.limits = limits
        self.found: list[Element] = []
        self.tables = 0
        self.styles = {s.get(_W + "styleId"): s for s in document.styles.element.iter(_W + "style")}
        self.looks: dict[str | None, _Look] = {}
        defaults = document.styles.element.find(f"{_W}docDefaults/{_W}rPrDefault/{_W}rPr")
        self.default = _look_of(defaults)

    def blocks(self, container: Any) -> Iterator[Block]:
        """The blocks of a body or of a content control."""
        for child in container:
            if child.tag == _W + "p":
                yield from self._paragraph(child)
            elif child.tag == _W + "tbl":
                yield from self._table(child)
            elif child.tag in (_W + "sdt", _W + "sdtContent", _W + "ins", _W + "customXml"):
                yield from self.blocks(child)

    def _paragraph(self, paragraph: Any) -> Iterator[Block]:
        text = self._text(paragraph, None)
        if text.strip():
            level = self._heading_level(paragraph)
            if level:
                yield Block(BlockKind.HEADING, " ".join(text.split()), level)
            else:
                kind = BlockKind.ITEM if self._listed(paragraph) else BlockKind.TEXT
                yield Block(kind, text.strip())
        for box in paragraph.iter(_W + "txbxContent"):
            if not any(a.tag == _FALLBACK for a in box.iterancestors()):
                yield from self.blocks(box)

    def _heading_level(self, paragraph: Any) -> int:
        outline = paragraph.find(f"{_W}pPr/{_W}outlineLvl")
        style = self._style_of(paragraph, "p")
        for _ in range(_MOST_STYLES_DEEP):
            if outline is not None:
                level = outline.get(_W + "val", "9")
                return int(level) + 1 if level.isdigit() and int(level) < 9 else 0
            if style is None:
                return 0
            name = style.find(_W + "name")
            named = name.get(_W + "val", "") if name is not None else ""
            if match := _HEADING.match(named):
                return int(match[1])
            if named.lower() in ("title", "标题"):
                return 1
            outline = style.find(f"{_W}pPr/{_W}outlineLvl")
            style = self._parent(style)
        return 0

    def _listed(self, paragraph: Any) -> bool:
        """Whether it is an item of a list, by itself or by its style."""
        numbering, style = paragraph.find(f"{_W}pPr/{_W}numPr"), self._style_of(paragraph, "p")
        for _ in range(_MOST_STYLES_DEEP):
            if numbering is not None or style is None:
                break
            numbering, style = style.find(f"{_W}pPr/{_W}numPr"), self._parent(style)
        return numbering is not None

    def _style_of(self, element: Any, kind: str) -> Any:
        reference = element.find(f"{_W}{kind}Pr/{_W}{kind}Style")
        return self.styles.get(reference.get(_W + "val")) if reference is not None else None

    def _parent(self, style: Any) -> Any:
        based = style.find(_W + "basedOn")
        return self.styles.get(based.get(_W + "val")) if based is not None else None

    def _text(self, paragraph: Any, background: str | None) -> str:
        """What is seen of a paragraph; what is not goes to ``found``."""
        style_look = self._style_look(self._style_of(paragraph, "p"))
        shading = _shading(paragraph.find(f"{_W}pPr")) or background
        parts: list[str] = []
        for run in paragraph.iter(_W + "r"):
            if _outside(run, paragraph):
                continue
            look = _look_of(run.find(_W + "rPr")).over(
                self._style_look(self._style_of(run, "r")).over(style_look.over(self.default))
            )
            text = _run_text(run)
            rule = look.rule(shading)
            if rule and text.strip():
                self.found.append(HiddenText(rule, text))
                continue
            parts.append(text)
        for deleted in paragraph.iter(_W + "delText"):
            self.found.append(Aside("deleted", deleted.text or ""))
        return "".join(parts)

    def _style_look(self, style: Any) -> _Look:
        key = style.get(_W + "styleId") if style is not None else None
        if key not in self.looks:
            look, at = _Look(), style
            for _ in range(_MOST_STYLES_DEEP):
                if at is None:
                    break
                look = look.over(_look_of(at.find(_W + "rPr")))
                at = self._parent(at)
            self.looks[key] = look
        return self.looks[key]

    def _table(self, table: Any) -> Iterator[Block]:
        self.tables += 1
        number = self.tables
        rows = table.findall(_W + "tr")
        if len(rows) > self.limits.table_rows:
            raise UnreadableFileError(RefusalCode.TEXT_TOO_LONG)
        texts = [self._row(row, 1) for row in rows]
        marked = [row.find(f"{_W}trPr/{_W}tblHeader") is not None for row in rows]
        for position, text in enumerate(texts):
            if not text.strip(" |"):
                continue
            cells = [c for c in text.split(CELL_BORDER) if c.strip()]
            first = position == 0 and len(texts) > 1 and len(cells) > 1
            header = marked[position] or (first and not any(c.strip()[0].isdigit() for c in cells))
            kind = BlockKind.TABLE_HEADER if header else BlockKind.TABLE_ROW
            yield Block(kind, text, table=number)

    def _row(self, row: Any, depth: int) -> str:
        if depth > self.limits.nesting:
            raise UnreadableFileError(RefusalCode.NESTED_TOO_DEEP)
        return CELL_BORDER.join(
            self._cell(cell, depth) for cell in row.iter(_W + "tc") if _row_of(cell) is row
        )

    def _cell(self, cell: Any, depth: int) -> str:
        """A cell's paragraphs, and the rows of a table within it, in one line."""
        shading = _shading(cell.find(f"{_W}tcPr"))
        parts: list[str] = []
        for child in cell:
            if child.tag == _W + "p":
                parts.append(self._text(child, shading))
            elif child.tag == _W + "tbl":
                parts.extend(self._row(row, depth + 1) for row in child.findall(_W + "tr"))
            elif child.tag == _W + "sdt":
                parts.extend(self._text(p, shading) for p in child.iter(_W + "p"))
        return " ".join(" ".join(part.split()) for part in parts if part.strip())


def _row_of(cell: Any) -> Any:
    return next(a for a in cell.iterancestors() if a.tag == _W + "tr")


def _outside(run: Any, paragraph: Any) -> bool:
    """Whether a run belongs to a text box in the paragraph, or was moved or deleted."""
    for above in run.iterancestors():
        if above is paragraph:
            return False
        if above.tag in (_W + "txbxContent", _W + "del", _W + "moveFrom", _FALLBACK):
            return True
    return True


def _run_text(run: Any) -> str:
    parts = []
    for child in run:
        if child.tag == _W + "t":
            parts.append(child.text or "")
        elif child.tag == _W + "tab":
            parts.append(" ")
        elif child.tag in (_W + "br", _W + "cr"):
            parts.append("\n")
        elif child.tag == _W + "noBreakHyphen":
            parts.append("-")
    return "".join(parts)


def _look_of(properties: Any) -> _Look:
    if properties is None:
        return _Look()
    hidden: bool | None = None
    for name in ("vanish", "webHidden", "specVanish"):
        mark = properties.find(_W + name)
        if mark is not None:
            hidden = mark.get(_W + "val", "true").lower() not in _OFF
    colour = properties.find(_W + "color")
    size = properties.find(_W + "sz")
    value = colour.get(_W + "val", "") if colour is not None else ""
    if colour is not None and colour.get(_W + "themeColor", "") in ("background1", "light1"):
        value = "FFFFFF"
    half_points = size.get(_W + "val", "") if size is not None else ""
    return _Look(
        hidden,
        value if re.fullmatch(r"[0-9A-Fa-f]{6}", value) else None,
        int(half_points) if half_points.isdigit() else None,
        _shading(properties),
    )


def _shading(properties: Any) -> str | None:
    """The colour behind letters; highlighting counts as dark, since white is no highlight."""
    if properties is None:
        return None
    highlight = properties.find(_W + "highlight")
    if highlight is not None and highlight.get(_W + "val") not in (None, "none", "white"):
        return "808080"
    shading = properties.find(_W + "shd")
    fill = shading.get(_W + "fill", "") if shading is not None else ""
    return fill if re.fullmatch(r"[0-9A-Fa-f]{6}", fill) else None


def _is_white(colour: str) -> bool:
    return all(int(colour[i : i + 2], 16) >= _NEARLY_WHITE for i in (0, 2, 4))
