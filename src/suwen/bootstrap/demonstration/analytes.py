"""The laboratory's catalogue: codes, units, reference intervals and critical limits.

Intervals are those of the Chinese health standards WS/T 404 and WS/T 405 and of common
manufacturers' inserts, restated from memory; critical limits are one hospital's local list. An
age without an interval here has none in the generated report either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """A reference interval for a sex (``M``, ``F`` or both) and an age range in whole years."""

    low: float | None
    high: float | None
    sex: str = "*"
    age_from: int = 18
    age_to: int = 120


@dataclass(frozen=True)
class Analyte:
    """What the laboratory knows of one measured quantity.

    Attributes:
        unit: unit as printed on the report; ``ucum`` is its code.
        decimals: digits after the point on the report.
        spread: relative scatter between patients of the same story, 0 to 1.
        critical: limits (low, high) at or beyond which the ward is telephoned.
    """

    key: str
    loinc: str
    zh: str
    en: str
    unit: str
    ucum: str
    decimals: int
    spread: float
    intervals: tuple[Interval, ...]
    critical: tuple[float | None, float | None] = (None, None)

    def interval(self, sex: str, age: int) -> Interval | None:
        """The interval for this sex and age; ``None`` when the table has none."""
        for row in self.intervals:
            if row.sex in ("*", sex) and row.age_from <= age <= row.age_to:
                return row
        return None


def _all(low: float | None, high: float | None, age_to: int = 120) -> tuple[Interval, ...]:
    return (Interval(low, high, age_to=age_to),)


def _by_sex(
    male: tuple[float | None, float | None],
    female: tuple[float | None, float | None],
    age_to: int = 120,
) -> tuple[Interval, ...]:
    return (
        Interval(*male, sex="M", age_to=age_to),
        Interval(*female, sex="F", age_to=age_to),
    )


_UREA = (
    Interval(3.1, 8.0, "M", 20, 59),
    Interval(3.6, 9.5, "M", 60, 79),
    Interval(2.6, 7.5, "F", 20, 59),
    Interval(3.1, 8.8, "F", 60, 79),
)
_CREATININE = (
    Interval(57, 97, "M", 20, 59),
    Interval(57, 111, "M", 60, 79),
    Interval(41, 73, "F", 20, 59),
    Interval(41, 81, "F", 60, 79),
)
_ALP = (
    Interval(45, 125, "M", 20, 79),
    Interval(35, 100, "F", 20, 49),
    Interval(50, 135, "F", 50, 79),
)
_G9 = ("10^9/L", "10*9/L")
_MMOL = ("mmol/L", "mmol/L")
_UMOL = ("μmol/L", "umol/L")
_UL = ("U/L", "U/L")
_GL = ("g/L", "g/L")
_PCT = ("%", "%")

_ROWS: tuple[Analyte, ...] = (
    Analyte(
        "WBC", "6690-2", "白细胞计数", "White blood cells", *_G9, 2, 0.06, _all(3.5, 9.5), (1.5, 30)
    ),
    Analyte("NEUTP", "770-8", "中性粒细胞百分比", "Neutrophils %", *_PCT, 1, 0.015, _all(40, 75)),
    Analyte("LYMPHP", "736-9", "淋巴细胞百分比", "Lymphocytes %", *_PCT, 1, 0, _all(20, 50)),
    Analyte(
        "NEUT", "751-8", "中性粒细胞绝对值", "Neutrophils", *_G9, 2, 0, _all(1.8, 6.3), (0.5, None)
    ),
    Analyte("LYMPH", "731-0", "淋巴细胞绝对值", "Lymphocytes", *_G9, 2, 0, _all(1.1, 3.2)),
    Analyte(
        "RBC",
        "789-8",
        "红细胞计数",
        "Red blood cells",
        "10^12/L",
        "10*12/L",
        2,
        0,
        _by_sex((4.3, 5.8), (3.8, 5.1)),
    ),
    Analyte(
        "HGB",
        "718-7",
        "血红蛋白",
        "Haemoglobin",
        *_GL,
        0,
        0.02,
        _by_sex((130, 175), (115, 150)),
        (50, 200),
    ),
    Analyte(
        "HCT",
        "4544-3",
        "红细胞压积",
        "Haematocrit",
        "L/L",
        "L/L",
        3,
        0,
        _by_sex((0.40, 0.50), (0.35, 0.45)),
    ),
    Analyte("MCV", "787-2", "平均红细胞体积", "MCV", "fL", "fL", 1, 0.01, _all(82, 100)),
    Analyte("PLT", "777-3", "血小板计数", "Platelets", *_G9, 0, 0.05, _all(125, 350), (20, 1000)),
    Analyte(
        "CRP", "1988-5", "C反应蛋白", "C-reactive protein", "mg/L", "mg/L", 1, 0.08, _all(None, 10)
    ),
    Analyte(
        "PCT", "33959-8", "降钙素原", "Procalcitonin", "μg/L", "ug/L", 2, 0.08, _all(None, 0.05)
    ),
    Analyte("UREA", "22664-7", "尿素", "Urea", *_MMOL, 1, 0.03, _UREA, (None, 36)),
    Analyte("CREA", "14682-9", "肌酐", "Creatinine", *_UMOL, 0, 0.03, _CREATININE, (None, 650)),
    Analyte(
        "EGFR",
        "98979-8",
        "估算肾小球滤过率",
        "eGFR (CKD-EPI 2021)",
        "mL/min/1.73m²",
        "mL/min/{1.73_m2}",
        0,
        0,
        _all(90, None),
    ),
    Analyte(
        "UA", "14933-6", "尿酸", "Uric acid", *_UMOL, 0, 0.04, _by_sex((208, 428), (155, 357), 59)
    ),
    Analyte("K", "2823-3", "血清钾", "Potassium", *_MMOL, 1, 0.01, _all(3.5, 5.3), (2.8, 6.2)),
    Analyte("NA", "2951-2", "血清钠", "Sodium", *_MMOL, 0, 0.004, _all(137, 147), (120, 160)),
    Analyte("CL", "2075-0", "血清氯", "Chloride", *_MMOL, 0, 0.005, _all(99, 110)),
    Analyte("CA", "2000-8", "总钙", "Calcium", *_MMOL, 2, 0.01, _all(2.11, 2.52), (1.6, 3.5)),
    Analyte("P", "14879-1", "无机磷", "Phosphate", *_MMOL, 2, 0.03, _all(0.85, 1.51), (0.32, 2.6)),
    Analyte("MG", "2601-3", "镁", "Magnesium", *_MMOL, 2, 0.02, _all(0.75, 1.02), (0.5, 2.0)),
    Analyte("ALT", "1742-6", "丙氨酸氨基转移酶", "ALT", *_UL, 0, 0.06, _by_sex((9, 50), (7, 40))),
    Analyte(
        "AST", "1920-8", "天门冬氨酸氨基转移酶", "AST", *_UL, 0, 0.06, _by_sex((15, 40), (13, 35))
    ),
    Analyte("ALP", "6768-6", "碱性磷酸酶", "ALP", *_UL, 0, 0.05, _ALP),
    Analyte("GGT", "2324-2", "γ-谷氨酰基转移酶", "GGT", *_UL, 0, 0.06, _by_sex((10, 60), (7, 45))),
    Analyte("TP", "2885-2", "总蛋白", "Total protein", *_GL, 1, 0, _all(65, 85)),
    Analyte("ALB", "1751-7", "白蛋白", "Albumin", *_GL, 1, 0.02, _all(40, 55)),
    Analyte(
        "TBIL",
        "14631-6",
        "总胆红素",
        "Total bilirubin",
        *_UMOL,
        1,
        0.05,
        _by_sex((None, 26), (None, 21)),
    ),
    Analyte("DBIL", "14629-0", "直接胆红素", "Direct bilirubin", *_UMOL, 1, 0, _all(None, 8)),
    Analyte("AMY", "1798-8", "淀粉酶", "Amylase", *_UL, 0, 0.06, _all(35, 135)),
    Analyte(
        "GLU",
        "14771-0",
        "空腹血糖",
        "Fasting glucose",
        *_MMOL,
        1,
        0.03,
        _all(3.9, 6.1),
        (2.5, 27.8),
    ),
    Analyte("GLUR", "14749-6", "随机血糖", "Random glucose", *_MMOL, 1, 0.03, (), (2.5, 27.8)),
    Analyte("HBA1C", "4548-4", "糖化血红蛋白", "HbA1c", *_PCT, 1, 0.02, _all(4.0, 6.0)),
    Analyte("BHB", "6873-4", "β-羟丁酸", "Beta-hydroxybutyrate", *_MMOL, 2, 0.04, ()),
    Analyte("TC", "14647-2", "总胆固醇", "Total cholesterol", *_MMOL, 2, 0.03, _all(None, 5.2)),
    Analyte("TG", "14927-8", "甘油三酯", "Triglycerides", *_MMOL, 2, 0.05, _all(None, 1.7)),
    Analyte(
        "HDL", "14646-4", "高密度脂蛋白胆固醇", "HDL cholesterol", *_MMOL, 2, 0.03, _all(1.0, None)
    ),
    Analyte(
        "LDL", "39469-2", "低密度脂蛋白胆固醇", "LDL cholesterol", *_MMOL, 2, 0, _all(None, 3.4)
    ),
    Analyte(
        "TNI", "89579-7", "高敏肌钙蛋白I", "hs-troponin I", "ng/L", "ng/L", 0, 0.07, _all(None, 26)
    ),
    Analyte(
        "CKMB", "13969-1", "肌酸激酶同工酶", "CK-MB mass", "μg/L", "ug/L", 1, 0.06, _all(None, 5)
    ),
    Analyte(
        "NTPROBNP",
        "33762-6",
        "NT-proBNP",
        "NT-proBNP",
        "ng/L",
        "ng/L",
        0,
        0.08,
        _all(None, 125, 74),
    ),
    Analyte(
        "INR",
        "6301-6",
        "国际标准化比值",
        "INR",
        "INR",
        "{INR}",
        2,
        0.01,
        _all(0.8, 1.2),
        (None, 5.0),
    ),
    Analyte("PT", "5902-2", "凝血酶原时间", "Prothrombin time", "s", "s", 1, 0, _all(11, 14)),
    Analyte(
        "APTT",
        "3173-2",
        "活化部分凝血活酶时间",
        "aPTT",
        "s",
        "s",
        1,
        0.02,
        _all(25, 37),
        (None, 80),
    ),
    Analyte("FIB", "3255-7", "纤维蛋白原", "Fibrinogen", *_GL, 2, 0.04, _all(2, 4), (1.0, 8)),
    Analyte(
        "DDIMER",
        "48067-1",
        "D-二聚体",
        "D-dimer (FEU)",
        "mg/L",
        "mg/L{FEU}",
        2,
        0.06,
        _all(None, 0.5, 49),
    ),
    Analyte("TSH", "3016-3", "促甲状腺激素", "TSH", "mIU/L", "m[IU]/L", 3, 0.06, _all(0.27, 4.2)),
    Analyte("FT4", "14920-3", "游离甲状腺素", "Free T4", "pmol/L", "pmol/L", 1, 0.04, _all(12, 22)),
    Analyte(
        "FT3",
        "14928-6",
        "游离三碘甲状腺原氨酸",
        "Free T3",
        "pmol/L",
        "pmol/L",
        1,
        0.04,
        _all(3.1, 6.8),
    ),
    Analyte(
        "PH",
        "2744-1",
        "动脉血pH",
        "Arterial pH",
        "pH",
        "[pH]",
        2,
        0.001,
        _all(7.35, 7.45),
        (7.2, 7.6),
    ),
    Analyte(
        "PCO2",
        "2019-8",
        "动脉血二氧化碳分压",
        "Arterial pCO2",
        "mmHg",
        "mm[Hg]",
        0,
        0.02,
        _all(35, 45),
        (20, 70),
    ),
    Analyte(
        "PO2",
        "2703-7",
        "动脉血氧分压",
        "Arterial pO2",
        "mmHg",
        "mm[Hg]",
        0,
        0.02,
        _all(80, 100),
        (45, None),
    ),
    Analyte("HCO3", "1960-4", "碳酸氢根", "Bicarbonate", *_MMOL, 1, 0, _all(22, 27)),
    Analyte("LACT", "2524-7", "乳酸", "Lactate", *_MMOL, 1, 0.04, _all(0.5, 2.2), (None, 4)),
    Analyte(
        "UACR",
        "14959-1",
        "尿白蛋白/肌酐比值",
        "Urine albumin/creatinine",
        "mg/g",
        "mg/g",
        0,
        0.06,
        _all(None, 30),
    ),
    Analyte(
        "UPROT24",
        "2889-4",
        "24小时尿蛋白定量",
        "24 h urine protein",
        "g/24h",
        "g/(24.h)",
        2,
        0.05,
        (),
    ),
    Analyte(
        "FER",
        "2276-4",
        "铁蛋白",
        "Ferritin",
        "μg/L",
        "ug/L",
        0,
        0.05,
        _by_sex((30, 400), (13, 150)),
    ),
    Analyte("CEA", "2039-6", "癌胚抗原", "CEA", "μg/L", "ug/L", 2, 0.06, _all(None, 5)),
    Analyte("CA199", "24108-3", "糖类抗原19-9", "CA 19-9", "U/mL", "U/mL", 1, 0.06, _all(None, 37)),
)

ANALYTES: Mapping[str, Analyte] = {row.key: row for row in _ROWS}
