"""Social security numbers of the United States. Source: SSA; HIPAA safe harbor, item 7."""

from __future__ import annotations

from suwen.language.identifiers.scanning import WORD, Pattern, Recogniser, by_patterns, with_digits
from suwen.language.identifiers.spans import IdentifierType

RECOGNISER = Recogniser(
    "us_social_security",
    IdentifierType.ID_NUMBER,
    by_patterns(
        Pattern(r"\d{3}-\d{2}-\d{4}", 0.85, 0, WORD | frozenset("-"), WORD | frozenset("-")),
        Pattern(
            (
                r"(?:SSN|social security)(?: (?:number|no\.?|#|is))*[ :#]{0,4}(\d{3}[- "
                r"]?\d{2}[- ]?\d{4}|\d{4})"
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
