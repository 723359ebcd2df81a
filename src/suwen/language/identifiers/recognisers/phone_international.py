"""Telephone and fax numbers outside China. Source: ITU-T E.123 and E.164; NANP; from memory."""

from __future__ import annotations

from suwen.language.identifiers.scanning import (
    DIGITS,
    WORD,
    Pattern,
    Recogniser,
    by_patterns,
    with_digits,
)
from suwen.language.identifiers.spans import IdentifierType

_EXTENSION = r"(?:\s?(?:x|ext\.?|extension)\s?\d{1,6})?"
_BEFORE = DIGITS | frozenset(".-/")
_CUE = (
    "(?:phone|telephone|tel|cell|mobile|fax|pager|beeper|desk|office|"
    "call(?:ing)?(?: me| us)?(?: (?:at|on))?"
    r"|contact|messages to|answering at|reach(?:ed)? (?:me |us )?(?:at|on)|me on|me at)"
    r"(?: (?:number|no\.?|is))*[ :.#]{0,6}\s{0,3}"
)


def _enough_digits(wording: str) -> float | None:
    return 0.7 if 6 <= sum(c.isdigit() for c in wording) <= 16 else None


def _grouped(wording: str) -> float | None:
    """Groups of digits that a number is dialled in; never a date."""
    count = sum(c.isdigit() for c in wording)
    groups = wording.replace("(", "").replace(")", "").replace("-", " ").split()
    year_first = len(groups) == 3 and [len(g) for g in groups][1:] == [2, 2]
    return 0.5 if 7 <= count <= 13 and not (year_first and groups[0][:2] in ("19", "20")) else None


RECOGNISER = Recogniser(
    "phone_international",
    IdentifierType.PHONE,
    by_patterns(
        Pattern(
            (
                r"(?:\+?1[-. ]?)?(?:\([2-9]\d{2}\)|[2-9]\d{2})[-. ]?\d{3}[-. "
                rf"]\d{{4}}{_EXTENSION}"
            ),
            0.8,
            0,
            _BEFORE,
            DIGITS,
        ),
        Pattern(
            rf"(?:\+?1[-. ])?\(?\d{{3}}\)?[-. ]?\d{{3}}[-. ]\d{{4}}{_EXTENSION}",
            0.7,
            0,
            _BEFORE,
            DIGITS,
        ),
        Pattern(
            rf"(?:\+|00)[1-9]\d{{0,2}}(?:[-. ]?\(?\d{{1,5}}\)?){{2,6}}{_EXTENSION}",
            0.8,
            0,
            WORD,
            DIGITS,
            _enough_digits,
        ),
        Pattern(rf"\(\d{{2,4}}\) ?\d{{3,4}}-?\d{{3,4}}{_EXTENSION}", 0.7, 0, WORD, DIGITS),
        Pattern(r"0\d{1,4} \d{2,4}(?: \d{2,4}){1,3}", 0.7, 0, _BEFORE, DIGITS),
        Pattern(r"0\d{4} \d{5,6}|0\d{3} \d{3} \d{3,4}|07\d{9}", 0.7, 0, _BEFORE, DIGITS),
        Pattern(
            r"(?:line|phone|call|cell|number|fax|tel|pager|text|ring|dial|ext)\b[^.;\n\d]{0,12}(\d{3}-\d{4})",
            0.6,
            1,
            _BEFORE,
            DIGITS | frozenset("-"),
            any_case=True,
        ),
        Pattern(
            r"\d{2,3}(?:[ -]\d{2,4}){2,4}",
            0.5,
            0,
            WORD | frozenset(".-/+#"),
            WORD | frozenset("/%"),
            _grouped,
        ),
        Pattern(
            rf"{_CUE}(\+?\(?\d[\d ().-]{{4,18}}\d{_EXTENSION})",
            0.7,
            1,
            WORD,
            DIGITS,
            _enough_digits,
            any_case=True,
        ),
        needs=with_digits,
    ),
)
