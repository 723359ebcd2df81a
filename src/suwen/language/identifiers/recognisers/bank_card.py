"""Card and account numbers: Luhn's check, IBAN, and numbers that are said to be accounts.

Source: ISO/IEC 7812, ISO 13616.
"""

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


def passes_luhn(digits: str) -> bool:
    """Whether the last digit checks the others."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        number = int(char) * (1 + place % 2)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def _card(wording: str) -> float | None:
    digits = wording.replace(" ", "").replace("-", "")
    if not 12 <= len(digits) <= 19 or len(set(digits)) < 3:
        return None
    if not passes_luhn(digits):
        return None
    return 0.95 if len(digits) >= 15 else 0.75


def _iban(wording: str) -> float | None:
    packed = wording.replace(" ", "").upper()
    number = "".join(str(int(c, 36)) for c in packed[4:] + packed[:4])
    return 1.0 if int(number) % 97 == 1 else 0.75


RECOGNISER = Recogniser(
    "bank_card",
    IdentifierType.BANK_CARD,
    by_patterns(
        Pattern(r"\d{4}(?:[ -]?\d{4}){2,3}(?:[ -]?\d{1,4})?", 0.9, 0, WORD, WORD, _card),
        Pattern(r"\d{12,19}", 0.9, 0, WORD, WORD, _card),
        Pattern(r"3[47]\d{2}[ -]?\d{6}[ -]?\d{5}", 0.9, 0, WORD, WORD, _card),
        Pattern(
            (
                r"[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){3,7}(?: ?[A-Za-z0-9]{1,3})"
                "?"
            ),
            0.75,
            0,
            WORD,
            WORD,
            _iban,
        ),
        Pattern(
            (
                "(?:银行卡|储蓄卡|信用卡|借记卡|工资卡|卡号|银行账号|银行帐号|账号|"
                r"帐号|账户|尾号)[^\d\n]{0,10}(\d[\d -]{2,24}\d)"
            ),
            0.8,
            1,
            DIGITS,
            DIGITS,
        ),
        Pattern(
            (
                "(?:card|account|acct|routing|cc)(?: (?:number|no|num|is|with))*[ "
                r".:#]{0,4}(\d[\d -]{6,24}\d)"
            ),
            0.8,
            1,
            DIGITS,
            DIGITS,
            any_case=True,
        ),
        needs=with_digits,
    ),
)
