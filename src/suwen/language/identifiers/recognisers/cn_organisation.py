"""Chinese hospitals, schools and employers.

An organisation ends with a word that says what it is; it begins with a place of the gazetteer,
else behind the last word that leads up to it ("转至", "就职于").
"""

# ruff: noqa: E501 - a list would have a line for each word
from __future__ import annotations

from collections.abc import Iterator

from suwen.language.identifiers.recognisers.cn_address import gazetteer
from suwen.language.identifiers.scanning import (
    Found,
    Recogniser,
    ScannedText,
    SoughtPattern,
)
from suwen.language.identifiers.spans import IdentifierType

_ENDS = (
    "人民医院|中心医院|妇幼保健院|妇幼保健中心|保健院|中医院|中西医结合医院|"
    "医院|卫生院|卫生所|卫生室|卫生服务中心|卫生服务站|诊所|门诊部|急救中心|"
    "疾控中心|疾病预防控制中心|体检中心|医疗中心|养老院|敬老院|福利院|"
    "疗养院|护理院"
    "|医学院|大学|学院|研究院|研究所|中学|小学|幼儿园|附中|附小|实验学校|"
    "职业学校|学校|技校|党校|高中|初中"
    "|有限责任公司|股份有限公司|有限公司|分公司|公司|集团|工厂|化工厂|"
    "机械厂|纺织厂|水泥厂|电厂|钢铁厂|制药厂|服装厂|食品厂|汽车厂|煤矿|"
    "农场|林场|银行|支行|信用社|事务所|出版社|电视台|报社|杂志社|超市|"
    "商场|酒店|饭店|宾馆"
    "|派出所|公安局|教育局|税务局|卫健委|卫生局|民政局|财政局|法院|检察院|"
    "管理局|供电局|邮政局|铁路局|消防队|部队|监狱|工会|项目部|人民政府|"
    "政府|村委会|居委会|消防站|福利厂|厂"
    "|救助管理站|救助站|快递站|管理站|加油站|休养所|干休所|看守所|戒毒所|拘留所|透析中心|高压氧中心|"
    "康复中心|急救站|血站|献血站|血液中心|分诊中心|月子中心|托养中心|护理中心|医养中心|日间照料中心|影像中心|"
    "检验中心|检测中心|基因中心|研究中心|培训中心|服务站|街道办|办事处|物流园|合作社|修理厂|工作室|美容院|"
    "健身房|洗浴中心|培训班|日托班|托儿所|早教中心|福利中心|老年公寓|书院|师范|职高|中专|技师学院|驾校|车间|"
    "工地|工程队|施工队|救援队|专卖店|药店|药房|大药房|菜馆|火锅店|餐馆|面馆|宾馆|客栈|民宿"
)
_WHOLE = SoughtPattern(
    rf"[\p{{Han}}A-Za-z0-9()]{{2,24}}?(?:{_ENDS})(?:附属[\p{{Han}}]{{0,6}}医院|"
    "第[一二三四五六七八九十]{1,2}(?:附属)?(?:人民)?(?:医院|临床医院)"
    r"|[东西南北]院区?|[\p{Han}]{1,4}院区|[\p{Han}]{1,3}校区|"
    r"[\p{Han}]{1,4}分[院公校](?:司)?)?"
)
_SHORT = SoughtPattern(
    "((?:省立?|市立?|县|区立?|铁路|职工|军区|交大|医大|医科大|同济|华西|湘雅|齐鲁|中山|[浙苏皖鲁豫鄂湘粤川渝京津沪])"
    "第?[一二三四五六七八九十]{1,2}院|\\p{Han}{1,3}附[一二三四五]院|人民[一二三四五六七八九]院)"
)
"""Hospitals as people call them: 省立三院, 浙一院, 中山附一."""
_LEADS = (
    "就职于",
    "任职于",
    "供职于",
    "毕业于",
    "就读于",
    "工作于",
    "受雇于",
    "就诊于",
    "住院于",
    "转诊至",
    "转诊到",
    "转入",
    "转至",
    "转往",
    "转到",
    "转回",
    "送至",
    "送往",
    "送到",
    "送入",
    "前往",
    "赴",
    "来自",
    "在",
    "到",
    "至",
    "于",
    "从",
    "由",
    "往",
    "经",
    "去",
    "是",
    "系",
    "曾",
    "及",
    "与",
    "被",
    "向",
    "回",
    "因",
    "读",
    "上",
    "后",
    "的",
    "我",
    "他",
    "她",
    "单位",
    "工作单位",
    "学校",
    "现为",
    "患者",
    "日",
    "号",
    "岁",
    "前",
    "时",
    "外院",
    "急诊",
    "遂",
    "并",
    "以",
    "找",
    "和",
    "住",
    "住在",
    "本人",
    "我们",
    "你们",
    "哪个",
    "附近",
    "接",
    "请",
    "恳请",
    "联系",
    "目的地",
    "出发",
    "定点机构",
    "机构",
    "致",
    "送",
    "抵",
    "认识",
    "已与",
)
_KEPT_LEADS = frozenset(
    (
        "和平",
        "和谐",
        "协和",
        "人和",
        "天后",
        "上海",
        "至诚",
        "南于",
        "在线",
        "向阳",
        "经济",
        "经开",
        "上饶",
        "上虞",
        "上城",
        "日照",
        "由甲",
        "中日",
        "系统",
        "与",
        "往来",
        "号角",
        "前进",
        "前海",
        "时代",
        "以岭",
        "回民",
        "解放",
        "泰和",
        "仁和",
        "永和",
        "祥和",
        "海军",
        "空军",
        "前门",
        "后海",
        "日月",
        "因特",
        "上高",
        "上杭",
        "上蔡",
        "于都",
        "于洪",
        "从化",
        "从江",
        "和田",
        "和县",
        "和龙",
        "去留",
    )
)
_BEFORE_A_PLACE = frozenset("日昨今前后天曾转经诊治院并又再")
_NONE = frozenset(
    (
        "我",
        "本",
        "外",
        "该",
        "贵",
        "当地",
        "上级",
        "级",
        "下级",
        "某",
        "社区",
        "乡镇",
        "县",
        "市",
        "省",
        "区",
        "镇",
        "乡",
        "村",
        "三甲",
        "三级",
        "二级",
        "一级",
        "专科",
        "综合",
        "综合性",
        "其他",
        "其它",
        "多家",
        "附近",
        "基层",
        "儿童",
        "中",
        "口腔",
        "精神",
        "肿瘤",
        "传染病",
        "妇产",
        "私人",
        "公立",
        "民营",
        "定点",
        "医保定点",
        "原",
        "同",
        "各",
        "两",
        "另一",
        "外地",
        "当地县",
        "当地市",
        "省级",
        "市级",
        "县级",
        "本市",
        "本省",
        "本县",
        "外省",
        "住",
        "入",
        "出",
        "医",
        "再次",
        "多次",
        "某三甲",
        "他",
        "她",
        "大",
        "小",
        "老年",
        "大型",
        "家附近",
        "就近",
        "康复",
        "中心",
        "急救",
        "体检",
        "教学",
        "一",
        "一家",
        "互联网",
        "中医",
        "西",
        "商业",
        "建筑",
        "保险",
        "幼",
        "上",
        "读",
        "高",
        "职业",
        "重点",
        "方舱",
        "综",
        "在读",
        "化",
        "快餐",
        "生活",
        "电",
        "服装",
        "机械",
        "化工",
        "小型",
        "食品",
        "退休",
    )
)


_NAMELESS = (
    "某", "某某", "就诊", "哪个", "哪家", "什么", "个", "这个", "那个", "别的", "一个", "我们", "你们", "咱们", "家", "接收", "送达", "转出",
    "转入", "目的", "经治", "首诊", "主管", "负责", "不同", "任何", "所在", "血液", "老年", "透析", "做", "开", "干", "打", "附近的", "楼下", "门口", "对面", "隔壁", "去", "到", "连锁", "网上", "自费", "院外", "院内", "门诊", "住院",
)  # fmt: skip


def _find(scanned: ScannedText) -> Iterator[Found]:
    if not scanned.has_han or not any(
        mark in scanned.text
        for mark in "院所校学园司团厂行社局站店部矿场会委心室馆队狱台中附区房间地班栈宿办"
    ):
        return
    text = scanned.text
    for start, end in scanned.matches(_SHORT, 1):
        yield start, end, 0.65
    for start, end in scanned.matches(_WHOLE):
        begin = _beginning(text, start, end)
        named = text[begin:end]
        stem = _stem(named)
        if len(stem) < 1 or stem in _NONE or stem.endswith(_NAMELESS):
            continue
        if text.startswith(("分化", "低分化", "级别", "危"), end):
            # A tumour's grade: 高中分化.
            continue
        yield begin, end, 0.75 if begin > start else 0.65


def _beginning(text: str, start: int, end: int) -> int:
    """Where the name of the organisation begins in the stretch that ends with its kind."""
    stretch = text[start:end]
    begin = 0
    for lead in _LEADS:
        at = stretch.rfind(lead, 0, len(stretch) - 2)
        while at >= 0:
            around = stretch[max(0, at - 1) : at + len(lead) + 1]
            if not any(kept in around for kept in _KEPT_LEADS):
                begin = max(begin, at + len(lead))
                break
            at = stretch.rfind(lead, 0, at)
    for at, _, _ in gazetteer().find(stretch[begin:]):
        if _BEFORE_A_PLACE.intersection(stretch[begin : begin + at]):
            begin += at
        break
    return start + begin


def _stem(named: str) -> str:
    """What stands before the word that says what the organisation is."""
    kinds = [kind for kind in _ENDS.split("|") if named.endswith(kind)]
    return named[: -len(max(kinds, key=len))] if kinds else named


RECOGNISER = Recogniser("cn_organisation", IdentifierType.ORGANISATION, _find)
