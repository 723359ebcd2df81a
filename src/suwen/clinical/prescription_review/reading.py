"""A request of the contract, read strictly: every fault is named by its field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any, Final
from unicodedata import category

from suwen.clinical.prescription_review.prescription import (
    Diagnosis,
    OrderLine,
    PatientFacts,
    Prescription,
)
from suwen.core.errors import InputError
from suwen.core.language import Bilingual

SEXES: Final = ("male", "female", "other", "unknown")
SETTINGS: Final = ("outpatient", "emergency", "inpatient")
_LONGEST: Final = 500
_MOST_ORDERS: Final = 200
_REQUEST = frozenset(
    {"patient", "allergies", "diagnoses", "current_medications", "orders", "setting",
     "prescriber", "at", "language"}
)  # fmt: skip
_PATIENT = frozenset(
    {"age_y", "age_months", "age_days", "sex", "weight_kg", "height_cm", "pregnant", "lactating",
     "egfr", "creatinine_umol_l", "child_pugh"}
)  # fmt: skip
_ORDER = frozenset({"drug", "dose", "unit", "route", "frequency", "days", "form", "reference"})
_AGES = (("age_y", "years", 1.0, 130.0), ("age_months", "months", 1 / 12, 1560.0),
         ("age_days", "days", 1 / 365.25, 47_500.0))  # fmt: skip
_DOSES: Final = (1e-6, 1e9)
_DAYS: Final = (0.01, 3650.0)
# Control and format characters, lone halves of a pair, private and replaced ones: what was meant
# is not known. A line break is a blank.
_UNREADABLE: Final = frozenset({"Cc", "Cs", "Co", "Cn"})
_BLANKS: Final = str.maketrans("\t\r\n", "   ")
_NOT_SEEN: Final = frozenset("\u200b\u200c\u200d\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\ufffd")
_RANGES = {
    "weight_kg": (0.2, 500.0), "height_cm": (15.0, 260.0), "egfr": (0.0, 400.0),
    "creatinine_umol_l": (1.0, 5000.0),
}  # fmt: skip


def read_prescription(request: Mapping[str, Any]) -> Prescription:
    """The prescription that a request of the contract holds.

    Raises:
        InputError: ``request_invalid`` with the path of the field at fault; its value is not
            repeated.
    """
    body = _mapping(request, "")
    _no_others(body, _REQUEST, "")
    orders = _orders(body, "orders")
    if not orders:
        raise _refused("orders", "至少要有一条医嘱", "at least one order is needed")
    return Prescription(
        patient=_patient(_mapping(_needed(body, "patient"), "patient")),
        orders=orders,
        setting=_choice(_needed(body, "setting"), "setting", SETTINGS),
        allergies=_allergies(body),
        diagnoses=_diagnoses(body),
        current=_orders(body, "current_medications"),
        antibacterial_level=_level(body.get("prescriber")),
        at=_instant(body.get("at")),
    )


def _patient(body: Mapping[str, Any]) -> PatientFacts:
    _no_others(body, _PATIENT, "patient.")
    age, age_in = _age(body)
    numbers = {
        name: _number(body.get(name), f"patient.{name}", low, high)
        for name, (low, high) in _RANGES.items()
    }
    grade = body.get("child_pugh")
    return PatientFacts(
        sex=_choice(_needed(body, "sex", "patient."), "patient.sex", SEXES),
        age_y=age,
        age_in=age_in,
        pregnant=_truth(body.get("pregnant"), "patient.pregnant"),
        lactating=_truth(body.get("lactating"), "patient.lactating"),
        child_pugh=None if grade is None else _choice(grade, "patient.child_pugh", ("A", "B", "C")),
        **numbers,
    )


def _age(body: Mapping[str, Any]) -> tuple[float | None, str | None]:
    given = [entry for entry in _AGES if body.get(entry[0]) is not None]
    if len(given) > 1:
        raise _refused(f"patient.{given[1][0]}", "年龄只能用一种单位", "one unit of age only")
    if not given:
        return None, None
    name, unit, years, most = given[0]
    value = _number(body[name], f"patient.{name}", 0.0, most)
    return (None if value is None else value * years), unit


def _orders(body: Mapping[str, Any], name: str) -> tuple[OrderLine, ...]:
    return tuple(
        _order(_mapping(item, f"{name}[{index}]"), f"{name}[{index}]")
        for index, item in enumerate(_list(body.get(name), name))
    )


def _order(body: Mapping[str, Any], path: str) -> OrderLine:
    _no_others(body, _ORDER, f"{path}.")
    drug = _text(_needed(body, "drug", f"{path}."), f"{path}.drug")
    if drug is None:
        raise _refused(f"{path}.drug", "缺药名", "the drug's name is missing")
    days = _number(body.get("days"), f"{path}.days", *_DAYS)
    dose = _number(body.get("dose"), f"{path}.dose", *_DOSES)
    return OrderLine(
        drug=drug,
        reference=_text(body.get("reference"), f"{path}.reference") or path,
        dose=dose,
        unit=_text(body.get("unit"), f"{path}.unit"),
        route=_text(body.get("route"), f"{path}.route"),
        frequency=_frequency(body.get("frequency"), f"{path}.frequency"),
        days=days,
        form=_text(body.get("form"), f"{path}.form"),
    )


def _frequency(value: object, path: str) -> str | Mapping[str, Any] | None:
    if value is None or isinstance(value, str):
        return _text(value, path)
    timing = _mapping(value, path)
    repeat = _mapping(timing.get("repeat", timing), f"{path}.repeat")
    for name in ("frequency", "frequencyMax", "period", "count"):
        if repeat.get(name) is not None:
            _number(repeat[name], f"{path}.repeat.{name}", 0.001, 1e4)
    if repeat.get("periodUnit") is not None:
        units = ("s", "min", "h", "d", "wk", "mo", "a")
        _choice(repeat["periodUnit"], f"{path}.repeat.periodUnit", units)
    return timing


def _allergies(body: Mapping[str, Any]) -> tuple[str, ...] | None:
    if body.get("allergies") is None:
        return None
    texts = (
        _text(item, f"allergies[{index}]")
        for index, item in enumerate(_list(body["allergies"], "allergies"))
    )
    return tuple(text for text in texts if text is not None)


def _diagnoses(body: Mapping[str, Any]) -> tuple[Diagnosis, ...]:
    found = []
    for index, item in enumerate(_list(body.get("diagnoses"), "diagnoses")):
        path = f"diagnoses[{index}]"
        entry = _mapping(item, path)
        _no_others(entry, frozenset({"text", "code"}), f"{path}.")
        text, code = _text(entry.get("text"), f"{path}.text"), _text(entry.get("code"), path)
        if text is None and code is None:
            raise _refused(path, "诊断须有文字或编码", "a diagnosis has a text or a code")
        found.append(Diagnosis(text or code or "", code))
    return tuple(found)


def _level(value: object) -> int | None:
    if value is None:
        return None
    body = _mapping(value, "prescriber")
    _no_others(body, frozenset({"antibacterial_level"}), "prescriber.")
    level = body.get("antibacterial_level")
    if level is None:
        return None
    if isinstance(level, bool) or level not in (1, 2, 3):
        raise _refused("prescriber.antibacterial_level", "须为1、2或3", "must be 1, 2 or 3")
    return int(level)


def _instant(value: object) -> datetime | None:
    written = _text(value, "at")
    if written is None:
        return None
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        raise _refused("at", "须为带时区的时间", "must be an instant with its zone") from None
    if instant.tzinfo is None:
        raise _refused("at", "须为带时区的时间", "must be an instant with its zone")
    return instant


def _mapping(value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise _refused(path or "request", "须为对象", "must be an object")
    return value


def _list(value: object, path: str) -> list[Any] | tuple[Any, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise _refused(path, "须为列表", "must be a list")
    if len(value) > _MOST_ORDERS:
        raise _refused(path, f"最多{_MOST_ORDERS}项", f"at most {_MOST_ORDERS} items")
    return value


def _needed(body: Mapping[str, Any], name: str, before: str = "") -> object:
    if body.get(name) is None:
        raise _refused(f"{before}{name}", "缺此项", "is missing")
    return body[name]


def _no_others(body: Mapping[str, Any], known: frozenset[str], before: str) -> None:
    for name in body:
        if name not in known:
            raise _refused(f"{before}{name[:60]}", "没有这个字段", "there is no such field")


def _choice(value: object, path: str, known: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in known:
        words = ", ".join(known)
        raise _refused(path, f"须为其一：{words}", f"must be one of {words}")
    return value


def _text(value: object, path: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise _refused(path, "须为文字", "must be text")
    if len(value) > _LONGEST:
        raise _refused(path, f"最长{_LONGEST}字", f"at most {_LONGEST} characters")
    plain = value.translate(_BLANKS)
    if not plain.isascii() or not plain.isprintable():
        for character in plain:
            if character in _NOT_SEEN or category(character) in _UNREADABLE:
                raise _refused(path, "含无法辨认的字符", "holds characters that cannot be read")
    return plain.strip() or None


def _truth(value: object, path: str) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise _refused(path, "须为true、false或null", "must be true, false or null")
    return value


def _number(value: object, path: str, low: float, high: float) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _refused(path, "须为数字", "must be a number")
    try:
        number = float(value)
    except (OverflowError, ValueError):
        number = float("inf")
    if not isfinite(number) or not low <= number <= high:
        raise _refused(path, f"须在{low:g}到{high:g}之间", f"must lie from {low:g} to {high:g}")
    return number


def _refused(path: str, zh: str, en: str) -> InputError:
    return InputError(
        "request_invalid", Bilingual(zh=f"{path}：{zh}", en=f"{path}: {en}"), field=path
    )
