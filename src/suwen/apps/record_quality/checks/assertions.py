"""The same thing stated and denied: leading symptom, smoking and alcohol, allergies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.checks.medicines import names_allergen
from suwen.apps.record_quality.checks.relatives import is_of_a_relative
from suwen.apps.record_quality.checks.symptom_words import SAME, WORDS_LEFT_OUT
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import Paper, Part
from suwen.apps.record_quality.stay import Stay

_CLAUSE = re.compile(r"[^，,。；;\n.!?！？]+")
_DENIAL = re.compile(
    r"否认|从未|从无|未曾|未出现|未发现|未见|未诉|没有|并无|不伴|无(?!法|力|意|诱因|明显|特殊|规律|痛性|外伤)|"
    r"不(?=咳|发热|痛|吸|饮|抽|喝|喘)|"
    r"\b(?:no|not|never|without|denies|denied|nor|neither|none|absence of|free of|has not|hasn't|"
    r"does not|doesn't|did not|didn't|non)\b"
)
_DURATION = re.compile(
    r"(?:[\d一二三四五六七八九十两半数余多]+\s*个?(?:小时|天|日|周|月|年|星期|分钟)\S*|"
    r"\b(?:for|since|over|during|about|past|last)\b.*$|\b\d+[- ](?:hours?|days?|weeks?|months?|"
    r"years?)\b.*$)"
)
_SPLIT = re.compile(r"[、，,；;及和与伴并]|\b(?:and|with|or)\b")
_LEAD = re.compile(
    r"^(?:反复|间断|间歇|阵发性?|持续性?|发作性?|进行性?|突发|急性|渐进性?|再发|加重|活动后|"
    r"劳力性?|夜间|偶有?|发现|体检|检查|双侧?|左侧?|右侧?|双下肢|双|左|右)+"
)
_TAIL = re.compile(r"(?:加重|反复发作|发作|不适|明显)+$")


def assertion_defects(stay: Stay) -> Iterator[Defect]:
    """What one place of the record states and another denies.

    Source: 病历质控常见缺陷 C17; 病历评分标准 QC01 (collected from memory).
    """
    for paper in stay.papers:
        yield from _symptom_denied(paper)
    for pair in _HABITS:
        yield from _habit(stay, *pair)
    yield from _allergy(stay)


def _symptom_denied(paper: Paper) -> Iterator[Defect]:
    """The leading symptom denied in the history, and told nowhere in it."""
    complaint = next(iter(paper.parts_of("complaint")), None)
    illness = next(iter(paper.parts_of("illness")), None)
    if complaint is None or illness is None:
        return
    story = paper.folded[illness.body.start : illness.body.end]
    told = paper.folded[complaint.body.start : complaint.body.end]
    for symptom in _symptoms(told):
        wordings = _wordings(symptom)
        places = [m for w in wordings for m in re.finditer(re.escape(w), story)]
        if not places or any(not _is_denied_at(story, m.start(), m.end()) for m in places):
            continue
        first = min(places, key=lambda m: m.start())
        clause = _clause_at(story, first.start())
        if _is_of_other_side(story[clause[0] : clause[1]], told):
            continue
        span = Span(illness.body.start + clause[0], illness.body.start + clause[1])
        yield Defect(
            "RQ-C07",
            Bilingual(
                zh=f"主诉写“{symptom}”，现病史写“{paper.quote(span)}”。",
                en=f"The chief complaint tells of “{symptom}”, the history says "
                f"“{paper.quote(span)}”.",
            ),
            document=paper,
            span=span,
            evidence=(seen(paper, span), seen(paper, complaint.body)),
        )
        return


_LEFT, _RIGHT = re.compile(r"左|\bleft\b"), re.compile(r"右|\bright\b")


def _is_of_other_side(denied: str, told: str) -> bool:
    """Whether what is denied is of the healthy side."""
    for one, other in ((_LEFT, _RIGHT), (_RIGHT, _LEFT)):
        if one.search(told) and not other.search(told) and other.search(denied):
            return True
    return False


def _symptoms(complaint: str) -> Iterator[str]:
    plain = _DURATION.sub("", complaint)
    for piece in _SPLIT.split(plain):
        word = piece.strip(" .。")
        if word.isascii():
            words = [w for w in re.findall(r"[a-z]{4,}", word) if w not in WORDS_LEFT_OUT]
            yield from words[:1]
        else:
            bare = _TAIL.sub("", _LEAD.sub("", word))
            if len(bare) >= 2:
                yield bare


def _wordings(symptom: str) -> set[str]:
    found = {symptom}
    for group in SAME:
        if any(w in symptom for w in group):
            found.update(group)
    return found


_REACH = 36
_BEGAN = re.compile(
    r"\b(?:began|started|developed|appeared|noticed|felt|had|found|saw|warning|cause|reason|injury)\b"
)


def _is_denied_at(story: str, start: int, end: int) -> bool:
    clause_start, clause_end = _clause_at(story, start)
    before = story[clause_start:start]
    behind = story[end:clause_end]
    if before.isascii():
        # "Without warning a lump appeared" denies the warning.
        before = _BEGAN.split(before)[-1][-_REACH:]
    if _DENIAL.search(before):
        return True
    return bool(re.search(r"\b(?:has|have|was|were|is)\s+(?:never|not)\b|\bdenied\b|否认", behind))


def _clause_at(text: str, position: int) -> tuple[int, int]:
    for clause in _CLAUSE.finditer(text):
        if clause.start() <= position < clause.end():
            start = clause.start() + len(clause.group()) - len(clause.group().lstrip())
            return start, clause.end()
    return position, position


@dataclass(frozen=True, slots=True)
class _Place:
    paper: Paper
    span: Span


#: What tells that somebody has a habit now, had it, never had it, or has it no more.
_HABITS = (
    (
        Bilingual("吸烟", "smoking"),
        re.compile(
            r"(?:吸烟|抽烟)(?:史)?\s*(?:每[天日]|约|已|近|\d|"
            r"[一二三四五六七八九十]+[余多]?年)[^，,。；;\n]{0,12}|"
            r"有吸烟史|\d+\s?余?年的?吸烟史|(?:每[天日]|日均?)(?:吸烟|抽烟)\s*\d+[^，,。；;\n]{0,6}|长期(?:吸烟|抽烟)|"
            r"(?:吸烟|抽烟)者|"
            r"(?:吸烟|抽烟)[^，,。；;\n否无不]{0,3}\d+\s*(?:支|包|年)[^，,。；;\n]{0,8}|"
            r"每[天日]\s?\d+\s?支|烟龄\s?\d|吸烟指数|\d+\s?包年|"
            r"\b(?:smokes|smoking|smoked)\s+(?:about |some |up to |for |around )?(?:\d+|one|two|"
            r"half|a)\b[^,.;\n]{0,24}|"
            r"\bcurrent smoker\b|\bis a smoker\b|\bheavy smoker\b|\b\d+ cigarettes\b|"
            r"\bpack[- ]years?\b"
        ),
        re.compile(
            r"从不(?:吸烟|抽烟)|从未(?:吸烟|抽烟)|否认(?:有)?(?:吸烟|抽烟|烟酒|"
            r"吸烟、?饮酒)[^，,。；;\n]{0,6}|"
            r"无(?:吸烟|抽烟|烟酒)[^，,。；;\n]{0,6}|(?<!已)不(?:吸烟|抽烟)|无烟酒嗜好|"
            r"\bsmok(?:es|ing|er)? ?:? ?never\b|\bnever (?:smoked|a smoker)\b|"
            r"\bnon[- ]?smoker\b|\bdoes not smoke\b|"
            r"\bno (?:history of )?smoking\b|"
            r"\bdenies (?:smoking|tobacco)\b|\bno tobacco\b|\blifelong non[- ]?smoker\b"
        ),
    ),
    (
        Bilingual("饮酒", "alcohol"),
        re.compile(
            r"(?:饮酒|喝酒)(?:史)?\s*(?:每[天日周]|约|已|近|\d|"
            r"[一二三四五六七八九十]+[余多]?年)[^，,。；;\n]{0,12}|"
            r"有饮酒史|每[天日](?:饮|喝)(?:白|啤|红|黄)?酒\s*\S{0,8}|(?:长期|大量){1,2}(?:饮酒|喝酒|酗酒)|"
            r"\b(?:half a|a) bottle of \w+ (?:daily|a day|every day)|"
            r"\bdrinks\s+(?:about |some |up to |around )?(?:\d+|one|two|half|a)\b[^,.;\n]{0,24}|"
            r"\b\d+ units of alcohol\b|\bheavy drinker\b|\balcohol (?:abuse|dependence)\b"
        ),
        re.compile(
            r"从不(?:饮酒|喝酒)|从未(?:饮酒|喝酒)|否认(?:有)?(?:饮酒|烟酒|"
            r"吸烟、?饮酒)[^，,。；;\n]{0,6}|"
            r"无(?:饮酒|烟酒)[^，,。；;\n]{0,6}|(?<!已)不(?:饮酒|喝酒)|"
            r"\balcohol ?:? (?:none|never)\b|\bno alcohol\b|\bnever (?:drinks|drank)\b|"
            r"\bdoes not drink\b|\bdenies alcohol\b|"
            r"\bteetotal\w*\b"
        ),
    ),
)
_STOPPED = re.compile(
    r"(?<![嘱劝议前未])戒(?![断毒除]|[烟酒]{1,2}(?:[,，。;\n]|$))|已不|曾|停(?:止)?(?:吸|饮)|"
    r"\bstopped\b|\bquit\b|\bformer\b|\bex-|\bgave up\b|"
    r"\bin the past\b"
)
_NEVER = re.compile(r"从不|从未|否认|无|\bnever\b|\bnon|\bdenies\b|\blifelong\b|\bno history\b")


def _habit(
    stay: Stay, what: Bilingual, stated: re.Pattern[str], denied: re.Pattern[str]
) -> Iterator[Defect]:
    said = [p for p in _places(stay, stated) if not _DENIAL.search(_clause_before(p))]
    against = list(_places(stay, denied))
    if not said or not against:
        return
    stopped = any(_STOPPED.search(_sentence(p)) for p in (*said, *against))
    if stopped:
        against = [p for p in against if _NEVER.search(p.paper.folded[p.span.start : p.span.end])]
        against = [p for p in against if not _STOPPED.search(_sentence(p))]
    if against:
        yield _both("RQ-C06", what, said[0], against[0])


_DRUG = (
    r"(?:[\u4e00-\u9fff]{0,6}(?:霉素|西林|头孢|磺胺|沙星|药物?|普鲁卡因|造影剂|碘|链霉素|"
    r"阿司匹林|海鲜|花生|青霉素)[\u4e00-\u9fff]{0,4}?)"
)
_ALLERGIC = re.compile(
    rf"对[^，,。；;\n]{{1,14}}?过敏(?!性|原|史?(?:无|阴性))|{_DRUG}类?(?:药物)?过敏(?!反应[、，])|"
    r"\ballergic to (?!no\b|none\b|nothing)[a-z][^.;,\n]{1,30}|\b[a-z]{5,} allergy\b"
)
_NO_ALLERGY = re.compile(
    r"(?:否认|无)[^，,。；;\n]{0,14}过敏[^，,。；;\n]{0,4}|未发现[^，,。；;\n]{0,6}过敏|"
    r"\bno (?:known )?(?:drug |food |medicine |medication )?(?:or food |or drug |"
    r"and food )?(?:allerg\w+)|"
    r"\bdenies (?:any )?(?:drug )?allerg\w+|\bnkd?a\b|\bnot allergic to any\b"
)
_NOTHING_KNOWN = re.compile(
    r"\s*(?:无|否|没有|未发现|none|no|nil|nkda?|not known|none known)\s*[。.]?\s*"
)
_NO_SUCH = re.compile(
    r"\s*(?:否认|无|未|没有|不|阴性|none|no\b|nil|not|denie[sd]|negative|nkd?a|unknown|-|/)"
)
_HEDGED = re.compile(
    r"皮试|试验|如有|若|防|警惕|可能|风险|观察|注意有无|询问|有无|\bif\b|\brisk\b|\bwatch\b|"
    r"\btest\b"
)


def _allergy(stay: Stay) -> Iterator[Defect]:
    stated = [
        place
        for paper, match in _matches(stay, _ALLERGIC)
        for place in (_Place(paper, Span(match.start(), match.end())),)
        if not _is_heading(place)
        and not _DENIAL.search(_clause_before(place))
        and not _DENIAL.search(match.group())
        and not _HEDGED.search(_sentence(place))
    ]
    stated.extend(_fields(stay, empty=False))
    denied = [
        _Place(paper, Span(match.start(), match.end()))
        for paper, match in _matches(stay, _NO_ALLERGY)
        if not re.search(r"其他|其它|余|other", match.group())
        and not _OF_ONE.search(_clause_before(_Place(paper, Span(*match.span()))))
    ]
    denied.extend(_fields(stay, empty=True))
    pairs = [(s, d) for s in stated for d in denied if _speaks_of(d, s)]
    if not pairs:
        return
    # The history's own statement stands against what later notes say, which is shown.
    shown = next((pair for pair in pairs if not _is_allergy_field(pair[0])), pairs[0])
    yield _both("RQ-C06", Bilingual("过敏史", "allergy"), *shown)


# No allergy to one thing, or to all others: 青霉素多次使用无过敏, 其余药物无过敏.
_OF_ONE = re.compile(
    r"使用|应用|用药|耐受|其他|其它|其余|余|[a-z一-鿿](?:类|素|林|星|药物)$|\b(?:other|tolerat\w*)\b"
)
_NO_DRUG = re.compile(
    r"食物|海鲜|鱼|虾|蟹|贝|花生|坚果|鸡蛋|蛋清|牛奶|奶制品|芒果|菠萝|桃|水果|小麦|大豆|花粉|尘螨|粉尘|"
    r"油漆|染发|化妆|橡胶|乳胶|胶布|金属|镍|猫|狗|动物|毛|蜂|紫外线|日光|冷空气|酒精|"
    r"\b(?:food|fish|shellfish|prawns?|nuts?|peanuts?|eggs?|milk|mango|fruit|wheat|pollen|dust|mites?|"
    r"latex|plaster|nickel|cats?|dogs?|bees?|wasps?|sun)\b"
)
_OF_DRUGS = re.compile(r"药|\b(?:drug|medic)")
_OF_FOOD = re.compile(r"食|\bfood")


def _speaks_of(denied: _Place, stated: _Place) -> bool:
    """Whether a denial is of the same sort of allergy: drugs denied leave room for a mango."""
    words = denied.paper.folded[denied.span.start : denied.span.end]
    of_drugs, of_food = bool(_OF_DRUGS.search(words)), bool(_OF_FOOD.search(words))
    if of_drugs == of_food:
        return True
    names = stated.paper.folded[stated.span.start : stated.span.end]
    return of_food == bool(_NO_DRUG.search(names))


def _is_heading(place: _Place) -> bool:
    return any(p.head.start <= place.span.start < p.head.end for p in place.paper.parts)


def _fields(stay: Stay, *, empty: bool) -> Iterator[_Place]:
    """The places for allergies that say there is none, or those that name one."""
    for paper in stay.papers:
        for part in paper.parts_of("allergy"):
            body = paper.folded[part.body.start : part.body.end]
            says_none = bool(_NOTHING_KNOWN.fullmatch(body) or _NO_ALLERGY.search(body))
            names_one = not _NO_SUCH.match(body) and names_allergen(body)
            if says_none if empty else names_one and not says_none:
                yield _Place(paper, part.body)


def _is_allergy_field(place: _Place) -> bool:
    return any(
        part.body.start <= place.span.start < part.body.end
        for part in place.paper.parts_of("allergy")
    )


def _places(stay: Stay, pattern: re.Pattern[str]) -> Iterator[_Place]:
    for paper, match in _matches(stay, pattern):
        yield _Place(paper, Span(match.start(), match.end()))


def _matches(stay: Stay, pattern: re.Pattern[str]) -> Iterator[tuple[Paper, re.Match[str]]]:
    """Matches that are about the patient: not in the family history, not of a relative."""
    for paper in stay.papers:
        family: list[Part] = list(paper.parts_of("family"))
        for match in pattern.finditer(paper.folded):
            if any(p.body.start <= match.start() < p.body.end for p in family):
                continue
            if not is_of_a_relative(_clause_before(_Place(paper, Span(*match.span())))):
                yield paper, match


def _clause_before(place: _Place) -> str:
    folded = place.paper.folded
    start = max(folded.rfind(stop, 0, place.span.start) for stop in "，,。；;\n.：:") + 1
    return folded[start : place.span.start]


def _sentence(place: _Place) -> str:
    folded = place.paper.folded
    start = max(folded.rfind(stop, 0, place.span.start) for stop in "。；;\n") + 1
    ends = [e for e in (folded.find(stop, place.span.end) for stop in "。；;\n") if e >= 0]
    return folded[start : min(ends, default=len(folded))]


def _both(rule: str, what: Bilingual, stated: _Place, denied: _Place) -> Defect:
    one, other = stated.paper.quote(stated.span), denied.paper.quote(denied.span)
    return Defect(
        rule,
        Bilingual(
            zh=f"{what.zh}：{title_of(stated.paper).zh}写“{one}”，"
            f"{title_of(denied.paper).zh}写“{other}”。",
            en=f"{what.en}: {title_of(stated.paper).en} says “{one}”, "
            f"{title_of(denied.paper).en} says “{other}”.",
        ),
        document=stated.paper,
        span=stated.span,
        evidence=(seen(stated.paper, stated.span), seen(denied.paper, denied.span)),
    )
