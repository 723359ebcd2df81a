"""Chinese resident identity numbers, of 18 characters and the older ones of 15."""

from __future__ import annotations

from datetime import date

from suwen.language.identifiers.scanning import (
    WORD,
    Pattern,
    Recogniser,
    by_patterns,
    with_digits,
)
from suwen.language.identifiers.spans import IdentifierType

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"


def check_character(first_17: str) -> str:
    """The check character of a resident number.

    Source: GB 11643-1999 (ISO 7064 MOD 11-2).
    """
    total = sum(w * int(d) for w, d in zip(_WEIGHTS, first_17, strict=True))
    return _CHECK_CHARACTERS[total % 11]


def _score_18(wording: str) -> float | None:
    digits = wording.replace(" ", "").replace("-", "").upper()
    if len(digits) != 18:
        return None
    if not _is_day(digits[6:14]):
        return None
    # A slip of the pen does not make it anybody else's.
    return 1.0 if digits[17] == check_character(digits[:17]) else 0.7


def _score_15(wording: str) -> float | None:
    return 0.8 if _is_day("19" + wording[6:12]) else None


def _is_day(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return digits[:2] in ("18", "19", "20")


RECOGNISER = Recogniser(
    "cn_resident_id",
    IdentifierType.ID_NUMBER,
    by_patterns(
        Pattern(r"[1-9]\d{5}[ -]?\d{4}[ -]?\d{4}[ -]?\d{3}[\dXx]", 1.0, 0, WORD, WORD, _score_18),
        Pattern(r"[1-9]\d{14}", 0.8, 0, WORD, WORD, _score_15),
        needs=with_digits,
    ),
)
