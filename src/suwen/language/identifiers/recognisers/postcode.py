"""Postal codes, known by their label. Source: HIPAA safe harbor, item 2."""

from __future__ import annotations

from suwen.language.identifiers.scanning import WORD, Pattern, Recogniser, by_patterns, with_digits
from suwen.language.identifiers.spans import IdentifierType

RECOGNISER = Recogniser(
    "postcode",
    IdentifierType.ADDRESS,
    by_patterns(
        Pattern(r"(?:邮编|邮政编码)(?:是|为)?[ :]{0,3}(\d{6})", 0.85, 1, WORD, WORD),
        Pattern(
            (
                "(?:zip(?: ?code)?|postal code|postcode|post code)(?: is)?[ :]{0,3}([A-Z0-9]"
                r"{2,5}[- ]?\d[A-Z0-9]{0,4})"
            ),
            0.85,
            1,
            WORD,
            WORD,
            any_case=True,
        ),
        Pattern(r"[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}", 0.7, 0, WORD, WORD),
        Pattern(
            (
                "(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]"
                r"|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]|A[AEP]),? (\d{5}(?:-\d{4})"
                "?)"
            ),
            0.8,
            1,
            WORD,
            WORD,
        ),
        needs=with_digits,
    ),
)
