"""The side of a part of the body, with what is ill of it or done to it, over a whole stay."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from suwen.appkit import Span
from suwen.apps.record_quality.papers import DIAGNOSES, Paper
from suwen.apps.record_quality.stay import Stay
from suwen.language.laterality import Side, find_sides

_TABLE = Path(__file__).parents[1] / "tables" / "sides.toml"
_REACH = 18
_ACT = "act"
_NOWHERE = ""
_ACTED = re.compile(
    r"牵引|制动|引流|切除|切开|取栓|清扫|钻孔|摘除|植入|置入|固定|穿刺|置换|松解|修补|碎石|包扎|包[左右]眼|抽液|结扎|"
    r"复位|成形|翻转|[行施][^,，。;]{0,16}(?:术(?![前后中史])|镜)|护眼|人工泪液|清创|减压|镜检|取石|剖开|滴[左右]?眼|患肢|"
    r"\b\w*(?:ectomy|otomy|plasty|scopy)\b|\b(?:repair|drainage|fixation|excision|traction|drain|sling|"
    r"dissection|replacement)\b"
)
# What an operation leaves behind is of its side however well it looks.
_LEFT_BEHIND = re.compile(
    r"切口|敷料|引流|石膏|夹板|外固定|填塞|闭式|导管|\b(?:wounds?|dressing|drain|plaster|splint|cast)\b"
)
_NO_ACT_OF_ILLNESS = re.compile(
    r"静脉|动脉穿刺|桡动脉|股动脉|picc|cvc|颈内|锁骨下|卧|健侧|对侧|穴|拐|体位|取材|取皮|供区|监测血压|测血压|血压|输液|"
    r"留置针|健肢|利手|偏向|探查|必要时|"
    r"\b(?:lateral position|jugular|subclavian|cannula|handed|crutch|stick|graft|"
    r"contralateral|donor)\b"
)
_HEALTHY = re.compile(
    r"正常|未见|未触|未闻|未及|未扪|无(?!力|法|张力)|清晰?(?:$|[,，])|呼吸音清|阴性|\(-\)|对称|健侧|对侧|[5五]级|良好|"
    r"可(?:$|[,，;])|自如|通畅|无殊|无异常|位正|同前|偏[左右向]|持|负重|站立|已愈|痊愈|愈合|排除|除外|"
    r"不支持|鉴别|较[左右]|比[左右]|[左右]侧?略|[<>]|"
    r"\b(?:normal|clear|no|not|without|unremarkable|negative|intact|5/5|unaffected|free|denies|healthy|"
    r"compared|than|healed|equal)\b"
)
_BEFORE_NOW = re.compile(
    r"史(?!诊)|陈旧|既往|曾|年前|旧|(?:19|20)\d{2}|人工晶(?!体?植入)|无变化|稳定|已行|已切|已植入|术后(?!第|\s*\d|[一二三四五六七]日|首)|瘢痕|遗留|"
    r"\b(?:history|previous\w*|old|scars?|prior|ago|since|status (?:after|post)|s/p|(?:19|"
    r"20)\d{2})\b"
)
_DAY = re.compile(r"(?P<y>(?:19|20)\d{2})\s?[-/.年]\s?\d{1,2}(?:\s?[-/.月]\s?\d{1,2}日?)?")
_BORDERS = (
    r"[,，。;\n!?]|\.(?:\s|$)|(?<=[\u4e00-\u9fff)]) (?=[\u4e00-\u9fff\d])|"
    r"(?<![\d.])\d{1,2}[.)、](?!\d)"
)
_CLAUSE_BEGINS = re.compile(rf"{_BORDERS}|[:、]")
_CLAUSE_ENDS = re.compile(_BORDERS)
_LONGEST_CLAUSE = 60
_SENTENCE_ENDS = re.compile(r"[。;\n]|\.\s")
_ANCHORS = ("complaint", *DIAGNOSES, "operation")
_OF_BEFORE = ("past", "family", "personal", "allergy", "marital")
_LEAST_SURE = 2
_MORE_THAN = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """A side with the part of the body and what is told of it.

    Attributes:
        problems: ids of what is ill, ``act`` for what is done.
        surfaces: the words that tell what is ill.
        healthy: whether the part is said to be sound.
        old: whether it is told of the time before this illness.
        anchor: whether a diagnosis, complaint or name of an operation tells it.
    """

    paper: Paper
    span: Span
    side: Side
    region: str
    organ: str
    problems: frozenset[str]
    surfaces: frozenset[str]
    healthy: bool
    old: bool
    anchor: bool
    sentence: tuple[int, int]


def frames_of(stay: Stay) -> list[Frame]:
    """Every side in a stay that is said of something ill, done or operated before."""
    days = (stay.admitted_at, stay.ended_at or stay.known_until)
    years = frozenset(day.year for day in days if day is not None)
    return [frame for paper in stay.papers for frame in _frames(paper, years)]


def wrong_sides(stay: Stay) -> Iterator[tuple[Frame, Frame]]:
    """A frame of the other side than the rest of the stay tells for the part, and one of those."""
    every = frames_of(stay)
    groups: dict[str, list[Frame]] = defaultdict(list)
    for frame in every:
        for group in _groups(frame):
            groups[group].append(frame)
    told: set[tuple[str, int]] = set()
    elsewhere = tuple(_acted_elsewhere(groups.pop(_NOWHERE, []), every))
    for found in (*groups.values(), []):
        pairs = (
            elsewhere
            if not found
            else (*_outnumbered(found), *_known_before(found), *_said_sound(found))
        )
        for wrong, right in pairs:
            if (wrong.paper.id, wrong.sentence[0]) not in told:
                told.add((wrong.paper.id, wrong.sentence[0]))
                yield wrong, right


def _groups(frame: Frame) -> tuple[str, ...]:
    """A weak arm and a weak leg are of the same half of the body."""
    if frame.region == "limbs" or ("weakness" in frame.problems and frame.region in _LIMBS):
        return (frame.region, "half") if frame.region != "limbs" else ("half",)
    return (frame.region,)


_LIMBS = ("upper", "lower")


def _acted_elsewhere(acts: list[Frame], every: list[Frame]) -> Iterator[tuple[Frame, Frame]]:
    """What is done on a side without naming a part, where all that is ill lies on the other."""
    ill = [f for f in every if f.region != _NOWHERE and not (f.old or f.healthy)]
    if len({f.side for f in ill}) != 1 or ill[0].side is Side.BOTH:
        return
    if _weight([f for f in ill if f.anchor]) < _LEAST_SURE:
        return
    for act in acts:
        if not (act.old or act.healthy) and act.side is not ill[0].side:
            yield act, ill[0]


def _outnumbered(found: list[Frame]) -> Iterator[tuple[Frame, Frame]]:
    now = [f for f in found if not (f.old or f.healthy or f.side is Side.BOTH)]
    left = [f for f in now if f.side is Side.LEFT]
    right = [f for f in now if f.side is Side.RIGHT]
    few, many = sorted((left, right), key=_weight)
    told = len({(f.paper.id, f.sentence[0]) for f in few})
    if not told or max(told * _MORE_THAN, _LEAST_SURE + 1) > _weight(many):
        return
    for wrong in few:
        shared = [m for m in many if m.problems & wrong.problems - {_ACT}]
        if not shared and _ACT not in wrong.problems:
            continue
        if _is_of_both(wrong, found, many):
            continue
        yield wrong, (shared or many)[0]


def _weight(frames: list[Frame]) -> int:
    """Sentences that tell it, an anchor counting twice."""
    places: dict[tuple[str, int], int] = {}
    for frame in frames:
        key = (frame.paper.id, frame.sentence[0])
        places[key] = max(places.get(key, 0), 2 if frame.anchor else 1)
    return sum(places.values())


def _is_of_both(wrong: Frame, found: list[Frame], many: list[Frame]) -> bool:
    """Whether the record elsewhere tells the same of both sides."""
    acts = _ACT in wrong.problems
    ill = [f for f in found if not f.healthy and f.problems & wrong.problems - {_ACT}]
    # What is done now is not what was done before.
    ill = [f for f in ill if not (acts and f.old)]
    if any(f.side is Side.BOTH for f in ill):
        return True
    if any(f.old and f.side is wrong.side and f.organ == wrong.organ for f in ill):
        return True
    if any(m.sentence == wrong.sentence and m.paper is wrong.paper and m.organ == wrong.organ
           and m.surfaces & wrong.surfaces for m in many):  # fmt: skip
        return True
    places = {(m.paper.id, m.sentence[0]) for m in many}
    return any(
        f.side is wrong.side
        and f.organ == wrong.organ
        and f.paper is not wrong.paper
        and (f.paper.id, f.sentence[0]) in places
        for f in ill
    )


def _known_before(found: list[Frame]) -> Iterator[tuple[Frame, Frame]]:
    """The state after an old operation, told of the other side."""
    found = [f for f in found if not f.healthy]
    old = [f for f in found if f.old and f.side is not Side.BOTH]
    if len({f.side for f in old}) != 1:
        return
    side = old[0].side
    now = [f for f in found if not f.old]
    other = [f for f in now if f.side is not side]
    if len(other) < len(now):
        return
    if len(other) != 1 or any(f.anchor for f in other) or _ACT in other[0].problems:
        return
    same = [f for f in old if f.problems & other[0].problems - {_ACT}]
    if same and not any(f.side is Side.BOTH for f in now):
        yield other[0], same[0]


def _said_sound(found: list[Frame]) -> Iterator[tuple[Frame, Frame]]:
    """A diagnosis on the side that an examination found free of it, with it on the other."""
    for sound in (f for f in found if f.healthy and f.problems - {_ACT}):
        ill = [f for f in found if not (f.healthy or f.old) and f.organ == sound.organ]
        ill = [f for f in ill if f.problems & sound.problems - {_ACT}]
        wrong = [f for f in ill if f.side is sound.side and f.anchor]
        right = [
            f for f in ill if f.side not in (sound.side, Side.BOTH) and f.sentence == sound.sentence
        ]
        if len(wrong) == 1 and right:
            yield wrong[0], right[0]


def _frames(paper: Paper, years: frozenset[int]) -> Iterator[Frame]:
    folded = paper.folded
    sides = find_sides(folded)
    if not sides:
        return
    before_now = [part.body for part in paper.parts_of(*_OF_BEFORE)]
    anchors = [part.body for part in paper.parts_of(*_ANCHORS)]
    for number, side in enumerate(sides):
        begin = _clause_begin(folded, side.start)
        stop = _CLAUSE_ENDS.search(folded, side.end)
        end = stop.start() if stop else len(folded)
        following = sides[number + 1].start if number + 1 < len(sides) else len(folded)
        place = _place(folded, begin, side.start, side.end, min(end, following))
        region, reached = place or (_NOWHERE, (side.start, side.end))
        organ = folded[reached[0] : reached[1]]
        words = _DAY.sub(
            lambda m: "" if int(m.group("y")) in years else m.group(), folded[begin:end]
        )
        own = folded[side.start : end]
        problems, surfaces = _problems(words)
        healthy = bool(_HEALTHY.search(own) or _HEALTHY.search(folded[begin : side.start]))
        if _LEFT_BEHIND.search(words) and _ACT in problems:
            healthy = re.search(r"健侧|对侧|供", words) is not None
        if place is None and (_ACT not in problems or side.side is Side.BOTH):
            continue
        if not problems or (side.side is Side.BOTH and reached[0] - side.end > 1):
            continue
        inside = any(b.start <= side.start < b.end for b in before_now)
        yield Frame(
            paper=paper,
            span=Span(min(side.start, reached[0]), max(side.end, reached[1])),
            side=side.side,
            region=region,
            organ=organ,
            problems=problems,
            surfaces=surfaces,
            healthy=healthy,
            old=inside or _BEFORE_NOW.search(words) is not None,
            anchor=any(b.start <= side.start < b.end for b in anchors),
            sentence=_sentence(paper, side.start),
        )


def _clause_begin(folded: str, position: int) -> int:
    first = max(0, position - _LONGEST_CLAUSE)
    return max((m.end() for m in _CLAUSE_BEGINS.finditer(folded, first, position)), default=first)


def _place(
    folded: str, begin: int, start: int, stop: int, end: int
) -> tuple[str, tuple[int, int]] | None:
    """The part of the body behind a side, else the one before it: 置换术（左）."""
    match = _regions().search(folded, stop, min(end, stop + _REACH))
    if match is None and folded[max(0, start - 1) : start] in ("(", "（"):
        found = list(_regions().finditer(folded, max(begin, start - _REACH), start))
        match = found[-1] if found else None
    if match is None and folded[stop : stop + 1] == "叶":
        match = re.compile("(?P<throat>甲状腺)").search(folded, max(begin, start - 4), start)
    if match is None or match.lastgroup is None:
        return None
    return match.lastgroup, match.span()


def _problems(words: str) -> tuple[frozenset[str], frozenset[str]]:
    """What is ill or done by id, and the words that tell it."""
    matches = list(_problem_words().finditer(words))
    found = {m.lastgroup for m in matches if m.lastgroup}
    surfaces = frozenset(m.group() for m in matches)
    acted = _ACTED.search(words) or _LEFT_BEHIND.search(words)
    if acted and not _NO_ACT_OF_ILLNESS.search(words):
        found.add(_ACT)
    return frozenset(found), surfaces


def _sentence(paper: Paper, position: int) -> tuple[int, int]:
    begin = max((m.end() for m in _SENTENCE_ENDS.finditer(paper.folded, 0, position)), default=0)
    stop = _SENTENCE_ENDS.search(paper.folded, position)
    return begin, stop.start() if stop else len(paper.folded)


@cache
def _regions() -> re.Pattern[str]:
    return _either("region")


@cache
def _problem_words() -> re.Pattern[str]:
    return _either("problem")


def _either(kind: str) -> re.Pattern[str]:
    rows = tomllib.loads(_TABLE.read_text(encoding="utf-8"))[kind]
    return re.compile("|".join(f"(?P<{row['id']}>{row['words']})" for row in rows))
