"""Lists of ordinary words that the readers of this package need."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files


@cache
def _lists() -> dict[str, list[str]]:
    text = files("suwen.language").joinpath("data/word_lists.json").read_text("utf-8")
    content: dict[str, list[str]] = json.loads(text)
    return content


def word_list(name: str) -> frozenset[str]:
    """The words of one list, folded."""
    return frozenset(_lists()[name])
