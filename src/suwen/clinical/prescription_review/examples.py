"""For each rule a prescription that it speaks of and a neighbour that it leaves alone.

The pages that document the rules show them, and a test holds every rule to both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from suwen.clinical.medicines.medicine import Medicine
from suwen.clinical.medicines.rows import RuleRow
from suwen.clinical.prescription_review.compiling import subject_names
from suwen.clinical.prescription_review.examples_of_form import form_example, statement_example
from suwen.clinical.prescription_review.rulebook import RuleBook

Request = Mapping[str, Any]

_ADULT: Final = {
    "age_y": 50, "sex": "male", "weight_kg": 70.0, "height_cm": 172.0, "egfr": 94.0,
    "pregnant": False, "lactating": False,
}  # fmt: skip
_WOMAN: Final = {**_ADULT, "age_y": 30, "sex": "female", "weight_kg": 56.0}
_ROUTES: Final = {"enteral": "po", "injected": "iv_drip", "inhaled": "inh", "systemic": "po"}
# Words that the pattern of a condition finds, where its title is none of them.
_SAID: Final = {
    "third_trimester": "孕32周", "smoker": "吸烟20支/日", "perioperative": "拟行胃切除术",
    "diabetes_dka": "糖尿病酮症酸中毒", "tb_latent": "潜伏结核感染",
    "severe_hypertension": "高血压危象", "peptic_ulcer": "活动性胃溃疡",
    "av_block": "三度房室传导阻滞", "heart_failure_severe": "心力衰竭 NYHA IV级",
    "ischaemic_heart": "冠心病", "stroke": "脑梗死", "hbv": "慢性乙型病毒性肝炎",
    "immunosuppressed": "肾移植术后", "viral_fever": "流行性感冒",
    "urinary_retention": "前列腺增生", "toxic_colitis": "中毒性巨结肠",
    "active_liver": "药物性肝损伤", "rhabdomyolysis": "横纹肌溶解史",
    "low_sodium_diet": "低盐饮食", "osa": "重度睡眠呼吸暂停", "g6pd": "G6PD缺乏症",
    "wpw_af": "预激综合征伴房颤", "eskd": "尿毒症", "cirrhosis_decompensated": "失代偿期肝硬化",
    "adrenal_insufficiency": "肾上腺皮质功能减退", "tonsillectomy": "扁桃体切除术后",
    "neonatal_jaundice": "新生儿高胆红素血症", "mtc": "甲状腺髓样癌",
    "copd_severe": "重度慢性阻塞性肺疾病", "bleeding_disorder": "血友病",
    "vte": "下肢深静脉血栓形成",
}  # fmt: skip
_KEYWORD_TEXTS: Final = {
    "airway": "诱发哮喘", "angioedema": "血管性水肿", "hit": "诱导的血小板减少症",
    "anaphylaxis": "过敏性休克",
}  # fmt: skip
_FORMS: Final = {
    "oral_solid": "片", "oral_liquid": "口服液", "modified": "缓释片", "enteric": "肠溶片",
    "inhalation": "吸入用溶液", "topical": "软膏", "rectal": "栓", "eye": "眼膏",
    "injection": "注射剂",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RuleExample:
    """Two requests of the contract: the rule speaks of ``fires`` and not of ``silent``."""

    fires: Request
    silent: Request


def example_of(row: RuleRow, book: RuleBook) -> RuleExample | None:
    """The example of a rule; ``None`` for rows that are no rule by themselves."""
    make = _EXAMPLES.get(row.table)
    return None if make is None else make(row, book)


def _request(*orders: Request, **more: Any) -> Request:
    return {
        "patient": _ADULT,
        "allergies": [],
        "diagnoses": [{"text": "社区获得性肺炎"}],
        "orders": list(orders),
        "setting": "inpatient",
        "prescriber": {"antibacterial_level": 3},
    } | more


def _order(drug: str, **more: Any) -> Request:
    return {"drug": drug, "route": "po"} | more


def _members(subject: str, book: RuleBook) -> list[Medicine]:
    names = subject_names(subject.lstrip("!"))
    found = [book.medicines[name] for name in names if name in book.medicines]
    for name in names:
        if name.startswith("@"):
            found += [m for m in book.medicines.values() if name[1:] in m.classes]
    return found


def _member(subject: str, book: RuleBook, unlike: Medicine | None = None) -> Medicine:
    if subject in ("*", "@iv_drug", "@im_injection"):
        return book.medicines["furosemide"]
    if subject == "@calcium_iv":
        return book.medicines["calcium chloride injection"]
    members = _members(subject, book)
    plain = [m for m in members if not m.contents] or members
    return next(m for m in plain if unlike is None or m.id != unlike.id)


def _interaction(row: RuleRow, book: RuleBook) -> RuleExample:
    one = _member(row.text("a"), book)
    two = _member(row.text("b"), book, one)
    route = "iv_drip" if row.text("routes") == "iv" else "po"
    first, second = _order(one.id, route=route), _order(two.id, route=route)
    return RuleExample(_request(first, second), _request(first))


def _dose(row: RuleRow, book: RuleBook) -> RuleExample:
    medicine = _member(row.text("medicine"), book)
    number, text = row.number, row.text
    usual_kg = 50.0 if text("per") == "kg" else 120.0
    usual_kg = 18.0 if (number("max_age_y") or 99.0) <= 18 else usual_kg
    weight = number("min_kg") or min(usual_kg, (number("max_kg") or 999.0) - 5)
    low, high = number("min_age_y"), number("max_age_y")
    age = low if low is not None else (high - 0.05 if high is not None else 50)
    age = age if low is None or high is None or age < high else (low + high) / 2
    patient = {**_ADULT, "age_y": age, "weight_kg": weight}
    form = {"modified": "缓释片", "plain": "片"}.get(text("form"))
    usual = _order(medicine.id, route=_ROUTES.get(text("route"), "po"), form=form,
                   unit=text("unit"), frequency="qd")  # fmt: skip
    if number("max_days") is not None:
        days = number("max_days") or 0.0
        much, right = {**usual, "days": days + 1}, {**usual, "days": days}
    else:
        bounds = _bounds(row, weight)
        often, times = ("qd", 1) if number("max_single") is not None else ("qid", 4)
        often = "qw" if number("max_weekly") is not None else often
        much = {**usual, "dose": max(bounds) * 1.05 / times, "frequency": often}
        right = {**usual, "dose": min(bounds) * 0.9 / times, "frequency": often}
    return RuleExample(_request(much, patient=patient), _request(right, patient=patient))


def _bounds(row: RuleRow, weight: float) -> list[float]:
    size = weight if row.text("per") == "kg" else 1.0
    return [
        *(v * size for c in ("max_single", "max_daily") if (v := row.number(c)) is not None),
        *(v for c in ("absolute_single", "absolute_daily", "max_weekly")
          if (v := row.number(c)) is not None),
    ]  # fmt: skip


def _renal(row: RuleRow, book: RuleBook) -> RuleExample:
    medicine = _member(row.text("medicine"), book)
    low, high = row.number("low"), row.number("high")
    value = low if low is not None else (high or 1.0) * 0.8
    route = _ROUTES.get(row.text("route"), "po")
    often = "qd"
    if row.text("effect") in ("limit_interval12", "limit_interval24", "limit_interval48"):
        often = "q6h"
    dose = max(row.number("max_single") or 0, row.number("max_daily") or 0, 1) * 100
    form = "缓释片" if row.text("effect") == "modified" else "片"
    order = _order(medicine.id, dose=dose, unit="mg", frequency=often, route=route, form=form)
    condition = row.text("condition")
    diagnoses = [{"text": "心房颤动"}] if condition == "atrial_fibrillation" else []
    sick, well = _kidneys(row.text("metric"), value)
    return RuleExample(
        _request(order, patient=sick, diagnoses=diagnoses),
        _request(order, patient=well, diagnoses=diagnoses),
    )


def _kidneys(metric: str, value: float) -> tuple[Request, Request]:
    well: dict[str, Any] = {**_ADULT, "age_y": 40, "egfr": 90.0}
    if metric == "weight":
        return {**well, "weight_kg": value}, well
    if metric == "apixaban_criteria":
        return {**well, "age_y": 82, "weight_kg": 55.0}, well
    if metric == "creatinine":
        return {**well, "creatinine_umol_l": value}, {**well, "creatinine_umol_l": 70}
    if metric == "egfr":
        return {**well, "egfr": value}, {**well, "egfr": 93.0 if value < 90 else 50.0}
    creatinine = 100 * 70.0 * 1.23 / max(value * 1.001, 0.5)
    return {**well, "creatinine_umol_l": round(creatinine, 4)}, {**well, "egfr": 92.0}


def _hepatic(row: RuleRow, book: RuleBook) -> RuleExample:
    medicine = _member(row.text("medicine"), book)
    order = _order(medicine.id, dose=(row.number("max_daily") or 1) * 2, unit="mg", frequency="qd")
    patient = {**_ADULT, "child_pugh": row.text("grades")[0]}
    return RuleExample(_request(order, patient=patient), _request(order))


def _pregnancy(row: RuleRow, book: RuleBook) -> RuleExample:
    order = _order(_member(row.text("medicine"), book).id)
    state = {"pregnant": True} if row.text("pregnancy") else {"lactating": True}
    week = row.number("from_week")
    diagnoses = [{"text": f"孕{week:.0f}周"}] if week else [{"text": "上呼吸道感染"}]
    return RuleExample(
        _request(order, patient={**_WOMAN, **state}, diagnoses=diagnoses),
        _request(order, patient=_WOMAN),
    )


def _age(row: RuleRow, book: RuleBook) -> RuleExample:
    low, high = row.number("min_age_y"), row.number("max_age_y")
    inside = low if low is not None else (high or 1.0) * 0.5
    outside = high if high is not None else (low or 1.0) - 1
    conditions = [name for name in row.text("condition").split(";") if name]
    diagnoses = [{"text": _said(name, book)} for name in conditions] or [{"text": "肺炎"}]
    days = (row.number("min_days") or 0) + 1
    route = "iv_drip" if row.text("route") == "injected" else "po"
    order = _order(_member(row.text("medicine"), book).id, route=route, days=days)
    young, grown = {**_ADULT, "age_y": inside}, {**_ADULT, "age_y": outside}
    return RuleExample(
        _request(order, patient=young, diagnoses=diagnoses),
        _request(order, patient=grown, diagnoses=diagnoses),
    )


def _said(condition: str, book: RuleBook) -> str:
    row = book.row("conditions", condition)
    return _SAID.get(condition) or ("" if row is None else row.text("zh"))


def _disease(row: RuleRow, book: RuleBook) -> RuleExample:
    subject = row.text("medicine")
    route = "im" if subject == "@im_injection" else "po"
    medicine = _member(subject, book)
    order = _order(medicine.id, route=route, dose=3000, unit="mg", frequency="qd")
    condition = row.text("condition")
    if condition in ("female", "male"):
        other = {"female": "male", "male": "female"}[condition]
        one, two = ({**_WOMAN, "sex": sex} for sex in (condition, other))
        return RuleExample(_request(order, patient=one), _request(order, patient=two))
    said = [{"text": _said(condition, book)}]
    return RuleExample(_request(order, diagnoses=said), _request(order))


def _duplicate(row: RuleRow, book: RuleBook) -> RuleExample:
    sides = row.text("classes").split("+")
    chosen: list[Medicine] = []
    if len(sides) == 2:
        chosen.append(_member(sides[0], book))
        chosen.append(_member(sides[1], book, chosen[0]))
    else:
        count, members = int(row.text("count")), _members(sides[0], book)
        chosen = [m for m in members if not m.contents][:count]
        chosen = chosen if len(chosen) == count else members[:count]
    patient = {**_ADULT, "age_y": row.number("min_age_y") or 50}
    orders = [_order(medicine.id) for medicine in chosen]
    return RuleExample(_request(*orders, patient=patient), _request(orders[0], patient=patient))


def _allergy(row: RuleRow, book: RuleBook) -> RuleExample | None:
    subject = row.text("from_subject").split(";")[0]
    source: Medicine | None = None
    if subject.startswith("#") or row.text("only_named"):
        words = next(r for r in book.rows("allergens") if subject in r.text("subject").split(";"))
        text = words.text("words").split(";")[0]
        text = "鱼过敏" if subject == "#fish" else text
    else:
        source = _member(subject, book)
        text = source.id
    keyword = row.text("keyword")
    text = f"{text} {_KEYWORD_TEXTS[keyword]}" if keyword else text
    other = _other(row, source, book)
    if other is None:
        # A class of one: it is named as a class.
        named = [r for r in book.rows("allergens") if subject in r.text("subject").split(";")]
        if not named:
            return None
        text, other = named[0].text("words").split(";")[0], _member(subject, book)
    order = _order(other.id)
    return RuleExample(_request(order, allergies=[text]), _request(order, allergies=["无"]))


_NARROWER: Final = frozenset(
    {"r1_ampicillin", "r1_amoxicillin", "r1_ceftazidime", "r1_methoxyimino",
     "r1_methoxyimino_ceftriaxone", "nsaid_propionic", "nsaid_acetic", "nsaid_oxicam",
     "nsaid_fenamate", "salicylate", "pyrazolone"}
)  # fmt: skip


def _other(row: RuleRow, source: Medicine | None, book: RuleBook) -> Medicine | None:
    """A medicine that this rule alone speaks of, ``None`` where there is no other one."""
    members = _members(row.text("to_subject"), book)
    if row.text("from_subject") != row.text("to_subject"):
        own = {name[1:] for name in subject_names(row.text("from_subject"))}
        members = [m for m in members if not m.classes & own] or members
    if source is not None:
        members = [m for m in members if not m.substances & source.substances]
    # A graver row speaks where a narrower group is shared, too.
    narrower = _NARROWER if source is None else _NARROWER & source.classes
    if "@penicillin" in row.text("from_subject") and row.text("severity") in ("minor", "info"):
        narrower = _NARROWER
    plain = [m for m in members if not m.classes & narrower]
    return next((m for m in plain or members if m.id != "insulin"), None)


def _route(row: RuleRow, book: RuleBook) -> RuleExample:
    subject = row.text("medicine")
    medicine = _member(subject, book)
    if subject.startswith("!"):
        kept = subject_names(subject[1:])
        medicine = next(book.medicines[n] for n in ("vancomycin", "ceftriaxone") if n not in kept)
    routes, forms = row.text("routes").split(), row.text("forms").split()
    route = "im" if routes[0] == "injected" else routes[0]
    form = _FORMS.get(forms[0]) if forms else None
    allowed = "iv_drip" if "injected" not in routes and "iv_drip" not in routes else "外用"
    wrong = _order(medicine.id, route=route, form=form)
    # Potassium is diluted in something, or it is taken for a push.
    beside = [_order("sodium chloride", route="iv_drip")] if row.id == "RT-kcl-vein" else []
    return RuleExample(_request(wrong, *beside), _request({**wrong, "route": allowed}, *beside))


def _reminder(row: RuleRow, book: RuleBook) -> RuleExample:
    medicine = _member(row.text("medicine"), book)
    return RuleExample(_request(_order(medicine.id)), _request(_order("氯雷他定")))


def _form(row: RuleRow, book: RuleBook) -> RuleExample | None:
    pair = form_example(row, book)
    return None if pair is None else RuleExample(*pair)


def _statement(row: RuleRow, book: RuleBook) -> RuleExample | None:
    pair = statement_example(row)
    return None if pair is None else RuleExample(*pair)


_EXAMPLES: Final[Mapping[str, Callable[[RuleRow, RuleBook], RuleExample | None]]] = {
    "interactions": _interaction,
    "dose_limits": _dose,
    "renal": _renal,
    "hepatic": _hepatic,
    "pregnancy": _pregnancy,
    "ages": _age,
    "diseases": _disease,
    "duplicates": _duplicate,
    "allergies": _allergy,
    "routes": _route,
    "reminders": _reminder,
    "legal": _form,
    "statements": _statement,
}
