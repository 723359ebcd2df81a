"""Left and right that contradict between the documents of a stay."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_quality.stay import Stay
from suwen.language.laterality import Side, find_sides

_ZH_SITE = re.compile(r"\s*(?:侧|边|部)?\s*(?P<site>[\u4e00-\u9fff]{2,4})")
_EN_SITE = re.compile(r"\s*[- ](?:sided?\s+)?(?P<site>[a-z]{3,}(?:[ -][a-z]{3,}){0,1})")
_STOP = re.compile(r"[。；;\n.!?！？]")
_NO_SITE = re.compile(r"^(?:可|无|未|有|为|较|稍|呼吸|叩|听|均|对称|the|and|was|with|is)")
_NORMAL = re.compile(
    r"正常|未见|未触|未闻|未及|无(?!力|法|张力|痛)|清晰?(?:$|[，,])|阴性|对称|健侧|对侧|[5五ⅤV]级|"
    r"\b(?:normal|clear|no|not|without|unremarkable|negative|intact|full strength|5/5)\b"
)
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
    places of one patient and is left alone.

    Source: 病历质控常见缺陷 C03 (collected from memory).
    """
    by_site: dict[str, list[_Mention]] = defaultdict(list)
    for paper in stay.papers:
        for mention in _mentions(paper):
            by_site[mention.site].append(mention)
    told: set[tuple[str, int]] = set()
    for mentions in by_site.values():
        for wrong, right in _deviating(mentions):
            if (wrong.paper.id, wrong.span.start) not in told:
                told.add((wrong.paper.id, wrong.span.start))
                yield _defect(wrong, right)


def _mentions(paper: Paper) -> Iterator[_Mention]:
    folded = paper.folded
    for side in find_sides(folded):
        if side.side is Side.BOTH:
            continue
        chinese = folded[side.start] in "左右"
        match = (_ZH_SITE if chinese else _EN_SITE).match(folded, side.end)
        if match is None or _NO_SITE.match(match.group("site")):
            continue
        ends = _CLAUSE_END.search(folded, side.end)
        if _NORMAL.search(folded[side.end : ends.start() if ends else len(folded)]):
            continue
        start = max((m.end() for m in _STOP.finditer(folded, 0, side.start)), default=0)
        stop = _STOP.search(folded, side.end)
        sentence = (start, stop.start() if stop else len(folded))
        for site in _keys(match.group("site"), chinese):
            yield _Mention(paper, Span(side.start, match.end("site")), site, side.side, sentence)


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
