"""Names of China's minorities and foreign names in Chinese characters.

Parts joined by a dot (阿卜杜拉·买买提), and names made of the parts that Tibetan, Mongol, Uyghur,
Kazakh, Yi and Dai names are usually made of (扎西多吉, 那仁高娃).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import ahocorasick

from suwen.language.identifiers.data_files import lines
from suwen.language.identifiers.scanning import (
    Found,
    Pattern,
    Recogniser,
    ScannedText,
    SoughtPattern,
    by_patterns,
    with_han,
)
from suwen.language.identifiers.spans import IdentifierType

_NAME_CHARACTER = r"[^\P{Han}患者叫由的是在为与和名及请]"
_NONE = (
    "综合征",
    "综合症",
    "病",
    "试验",
    "评分",
    "定律",
    "氏",
    "征",
    "反射",
    "方案",
    "指数",
    "分类",
)
_SURE_DOTS = frozenset("·•・‧∙⋅")
_MOSTLY = 0.6
_ENDS_A_NAME = frozenset(" ,。;:、!?()\n\t的说来去因在于自与和主医护老先女")


def _is_person(wording: str) -> float | None:
    if wording.endswith(_NONE):
        return None
    if not _SURE_DOTS.intersection(wording):
        # A full stop ends sentences too: then the parts must be those of such names.
        usual = sum(length for _, length in _parts().iter_long(wording))
        return 0.85 if usual >= _MOSTLY * sum(c != "." for c in wording) else None
    return 0.85


_joined_by_dots = by_patterns(
    Pattern(
        rf"{_NAME_CHARACTER}{{1,8}}(?: ?[·•・‧∙⋅.] ?{_NAME_CHARACTER}{{1,8}}){{1,3}}",
        0.85,
        check=_is_person,
    ),
    needs=with_han,
)


@cache
def _parts() -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for part in _PARTS:
        automaton.add_word(part, len(part))
    automaton.make_automaton()
    return automaton


_PARTS = sorted((part for line in lines("cn_minority_parts") for part in line.split()), key=len)
_RUN = SoughtPattern(f"(?:{'|'.join(reversed(_PARTS))})+")


def _find(scanned: ScannedText) -> Iterator[Found]:
    yield from _joined_by_dots(scanned)
    if not scanned.has_han:
        return
    text = scanned.text
    for start, end in scanned.matches(_RUN):
        count = sum(1 for _ in _parts().iter_long(text[start:end]))
        yield from _judged(text, start, end, count)


def _judged(text: str, start: int, end: int, count: int) -> Iterator[Found]:
    """A run of parts as a name, with one or two characters more where a name ends there."""
    if not count:
        return
    for more in (0, 1, 2):
        rest = text[end : end + more]
        if all("\u4e00" <= c <= "\u9fff" for c in rest) and (
            end + more >= len(text) or text[end + more] in _ENDS_A_NAME
        ):
            if end + more - start >= 3:
                yield start, end + more, 0.75
            return
    if count >= 2:
        yield start, end, 0.7


RECOGNISER = Recogniser("minority_name", IdentifierType.NAME, _find)
