"""Examples of the rules on form and quantity, and of what could not be checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from suwen.clinical.medicines.rows import RuleRow
from suwen.clinical.prescription_review.compiling import subject_names
from suwen.clinical.prescription_review.rulebook import RuleBook

Request = Mapping[str, Any]
Pair = tuple[Request, Request]

_ADULT: Final = {
    "age_y": 50, "sex": "male", "weight_kg": 70.0, "height_cm": 172.0, "egfr": 94.0,
    "pregnant": False, "lactating": False,
}  # fmt: skip
_PAIN: Final = [{"text": "癌痛"}]
_FORMS: Final = {"injection": "注射液", "modified": "缓释片", "other": "片"}


def _order(drug: str, **more: Any) -> Request:
    return {"drug": drug, "dose": 5, "unit": "mg", "frequency": "qd", "route": "po"} | more


def _asked(*orders: Request, **more: Any) -> Request:
    return {
        "patient": _ADULT, "allergies": [], "diagnoses": [{"text": "社区获得性肺炎"}],
        "orders": list(orders), "setting": "inpatient",
        "prescriber": {"antibacterial_level": 3},
    } | more  # fmt: skip


def form_example(row: RuleRow, book: RuleBook) -> Pair | None:
    """A prescription that a rule of ``legal`` speaks of, and one that it leaves alone."""
    if row.id in _BY_ID:
        return _BY_ID[row.id]
    days, doses = row.number("max_days"), row.number("max_doses")
    if days is None and doses is None:
        return None
    drug = _first(row.text("medicine"), book) if row.text("medicine") else "氨氯地平"
    form = row.text("form")
    condition = row.text("condition")
    diagnoses = _PAIN if condition == "cancer_pain" else [{"text": "高血压"}]
    line = _order(drug, form=_FORMS.get(form), route="im" if form == "injection" else "po")
    allowed, above = (days or 1), (days or 1) + 1
    more = {"setting": row.text("setting").split()[0], "diagnoses": diagnoses}
    if row.id == "LT1":
        return _asked({**line, "days": above}, **more), _asked({**line, "days": 30}, **more)
    if row.id in ("RX02", "RX03"):
        more["diagnoses"] = [{"text": "急性咽炎"}]
    if doses is not None:
        return _asked({**line, "days": 3}, **more), _asked({**line, "frequency": "st"}, **more)
    return _asked({**line, "days": above}, **more), _asked({**line, "days": allowed}, **more)


def _first(subject: str, book: RuleBook) -> str:
    for name in subject_names(subject):
        if name in book.medicines:
            return name
        for medicine in book.medicines.values():
            if name[1:] in medicine.classes and not medicine.contents:
                return medicine.id
    raise LookupError(subject)


def statement_example(row: RuleRow) -> Pair | None:
    """A prescription of which something could not be checked, and one of which it could."""
    return _STATEMENTS.get(row.id)


_SIX: Final = ("氨氯地平", "阿托伐他汀", "二甲双胍", "左甲状腺素", "奥美拉唑", "孟鲁司特")
_LEVELS: Final = {"antibacterial_level": 1}
_WELL: Final = _asked(_order("氨氯地平"))
_INFANT: Final = {"sex": "male", "age_y": 0.5, "weight_kg": 7.5}
_BY_ID: Final[Mapping[str, Pair]] = {
    "RX16": (
        _asked(*(_order(d) for d in _SIX), setting="outpatient"),
        _asked(*(_order(d) for d in _SIX[:5]), setting="outpatient"),
    ),
    "IRR5": (_asked(_order("黄芪", dose=15, unit="g"), _order("氨氯地平")), _WELL),
    "RX17": (_asked(_order("氨氯地平"), diagnoses=[]), _WELL),
    "RX18": (
        _asked(_order("对乙酰氨基酚"), patient=_INFANT),
        _asked(_order("对乙酰氨基酚"), patient={"sex": "male", "age_months": 6, "weight_kg": 7.5}),
    ),
    "RX19": (_asked(_order("氨氯地平", frequency="遵医嘱")), _WELL),
    "AB2": (
        _asked(_order("莫西沙星"), prescriber=_LEVELS),
        _asked(_order("莫西沙星"), prescriber={"antibacterial_level": 2}),
    ),
    "AB2S": (_asked(_order("利奈唑胺"), prescriber=_LEVELS), _asked(_order("利奈唑胺"))),
    "AB3": (_asked(_order("利奈唑胺"), setting="outpatient"), _asked(_order("利奈唑胺"))),
    "EXC1": (
        _asked(_order("阿莫西林"), diagnoses=[{"text": "高血压"}]),
        _asked(_order("阿莫西林")),
    ),
}


def _without(name: str) -> Request:
    return {key: value for key, value in _ADULT.items() if key != name}


_WOMAN: Final = {**_ADULT, "age_y": 30, "sex": "female"}
_STATEMENTS: Final[Mapping[str, Pair]] = {
    "UNKNOWN-DRUG": (_asked(_order("白色小药片")), _WELL),
    "AMBIGUOUS-DRUG": (_asked(_order("MSO4")), _asked(_order("吗啡"))),
    "LOW-dose": (_asked(_order("阿莫西林", dose=20)), _asked(_order("阿莫西林", dose=500))),
    "READ-AS": (_asked(_order("氨绿地平")), _WELL),
    "UNC-renal": (
        _asked(_order("二甲双胍"), patient=_without("egfr")), _asked(_order("二甲双胍")),
    ),
    "UNC-pregnancy": (
        _asked(_order("阿托伐他汀"), patient={**_WOMAN, "pregnant": None}),
        _asked(_order("阿托伐他汀"), patient=_WOMAN),
    ),
    "UNC-lactation": (
        _asked(_order("甲氨蝶呤"), patient={**_WOMAN, "lactating": None}),
        _asked(_order("甲氨蝶呤"), patient=_WOMAN),
    ),
    "UNC-weight": (
        _asked(_order("依诺肝素", unit="mg/kg", route="sc"), patient=_without("weight_kg")),
        _asked(_order("依诺肝素", unit="mg/kg", route="sc")),
    ),
    "UNC-age": (_asked(_order("氨氯地平"), patient=_without("age_y")), _WELL),
    "UNC-dose": (_asked({"drug": "氨氯地平", "route": "po", "frequency": "qd"}), _WELL),
    "UNC-unit": (_asked(_order("氨氯地平", unit="IU")), _WELL),
    "UNC-frequency": (_asked(_order("氨氯地平", frequency="有时")), _WELL),
    "UNC-strength": (
        _asked(_order("氨氯地平", unit="片")), _asked(_order("氨氯地平 5mg/片", unit="片")),
    ),
    "UNC-hepatic": (_asked(_order("利伐沙班"), diagnoses=[{"text": "失代偿期肝硬化"}]), _WELL),
    "UNC-limit": (_asked(_order("转移因子")), _WELL),
    "UNC-sex": (
        _asked(_order("二甲双胍"), patient={**_without("egfr"), "sex": "unknown"}),
        _asked(_order("二甲双胍")),
    ),
    "UNC-route": (_asked(_order("氨氯地平", route="脑内")), _WELL),
    "UNC-allergies": (_asked(_order("氨氯地平"), allergies=None), _WELL),
    "UNC-allergy-text": (_asked(_order("氨氯地平"), allergies=["某种东西"]), _WELL),
    "UNC-level": (_asked(_order("莫西沙星"), prescriber=None), _asked(_order("莫西沙星"))),
    "UNC-contradictory": (
        _asked(_order("氨氯地平"), patient={**_ADULT, "pregnant": True}), _WELL,
    ),
    "DUP-SUBSTANCE": (_asked(_order("感冒灵颗粒", unit="袋"), _order("对乙酰氨基酚")), _WELL),
    "ALG-same": (_asked(_order("氨氯地平"), allergies=["氨氯地平"]), _WELL),
    "MTX-daily": (
        _asked(_order("甲氨蝶呤", dose=10)), _asked(_order("甲氨蝶呤", dose=10, frequency="qw")),
    ),
}  # fmt: skip
