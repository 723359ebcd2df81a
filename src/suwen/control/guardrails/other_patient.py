"""Identifiers in a text that are not in the material it was written from.

A document about one patient may only name people and numbers that its own record names. What
looks like an identifier and stands nowhere in the material is another patient's, or invented.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# Source: GB 11643-1999 (18-digit number; check digit by ISO 7064 mod 11-2).
_CITIZEN_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")
# Source: MIIT numbering plan (mobile numbers, from memory).
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_RECORD_NUMBER = re.compile(
    r"(?:住院号|门诊号|病案号|病历号|登记号|就诊号|身份证号?|医保号|"
    r"\b(?:MRN|medical\s+record\s+(?:number|no\.?)|hospital\s+(?:number|no\.?)|patient\s+id)\b)"
    r"\s*(?:为|是|is|[:：#])?\s*([A-Za-z0-9][A-Za-z0-9\-]{3,24})",
    re.IGNORECASE,
)
_CHINESE_NAME = re.compile(
    r"(?:姓名|患者姓名|病人姓名)\s*[:：为]?\s*([\u4e00-\u9fff·]{2,8})|"
    r"(?:患者|病人)\s*([\u4e00-\u9fff·]{2,4})\s*[，,、（(]\s*(?:男|女)"
)
_ENGLISH_NAME = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss)\.?\s+([A-Z][A-Za-z'\-]+(?:\s+[A-Z][A-Za-z'\-]+){0,2})|"
    r"\b(?i:patient\s+name|name\s+of\s+(?:the\s+)?patient|name)\s*[:：]\s*"
    r"([A-Z][A-Za-z'\-]+(?:\s+[A-Z][A-Za-z'\-]+){0,3})|"
    r"\b(?i:patient),?\s+([A-Z][a-z'\-]+\s+[A-Z][a-z'\-]+)\b"
)
_REFERENCE = re.compile(r"\bPatient/([A-Za-z0-9\-.]{1,64})")
_PATTERNS = (
    _CITIZEN_NUMBER,
    _PHONE,
    _RECORD_NUMBER,
    _CHINESE_NAME,
    _ENGLISH_NAME,
    _REFERENCE,
)


class OwnMaterial:
    """Everything that a text was written from: record, passages, request.

    Args:
        texts: all texts of the material, in any order.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._material = "\n".join(texts)
        self._folded = self._material.casefold()

    @property
    def text(self) -> str:
        """All of it."""
        return self._material

    def foreign_identifiers(self, text: str) -> tuple[str, ...]:
        """What looks like an identifier in the text and stands nowhere in the material."""
        found: list[str] = []
        for pattern in _PATTERNS:
            for match in pattern.finditer(text):
                wording = next((g for g in match.groups() if g), match.group())
                if not self._knows(wording):
                    found.append(wording)
        return tuple(dict.fromkeys(found))

    def _knows(self, wording: str) -> bool:
        """A name of several words is known when each of its words is (titles and order vary)."""
        folded = wording.casefold()
        return folded in self._folded or (
            " " in folded and all(word in self._folded for word in folded.split())
        )
