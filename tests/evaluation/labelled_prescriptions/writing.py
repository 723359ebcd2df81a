"""Writes a case out as a hospital would: names, units, frequencies and routes in many spellings."""

# ruff: noqa: E501 - a row is read as one line

from __future__ import annotations

import csv
import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .model import Case, Expected
from .patients import patient_of

FOLDER = Path(__file__).parent
FREQUENCIES: dict[str, tuple[Any, ...]] = {
    "qd": ("qd", "QD", "q.d.", "每日一次", "每日1次", "一日一次", "1次/日", "once daily",
           {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}),
    "bid": ("bid", "BID", "b.i.d.", "每日两次", "每日2次", "一日二次", "2次/日", "twice daily",
            {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}),
    "tid": ("tid", "TID", "t.i.d.", "每日三次", "每日3次", "一日三次", "3次/日",
            {"repeat": {"frequency": 3, "period": 1, "periodUnit": "d"}}),
    "qid": ("qid", "QID", "每日四次", "每日4次", "4次/日"),
    "5x": ("每日5次", "一日五次", "5次/日"),
    "q4h": ("q4h", "Q4H", "每4小时一次"),
    "q6h": ("q6h", "Q6H", "每6小时一次", "每六小时1次"),
    "q8h": ("q8h", "Q8H", "每8小时一次", "每八小时1次"),
    "q12h": ("q12h", "Q12H", "每12小时一次", "每十二小时1次"),
    "qn": ("qn", "QN", "每晚一次", "睡前一次", "hs"),
    "qod": ("qod", "QOD", "隔日一次"),
    "qw": ("qw", "QW", "每周一次", "每周1次", {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}}),
    "st": ("st", "ST", "立即", "即刻"),
    "prn": ("prn", "PRN", "必要时"),
}  # fmt: skip
ROUTES = {
    "po": ("po", "PO", "p.o.", "口服", "oral"), "iv": ("iv", "静脉注射", "静注", "iv"),
    "ivgtt": ("ivgtt", "静脉滴注", "静滴", "iv drip"), "im": ("im", "肌内注射", "肌注", "IM"),
    "ih": ("ih", "皮下注射", "sc", "H"), "inh": ("inh", "雾化吸入", "吸入"),
    "sl": ("sl", "舌下含服"), "top": ("外用", "topical"), "it": ("鞘内注射", "it", "intrathecal"),
    "ng": ("鼻饲", "胃管注入"), "pv": ("阴道给药", "pv"), "pr": ("直肠给药", "pr"),
    "eye": ("滴眼", "点眼"),
}  # fmt: skip
DAYS_BY_SETTING = {"outpatient": 3, "emergency": 2, "inpatient": 1}
AMOUNT = re.compile(r"^(\d+(?:\.\d+)?)(mg|ug|g|IU|ml|片|粒|袋|支|丸|mg/kg)$")
MILLIGRAMS = {"mg": 1.0, "ug": 0.001, "g": 1000.0}


@dataclass(frozen=True)
class Drug:
    """One row of the catalogue."""

    key: str
    zh: str
    en: str
    brands: tuple[str, ...]
    others: tuple[str, ...]
    misspelt: tuple[str, ...]
    form: str
    strength: str
    usual: str
    dx: str

    @property
    def names(self) -> tuple[str, ...]:
        """Every right name."""
        return (self.zh, self.en, *self.brands, *self.others)


@cache
def catalogue() -> dict[str, Drug]:
    """All drugs by key."""

    def words(text: str) -> tuple[str, ...]:
        return tuple(word for word in text.split(",") if word)

    with (FOLDER / "drugs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="|"))
    return {
        row["key"]: Drug(
            row["key"], row["zh"], row["en"], words(row["brands"]), words(row["others"]),
            words(row["misspelt"]), row["form"], row["strength"], row["usual"], row["dx"],
        )
        for row in rows
    }  # fmt: skip


def number(value: float) -> float | int:
    """Without a tail of binary digits; whole where it is whole."""
    rounded = round(value, 5)
    return int(rounded) if rounded == int(rounded) else rounded


def written_name(drug: Drug, rng: random.Random) -> str:
    """One of the ways in which the drug is written."""
    pick = rng.random()
    if pick < 0.06 and drug.misspelt:
        return rng.choice(drug.misspelt)
    if pick < 0.20 and drug.brands:
        return rng.choice(drug.brands)
    if pick < 0.30 and drug.others:
        return rng.choice(drug.others)
    if pick < 0.42:
        return drug.en if rng.random() < 0.7 else drug.en.capitalize()
    if pick < 0.60:
        return drug.zh + drug.form
    return drug.zh


def written_amount(
    amount: float, unit: str, drug: Drug | None, rng: random.Random
) -> tuple[Any, str, str]:
    """Dose, unit and what is added to the name (a strength, where tablets are counted)."""
    pick = rng.random()
    if drug is not None and unit in MILLIGRAMS and pick < 0.2:
        strength = AMOUNT.match(drug.strength)
        if strength and strength[2] in MILLIGRAMS and drug.form[-1] in "片囊散":
            count = amount * MILLIGRAMS[unit] / (float(strength[1]) * MILLIGRAMS[strength[2]])
            if abs(count * 2 - round(count * 2)) < 1e-9 and 0.5 <= count <= 10:
                piece = {"片": "片", "囊": "粒", "散": "袋"}[drug.form[-1]]
                return number(count), piece, f" {drug.strength}/{piece}"
    if unit == "mg" and amount >= 100 and pick < 0.45:
        return number(amount / 1000), rng.choice(("g", "克")), ""
    if unit == "mg" and amount < 1 and pick < 0.6:
        return number(amount * 1000), rng.choice(("ug", "μg", "mcg")), ""
    if unit == "mg" and pick > 0.93:
        return number(amount), "毫克", ""
    if unit == "IU" and pick > 0.7:
        return number(amount), rng.choice(("单位", "U")), ""
    return number(amount), unit, ""


def written_order(text: str, setting: str, rng: random.Random) -> dict[str, Any]:
    """The order of the contract that a line of short hand stands for."""
    first, *rest = text.split()
    drug = None if first.startswith("=") else catalogue()[first]
    order: dict[str, Any] = {"drug": first[1:].replace("_", " ")}
    if drug is not None:
        order["drug"] = written_name(drug, rng)
        order["form"] = drug.form
    tokens = {"days": str(DAYS_BY_SETTING[setting])}
    for token in [*(drug.usual.split() if drug else []), *rest]:
        if AMOUNT.match(token):
            tokens["amount"] = token
        elif token in FREQUENCIES or token.startswith("freq="):
            tokens["frequency"] = token
        elif token in ROUTES or token.startswith("route="):
            tokens["route"] = token
        elif re.fullmatch(r"\d+d", token):
            tokens["days"] = token[:-1]
        elif token.startswith("form="):
            order["form"] = token[5:]
        elif token in ("-amount", "-frequency", "-route", "-days", "-form"):
            tokens.pop(token[1:], None)
            order.pop(token[1:], None)
        else:
            raise ValueError(f"{text!r}: {token!r} is neither amount, frequency, route nor days")
    if "amount" in tokens:
        value, unit = AMOUNT.fullmatch(tokens["amount"]).groups()  # type: ignore[union-attr]
        order["dose"], order["unit"], strength = written_amount(float(value), unit, drug, rng)
        order["drug"] += strength
    for name, table in (("frequency", FREQUENCIES), ("route", ROUTES)):
        token = tokens.get(name)
        if token is not None:
            order[name] = token.split("=", 1)[1] if "=" in token else rng.choice(table[token])
    if "days" in tokens:
        order["days"] = int(tokens["days"])
    return order


def key_of(line: str) -> str:
    """The key of the drug, or its literal name with ``=``."""
    return line.split()[0]


def usual_diagnoses(case: Case) -> list[str]:
    """What the drugs ordered and taken are for, each named once."""
    keys = [key_of(line) for line in (*case.orders, *case.current)]
    return list(dict.fromkeys(catalogue()[key].dx for key in keys if not key.startswith("=")))


def written_drug(key: str, lines: tuple[str, ...], orders: list[dict[str, Any]]) -> dict[str, str]:
    """The names by which a finding may call a drug of the prescription."""
    index = [key_of(line) for line in lines].index(key)
    drug = catalogue().get(key)
    literal = key.removeprefix("=").replace("_", " ")
    return {
        "written": str(orders[index]["drug"]),
        "generic_zh": drug.zh if drug else literal,
        "generic_en": drug.en if drug else literal,
    }


def write(case: Case, identifier: str) -> tuple[dict[str, Any], tuple[dict[str, Any], ...]]:
    """The request and its expected findings; the same identifier is always written alike."""
    rng = random.Random(f"suwen:{identifier}")
    orders = [written_order(line, case.setting, rng) for line in case.orders]
    current = [written_order(line, case.setting, rng) for line in case.current]
    for order in current:
        order.pop("days", None)
    diagnoses = usual_diagnoses(case) if case.diagnoses is None else list(case.diagnoses)
    request: dict[str, Any] = {
        "patient": patient_of(case.patient),
        "allergies": list(case.allergies),
        "diagnoses": [coded(text) for text in diagnoses],
        "current_medications": current,
        "orders": orders,
        "setting": case.setting,
    }
    if case.level is not None:
        request["prescriber"] = {"antibacterial_level": case.level}
    lines = (*case.orders, *case.current)
    return request, tuple(label(one, lines, orders + current) for one in case.expected)


def coded(text: str) -> dict[str, str]:
    """A diagnosis; a code stands before a bar where there is one."""
    code, bar, words = text.partition("|")
    return {"code": code, "text": words} if bar else {"text": text}


def label(one: Expected, lines: tuple[str, ...], orders: list[dict[str, Any]]) -> dict[str, Any]:
    """The expected finding with the names as written."""
    return {
        "kinds": list(one.kinds),
        "drugs": [written_drug(key, lines, orders) for key in one.drugs],
        "minimal_severity": one.severity,
        "interrupts": one.interrupts,
        "basis": one.basis,
    }
