"""Licences, certificates, devices, vehicles and other unique numbers; known by their label.

Source: HIPAA safe harbor, items 11, 12, 13 and 18.
"""

from __future__ import annotations

from suwen.language.identifiers.scanning import WORD, Pattern, Recogniser, by_patterns, with_digits
from suwen.language.identifiers.spans import IdentifierType


def _holds_digits(wording: str) -> float | None:
    return 0.75 if sum(c.isdigit() for c in wording) >= 3 else None


RECOGNISER = Recogniser(
    "licence_number",
    IdentifierType.OTHER,
    by_patterns(
        Pattern(
            "(?:driver'?s? licen[sc]e|licen[sc]e plate|licen[sc]e|certificate|"
            "plate|DEA|NPI|VIN|serial|device id|device identifier|UDI|IMEI|lot)"
            r"(?: (?:number|no\.?|#|is|id))*[ :#.]{0,4}([A-Za-z0-9][A-Za-z0-9-]{4,24})",
            0.75,
            1,
            WORD,
            WORD,
            _holds_digits,
            any_case=True,
        ),
        Pattern(
            (
                "(?:序列号|设备编号|器械编号|起搏器编号|植入物编号|批号|车架号|发动机号|"
                "IMEI)(?:是|为)?[ :#]{0,3}([A-Za-z0-9][A-Za-z0-9-]{3,24})"
            ),
            0.75,
            1,
            WORD,
            WORD,
            _holds_digits,
        ),
        needs=with_digits,
    ),
)
