"""Where a clinician and an output disagree: the codes of what, and of what a second reader found.

Codes, so that they can be counted; what somebody holds instead, and why, stays in their words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from suwen.core.errors import InputError
from suwen.core.language import Bilingual

LONGEST: Final = 2000
"""Most characters of a view."""


class DisagreementCode(StrEnum):
    """What is wrong in the clinician's view."""

    WRONG_FACT = "wrong_fact"
    OTHER_PATIENT = "other_patient"
    MISSING = "missing"
    WRONG_CONCLUSION = "wrong_conclusion"
    UNSAFE = "unsafe"
    NOT_SUPPORTED = "not_supported"
    OUTDATED = "outdated"
    OTHER = "other"


class ReadingOutcome(StrEnum):
    """What the second reader found."""

    CLINICIAN_RIGHT = "clinician_right"
    OUTPUT_RIGHT = "output_right"
    BOTH_PARTLY = "both_partly"
    NEITHER = "neither"
    UNDECIDABLE = "undecidable"


def check_view(view: str, field: str = "view") -> str:
    """What somebody holds and why, without which nobody could read it a second time.

    Raises:
        InputError: ``view_missing`` or ``field_too_long``.
    """
    text = view.strip()
    if not text:
        raise InputError(
            "view_missing",
            Bilingual("请写明您的看法及理由。", "Say what you hold instead, and why."),
            field=field,
        )
    if len(text) > LONGEST:
        raise InputError(
            "field_too_long",
            Bilingual(f"最多 {LONGEST} 个字符。", f"At most {LONGEST} characters."),
            field=field,
        )
    return text


def counted(codes: Iterable[str]) -> Mapping[str, int]:
    """How often each code occurs, the most frequent first."""
    return dict(Counter(codes).most_common())
