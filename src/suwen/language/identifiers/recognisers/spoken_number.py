"""Numbers said digit by digit, as a transcript has them: 幺三五零…, seven seven four oh one nine.

So few digits in a row are counted as nothing else; letters count where they are spelled out.
"""

from __future__ import annotations

from suwen.language.identifiers.scanning import LETTERS, Pattern, Recogniser, by_patterns
from suwen.language.identifiers.spans import IdentifierType

_ZH = "[零〇幺一二三四五六七八九]"
_EN = "(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|dash|hyphen)"

RECOGNISER = Recogniser(
    "spoken_number",
    IdentifierType.OTHER,
    by_patterns(
        Pattern(rf"{_ZH}{{7,20}}", 0.7),
        Pattern(rf"{_ZH}{{3,4}}[ ,、-]{_ZH}{{3,4}}(?:[ ,、-]{_ZH}{{3,4}}){{0,3}}", 0.65),
        Pattern(
            rf"(?:后四位|尾号|末四位|后六位|分机|密码|号码)(?:是|为|:)? ?({_ZH}{{3,6}})",
            0.7,
            1,
        ),
        Pattern(
            rf"\b(?:(?:[a-z] ){{1,3}})?{_EN}(?:[ ,-]{{1,2}}{_EN}){{4,20}}",
            0.7,
            0,
            LETTERS,
            LETTERS,
            any_case=True,
        ),
        Pattern(
            r"(?:that's|thats|spelled|spelling|spelt)(?: with| as)? ((?:[a-z] ){2,14}[a-z])\b",
            0.7,
            1,
            LETTERS,
            LETTERS,
            any_case=True,
        ),
        needs=None,
    ),
)
