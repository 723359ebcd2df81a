"""Whether a patient clearly denies a complaint, or clearly tells of one that is over.

Fails safe: whatever is not plainly denied, or plainly past and resolved, counts as said.
"""

from __future__ import annotations

import re
from typing import Final

from suwen.clinical.patient_frames import is_unreal_or_planned
from suwen.clinical.patient_wording import PatientWording

_DENIALS: Final = re.compile(
    r"(?<!有)(?<!不是)(?<!这)(?<!可)(?:没有|没得|并没|没|无|否认|未见|不伴|冇|不存在|从不|从没|"
    r"从未|并不|"
    r"不是|并非|不觉得)"
    r"|(?<!是)(?<!要)(?<!会)不"
    r"|\b(?:no|not|never|without|denies|deny|denied|none|isnt|arent|wasnt|neither|nor|"
    r"(?:dont|doesnt|didnt|do not|does not|did not|havent|hasnt|have not|has not)(?: (?:have|"
    r"has|had|feel|felt|think|want))?)\b"
)
_FILLERS: Final = re.compile(
    r"什么|任何|明显|特别|其他|其它|出现|出过|感到|觉得|感觉|再|那种|的|过|啥|伴|伴有|和|或者?|及|"
    r"以及|跟|与|也|、|有|"
    r"发烧|发热|咳嗽|恶心|呕吐|呕血|头[晕痛疼]|出汗|腹泻|拉肚子|皮疹|麻木|无力|心慌|气短|气喘|"
    r"寒战|流血|出血|肚子[痛疼]|腹痛|"
    r"胸闷|胸[痛疼]|呼吸困难|抽搐|晕倒|昏迷|便血|黑便|外伤|过敏|怀孕|想法|念头|想过|有过|"
    r"想|真的?|都|[\s,，](?=没|也)|"
    r"\b(?:any|or|and|nor|a|an|the|have|having|had|has|been|feel|feeling|signs?|"
    r"of|no|significant|real|currently|"
    r"fever|cough|nausea|vomiting|chest|pain|dizziness|headache|rash|bleeding|sweating|"
    r"shortness|breath|weakness|numbness|"
    r"trouble|difficulty|breathing|swelling|thinking|about|injury|my|his|her|thoughts|"
    r"also)\b|[\s/]"
)
_AFTER: Final = re.compile(
    r"\s*(?:[:：?？]\s*(?:没有|无|否|no|none|没)|(?:都|也|倒|是|并|从来)*没有|(?:都|"
    r"也)?没)(?=[，。,.；;!?！？\s]|$)"
)
_DENIED_LISTS: Final = (
    re.compile(
        r"(?<!有)(?:没有?|无|否认|未见)[^，。！？；,.!?;\n]{2,16}(?:这些|这几样|之类|等症状|什么的)"
    ),
    re.compile(
        r"(?<!有)(?:没有?|无|否认|不伴|"
        r"未见)[^，。！？；,.!?;\n不没]{1,8}(?:[、/或和及跟][^，。！？；,.!?;\n不没]{1,8})+"
    ),
    re.compile(
        r"\b(?:no|without|denies|denied|never any|not any)\s+[a-z-]+(?: [a-z-]+){0,2}"
        r"(?:, ?[a-z-]+(?: [a-z-]+){0,2})*,? (?:or|nor) [a-z-]+(?: [a-z-]+){0,2}"
    ),
)
"""Several complaints after one denial: the "or" says that it holds for all of them."""
_CLAUSE: Final = re.compile(
    r"[，。！？；,.!?;\n]|但|却|可是|不过|就是|而是|只是|\bbut\b|\bhowever\b|\bjust\b"
)
_SENTENCE: Final = re.compile(r"[。！？!?\n；;]|\.(?=\s|$)")
_INSIDE: Final = re.compile(r"[不没无](?:怎么|太|再|是|会|觉得|觉|感到|咋)?$")
_PAST: Final = re.compile(
    r"前两年|前些年|上(?:周|礼拜|星期)(?!开始)|(?:怀|生)(?:的)?(?:老大|老二|第一个|头胎|大宝)|"
    r"十(?:几|来)岁(?!的?(?:孩|娃|男|女))|(?<![\d一二两三四五六七八九十几半多])年前|那时候?|那一?(?:段|次|回)|当时|(?:大学|中学|高中|初中|小学)(?:时|的时候|那)|"
    r"上学(?:时|的时候)|"
    r"(?:治好|好了|停药|痊愈|出院|离婚|戒了?|过去|结束|没(?:再)?发作|脱离)(?:都|快|有|已经)?"
    r"[一二两三四五六七八九十几半\d]+(?:多)?(?:年|个?(?:多)?月)|去年|前年|大前年|小时候|以前|"
    r"曾经|当年|年轻(?:时|的时候)|多年前|"
    r"[一二两三四五六七八九十几\d]+(?:多)?(?:年|个?月)(?:以)?前|"
    r"上(?:个月|半年|学期|次|回)|岁(?:的)?时|岁那年|前几年|既往|早年|那年|\d{4}年|"
    r"\byears? (?:ago|back)|"
    r"(?:months?|weeks?) ago|(?<!due )in (?:january|february|march|april|may|june|july|"
    r"august|september|october|november|december)|"
    r"last (?:week|year|month|winter|summer|spring|autumn)|"
    r"\bas a (?:child|kid|teen\w*|baby)|(?:in|since|back in) (?:19|20)\d\d|when i was|used to|"
    r"history of|previously|in the past|in (?:college|high school|my (?:twenties|teens|20s))|"
    r"last (?:january|february|march|april|may|june|july|august|september|october|november|"
    r"december)"
)
_OVER: Final = re.compile(
    r"幸亏|幸好|抢救过来|救(?:了)?(?:回|过)来|抬走|送走|送医|(?:现在|早就|已经)(?:很|"
    r"都)?(?:安全|稳定|挺好)|挺好的|没(?:再|什么)?事|"
    r"havent .{0,12}(?:in|for) (?:\d+|\w+) (?:years|months)|havent since|safe now|doing (?:ok|"
    r"well|fine|great)|survivor|"
    r"(?:is|are|was|been) (?:stable|fine|normal|ok|good)|no (?:problems|issues|trouble)|"
    r"(?:已经|早就?|后来|现在|都|就|也|全|完全|基本)(?:[^，。！？；,.!?;\n]{0,4})(?:好了|"
    r"好多了|痊愈|恢复|没事|正常|康复|打完|缓解了|治好|消失|退了|稳定|没再|没有再|不[痛疼])|"
    r"好了|痊愈|治好|治愈|康复|出院|没再(?:犯|发|出现|晕|抽|痛|疼)?|没有?(?:再)?(?:复发|发作|"
    r"发过|犯过)|复查|复诊|随访|完全恢复|去世|走了|病故|过世|"
    r"\bresolved|recovered|fully|fine (?:now|since|after)|better now|went away|cured|"
    r"no problems since|never (?:came|happened|again)|"
    r"passed in|(?:x-?ray|ct|scan|ultrasound|labs?) (?:was |is |all )?(?:clear|fine|normal)|"
    r"(?:was|were|got|been|,) discharged\b|never again|(?:all|came back) clear\b|"
    r"healed|check ?-?up|follow[- ]?up|passed away|died|all (?:good|fine|well) now|im fine|"
    r"ok now|okay now|since then nothing"
)
_BACK: Final = re.compile(
    r"又(?!没)|再次|重新|再犯|刚刚|刚才|今天|今早|今晚|昨晚|昨天|这两天|这几天|正在|突然|"
    r"越来越|还是(?:痛|疼|不)|今儿|这会儿|一样的(?:感觉|症状)|[跟和](?:那|上|前)[次回](?:一样|"
    r"差不多)|老是|"
    r"thinking about it|same (?:thing|feeling|pain)|like (?:last|that) time|came on|started|"
    r"\bagain\b|\btoday\b|tonight|this morning|right now|just now|came back|is back|still|"
    r"now it|yesterday"
)


_LONG_AGO: Final = re.compile(
    r"小时候|小学|中学|高中|初中|大学时?|年轻时?|前年|大前年|早年|那年|去年|以前|"
    r"[二两三四五六七八九十几\d]+(?:多|来)?年(?:多)?(?:以)?前|(?:19|20)\d\d年|"
    r"\byears (?:ago|back)|\bas a (?:child|kid|teen\w*|baby)|(?:in|since|back in) (?:19|20)\d\d|"
    r"when i was (?:a |\d|in )|in (?:college|high school)|"
    r"上次怀孕|上一胎|头一?胎|第一胎|(?:last|first|previous) pregnancy|with my (?:first|last|"
    r"second)\b|"
    r"\bat (?:age |the age of )?\d{1,2}\b(?= ?,)|childhood"
)
_PRESENT: Final = re.compile(
    r"现在|如今|目前|今年|这次|这回|最近|\bnow\b|\bthese days\b|\bcurrently\b|\blately\b|"
    r"\band since\b"
)
_NAMED: Final = re.compile(
    r"[^，。！？；,.!?;\n看挂哪什么去找要的]{0,2}(?:门诊|中心|病房|病区|专科|专家|疫苗|病史|"
    r"史(?!无)|家族史|科(?=怎|在|几|的|周|上|电|专|医|门|病|还|吗|住|楼|$|[，。])|"
    r"热线|知识|手册|保险|证明|基金|宣传|预防)|"
    r" ?(?:clinic|cent(?:er|re)|unit|ward|department|specialist|vaccine|shots?\b|awareness|"
    r"hotline|"
    r"information|info\b|control (?:center|line|number)|free\b|class\b|survivor|course)"
)
"""What makes of a complaint the name of a place, a vaccine, a history."""
_FIGURES: Final = re.compile(
    r"(?:笑|急|气|烦|困|饿|热|冷|累|馋|吵|忙|愁|臭|丑|羡慕|无聊|尴尬|想)(?:得|到)?(?:要|个|"
    r"得要)?死(?:我|人|了|个人|你|啦|狗)+|"
    r"(?:忙|笑|压力大?)(?:得|到)?[^，。,]{0,4}(?:喘|透)不过(?:来)?气(?:来)?|"
    r"(?:话|气)[^，。,]{0,3}(?:噎|呛)得[^，。,]{0,10}|(?:闲得|真|太|很)蛋[疼痛]|"
    r"(?:加班|困|累)[^，。,]{0,6}猝死|困得?(?:要|都|快)[^，。,]{0,2}昏(?:过去|倒)|"
    r"账单[^，。,]{0,6}晕(?:过去|倒)|酸得?(?:像|跟)[^，。,]{0,4}(?:揍|打)了?|气死[她他]|"
    r"心(?:都|也)?碎|头(?:都|也|要|快|就)*(?:大|秃)了|一个头两个大|"
    r"(?:老板|作业|工作|加班|报表|考试|孩子吵|甲方|项目|论文)[^，。]{0,5}(?:头|脑袋|脑壳|"
    r"我)[^，。]{0,4}(?:炸|爆|裂|疯)了?|"
    r"(?:吓|急|气)(?:得|出)[^，。]{0,6}(?:心脏病|心梗|吐血)[^，。]{0,6}|(?:气|急|怄|贵|累)(?:得|"
    r"到)?(?:要|都|快)?吐血|"
    r"dying (?:for|to)\b|die (?:laughing|of (?:boredom|embarrassment))|died laughing|to die for|"
    r"bored to death|(?:scared|worried|tickled) to death|"
    r"could die lol|killing me (?:lol|haha)|(?:wait|time|bill|price|traffic|boss|job|heat|"
    r"suspense|commute|shoes) (?:time )?(?:is|are|s) killing me|"
    r"(?:gave|give|giving|have|had) (?:me )?(?:a |almost a |nearly a )?heart attack(?= (?:when|"
    r"at|over|lol|from))|almost gave me a heart attack|"
    r"(?:phone|laptop|car|battery|tablet) (?:has )?died|blood boil\w*|blew my mind|"
    r"kill(?:ed)? it\b|"
    r"(?:my|your) (?:head|brain) (?:is )?explod\w* (?:from|with) "
    r"(?:all )?(?:this |these |the )?(?:work|homework|meetings|forms|paperwork|numbers)"
)
"""Manners of speech."""
_HAN_HERE: Final = re.compile(r"[\u4e00-\u9fff]")
_COMMA: Final = re.compile(r"[，。！？；,.!?;\n]")
_GENERAL: Final = re.compile(
    r"什么是|是什么(?:意思|病|原理|东西)|有(?:哪些|什么|啥)(?:[^，。]{0,4})(?:症状|先兆|前兆|"
    r"表现|信号|征兆|区别|不同)|"
    r"一般(?:有|会|是)?(?:什么|哪些|怎么)|先查|查一下资料|以防|备着|"
    r"(?:怎么|如何|怎样)(?:预防|避免|识别|分辨|判断|防)|预防|讲座|培训|科普|论文|小说|剧本|"
    r"电视剧|电影|剧里|新闻|"
    r"短视频|刷(?:到|视频)|帖子|网上(?:看|说)|报警器|纯?好奇|了解一下|哪里(?:可以|能)?学|备课|"
    r"作业|考试题|写文章|"
    r"疫苗(?:先|要|打|多少|几)|遗传(?:吗|不|概率)|传染(?:吗|不)|(?:假如|假设|如果|万一|"
    r"要是)[^，。！？\n]{0,6}(?:以后|将来|哪天)|"
    r"(?:以后|将来|哪天)[^，。！？\n]{0,4}(?:如果|万一|要是)|提前了解|先了解|"
    r"\bwhat (?:is|are|s|does|causes)\b|whats\b|warning signs|how (?:high|many|much|long|"
    r"often) (?:does|do|is|are)\b|"
    r"how (?:do|can|would|should) (?:you|one|people|i) (?:prevent|recogni[sz]e|tell|avoid|spot)|"
    r"prevent\w*|"
    r"\bnovel\b|fiction|movie|tv show|tiktok|youtube|reddit|podcast|\barticle\b|poster|essay|"
    r"homework|for (?:a |my )?(?:class|school)\b|"
    r"curious|hypothetical\w*|suppose\b|\bif (?:i|my|we|he|she|someone|a person|"
    r"anyone)\b[^.!?\n]{0,20}\b(?:ever|again)\b|"
    r"\bever (?:has|have|gets|get)\b|just reading up|planning ahead|first aid (?:class|course)|"
    r"babysit\w*|\bif someone\b|just in case|difference between|\bcpr\b|alarm height"
)
_ACUTE: Final = re.compile(
    r"现在|刚才|刚刚|今天|今早|今晚|今儿|今晨|昨晚|昨天|昨夜|突然|忽然|正在|分钟|钟头|小时|开始|"
    r"一直|越来越|救命|快(?:死|不行)|这(?:两|几)天|"
    r"\b(?:now|today|tonight|yesterday|ago|suddenly|keeps|help|already|started|started|since|"
    r"this (?:morning|evening|afternoon)|last night)\b"
)
_UNTROUBLED: Final = re.compile(
    r"(?:现在|今天|目前|最近)?(?:我)?(?:自己)?(?:现在)?(?:都|啥|什么)*没(?:有|啥|什么)?(?:症状|"
    r"不舒服|感觉|事|问题)|现在(?:很|都|挺)?(?:好|健康|正常)|"
    r"(?:is|s|am|im|was|are|feel|feels|my \w+ is) (?:all |totally |perfectly )?(?:fine|ok|okay|"
    r"good|healthy|well)(?: (?:now|today))?|no symptoms"
)


def is_denied(wording: PatientWording, start: int, end: int, own_words: frozenset[str]) -> bool:
    """Whether the words at this place are plainly denied.

    Args:
        wording: the text.
        start: first character of the mention in the plain wording.
        end: after its last character.
        own_words: letters of the concept's own patterns; a denial among them is part of the
            complaint ("cannot be woken").
    """
    text = wording.plain
    if _AFTER.match(text, end) or _in_denied_list(text, start, end):
        return True
    if _NAMED.match(text, end) or _is_figure(text, start, end):
        return True
    inside = _INSIDE.search(text[start : end - 1])
    if inside and not own_words.intersection(inside.group()[0]):
        return True
    begin = max((m.end() for m in _CLAUSE.finditer(text, 0, start)), default=0)
    for match in _DENIALS.finditer(text, begin, start):
        between = text[match.end() : start]
        if match.group() == "不":
            if not between:
                return True
            continue
        if not _FILLERS.sub("", between):
            return True
    return False


def is_over(wording: PatientWording, start: int, end: int) -> bool:
    """Whether the sentence tells plainly of something past, and that it is over."""
    text = wording.plain
    if not _PAST.search(text):
        return False
    cuts = [m.end() for m in _SENTENCE.finditer(text)]
    begin = max((c for c in cuts if c <= start), default=0)
    here = next((c for c in cuts if c >= end), len(text))
    after = next((c for c in cuts if c > here), len(text))
    around = text[begin:after]
    past = _PAST.search(text[begin:here])
    return bool(past and _OVER.search(around) and not _BACK.search(around))


def is_long_ago(wording: PatientWording, start: int, end: int) -> bool:
    """Whether the clause tells of something that happened once, years ago; for what comes back this
    says less than :func:`is_over`, and it is none for thoughts of death."""
    text = wording.plain
    begin = text.rfind("\n", 0, start) + 1
    here = text.find("\n", end)
    line = text[begin : len(text) if here < 0 else here]
    if _BACK.search(line):
        return False
    cuts = [m.end() for m in _SENTENCE.finditer(text)]
    first = max((c for c in cuts if c <= start), default=0)
    last = next((c for c in cuts if c >= end), len(text))
    for past in _LONG_AGO.finditer(text, first, last):
        if _HAN_HERE.search(past.group()):
            between = text[past.end() : start] if past.end() <= start else ""
            clause_end = _COMMA.search(text, end)
            clause = text[start : clause_end.start() if clause_end else last]
            told_once = "过" in clause or not (_COMMA.search(between) or "开始" in clause)
            if past.end() <= start and not _PRESENT.search(between) and told_once:
                return True
        elif not _PRESENT.search(text[min(past.end(), start) : max(past.start(), end)]):
            return True
    return False


def _in_denied_list(text: str, start: int, end: int) -> bool:
    """Whether the mention is one of several things that are denied together."""
    return any(
        match.start() < start and end <= match.end()
        for pattern in _DENIED_LISTS
        for match in pattern.finditer(text)
    )


def general_lines(wording: PatientWording) -> tuple[tuple[int, int], ...]:
    """The lines that plainly ask in general, or tell of a story or of what might be some day, and
    of nothing that is there today; as places in the plain wording."""
    found = []
    begin = 0
    for line in wording.plain.split("\n"):
        general = _GENERAL.search(line) and not _ACUTE.search(_UNTROUBLED.sub(" ", line))
        if general or is_unreal_or_planned(line):
            found.append((begin, begin + len(line)))
        begin += len(line) + 1
    return tuple(found)


def _is_figure(text: str, start: int, end: int) -> bool:
    """Whether the words are a manner of speech."""
    around = max(0, start - 12)
    return any(
        match.start() < end and start < match.end()
        for match in _FIGURES.finditer(text, around, min(len(text), end + 12))
    )
