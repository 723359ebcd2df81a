"""Chinese names beside a word that says that a person is named: 患者姓名：…, …主任, 家属….

A name is a family name and one or two characters more.
"""

# ruff: noqa: E501, SIM905 - a pattern is read as one line; a list would have a line for each word
from __future__ import annotations

from collections.abc import Iterator

from suwen.language.identifiers.cn_names import (
    begins_a_term,
    is_full_name,
    is_surname,
    length_without_title,
    name_beginnings,
    surname_length,
    title_follows,
)
from suwen.language.identifiers.scanning import (
    Found,
    Recogniser,
    ScannedText,
    SoughtPattern,
)
from suwen.language.identifiers.spans import IdentifierType

_LABELS = (
    "患者姓名|病人姓名|产妇姓名|患儿姓名|联系人姓名|家属姓名|母亲姓名|"
    "父亲姓名|姓名|名字|曾用名|联系人|监护人|陪护人|陪同人|签名|签字|"
    "签署人|"
    "主治医师|主管医师|经治医师|住院医师|主任医师|副主任医师|接诊医师|"
    "责任医师|上级医师|管床医师|手术医师|主刀医师|主刀|术者|第一助手|"
    "一助|二助|助手|麻醉师|麻醉医师|器械护士|巡回护士|责任护士|护士长|"
    "护士|医师|医生|"
    "记录者|记录人|记录医师|书写者|报告者|报告医师|审核者|审核医师|审核人|"
    "检查者|检验者|检验师|操作者|操作人|送检医师|送检者|申请医师|申请人|"
    "核对者|核对人|执行者|审方药师|经办人|接听者|报警人|报案人|回访人|"
    "接诊人|接待人|带教老师|值班医师|值班护士|药师|技师|病史陈述者|供史者|"
    "陈述者|委托人|户主|丈夫|妻子|配偶|父亲|母亲|儿子|女儿|患儿|产妇|"
    "患者|病人|家属|老公|老婆|爱人|哥哥|姐姐|弟弟|妹妹|同事|邻居|主任|"
    "教授|叫做|名叫|叫|我是|本人|收件人|持卡人|投保人|被保险人|参保人|"
    "户名"
)
_LABELS_WITH_COLON = (
    "复核|制表|制单|核对|审签|代办人|承办人|转诊医师|经办医师|随车医生|随车医师|随车护士|驾驶员|"
    "担架员|急救员|主管|主治|主管护师|专科护士|联系护士|值班员|咨询人|反映人|投诉人|申领人|受益人|投诉者|"
    "来电人|来电者|来访者|求助人|报告人|录入|录入者|审核|采血者|采样者|取件人|签收人|寄件人|见证人|"
    "授权人|受托人|代理人|法定代理人|户主姓名|受检者|受试者|学生|学员|员工|职工|市民|居民|村民|伤者|死者|逝者"
)
_MORE = (
    "民警|交警|辅警|护工|保姆|社工|翻译|辅导员|班主任|校医|司机|驾驶员|急救员|医助|队友|工友|同村|室友|房东|徒弟|"
    "女婿|儿媳妇|儿媳|媳妇|外婆|外公|爷爷|奶奶|姥姥|姥爷|婆婆|公公|岳父|岳母|侄子|侄女|外甥女|外甥|孙子|孙女|"
    "舅舅|姑姑|姨妈|叔叔|表弟|表妹|表哥|表姐|堂弟|堂妹|堂哥|堂姐|小姑子|小叔子|嫂子|姐夫|妹夫|前妻|前夫|"
    "同学|朋友|老乡|战友|干部|科长|主任|护师|医生|医师|护士|药师|技师|助理|专家|会诊|主刀|麻醉|复核|审核|"
    "代办人|承办人|转诊医师|经办医师|随车医生|随车医师|随车护士|专科护士|反映人|投诉人|申领人|"
    "来电人|伤者|死者|逝者|术者|本人|制表|主管|主治|副主任|受试者|咨询|签名|签字|自称|联系|通知|告知|委托|电话|代我爸|代我妈|代我"
)
_STRONG = SoughtPattern(
    rf"(?:{_LABELS}|{_LABELS_WITH_COLON})(?:签名|签字)?[(（]?[ ]?[:=][ ]{{0,4}}"
)
_COLON_NAME = SoughtPattern(r":([\p{Han}]{2,4})[,。;、 \n]")
_BEFORE_NAME = (
    f"{_LABELS}|其子|其女|其妻|其夫|其父|其母|之子|之女|之妻|之夫|"
    "之父|之母|母|父|子|女|妻|夫|请|由|经|找|向|为|是|陪|和|与|跟|让|给"
)
_WEAK = SoughtPattern(rf"(?:{_BEFORE_NAME}|{_MORE}) ?:?[{name_beginnings(seldom=True)}]")
_WEAK_LABELS = frozenset(_BEFORE_NAME.split("|"))
_MORE_LABELS = frozenset(_MORE.split("|"))
_TITLES = (
    "主任医师|副主任医师|主治医师|住院医师|主任|副主任|教授|副教授|医师|"
    "医生|大夫|护士长|护士|护师|药师|技师|院长|科长|处长|局长|经理|总|"
    "老师|先生|女士|小姐|太太|夫人|阿姨|大爷|大娘|大妈|奶奶|爷爷|叔叔|"
    "伯伯|婶|嫂|师傅|同志|同学|老人|警官|法官|律师|书记|校长|司机|博士|"
    "老伴|某某|某|主任助理|社工|护工|民警|营养师|治疗师|技师长|组长|队长|所长|站长"
)
_TITLE = SoughtPattern(rf"(?:{_TITLES})")
_INITIALS = SoughtPattern(r"([\p{Han}])(?:某某?|×{1,2}|\*{1,2}|[xX]{2}|XX)")


def _find(scanned: ScannedText) -> Iterator[Found]:
    if not scanned.has_han:
        return
    text = scanned.text
    for _, start in scanned.matches(_STRONG):
        if (length := _labelled(_han(text, start), _may_speak(text, start))) is not None:
            yield start, start + length, 0.85
            yield from _joined(text, start + length)
    for start, end in scanned.matches(_COLON_NAME, 1):
        if is_full_name(text[start:end]) == end - start:
            yield start, end, 0.7
    for begin, behind in scanned.matches(_WEAK):
        yield from _behind_label(text, begin, behind - 1)
    for end, _ in scanned.matches(_TITLE):
        yield from _before_title(text, end)
    for start, end in scanned.matches(_INITIALS, 1):
        if is_surname(text[start:end]):
            behind = end + sum(c in "某×*xX" for c in text[end : end + 2])
            yield start, behind, 0.6


def _behind_label(text: str, begin: int, start: int) -> Iterator[Found]:
    """The name behind a label without a colon; a border must follow where the label is weaker."""
    label = text[begin:start].rstrip(" :")
    wording = _han(text, start)
    if label in _WEAK_LABELS and text[start - 1] != ":":
        length = is_full_name(wording)
        if length is not None and (len(label) > 1 or length == len(wording)):
            length = length_without_title(wording[:length])
            yield start, start + length, 0.7
            yield from _joined(text, start + length)
            return
    if label in _MORE_LABELS:
        length = is_full_name(wording, trusting=True)
        whole = length == len(wording)
        if length is None or not (whole or wording[length] in _BEHIND_NAME):
            return
        if not (whole and title_follows(text, start + 1)):
            yield start, start + length, 0.65
            yield from _joined(text, start + length)


_BEHIND_NAME = frozenset("已说诉在和与及陪来代签为同也于保出到")
_JOINS = frozenset("、/和及与")


def _joined(text: str, end: int) -> Iterator[Found]:
    """Further full names that a comma of lists, a stroke or an "and" joins to one."""
    while end < len(text) and text[end] in _JOINS:
        wording = _han(text, end + 1)
        length = is_full_name(wording)
        if length is not None and length > 2 and wording[2:3] in _BEHIND_JOINED:
            length = 2
        if length is None or not (length == len(wording) or wording[length] in _BEHIND_JOINED):
            return
        yield end + 1, end + 1 + length, 0.65
        end += 1 + length


_BEHIND_JOINED = _BEHIND_NAME | frozenset("两三四二等共均")
_SPEAKERS = frozenset("医生护患者士病人户属手师答问")


def _may_speak(text: str, start: int) -> bool:
    """Whether the label before a colon may be who speaks in a conversation: 医生:, 患者:."""
    return text[max(0, start - 3) : start].rstrip(": ")[-1:] in _SPEAKERS


_NOT_LABELLED = (
    "不详",
    "未知",
    "未提供",
    "同上",
    "本人",
    "患者",
    "家属",
    "自述",
    "保密",
    "无名",
    "配偶",
    "父亲",
    "母亲",
    "儿子",
    "女儿",
    "丈夫",
    "妻子",
    "医师",
    "医生",
    "护士",
    "自己",
    "未",
    "无",
    "已",
    "健在",
    "体健",
    "因",
    "暂",
)


_UNIT_ENDS = ("科", "室", "部", "组", "处", "站", "院", "中心", "窗口", "大厅", "办")


def _han(text: str, start: int) -> str:
    """The Chinese characters from a place on, four at most."""
    end = start
    while end < min(len(text), start + 5) and ("\u4e00" <= text[end] <= "\u9fff"):
        end += 1
    return text[start:end][:5]


def _labelled(wording: str, may_speak: bool) -> int | None:
    """The length of a name behind a label with a colon: nearly anything may be one.

    Args:
        may_speak: what follows may be what somebody says.
    """
    if wording.startswith(_NOT_LABELLED) or wording.endswith(_UNIT_ENDS):
        return None
    known = is_full_name(wording, trusting=not may_speak)
    if known is not None:
        return length_without_title(wording[:known])
    if may_speak:
        return None
    surname = surname_length(wording)
    if surname:
        return min(len(wording), surname + 2)
    return len(wording) if 2 <= len(wording) <= 4 and not begins_a_term(wording) else None


def _before_title(text: str, end: int) -> Iterator[Found]:
    """The name that ends where a title begins; the surname alone counts too (王主任)."""
    if not end or not "\u4e00" <= text[end - 1] <= "\u9fff":
        return
    stretch = text[max(0, end - 4) : end]
    for length in (4, 3, 2):
        if length <= len(stretch):
            tail = stretch[-length:]
            if (is_full_name(tail) == length and (length > 2 or _free(text, end - length))) or (
                length == 4 and surname_length(tail) == 2 and is_full_name(tail) == 4
            ):
                yield end - length, end, 0.75
                return
    last = text[end - 1]
    if is_surname(last) and last not in _NOT_ALONE and _may_stand_alone(text, end - 1):
        yield end - 1, end, 0.6


_NOT_ALONE = frozenset("和于时向由经从同及随但与为所各有单检")
"""Family names that are words much more often."""
_UNITS = frozenset("院科室部站所处床民居谢位士那个姓好队局校者妻是")
_NO_NAMES = frozenset(
    "院方 部门 科普 科班 位于 士官 处方 居家 部分 床边 居民 室友 所谓 校方 局方 队友 位全 者家 院长 那时 那边 "
    "那和 那都 那家 个别 好管 科查 士班 部官 科房 病房 查房 站平 好平".split()
)


def _may_stand_alone(text: str, at: int) -> bool:
    """Whether a family name alone may begin here: after a mark, a lead, or the end of a unit."""
    if _free(text, at):
        return True
    return text[at - 1] in _UNITS and text[at - 1 : at + 1] not in _NO_NAMES


_FREE = frozenset(
    "由请经找与和向跟被给问让叫是的在即及、,。;:!?()（）【】《》\"'“”\n\t "
    "后前来,任如下见到请示报告汇报陪送为对转"
)


def _free(text: str, at: int) -> bool:
    """Whether a name may begin here."""
    return at == 0 or text[at - 1] in _FREE or not "\u4e00" <= text[at - 1] <= "\u9fff"


RECOGNISER = Recogniser("cn_name_cues", IdentifierType.NAME, _find)
