"""The document viewer: the text with the cited span marked, or the page with the span boxed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from suwen.apps.evidence_search.cases import masked
from suwen.core.knowledge import PageBox, PassageKind, PassageSpan
from suwen.storage.knowledge_types import Collection, DocumentSummary, StoredDocument
from suwen.web.texts import Texts
from suwen.web.views.passages import (
    Part,
    Standing,
    document_address,
    marked_parts,
    stamp,
    standing_of,
)

FIRST_LEVEL = 2
"""Level of the outermost headings of a text; the document's title is the only one above."""
DEEPEST_LEVEL = 6
PAGE_WIDTH = 1000
"""Width of a drawn page in the units of its frame."""
LONGEST_TITLE = 80


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the text that is shown as one; ``page`` where a new page begins with it."""

    kind: str
    parts: tuple[Part, ...]
    anchor: str = ""
    level: int = FIRST_LEVEL
    page: int | None = None


@dataclass(frozen=True, slots=True)
class OutlineEntry:
    """A heading of the text."""

    title: str
    anchor: str
    level: int


@dataclass(frozen=True, slots=True)
class Box:
    """Where marked text stands on a drawn page, in the units of its frame."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PageView:
    """A page as an image; ``said`` is the marked text for those who do not see it."""

    page: int
    source: str
    width: float
    height: float
    boxes: tuple[Box, ...]
    previous: str
    next: str
    said: str


@dataclass(frozen=True, slots=True)
class Link:
    """Another document."""

    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Span:
    """The wanted stretch of the text; ``stamp`` is of its wording when it was cited."""

    start: int
    end: int
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class DocumentPage:
    """A document as one reader sees it.

    Attributes:
        changed: the wording that was cited is not at its place any more; nothing is marked.
        pages: how many pages it has; 0 where pages are not kept.
        replaced_by: what stands in its place, where this reader may see it.
        manage: where a curator changes it; empty for everybody else.
    """

    collection: str
    collection_title: str
    id: str
    title: str
    language: str
    version: int
    standing: Standing
    changed: bool
    blocks: tuple[Block, ...]
    outline: tuple[OutlineEntry, ...]
    pages: int
    image: PageView | None
    text_address: str
    image_address: str
    replaced_by: Link | None
    facts: tuple[tuple[str, str], ...]
    manage: str


def document_page(
    stored: StoredDocument,
    collection: Collection,
    span: Span | None,
    on: date,
    texts: Texts,
) -> DocumentPage:
    """The page of a document without page image, link to its successor, and management."""
    summary = stored.summary
    shown = span if span is not None and stands(stored.text, span) else None
    blocks, outline = text_blocks(stored.text, [p.span for p in stored.passages], shown)
    address = document_address(summary.collection, summary.id)
    query = span_query(shown)
    page = first_page(stored, shown)
    return DocumentPage(
        collection=collection.id,
        collection_title=texts.of(collection.title),
        id=summary.id,
        title=summary.title,
        language=summary.language.value,
        version=summary.version,
        standing=standing_of(summary.life, summary.currency(on), summary.trust),
        changed=span is not None and shown is None,
        blocks=blocks,
        outline=outline,
        pages=page_count(stored),
        image=None,
        text_address=f"{address}?{urlencode(query)}#span" if query else address,
        image_address=f"{address}?{urlencode({**query, 'page': page})}#span",
        replaced_by=None,
        facts=facts_of(summary, texts),
        manage="",
    )


def masked_page(view: DocumentPage) -> DocumentPage:
    """The page of a past case: without what tells who it was, and without page images."""
    blocks = tuple(
        replace(block, parts=tuple(replace(part, text=masked(part.text)) for part in block.parts))
        for block in view.blocks
    )
    facts = tuple((name, value) for name, value in view.facts if name != "source")
    return replace(view, title=masked(view.title), blocks=blocks, pages=0, facts=facts)


def with_page(
    view: DocumentPage,
    stored: StoredDocument,
    span: Span | None,
    page: int,
    size: tuple[int, int],
) -> DocumentPage:
    """The same page, showing a page image with the span boxed.

    Args:
        size: width and height of the image, in pixels.
    """
    shown = span if span is not None and stands(stored.text, span) else None
    height = PAGE_WIDTH * size[1] / size[0]
    address = document_address(view.collection, view.id)
    query = span_query(shown)

    def at(number: int) -> str:
        if not 1 <= number <= view.pages:
            return ""
        return f"{address}?{urlencode({**query, 'page': number})}"

    source = f"{document_address(view.collection, view.id, 'page-images')}?page={page}"
    boxes = boxes_on(stored.boxes, shown, page, height)
    said = stored.text[shown.start : shown.end] if shown is not None and boxes else ""
    image = PageView(
        page=page,
        source=source,
        width=PAGE_WIDTH,
        height=round(height, 1),
        boxes=boxes,
        previous=at(page - 1),
        next=at(page + 1),
        said=said,
    )
    return replace(view, image=image)


def stands(text: str, span: Span) -> bool:
    """Whether a span lies in the text and still holds the wording that was cited."""
    if not 0 <= span.start < span.end <= len(text):
        return False
    return not span.stamp or stamp(text[span.start : span.end]) == span.stamp


def span_query(span: Span | None) -> dict[str, str | int]:
    """The parameters of an address that point to a span."""
    if span is None:
        return {}
    wanted: dict[str, str | int] = {"start": span.start, "end": span.end}
    return {**wanted, "stamp": span.stamp} if span.stamp else wanted


def text_blocks(
    text: str, passages: Sequence[PassageSpan], span: Span | None
) -> tuple[tuple[Block, ...], tuple[OutlineEntry, ...]]:
    """The text cut into blocks by its passages, and its headings; nothing of it is left out."""
    blocks: list[Block] = []
    outline: list[OutlineEntry] = []
    at, section, page = 0, tuple[str, ...](), None
    for passage in sorted(passages, key=lambda p: p.start):
        begin = max(at, passage.start)
        if begin >= passage.end:
            continue
        new_page = passage.page if passage.page != page else None
        if passage.section != section and passage.section:
            outline.append(_entry(passage))
        if begin > at:
            blocks.extend(_between(text, at, begin, passage.section, span))
        anchor = f"p-{passage.ordinal}"
        level = min(FIRST_LEVEL + max(len(passage.section) - 1, 0), DEEPEST_LEVEL)
        parts = _parts(text, begin, passage.end, span)
        blocks.append(Block(passage.kind.value, parts, anchor, level, new_page))
        at, section, page = passage.end, passage.section, passage.page
    if at < len(text):
        blocks.extend(_between(text, at, len(text), (), span))
    return _with_first_mark(blocks), tuple(outline)


def _entry(passage: PassageSpan) -> OutlineEntry:
    title = passage.section[-1]
    shown = title if len(title) <= LONGEST_TITLE else f"{title[:LONGEST_TITLE]}…"
    return OutlineEntry(shown, f"p-{passage.ordinal}", min(len(passage.section), 4))


def _between(
    text: str, start: int, end: int, headings: tuple[str, ...], span: Span | None
) -> Iterable[Block]:
    """What stands between passages: lines that are headings of what follows, or plain text."""
    at = start
    for line in text[start:end].splitlines(keepends=True):
        words = line.strip().strip("#").strip()
        level = FIRST_LEVEL + headings.index(words) if words in headings else 0
        if words:
            kind = PassageKind.HEADING if level else PassageKind.TEXT
            parts = _parts(text, at, at + len(line.rstrip("\n")), span)
            yield Block(kind.value, parts, level=min(level or FIRST_LEVEL, DEEPEST_LEVEL))
        at += len(line)


def _parts(text: str, start: int, end: int, span: Span | None) -> tuple[Part, ...]:
    cut = []
    if span is not None and span.start < end and span.end > start:
        cut = [(max(span.start, start) - start, min(span.end, end) - start)]
    return marked_parts(text[start:end], cut)


def _with_first_mark(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """The blocks with the first marked part named as such, so that the page opens there."""
    done, found = [], False
    for block in blocks:
        parts = []
        for part in block.parts:
            parts.append(replace(part, first=True) if part.marked and not found else part)
            found = found or part.marked
        done.append(replace(block, parts=tuple(parts)))
    return tuple(done)


def page_count(stored: StoredDocument) -> int:
    """How many pages can be shown; 0 where the file is not kept or has none."""
    if stored.summary.original is None or not stored.boxes:
        return 0
    return max(box.page for box in stored.boxes)


def first_page(stored: StoredDocument, span: Span | None) -> int:
    """The page on which a span begins, 1 where it is not known."""
    if span is not None:
        for box in sorted(stored.boxes, key=lambda b: b.start):
            if box.end > span.start and box.start < span.end:
                return box.page
    return 1


def boxes_on(
    boxes: Iterable[PageBox], span: Span | None, page: int, height: float
) -> tuple[Box, ...]:
    """Where a span stands on a page; a line is boxed whole where any of it is in the span."""
    if span is None:
        return ()
    return tuple(
        Box(
            x=round(box.left * PAGE_WIDTH, 1),
            y=round(box.top * height, 1),
            width=round((box.right - box.left) * PAGE_WIDTH, 1),
            height=round((box.bottom - box.top) * height, 1),
        )
        for box in boxes
        if box.page == page and box.start < span.end and box.end > span.start
    )


def facts_of(summary: DocumentSummary, texts: Texts) -> tuple[tuple[str, str], ...]:
    """What is recorded of a document, name and value; an empty value is not recorded."""
    life = summary.life
    values: Mapping[str, str] = {
        "issuer": life.issuer or "",
        "grade": life.grade or "",
        "study_type": texts.coded("study_type", life.study_type) if life.study_type else "",
        "issued": life.issued.isoformat() if life.issued else "",
        "effective": life.effective.isoformat() if life.effective else "",
        "expires": life.expires.isoformat() if life.expires else "",
        "owner": life.owner or "",
        "next_review": life.next_review.isoformat() if life.next_review else "",
        "source": summary.source or "",
        "id": summary.id,
    }
    return tuple(values.items())
