"""Results in words that have an opposite: positive or negative, normal or abnormal, clear or
involved; and what they are said of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from suwen.language.words import content_words


@dataclass(frozen=True, slots=True)
class Quality:
    """One such result.

    Attributes:
        start: where the result is worded; ``end`` is exclusive.
        scale: which pair of opposites: ``result``, ``state`` or ``margin``.
        good: whether it is the side that one hopes for (negative, normal, clear).
        words: content words of what it is said of; empty when the clause names nothing.
    """

    start: int
    end: int
    scale: str
    good: bool
    words: frozenset[str]


_NOT_ZH = r"(?:未见|未发现|未提示|未示|未|无|非|不|没有)(?:明显|显著|确切)?"
_NOT_EN = r"(?:\bno\s+(?:longer\s+)?|\bnot\s+|\bwithout\s+|\bnon-?)(?:any\s+|entirely\s+)?"
_PATTERN = re.compile(
    "(?a)"
    rf"(?P<denied>{_NOT_ZH}|{_NOT_EN})?(?:"
    r"(?P<result_bad>弱?阳性|\bpositiv(?:e|ity)\b|\(\+{1,4}\)|\breactive\b)|"
    r"(?P<result_good>阴性|\bnegative\b|\(-\))|"
    r"(?P<state_bad>异常|反常|\babnormal(?:it(?:y|ies)|ly)?\b|\bimpaired\b)|"
    r"(?P<state_good>正常(?!值|范围|上限|下限)|\bnormal(?:ly)?\b(?!\s+(?:range|limits?|saline|value))|"
    r"\bunremarkable\b|\bwithin\s+normal\s+limits\b|\bwnl\b|\bpreserved\b)|"
    r"(?P<margin_bad>受累|受侵|累及|侵犯|\binvolved\b|\binvaded\b)|"
    r"(?P<margin_good>切缘净|净(?=$|[，,。；;）)])|\bclear\b|\buninvolved\b|\bfree\s+of\b)"
    r")"
)
_CLAUSE_END = re.compile(
    r"(?a)[，,。；;！？!?\n]|\.(?=\s|$)|\b(?:but|however|whereas|while)\b|但|而"
)
# "Negative for" and "positive for" deny or affirm what follows; that is read as denial is.
_OF_WHAT_FOLLOWS = re.compile(r"(?a)\s+for\b")
_REFERENCE = re.compile(r"(?a)(?:参考区间|参考范围|参考值|参考|\breference|\bref\.?)\W*$")


def find_qualities(folded: str) -> list[Quality]:
    """Results with an opposite in a text, in order; those of a reference interval are left out.

    Args:
        folded: text as ``suwen.language.width.fold`` returns it.
    """
    matches = [
        m
        for m in _PATTERN.finditer(folded)
        if not _OF_WHAT_FOLLOWS.match(folded, m.end())
        and not _REFERENCE.search(folded, max(0, m.start() - 16), m.start())
    ]
    if not matches:
        return []
    edges = [0, *(m.end() for m in _CLAUSE_END.finditer(folded)), len(folded)]
    found = []
    for begin, end in pairwise(edges):
        inside = [m for m in matches if begin <= m.start() < end]
        found.extend(_of_clause(folded, begin, end, inside))
    return found


def _of_clause(folded: str, begin: int, end: int, inside: list[re.Match[str]]) -> list[Quality]:
    """Each result of a clause with what it is said of: all the rest, if there is only one."""
    found = []
    for position, match in enumerate(inside):
        before = inside[position - 1].end() if position else begin
        after = inside[position + 1].start() if position + 1 < len(inside) else end
        words = content_words(folded[before : match.start()])
        if len(inside) == 1 or not words:
            words |= content_words(folded[match.end() : after])
        scale, side = str(match.lastgroup).split("_")
        good = (side == "good") is (match.group("denied") is None)
        found.append(Quality(match.start(), match.end(), scale, good, words))
    return found
