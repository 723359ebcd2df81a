"""Accounts of messengers. Source: HIPAA safe harbor, item 18."""

from __future__ import annotations

from suwen.language.identifiers.scanning import WORD, Pattern, Recogniser, by_patterns, with_latin
from suwen.language.identifiers.spans import IdentifierType

RECOGNISER = Recogniser(
    "social_account",
    IdentifierType.OTHER,
    by_patterns(
        Pattern(
            (
                "(?:微信|QQ|qq|抖音|微博|钉钉|WeChat|wechat|Telegram|WhatsApp|Skype)"
                "(?:号码?| ?ID| ?id|群)?(?:是|为)?[ :]{0,3}([A-Za-z0-9_][A-Za-z0-9_-]"
                "{4,24})"
            ),
            0.75,
            1,
            WORD,
            WORD,
        ),
        needs=with_latin,
    ),
)
