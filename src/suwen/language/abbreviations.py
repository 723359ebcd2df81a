"""Medical abbreviations of Chinese and English records and what they stand for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from suwen.core.finding import Confidence, Source
from suwen.core.language import Bilingual

SOURCE = Source(
    "Common abbreviations of Chinese and English hospital records, our own list", "2026"
)
CONFIDENCE = Confidence.FROM_MEMORY


@cache
def abbreviations() -> Mapping[str, Bilingual]:
    """Every abbreviation as written, with its full wording in both languages."""
    text = files("suwen.language").joinpath("data/abbreviations.json").read_text("utf-8")
    rows = json.loads(text)["abbreviations"]
    return {row["short"]: Bilingual(zh=row["zh"], en=row["en"]) for row in rows}


@cache
def _folded() -> Mapping[str, Bilingual]:
    return {short.lower(): said for short, said in abbreviations().items()}


def expand(short: str) -> Bilingual | None:
    """What an abbreviation stands for, whatever its case; ``None`` when it is not known."""
    return abbreviations().get(short) or _folded().get(short.lower())
