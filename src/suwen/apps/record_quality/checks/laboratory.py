"""Diagnoses that measured values disprove, and quoted values that were not measured."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Final

from suwen.appkit import Bilingual, Evidence, EvidenceKind, Span
from suwen.apps.record_quality.checks.unknown_abbreviations import is_chinese
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import DIAGNOSES, Paper
from suwen.apps.record_quality.stay import Measured, Stay
from suwen.clinical.analytes import analytes
from suwen.clinical.laboratory.book import LaboratoryBook
from suwen.clinical.laboratory.limits import ReferenceInterval
from suwen.language.terms import TermSpotter

_VALUE = re.compile(
    r"(?P<between>[^\d，,。；;\n<>≤≥]{0,18}?)(?P<value>\d+(?:\.\d+)?)\s*"
    r"(?P<unit>mmol/l|[µu]mol/l|[pn]mol/l|mol/l|mmhg|[mµu]iu/m?l|u/ml|[nµu]g/l|g/l|g/dl|mg/dl|mg/l|ng/ml|pg/ml|u/l|iu/l|x?10\^?9/l|"
    r"×10\^?9/l|×10⁹/l|%)?"
)
_ELSEWHERE = re.compile(
    r"外院|当地|门诊|院外|既往|入院前|年前|月前|周前|天前|参考|正常值|正常范围|目标|控制在|维持|保持|血钾在|低于|"
    r"高于|大于|小于|超过|若|如|"
    r"\b(?:outside|elsewhere|clinic|previous\w*|years? ago|months? ago|weeks? ago|before admission|"
    r"normal range|reference|target|goal|below|above|if|keep)\b"
)
_NOT_SURE = re.compile(
    r"[?？]|可能|待排|待查|疑似|不除外|史|术后|病史|风险|预防|纠正后|已纠正|"
    r"\b(?:history|possible|suspected|query|rule out|risk|corrected|resolved|previous)\b"
)


_INTERVAL: Final = "interval"
_GROWN_UP_Y: Final = 18
_BOTH_SEXES: Final = ("male", "female")


@dataclass(frozen=True, slots=True)
class _Claim:
    """A diagnosis that needs a value on one side of a limit.

    Attributes:
        below: it needs a value below this, or below the reference interval; ``None`` where it
            needs one above.
        above: it needs a value above this.
    """

    words: re.Pattern[str]
    analyte: str
    unit: str
    below: Mapping[str, Decimal] | str | None = None
    above: Mapping[str, Decimal] | str | None = None


def _both(value: str) -> Mapping[str, Decimal]:
    return {"male": Decimal(value), "female": Decimal(value)}


def _end(claim: _Claim, laboratory: LaboratoryBook, ages: frozenset[int]) -> Mapping[str, Decimal]:
    """The end of the reference interval for each sex, of several ages the one that excludes most
    surely: the highest lower end, the lowest upper end. A grown-up's and a child's are not mixed.
    """
    found: dict[str, list[Decimal]] = {"male": [], "female": []}
    for interval in laboratory.intervals_of(claim.analyte):
        value = interval.low if claim.below is _INTERVAL else interval.high
        if value is None or not _same_unit(interval.unit, claim.unit):
            continue
        if not _of_these_ages(interval, ages):
            continue
        for sex in found if interval.sex is None else (interval.sex,):
            found[sex].append(value)
    best = max if claim.below is _INTERVAL else min
    return {sex: best(values) for sex, values in found.items() if values}


def _of_these_ages(interval: ReferenceInterval, ages: frozenset[int]) -> bool:
    grown_up = not ages or max(ages) >= _GROWN_UP_Y
    if not grown_up:
        return interval.age_min_y < _GROWN_UP_Y
    return interval.age_max_y is None or interval.age_max_y >= _GROWN_UP_Y


# Limits are those at which the diagnosis is certainly excluded: the end of the reference interval,
# from the one table of them, or a border that is a definition of its own.
# Source of the borders: 《诊断学》 grades of anaemia (severe below 60 g/L, moderate below 90);
# hyperuricaemia from 420 and 360 umol/L, hypoglycaemia below 3.9 mmol/L; from memory.
_CLAIMS = (
    _Claim(
        re.compile(r"低钾(?:血症)?|低血钾(?:症)?|hypokal(?:a)?emia"),
        "K",
        "mmol/l",
        below=_INTERVAL,
    ),
    _Claim(
        re.compile(r"高钾(?:血症)?|高血钾(?:症)?|hyperkal(?:a)?emia"),
        "K",
        "mmol/l",
        above=_INTERVAL,
    ),
    _Claim(
        re.compile(r"低钠(?:血症)?|低血钠(?:症)?|hyponatr(?:a)?emia"),
        "NA",
        "mmol/l",
        below=_INTERVAL,
    ),
    _Claim(
        re.compile(r"高钠(?:血症)?|高血钠(?:症)?|hypernatr(?:a)?emia"),
        "NA",
        "mmol/l",
        above=_INTERVAL,
    ),
    _Claim(re.compile(r"低钙(?:血症)?|hypocalc(?:a)?emia"), "CA", "mmol/l", below=_INTERVAL),
    _Claim(re.compile(r"高钙(?:血症)?|hypercalc(?:a)?emia"), "CA", "mmol/l", above=_INTERVAL),
    _Claim(
        re.compile(r"(?:极)?重度贫血|(?:very )?severe an(?:a)?emia"),
        "HGB",
        "g/l",
        below=_both("60"),
    ),
    _Claim(re.compile(r"中度贫血|moderate an(?:a)?emia"), "HGB", "g/l", below=_both("90")),
    _Claim(
        re.compile(r"(?<!重度)(?<!中度)贫血|(?<!severe )(?<!moderate )an(?:a)?emia"),
        "HGB",
        "g/l",
        below=_INTERVAL,
    ),
    _Claim(
        re.compile(r"血小板减少(?:症)?|thrombocytop(?:a)?enia"),
        "PLT",
        "10^9/l",
        below=_INTERVAL,
    ),
    _Claim(re.compile(r"血小板增多(?:症)?|thrombocytosis"), "PLT", "10^9/l", above=_INTERVAL),
    _Claim(
        re.compile(r"白细胞减少(?:症)?|leucop(?:a)?enia|leukop(?:a)?enia"),
        "WBC",
        "10^9/l",
        below=_INTERVAL,
    ),
    _Claim(
        re.compile(r"白细胞增多(?:症)?|leucocytosis|leukocytosis"),
        "WBC",
        "10^9/l",
        above=_INTERVAL,
    ),
    _Claim(
        re.compile(r"低(?:白)?蛋白血症|hypoalbumin(?:a)?emia"),
        "ALB",
        "g/l",
        below=_INTERVAL,
    ),
    _Claim(
        re.compile(r"高尿酸血症|hyperuric(?:a)?emia"),
        "UA",
        "umol/l",
        above={"male": Decimal("420"), "female": Decimal("360")},
    ),
    _Claim(
        re.compile(
            r"肾功能(?:不全|衰竭)|肾衰竭|氮质血症|尿毒症|acute kidney injury|renal failure|"
            r"kidney failure|renal insufficiency|ur(?:a)?emia"
        ),
        "CREA",
        "umol/l",
        above=_INTERVAL,
    ),
    _Claim(
        re.compile(r"(?<!亚临床)甲状腺功能亢进(?:症)?|(?<!亚)甲亢|hyperthyroidism|thyrotoxicosis"),
        "TSH",
        "miu/l",
        below=_both("5"),
    ),
    _Claim(
        re.compile(r"(?<!亚临床)甲状腺功能减退(?:症)?|hypothyroidism"),
        "FT4",
        "pmol/l",
        below=_both("25"),
    ),
    _Claim(re.compile(r"低镁(?:血症)?|hypomagnes(?:a)?emia"), "MG", "mmol/l", below=_INTERVAL),
    _Claim(re.compile(r"低磷(?:血症)?|hypophosphat(?:a)?emia"), "P", "mmol/l", below=_INTERVAL),
    _Claim(re.compile(r"高磷(?:血症)?|hyperphosphat(?:a)?emia"), "P", "mmol/l", above=_INTERVAL),
    _Claim(re.compile(r"低氯(?:血症)?|hypochlor(?:a)?emia"), "CL", "mmol/l", below=_INTERVAL),
    _Claim(
        re.compile(r"粒细胞(?:缺乏|减少)(?:症)?|neutropenia|agranulocytosis"),
        "WBC",
        "10^9/l",
        below=_both("10"),
    ),
    _Claim(re.compile(r"全血细胞减少|pancytopenia"), "PLT", "10^9/l", below=_INTERVAL),
    _Claim(re.compile(r"慢性肾脏病\s?[345]期|ckd\s?[345]"), "CREA", "umol/l", above=_both("80")),
    _Claim(re.compile(r"(?:ii|2|二|ⅱ)型呼吸衰竭"), "PCO2", "mmhg", above=_both("45")),
    _Claim(re.compile(r"高血糖(?:症)?|hyperglyc(?:a)?emia"), "GLU", "mmol/l", above=_both("6.1")),
    _Claim(re.compile(r"低血糖(?:症)?|hypoglyc(?:a)?emia"), "GLU", "mmol/l", below=_both("3.9")),
    _Claim(
        re.compile(r"高胆红素血症|hyperbilirubin(?:a)?emia"), "TBIL", "umol/l", above=_both("23")
    ),
)


# What Chinese wards write without its unit, and the one that is meant.
_WITHOUT_UNIT: Final[Mapping[str, str]] = {
    "K": "mmol/l",
    "NA": "mmol/l",
    "HGB": "g/l",
    "PLT": "10^9/l",
    "WBC": "10^9/l",
}


@dataclass(frozen=True, slots=True)
class _Quoted:
    paper: Paper
    span: Span
    analyte: str
    value: Decimal
    unit: str | None
    elsewhere: bool


def laboratory_defects(stay: Stay, laboratory: LaboratoryBook) -> Iterator[Defect]:
    """What the laboratory's values contradict.

    Source: 病历质控常见缺陷 C07; WS/T 404, WS/T 405 reference intervals (from memory).
    """
    quoted = [q for paper in stay.papers for q in _quoted(paper)]
    yield from _disproved(stay, quoted, laboratory)
    yield from _not_measured(stay, quoted)


def _disproved(stay: Stay, quoted: list[_Quoted], laboratory: LaboratoryBook) -> Iterator[Defect]:
    for paper in stay.papers:
        for part in paper.parts_of(*DIAGNOSES):
            for claim in _CLAIMS:
                match = claim.words.search(paper.folded, part.body.start, part.body.end)
                if match is None or _NOT_SURE.search(_item(paper, match)):
                    continue
                against = _against(stay, claim, quoted, laboratory)
                if against is not None:
                    yield _disproof(paper, Span(*match.span()), against)


# What parts one diagnosis from the next: a stop, or the number of a list.
_BORDER = re.compile(r"[；;，,、。\n：:]|(?<![\d.])\d{1,2}[.)](?!\d)|[\u2460-\u2473]")


def _item(paper: Paper, match: re.Match[str]) -> str:
    """The one diagnosis around the words."""
    start = max((m.end() for m in _BORDER.finditer(paper.folded, 0, match.start())), default=0)
    ends = _BORDER.search(paper.folded, match.end())
    return paper.folded[start : ends.start() if ends else len(paper.folded)]


def _against(
    stay: Stay, claim: _Claim, quoted: list[_Quoted], laboratory: LaboratoryBook
) -> Evidence | None:
    """A value that speaks against the diagnosis, where none speaks for it."""
    sex = stay.person.sex if stay.person.sex in ("male", "female") else None
    limits = _limits(stay, claim, laboratory)
    if sex is None and (len(limits) < len(_BOTH_SEXES) or len(set(limits.values())) > 1):
        return None
    limit = limits.get(sex or "male")
    if limit is None:
        return None
    values: list[tuple[Decimal, Evidence]] = [
        (m.value, _as_evidence(m))
        for m in stay.measured
        if m.analyte == claim.analyte and _same_unit(m.unit, claim.unit)
    ]
    values += [
        (q.value, seen(q.paper, q.span))
        for q in quoted
        if q.analyte == claim.analyte and _same_unit(q.unit, claim.unit)
    ]
    for value, _ in values:
        if value < limit if claim.below is not None else value > limit:
            return None
    return values[0][1] if values else None


def _limits(stay: Stay, claim: _Claim, laboratory: LaboratoryBook) -> Mapping[str, Decimal]:
    """The border of a diagnosis by sex; empty where the laboratory's tables know none."""
    border = claim.below or claim.above or {}
    if not isinstance(border, str):
        return border
    days = [day for day in (stay.admitted_at, stay.ended_at) if day is not None]
    return _end(claim, laboratory, stay.person.ages_on(day.date() for day in days))


def _disproof(paper: Paper, span: Span, against: Evidence) -> Defect:
    word = paper.quote(span)
    return Defect(
        "RQ-C09",
        Bilingual(
            zh=f"{title_of(paper).zh}诊断“{word}”，而检验结果为 {against.quote}。",
            en=f"{title_of(paper).en} diagnoses “{word}”, while the laboratory measured "
            f"{against.quote}.",
        ),
        document=paper,
        span=span,
        evidence=(seen(paper, span), against),
    )


def _not_measured(stay: Stay, quoted: list[_Quoted]) -> Iterator[Defect]:
    measured: dict[str, list[Measured]] = defaultdict(list)
    for value in stay.measured:
        measured[value.analyte].append(value)
    for quote in quoted:
        known = [
            m for m in measured.get(quote.analyte, ()) if _same_unit(m.unit, quote.unit or m.unit)
        ]
        if not known or quote.elsewhere or any(_is_rounding(quote.value, m.value) for m in known):
            continue
        told = "、".join(f"{m.value} {m.unit or ''}".strip() for m in known[:4])
        yield Defect(
            "RQ-C10",
            Bilingual(
                zh=f"{title_of(quote.paper).zh}写“{quote.paper.quote(quote.span)}”，"
                f"检验系统的结果为 {told}。",
                en=f"{title_of(quote.paper).en} quotes “{quote.paper.quote(quote.span)}”; the "
                f"laboratory reported {told.replace('、', ', ')}.",
            ),
            document=quote.paper,
            span=quote.span,
            evidence=(seen(quote.paper, quote.span), *(_as_evidence(m) for m in known[:4])),
        )


def _quoted(paper: Paper) -> Iterator[_Quoted]:
    """Laboratory values that a document quotes, with what measured them."""
    if not any(c.isdigit() for c in paper.folded):
        return
    chinese = is_chinese(paper)
    for mention in _spotter().find(paper.folded):
        match = _VALUE.match(paper.folded, mention.end)
        if match is None or (
            match.group("unit") is None and match.group("between").strip(" :：为")
        ):
            continue
        unit = match.group("unit")
        bare = unit is None
        if bare and (not chinese or mention.meanings[0] not in _WITHOUT_UNIT):
            continue
        start = max(paper.folded.rfind(s, 0, mention.start) for s in "。；;\n") + 1
        around = paper.folded[start : match.end()]
        yield _Quoted(
            paper,
            Span(mention.start, match.end()),
            mention.meanings[0],
            Decimal(match.group("value")),
            unit or _WITHOUT_UNIT[mention.meanings[0]],
            bare or bool(_ELSEWHERE.search(around)),
        )


def _is_rounding(quoted: Decimal, measured: Decimal) -> bool:
    """Whether the quoted value is the measured one, or it rounded."""
    if quoted == measured:
        return True
    exponent = quoted.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 0
    return abs(quoted - measured) * 2 <= Decimal(1).scaleb(-places)


def _same_unit(one: str | None, other: str | None) -> bool:
    return one is None or other is None or _bare_unit(one) == _bare_unit(other)


def _bare_unit(unit: str) -> str:
    folded = unit.lower().replace("µ", "u").replace("μ", "u").replace("⁹", "9").replace("*", "^")
    return re.sub(r"[\s×x]", "", folded)


def _as_evidence(measured: Measured) -> Evidence:
    said = f"{measured.value} {measured.unit or ''}".strip()
    return Evidence(EvidenceKind.RECORD, f"{measured.reference}#Observation.valueQuantity", said)


@cache
def _spotter() -> TermSpotter[str]:
    return TermSpotter(
        (name, analyte.code)
        for analyte in analytes().values()
        if analyte.category == "laboratory"
        for name in analyte.names
        if len(name) > 1
    )
