"""Documents of a library made up for tests."""

from __future__ import annotations

from typing import Any

from suwen.core.knowledge import IngestedDocument, PassageSpan
from suwen.core.language import Language


def a_document(identifier: str, text: str = "", **more: Any) -> IngestedDocument:
    """A document whose paragraphs are its passages."""
    text = text or f"{identifier} 的第一段。\n\n第二段说明用药。"
    passages = []
    start = 0
    for ordinal, paragraph in enumerate(text.split("\n\n")):
        passages.append(PassageSpan(ordinal, start, start + len(paragraph)))
        start += len(paragraph) + 2
    facts: dict[str, Any] = {
        "title": f"文档 {identifier}",
        "language": Language.ZH,
        "passages": tuple(passages),
        **more,
    }
    return IngestedDocument(id=identifier, text=text, **facts)
