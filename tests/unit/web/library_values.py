"""Documents and passages that the tests of the library's views show."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from suwen.core.identity import PrincipalId
from suwen.core.knowledge import (
    CollectionKind,
    Currency,
    DocumentLife,
    DocumentState,
    PageBox,
    Passage,
    PassageKind,
    PassageSpan,
    Rights,
    TrustLevel,
)
from suwen.core.language import Bilingual, Language
from suwen.storage.knowledge_types import (
    Collection,
    DocumentSummary,
    StoredDocument,
    StoredPassage,
)

AT = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
SOMEBODY = PrincipalId("quality.he")
TEXT = """# 肺炎路径
## 评估
入院时评估严重程度。评分 2 分者住院。
## 治疗
疗程 5 至 7 天。

药物|剂量
头孢曲松|2 g
"""
LIFE = DocumentLife(issuer="呼吸内科", grade="A", study_type="pathway", issued=date(2025, 3, 1))


def span_of(ordinal: int, text: str, section: tuple[str, ...], **more: Any) -> PassageSpan:
    """A passage of the text above."""
    start = TEXT.index(text)
    return PassageSpan(ordinal, start, start + len(text), section=section, **more)


SPANS = (
    span_of(0, "入院时评估严重程度。评分 2 分者住院。", ("肺炎路径", "评估"), page=1),
    span_of(1, "疗程 5 至 7 天。", ("肺炎路径", "治疗"), page=1),
    span_of(2, "药物|剂量\n头孢曲松|2 g", ("肺炎路径", "治疗"), page=2, kind=PassageKind.TABLE),
)


def line_boxes() -> tuple[PageBox, ...]:
    """One box for each line; the table stands on the second page."""
    boxes, at, top = [], 0, 0.1
    for line in TEXT.splitlines(keepends=True):
        page = 2 if at >= SPANS[2].start else 1
        boxes.append(PageBox(at, at + len(line), page, 0.1, top, 0.6, top + 0.02))
        at, top = at + len(line), top + 0.03
    return tuple(boxes)


def summary(**changes: Any) -> DocumentSummary:
    """A document in use; ``changes`` say what is different of it."""
    values: dict[str, Any] = {
        "collection": "lungs",
        "id": "path",
        "version": 2,
        "title": "肺炎诊疗路径",
        "language": Language.ZH,
        "text_hash": "a" * 64,
        "passages": 3,
        "rights": Rights(),
        "life": LIFE,
        "superseded_from": None,
        "trust": TrustLevel.REVIEWED,
        "state": DocumentState.ACTIVE,
        "state_reason": None,
        "findings": (),
        "source": "path.pdf",
        "media_type": "application/pdf",
        "original": "b" * 64,
        "near_duplicate_of": None,
        "imported_at": AT,
        "imported_by": SOMEBODY,
        "changed_at": AT,
        "changed_by": SOMEBODY,
        "reviewed_at": None,
        "reviewed_by": None,
    }
    return DocumentSummary(**{**values, **changes})


def stored(text: str = TEXT, **changes: Any) -> StoredDocument:
    """The document with its text."""
    passages = tuple(StoredPassage(span, "c" * 64) for span in SPANS) if text == TEXT else ()
    boxes = line_boxes() if text == TEXT else ()
    return StoredDocument(summary(**changes), text, passages, boxes)


def collection(**changes: Any) -> Collection:
    """A collection of documents."""
    values: dict[str, Any] = {
        "id": "lungs",
        "title": Bilingual(zh="呼吸内科", en="Chest medicine"),
        "kind": CollectionKind.DOCUMENTS,
        "owner": "周主任",
        "rights": Rights(),
        "change": 9,
        "current_edition": None,
        "created_at": AT,
        "created_by": SOMEBODY,
    }
    return Collection(**{**values, **changes})


def passage(ordinal: int = 0, **changes: Any) -> Passage:
    """A passage as a search gives it."""
    span = SPANS[ordinal]
    values: dict[str, Any] = {
        "id": f"lungs/path#{ordinal}",
        "collection": "lungs",
        "edition": "e" * 64,
        "document_id": "path",
        "title": "肺炎诊疗路径",
        "text": TEXT[span.start : span.end],
        "start": span.start,
        "end": span.end,
        "score": 0.03,
        "confidence": 0.8,
        "legs": {"lexical": 1},
        "trust": TrustLevel.REVIEWED,
        "currency": Currency.CURRENT,
        "life": LIFE,
        "section": span.section,
        "page": span.page,
        "kind": span.kind,
    }
    return Passage(**{**values, **changes})
