"""Numbers of insurance: social insurance cards, health plans, policies; known by their label."""

from __future__ import annotations

from suwen.language.identifiers.scanning import WORD, Pattern, Recogniser, by_patterns, with_digits
from suwen.language.identifiers.spans import IdentifierType


def _holds_digits(wording: str) -> float | None:
    return 0.85 if sum(c.isdigit() for c in wording) >= 3 else None


RECOGNISER = Recogniser(
    "insurance_number",
    IdentifierType.INSURANCE_NUMBER,
    by_patterns(
        Pattern(
            (
                "(?:医保|医疗保险|社保|社会保障|医疗证|新农合|合作医疗|农合|参保|"
                "保险|保单|居民医保|职工医保|电子凭证|医保电子凭证)"
                "(?:卡|证|个人|人员|单|凭证|本)?(?:号码?|编号|编码|账号|卡)?(?:是|"
                r"为)?[ :#(]{0,4}([A-Za-z]{0,4}[-_]?\d[A-Za-z0-9_-]{3,24})"
            ),
            0.85,
            1,
            WORD,
            WORD,
            _holds_digits,
        ),
        Pattern(
            (
                "(?:insurance|policy|member|subscriber|beneficiary|health plan|group|"
                "medicare|medicaid|MBI)"
                r"(?: (?:card|id|number|no\.?|#|is))*[ :#.]{0,4}([A-Za-z]{0,4}[-]"
                r"?\d[A-Za-z0-9-]{4,20})"
            ),
            0.8,
            1,
            WORD,
            WORD,
            _holds_digits,
            any_case=True,
        ),
        needs=with_digits,
    ),
)
