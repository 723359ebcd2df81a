"""Diagnoses that need a value on one side of a limit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from suwen.clinical.laboratory.book import LaboratoryBook
from suwen.clinical.laboratory.limits import ReferenceInterval

INTERVAL: Final = "interval"
_GROWN_UP_Y: Final = 18
BOTH_SEXES: Final = ("male", "female")


@dataclass(frozen=True, slots=True)
class Claim:
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


def end_of_interval(
    claim: Claim, laboratory: LaboratoryBook, ages: frozenset[int]
) -> Mapping[str, Decimal]:
    """The end of the reference interval for each sex, of several ages the one that excludes most
    surely: the highest lower end, the lowest upper end. A grown-up's and a child's are not mixed.
    """
    found: dict[str, list[Decimal]] = {"male": [], "female": []}
    for interval in laboratory.intervals_of(claim.analyte):
        value = interval.low if claim.below is INTERVAL else interval.high
        if value is None or not same_unit(interval.unit, claim.unit):
            continue
        if not _of_these_ages(interval, ages):
            continue
        for sex in found if interval.sex is None else (interval.sex,):
            found[sex].append(value)
    best = max if claim.below is INTERVAL else min
    return {sex: best(values) for sex, values in found.items() if values}


def _of_these_ages(interval: ReferenceInterval, ages: frozenset[int]) -> bool:
    grown_up = not ages or max(ages) >= _GROWN_UP_Y
    if not grown_up:
        return interval.age_min_y < _GROWN_UP_Y
    return interval.age_max_y is None or interval.age_max_y >= _GROWN_UP_Y


# Limits are those at which the diagnosis is certainly excluded: the end of the reference interval,
# from the one table of them, or a border that is a definition of its own.
# Source of the borders: 《诊断学》 grades of anaemia (severe below 60 g/L, moderate below 90);
# hyperuricaemia from 420 and 360 umol/L, hypoglycaemia below 3.9 mmol/L; triglycerides from 1.7,
# cholesterol from 5.2, lactate from 2 mmol/L, homocysteine from 10 umol/L; respiratory failure with
# PCO2 above 45 mmHg or PO2 below 80 (60 by its definition), hyperglycaemia from 6.1 mmol/L, ammonia
# from 30, bilirubin from 23 umol/L, bicarbonate below 22 mmol/L. Set wide, because the diagnosis
# rests on another value too: creatinine from 80 umol/L in chronic kidney disease from stage 3,
# leucocytes below 10 10^9/L in neutropenia, TSH and FT4 in diseases of the thyroid. From memory.
CLAIMS = (
    Claim(
        re.compile(r"低钾(?:血症)?|低血钾(?:症)?|hypokal(?:a)?emia"),
        "K",
        "mmol/l",
        below=INTERVAL,
    ),
    Claim(
        re.compile(r"高钾(?:血症)?|高血钾(?:症)?|hyperkal(?:a)?emia"),
        "K",
        "mmol/l",
        above=INTERVAL,
    ),
    Claim(
        re.compile(r"低钠(?:血症)?|低血钠(?:症)?|hyponatr(?:a)?emia"),
        "NA",
        "mmol/l",
        below=INTERVAL,
    ),
    Claim(
        re.compile(r"高钠(?:血症)?|高血钠(?:症)?|hypernatr(?:a)?emia"),
        "NA",
        "mmol/l",
        above=INTERVAL,
    ),
    Claim(re.compile(r"低钙(?:血症)?|hypocalc(?:a)?emia"), "CA", "mmol/l", below=INTERVAL),
    Claim(re.compile(r"高钙(?:血症)?|hypercalc(?:a)?emia"), "CA", "mmol/l", above=INTERVAL),
    Claim(
        re.compile(r"(?:极)?重度贫血|(?:very )?severe an(?:a)?emia"),
        "HGB",
        "g/l",
        below=_both("60"),
    ),
    Claim(re.compile(r"中度贫血|moderate an(?:a)?emia"), "HGB", "g/l", below=_both("90")),
    Claim(
        re.compile(r"(?<!重度)(?<!中度)贫血|(?<!severe )(?<!moderate )an(?:a)?emia"),
        "HGB",
        "g/l",
        below=INTERVAL,
    ),
    Claim(
        re.compile(r"血小板减少(?:症)?|thrombocytop(?:a)?enia"),
        "PLT",
        "10^9/l",
        below=INTERVAL,
    ),
    Claim(re.compile(r"血小板增多(?:症)?|thrombocytosis"), "PLT", "10^9/l", above=INTERVAL),
    Claim(
        re.compile(r"白细胞减少(?:症)?|leucop(?:a)?enia|leukop(?:a)?enia"),
        "WBC",
        "10^9/l",
        below=INTERVAL,
    ),
    Claim(
        re.compile(r"白细胞增多(?:症)?|leucocytosis|leukocytosis"),
        "WBC",
        "10^9/l",
        above=INTERVAL,
    ),
    Claim(
        re.compile(r"低(?:白)?蛋白血症|hypoalbumin(?:a)?emia"),
        "ALB",
        "g/l",
        below=INTERVAL,
    ),
    Claim(
        re.compile(r"高尿酸血症|hyperuric(?:a)?emia"),
        "UA",
        "umol/l",
        above={"male": Decimal("420"), "female": Decimal("360")},
    ),
    Claim(
        re.compile(
            r"肾功能(?:不全|衰竭)|肾衰竭|氮质血症|尿毒症|acute kidney injury|renal failure|"
            r"kidney failure|renal insufficiency|ur(?:a)?emia"
        ),
        "CREA",
        "umol/l",
        above=INTERVAL,
    ),
    Claim(
        re.compile(r"(?<!亚临床)甲状腺功能亢进(?:症)?|(?<!亚)甲亢|hyperthyroidism|thyrotoxicosis"),
        "TSH",
        "miu/l",
        below=_both("5"),
    ),
    Claim(
        re.compile(r"(?<!亚临床)甲状腺功能减退(?:症)?|hypothyroidism"),
        "FT4",
        "pmol/l",
        below=_both("25"),
    ),
    Claim(re.compile(r"低镁(?:血症)?|hypomagnes(?:a)?emia"), "MG", "mmol/l", below=INTERVAL),
    Claim(re.compile(r"低磷(?:血症)?|hypophosphat(?:a)?emia"), "P", "mmol/l", below=INTERVAL),
    Claim(re.compile(r"高磷(?:血症)?|hyperphosphat(?:a)?emia"), "P", "mmol/l", above=INTERVAL),
    Claim(re.compile(r"低氯(?:血症)?|hypochlor(?:a)?emia"), "CL", "mmol/l", below=INTERVAL),
    Claim(
        re.compile(r"粒细胞(?:缺乏|减少)(?:症)?|neutropenia|agranulocytosis"),
        "WBC",
        "10^9/l",
        below=_both("10"),
    ),
    Claim(re.compile(r"全血细胞减少|pancytopenia"), "PLT", "10^9/l", below=INTERVAL),
    Claim(re.compile(r"慢性肾脏病\s?[345]期|ckd\s?[345]"), "CREA", "umol/l", above=_both("80")),
    Claim(re.compile(r"(?:ii|2|二|ⅱ)型呼吸衰竭"), "PCO2", "mmhg", above=_both("45")),
    Claim(re.compile(r"高血糖(?:症)?|hyperglyc(?:a)?emia"), "GLU", "mmol/l", above=_both("6.1")),
    Claim(re.compile(r"低血糖(?:症)?|hypoglyc(?:a)?emia"), "GLU", "mmol/l", below=_both("3.9")),
    Claim(re.compile(r"高镁(?:血症)?|hypermagnes(?:a)?emia"), "MG", "mmol/l", above=INTERVAL),
    Claim(re.compile(r"高氯(?:血症)?|hyperchlor(?:a)?emia"), "CL", "mmol/l", above=INTERVAL),
    Claim(
        re.compile(r"(?:1|i|一|ⅰ)型呼吸衰竭"),
        "PO2",
        "mmhg",
        below=_both("80"),
    ),
    Claim(
        re.compile(r"高甘油三酯血症|hypertriglycerid(?:a)?emia"),
        "TG",
        "mmol/l",
        above=_both("1.7"),
    ),
    Claim(
        re.compile(r"高胆固醇血症|hypercholesterol(?:a)?emia"),
        "TC",
        "mmol/l",
        above=_both("5.2"),
    ),
    Claim(re.compile(r"红细胞增多(?:症)?|polycyth(?:a)?emia"), "HGB", "g/l", above=INTERVAL),
    Claim(
        re.compile(r"高乳酸血症|乳酸(?:性)?酸中毒|lactic acidosis|hyperlactat(?:a)?emia"),
        "LACT",
        "mmol/l",
        above=_both("2"),
    ),
    Claim(
        re.compile(r"高同型半胱氨酸血症|hyperhomocystein(?:a)?emia"),
        "HCYS",
        "umol/l",
        above=_both("10"),
    ),
    Claim(re.compile(r"高氨血症|hyperammon(?:a)?emia"), "AMMONIA", "umol/l", above=_both("30")),
    Claim(
        re.compile(r"代谢性酸中毒|metabolic acidosis"),
        "HCO3",
        "mmol/l",
        below=_both("22"),
    ),
    Claim(
        re.compile(r"亚临床(?:甲状腺功能减退症?|甲减)|subclinical hypothyroidism"),
        "TSH",
        "miu/l",
        above=_both("3"),
    ),
    Claim(
        re.compile(r"高胆红素血症|hyperbilirubin(?:a)?emia"), "TBIL", "umol/l", above=_both("23")
    ),
)


def same_unit(one: str | None, other: str | None) -> bool:
    """Whether two units are one, or one of them is not told."""
    return one is None or other is None or _bare_unit(one) == _bare_unit(other)


def _bare_unit(unit: str) -> str:
    folded = unit.lower().replace("µ", "u").replace("μ", "u").replace("⁹", "9").replace("*", "^")
    return re.sub(r"[\s×x]", "", folded)
