"""How values of the record are worded: terms, numbers, fixed labels; nothing is translated
from memory but the fixed labels of this file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from suwen.core.finding import Evidence, EvidenceKind
from suwen.core.language import Bilingual, Language
from suwen.core.record import Quantity

_HAN = re.compile(r"[㐀-鿿]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")
_SIGNIFICANT = 6
_ROUNDED_TO = 4

SEX = {
    "male": Bilingual("男", "male"),
    "female": Bilingual("女", "female"),
    "other": Bilingual("其他", "other"),
    "unknown": Bilingual("未知", "unknown"),
}
ENCOUNTER_CLASS = {
    "AMB": Bilingual("门诊", "outpatient"),
    "EMER": Bilingual("急诊", "emergency"),
    "IMP": Bilingual("住院", "inpatient"),
    "ACUTE": Bilingual("急性期住院", "acute inpatient"),
    "NONAC": Bilingual("非急性期住院", "non-acute inpatient"),
    "OBSENC": Bilingual("留院观察", "observation"),
    "PRENC": Bilingual("入院前", "pre-admission"),
    "SS": Bilingual("短期停留", "short stay"),
    "HH": Bilingual("居家", "home health"),
    "FLD": Bilingual("院外现场", "field"),
    "VR": Bilingual("远程", "virtual"),
}
CLINICAL_STATUS = {
    "active": Bilingual("活动", "active"),
    "recurrence": Bilingual("复发", "recurrence"),
    "relapse": Bilingual("复燃", "relapse"),
    "inactive": Bilingual("非活动", "inactive"),
    "remission": Bilingual("缓解", "in remission"),
    "resolved": Bilingual("已愈", "resolved"),
}
VERIFICATION = {
    "unconfirmed": Bilingual("未证实", "unconfirmed"),
    "provisional": Bilingual("初步", "provisional"),
    "differential": Bilingual("待鉴别", "differential"),
    "presumed": Bilingual("推定", "presumed"),
}
ORDER_STATUS = {
    "active": Bilingual("执行中", "active"),
    "on-hold": Bilingual("暂停", "on hold"),
    "completed": Bilingual("已完成", "completed"),
    "stopped": Bilingual("已停止", "stopped"),
    "intended": Bilingual("拟用", "intended"),
    "unknown": Bilingual("状态未知", "status unknown"),
}
CRITICALITY = {
    "low": Bilingual("低", "low"),
    "high": Bilingual("高", "high"),
    "unable-to-assess": Bilingual("无法评估", "unable to assess"),
}
FLAGS = {
    "H": Bilingual("偏高", "high"),
    "HU": Bilingual("显著偏高", "significantly high"),
    "HH": Bilingual("危急偏高", "critically high"),
    ">": Bilingual("高于可测上限", "above the measurable range"),
    "L": Bilingual("偏低", "low"),
    "LU": Bilingual("显著偏低", "significantly low"),
    "LL": Bilingual("危急偏低", "critically low"),
    "<": Bilingual("低于可测下限", "below the measurable range"),
    "A": Bilingual("异常", "abnormal"),
    "AA": Bilingual("危急异常", "critically abnormal"),
    "POS": Bilingual("阳性", "positive"),
    "NEG": Bilingual("阴性", "negative"),
    "N": Bilingual("正常", "normal"),
    "R": Bilingual("耐药", "resistant"),
    "S": Bilingual("敏感", "susceptible"),
    "I": Bilingual("中介", "intermediate"),
}
DISPOSITION_SYSTEM = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
DISPOSITION = {
    "home": Bilingual("回家", "home"),
    "alt-home": Bilingual("其他居所", "alternative home"),
    "other-hcf": Bilingual("转其他医疗机构", "other healthcare facility"),
    "hosp": Bilingual("临终关怀", "hospice"),
    "long": Bilingual("长期照护机构", "long-term care"),
    "aadvice": Bilingual("非医嘱离院", "left against advice"),
    "exp": Bilingual("死亡", "expired"),
    "psy": Bilingual("精神专科医院", "psychiatric hospital"),
    "rehab": Bilingual("康复机构", "rehabilitation"),
    "snf": Bilingual("护理院", "skilled nursing facility"),
    "oth": Bilingual("其他", "other"),
}
_SYSTEMS = {
    "http://snomed.info/sct": "SNOMED CT",
    "http://hl7.org/fhir/sid/icd-10": "ICD-10",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
    "http://hl7.org/fhir/sid/icd-9-cm": "ICD-9-CM-3",
    "http://loinc.org": "LOINC",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "http://www.whocc.no/atc": "ATC",
    "http://hl7.org/fhir/sid/cvx": "CVX",
}
_UNITS = {"Cel": "℃", "mm[Hg]": "mmHg"}


@dataclass(frozen=True, slots=True)
class Term:
    """A coded concept as it is worded in one language.

    Attributes:
        text: the wording as recorded.
        is_original: whether it is in another language than the document's and is therefore
            marked, not translated.
        code: code with the name of its system, where recorded.
        path: FHIRPath of the wording, below the element's own path.
    """

    text: str
    is_original: bool
    code: str | None
    path: str
    code_path: str | None

    def shown(self, language: Language) -> str:
        """The wording, marked when it is not in the document's language."""
        return marked(self.text, language) if self.is_original else self.text


def term_of(concept: Mapping[str, Any] | None, path: str, language: Language) -> Term | None:
    """How a CodeableConcept is worded in a language: its text or any display that is in it,
    else the first wording as it stands; ``None`` when it says nothing.

    Args:
        path: FHIRPath of the concept, for example ``Condition.code``.
    """
    if not concept:
        return None
    wordings = [(concept["text"], f"{path}.text")] if concept.get("text") else []
    code = code_path = None
    for index, coding in enumerate(concept.get("coding") or ()):
        if coding.get("display"):
            wordings.append((coding["display"], f"{path}.coding[{index}].display"))
        if coding.get("code") and code is None:
            system = _SYSTEMS.get(str(coding.get("system")))
            code = f"{system} {coding['code']}" if system else str(coding["code"])
            code_path = f"{path}.coding[{index}].code"
    if not wordings:
        if code is None or code_path is None:
            return None
        return Term(code, True, None, code_path, code_path)
    fitting = next((w for w in wordings if fits(w[0], language)), None)
    text, place = fitting or wordings[0]
    return Term(text.strip(), fitting is None, code, place, code_path)


def fits(text: str, language: Language) -> bool:
    """Whether a wording can stand in a document of the language without a mark."""
    has_han = bool(_HAN.search(text))
    if language is Language.EN:
        return not has_han
    return has_han or not _LATIN_WORD.search(text)


def marked(text: str, language: Language) -> str:
    """A wording marked as standing in its original language."""
    return f"{text}（原文）" if language is Language.ZH else f"{text} [original wording]"


def free_text(text: str, language: Language) -> str:
    """A recorded free text on one line, marked when it is in the other language."""
    line = " ".join(text.split())
    return line if fits(line, language) else marked(line.rstrip("。."), language)


def exact_number(value: Decimal) -> str:
    """The digits as recorded, without an exponent."""
    return format(value, "f")


def rounded(value: Decimal) -> str | None:
    """A value of more than six significant digits at four (whole digits are never cut);
    ``None`` when it is written in full. Halves are rounded away from zero."""
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int) or exponent >= 0 or len(digits) <= _SIGNIFICANT:
        return None
    places = max(0, _ROUNDED_TO - 1 - value.adjusted())
    return format(value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP), "f")


def unit_text(unit: str | None) -> str:
    """The unit as recorded; two UCUM codes are written as they are printed."""
    return _UNITS.get(unit or "", unit or "")


def quantity_exact(quantity: Quantity) -> str:
    """A quantity with every recorded digit."""
    return _with_unit(f"{quantity.comparator or ''}{exact_number(quantity.value)}", quantity)


def quantity_shown(quantity: Quantity, language: Language) -> str:
    """A quantity as written in a sentence; a rounding is stated as such."""
    short = rounded(quantity.value)
    if short is None:
        return quantity_exact(quantity)
    about = "约" if language is Language.ZH else "about "
    return about + _with_unit(f"{quantity.comparator or ''}{short}", quantity)


def _with_unit(number: str, quantity: Quantity) -> str:
    unit = unit_text(quantity.unit)
    if not unit:
        return number
    return f"{number}{unit}" if unit.startswith(("%", "℃")) else f"{number} {unit}"


def label(table: Mapping[str, Bilingual], code: str | None, language: Language) -> str | None:
    """The fixed label of a code; the code itself when it has none; ``None`` without a code."""
    if code is None:
        return None
    return table[code].in_language(language) if code in table else code


def recorded(reference: str, path: str, quote: object) -> Evidence:
    """Evidence that points at an element of the record."""
    return Evidence(EvidenceKind.RECORD, f"{reference}#{path}", str(quote))


def term_evidence(reference: str, term: Term) -> tuple[Evidence, ...]:
    """Evidence of a term's wording and, where it is written, of its code."""
    found = [recorded(reference, term.path, term.text)]
    if term.code and term.code_path and term.code_path != term.path:
        found.append(recorded(reference, term.code_path, term.code.split(" ")[-1]))
    return tuple(found)


def joined(parts: Iterable[str], language: Language) -> str:
    """Several items of a field's value, one after the other."""
    return ("；" if language is Language.ZH else "; ").join(parts)


def listed(parts: Iterable[str | None], language: Language) -> str:
    """Parts of one sentence; what is absent is left out."""
    return ("，" if language is Language.ZH else ", ").join(p for p in parts if p)


def sentence(text: str, language: Language) -> str:
    """The text with its full stop, unless it ends with one."""
    if text.endswith(("。", ".", "！", "!", "？", "?")):
        return text
    return text + ("。" if language is Language.ZH else ".")
