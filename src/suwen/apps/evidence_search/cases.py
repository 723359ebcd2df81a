"""Similar past cases, shown without what could tell who they were."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from suwen.appkit import Passage

CASE_BASE = "typical_cases"
"""Collection that holds the hospital's typical cases."""

MOST_CASES = 3
_HIDDEN = "▇▇"
# Source: GB 11643-1999 (citizen number); numbering plan for mobile phones (from memory);
# labels as records write them. A case base is meant to be de-identified before it is imported.
_PATTERNS = (
    re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)"),
    re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"),
    re.compile(r"(?<=姓名[:：])\s*[\u4e00-\u9fff·]{2,8}"),
    re.compile(r"(?<=患者)[\u4e00-\u9fff]{2,3}(?=[，,（(]\s*[男女])"),
    re.compile(r"(?<=住院号[:：])\s*[A-Za-z0-9-]+|(?<=病案号[:：])\s*[A-Za-z0-9-]+"),
    re.compile(r"(?<=\bMRN[: ])\s*[A-Za-z0-9-]+"),
    re.compile(r"(?<=\d{4})(?:年\d{1,2}月(?:\d{1,2}日)?|-\d{2}-\d{2})"),
)


def similar_cases(passages: Sequence[Passage]) -> list[dict[str, Any]]:
    """The best passage of each of the nearest cases, masked, best first."""
    best: dict[str, Passage] = {}
    for passage in passages:
        best.setdefault(passage.document_id, passage)
    return [
        {
            "document_id": case.document_id,
            "passage_id": case.id,
            "title": masked(case.title),
            "text": masked(case.text),
        }
        for case in list(best.values())[:MOST_CASES]
    ]


def masked(text: str) -> str:
    """The text without citizen numbers, telephones, names behind a label, and days."""
    for pattern in _PATTERNS:
        text = pattern.sub(_HIDDEN, text)
    return text
