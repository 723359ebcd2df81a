"""Landline, service and hotline numbers of China. Source: MIIT numbering plan, from memory."""

from __future__ import annotations

from suwen.language.identifiers.scanning import (
    DIGITS,
    Pattern,
    Recogniser,
    by_patterns,
    with_digits,
)
from suwen.language.identifiers.spans import IdentifierType

_AREA = r"(?:0(?:10|2[0-57-9]|[3-9]\d{2}))"
_EXTENSION = r"(?:(?:-|转|分机| ?ext\.? ?)\d{1,6})?"

RECOGNISER = Recogniser(
    "cn_landline",
    IdentifierType.PHONE,
    by_patterns(
        Pattern(
            rf"(?:\(?{_AREA}\)?[- ]{{0,2}})[2-9]\d{{2,3}}[- ]?\d{{4}}{_EXTENSION}",
            0.85,
            0,
            DIGITS | frozenset("."),
            DIGITS,
        ),
        Pattern(r"[48]00[- ]?\d{3,4}[- ]?\d{3,4}", 0.7, 0, DIGITS | frozenset("."), DIGITS),
        Pattern(
            "(?:电话|座机|固话|联系方式|致电|拨打|传真)(?:号码?)?(?:[(（]?(?:家|"
            "单位|办公|宅)[)）]?)?(?:是|为)?[ :]{0,3}"
            rf"([2-9]\d{{2,3}}[- ]?\d{{4}}{_EXTENSION})",
            0.8,
            1,
            DIGITS,
            DIGITS,
        ),
        needs=with_digits,
    ),
)
