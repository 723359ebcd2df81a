"""Sentences that the application says besides the findings."""

from __future__ import annotations

from datetime import date

from suwen.appkit import Bilingual

_NAMES = {
    "weight_kg": Bilingual(zh="体重", en="weight"),
    "height_cm": Bilingual(zh="身高", en="height"),
    "creatinine_umol_l": Bilingual(zh="肌酐", en="creatinine"),
    "egfr": Bilingual(zh="eGFR", en="eGFR"),
}
_UNITS = {"weight_kg": "kg", "height_cm": "cm", "creatinine_umol_l": "µmol/L",
          "egfr": "mL/min/1.73 m²"}  # fmt: skip


def unchecked_limit(number: int) -> Bilingual:
    """That some of it could not be checked."""
    return Bilingual(
        zh=f"有 {number} 项未能核对（见“未能核对”的提示），不可当作合格。",
        en=f"Not checked: {number} (see what is marked unchecked); that does not count as sound.",
    )


def value_taken(name: str, value: float, measured: date) -> Bilingual:
    """Which value of the record was used, and from when it is."""
    what, unit = _NAMES[name], _UNITS[name]
    return Bilingual(
        zh=f"{what.zh}取自记录：{value:g} {unit}（{measured.isoformat()}）。",
        en=f"The {what.en} is the record's: {value:g} {unit} ({measured.isoformat()}).",
    )


def value_not_taken(name: str) -> Bilingual:
    """That the record holds a value whose unit or form is not understood."""
    what = _NAMES[name]
    return Bilingual(
        zh=f"记录中的{what.zh}单位或形式读不懂，未采用。",
        en=f"The record's {what.en} is in a unit or form that is not understood; it was not used.",
    )


def continued(names: tuple[str, ...]) -> Bilingual:
    """Which orders were taken to carry on what the patient took already."""
    return Bilingual(
        zh=f"视为延续原有用药，剂量未与原用药相加：{'、'.join(names)}。",
        en=f"Taken to carry on what was taken before, doses not added: {', '.join(names)}.",
    )


NO_MOMENT = Bilingual(
    zh="医嘱没有时间且未给出 at：未推算年龄，未取用检验值。",
    en="No order says when it was written and at is not given: neither age nor measured values "
    "were taken from the record.",
)
SEVERAL_DOSAGES = Bilingual(
    zh="有医嘱的用法分多段或为区间，未作剂量核对。",
    en="The dosage of an order has several parts or is a range; its dose was not checked.",
)
RULES_AWAIT = Bilingual(
    zh="部分规则凭记忆整理，待本院药师审核；均可注明理由后继续。",
    en="Some rules are from memory and await review by this hospital's pharmacists; each can be "
    "overridden with a reason.",
)
