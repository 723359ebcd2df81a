"""E-mail addresses. Source: RFC 5322, the part that is in use."""

from __future__ import annotations

from suwen.language.identifiers.scanning import WORD, Pattern, Recogniser, ScannedText, by_patterns
from suwen.language.identifiers.spans import IdentifierType


def _has_at(scanned: ScannedText) -> bool:
    return "@" in scanned.text


RECOGNISER = Recogniser(
    "email",
    IdentifierType.EMAIL,
    by_patterns(
        Pattern(
            (
                "[A-Za-z0-9_](?:[A-Za-z0-9._%+'-]{0,62}[A-Za-z0-9_+-])? ?@ ?[A-Za-z0-9-]"
                r"{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}"
            ),
            0.95,
            0,
            WORD,
            WORD,
        ),
        needs=_has_at,
    ),
)
