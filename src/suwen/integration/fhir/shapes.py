"""Checks of FHIR R4 data types, written by hand for the reading path: fast and exact in place."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import Any

from suwen.core.errors import InputError
from suwen.integration.fhir.problems import refused

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)
_DATE_TIME = re.compile(
    r"\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?)?)?", re.ASCII
)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_FRACTION = re.compile(r"\.(\d+)")
_COMPARATORS = frozenset({"<", "<=", ">=", ">"})
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Check:
    """One check in two forms, so that what is right costs almost nothing.

    Attributes:
        passes: whether a value is right, without a word about where; may doubt a value that is
            right, also by raising ``TypeError``, and never lets one pass that ``explain`` would
            refuse.
        explain: raises ``InputError`` with the path of what is wrong; decides where ``passes``
            doubts, and never asks it, so that one can be held against the other.
    """

    passes: Callable[[Any], bool]
    explain: Callable[[object, str], object]


def parse_date_time(text: str) -> datetime | date | None:
    """The value of a FHIR date, dateTime or instant; coarse precision gives the first day.

    ``None`` when the text has the wrong form or names a day or time that does not exist.
    """
    if not _DATE_TIME.fullmatch(text):
        return None
    try:
        if "T" in text:
            micro = _FRACTION.sub(lambda m: "." + (m[1] + "000000")[:6], text)
            return datetime.fromisoformat(micro)
        return date.fromisoformat(text + "-01-01"[len(text) - 4 :])
    except ValueError:
        return None


def wrong_type(path: str, zh: str, en: str) -> InputError:
    """The refusal of an element that is not of its FHIR type."""
    return refused("element_type", path, f"必须是{zh}。", f"Must be {en}.")


# One result or specimen brings its time many times over: what was found is remembered. Called
# without a look at the type: whatever is no text raises TypeError, which counts as a doubt.
@lru_cache(_REMEMBERED)
def _is_day(text: str) -> bool:
    return _DATE.fullmatch(text) is not None and parse_date_time(text) is not None


@lru_cache(_REMEMBERED)
def _is_date_time(text: str) -> bool:
    return parse_date_time(text) is not None


@lru_cache(_REMEMBERED)
def _is_instant(text: str) -> bool:
    return _INSTANT.fullmatch(text) is not None and _is_date_time(text)


def _explain_string(value: object, path: str) -> None:
    if not isinstance(value, str) or not value:
        raise wrong_type(path, "非空字符串", "a string that is not empty")


def _explain_boolean(value: object, path: str) -> None:
    if not isinstance(value, bool):
        raise wrong_type(path, "布尔值 true 或 false", "true or false, without quotes")


def _explain_number(value: object, path: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise wrong_type(path, "数字（不加引号）", "a number, without quotes")
    if not Decimal(str(value)).is_finite():
        raise wrong_type(path, "有限的数字", "a finite number")


def _explain_whole(value: object, path: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type(path, "整数", "a whole number")


def _explain_day(value: object, path: str) -> None:
    if not isinstance(value, str) or not _is_day(value):
        raise wrong_type(
            path, "真实存在的日期，如 2024-05-31", "a date that exists, such as 2024-05-31"
        )


def _explain_date_time(value: object, path: str) -> None:
    if not isinstance(value, str) or not _is_date_time(value):
        raise wrong_type(
            path,
            "日期，或带秒与时区的时间，如 2024-05-31T08:30:00+08:00",
            "a date, or a time with seconds and zone, such as 2024-05-31T08:30:00+08:00",
        )


def _explain_instant(value: object, path: str) -> None:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise wrong_type(path, "带秒与时区的时间", "a time with seconds and zone")
    _explain_date_time(value, path)


def _mapping(value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise wrong_type(path, "对象 { }", "an object { }")
    return value


def _is_number(value: Any) -> bool:
    kind = type(value)
    if kind is Decimal:
        return bool(value.is_finite())
    return kind is int or (kind is float and isfinite(value))


string = Check(lambda value: type(value) is str and value != "", _explain_string)
"""A non-empty string."""

boolean = Check(lambda value: value is True or value is False, _explain_boolean)
"""true or false, not as text."""

number = Check(_is_number, _explain_number)
"""A JSON number, not as text."""

whole = Check(lambda value: type(value) is int, _explain_whole)
"""A whole number."""

day = Check(_is_day, _explain_day)
"""A date of year, month or day precision that exists."""

date_time = Check(_is_date_time, _explain_date_time)
"""A date, or a date with time, seconds and zone."""

instant = Check(_is_instant, _explain_instant)
"""A time with seconds and zone."""

mapping = Check(lambda value: type(value) is dict, _mapping)
"""An object."""


def code(codes: frozenset[str]) -> Check:
    """One of the codes of a required binding."""

    def explain(value: object, path: str) -> None:
        if not isinstance(value, str) or value not in codes:
            listed = sorted(codes)
            raise refused(
                "code_not_allowed",
                path,
                f"必须是以下代码之一：{'、'.join(listed)}。",
                f"Must be one of the codes: {', '.join(listed)}.",
            )

    return Check(codes.__contains__, explain)


def many(check: Check, at_least: int = 0) -> Check:
    """An array of values that each pass."""
    item_passes = check.passes

    def passes(value: Any) -> bool:
        if type(value) is not list or len(value) < at_least:
            return False
        for item in value:  # noqa: SIM110 - a generator costs more than the loop
            if not item_passes(item):
                return False
        return True

    def explain(value: object, path: str) -> None:
        if not isinstance(value, list | tuple):
            raise wrong_type(path, "数组 [ ]", "an array [ ]")
        if len(value) < at_least:
            raise refused(
                "element_missing", path, f"至少需要 {at_least} 项。", f"Needs at least {at_least}."
            )
        for index, item in enumerate(value):
            check.explain(item, f"{path}[{index}]")

    return Check(passes, explain)


def shape(required: tuple[str, ...] = (), /, **elements: Check) -> Check:
    """An object whose named elements pass where present; those in ``required`` must be there."""
    named = {name.rstrip("_"): check for name, check in elements.items()}
    look_up = {name: check.passes for name, check in named.items()}.get
    if not set(required) <= named.keys():
        raise ValueError("what must be there is checked too, so that null is not enough")

    def passes(value: Any) -> bool:
        if type(value) is not dict:
            return False
        for name in required:
            if name not in value:
                return False
        for name, item in value.items():
            element_passes = look_up(name)
            if element_passes is not None and not element_passes(item):
                return False
        return True

    def explain(value: object, path: str) -> None:
        body = _mapping(value, path)
        for name in required:
            if body.get(name) is None:
                raise missing(f"{path}.{name}")
        for name, element in named.items():
            if name in body:
                element.explain(body[name], f"{path}.{name}")

    return Check(passes, explain)


def of_type(resource_type: str, check: Check) -> Check:
    """An object that passes where it is of one resource type, and always where it is of another."""
    type_passes = check.passes

    def passes(value: Any) -> bool:
        if type(value) is not dict:
            return False
        return value.get("resourceType") != resource_type or type_passes(value)

    def explain(value: object, path: str) -> None:
        if _mapping(value, path).get("resourceType") == resource_type:
            check.explain(value, path)

    return Check(passes, explain)


def missing(path: str) -> InputError:
    """The refusal of a resource that lacks an element which R4 requires."""
    return refused(
        "element_missing",
        path,
        "R4 要求有此项，但缺失。",
        "R4 requires this element and it is missing.",
    )


def _texts_pass(value: Any) -> bool:
    """Whether an object holds nothing but texts, as codings and references nearly always do."""
    if type(value) is not dict:
        return False
    for item in value.values():  # noqa: SIM110 - a generator costs more than the loop
        if type(item) is not str or not item:
            return False
    return True


def _concept_passes(value: Any) -> bool:
    if type(value) is not dict:
        return False
    for name, item in value.items():
        if name == "coding":
            if type(item) is not list:
                return False
            for one in item:
                if type(one) is not dict:
                    return False
                for text in one.values():
                    if type(text) is not str or not text:
                        return False
        elif type(item) is not str or not item:
            return False
    return True


def _quantity_passes(value: Any) -> bool:
    if type(value) is not dict:
        return False
    for name, item in value.items():
        if name == "value":
            if not _is_number(item):
                return False
        elif type(item) is not str or not item or name == "comparator":
            return False
    return True


def _ranges_pass(value: Any) -> bool:
    if type(value) is not list:
        return False
    for one in value:
        if type(one) is not dict:
            return False
        for name, item in one.items():
            if name == "low" or name == "high":
                if not _quantity_passes(item):
                    return False
            elif name == "type":
                if not _concept_passes(item):
                    return False
            elif name == "text" and (type(item) is not str or not item):
                return False
    return True


def _concepts_pass(value: Any) -> bool:
    if type(value) is not list:
        return False
    for item in value:  # noqa: SIM110 - a generator costs more than the loop
        if not _concept_passes(item):
            return False
    return True


coding = Check(_texts_pass, shape(system=string, code=string, display=string).explain)
concept = Check(_concept_passes, shape(coding=many(coding), text=string).explain)
concepts = Check(_concepts_pass, many(concept).explain)
reference = Check(_texts_pass, shape(reference=string, display=string, type=string).explain)
period = shape(start=date_time, end=date_time)
quantity = Check(
    _quantity_passes,
    shape(
        value=number, unit=string, code=string, system=string, comparator=code(_COMPARATORS)
    ).explain,
)
ranges = Check(
    _ranges_pass, many(shape(low=quantity, high=quantity, text=string, type=concept)).explain
)
identifier = shape(system=string, value=string, type=concept, period=period)
attachment = shape(contentType=string, data=string, title=string, url=string)


def _explain_order(value: object, path: str) -> None:
    period.explain(value, path)
    body = _mapping(value, path)
    start, end = (
        parse_date_time(body[name]) if name in body else None for name in ("start", "end")
    )
    if isinstance(start, datetime) and isinstance(end, datetime) and end < start:
        raise refused(
            "period_reversed",
            path,
            "结束时间早于开始时间，请核对。",
            "It ends before it starts; check both times.",
        )


def _order_passes(value: Any) -> bool:
    if not period.passes(value) or "start" not in value or "end" not in value:
        return period.passes(value)
    start, end = value["start"], value["end"]
    # Of the same precision and zone, the order is that of the texts; else the exact form decides.
    return len(start) == len(end) and start[19:] == end[19:] and start <= end


period_in_order = Check(_order_passes, _explain_order)
"""A period that does not end before it starts."""
