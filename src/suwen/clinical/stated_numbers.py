"""Numbers that patients state: temperature, blood pressure, glucose, pulse, oxygen, age, weeks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_DIGITS: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "俩": 2}
_N = r"(\d+(?:\.\d+)?|[零一二两俩三四五六七八九十百半]+)"


def number_of(word: str) -> float | None:
    """The value of a number in digits or Chinese words, at most three figures; else ``None``."""
    if re.fullmatch(r"(?a)\d+(?:\.\d+)?", word):
        return float(word)
    if word == "半":
        return 0.5
    total, digit = 0.0, 0.0
    seen_unit = False
    for character in word:
        if character == "百":
            total, digit, seen_unit = total + (digit or 1) * 100, 0, True
        elif character == "十":
            total, digit, seen_unit = total + (digit or 1) * 10, 0, True
        elif character in _DIGITS:
            digit = (
                _DIGITS[character] if seen_unit or not digit else digit * 10 + _DIGITS[character]
            )
        else:
            return None
    if digit and word[-2:-1] == "百":
        digit *= 10  # In speech 一百八 is 180.
    return total + digit


_NO_OTHER: Final = (
    r"(?!\d|\s*(?:mg|mcg|ml|毫克|毫升|片|粒|颗|盒|岁|年|个|月|天|周|次|分钟|小时|楼|斤|公斤|"
    r"单位|秒|米|"
    r"years?|yrs?|months?|weeks?|days?|hours?|hrs?|min|sec|times|tablets?|pills?|units?|pounds|"
    r"lbs|kg|am\b|pm\b|st\b|nd\b|th\b|%))"
)
"""What after a number says that it measures something else: a dose, a time, a weight."""
_TEMPERATURE: Final = (
    re.compile(
        rf"(?a)(?:烧|热|体温|温度|[肛腋耳额口]温|temp\w*|\bhot\b|"
        rf"fever)[^，。,;；\n]{{0,8}}?{_N}度?(?:([\d一二三四五六七八九])(?!\d)|(半))?"
    ),
    re.compile(r"(?a)(?<![\d.])((?:3[6-9]|4[0-3])(?:\.\d)?)(?: ?c)?\s*(?:fever|temp)()()"),
    re.compile(r"(?a)[量测][^，。,;；\n血糖压\d]{0,6}?((?:3[6-9]|4[0-2])\.\d)(?![\d公千斤%])()()"),
    re.compile(
        rf"(?a)(?<!室外)(?<!气温)(?<!水温)(?<!外面){_N}\s*(?:度(?!高温)|°c?|℃|c\b|degrees?)(?:([\d一二三四五六七八九])(?!\d)|(半))?"
    ),
)
_FAHRENHEIT: Final = re.compile(
    r"(?a)\b(9[5-9]|10[0-9])(\.\d)?\s*(?:°\s*f|f\b|degrees|fahrenheit)?"
)
_BARE_CELSIUS: Final = re.compile(
    r"(?a)(?<![\d.])(?:3[89]|4[01])\.\d(?![\d%]|\s*(?:kg|公|千|斤|岁|周|cm|mm))"
)
_OF_FEVER: Final = re.compile(
    r"(?a)fever|temp|hot|\df\b|° ?f|\d f\b|fahrenheit|烧|烫|发热|体温|腋|耳温|degrees|rectal|"
    r"armpit|axillary|thermometer|"
    r"running an? |burning|tylenol|forehead"
)
_OTHER_UNIT: Final = re.compile(
    r"(?a)[\d.]|\s*(?:lbs?|pounds?|kgs?|mg|ml|cm|mm|%|/|over|fm|斤|公斤|千克|厘米)"
)
_PRESSURE: Final = re.compile(
    r"(?a)(?<![\d.])(\d{2,3})\s*(?:/|／|over|-|、|和|的)\s*(\d{2,3})(?![\d.])"
)
_SYSTOLIC: Final = re.compile(
    r"(?a)(?:高压|收缩压|血压(?!药|片|计)|systolic|blood pressure|"
    r"\bbp\b)[^，。,;；\n\d]{0,8}?([一二两]百[一二三四五六七八九]?十?|\d{2,3}(?![\d.])"
    + _NO_OTHER
    + r")"
)
_DIASTOLIC: Final = re.compile(
    r"(?a)(?:低压|舒张压|diastolic)[^，。,;；\n\d]{0,6}?(一百[一二三四五六七八九]?十?|"
    r"[六七八九]十|\d{2,3})"
)
_GLUCOSE: Final = re.compile(
    r"(?a)(?:血糖|糖|扎(?:了)?(?:个)?(?:手指|指头|指尖)|指尖血|glucose|sugars?|"
    r"finger ?(?:stick|"
    r"prick)|glucometer|\bcgm|"
    r"libre|dexcom|(?<!thermo)meter)[^，。,;；\n\d]{0,16}?(\d{1,3}(?:\.\d+)?(?!\.)"
    + _NO_OTHER.replace("mg|", "", 1)
    + r"|[一二三四五六七八九十]+(?:点[一二三四五六七八九])?"
    + r"(?![般直样下定个天周月年次型起些片粒瓶颗两]))\s*(mg)?"
)
_PULSE: Final = re.compile(
    r"(?a)(?:心率|心跳|脉搏|heart ?rate|heart(?! (?:attack|surgery|disease|doctor|failure|meds?|"
    r"pills?))|pulse|"
    r"\bhr\b)[^。;；\n\d]{0,14}?(一百[一二三四五六七八九]?十?|两百|[二三四五六七八九]十|"
    r"\d{2,3}" + _NO_OTHER.replace("次|", "", 1) + r")|(\d{2,3})\s*bpm"
)
_OXYGEN: Final = re.compile(
    r"(?a)(?:血氧|氧饱和度?|饱和度|spo2|o2 sat\w*|oxygen|\bsats\b|\bsat (?:is|of|was|"
    r"at)\b)[^，。,;；\n\d]{0,12}?"
    r"([六七八九]十[一二三四五六七八九]?"
    r"|\d{2,3}" + _NO_OTHER.replace("|%", "", 1) + r")"
)
_RESPIRATION: Final = re.compile(
    r"(?a)(?:呼吸|喘|breath\w*|respirat\w*)[^，。,;；\n\d]{0,12}?(\d{2,3})\s*(?:次|times|下|/|"
    r"a min|per min|breaths)|(\d{2,3})\s*breaths"
)
_WEEKS: Final = re.compile(
    rf"(?a)(?:孕|怀孕|怀|怀了|怀胎|pregnant)[^，。,;；\n\d]{{0,5}}?{_N}\s*(?:多|来)?(周|"
    rf"个?多?月|weeks?|wks?|months?)"
    rf"|{_N}\s*(?:周|wks?|weeks?)[^，。,;；\n]{{0,8}}(?:孕|pregnan|gestat)|"
    rf"(\d{{1,2}})\s*(?:w\b|周\s*\+)"
)
_AGES: Final = (
    (re.compile(rf"(?a){_N}\s*(?:周?岁|years? old|yrs? old|yo\b|y/o|year-old)"), 1.0),
    (re.compile(rf"(?a){_N}\s*个?(?:多)?月(?:大|的?(?:宝|娃|婴|孩|毛毛|女儿|儿子|小))"), 1 / 12),
    (
        re.compile(
            rf"(?a){_N}[- ]*(?:months?|mos?)[- ]*old|(?:宝宝|宝贝|娃|孩子|婴儿|女儿|儿子|毛毛|"
            rf"囡囡|闺女|小孩|baby|才)[^，。,\n\d]{{0,4}}?{_N}个(?:多)?月(?!前|了)|"
            rf"(?<=刚){_N}个月"
        ),
        1 / 12,
    ),
    (re.compile(rf"(?am)^{_N}个(?:多)?月(?:大)?(?=,|，| )"), 1 / 12),
    (
        re.compile(
            rf"(?a){_N}[- ]*(?:weeks?|wks?)[- ]*old|{_N}周大|\b(?:baby|girl|boy|son|daughter|"
            rf"newborn)"
            rf"(?: girl| boy)?(?: is|s| just turned)? {_N} (?:weeks|wks)\b"
        ),
        1 / 52,
    ),
    (
        re.compile(
            rf"(?a)\b{_N}[- ]*(?:mo|m/o|mth)s? (?:old|baby|girl|boy|son|daughter)\b|"
            rf"\b(?:baby|girl|boy|son|daughter|newborn)(?: is|s| just turned)"
            rf" {_N} (?:months?|mos?)\b"
        ),
        1 / 12,
    ),
    (
        re.compile(
            rf"(?a)(?:出生|生下来?|生后)(?:才|第|刚|了)?{_N}\s*天|{_N}[- ]*days?[- ]*old|"
            rf"{_N}天大|"
            rf"(?:宝宝|宝贝|娃|婴儿|毛毛|囡囡|小孩)(?:才|刚|今天|刚刚|"
            rf"现在)?{_N}天(?=[，,。 大的发烧])"
        ),
        1 / 365,
    ),
)
_JUST_BORN: Final = re.compile(r"刚满月|没满月|未满月|没出月子|刚出生|新生儿|才满月|月子娃|newborn")


def stated_numbers(plain: str) -> Mapping[str, float]:
    """Measured values in a text, by name; a name that is not there was not stated.

    Names and units: ``temperature`` °C (highest), ``systolic`` and ``diastolic`` mmHg (highest),
    ``glucose_low`` and ``glucose_high`` mmol/L, ``pulse_low`` and ``pulse_high`` per minute,
    ``oxygen`` % (lowest), ``respiration`` per minute, ``weeks`` of gestation, ``age`` years.
    Values outside what a living body shows are taken for slips and left out.
    """
    found: dict[str, float] = {}
    _temperatures(plain, found)
    _pressures(plain, found)
    for match in _GLUCOSE.finditer(plain):
        value = _chinese_decimal(match.group(1))
        if value is not None:
            value = value / 18 if match.group(2) or value > 45 else value
            _keep(found, "glucose_low", value, (0.5, 45), least=True)
            _keep(found, "glucose_high", value, (0.5, 45))
    for match in _PULSE.finditer(plain):
        value = number_of(match.group(1) or match.group(2)) or 0
        _keep(found, "pulse_low", value, (15, 300), least=True)
        _keep(found, "pulse_high", value, (15, 300))
    for match in _OXYGEN.finditer(plain):
        _keep(found, "oxygen", number_of(match.group(1)) or 0, (40, 100), least=True)
    for match in _RESPIRATION.finditer(plain):
        _keep(found, "respiration", float(match.group(1) or match.group(2)), (5, 120))
    _weeks(plain, found)
    _age(plain, found)
    return found


def _keep(
    found: dict[str, float],
    name: str,
    value: float,
    within: tuple[float, float],
    least: bool = False,
) -> None:
    if within[0] <= value <= within[1]:
        known = found.get(name, value)
        found[name] = min(known, value) if least else max(known, value)


def _chinese_decimal(word: str) -> float | None:
    whole, _, part = word.partition("点")
    value = number_of(whole)
    tenths = number_of(part) if part else 0
    return None if value is None or tenths is None else value + tenths / 10


def _temperatures(plain: str, found: dict[str, float]) -> None:
    for pattern in _TEMPERATURE:
        for match in pattern.finditer(plain):
            value = number_of(match.group(1))
            if value is None:
                continue
            tenth = number_of(match.group(2)) if match.group(2) else 5 if match.group(3) else 0
            if value == int(value):
                value += (tenth or 0) / 10
            _keep(found, "temperature", value, (30, 43.5))
    for match in _BARE_CELSIUS.finditer(plain):
        if _OF_FEVER.search(plain[max(0, match.start() - 24) : match.end() + 8]):
            _keep(found, "temperature", float(match.group()), (30, 43.5))
    for match in _FAHRENHEIT.finditer(plain):
        near = plain[max(0, match.start() - 30) : match.end() + 8]
        tenths = match.group(2) and not _OTHER_UNIT.match(plain, match.end())
        if (tenths and float(match.group(1)) >= 100) or _OF_FEVER.search(near):
            value = float(match.group(1) + (match.group(2) or ""))
            _keep(found, "temperature", round((value - 32) / 1.8, 1), (35, 43.5))


def _pressures(plain: str, found: dict[str, float]) -> None:
    for match in _PRESSURE.finditer(plain):
        upper, lower = float(match.group(1)), float(match.group(2))
        if 60 <= upper <= 300 and 30 <= lower < upper and upper - lower >= 10:
            _keep(found, "systolic", upper, (60, 300))
            _keep(found, "diastolic", lower, (30, 200))
    for match in _SYSTOLIC.finditer(plain):
        _keep(found, "systolic", number_of(match.group(1)) or 0, (50, 300))
    for match in _DIASTOLIC.finditer(plain):
        _keep(found, "diastolic", number_of(match.group(1)) or 0, (30, 200))


def _weeks(plain: str, found: dict[str, float]) -> None:
    for match in _WEEKS.finditer(plain):
        value = number_of(match.group(1) or match.group(3) or match.group(4))
        if value is None:
            continue
        if match.group(2) and ("月" in match.group(2) or "month" in match.group(2)):
            value *= 4.3
        _keep(found, "weeks", value, (1, 43))


def _age(plain: str, found: dict[str, float]) -> None:
    for pattern, years in _AGES:
        for match in pattern.finditer(plain):
            word = next(group for group in match.groups() if group)
            value = number_of(word)
            if value is not None and value * years <= 120:
                found.setdefault("age", value * years)
    if _JUST_BORN.search(plain):
        found.setdefault("age", 20 / 365)
