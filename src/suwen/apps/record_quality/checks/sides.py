"""Left and right that contradict between the documents of a stay."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import DIAGNOSES, Paper
from suwen.apps.record_quality.stay import Stay
from suwen.language.laterality import Side, find_sides

_ZH_SITE = re.compile(r"\s*(?:侧|边|部)?\s*(?P<site>[\u4e00-\u9fff]{2,4})")
_EN_SITE = re.compile(r"\s*[- ](?:sided?\s+)?(?P<site>[a-z]{3,}(?:[ -][a-z]{3,}){0,1})")
_HISTORY = ("past", "family", "personal", "allergy", "marital")
_CLAUSE_BEGIN = "，,。；;\n:："
_STOP = re.compile(r"[。；;\n.!?！？]")
_NO_SITE = re.compile(r"^(?:可|无|未|有|为|较|稍|呼吸|叩|听|均|对称|the|and|was|with|is)")
_NORMAL = re.compile(
    r"正常|未见|未触|未闻|未及|无(?!力|法|张力|痛)|清晰?(?:$|[，,])|阴性|对称|健侧|对侧|[5五ⅤV]级|"
    r"\b(?:normal|clear|no|not|without|unremarkable|negative|intact|full strength|5/5)\b"
)
# What the patient had before, or what lies on a side because somebody works there.
_BEFORE_NOW = re.compile(
    r"史|陈旧|既往|曾|年前|旧|(?:19|20)\d{2}|人工晶|术后(?!第|\s*\d)|瘢痕|"
    r"\b(?:history|previous\w*|old|scar|prior|ago|(?:19|20)\d{2})\b"
)
_DENIED = re.compile(
    r"无|否认|未|非|排除|除外|不是|较|与|\b(?:no|not|without|denies|than|excluded?|negative|compared)\b"
)
_NOT_ILL = re.compile(
    r"卧|颈内|锁骨下静|股静|股动|桡动|上肢静|手背|前臂内瘘|内瘘|转|利手|位|径路|入路|偏|移位|放射|撑地|"
    r"(?:lateral|decubitus|handed|internal jugular|subclavian|radial artery|"
    r"femoral (?:vein|artery))"
)
_HEALTHY = re.compile(
    r"好|可(?:$|[，,；;])|光滑|位正|通畅|稳定|完整|健全|存在|对照|痊愈|愈合|自如|良好|敏感|无症状|(?:[^，,；;]{0,8}未)|"
    r"\b(?:well|full range|good|stable|healed|in place|asymptomatic)\b"
)
# Words of one organ, so that "the knee" meets "the knee's meniscus".
_ORGAN_ZH = re.compile(
    r"侧?(?P<organ>输尿管|肾上腺|卵巢|附件|输卵管|睾丸|鞘膜|阴囊|精索|腹股沟|乳|甲状腺|扁桃体|腮腺|基底节|"
    r"下肢|上肢|下腹|上腹|股骨|胫骨|腓骨|肱骨|桡骨|尺骨|锁骨|髌骨|跟骨|肩|肘|腕|髋|膝|踝|足|手|拇|指|"
    r"眼|耳|鼻|面|额|颞|顶|枕|小脑|肾|肺|胸|腰|颈|臀|大腿|小腿|肢|上肺|下肺|中肺)"
)
_ORGAN_EN = re.compile(
    r"[- ](?:sided? )?(?:[a-z-]+ ){0,3}?(?P<organ>ureter\w*|adrenal|ovar\w+|testi\w+|hydrocele|"
    r"groin|inguinal|breast|thyroid|tonsil|femur|femoral|tibia\w*|humer\w+|clavic\w+|shoulder|elbow|"
    r"wrist|hip|knee|ankle|foot|hand|thumb|eye|ear|kidney|renal|lung|chest|flank|leg|arm)\b"
)
_MANY_OF_AN_ORGAN = 3
_NAMED_TWICE = 2
_CLAUSE_END = re.compile(r"[，,。；;\n!?！？]|\.(?:\s|$)")
_WORDS = {Side.LEFT: Bilingual("左", "left"), Side.RIGHT: Bilingual("右", "right")}


@dataclass(frozen=True, slots=True)
class _Mention:
    paper: Paper
    span: Span
    site: str
    side: Side
    sentence: tuple[int, int]


def side_defects(stay: Stay) -> Iterator[Defect]:
    """Mentions of the other side of a place that the rest of the stay names.

    A place with both sides in one sentence, or with each side several times over, may be two
    places of one patient and is left alone. What the patient had before, what is denied and the
    healthy side are no mentions.

    Source: 病历质控常见缺陷 C03 (collected from memory).
    """
    by_site: dict[str, list[_Mention]] = defaultdict(list)
    by_organ: dict[str, list[_Mention]] = defaultdict(list)
    days = (stay.admitted_at, stay.ended_at or stay.known_until)
    years = frozenset(day.year for day in days if day is not None)
    every: list[_Mention] = []
    for paper in stay.papers:
        for mention, is_organ in _mentions(paper, years):
            every.append(mention)
            (by_organ if is_organ else by_site)[mention.site].append(mention)
    pairs = [pair for mentions in by_site.values() for pair in _deviating(mentions)]
    pairs += [pair for mentions in by_organ.values() for pair in _alone(mentions)]
    pairs += list(_operated_elsewhere(every))
    told: set[tuple[str, int]] = set()
    for wrong, right in pairs:
        if (wrong.paper.id, wrong.span.start) not in told:
            told.add((wrong.paper.id, wrong.span.start))
            yield _defect(wrong, right)


_DAY = re.compile(r"(?P<y>(?:19|20)\d{2})\s?[-/.年]\s?\d{1,2}(?:\s?[-/.月]\s?\d{1,2}日?)?")


def _without_days(words: str, years: frozenset[int]) -> str:
    """The words without the dates of the stay itself, which tell of nothing that was before."""
    return _DAY.sub(lambda m: "" if int(m.group("y")) in years else m.group(), words)


def _mentions(paper: Paper, years: frozenset[int]) -> Iterator[tuple[_Mention, bool]]:
    """Sides of places, and of organs (``True``), that are ill or treated now."""
    folded = paper.folded
    before_now = [part.body for part in paper.parts_of(*_HISTORY)]
    for side in find_sides(folded):
        if side.side is Side.BOTH or any(b.start <= side.start < b.end for b in before_now):
            continue
        chinese = folded[side.start] in "左右"
        ends = _CLAUSE_END.search(folded, side.end)
        rest = folded[side.end : ends.start() if ends else len(folded)]
        begin = max(folded.rfind(stop, 0, side.start) for stop in _CLAUSE_BEGIN) + 1
        around = (_without_days(words, years) for words in (folded[begin : side.start], rest))
        if _is_no_illness(*around):
            continue
        sentence = _sentence(paper, side.start, side.end)
        match = (_ZH_SITE if chinese else _EN_SITE).match(folded, side.end)
        if match is not None and not _NO_SITE.match(match.group("site")):
            span = Span(side.start, match.end("site"))
            for site in _keys(match.group("site"), chinese):
                yield _Mention(paper, span, site, side.side, sentence), False
        organ = (_ORGAN_ZH if chinese else _ORGAN_EN).match(folded, side.end)
        if organ is not None and not _HEALTHY.search(rest):
            span = Span(side.start, organ.end("organ"))
            yield _Mention(paper, span, organ.group("organ"), side.side, sentence), True


def _sentence(paper: Paper, start: int, end: int) -> tuple[int, int]:
    """The sentence around a place; a heading begins a new one."""
    begins = [m.end() for m in _STOP.finditer(paper.folded, 0, start)]
    begins += [p.head.start for p in paper.parts if p.head.start <= start]
    stop = _STOP.search(paper.folded, end)
    ends = [p.head.start for p in paper.parts if p.head.start >= end]
    ends.append(stop.start() if stop else len(paper.folded))
    return max(begins, default=0), min(ends)


def _is_no_illness(before: str, behind: str) -> bool:
    """Whether a clause tells of the healthy side, of what was before or of a way of access."""
    if _NORMAL.search(behind) or _NOT_ILL.match(behind.lstrip("侧 ")):
        return True
    return bool(_DENIED.search(before) or _BEFORE_NOW.search(before) or _BEFORE_NOW.search(behind))


def _alone(mentions: list[_Mention]) -> Iterator[tuple[_Mention, _Mention]]:
    """The one mention of a side of an organ that is ill on the other side all through the stay."""
    left = [m for m in mentions if m.side is Side.LEFT]
    right = [m for m in mentions if m.side is Side.RIGHT]
    few, many = (left, right) if len(left) < len(right) else (right, left)
    if len(few) == 1 and len(many) >= _MANY_OF_AN_ORGAN and not _compared(left, right):
        yield few[0], many[0]


# An operation that is named with its side and without a place: 右侧腹腔镜疝修补, left TAPP.
_OPERATED = re.compile(
    r"侧?(?:腹腔镜|胸腔镜|宫腔镜|关节镜|输尿管镜|软镜|镜下|微创|开放|经皮|开颅|钻孔|切开|穿刺|置管|置换|切除|修补|"
    r"复位|清除|碎石|造瘘|引流|减压|扣带|介入|栓塞|[a-z]{3,6}术?(?![a-z]))|"
    r"[- ](?:sided )?(?:laparoscopic|open|arthroscop|percutaneous|ureteroscop|"
    r"thoracoscop|craniotomy|"
    r"burr|repair|resection|replacement|fixation|drainage|excision)"
)


def _operated_elsewhere(every: list[_Mention]) -> Iterator[tuple[_Mention, _Mention]]:
    """An operation on the one side, where all the rest of the stay is ill on the other."""
    named = [
        m
        for m in every
        if any(
            p.body.start <= m.span.start < p.body.end
            for p in m.paper.parts_of("complaint", *DIAGNOSES)
        )
    ]
    sides = {m.side for m in named}
    if len(sides) != 1:
        return
    ill = next(iter(sides))
    places = {(m.paper.id, m.span.start) for m in every if m.side is not ill}
    if len(places) != 1 or len({(m.paper.id, m.span.start) for m in named}) < _NAMED_TWICE:
        return
    wrong = next(m for m in every if m.side is not ill)
    chinese = wrong.paper.folded[wrong.span.start] in "左右"
    first = wrong.span.start + (1 if chinese else len(wrong.side.value))
    if _OPERATED.match(wrong.paper.folded, first) or _is_same_organ(wrong, first, named):
        yield wrong, named[0]


_OPERATION = re.compile(
    r"术(?!前|后|中|区|侧)|置换|切除|修补|复位|碎石|引流|穿刺|"
    r"\b\w*(?:plasty|ectomy|otomy|scopy|graphy|repair|replacement|fixation|drainage|surgery)\b"
)


def _is_same_organ(wrong: _Mention, first: int, named: list[_Mention]) -> bool:
    """Whether an operation is on the organ that is ill on the other side."""
    folded = wrong.paper.folded
    pattern = _ORGAN_ZH if folded[wrong.span.start] in "左右" else _ORGAN_EN
    organ = pattern.match(folded, first)
    ends = _CLAUSE_END.search(folded, first)
    clause = folded[first : ends.start() if ends else len(folded)]
    if organ is None or not _OPERATION.search(clause):
        return False
    return any(organ.group("organ") in m.paper.folded[m.span.start : m.span.end] for m in named)


def _keys(site: str, chinese: bool) -> Iterator[str]:
    if chinese:
        yield site[:3] if len(site) >= 3 else site
    else:
        yield site


def _deviating(mentions: list[_Mention]) -> Iterator[tuple[_Mention, _Mention]]:
    """The few mentions of one side beside many of the other."""
    sides = {side: [m for m in mentions if m.side is side] for side in (Side.LEFT, Side.RIGHT)}
    left, right = sides[Side.LEFT], sides[Side.RIGHT]
    if not left or not right or _compared(left, right):
        return
    few, many = (left, right) if len(left) < len(right) else (right, left)
    if len(few) > 1 and len(few) * 2 > len(many):
        return
    for wrong in few:
        yield wrong, many[0]


def _compared(left: list[_Mention], right: list[_Mention]) -> bool:
    """Whether some sentence names the place on both sides."""
    places = {(m.paper.id, m.sentence) for m in left}
    return any((m.paper.id, m.sentence) in places for m in right)


def _defect(wrong: _Mention, right: _Mention) -> Defect:
    one, other = _WORDS[wrong.side], _WORDS[right.side]
    return Defect(
        "RQ-C05",
        Bilingual(
            zh=f"{title_of(wrong.paper).zh}写“{wrong.paper.quote(wrong.span)}”（{one.zh}），"
            f"{title_of(right.paper).zh}写“{right.paper.quote(right.span)}”（{other.zh}）。",
            en=f"{title_of(wrong.paper).en} says “{wrong.paper.quote(wrong.span)}” ({one.en}), "
            f"{title_of(right.paper).en} says “{right.paper.quote(right.span)}” ({other.en}).",
        ),
        document=wrong.paper,
        span=wrong.span,
        evidence=(seen(wrong.paper, wrong.span), seen(right.paper, right.span)),
    )
