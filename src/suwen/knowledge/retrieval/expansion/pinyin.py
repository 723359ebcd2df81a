"""Chinese terms typed as pinyin: whole (gaoxueya, gao xue ya) or by first letters (gxy)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from pypinyin import Style, lazy_pinyin

from suwen.knowledge.retrieval.expansion.vocabulary import (
    NamedThing,
    chinese_wordings,
    spotter,
)

_LATIN_RUN: Final = re.compile(r"[a-z]+(?:[ '][a-z]+)*")
_WORD: Final = re.compile(r"[a-z]+")
_LEAST_LETTERS: Final = 3
_MOST_SYLLABLES: Final = 8
# Fewer letters, or more terms than this behind the same letters, say too little.
_MOST_MEANT: Final = 3


@dataclass(frozen=True, slots=True)
class TypedTerm:
    """A stretch of the question that is the pinyin of Chinese wordings."""

    start: int
    end: int
    meant: tuple[NamedThing, ...]


def find_pinyin(folded: str) -> list[TypedTerm]:
    """Terms typed as pinyin in a folded question, longest first from the left, no overlap.

    First letters count only where the question is nothing but them: inside an English sentence
    any three letters would be some term.
    """
    found: list[TypedTerm] = []
    for run in _LATIN_RUN.finditer(folded):
        words = [(run.start() + m.start(), m.group()) for m in _WORD.finditer(run.group())]
        at = 0
        while at < len(words):
            taken = _longest(words, at)
            if taken is None:
                at += 1
                continue
            count, term = taken
            found.append(term)
            at += count
    letters = folded.strip()
    if not found and _WORD.fullmatch(letters) and not spotter().find(folded):
        meant = _by_first_letters().get(letters, ())
        if 0 < len(meant) <= _MOST_MEANT:
            start = folded.index(letters)
            found.append(TypedTerm(start, start + len(letters), meant))
    return found


def _longest(words: list[tuple[int, str]], at: int) -> tuple[int, TypedTerm] | None:
    for count in range(min(_MOST_SYLLABLES, len(words) - at), 0, -1):
        taken = words[at : at + count]
        meant = _by_syllables().get("".join(word for _, word in taken), ())
        if meant:
            last_start, last = taken[-1]
            return count, TypedTerm(taken[0][0], last_start + len(last), meant)
    return None


@cache
def _by_syllables() -> Mapping[str, tuple[NamedThing, ...]]:
    return _indexed(Style.NORMAL, least=5)


@cache
def _by_first_letters() -> Mapping[str, tuple[NamedThing, ...]]:
    return _indexed(Style.FIRST_LETTER, least=_LEAST_LETTERS)


def _indexed(style: Style, least: int) -> Mapping[str, tuple[NamedThing, ...]]:
    found: dict[str, list[NamedThing]] = defaultdict(list)
    for text, named in chinese_wordings().items():
        if not text.isalpha() or text.isascii():
            continue
        typed = "".join(lazy_pinyin(text, style=style, errors="ignore", v_to_u=False)).lower()
        if len(typed) >= least and typed.isascii():
            found[typed].extend(named)
    return {typed: tuple(named) for typed, named in found.items()}
