"""People as they are called: 小邱, 老庞, 阿敏, 李哥, 花婆婆, 姓屈的, 其妻眭氏, 徐文娟(18774259036).

A family name alone is one only between a form of address and what may stand before a name.
"""

# ruff: noqa: E501, SIM905 - a pattern is read as one line; a list would have a line for each word
from __future__ import annotations

from collections.abc import Iterator

from suwen.language.identifiers.cn_names import (
    begins_a_term,
    given_characters,
    is_surname,
    looks_like_name,
)
from suwen.language.identifiers.scanning import (
    Found,
    Recogniser,
    ScannedText,
    SoughtFinder,
    SoughtPattern,
)
from suwen.language.identifiers.spans import IdentifierType

_COMMON = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧肖田董袁潘蒋蔡余杜程苏魏吕丁"
    "沈姚卢姜崔钟谭陆汪范廖贾夏韦付傅邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔"
    "汤康施牛樊葛邢齐易乔伍庞颜倪庄聂鲁岳翟殷詹申耿关焦俞柳甘祝包阮柯纪梅童凌毕裴霍涂苗谷翁冉骆游辛"
    "靳管柴蒙鲍喻祁蒲滕屈饶解牟艾尤穆司卓古缪简连芦褚娄窦戚岑景宫费卜冷晏席柏宗瞿桂佟臧闵苟邬卞姬仇"
    "栾隋刁荣巫寇桑郎甄丛仲虞敖佘查麻苑迟匡鞠荆冀郁胥储栗楚鄢劳谌奚皮粟冼蔺楼阚花权屠豆洪竺"
)
_NICK = SoughtPattern(rf"[小老大][{''.join(sorted(_COMMON))}]|阿\p{{Han}}")
_NICK_BEFORE = (
    *"士师员生姆工妈姨爸爹夫和与跟、找给问叫让请哥姐嫂叔伯弟妹友徒科班是,。;:!?()“\"'\n \t",
    "同事",
    "同学",
    "邻居",
    "徒弟",
    "家属",
    "闺蜜",
    "医生",
)
_NICK_BEHIND = frozenset(
    "你您说来去给的在和与跟今明昨帮问看值代请已也就都把、,。;:!?()”\"'\n \t…他她我们那这回打值接"
)
_NICK_NONE = frozenset(
    "小叶 小管 小方 小孔 小米 小麦 小包 小车 小房 小梁 小路 小雷 小高 小白 小黄 小关 小苗 小花 小江 小龙 小牛 小马 "
    "小豆 小孙 小简 小毛 小谷 小楼 小权 小康 小段 小游 小聂 小连 小冷 大段 大关 大江 大楼 大龙 大雷 大梁 大马 "
    "老白 老毛 老龙 老连 老花 老管 老段 老关 老汤 大汤 大豆 大花 大麻 小麻 老皮 大管 小查 大查 大包 小解 大解 老解 "
    "大牛 大万 大武 小武 大康 大严 大连 大庞 大熊 大虞 老费 大费 小费 大权 大查".split()
)
_SURE_NICK = frozenset("王李张刘陈杨赵吴周徐孙朱胡郭何林罗郑谢宋唐许韩冯邓曹彭曾田董")
_KIN = SoughtPattern(
    f"[{''.join(sorted(_COMMON))}](?:婆婆|老伯|老太太?|老爷子?|老汉|大哥|大姐|大嫂|大叔|大伯|大妈|大爷|大娘|哥|姐|叔|伯|嫂|婶|"
    "妈妈|爸爸|同学|家属|工(?:程师)?|队长?|班长|所长|站长|村长|镇长|干事|民警|警官|社工|护工|主管|"
    "医助|助理|师傅|阿姨|叔叔|奶奶|爷爷|姑娘)"
)
_SURNAMED = SoughtPattern(r"姓(\p{Han})(?:的|,|。|、|;| |$|\n|那|女|男|护|医|大夫|先生|司机|师傅)")
_WIFE = SoughtPattern(
    r"(?:妻|母|夫人|婆|媳|祖母|氏|妇|患者|病人|死者|逝者|老人)(?:为|系|是|:)?(\p{Han})氏(?:[,。;、 (\n]|$)"
)
_CALLED = SoughtPattern(
    r"(?:(?:姐姐|妹妹|哥哥|弟弟|儿子|女儿|孙子|孙女|老公|老婆|妻子|丈夫|朋友|同学|孩子|宝宝|小名|乳名|"
    r"昵称|外号|绰号|化名|自称|人称)叫|小名|乳名|化名|我叫|名叫|名为|叫做|叫作)[“\"']?(\p{Han}{2,3})[”\"',。;、(\n]"
)
_QUOTED = SoughtPattern(
    r"(?:自称|化名|外号|绰号|小名|乳名|昵称|人称|叫)[ :]?[“\"']([^”\"'\n]{1,6})[”\"']"
)
_BEFORE_PHONE = SoughtPattern(
    r"(\p{Han}{1,5}[^\P{Han}话机号码式为是系络])(?:\([\p{Han}]{1,4}\))?[ :,(]{0,3}(?:(?:手机|电话|联系电话|TEL|tel)[ :]{0,2})?1[3-9]\d[ -]?\d{4}"
)
_CELL = SoughtPattern(
    r"(?:^|[|\t\n^;])[ ]*(?:\d{1,2}号?[机床] ?)?(\p{Han}{2,4})[ ]*(?:[|\t\n^;]|$)"
)
_TAGGED = SoughtPattern(r"[】\]][ :]{0,2}(\p{Han}{2,4})(?:[,。;、 \n(]|$)")
_SIGNED = SoughtPattern(r"[\n。][ ]*(?:\p{Han}{2,8}[ ])?(\p{Han}{2,4})(?:[ ]\p{Han}{2,8})?[ ]*$")
_HEAD = SoughtPattern(r"(?:^|[\n。;:])(?:患者|病人|患儿)?[ ]?(\p{Han}{2,4}),(?:男|女)[,、 ]")
_VIETNAMESE = SoughtPattern(r"([阮黎范潘裴黄陈武邓杜]氏\p{Han}{1,2})(?:[,。;、 )\n]|$)")
_NOT_HEAD = (
    "患者",
    "病人",
    "患儿",
    "伤者",
    "产妇",
    "孕妇",
    "老年",
    "主诉",
    "性别",
    "婴",
    "死者",
    "家属",
)
_NOT_CALLED = (
    "救护", "医生", "家属", "护士", "不", "什么", "啥", "他", "她", "我", "你", "大家", "人", "过", "了", "的",
)  # fmt: skip


def _find(scanned: ScannedText) -> Iterator[Found]:
    if not scanned.has_han:
        return
    text = scanned.text
    for start, end in scanned.matches(_NICK):
        if _is_nickname(text, start, end):
            yield start, end, 0.65
    for start, behind in scanned.matches(_KIN):
        if _addressed(text, start + 1, behind):
            yield start, start + 1, 0.6
    for pattern in (_SURNAMED, _WIFE):
        for start, end in scanned.matches(pattern, 1):
            if is_surname(text[start:end]):
                yield start, end, 0.7
    for start, end in scanned.matches(_CALLED, 1):
        if not text[start:end].startswith(_NOT_CALLED) and not begins_a_term(text[start:end]):
            yield start, end, 0.6
    for start, end in scanned.matches(_QUOTED, 1):
        yield start, end, 0.6
    for start, end in scanned.matches(_VIETNAMESE, 1):
        yield start, end, 0.7
    for start, end in scanned.matches(_HEAD, 1):
        wording = text[start:end]
        if not (wording.startswith(_NOT_HEAD) or begins_a_term(wording)):
            yield start, end, 0.8
    yield from _standing_alone(scanned)


def _standing_alone(scanned: ScannedText) -> Iterator[Found]:
    """Full names before a telephone number, alone in a cell or on the last line."""
    text = scanned.text
    for start, end in scanned.matches(_BEFORE_PHONE, 1):
        for length in (4, 3, 2):
            begin = end - length
            if begin >= start and looks_like_name(text[begin:end]) and _may_begin(text, begin):
                yield begin, end, 0.7
                break
    for pattern in (_CELL, _SIGNED, _TAGGED):
        for start, end in scanned.matches(pattern, 1):
            if looks_like_name(text[start:end]) and not begins_a_term(text[start:end]):
                yield start, end, 0.65


def _may_begin(text: str, at: int) -> bool:
    before = text[at - 1 : at]
    return (
        not ("\u4e00" <= before <= "\u9fff")
        or before in "员人师士长女子母父夫妻友事系为妈爸哥姐弟妹找"
    )


def _is_nickname(text: str, start: int, end: int) -> bool:
    wording = text[start:end]
    prefix, name = wording[0], wording[1]
    behind = text[end : end + 1]
    ends = not behind or behind in _NICK_BEHIND
    if start and not text.endswith(_NICK_BEFORE, 0, start):
        return False
    if prefix == "阿":
        return ends and name in given_characters() and name not in "大小婆爷胶"
    if name not in _COMMON or wording in _NICK_NONE:
        return False
    titled = not start or text[start - 1] in "士姆员姨妈工"
    return ends or (titled and name in _COMMON) or (name in _SURE_NICK and is_boundary(behind))


def is_boundary(char: str) -> bool:
    """Whether no Chinese character stands there."""
    return not char or not "\u4e00" <= char <= "\u9fff"


_BEFORE_ADDRESSED = frozenset(
    "由请找跟被给问让叫是在、,。;:!?()（）【】《》\"'“”\n\t 谢床者人位个工姨属方友事居区楼家室科院"
)
_NOT_ADDRESSED = frozenset("管包查关解花高连段古楼豆权万全毛甘")


def _addressed(text: str, end: int, behind: int) -> bool:
    """Whether the character before a form of address is a family name that stands for a person."""
    name = text[end - 1]
    if name not in _COMMON or not (end == 1 or text[end - 2] in _BEFORE_ADDRESSED):
        return False
    if behind - end == 1 and name in _NOT_ADDRESSED:
        return False
    if behind - end == 1:
        after = text[behind : behind + 1]
        return is_boundary(after) or after in "你您说来去给的在和陪送家今明昨电帮"
    return True


RECOGNISER = Recogniser(
    "cn_called_name",
    IdentifierType.NAME,
    SoughtFinder(
        _find,
        (
            _NICK, _KIN, _SURNAMED, _WIFE, _CALLED, _QUOTED, _BEFORE_PHONE, _CELL, _TAGGED, _SIGNED,
            _HEAD, _VIETNAMESE,
        ),
    ),
)  # fmt: skip
