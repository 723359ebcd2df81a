"""Names that a model of the language proposes, without those that are none."""

from __future__ import annotations

from collections.abc import Iterator

from suwen.core.ports import NameFinder
from suwen.language.identifiers.cn_names import (
    begins_a_term,
    is_surname,
    length_without_title,
    title_follows,
)
from suwen.language.identifiers.scanning import ScannedText
from suwen.language.identifiers.spans import IdentifierSpan, IdentifierType

NAME = "name_model"
_EPONYM_ENDS = (
    "氏",
    "征",
    "综合征",
    "综合症",
    "病",
    "试验",
    "评分",
    "反射",
    "定律",
    "现象",
    "手术",
    "切口",
    "三角",
    "线",
    "点",
    "管",
    "带",
)
_SCORE = 0.75
_LONGEST_TERM = 8


def find_unknown_names(scanned: ScannedText, names: NameFinder) -> Iterator[IdentifierSpan]:
    """What the model proposes and nothing speaks against."""
    text = scanned.text
    previous: tuple[int, int] | None = None
    for start, end in names.names(text):
        if previous is not None and previous[1] == start and end - previous[0] <= 8:
            start = previous[0]
        previous = (start, end)
        end = start + length_without_title(text[start:end])
        wording = text[start:end]
        if _is_none(wording, text, end) or begins_a_term(
            text[start : start + _LONGEST_TERM], len(wording)
        ):
            continue
        yield IdentifierSpan(start, end, IdentifierType.NAME, NAME, _SCORE)


def _is_none(wording: str, text: str, end: int) -> bool:
    if len(wording) < 2 and not (is_surname(wording) and title_follows(text, end)):
        return True
    if wording.endswith("氏") or text.startswith(_EPONYM_ENDS, end):
        return True
    return wording.isascii()
