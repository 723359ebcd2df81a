"""What a text denies, doubts or only has as history: scopes of negation and uncertainty."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Assertion(StrEnum):
    """How a stretch of text is meant."""

    AFFIRMED = "affirmed"
    NEGATED = "negated"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Scope:
    """A stretch that a trigger negates or makes uncertain; the trigger itself is ``trigger``."""

    start: int
    end: int
    assertion: Assertion
    trigger: tuple[int, int]


_PSEUDO = re.compile(
    r"(?a)\bno\s+(?:significant\s+|interval\s+|acute\s+)?(?:change|changes|increase|decrease|improvement|longer\s+than|"
    r"more\s+than|less\s+than|\d+)\b|\bnot\s+(?:only|just|necessarily|sure|certain|too|as|well|much|really\s+sure|"
    r"until|quite|always|yet\b|be\s+able|able|gotten|getting)\b|"
    r"\bno\s+(?:one|problem\b|problems\s+with|trouble|doubt|matter|relief|way)\b|\bknow\b|\bgram\s+negative\b|"
    r"\bwithout\s+(?:difficulty|improvement|relief|success|help)\b|"
    r"无明显变化|无变化|无改变|无显著变化|无明显诱因|无诱因|无力|无法|无菌|无创|无痛|未再|未控制|未愈|未治|未婚|未育|"
    r"未规律|未特殊|未正规|未系统|未满|未来|不详|不明|不适|不良|不全|不足|不稳|不等|不慎|"
    r"不规律|不规则|不超过|不少于|不低于|不到|不能|不佳|不齐|不孕|不均|不宁|不清|不畅|不振|不伴随|别无|非无"
)
_UNCERTAIN = re.compile(
    # Who denies problems with an illness may still have it.
    r"(?a)\b(?:denies|denied|no)\s+(?:(?:any|recent|new|other)\s+)*(?:issues?|problems?|concerns?)"
    r"\s+with\b|"
    r"不除外|不排除|不能除外|不能排除|待排|待查|疑似|可疑|怀疑|考虑|可能|\b(?:cannot|can't|not)\s+(?:be\s+)?(?:rule|exclude)\w*\s*"
    r"(?:out)?\b|\bpossible|\bpossibly|\bprobable|\blikely|\bsuspect\w*|\bquestionable|\bversus\b|\bvs\b|"
    r"\bconcern(?:ed)?\s+(?:for|about)|\brule\s+out\b|\br/o\b|\bmay\s+have\b|\bmight\b"
)
_BEFORE = re.compile(
    r"(?a)否认|未见|未闻及|未触及|未及|未扪及|未诉|未发现|未提示|未检出|未出现|未查见|没有|并无|不伴|未(?:予|行|做|用|服用?|使用|接受|给予|施行|进行|应用|开立)|无|不(?=吸烟|饮酒|发热|痛|咳)|排除|非(?=吸烟)|"
    r"\bno\s+evidence\s+of|\bno\s+signs?\s+of|\bno\s+history\s+of|\bno\s+complaints?\s+of|\bnegative\s+for|\bfree\s+of|"
    r"\bdenies|\bdenied|\bdeny|\bdenying|\bwithout|\babsence\s+of|\bno\s+known|\bno\b|\bnone\b(?=\s+of)|\bnever|\bnot\b|\bnothing\b|\bunaware\s+of|\bfree\s+from|"
    r"n't\b|\bneither|\bnor\b|\bn\s't\b|\bunremarkable\s+for|\bnegative(?=\s+[a-z])|\bnon-?(?=tender|smok|drink|distend)|\bcannot\b"
)
_AFTER = re.compile(
    r"(?a)阴性|\(-\)|（-）|\(–\)|已排除|否认|"
    r"(?:\b(?:is|are|was|were|been)\s+)?(?:\bnegative\b|\bruled\s+out\b|\babsent\b|\bnot\s+present\b|\bdenied\b|\bnone\b|"
    r"\b(?:not|never)\s+(?:been\s+)?(?:seen|noted|appreciated|identified|detected|found|observed|"
    r"performed|done|given|carried\s+out|taken|started|prescribed|administered|used|ordered|received)\b)|:\s*(?:no|neg|none|never|n/a|nil|无|否认)\b"
)
_STOPPERS = re.compile(
    r"(?a)[。；;!?！？\n]|\.(?:\s|$)|\b(?:but|however|except|although|though|aside\s+from|apart\s+from|other\s+than|"
    r"besides|yet|which|who|secondary\s+to|due\s+to|because|since|presents?|presented|reports?|reported|endorses?|"
    r"admits?|complains?|states?|stated|has\b(?!\s+(?:no|not|never))|have\b(?!\s+any)|had\b(?!\s+(?:no|not|any))|is\b|are\b|"
    r"was\b|were\b|measure[ds]\b|remain(?:s|ed)\b|takes?|taking|positive\s+for|there\s+(?:is|are)|with\s+(?:a|an|some|mild|moderate|severe)|(?<!history\s)significant\s+for|"
    r"does\b(?!\s+not)|and\s+that\b|whereas|did\b|will\b|would\b|just|only|until|when|while|if)\b|但|然而|除|可见|伴有|有(?!无)|提示|考虑|予|给予|示|行|为|呈"
)
_WORD_OR_PAUSE = re.compile(r"(?a),|[a-z0-9'-]+")
_PAUSES = frozenset({",", "or", "nor", "and"})
_LONGEST_REACH = 9
# "Not helping the pain" denies the help and not the pain.
_DENIED_VERB = re.compile(
    r"(?a)\s*(?:(?:really|actually|been|seem(?:ed)?\s+to|any\s+longer)\s+)*"
    r"(?:help|improv|chang|reliev|resolv|work|subsid|bother)\w*"
)
# The verb that a denial itself needs ("does not have", "denies taking") does not end it.
_OWN_VERB = re.compile(
    r"(?a)\s*(?:(?:ever|been|currently|really|also|yet|to)\s+)*"
    r"(?:taking|takes?|have|having|has|had|reports?|presents?|be)\b"
)
_VERB = re.compile(
    r"(?a)(?:is|are|was|were|has|have|had|takes?|will|did|does|measure[ds]|remain(?:s|ed))\b"
)
_SUBJECT_AFTER_COMMA = re.compile(r"(?a),\s*(?:and\s+)?(?!and\b|n?or\b)(?:[a-z0-9'-]+\s+){1,7}$")
_CLAUSE_BEGINS = re.compile(r"(?a)[，,。；;.\n]|\b(?:while|whereas|and\s+that)\b")
_CHINESE_COMMA = re.compile(r"(?a)[，,](?!\s?(?:无|未|否认|没有|不伴)|[^，,。；;]{1,8}[、])")
_ENGLISH_COMMA_ENDS = re.compile(
    r"(?a),\s*(?:and\s+)?(?:come|return|keep|call|seek|continue|follow|start|he|she|it|they|the\s+patient|patient|this|i|we|her|his|there|also\s+has)\b"
)


def find_scopes(folded: str) -> list[Scope]:
    """Negated and uncertain stretches of a text, in order.

    Args:
        folded: text as ``suwen.language.width.fold`` returns it.

    Source: NegEx (Chapman et al. 2001) trigger classes, restated; Chinese triggers recalled from
    the wording of hospital records.
    """
    blocked = [m.span() for m in _PSEUDO.finditer(folded)]
    scopes: list[Scope] = []
    uncertain = [m.span() for m in _UNCERTAIN.finditer(folded)]
    for start, end in uncertain:
        scopes.append(Scope(end, _forward_end(folded, end), Assertion.UNCERTAIN, (start, end)))
    blocked.extend(uncertain)
    for match in _BEFORE.finditer(folded):
        if not _inside(match.start(), blocked):
            stop = _forward_end(folded, match.end())
            scopes.append(Scope(match.end(), stop, Assertion.NEGATED, match.span()))
    for match in _AFTER.finditer(folded):
        if not _inside(match.start(), blocked):
            begin = _backward_start(folded, match.start())
            scopes.append(Scope(begin, match.start(), Assertion.NEGATED, match.span()))
    return sorted(scopes, key=lambda s: (s.start, s.end))


def assertion_of(start: int, end: int, scopes: list[Scope]) -> Assertion:
    """How a term at this place is meant; negation outweighs uncertainty."""
    covering = {s.assertion for s in scopes if s.start <= start and end <= s.end}
    if Assertion.NEGATED in covering:
        return Assertion.NEGATED
    return Assertion.UNCERTAIN if covering else Assertion.AFFIRMED


def _inside(position: int, spans: list[tuple[int, int]]) -> bool:
    return any(a <= position < b for a, b in spans)


def _forward_end(folded: str, position: int) -> int:
    itself = _DENIED_VERB.match(folded, position)
    if itself:
        return itself.end()
    own_verb = _OWN_VERB.match(folded, position)
    stop = _STOPPERS.search(folded, own_verb.end() if own_verb else position)
    end = _new_clause(folded, position, stop.start()) if stop else len(folded)
    for pattern in (_CHINESE_COMMA, _ENGLISH_COMMA_ENDS):
        comma = pattern.search(folded, position, end)
        if comma and (
            pattern is _ENGLISH_COMMA_ENDS or _is_chinese(folded, position, comma.start())
        ):
            end = comma.start()
    return _in_reach(folded, position, end)


def _in_reach(folded: str, position: int, end: int) -> int:
    """Speech without punctuation runs on; a denial reaches only so many words without a pause."""
    words = 0
    for match in _WORD_OR_PAUSE.finditer(folded, position, end):
        words = 0 if match.group() in _PAUSES else words + 1
        if words > _LONGEST_REACH:
            return match.start()
    return end


def _new_clause(folded: str, position: int, end: int) -> int:
    """The comma before which a denial ends: behind it a clause with its own subject and verb."""
    if not _VERB.match(folded, end):
        return end
    subject = _SUBJECT_AFTER_COMMA.search(folded, position, end)
    return subject.start() if subject else end


def _is_chinese(folded: str, start: int, end: int) -> bool:
    return any("\u4e00" <= c <= "\u9fff" for c in folded[start:end])


def _backward_start(folded: str, position: int) -> int:
    ends = [m.end() for m in _CLAUSE_BEGINS.finditer(folded, 0, position)]
    return ends[-1] if ends else 0
