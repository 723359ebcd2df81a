"""Chinese places that a word leads up to: 来自酉阳, 嫁到嘉鱼, 从春申路, 停对面莲花国际广场.

A county or town without 县 or 市 is one only behind such a word; a street without a number and an
estate too.
"""

# ruff: noqa: E501, SIM905 - a pattern is read as one line; a list would have a line for each word
from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from suwen.language.identifiers.data_files import lines
from suwen.language.identifiers.scanning import (
    Found,
    Recogniser,
    ScannedText,
    SoughtFinder,
    SoughtPattern,
    compiled_pattern,
)
from suwen.language.identifiers.spans import IdentifierType

_SURE: Final = (
    "自",
    "籍",
    "老家",
    "老家在",
    "老家是",
    "家在",
    "住",
    "居",
    "生于",
    "嫁到",
    "嫁在",
    "往",
    "赴",
)
_STREET: Final = SoughtPattern(
    r"(?:从|在|到|住|去|位于|沿|至|往|过|经)(\p{Han}{2,4}(?:路|大道|大街|巷|胡同))(?:口|上|旁|附近|那|这|和|与|的|[ ,。;、(]|$)"
)
_ESTATE: Final = SoughtPattern(
    r"(?:从|在|到|住|去|对面|位于|至|往|旁边|附近|隔壁|来自)(\p{Han}{2,8}?(?:广场|大厦|花园|家园|新村|公寓|嘉园|名苑|佳苑|小区|公馆|豪庭|"
    r"商城|批发市场|菜市场|火车站|高铁站|汽车站|地铁站|机场|工业园|开发区|产业园|[一二三四五六七八九]区))(?:[ ,。;、()的门里那这]|有|$)"
)
_TAIL: Final = compiled_pattern(r"^(\p{Han}{1,4}(?:镇|乡|村|街道|街|路|区|庄|屯))")
_SHORT_TAIL: Final = compiled_pattern(r"^(\p{Han}{2})(?:[ ,。;、)\n]|赶来|过来|打工|务工|人|来|$)")
_STOP: Final = frozenset("的了医就住来看过我他她家院科门诊治复查这那")
_GENERIC: Final = (
    "马路", "公路", "半路", "铁路", "道路", "走路", "尿路", "一路", "网路", "电路", "气路", "思路", "出路", "回路",
    "旁路", "环路", "线路", "套路", "管路", "通路", "来路", "问路", "小路", "大路", "水路", "血路", "胆路", "让路",
    "迷路", "带路", "赶路", "高速路", "人行道", "楼小区", "这个小区", "那个小区", "我们小区", "附近小区", "本小区", "自己小区",
    "老小区", "同小区", "的小区", "同一小区", "附近广场", "楼下广场", "小花园", "后花园", "医院花园", "楼下花园", "老年公寓",
    "员工公寓", "去菜市场", "附近菜市场", "火车站", "汽车站", "地铁站", "高铁站", "机场",
)  # fmt: skip
_WORDS: Final = frozenset(
    "延长 公安 和平 平安 长寿 通道 同心 凤凰 东方 万年 共和 安康 大方 大关 中方 平顺 平和 行唐 海安 石门 金山 龙门 黄梅 "
    "民和 同德 太平 普安 大安 天长 交口 江口 定安 开化 武功 南部 城口 中江 合江 青年 朝阳 新华 解放 建设 桥东 桥西 城区 "
    "市中 路南 路北 城中 河东 河西 江北 江南 新城 中原 北方 郊区 矿区 工农 向阳 前进 友好 红旗 光明 青山 南山 海港 高新 "
    "长安 兴安 东山 西山 东风 胜利 站前 铁西 铁东 古城 宝山 大通 东区 西区 大化 新建 阿城 安定 温泉 会东 会理 沙市 西市 "
    "桥梁 安宁 新兴 新生 平阴 大足 大名 大田 高要 高明 南海 东海 光山 固定 民主 巴东 江海 海门 中站 文化 通川 通州".split()
)  # fmt: skip


@cache
def _stems() -> frozenset[str]:
    """Names of cities and counties without the word that says what they are."""
    found = set()
    for name in lines("cn_places_full"):
        for kind in ("自治县", "县", "市"):
            if name.endswith(kind) and len(name) - len(kind) in (2, 3):
                found.add(name[: -len(kind)])
    return frozenset(found - _WORDS)


_LEADS: Final = SoughtPattern(
    "(?:来自|老家在?|老家是|籍贯|祖籍|原籍|户籍|家在|家住|住在|现居|现住|租住|生于|出生于|嫁到|嫁在|赶往|前往|"
    "返回|回到|回|去|到|从|在|往|赴|定居|打工|务工|出差|驻)[ :]{0,2}"
    f"[{''.join(sorted({stem[0] for stem in _stems()}))}]"
)


def _find(scanned: ScannedText) -> Iterator[Found]:
    if not scanned.has_han:
        return
    text = scanned.text
    for begin, behind in scanned.matches(_LEADS):
        start = behind - 1
        for length in (3, 2):
            if text[start : start + length] in _stems():
                end = start + length
                sure = text[begin:start].rstrip(" :").endswith(_SURE)
                yield start, _with_tail(text, end, sure), 0.65
                break
    for pattern in (_STREET, _ESTATE):
        for start, end in scanned.matches(pattern, 1):
            wording = text[start:end]
            if not wording.endswith(_GENERIC) and not _STOP.intersection(wording[:-1]):
                yield start, end, 0.6


def _with_tail(text: str, end: int, sure: bool) -> int:
    """Where the place ends with a town or village behind the county."""
    rest = text[end : end + 8]
    for pattern in (_TAIL, _SHORT_TAIL) if sure or text[end - 3 : end - 2] == "从" else (_TAIL,):
        match = pattern.match(rest)
        if match is not None and not _STOP.intersection(match.group(1)):
            return end + len(match.group(1))
    return end


RECOGNISER = Recogniser(
    "cn_place_cues", IdentifierType.ADDRESS, SoughtFinder(_find, (_LEADS, _STREET, _ESTATE))
)
