"""Names of parts joined by a dot: Uyghur, Kazakh, Tibetan, Mongol and transcribed foreign ones."""

from __future__ import annotations

from suwen.language.identifiers.scanning import Pattern, Recogniser, by_patterns, with_han
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


def _is_person(wording: str) -> float | None:
    return None if wording.endswith(_NONE) else 0.85


RECOGNISER = Recogniser(
    "minority_name",
    IdentifierType.NAME,
    by_patterns(
        Pattern(
            rf"{_NAME_CHARACTER}{{1,8}}(?: ?[·•・‧∙⋅.] ?{_NAME_CHARACTER}{{1,8}}){{1,3}}",
            0.85,
            0,
            frozenset(),
            frozenset(),
            _is_person,
        ),
        needs=with_han,
    ),
)
