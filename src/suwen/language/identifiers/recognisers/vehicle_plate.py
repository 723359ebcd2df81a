"""Number plates of vehicles outside China, behind a word for a vehicle; from memory."""

# ruff: noqa: E501 - a pattern is read as one line
from __future__ import annotations

from suwen.language.identifiers.scanning import WORD, Pattern, Recogniser, by_patterns, with_digits
from suwen.language.identifiers.spans import IdentifierType

_VEHICLE = (
    r"\b(?:vehicle|veh|taxi|cab|car|van|truck|suv|ambulance|sedan|minibus|motorbike|motorcycle|"
    r"plates?|tags?|registration|reg|vrn|honda|toyota|ford)\b"
)


def _is_plate(wording: str) -> float | None:
    digits = sum(c.isdigit() for c in wording)
    letters = sum(c.isalpha() for c in wording)
    return 0.7 if digits >= 2 and letters >= 2 else None


RECOGNISER = Recogniser(
    "vehicle_plate",
    IdentifierType.LICENCE_PLATE,
    by_patterns(
        Pattern(
            rf"(?i:{_VEHICLE})(?: (?:was|is|no\.?|number|reg|plate|with|tag))*[ :#(]{{1,3}}"
            r"((?:[A-Z]{2}[ -])?[A-Z0-9]{2,5}[ -]?[A-Z0-9]{2,4})",
            0.7,
            1,
            WORD,
            WORD,
            _is_plate,
        ),
        Pattern(
            rf"(?i:{_VEHICLE})[^.;\n]{{0,40}}?\b((?:[A-Z]{{2}}\d{{2}} [A-Z]{{3}}|\d[A-Z]{{3}}\d{{3}}"
            r"|\d[A-Z]{2,3}[A-Z0-9]\d{3}|[A-Z]{3}[ -]?\d{4}))",
            0.65,
            1,
            WORD,
            WORD,
            _is_plate,
        ),
        Pattern(
            r"(?:车牌|车号|牌照|尾号|车停)[^,。;\n]{0,6}?([A-Z0-9]{3,6})",
            0.6,
            1,
            WORD,
            WORD,
            lambda wording: 0.6 if any(c.isdigit() for c in wording) else None,
        ),
        needs=with_digits,
    ),
)
