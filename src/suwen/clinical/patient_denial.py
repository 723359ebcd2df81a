"""Whether a patient clearly denies a complaint, or clearly tells of one that is over.

Fails safe: whatever is not plainly denied, or plainly past and resolved, counts as said.
"""

from __future__ import annotations

import re
from typing import Final

from suwen.clinical.patient_wording import PatientWording

_DENIALS: Final = re.compile(
    r"(?<!有)(?<!不是)(?<!这)(?<!可)(?:没有|没得|并没|没|无|否认|未见|不伴|冇|不存在|从不|从没|从未|并不|"
    r"不是|并非|不觉得)"
    r"|(?<!是)(?<!要)(?<!会)不"
    r"|\b(?:no|not|never|without|denies|deny|denied|none|isnt|arent|wasnt|neither|nor|"
    r"(?:dont|doesnt|didnt|do not|does not|did not|havent|hasnt|have not|has not)(?: (?:have|"
    r"has|had|feel|felt|think|want))?)\b"
)
_FILLERS: Final = re.compile(
    r"什么|任何|明显|特别|其他|其它|出现|感到|觉得|感觉|再|那种|的|过|啥|伴|伴有|和|或者?|及|"
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
_CLAUSE: Final = re.compile(
    r"[，。！？；,.!?;\n]|但|却|可是|不过|就是|而是|只是|\bbut\b|\bhowever\b|\bjust\b"
)
_SENTENCE: Final = re.compile(r"[。！？!?\n；;]|\.(?=\s|$)")
_INSIDE: Final = re.compile(r"[不没无](?:怎么|太|再|是|会|觉得|觉|感到|咋)?$")
_PAST: Final = re.compile(
    r"去年|前年|大前年|小时候|以前|曾经|当年|年轻(?:时|的时候)|多年前|"
    r"[一二两三四五六七八九十几\d]+(?:多)?(?:年|个?月)(?:以)?前|"
    r"上(?:个月|半年|学期|次|回)|岁(?:的)?时|岁那年|前几年|既往|早年|那年|\d{4}年|\byears? ago|"
    r"months? ago|last (?:year|month|winter|summer|spring|autumn)|"
    r"\bas a (?:child|kid)|in (?:19|20)\d\d|when i was|used to|history of|previously|in the past"
)
_OVER: Final = re.compile(
    r"(?:已经|早就?|后来|现在|都|就|也|全|完全|基本)(?:[^，。！？；,.!?;\n]{0,4})(?:好了|"
    r"好多了|痊愈|恢复|没事|正常|康复|打完|缓解了|治好|消失|退了|稳定|没再|没有再|不[痛疼])|"
    r"好了|痊愈|治好|治愈|康复|出院|没再(?:犯|发|出现|晕|抽|痛|疼)?|没有?(?:再)?(?:复发|发作|"
    r"发过|犯过)|复查|复诊|随访|完全恢复|去世|走了|病故|过世|"
    r"\bresolved|recovered|fully|fine (?:now|since|after)|better now|went away|cured|"
    r"no problems since|never (?:came|happened|again)|"
    r"healed|check ?-?up|follow[- ]?up|passed away|died|all (?:good|fine|well) now|im fine|"
    r"ok now|okay now|since then nothing"
)
_BACK: Final = re.compile(
    r"又(?!没)|再次|重新|再犯|刚刚|刚才|今天|今早|今晚|昨晚|昨天|这两天|这几天|正在|突然|"
    r"越来越|还是(?:痛|疼|不)|"
    r"\bagain\b|\btoday\b|tonight|this morning|right now|just now|came back|is back|still|"
    r"now it|yesterday"
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
    if _AFTER.match(text, end):
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
    return bool(
        _PAST.search(text[begin:here]) and _OVER.search(around) and not _BACK.search(around)
    )
