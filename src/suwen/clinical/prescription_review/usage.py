"""How a medicine is given: route, form, frequency and unit, read from any usual wording."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from suwen.clinical.medicines.wording import ACTIVITY, MASS, folded_name
from suwen.language.frequencies import find_frequencies

_ROUTES: Final[Mapping[str, str]] = {
    written: route
    for route, words in {
        "po": "po p.o. p.o oral orally peros per_os 口服 内服 冲服 吞服 餐前口服 餐后口服 "
        "饭后口服 饭前口服 泡服 煎服 水煎服 含服 含漱",
        "chewed": "嚼服 嚼碎 嚼碎服 嚼碎口服 研碎 研碎服 研碎口服 碾碎口服 chew chewed crushed",
        "sl": "sl s.l. sublingual 舌下 舌下含服 舌下含化",
        "tube": "ng ngt tube 鼻饲 胃管 胃管注入 管饲 胃管内注入 经胃管 鼻胃管 peg 胃造瘘",
        "iv_push": "ivpush iv_push iv.push iv推 静推 静脉推注 静注 静脉注射 缓慢静注 缓慢静脉注射 "
        "iv_bolus bolus",
        "iv_drip": "ivgtt iv.gtt ivdrip iv_drip ivvd ivd gtt vd 静滴 静脉滴注 静脉点滴 静脉泵入 "
        "微泵 泵入 静脉输注 infusion iv_infusion 持续静脉泵入",
        "iv": "iv i.v. i.v intravenous 静脉 静脉给药",
        "im": "im i.m. i.m intramuscular 肌注 肌内注射 肌肉注射",
        "sc": "sc s.c. ih i.h. h sq subq subcutaneous 皮下 皮下注射",
        "id": "id i.d. 皮内 皮内注射 皮试",
        "it": "it i.t. intrathecal 鞘内 鞘内注射 鞘注",
        "epidural": "epidural 硬膜外 硬膜外注射 硬膜外给药",
        "other_injection": "ia intraarterial 动脉 动脉注射 腹腔 腹腔注射 胸腔 关节腔 关节腔注射 "
        "膀胱灌注 ip 局部注射 局部浸润 球旁注射 玻璃体腔注射 骨髓 病灶内注射 intraarticular",
        "inh": "inh inhalation inhaled 吸入 雾化 雾化吸入 氧气雾化吸入 喷吸 neb nebulised 经口吸入",
        "topical": "top topical ext 外用 外敷 外涂 涂 涂擦 涂患处 贴 湿敷 外洗 坐浴 泡洗 皮肤外用 "
        "局部 局部外用 冲洗 漱口 喷涂 喷患处",
        "transdermal": "td transdermal 透皮 贴敷 经皮",
        "eye": "eye ou od_eye os 滴眼 点眼 眼用 涂眼 滴双眼 滴左眼 滴右眼 入眼 ophthalmic",
        "ear": "ear otic 滴耳",
        "nasal": "nasal nas 滴鼻 喷鼻 鼻喷 鼻腔 经鼻 intranasal",
        "rectal": "pr p.r. rectal 直肠 肛塞 塞肛 纳肛 灌肠 保留灌肠 直肠给药",
        "vaginal": "pv p.v. vaginal 阴道 阴道给药 塞阴道 阴道用",
    }.items()
    for written in words.split()
}
# Words by which a longer wording tells the route; the first that is in it counts.
_ROUTE_WORDS: Final = tuple(
    (re.compile(words), route)
    for words, route in (
        ("鞘内|鞘注", "it"),
        ("硬膜外", "epidural"),
        ("[胸腹节]腔|球[后旁]|玻璃体|膀胱(?:灌注|冲洗)|病灶内|动脉", "other_injection"),
        ("皮内|皮试", "id"),
        ("皮下", "sc"),
        ("肌注|肌内|肌肉", "im"),
        ("鼻饲|胃管|鼻肠管|鼻胃|造瘘|管饲", "tube"),
        ("静推|静脉推|静注|静脉注射|推注|缓推|小壶|入壶|墨菲|^ivp$|^iv[ -]?(?:推|push|bolus)",
         "iv_push"),
        ("静滴|静脉滴|点滴|滴注|泵|输注|输液|静点|^iv[-_ ]?(?:gtt|drip|pb|滴)", "iv_drip"),
        ("静脉", "iv"),
        ("雾化|吸入|雾吸", "inh"),
        ("舌下", "sl"),
        ("眼|结膜囊", "eye"),
        ("耳", "ear"),
        ("鼻", "nasal"),
        ("阴道|塞阴|纳阴", "vaginal"),
        ("直肠|肛|灌肠", "rectal"),
        ("透皮|经皮", "transdermal"),
        ("外用|外[涂搽擦敷洗喷贴]|[涂搽敷漱]|患处|熏洗|坐浴|泡脚|封包|喷[喉口]|贴[皮胸于]|洗头",
         "topical"),
        ("(?<!不得)(?<!不可)(?<!不能)(?<!勿)(?<!不要)(?:嚼|研碎|碾碎|掰碎)|chew|crush", "chewed"),
        ("口服|内服|[冲送温分吞含]服|嚼|含化|口含|煎|代茶|烊化|经口|^(?:饭|餐)[前中后]$", "po"),
    )
)  # fmt: skip
INJECTED: Final = frozenset(
    {"iv_push", "iv_drip", "iv", "im", "sc", "id", "it", "epidural", "other_injection"}
)
INTO_A_VEIN: Final = frozenset({"iv_push", "iv_drip", "iv"})
LOCAL: Final = frozenset({"topical", "eye", "ear", "nasal", "vaginal"})
"""Routes by which little reaches the blood."""

_FORMS: Final = (
    ("inhalation", ("吸入", "雾化", "粉雾", "气雾剂", "inhal", "nebul")),
    ("eye", ("眼膏", "滴眼", "眼用", "眼液", "eye")),
    ("topical", ("外用", "软膏", "乳膏", "凝胶", "搽剂", "洗剂", "酊", "贴", "滴耳", "滴鼻",
                 "鼻喷", "阴道", "ointment", "cream", "topical", "patch")),
    ("rectal", ("灌肠", "栓", "enema", "suppositor")),
    ("piece", ("饮片",)),
    ("injection", ("注射", "粉针", "针剂", "输液", "笔芯", "预充", "injection", "infusion", "vial",
                   "ampoule")),
    ("oral_liquid", ("口服溶液", "口服液", "糖浆", "混悬", "合剂", "滴剂", "溶液", "solution",
                     "syrup", "suspension")),
    ("oral_solid", ("片", "胶囊", "丸", "颗粒", "散", "冲剂", "tablet", "capsule", "granule",
                    "powder")),
)  # fmt: skip
_COUNTED: Final = (
    "片 粒 袋 支 瓶 丸 枚 贴 喷 揿 吸 包 颗 块 张 滴 tab tabs tablet tablets cap caps capsule "
    "capsules sachet vial amp ampoule puff puffs drop drops dose 剂 盒 条 板 cap. tab. gtt s"
)
COUNTED: Final = frozenset(_COUNTED.split())
VOLUME: Final = {"ml": 1.0, "毫升": 1.0, "l": 1000.0, "升": 1000.0, "cc": 1.0}
MOLES: Final = {"mmol": 1.0, "meq": 1.0, "毫摩尔": 1.0, "mol": 1000.0, "毫当量": 1.0}
_ONCE_WORDS: Final = (
    "st st. stat 即刻 立即 once 一次 顿服 一次性 sos 临时 单次 即服 术前 术前30分 术前30分钟 "
    "术中 1次 一次用"
)
_ONCE: Final = frozenset(_ONCE_WORDS.split())
_BEFORE_SURGERY: Final = re.compile(
    r"^术前\s?(?:\d+(?:\.\d+)?|半|一)\s?(?:个)?(?:min|分钟?|h|小时)$"
)
_N: Final = r"(\d{1,2}|十二|[一二两三四五六八十])"
_NUMBERS: Final = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "八": 8, "十": 10,
                   "十二": 12}  # fmt: skip
# What prescriptions say beside the usual wordings: a pattern and how often in so many days.
_OFTEN: Final = tuple(
    (re.compile(pattern), times, days)
    for pattern, times, days in (
        # Of a range the most, for that is what must be safe.
        (rf"^(?:每日|每天|一日|日){_N}\s?(?:-|~|到|至)\s?(?P<n>\d|[二两三四六])\s?次$", "n", 1.0),
        (r"^(?:每[日天])?早晚(?:各\s?[一1]?\s?[次片粒袋支喷滴丸吸包]?)?$", 2.0, 1.0),
        (r"^(?:每日)?(?:三|每)餐(?:前|时|中|后)?$", 3.0, 1.0),
        (r"^(?:晨|早|晚|晨起|睡前|[早中午晚][餐饭][前中时后]?)$", 1.0, 1.0),
        (rf"^(?P<n>{_N})\s?/\s?[日天]$", "n", 1.0),
        (rf"^每?\s?(?P<n>{_N})\s?(?:个)?(?:小时|h)\s?(?:[一1]\s?次)?$", 24.0, "n"),
        (r"^每(?:个)?小时\s?(?:[一1]\s?次)?$", 24.0, 1.0),
        (r"^(?:隔[日天]|每隔一?[日天])$", 0.5, 1.0),
        (rf"^每\s?(?P<n>{_N})\s?[日天]\s?(?:[一1]\s?次)?$", 1.0, "n"),
        (r"^q\.?\s?(?P<n>\d{1,2})\s?d$", 1.0, "n"),
        (rf"^每?\s?(?P<n>{_N})\s?(?:个)?(?:周|星期)\s?[一1]\s?次$", 1 / 7, "n"),
        (r"^每?半年\s?[一1]\s?次$", 2 / 365, 1.0),
    )
)  # fmt: skip
_AS_DIRECTED = ("遵医嘱", "自用", "遵嘱", "医嘱", "as directed", "own use", "ut dict")
_TIMES = {"qd": 1.0, "od": 1.0, "q.d.": 1.0, "bid": 2.0, "b.i.d.": 2.0, "tid": 3.0,
          "t.i.d.": 3.0, "qid": 4.0, "q.i.d.": 4.0, "qn": 1.0, "hs": 1.0, "q8h": 3.0, "q12h": 2.0,
          "q6h": 4.0, "q4h": 6.0, "qw": 1 / 7, "qod": 0.5, "biw": 2 / 7, "tiw": 3 / 7,
          "q24h": 1.0, "q2h": 12.0, "q1h": 24.0, "q3h": 8.0, "qm": 1.0, "qam": 1.0, "q2w": 1 / 14,
          "q3w": 1 / 21, "q4w": 1 / 28, "q48h": 0.5, "q72h": 1 / 3, "qmo": 1 / 30}  # fmt: skip
_PERIOD_DAYS = {"s": 1 / 86_400, "min": 1 / 1440, "h": 1 / 24, "d": 1.0, "wk": 7.0, "mo": 30.0,
                "a": 365.0}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Frequency:
    """How often.

    Attributes:
        per_day: times a day, ``None`` where that is not known.
        once: given a single time.
        as_needed: given only when needed.
        as_directed: left to "as directed", which a prescription must not.
    """

    per_day: float | None = None
    once: bool = False
    as_needed: bool = False
    as_directed: bool = False


_UNKNOWN = Frequency()
# A minus that joins no range: "2-3次" is one, "每日-1次" is a slip.
_NEGATIVE: Final = re.compile(r"(?<![0-9a-z])[-−]\s?\d")


@lru_cache(maxsize=4096)
def route_of(written: str) -> str | None:
    """The route that a wording means, ``None`` when it is not known."""
    folded = folded_name(written)
    found = _ROUTES.get(folded) or _ROUTES.get(folded.replace(" ", "_").replace("-", "_"))
    if found is not None:
        return found
    return next((route for words, route in _ROUTE_WORDS if words.search(folded)), None)


@lru_cache(maxsize=4096)
def form_of(written: str) -> str | None:
    """The kind of form that a wording means, ``None`` when it is not known."""
    folded = folded_name(written)
    return next((kind for kind, words in _FORMS if any(word in folded for word in words)), None)


def frequency_of(written: str | Mapping[str, Any] | None) -> Frequency:
    """How often a wording or the ``repeat`` of a FHIR Timing means."""
    if written is None:
        return _UNKNOWN
    if isinstance(written, str):
        return _worded(written)
    return _timed(written.get("repeat", written))


@lru_cache(maxsize=8192)
def _worded(written: str) -> Frequency:
    folded = folded_name(written)
    if (times := _TIMES.get(folded)) is not None:
        return Frequency(times)
    if folded in _ONCE:
        return Frequency(once=True)
    if any(words in folded for words in _AS_DIRECTED):
        return Frequency(as_directed=True)
    if _NEGATIVE.search(folded):
        return _UNKNOWN
    if _BEFORE_SURGERY.match(folded):
        return Frequency(once=True)
    if (often := _often(folded)) is not None:
        return Frequency(often)
    mentions = find_frequencies(folded)
    needed = any(mention.as_needed for mention in mentions)
    rates = {mention.per_day for mention in mentions if mention.per_day is not None}
    if len(rates) != 1:
        return Frequency(as_needed=needed)
    return Frequency(float(rates.pop()), as_needed=needed)


def _often(folded: str) -> float | None:
    """Times a day by the further wordings, ``None`` where none of them is the whole text."""
    for pattern, times, days in _OFTEN:
        if (found := pattern.match(folded)) is not None:
            number = _number(found["n"]) if "n" in (times, days) else 1.0
            if number == 0:
                return None
            return (number if times == "n" else float(times)) / (
                number if days == "n" else float(days)
            )
    return None


def _number(written: str) -> float:
    return float(written) if written.isdigit() else float(_NUMBERS[written])


def _timed(repeat: Mapping[str, Any]) -> Frequency:
    count, times = repeat.get("count"), repeat.get("frequency")
    period, unit = repeat.get("period"), repeat.get("periodUnit")
    if period is None or unit is None:
        return Frequency(once=count == 1)
    moments = repeat.get("timeOfDay") or repeat.get("when")
    if times is None:
        # FHIR R4: a period without a frequency means once in it, or at each moment that is named.
        times = len(moments) if isinstance(moments, list | tuple) and moments else 1
    # What is allowed at most is what must be safe.
    times = max(times, repeat.get("frequencyMax") or 0)
    return Frequency(float(times) / (float(period) * _PERIOD_DAYS[unit]), once=count == 1)


@lru_cache(maxsize=4096)
def unit_of(written: str) -> tuple[str, float, str] | None:
    """A unit as (``mass``, ``activity``, ``volume``, ``moles`` or ``count``, factor, per).

    The factor leads to mg, IU, mL, mmol or pieces; ``per`` is empty, ``kg``, ``m2``, ``h``,
    ``min`` or their join (``kg/min``). ``None`` when the unit is not known.
    """
    folded = folded_name(written).replace(" ", "").replace("㎡", "m2").replace("m²", "m2")
    amount, *per = folded.replace("·", "/").split("/")
    basis = "/".join(
        {
            "公斤": "kg",
            "千克": "kg",
            "次": "",
            "hr": "h",
            "小时": "h",
            "分": "min",
            "分钟": "min",
            "平方米": "m2",
        }.get(part, part)
        for part in per
    ).strip("/")
    if basis not in ("", "kg", "m2", "h", "min", "kg/min", "kg/h", "d", "kg/d"):
        if per and per[0] in COUNTED:
            basis = ""
        else:
            return None
    for kind, table in (("mass", MASS), ("activity", ACTIVITY), ("volume", VOLUME),
                        ("moles", MOLES)):  # fmt: skip
        if amount in table:
            return kind, table[amount], basis
    return ("count", 1.0, basis) if amount in COUNTED else None
