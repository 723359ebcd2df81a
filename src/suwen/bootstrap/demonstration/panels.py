"""Which analytes the laboratory reports together, and under which name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Panel:
    """A set of analytes that is reported together; LOINC only where the panel has a code."""

    key: str
    loinc: str | None
    zh: str
    en: str
    analytes: tuple[str, ...]


_PANEL_ROWS: tuple[Panel, ...] = (
    Panel(
        "cbc",
        "58410-2",
        "血常规",
        "Full blood count",
        ("WBC", "NEUTP", "LYMPHP", "NEUT", "LYMPH", "RBC", "HGB", "HCT", "MCV", "PLT"),
    ),
    Panel("crp", None, "C反应蛋白测定", "C-reactive protein", ("CRP",)),
    Panel("pct", None, "降钙素原测定", "Procalcitonin", ("PCT",)),
    Panel("renal", None, "肾功能", "Renal function", ("UREA", "CREA", "EGFR")),
    Panel("uric", None, "尿酸测定", "Uric acid", ("UA",)),
    Panel("lytes", "24326-1", "电解质", "Electrolytes", ("K", "NA", "CL", "CA")),
    Panel("phos", None, "血磷测定", "Phosphate", ("P",)),
    Panel("mg", None, "血镁测定", "Magnesium", ("MG",)),
    Panel(
        "liver",
        "24325-3",
        "肝功能",
        "Liver function",
        ("ALT", "AST", "ALP", "GGT", "TBIL", "DBIL", "TP", "ALB"),
    ),
    Panel("amylase", None, "血淀粉酶", "Amylase", ("AMY",)),
    Panel("glu", None, "空腹血糖", "Fasting glucose", ("GLU",)),
    Panel("glur", None, "随机血糖", "Random glucose", ("GLUR",)),
    Panel("hba1c", None, "糖化血红蛋白", "HbA1c", ("HBA1C",)),
    Panel("ketone", None, "血酮体", "Blood ketones", ("BHB",)),
    Panel("lipids", "24331-1", "血脂", "Lipids", ("TC", "TG", "HDL", "LDL")),
    Panel("cardiac", None, "心肌损伤标志物", "Cardiac markers", ("TNI", "CKMB")),
    Panel("bnp", None, "NT-proBNP测定", "NT-proBNP", ("NTPROBNP",)),
    Panel("coag", "34528-0", "凝血功能", "Coagulation", ("PT", "INR", "APTT", "FIB")),
    Panel("ddimer", None, "D-二聚体测定", "D-dimer", ("DDIMER",)),
    Panel("thyroid", None, "甲状腺功能", "Thyroid function", ("TSH", "FT4", "FT3")),
    Panel(
        "gas",
        "24336-0",
        "动脉血气分析",
        "Arterial blood gas",
        ("PH", "PCO2", "PO2", "HCO3", "LACT"),
    ),
    Panel("uacr", None, "尿白蛋白/肌酐比值", "Urine albumin/creatinine", ("UACR",)),
    Panel("uprot", None, "24小时尿蛋白定量", "24 h urine protein", ("UPROT24",)),
    Panel("ferritin", None, "铁蛋白测定", "Ferritin", ("FER",)),
    Panel("tumour", None, "肿瘤标志物", "Tumour markers", ("CEA", "CA199")),
)

PANELS: Mapping[str, Panel] = {row.key: row for row in _PANEL_ROWS}
