"""Laboratory values that documents quote, with the unit that is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Final

from suwen.appkit import Span
from suwen.apps.record_quality.checks.unknown_abbreviations import is_chinese
from suwen.apps.record_quality.papers import Paper
from suwen.clinical.analytes import analytes
from suwen.language.terms import TermSpotter

_VALUE = re.compile(
    r"(?P<between>[^\d,，。;\n<>≤≥]{0,18}?)(?P<value>\d+(?:\.\d+)?)\s*"
    r"(?P<unit>mmol/l|[µu]mol/l|[pn]mol/l|mol/l|mmhg|kpa|[mµu]iu/m?l|mu/l|u/ml|[nµu]g/l|g/l|g/dl|"
    r"mg/dl|mg/l|ng/ml|pg/ml|u/l|iu/l|fl|x?10\^?9/l|×10\^?9/l|×10⁹/l|%)?"
)
_ELSEWHERE = re.compile(
    r"外院|当地|门诊|院外|既往|入院前|年前|月前|周前|天前|参考|正常值|正常范围|目标|控制在|维持|保持|血钾在|低于|"
    r"高于|大于|小于|超过|若|如|"
    r"\b(?:outside|elsewhere|clinic|previous\w*|years? ago|months? ago|weeks? ago|before admission|"
    r"normal range|reference|target|goal|below|above|if|keep)\b"
)
# What Chinese wards write without its unit, and the one that is meant.
_WITHOUT_UNIT: Final[Mapping[str, str]] = {
    "K": "mmol/l",
    "NA": "mmol/l",
    "HGB": "g/l",
    "PLT": "10^9/l",
    "WBC": "10^9/l",
}
# Without its unit a number can be meant in the first unit when it lies between these. From memory:
# what is met in the sick, so that the other unit in use falls outside.
_PLAUSIBLE: Final[Mapping[str, tuple[str, str, str]]] = {
    "HGB": ("g/l", "25", "240"), "TSH": ("miu/l", "0.001", "200"), "FT4": ("pmol/l", "0.5", "100"),
    "CREA": ("umol/l", "20", "2500"), "ALB": ("g/l", "10", "60"), "GLU": ("mmol/l", "0.5", "60"),
    "CA": ("mmol/l", "0.8", "4.5"), "MG": ("mmol/l", "0.2", "3"), "PH": ("[ph]", "6.6", "7.9"),
    "PCO2": ("mmhg", "10", "150"), "PO2": ("mmhg", "20", "600"), "ALT": ("u/l", "1", "9000"),
    "AMY": ("u/l", "5", "9000"), "LIP": ("u/l", "1", "9000"), "TBIL": ("umol/l", "3", "900"),
    "HCO3": ("mmol/l", "2", "60"), "K": ("mmol/l", "1", "10"), "NA": ("mmol/l", "95", "190"),
    "CL": ("mmol/l", "60", "150"), "P": ("mmol/l", "0.1", "5"), "UA": ("umol/l", "60", "1500"),
    "PLT": ("10^9/l", "1", "2000"), "WBC": ("10^9/l", "0.1", "400"), "CK": ("u/l", "5", "99999"),
    "BNP": ("ng/l", "2", "9999"), "NTPROBNP": ("ng/l", "5", "70000"), "FIB": ("g/l", "0.2", "12"),
    "NEUT#": ("10^9/l", "0", "60"), "MCV": ("fl", "50", "150"), "INR": ("1", "0.6", "15"),
    "CRP": ("mg/l", "0", "600"), "TG": ("mmol/l", "0.2", "60"), "TC": ("mmol/l", "1", "25"),
    "FER": ("ug/l", "1", "50000"), "LACT": ("mmol/l", "0.2", "30"), "HBA1C": ("%", "3", "20"),
    "UREA": ("mmol/l", "1", "80"), "BUN": ("mmol/l", "1", "80"), "AST": ("u/l", "3", "9000"),
    "ESR": ("mm/h", "1", "160"), "FT3": ("pmol/l", "0.5", "50"), "PCT": ("ug/l", "0", "300"),
}  # fmt: skip
# Factors into the table's unit, by analyte where the molar mass counts.
_FACTORS: Final[Mapping[tuple[str, str], tuple[str, Decimal]]] = {
    ("HGB", "g/dl"): ("g/l", Decimal(10)), ("ALB", "g/dl"): ("g/l", Decimal(10)),
    ("GLU", "mg/dl"): ("mmol/l", Decimal("0.0555")), ("CREA", "mg/dl"): ("umol/l", Decimal("88.4")),
    ("TBIL", "mg/dl"): ("umol/l", Decimal("17.1")), ("CA", "mg/dl"): ("mmol/l", Decimal("0.25")),
    ("UA", "mg/dl"): ("umol/l", Decimal("59.5")), ("TG", "mg/dl"): ("mmol/l", Decimal("0.0113")),
    ("PCO2", "kpa"): ("mmhg", Decimal("7.5")), ("PO2", "kpa"): ("mmhg", Decimal("7.5")),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Quoted:
    """A value in a document.

    Attributes:
        value: in ``unit``.
        unit: as written, or the one that is meant; ``None`` where no unit can be told.
        elsewhere: whether it is of another place or time, or no unit is written.
        guessed: whether the unit is only the one that the number fits.
    """

    paper: Paper
    span: Span
    analyte: str
    value: Decimal
    unit: str | None
    elsewhere: bool
    guessed: bool = False


def quoted_values(paper: Paper) -> Iterator[Quoted]:
    """Laboratory values that a document quotes, with what measured them."""
    if not any(c.isdigit() for c in paper.folded):
        return
    chinese = is_chinese(paper)
    before = [part.body for part in paper.parts_of("illness", "past", "complaint")]
    for mention in spotter().find(paper.folded):
        match = _VALUE.match(paper.folded, mention.end)
        if match is None or (
            match.group("unit") is None and match.group("between").strip(" :：为=是达仅约(（")
        ):
            continue
        analyte, written = mention.meanings[0], match.group("unit")
        known = _WITHOUT_UNIT.get(analyte) if chinese else None
        value = Decimal(match.group("value"))
        unit, guessed = written or known, False
        if unit is None:
            unit = _meant(paper, analyte, value, match.end())
            guessed = True
        if unit is None:
            continue
        start = max(paper.folded.rfind(s, 0, mention.start) for s in "。；;\n") + 1
        around = paper.folded[start : match.end()]
        told_before = any(b.start <= mention.start < b.end for b in before)
        elsewhere = written is None or told_before or bool(_ELSEWHERE.search(around))
        span = Span(mention.start, match.end())
        yield Quoted(paper, span, analyte, *_converted(analyte, value, unit), elsewhere, guessed)


# Analytes with values that nobody alive has, and how the units are that count.
_BEYOND: Final[Mapping[str, tuple[str, str, str]]] = {
    "K": ("mmol/l", "1", "11"), "NA": ("mmol/l", "90", "200"), "HGB": ("g/l", "15", "260"),
    "CA": ("mmol/l", "0.5", "6"), "PH": ("[ph]", "6.5", "7.9"), "ALB": ("g/l", "5", "70"),
    "GLU": ("mmol/l", "0.1", "90"), "CL": ("mmol/l", "50", "170"),
}  # fmt: skip


def is_plausible(quote: Quoted) -> bool:
    """Whether a value with its unit is one that a living person can have."""
    beyond = _BEYOND.get(quote.analyte)
    if beyond is None or quote.guessed or quote.unit != beyond[0]:
        return True
    return Decimal(beyond[1]) <= quote.value <= Decimal(beyond[2])


def is_old(quote: Quoted) -> bool:
    """Whether the words around say that the value is of another time or a border."""
    start = max(quote.paper.folded.rfind(s, 0, quote.span.start) for s in "。；;\n") + 1
    return _ELSEWHERE.search(quote.paper.folded[start : quote.span.end]) is not None


# A number of something else: 钾 3g, K 2 支, CK 3/6, 4~6.
_NO_VALUE = re.compile(
    r"\s?(?:m?g\b|ml|支|片|粒|袋|次|天|日|月|年|岁|小时|h\b|分(?!压)|[-~/]\s?\d|[a-z]{2,})|\.\d"
)


def _meant(paper: Paper, analyte: str, value: Decimal, end: int) -> str | None:
    """The unit in which a bare number can be meant."""
    plausible = _PLAUSIBLE.get(analyte)
    if plausible is None or _NO_VALUE.match(paper.folded, end):
        return None
    unit, low, high = plausible
    return unit if Decimal(low) <= value <= Decimal(high) else None


def _converted(analyte: str, value: Decimal, unit: str) -> tuple[Decimal, str]:
    target = _FACTORS.get((analyte, unit))
    return (value * target[1], target[0]) if target else (value, unit)


@cache
def spotter() -> TermSpotter[str]:
    """Finds the names of laboratory analytes in a text; a meaning is an analyte's code."""
    return TermSpotter(
        (name, analyte.code)
        for analyte in analytes().values()
        if analyte.category == "laboratory"
        for name in analyte.names
        if len(name) > 1
    )
