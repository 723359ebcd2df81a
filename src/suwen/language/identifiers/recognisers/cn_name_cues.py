"""Chinese names beside a word that says that a person is named: 患者姓名：…, …主任, 家属….

A name is a family name and one or two characters more.
"""

from __future__ import annotations

from collections.abc import Iterator

from suwen.language.identifiers.cn_names import (
    begins_a_term,
    is_full_name,
    is_surname,
    surname_length,
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
_STRONG = SoughtPattern(rf"(?:{_LABELS})(?:签名|签字)?[(（]?[ ]?[:=][ ]{{0,4}}")
_COLON_NAME = SoughtPattern(r":([\p{Han}]{2,4})[,。;、 \n]")
_WEAK = SoughtPattern(
    f"(?:{_LABELS}|其子|其女|其妻|其夫|其父|其母|之子|之女|之妻|之夫|"
    "之父|之母|母|父|子|女|妻|夫|请|由|经|找|向|为|是|陪|和|与|跟|让|"
    "给) ?"
)
_TITLES = (
    "主任医师|副主任医师|主治医师|住院医师|主任|副主任|教授|副教授|医师|"
    "医生|大夫|护士长|护士|护师|药师|技师|院长|科长|处长|局长|经理|总|"
    "老师|先生|女士|小姐|太太|夫人|阿姨|大爷|大娘|大妈|奶奶|爷爷|叔叔|"
    "伯伯|婶|嫂|师傅|同志|同学|老人|警官|法官|律师|书记|校长|司机|博士|"
    "老伴|某某|某"
)
_TITLE = SoughtPattern(rf"(?:{_TITLES})")
_INITIALS = SoughtPattern(r"([\p{Han}])(?:某某?|×{1,2}|\*{1,2}|[xX]{2}|XX)")


def _find(scanned: ScannedText) -> Iterator[Found]:
    if not scanned.has_han:
        return
    text = scanned.text
    for _, start in scanned.matches(_STRONG):
        if (length := _labelled(_han(text, start))) is not None:
            yield start, start + length, 0.85
    for start, end in scanned.matches(_COLON_NAME, 1):
        if is_full_name(text[start:end]) == end - start:
            yield start, end, 0.7
    for begin, start in scanned.matches(_WEAK):
        wording = _han(text, start)
        length = is_full_name(wording)
        if length is not None and (start - begin > 1 or length == len(wording)):
            yield start, start + length, 0.7
    for end, _ in scanned.matches(_TITLE):
        yield from _before_title(text, end)
    for start, end in scanned.matches(_INITIALS, 1):
        if is_surname(text[start:end]):
            behind = end + sum(c in "某×*xX" for c in text[end : end + 2])
            yield start, behind, 0.6


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


def _han(text: str, start: int) -> str:
    """The Chinese characters from a place on, four at most."""
    end = start
    while end < min(len(text), start + 5) and ("\u4e00" <= text[end] <= "\u9fff"):
        end += 1
    return text[start:end][:5]


def _labelled(wording: str) -> int | None:
    """The length of a name behind a label with a colon: nearly anything may be one."""
    if wording.startswith(_NOT_LABELLED):
        return None
    known = is_full_name(wording, trusting=True)
    if known is not None:
        return known
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
    if is_surname(last) and end - 1 >= 0 and _free(text, end - 1):
        yield end - 1, end, 0.6


_FREE = frozenset(
    "由请经找与和向跟被给问让叫是的在即及、,。;:!?()（）【】《》\"'“”\n\t "
    "后前来,任如下见到请示报告汇报陪送为对"
)


def _free(text: str, at: int) -> bool:
    """Whether a name may begin here."""
    return at == 0 or text[at - 1] in _FREE or not "\u4e00" <= text[at - 1] <= "\u9fff"


RECOGNISER = Recogniser("cn_name_cues", IdentifierType.NAME, _find)
