"""Prescriptions that something was done to, so that they cannot be reviewed whole."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

from tests.unit.clinical.prescription_review.cases import WOMAN, order, request

DRUGS = ("氨氯地平", "二甲双胍", "warfarin", "左氧氟沙星片", "依那普利", "地高辛", "辛伐他汀")
Damage = Callable[[random.Random, dict[str, Any]], None]


def _first(body: dict[str, Any]) -> dict[str, Any]:
    return body["orders"][0]


def _set(field: str, *values: Any) -> Damage:
    def damage(chance: random.Random, body: dict[str, Any]) -> None:
        _first(body)[field] = chance.choice(values)

    return damage


def _patient(field: str, *values: Any) -> Damage:
    def damage(chance: random.Random, body: dict[str, Any]) -> None:
        body["patient"][field] = chance.choice(values)

    return damage


def _body(field: str, *values: Any) -> Damage:
    def damage(chance: random.Random, body: dict[str, Any]) -> None:
        body[field] = chance.choice(values)

    return damage


def _noise(chance: random.Random, body: dict[str, Any]) -> None:
    letters = "片龘㗎☃zqxv#%@0"
    _first(body)["drug"] = "".join(chance.choice(letters) for _ in range(chance.randint(3, 30)))


def _drop(chance: random.Random, body: dict[str, Any]) -> None:
    _first(body).pop(chance.choice(("drug", "dose", "unit", "route", "frequency")))


DAMAGES: tuple[Damage, ...] = (
    _noise, _drop,
    _set("drug", "", " ", None, 5, [], "？", "药", "x" * 600, "白色小药片", "drug; DROP TABLE"),
    _set("dose", 0, -5, "5", None, float("nan"), float("inf"), True, [5], 1e30),
    _set("unit", "", None, "mgg", "勺", "少许", "把", 5, "mg/猫", "//", "µ"),
    _set("frequency", "", None, "有时", "每日若干次", "qqd", {"repeat": {}}, {"repeat": 5}, 3,
         {"repeat": {"frequency": -1, "period": 1, "periodUnit": "d"}}, "bid tid"),
    _set("route", "", None, "脑内", "spiritually", 4, "po/iv?"),
    _set("days", 0, -1, "7", 1e6, float("nan")),
    _patient("age_y", -1, 400, "46", None),
    _patient("sex", None, "男", "M", 1),
    _patient("weight_kg", 0, 9999, "68"),
    _patient("creatinine_umol_l", 0, -5, "75"),
    _patient("unknown_field", 1),
    _body("orders", [], None, {}, "x"), _body("patient", None, [], 5), _body("diagnoses", [], "x"),
    _body("allergies", "青霉素", [5], None), _body("setting", None, "ward", 5),
    _body("prescriber", [], {"antibacterial_level": 9}), _body("at", "gestern", 5),
)  # fmt: skip


def malformed_requests(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """So many damaged requests, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        drug = chance.choice(DRUGS)
        body = copy.deepcopy(request(order(drug, "5 mg", "qd"), patient=dict(WOMAN)))
        chance.choice(DAMAGES)(chance, body)
        yield body
