"""Words that only say where something was read, or that something follows; they claim nothing."""

from __future__ import annotations

import re

from suwen.core.finding import Span

# Closed lists: another patient's record, or one that does not say so, is never taken.
_BEGIN = r"(?:^|(?<=[。；;，,：:!?！？\n(（]))\s*"
_ZH_SOURCE = (
    r"(?:该|本|其|现有|既往|原始|电子|住院|门诊|急诊|医疗|护理|患者|病人|以上|上述|的){0,4}"
    r"(?:病历|病案|病史|病程|文书|档案|资料|记录|记载)(?:资料|记录|记载|摘要|文书)?[中内里上]?"
)
_ZH_VERB = (
    r"(?:中|均|已|另|亦|有|所)?"
    r"(?:记载|记录|载明|写明|注明|显示|提示|表明|描述|可见|可知|得知|载|记|示|看|述)"
)
_ZH_FROM = r"(?:另|又|并|现|经|如|查阅|查看|查|回顾|根据|依据|据|依|按照|按|参照|综合|结合|从|由)"
_ZH_COURSE = r"(?:诊疗|诊治|治疗|住院)(?:经过|过程)(?:如下|中)?|病程(?:中|经过)"
_ZH_LINK = (
    r"此外|另外|同时|并且|而且|其次|再者|还有|另(?![一外名位])|且|需要?说明的是|值得注意的是|其中"
)
_EN_SOURCE = (
    r"(?:(?:the|his|her|their|this|these|all|available|existing|current|prior|medical|hospital|"
    r"clinical|inpatient|outpatient|admission|discharge|electronic|health|nursing|written|"
    r"patient's|patient)\s+){0,5}"
    r"(?:records?|charts?|notes?|files?|documentation|documents?|emr|ehr|history\s+on\s+file)"
)
_EN_VERB = (
    r"(?:(?:also|further|clearly)\s+)?(?:states?|stated|shows?|showed|says?|said|indicates?|"
    r"indicated|documents?|documented|notes|noted|records|recorded|reports?|reported|reveals?|"
    r"revealed|describes?|described|confirms?|confirmed|lists?|listed|reads?|reviewed)\b"
)
_EN_SAID = r"(?:recorded|documented|noted|stated|described|reported|listed|written)"
_EN_LINK = (
    r"in\s+addition|additionally|of\s+note|also|furthermore|moreover|further|likewise|notably|"
    r"meanwhile"
)
_BEFORE = re.compile(
    rf"(?a){_BEGIN}(?:{_ZH_LINK}[，,：:]?)?(?:"
    rf"{_ZH_FROM}{{1,2}}{_ZH_SOURCE}(?:{_ZH_VERB})?[，,：:]|"
    rf"{_ZH_FROM}{{1,2}}{_ZH_SOURCE}{_ZH_VERB}|"
    rf"{_ZH_SOURCE}{_ZH_VERB}[，,：:]?|"
    rf"(?:{_ZH_COURSE})[，,：:]|"
    rf"(?:{_ZH_LINK})[，,：:]?)|"
    rf"{_BEGIN}(?:(?:and|{_EN_LINK})[\s,]+)?(?:"
    rf"(?:according\s+to|as\s+per|per|based\s+on|from|in|on\s+(?:a\s+)?review\s+of|"
    rf"as\s+{_EN_SAID}\s+(?:in|on))\s+{_EN_SOURCE}\s*[,:]|"
    rf"(?:(?:a\s+)?review\s+of\s+)?{_EN_SOURCE}(?:\s+review)?\s+{_EN_VERB}(?:\s*[:,]|\s+that\b|(?=\s))|"
    rf"it\s+(?:is|was|has\s+been)\s+{_EN_SAID}(?:\s+in\s+{_EN_SOURCE})?\s+that\b|"
    rf"as\s+{_EN_SAID}\s*[,:]|on\s+(?:the\s+)?(?:record|file)\s*[,:]|"
    rf"(?:{_EN_LINK})\s*[,:])"
)
_END = r"(?=\s*(?:[。；;.]|$))"
_BEHIND = re.compile(
    r"(?a)"
    rf"[(（](?:详?见|参见|据|根据|依据){_ZH_SOURCE}(?:{_ZH_VERB})?[)）]|"
    rf"[，,]\s*(?:详?见|参见|以上均?据|以上均?见|据|根据){_ZH_SOURCE}(?:{_ZH_VERB})?{_END}|"
    rf"[，,]\s*{_ZH_SOURCE}(?:中|均|已)?有(?:所)?(?:记载|记录){_END}|"
    rf"\(\s*(?:per|as\s+per|see|according\s+to|from)\s+{_EN_SOURCE}\s*\)|"
    rf",\s*(?:per|as\s+per|see|according\s+to|as\s+{_EN_SAID}\s+(?:in|on))\s+{_EN_SOURCE}{_END}|"
    rf",\s*as\s+{_EN_SAID}{_END}"
)


def find_attributions(folded: str) -> list[Span]:
    """Stretches such as "the record states that" or 据病历记载，and mere links such as 此外.

    Args:
        folded: text as ``suwen.language.width.fold`` returns it.
    """
    found = [Span(m.start(), m.end()) for m in _BEHIND.finditer(folded)]
    position = 0
    while (match := _BEFORE.search(folded, position)) is not None:
        if not any(s.start <= match.start() < s.end for s in found):
            found.append(Span(match.start(), match.end()))
        position = match.end()
    return sorted(found, key=lambda s: s.start)
