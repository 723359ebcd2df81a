"""Numbers under which a hospital knows a patient, a stay or a specimen; known by their label.

Bed numbers are none: they say nothing outside the ward and the hour.
"""

from __future__ import annotations

from suwen.language.identifiers.scanning import (
    WORD,
    Pattern,
    Recogniser,
    by_patterns,
    with_digits,
)
from suwen.language.identifiers.spans import IdentifierType

_ZH = (
    "住院|门诊|病案|病历|登记|检查|检验|条码|条形码|标本|就诊|就诊卡|"
    "诊疗卡|诊疗|影像|病理|住院流水|流水|申请单|申请|报告|"
    "患者|病人|处方|医嘱|放射|超声|CT|MRI|X线片|X光|片|急诊|档案|健康档案|"
    "样本|挂号|手术|体检|入院登记"
)
_EN = (
    r"MRN|MR ?(?:#|no\.?|number)|(?:medical )?record (?:#|no\.?|number|"
    r"id)|chart (?:#|no\.?|number)|patient (?:#|no\.?|number|id)|"
    r"accession (?:#|no\.?|number)|encounter (?:#|no\.?|number|id)|visit "
    r"(?:#|no\.?|number|id)|hospital (?:#|no\.?|number)|"
    r"unit (?:#|no\.?|number)|specimen (?:#|no\.?|number|id)|case (?:#|"
    r"no\.?|number)|NHS (?:#|no\.?|number)|CHI number"
)


def _holds_digits(wording: str) -> float | None:
    return 0.85 if sum(c.isdigit() for c in wording) >= 3 else None


RECOGNISER = Recogniser(
    "medical_record_number",
    IdentifierType.MEDICAL_RECORD_NUMBER,
    by_patterns(
        Pattern(
            (
                f"(?:{_ZH})(?:号码?|ID|编号|卡号|序号)(?:是|为|叫)?[ :#(]{{0,4}}([A-Za-z]"
                r"{0,6}[-_]?\d[A-Za-z0-9_-]{1,24})"
            ),
            0.85,
            1,
            WORD,
            WORD,
            _holds_digits,
            any_case=True,
        ),
        Pattern(
            rf"(?:{_EN})(?: is| was)?[ :#.]{{0,4}}([A-Za-z]{{0,5}}[-/]?\d[A-Za-z0-9-]{{2,20}})",
            0.85,
            1,
            WORD,
            WORD,
            _holds_digits,
            any_case=True,
        ),
        Pattern(
            rf"【(?:{_ZH})(?:号码?|ID|编号)】 ?([A-Za-z]{{0,6}}[-_]?\d[A-Za-z0-9_-]{{1,24}})",
            0.85,
            1,
            WORD,
            WORD,
            _holds_digits,
            any_case=True,
        ),
        Pattern(
            r"(?:报告|病理|标本|样本|检查|切片|蜡块|影像)\(([A-Z]{1,6}[-]?\d[A-Za-z0-9-]{2,20})\)",
            0.7,
            1,
            check=_holds_digits,
        ),
        Pattern(
            r"(?:ZY|MZ|BA|BL|ZYH|MRN|JZ|YBH)[-_ ]?\d{5,14}", 0.75, 0, WORD, WORD, any_case=True
        ),
        needs=with_digits,
    ),
)
