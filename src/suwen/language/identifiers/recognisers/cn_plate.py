"""Number plates of Chinese vehicles, with those of new-energy ones. Source: GA 36-2018."""

from __future__ import annotations

from suwen.language.identifiers.scanning import WORD, Pattern, Recogniser, by_patterns, with_han
from suwen.language.identifiers.spans import IdentifierType

_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"


def _has_digits(wording: str) -> float | None:
    return 0.9 if any(c.isdigit() for c in wording[2:]) else None


RECOGNISER = Recogniser(
    "cn_plate",
    IdentifierType.LICENCE_PLATE,
    by_patterns(
        Pattern(
            rf"[{_PROVINCE}使] ?[A-Za-z][ ·.•-]?[A-HJ-NP-Za-hj-np-z0-9]{{4,6}}[挂学警港澳领]?",
            0.9,
            0,
            frozenset(),
            WORD,
            _has_digits,
        ),
        needs=with_han,
    ),
)
