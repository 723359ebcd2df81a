"""Wordings of documents that state nothing by themselves: headings, labels, connecting words."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files

from suwen.language.width import fold
from suwen.language.words import content_words


@cache
def _label_phrases() -> tuple[re.Pattern[str], frozenset[str]]:
    raw = json.loads(
        files("suwen.control.guardrails.grounding")
        .joinpath("document_words.json")
        .read_text("utf-8")
    )
    phrases = sorted((fold(p) for p in raw["zh"]), key=len, reverse=True)
    pattern = re.compile("|".join(re.escape(p) for p in phrases))
    return pattern, content_words(" ".join(raw["en"]))


@cache
def label_words() -> frozenset[str]:
    """Content words of all labels, both languages."""
    raw = json.loads(
        files("suwen.control.guardrails.grounding")
        .joinpath("document_words.json")
        .read_text("utf-8")
    )
    return content_words(" | ".join(fold(p) for p in (*raw["zh"], *raw["en"])))


def own_words(folded: str) -> list[str]:
    """The content words of a statement without its labels."""
    pattern, english = _label_phrases()
    words = content_words(pattern.sub(" ", folded))
    return sorted(w for w in words if w not in english)
