"""Travel and residence permits of Hong Kong, Macao and Taiwan residents; officers' cards.

Source: formats of the National Immigration Administration, heuristic.
"""

from __future__ import annotations

from suwen.language.identifiers.scanning import WORD, Pattern, Recogniser, by_patterns, with_digits
from suwen.language.identifiers.spans import IdentifierType

RECOGNISER = Recogniser(
    "travel_permit",
    IdentifierType.ID_NUMBER,
    by_patterns(
        Pattern(r"[HMC][A-Z]?\d{8}(?:\d{2})?", 0.75, 0, WORD, WORD),
        Pattern(r"[A-Z]{1,2}\d{6}\(?[0-9A]\)", 0.75, 0, WORD, WORD),
        Pattern(r"8[123]0000(?:19|20)\d{9}[\dX]", 0.9, 0, WORD, WORD),
        Pattern(
            (
                "(?:通行证|台胞证|回乡证|居留证|居住证|永居证|军官证|士兵证|警官证|"
                "身份证|证件|港澳居民|驾驶证|驾照|社会信用代码|执业证|资格证|学号|"
                "工号)"
                r"(?:编?号码?)?(?:是|为)?[ :(]{0,3}((?:[\p{Han}]字第?)?[A-Za-z0-9]"
                "[A-Za-z0-9-]{3,20}[A-Za-z0-9])"
            ),
            0.8,
            1,
            WORD,
            WORD,
        ),
        needs=with_digits,
    ),
)
