"""Mobile numbers of mainland China. Source: MIIT numbering plan, from memory."""

# ruff: noqa: E501 - a pattern is read as one line
from __future__ import annotations

from suwen.language.identifiers.scanning import (
    DIGITS,
    Pattern,
    Recogniser,
    by_patterns,
    with_digits,
)
from suwen.language.identifiers.spans import IdentifierType

RECOGNISER = Recogniser(
    "cn_mobile",
    IdentifierType.PHONE,
    by_patterns(
        Pattern(
            (
                r"(?:(?:\+|00)?86[- ]{0,2})?1[3-9]\d(?:[- ]?\d{4}[- ]?\d{4}|[- ]?\d{3}[- "
                r"]?\d{5}|\d \d{3} \d{4})"
            ),
            0.9,
            0,
            DIGITS | frozenset("."),
            DIGITS,
        ),
        # One digit short or long: written down wrongly, it still leads to somebody.
        Pattern(
            r"(?:电话|手机|号码)(?:号码?)?(?:是|为)?[ :]{0,2}(1[3-9]\d ?\d{4} ?(?:\d{3}|\d{5}))(?:\D|$)",
            0.6,
            1,
            DIGITS,
            DIGITS,
        ),
        Pattern(r"1[3-9]\d[*xX]{4,5}\d{4}", 0.8, 0, DIGITS, DIGITS),
        needs=with_digits,
    ),
)
