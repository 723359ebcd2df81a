"""Similar past cases, shown without what could tell who they were."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from suwen.appkit import Passage

CASE_BASE = "typical_cases"
"""Collection that holds the hospital's typical cases."""

MOST_CASES = 3
LEAST_LIKE = 0.02
"""Least confidence, 0 to 1, of a case that is shown beside an answer: low, for a case answers
nothing and only resembles."""
_HIDDEN = "▇"
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\\.?"
# Source: GB 11643-1999 (citizen number); numbering plan for mobile phones (from memory);
# labels as records write them. A case base is meant to be de-identified before it is imported.
_PATTERNS = (
    re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)"),
    re.compile(r"(?<!\d)1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)"),
    re.compile(r"(?<=姓名[:：])\s*[\u4e00-\u9fff·]{2,8}"),
    re.compile(r"(?<=\b[Nn]ame[:：])(?:\s*[A-Z][A-Za-z'’.-]*){1,4}"),
    re.compile(r"(?<=患者)[\u4e00-\u9fff]{2,3}(?=[，,（(]\s*[男女])"),
    re.compile(r"(?<=住院号[:：])\s*[A-Za-z0-9-]+|(?<=病案号[:：])\s*[A-Za-z0-9-]+"),
    re.compile(r"(?<=\bMRN[: ])\s*[A-Za-z0-9-]+"),
    re.compile(r"(?<=\d{4})\s*年\s*\d{1,2}\s*月(?:\s*\d{1,2}\s*[日号])?"),
    re.compile(r"(?<=\d{4})([-/.])\d{1,2}\1\d{1,2}(?!\d)"),
    re.compile(rf"\b\d{{1,2}}\s+{_MONTH}(?=,?\s+\d{{4}}\b)", re.IGNORECASE),
    re.compile(rf"\b{_MONTH}\s+\d{{1,2}}(?=,?\s+\d{{4}}\b)", re.IGNORECASE),
)


def similar_cases(passages: Sequence[Passage]) -> list[dict[str, Any]]:
    """The best passage of each of the nearest cases, best first."""
    best: dict[str, Passage] = {}
    for passage in passages:
        if (passage.confidence or 0.0) < LEAST_LIKE:
            continue
        best.setdefault(passage.document_id, passage)
    return [
        {
            "document_id": case.document_id,
            "passage_id": case.id,
            "title": case.title,
            "text": case.text,
        }
        for case in list(best.values())[:MOST_CASES]
    ]


def masked(text: str) -> str:
    """The text without citizen numbers, telephones, names behind a label, and days.

    What is hidden keeps its length, so that offsets hold.
    """
    for pattern in _PATTERNS:
        text = pattern.sub(lambda found: _HIDDEN * len(found.group()), text)
    return text


def as_shown(passage: Passage) -> Passage:
    """A passage as a reader of this application may see it: those of the case base masked."""
    if passage.collection != CASE_BASE:
        return passage
    return replace(passage, title=masked(passage.title), text=masked(passage.text))
