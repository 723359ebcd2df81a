"""In what frame a patient tells something: a story, a joke, a plan, or what passes by itself.

What stands in such a frame is told and not complained of. Fails safe: words of what is there now,
or gets worse, break each frame, and for thoughts of death and violence there is none.
"""

from __future__ import annotations

import re
from typing import Final

from suwen.clinical.patient_wording import PatientWording

_NOT_REAL: Final = re.compile(
    r"哈哈|嘿嘿|嘻嘻|开(?:个)?玩笑|说笑|做(?:了)?(?:个)?(?:噩|恶)?梦|梦(?:见|到)|恐怖片|纪录片|"
    r"追(?:的那部)?剧|的剧|剧里|电影里|片子里|小说里|游戏里|股市|股票|世界杯|兽医|宠物|"
    r"\b(?:lol|haha\w*|lmao|just kidding|jk|dreamt|dreamed|nightmares?|documentary|in the movie|"
    r"joking|jokes)\b"
)
"""Jokes, dreams, films, matches and the stock exchange."""
_PLANNED: Final = re.compile(
    r"提前(?:知道|准备|问|了解|打听|学|办|踩|跟)|先(?:打听|问明白|问清楚|学习|学着)|想提前|"
    r"只是(?:问问|想知道|好奇|学习)|就是想(?:知道|了解)|随便问问|"
    r"(?:^|[。！？])[^，。,]{0,4}(?:假设|假如|要是|如果|万一)[^。！？\n]{0,24}(?:怎么办|该|应该|要不要|是不是|先)|"
    r"(?:安全|应急)?手册|培训|宣讲|讲座|科普|怎么区分|有什么区别|"
    r"in general|planning|first[- ]aid kit|for (?:a|our|my) (?:talk|training|essay|course)|"
    r"\bessay\b|safety (?:plan|talk)"
)
"""What is asked for another day, or for others."""
_TAUGHT: Final = re.compile(
    r"(?:培训|宣讲|讲座|讲师|科普课|主题班会)|"
    r"(?:prevention|awareness) (?:training|hotlines?|talk|course|class|week)|training for"
)
_OWN: Final = re.compile(
    r"(?:想|要|去)死|不想活|活不|想(?:自杀|不开)|自残|我(?:被|老公|爸|妈)|打我|动手|"
    r"\b(?:myself|want to die|hurts? me|hits? me|i (?:feel|want|cant))\b"
)
_NOW: Final = re.compile(
    r"现在(?!都?(?:很|挺|还)?(?:好|没|不|正常|一切|我和)|他没|她没|也没)|刚才|刚刚|突然|忽然|"
    r"正在|这会儿|从[昨今前]|[\d一二两三四五六七八九十几半]+(?:个)?(?:天|小时|钟头|分钟|周|星期)(?:了|多)|"
    r"救命|快(?:死|不行)|越来越|已经(?:有|开始|流|出)|怎么(?:也|都)|一直在|"
    r"\b(?:right now|just now|suddenly|getting worse|please help|help me|keeps|already)\b"
)
"""That it is there: more than the day on which it is told."""
_LATELY: Final = re.compile(
    r"今(?:天|早|晚|儿)|昨(?:天|晚|夜)|这(?:两|几)天|开始(?!上课)|最近老|"
    r"\b(?:today|tonight|yesterday|this morning|last night|since)\b"
)
"""What a plan for another day does not say."""
_PASSES: Final = re.compile(
    r"(?:歇|休息|坐|躺|停|缓|睡|咳|拍|哄|搓|包|揉|活动|下车|打个嗝|醒|蹲|吸|站|回家|换)"
    r"[^，。！？；,!?;\n]{0,10}[，,]?[^，。！？；,!?;\n]{0,6}"
    r"(?:就(?:好|没事|没了|消|顺|缓|退|不|正常|舒服|行)|(?:才|也)?好了|满血|自己好|缓过来)|"
    r"(?:马上|一会儿|几秒|几分钟|一两(?:秒|分钟)|一下)就(?:好|没|过|消|缓)|"
    r"clears? (?:up )?with|goes away (?:when|after|with|if)|settles (?:when|after|with)|"
    r"(?:fine|ok|okay|normal) (?:again )?(?:after|once|when) (?:i |he |she |a )?"
    r"(?:rest|sit|sleep)\w*"
)
"""What passes by itself."""
_COMES_BACK: Final = re.compile(
    r"又(?!没)|反复|老是|越来越|再也|还是|好了(?:又|没多久)|但|可是|不过|"
    r"\b(?:but|again|still|worse|keeps)\b"
)
_WELL: Final = re.compile(
    r"(?:吃|吃奶|喝奶|吃饭|睡|睡觉|睡眠|玩|精神|胃口|奶量)(?:得|也|都|很|挺|还|一直|和睡觉|、){0,3}"
    r"(?:正常|好|香|不错|可以|挺好|很好)|能(?:吃|跑|玩|跳)能(?:睡|跳|闹|跑)|吃得(?:好|多|香)|"
    r"(?:脸色|面色|嘴唇)(?:一直)?红润|长(?:肉|胖|了[一二两三四五六七八九十\d]+斤)|活蹦乱跳|蹦蹦跳跳|"
    r"一天[^，。,]{0,6}(?:尿布|尿不湿)|尿(?:布|不湿)?[^，。,]{0,4}(?:正常|都?多)|"
    r"\b(?:feed(?:s|ing)|eat(?:s|ing)|drink(?:s|ing)|sleep(?:s|ing)|play(?:s|ing|ful))"
    r"(?: (?:and|well|great|fine|normally|happily|as usual|ok|\w+ing))*|\bpink\b|giggl\w*|smil\w*|"
    r"\bhappy\b|symptom.free|gaining weight|acting (?:normal|fine|himself|herself)"
)
"""That a child thrives."""
_NOT_WELL: Final = re.compile(
    r"不(?:怎么|太|想|肯|愿|吃|喝|玩|睡)|没(?:有)?(?:精神|胃口|力)|以前|平时|本来|之前|昨天还|"
    r"\b(?:not|isnt|wont|doesnt|stopped|barely|hardly|refus\w*|usually|was)\b"
)


def is_unreal_or_planned(line: str) -> bool:
    """Whether a line tells of a joke, a dream or a film, or asks for another day, and of nothing
    that is there now."""
    if _NOW.search(line):
        return False
    planned = _PLANNED.search(line) is not None and _LATELY.search(line) is None
    return planned or _NOT_REAL.search(line) is not None


def is_taught_at(wording: PatientWording, start: int) -> bool:
    """Whether the line of a place asks for a lesson or a talk on a grave matter, and nobody says of
    himself that it is his."""
    line = _line_at(wording.plain, start)
    return _TAUGHT.search(line) is not None and _OWN.search(line) is None


def passes_by_itself(wording: PatientWording, start: int) -> bool:
    """Whether the line of a place says that it passes by itself, and not that it comes back."""
    line = _line_at(wording.plain, start)
    return _PASSES.search(line) is not None and _COMES_BACK.search(line) is None


def is_told_well(wording: PatientWording, start: int) -> bool:
    """Whether the line of a place says in two ways that the child is well, and in none that it is
    not."""
    line = _line_at(wording.plain, start)
    return len(_WELL.findall(line)) > 1 and _NOT_WELL.search(line) is None


def _line_at(text: str, start: int) -> str:
    begin, end = text.rfind("\n", 0, start) + 1, text.find("\n", start)
    return text[begin : len(text) if end < 0 else end]
