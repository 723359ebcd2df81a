"""Dates that the text gives to what is registered: admission, operation, discharge, death."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.checks.counted_days import operated_at
from suwen.apps.record_quality.checks.relatives import RELATIVE
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_quality.stay import Stay
from suwen.language.dates import DateMention

_CLOCK = r" ?(?:[,，]? ?(?:at )?\d{1,2} ?(?:[:：时点] ?(?:\d{2}分?)?))? ?"
_ADMITTED_BEHIND = re.compile(
    rf"{_CLOCK}(?:[^,，。;\n\d]{{0,8}}|(?:因|以)[^。;\n]{{2,40}}?)(?:入院|收住|收入|入住|入我[科院])(?![后前时诊情病])|"
    rf"{_CLOCK}[a-z ]{{0,12}}\badmitted\b"
)
_ADMITTED_BEFORE = re.compile(
    r"(?:入院|入住|收住院?|收入院?)(?:日期|时间)?(?:于|为)?\s?:?\s?$|"
    r"\b(?:admitted|admission)(?: date)?(?: (?:on|to [a-z ]{2,16} on))?\s?:?\s?$"
)
_LEFT_BEHIND = re.compile(
    rf"{_CLOCK}[^,，。;\n\d]{{0,6}}(?:出院|离院)(?![后前时诊情医带指])|{_CLOCK}discharged\b"
)
_LEFT_BEFORE = re.compile(
    r"(?:出院|离院)(?:日期|时间)?(?:于|为)?\s?:?\s?$|\bdischarged(?: home)?(?: on)?\s?$"
)
_DIED_BEHIND = re.compile(
    rf"{_CLOCK}[^,，。;\n\d]{{0,16}}(?:宣[布告](?:临床)?死亡|临床死亡|死亡)(?!风险|讨论|原因|诊断)"
)
_DIED_BEFORE = re.compile(
    r"(?:死亡)(?:日期|时间)?(?:于|为)?\s?:?\s?$|\b(?:died|death)(?: on| at)?\s?:?\s?$"
)
_OPERATED_BEHIND = re.compile(
    rf"{_CLOCK}(?:日间|急诊|择期|限期)?(?:[^,，。;\n\d]{{0,12}}(?:麻醉?下|全麻下?)[,，]?)?\s?(?:成功|顺利)?"
    r"(?:行|施行|接受|实施|予|做|完成)[^,，。;\n]{0,30}?(?:术|切除|置换|修补|内固定|缝合|剖宫产)(?![前后式])|"
    rf"{_CLOCK}(?:手术(?!指征|室|方案|计划|日期)|"
    r"(?:underwent|had)\s[a-z -]{0,40}\w*(?:ectomy|plasty|otomy|surgery|repair|"
    r"fixation|replacement|operation)\b)"
)
_OPERATED_BEFORE = re.compile(
    r"(?:手术|切除术|置换术|修补术|内固定术|成形术|剖宫产术?|清除术|碎石术|吻合术|取石术)(?:日期|时间)?(?:于|:)\s?$|"
    r"\b\w*(?:ectomy|plasty|otomy|scopy|operation|surgery|repair|fixation|replacement|section)"
    r"(?: was)?(?: (?:performed|done))? on\s?$|\boperated(?: on)?(?: on)?\s?$"
)
_NOT_OF_NOW = re.compile(
    r"外院|当地|门诊|既往|上次|前次|首次|曾|第[一二三四五六\d]+次|预计|拟|定于|计划|预约|将|安排|约|择期|待|再次|"
    r"复查|复诊|随访|转院|另一|"
    r"\b(?:elsewhere|clinic|previous\w*|prior|last|planned?|scheduled|due|expected|will|for|until|"
    r"booked|another|first|readmit\w*|original\w*|other)\b"
)
_LONG_AGO_DAYS = 45
_LOOK_BACK = 24


@dataclass(frozen=True, slots=True)
class _Happening:
    """What a date may be given to, with the words behind and before the date."""

    name: Bilingual
    behind: re.Pattern[str]
    before: re.Pattern[str]


_ADMISSION = _Happening(Bilingual("入院", "the admission"), _ADMITTED_BEHIND, _ADMITTED_BEFORE)
_DISCHARGE = _Happening(Bilingual("出院", "the discharge"), _LEFT_BEHIND, _LEFT_BEFORE)
_DEATH = _Happening(Bilingual("死亡", "death"), _DIED_BEHIND, _DIED_BEFORE)
_OPERATION = _Happening(Bilingual("手术", "the operation"), _OPERATED_BEHIND, _OPERATED_BEFORE)


def told_day_defects(stay: Stay) -> Iterator[Defect]:
    """A day that the text gives to an event that is registered on another.

    Source: 病历质控常见缺陷 C06 (collected from memory).
    """
    known = list(_known(stay))
    if not known or stay.admitted_at is None:
        return
    for paper in stay.papers:
        for mention in paper.dates:
            day = _day(mention, stay.admitted_at.date())
            if day is None:
                continue
            for what, moments in known:
                if not _is_near(day, moments) or not _is_of(paper, mention, what):
                    continue
                if any(_is_day_of(day, at) for at in moments):
                    break
                if not _is_of_another_time(paper, mention):
                    yield _defect(paper, mention, what, moments[0])
                    break
    operations = operated_at(stay)
    if operations:
        yield from _after_before(stay, operations)
        yield from _yesterday(stay, operations)


# What can only be behind an operation.
_ONLY_AFTER = re.compile(
    r"[^,，。;\n拟]{0,6}(?:术后(?!复|转)|拔除(?:[^,，。;\n]{0,4})(?:引流|尿)管|拆线|换药)|"
    r"[a-z ]{0,16}\b(?:post-?op\w*|sutures? removed)\b"
)
_YESTERDAY = re.compile(
    r"(?P<d>昨[日天]?|今[日天晨]|前[日天])[^,，。;\n拟将待]{0,18}(?:行|施行|接受)[^,，。;\n]{0,24}?"
    r"(?:切除|置换|修补|内固定|剖宫产|根治|手术)|\b(?P<e>yesterday|today)\b[^.;\n]{0,24}\b\w*(?:ectomy|plasty|operated)\b"
)
_DAYS_BACK = {"昨": 1, "今": 0, "前": 2, "y": 1, "t": 0}


def _after_before(stay: Stay, operations: tuple[datetime, ...]) -> Iterator[Defect]:
    """What follows an operation, dated before it."""
    first = operations[0].date()
    for paper in stay.papers:
        for mention in paper.dates:
            day = _day(mention, first)
            if day is None or not 0 < (first - day).days <= _LONG_AGO_DAYS:
                continue
            if stay.admitted_at is not None and day < stay.admitted_at.date():
                continue
            if _ONLY_AFTER.match(paper.folded, mention.end) and not _has_own_check(paper, mention):
                yield _defect(paper, mention, _OPERATION, operations[0])


def _yesterday(stay: Stay, operations: tuple[datetime, ...]) -> Iterator[Defect]:
    """An operation of "yesterday" in a note that was not written the day after."""
    days = {at.date() for at in operations}
    for paper in stay.course:
        written = paper.written_at
        match = _YESTERDAY.search(paper.folded)
        if match is None or written is None:
            continue
        back = _DAYS_BACK[(match.group("d") or match.group("e"))[0]]
        around = {written.date() - timedelta(days=back), written.date() - timedelta(days=back + 1)}
        near = any(0 <= (written.date() - day).days <= _LONG_AGO_DAYS for day in days)
        if near and not around & days:
            told = DateMention(match.start(), match.end(), None, None, None)
            yield _defect(paper, told, _OPERATION, operations[0])


def _known(stay: Stay) -> Iterator[tuple[_Happening, tuple[datetime, ...]]]:
    if stay.admitted_at is not None:
        yield _ADMISSION, (stay.admitted_at,)
    ended = stay.first("end")
    if ended is not None:
        yield (_DISCHARGE if ended.type == "discharge" else _DEATH), (ended.at,)
    operations = operated_at(stay)
    if operations:
        yield _OPERATION, operations


def _is_near(day: date, moments: tuple[datetime, ...]) -> bool:
    """Whether the day can be meant for one of these at all; what was long ago was another."""
    return any(abs((at.date() - day).days) <= _LONG_AGO_DAYS for at in moments)


def _is_day_of(day: date, at: datetime) -> bool:
    """Whether the event was on this day; around midnight both are."""
    return any((at + timedelta(hours=hours)).date() == day for hours in (-1, 0, 1))


def _is_of(paper: Paper, mention: DateMention, what: _Happening) -> bool:
    told = what.behind.match(paper.folded, mention.end)
    if told is None:
        before = paper.folded[max(0, mention.start - _LOOK_BACK) : mention.start]
        told = what.before.search(before)
    if told is None or mention.start < paper.prose.start:
        return False
    return not _has_own_check(paper, mention)


def _has_own_check(paper: Paper, mention: DateMention) -> bool:
    """Whether the date stands where another rule reads it, or where the past is told."""
    return any(
        part.body.start <= mention.start < part.body.end
        for part in paper.parts_of(
            "admitted", "discharged", "died", "date", "past", "family", "personal", "marital",
            "orders", "plan", "illness", "complaint",
        )
    )  # fmt: skip


def _is_of_another_time(paper: Paper, mention: DateMention) -> bool:
    start = max(paper.folded.rfind(stop, 0, mention.start) for stop in "。;\n") + 1
    ends = [paper.folded.find(stop, mention.end) for stop in "。;\n"]
    end = min((e for e in ends if e >= 0), default=len(paper.folded))
    before = paper.folded[max(start, mention.start - _LOOK_BACK) : mention.start]
    behind = paper.folded[mention.end : min(end, mention.end + _LOOK_BACK)]
    return bool(_NOT_OF_NOW.search(before + "|" + behind) or RELATIVE.search(before))


def _day(mention: DateMention, near: date) -> date | None:
    """The day that is meant, without a year the one nearest to the admission."""
    if mention.month is None or mention.day is None or mention.swapped is not None:
        return None
    years = (mention.year,) if mention.year else (near.year - 1, near.year, near.year + 1)
    try:
        days = [date(year, mention.month, mention.day) for year in years]
    except ValueError:
        return None
    return min(days, key=lambda day: abs((day - near).days))


def _defect(paper: Paper, mention: DateMention, what: _Happening, at: datetime) -> Defect:
    span = Span(mention.start, mention.end)
    day = at.strftime("%Y-%m-%d")
    return Defect(
        "RQ-C11",
        Bilingual(
            zh=f"{title_of(paper).zh}写{what.name.zh}在“{paper.quote(span)}”，登记为 {day}。",
            en=f"{title_of(paper).en} dates {what.name.en} “{paper.quote(span)}”; it is registered "
            f"on {day}.",
        ),
        document=paper,
        span=span,
        evidence=(seen(paper, span),),
    )
