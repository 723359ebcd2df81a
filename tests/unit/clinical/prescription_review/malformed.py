"""Prescriptions that something was done to, so that they cannot be reviewed whole."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from tests.unit.clinical.prescription_review.cases import WOMAN, order, request

DRUGS = ("氨氯地平", "依那普利", "地高辛", "辛伐他汀", "美托洛尔", "格列美脲", "瑞舒伐他汀")
DOSES = {"地高辛": "0.125 mg", "格列美脲": "2 mg", "美托洛尔": "25 mg"}
Damage = Callable[[random.Random, dict[str, Any]], None]


def _put(where: Callable[[dict[str, Any]], Any], field: str, *values: Any) -> Damage:
    def damage(chance: random.Random, body: dict[str, Any]) -> None:
        where(body)[field] = chance.choice(values)

    return damage


def _set(field: str, *values: Any) -> Damage:
    return _put(lambda body: body["orders"][0], field, *values)


def _patient(field: str, *values: Any) -> Damage:
    return _put(lambda body: body["patient"], field, *values)


def _body(field: str, *values: Any) -> Damage:
    return _put(lambda body: body, field, *values)


def _noise(chance: random.Random, body: dict[str, Any]) -> None:
    letters = "龘㗎☃zqxv#%@0"
    name = "".join(chance.choice(letters) for _ in range(chance.randint(3, 30)))
    body["orders"][0]["drug"] = name


def _hidden(chance: random.Random, body: dict[str, Any]) -> None:
    """A character that nobody sees, in a place that is read."""
    field = chance.choice(("drug", "unit", "route", "frequency"))
    written = str(body["orders"][0][field])
    at = chance.randint(0, len(written))
    sign = chance.choice("\u200b\u202e\ufeff\x00\x07\ud800\ue000\ufffd\u2060")
    body["orders"][0][field] = written[:at] + sign + written[at:]


def _mojibake(chance: random.Random, body: dict[str, Any]) -> None:
    """What a wrong encoding makes of a Chinese name."""
    name = body["orders"][0]["drug"].encode("utf-8")
    wrong = chance.choice(("latin-1", "cp437", "koi8-r", "big5"))
    body["orders"][0]["drug"] = name.decode(wrong, "replace")


def _drop(chance: random.Random, body: dict[str, Any]) -> None:
    body["orders"][0].pop(chance.choice(("drug", "dose", "unit", "route", "frequency")))


def _leave_out(chance: random.Random, body: dict[str, Any]) -> None:
    body.pop(chance.choice(("patient", "orders", "setting", "allergies", "diagnoses")))


def _another(chance: random.Random, body: dict[str, Any]) -> None:
    """A second line that is broken, behind one that is sound."""
    wrong = chance.choice(({}, 5, None, "氨氯地平", {"drug": "白色小药片"}, {"drug": ["阿司匹林"]},
                           {"drug": "阿司匹林"}, {"dose": 5}))  # fmt: skip
    body["orders"].append(wrong)


def _too_many(chance: random.Random, body: dict[str, Any]) -> None:
    body[chance.choice(("orders", "current_medications"))] = body["orders"] * 500


def _contradict(chance: random.Random, body: dict[str, Any]) -> None:
    """Facts that cannot all be true."""
    body["patient"].update(
        chance.choice(
            (
                {"sex": "male", "pregnant": True}, {"sex": "male", "lactating": True},
                {"age_y": 4, "pregnant": True}, {"age_y": 91, "lactating": True},
                {"weight_kg": 3.1}, {"height_cm": 52}, {"age_y": 1, "weight_kg": 68},
                {"weight_kg": 460, "height_cm": 110}, {"egfr": 120, "creatinine_umol_l": 900},
                {"egfr": 8, "creatinine_umol_l": 50}, {"age_y": 3, "height_cm": 181},
                {"age_y": 30, "age_months": 12}, {"age_days": 3, "weight_kg": 40},
            )
        )
    )  # fmt: skip


def _other_units(chance: random.Random, body: dict[str, Any]) -> None:
    body["orders"][0].update(dose=5, unit=chance.choice(("IU", "万单位", "ml", "片", "mmol", "MU")))


DAMAGES: tuple[Damage, ...] = (
    _noise, _hidden, _mojibake, _drop, _leave_out, _another, _too_many, _contradict, _contradict,
    _other_units,
    _set("drug", "", " ", None, 5, [], {}, True, "？", "药", "x" * 600, "白色小药片",
         "drug; DROP TABLE", "氨氯地平,二甲双胍", "&#27688;", "%E6%B0%A8", "氨氯地平和阿司匹林",
         "同上", "见上", "略"),
    _set("dose", 0, -5, "5", "五", float("nan"), float("inf"), -float("inf"), True, [5], {}, 1e30,
         10**400, 1e-9, Decimal("NaN"), Decimal("1e999"), "5mg", "1/2"),
    _set("unit", "", None, "mgg", "勺", "少许", "把", 5, [], "mg/猫", "//", "µ", "mg mg", "kg/kg",
         "毫", "粒粒", "℃", "%"),
    _set("frequency", "", None, "有时", "每日若干次", "qqd", {"repeat": {}}, {"repeat": 5}, 3, [],
         {"repeat": {"frequency": -1, "period": 1, "periodUnit": "d"}}, "bid tid", "q0h", "每0小时",
         {"repeat": {"frequency": 1, "period": 0, "periodUnit": "d"}}, "-3次/日", "每日-1次",
         {"repeat": {"frequency": 1, "period": 1, "periodUnit": "fortnight"}},
         {"repeat": {"frequency": "3", "period": 1, "periodUnit": "d"}}, True),
    _set("route", "", None, "脑内", "spiritually", 4, [], "po/iv?", "口", "静", "随便"),
    _set("days", 0, -1, "7", 1e6, float("nan"), True, [3], 1e-9, "一周"),
    _set("form", 5, [], {"片": 1}, True),
    _set("strenght", "5mg"), _set("Dose", 5), _set("quantity", 100),
    _patient("age_y", -1, 400, "46", None, True, [], float("nan"), 10**400),
    _patient("age_days", -1, 3), _patient("age_months", "5", 7),
    _patient("sex", None, "男", "M", 1, "", [], "Female "),
    _patient("weight_kg", 0, 9999, "68", -3, True, float("inf"), []),
    _patient("height_cm", 0, 3, 999, "171", [], 1.71),
    _patient("creatinine_umol_l", 0, -5, "75", 1e9, True),
    _patient("egfr", -1, 1e6, "90", True, float("nan")),
    _patient("pregnant", "no", 0, 1, "否", []), _patient("lactating", "yes", 1),
    _patient("child_pugh", "D", 5, "a", True, []),
    _patient("unknown_field", 1), _patient("weight", 68),
    _body("orders", [], None, {}, "x", 5, [[]], [None]), _body("patient", None, [], 5, "女"),
    _body("diagnoses", "x", 5, [5], [{}], [{"text": ""}], [{"txt": "高血压"}], [], [None],
          [{"text": "高\x00压"}], [{"text": "高血压" * 400}]),
    _body("allergies", "青霉素", [5], None, ["�ù�"], {}, ["某种东西"], ["x" * 600]),
    _body("setting", None, "ward", 5, "", [], "Outpatient"),
    _body("prescriber", [], {"antibacterial_level": 9}, {"level": 3}, "医师",
          {"antibacterial_level": "3"}),
    _body("at", "gestern", 5, "2026-13-45", "2026-01-01T00:00:00", [], "12:00"),
    _body("language ", "zh"), _body("bundle_id", 1),
)  # fmt: skip


def sound_request(drug: str) -> dict[str, Any]:
    """A request with which nothing is wrong."""
    return request(order(drug, DOSES.get(drug, "5 mg"), "qd"), patient=dict(WOMAN))


def malformed_requests(count: int, seed: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """So many sound requests with what was done to each, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        sound = sound_request(chance.choice(DRUGS))
        body = copy.deepcopy(sound)
        chance.choice(DAMAGES)(chance, body)
        yield sound, body
