"""Passport numbers. Source: formats of the National Immigration Administration, heuristic."""

from __future__ import annotations

from suwen.language.identifiers.scanning import WORD, Pattern, Recogniser, by_patterns, with_digits
from suwen.language.identifiers.spans import IdentifierType

RECOGNISER = Recogniser(
    "cn_passport",
    IdentifierType.ID_NUMBER,
    by_patterns(
        Pattern(
            (
                r"(?:E[A-Z]\d{7}|[EG]\d{8}|(?:DE|SE|PE|MA)\d{7}|[DSP]\d{8}|1[45]\d{7}[A-Z]"
                ")"
            ),
            0.75,
            0,
            WORD,
            WORD,
        ),
        Pattern(
            (
                r"(?:护照|passport)(?:号码?| ?(?:number|no\.?))?(?:是|为| is)?[ :#]"
                r"{0,3}([A-Za-z]{0,3} ?\d{2,9} ?\d{4,7}[A-Za-z]?)"
            ),
            0.9,
            1,
            WORD,
            WORD,
            any_case=True,
        ),
        needs=with_digits,
    ),
)
