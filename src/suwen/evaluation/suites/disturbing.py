"""The same question asked otherwise: misspelt, with something that does not matter, rearranged."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Final

from suwen.core.language import Language

IRRELEVANT: Final = {
    Language.EN: (
        "The consultation takes place on a rainy Tuesday.",
        "The patient came by bus and likes gardening.",
        "The waiting room was painted last spring.",
    ),
    Language.ZH: (
        "就诊当天是下雨的星期二。",
        "患者乘公交车前来，喜欢园艺。",
        "候诊室去年春天刚刷过墙。",
    ),
}

# Pairs that input methods and ears confuse; none of them changes what a medical term means here.
_ZH_CONFUSED: Final = (
    ("哪", "那"),
    ("的", "得"),
    ("首先", "首现"),
    ("患者", "换者"),
    ("什么", "神么"),
    ("哪种", "那种"),
    ("通常", "通长"),
    ("由", "油"),
)
_ENGLISH_WORD = re.compile(r"[A-Za-z]{5,}")
_TYPOS_OF_WORDS: Final = 0.4


def misspelt(text: str, language: Language, chance: random.Random) -> str:
    """The text with the slips of a hurried typist; numbers and units stay as they are."""
    if language is Language.ZH:
        there = [pair for pair in _ZH_CONFUSED if pair[0] in text]
        for right, wrong in there[:2]:
            text = text.replace(right, wrong, 1)
        return text

    def slip(match: re.Match[str]) -> str:
        word = match[0]
        if chance.random() > _TYPOS_OF_WORDS or word.isupper():
            return word
        at = chance.randrange(1, len(word) - 2)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]

    return _ENGLISH_WORD.sub(slip, text)


def with_irrelevant(text: str, language: Language, chance: random.Random) -> str:
    """The text after a sentence that has no bearing on it."""
    extra = chance.choice(IRRELEVANT[language])
    return f"{extra} {text}" if language is Language.EN else f"{extra}{text}"


def turned(options: Sequence[str], by: int) -> list[str]:
    """The options moved on cyclically, so that over all arrangements each stands in each place."""
    by %= len(options)
    return [*options[by:], *options[:by]]
