"""Chinese places, from a lone city or district to the door of a flat.

A place begins with an administrative division (a gazetteer down to counties) or with a named
street or estate; whatever parts of an address follow belong to it.
"""

# ruff: noqa: E501, SIM905 - a pattern is read as one line; a list would have a line for each word
from __future__ import annotations

from collections.abc import Iterator

from suwen.language.identifiers.data_files import lines
from suwen.language.identifiers.scanning import (
    Found,
    Recogniser,
    ScannedText,
    SoughtPattern,
    compiled_pattern,
)
from suwen.language.identifiers.spans import IdentifierType

# A character of a street's or village's name: none of those that begin or end a clause.
_NOT_IN_NAME = (
    "在于住到至往从自由为是的了来去因被给就今现曾前后患男女岁个我你您他她这吗呢吧啊说没有"
)
_NAME = rf"[^\P{{Han}}{_NOT_IN_NAME}]"
_LONGEST_NAME = 8
_COUNT = (
    "(?:[0-9]{1,5}|[一二三四五六七八九十百零〇]{1,4}|[A-Za-z甲乙丙丁东西南北]"
    "{1,2}|[甲乙丙丁][0-9]{1,4})"
)
_NAMED = (
    f"{_NAME}{{1,10}}?(?:自治区|自治州|自治县|自治旗|地区|新区|开发区|"
    "工业园区?|街道办?事?处?|居委会|村委会|社区|省|市|区|县|旗|盟|镇|"
    "乡|苏木|嘎查"
    "|大街|大道|公路|胡同|小区|新村|花园|家园|公寓|大厦|广场|山庄|别墅|"
    "宿舍|家属院|家属楼|苑|庄园|府|城|村|屯|庄|街|路|巷|里|弄|坊|园|"
    "座|楼|期)"
)
_NUMBERED = (
    f"(?:(?:第? ?{_COUNT} ?[-之] ?){{0,3}}第? ?{_COUNT} ?(?:号院|号楼|"
    "号|栋|幢|座|村|单元|层|楼|室|户|弄|巷|队|组|社|期|区|门|村民小组)"
    "(?:[东西南北中]户)?|[A-Za-z]?[0-9]{1,5}(?:-[0-9]{1,5}){1,3}|"
    "附近|[东西南北]侧|旁边?|楼下|门口|地下室|门面房?|底商)"
)
_PARTS = compiled_pattern(rf"^(?:[ ,]?(?:{_NUMBERED}|{_NAMED}))+(?:[0-9]{{3,4}}(?:室)?)?")
_OFFICE = SoughtPattern(rf"(街道(?:[ ]?(?:{_NUMBERED}|{_NAMED}))+)")
_STREET = SoughtPattern(
    f"((?:路|大街|街|大道|胡同|巷|弄|小区|新村|花园|家园|"
    f"公寓|苑|山庄|家属院|村|镇|乡)(?:[ ]?{_NUMBERED})+)"
)
_VILLAGE = SoughtPattern(
    "(?:家住|现住|住址|地址|住在|居住在?|籍贯|户籍|户口|老家|出生地|"
    "出生于|来自|祖籍|家在|人在|家庭住址|现住址|住所|居住地|通讯地址|"
    "单位地址|收件地址)(?:是|为|于|在)?[ :]{0,3}"
    r"([\p{Han}A-Za-z0-9()·-]{2,40})"
)
_LABEL_ENDS = (
    "因",
    "患者",
    "联系",
    "电话",
    "邮编",
    "身份",
    "职业",
    "民族",
    "婚",
    "年龄",
    "性别",
    "既往",
    "主诉",
    "入院",
    "病史",
    "来院",
    "就诊",
    "退休",
    "务农",
    "无业",
    "出生",
    "长大",
    "未",
    "无",
    "那个",
    "儿子",
    "女儿",
    "平常",
    "的",
    "我",
    "打工",
    "务工",
)
_NOT_BEHIND = (
    "肝炎",
    "血吸虫",
    "管圆线虫",
    "脑炎",
    "病毒",
    "型",
    "方案",
    "标准",
    "分型",
    "分期",
    "评分",
    "中医",
    "白药",
    "降压",
)


_PROVINCES = frozenset(
    "山东 山西 河北 河南 湖北 湖南 广东 广西 江苏 浙江 安徽 福建 江西 四川 贵州 云南 陕西 甘肃 青海 海南 辽宁 吉林 "
    "黑龙江 内蒙古 新疆 西藏 宁夏 台湾 香港 澳门".split()
)
"""Alone they identify nobody, as the states of the United States (HIPAA, item 2)."""


class _Gazetteer:
    """Divisions of China in a text; built once."""

    def __init__(self) -> None:
        full = lines("cn_places_full")
        self._full = frozenset(name.encode() for name in full)
        # Longest first: the first alternative that matches is the longest.
        every = sorted((*full, *lines("cn_places_short")), key=len, reverse=True)
        self._places = compiled_pattern("|".join(every))

    def find(self, text: str) -> Iterator[tuple[int, int, bool]]:
        """Start, end and whether the wording is a full name; the longest at a place counts."""
        data = text.encode("utf-8", "replace")
        at_byte = at = 0
        for match in self._places.finditer(data):
            first, last = match.span()
            at += len(data[at_byte:first].decode("utf-8", "replace"))
            wording = data[first:last]
            at_byte = first
            yield at, at + len(wording.decode()), wording in self._full


_GAZETTEER: list[_Gazetteer] = []


def gazetteer() -> _Gazetteer:
    """The gazetteer, built when first needed."""
    if not _GAZETTEER:
        _GAZETTEER.append(_Gazetteer())
    return _GAZETTEER[0]


def _find(scanned: ScannedText) -> Iterator[Found]:
    if not scanned.has_han:
        return
    text = scanned.text
    reached = 0
    for start, end, full in gazetteer().find(text):
        if start < reached or text.startswith(_NOT_BEHIND, end):
            continue
        tail = text[end : end + 80]
        length = _parts_length(tail)
        if not full and not length and text.startswith(("大学", "医院", "医科", "路", "街"), end):
            continue
        reached = end + length
        if not length and is_province(text[start:end]):
            continue
        yield start, reached, 0.85 if length or full else 0.7
    for pattern in (_STREET, _OFFICE):
        for kind, end in scanned.matches(pattern, 1):
            start = _street_begins(text, kind)
            if start < kind:
                yield start, end, 0.7
    for start, end in scanned.matches(_VILLAGE, 1):
        wording = text[start:end]
        cut = min(
            (wording.find(stop) for stop in _LABEL_ENDS if stop in wording), default=len(wording)
        )
        if cut >= 2 and any(mark in wording[:cut] for mark in "省市区县镇乡村路街号庄屯里苑园"):
            yield start, start + cut, 0.75


def is_province(wording: str) -> bool:
    """Whether it is a province, in short or in full."""
    for kind in ("特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", ""):
        if wording.endswith(kind) and wording.removesuffix(kind) in _PROVINCES:
            return True
    return False


def _street_begins(text: str, kind: int) -> int:
    """Where the name of a street begins whose kind stands at a place."""
    start = kind
    while start and kind - start < _LONGEST_NAME and _may_be_in_name(text[start - 1]):
        start -= 1
    return start


_FURTHER = ("镇", "乡", "街道", "村", "路", "街", "公寓", "小区")


def _may_be_in_name(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff" and char not in _NOT_IN_NAME


def _parts_length(tail: str) -> int:
    """How far the parts of an address go on behind a division."""
    # Bytes: for text, RE2's wrapper would count characters at every match.
    match = _PARTS.match(tail.encode("utf-8", "replace"))
    if match is None:
        return 0
    wording = match.group().decode()
    if any(mark in wording for mark in ("病区", "院区", "诊区", "病房")):
        cut = min(wording.find(m) for m in ("病区", "院区", "诊区", "病房") if m in wording)
        return 0 if cut < 4 else max(0, cut - 2)
    end = len(wording)
    # 特木里镇: what looked like the end of a name was a part of it.
    further = next((kind for kind in _FURTHER if tail.startswith(kind, end)), "")
    return end + len(further)


RECOGNISER = Recogniser("cn_address", IdentifierType.ADDRESS, _find)
