"""Dates that contradict the events, the calendar or the order of what happened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from suwen.appkit import Bilingual, Evidence, EvidenceKind, Span
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import Paper, Part
from suwen.apps.record_quality.stay import Event, Stay
from suwen.language.dates import DateMention, find_dates

_LABELLED = {
    "admitted": ("admission", Bilingual("入院", "admission")),
    "discharged": ("discharge", Bilingual("出院", "discharge")),
    "died": ("death", Bilingual("死亡", "death")),
    "date": ("surgery_end", Bilingual("手术", "the operation")),
}
_ISO = re.compile(
    r"(?<![\d.])(?P<y>(?:19|20)\d{2})\s?[-/.年]\s?(?P<m>\d{1,2})\s?[-/.月]\s?(?P<d>\d{1,2})(?!\d)"
)
_MONTH_DAY = re.compile(r"(?<![\d年])(?P<m>\d{1,2})\s?月\s?(?P<d>\d{1,2})\s?[日号]")
_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_ENDING = r"(?:uary|ruary|ch|il|e|y|ust|t(?:ember)?|ober|ember)?\b"
_WORDED = re.compile(
    rf"\b(?:(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<mon>{'|'.join(_NAMES)}){_ENDING}\.?|"
    rf"(?P<mon2>{'|'.join(_NAMES)}){_ENDING}\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?),?\s*(?P<y>(?:19|20)\d{{2}})?"
)
_MAY_PRECEDE = timedelta(hours=12)
_AFTER_STAY = frozenset(
    [
        "discharge_summary",
        "short_stay_record",
        "short_stay_death_record",
        "death_record",
        "death_discussion",
        "front_page",
        "rescue_record",
        "operation_record",
        "transfusion_record",
        "critical_value_record",
    ]
)
_BEFORE_STAY = frozenset(
    [
        "operation_consent",
        "anaesthesia_consent",
        "special_consent",
        "transfusion_consent",
        "anaesthesia_visit_before",
        "preoperative_discussion",
        "preoperative_summary",
    ]
)
_END_RECORDS = {
    "discharge_summary": "discharge",
    "short_stay_record": "discharge",
    "death_record": "death",
    "short_stay_death_record": "death",
    "death_discussion": "death",
    "operation_record": "surgery_end",
    "first_postoperative_note": "surgery_end",
    "anaesthesia_visit_after": "surgery_end",
}


def date_defects(stay: Stay) -> Iterator[Defect]:
    """Stated dates that cannot be, and documents written at impossible moments.

    Source: 病历质控常见缺陷 C06 (collected from memory).
    """
    for paper in stay.papers:
        yield from _not_in_calendar(paper)
        yield from _labelled(stay, paper)
        yield from _late_onset(stay, paper)
        yield from _planned_in_the_past(stay, paper)
        yield from _outside_the_stay(stay, paper)
        yield from _called_back_in_the_past(stay, paper)
        yield from _order(stay, paper)


def _not_in_calendar(paper: Paper) -> Iterator[Defect]:
    for match in (*_ISO.finditer(paper.folded), *_MONTH_DAY.finditer(paper.folded)):
        year = int(match.groupdict().get("y") or 2000)
        yield from _impossible(paper, match, year, int(match.group("m")), int(match.group("d")))
    for match in _WORDED.finditer(paper.folded):
        month = _NAMES.index(match.group("mon") or match.group("mon2")) + 1
        day = int(match.group("d") or match.group("d2"))
        yield from _impossible(paper, match, int(match.group("y") or 2000), month, day)


def _impossible(
    paper: Paper, match: re.Match[str], year: int, month: int, day: int
) -> Iterator[Defect]:
    try:
        date(year, month, day)
    except ValueError:
        span = Span(match.start(), match.end())
        yield Defect(
            "RQ-C11",
            Bilingual(
                zh=f"日历上没有“{paper.quote(span)}”这一天。",
                en=f"No calendar has the day “{paper.quote(span)}”.",
            ),
            document=paper,
            span=span,
            evidence=(seen(paper, span),),
        )


def _labelled(stay: Stay, paper: Paper) -> Iterator[Defect]:
    for part in paper.parts:
        event_type, name = _LABELLED.get(part.id or "", ("", Bilingual("", "")))
        events = stay.events_of(event_type) if event_type else ()
        mention = _first_date(paper, part) if events else None
        if event_type == "surgery_end" and (
            paper.kind is None or paper.kind.id != "operation_record"
        ):
            continue
        if not events or mention is None or any(mention.covers(e.at.date()) for e in events):
            continue
        if event_type == "surgery_end" and _covers_start(stay, mention):
            continue
        span = Span(mention.start, mention.end)
        yield Defect(
            "RQ-C11",
            Bilingual(
                zh=f"{title_of(paper).zh}的{name.zh}日期“{paper.quote(span)}”与登记的 "
                f"{_clock(events[0].at)} 不符。",
                en=f"{title_of(paper).en} dates {name.en} “{paper.quote(span)}”; it is registered "
                f"at {_clock(events[0].at)}.",
            ),
            document=paper,
            span=span,
            evidence=(seen(paper, span), _event_evidence(events[0])),
        )


def _covers_start(stay: Stay, mention: DateMention) -> bool:
    """An operation over midnight may be dated by its beginning, in this stay."""
    if stay.admitted_at is not None and _is_before(mention, stay.admitted_at.date()):
        return False
    starts = stay.events_of("surgery_start")
    if starts:
        return any(mention.covers(e.at.date()) for e in starts)
    nights = [e for e in stay.events_of("surgery_end") if e.at.hour < 12]
    return any(mention.covers(e.at.date() - timedelta(days=1)) for e in nights)


def _is_before(mention: DateMention, day: date) -> bool:
    if mention.year is None or mention.month is None or mention.day is None:
        return False
    return (mention.year, mention.month, mention.day) < (day.year, day.month, day.day)


def _first_date(paper: Paper, part: Part) -> DateMention | None:
    body = paper.folded[part.body.start : part.body.end]
    found = next((d for d in find_dates(body) if d.month and d.day), None)
    if found is None:
        return None
    shift = part.body.start
    return DateMention(
        found.start + shift, found.end + shift, found.year, found.month, found.day, found.swapped
    )


def _late_onset(stay: Stay, paper: Paper) -> Iterator[Defect]:
    """A date in the history of an admission record that lies after the admission."""
    if stay.admitted_at is None or paper.kind is None:
        return
    if paper.kind.id not in ("admission_record", "short_stay_record", "short_stay_death_record"):
        return
    admitted = stay.admitted_at.date()
    for part in paper.parts_of("illness", "complaint", "past"):
        body = paper.folded[part.body.start : part.body.end]
        for mention in find_dates(body):
            day = _day_of(mention, admitted) or _month_of(mention)
            before = body[max(0, mention.start - 12) : mention.start]
            if day is None or day <= admitted or _EXPECTED.search(before):
                continue
            span = Span(part.body.start + mention.start, part.body.start + mention.end)
            yield Defect(
                "RQ-C12",
                Bilingual(
                    zh=f"病史中的日期“{paper.quote(span)}”晚于入院（{_clock(stay.admitted_at)}）。",
                    en=f"The history's date “{paper.quote(span)}” lies after the admission "
                    f"({_clock(stay.admitted_at)}).",
                ),
                document=paper,
                span=span,
                evidence=(seen(paper, span), _event_evidence(Event("admission", stay.admitted_at))),
            )


# A day that the history knows although it is to come.
_EXPECTED = re.compile(
    r"预产期|预计|拟|定于|预约|计划|有效期|下次|\b(?:edd|edc|due|expected|planned|scheduled)\b"
)
_ELSEWHERE = re.compile(
    r"外院|当地|门诊|既往|入院前|院外|曾|复查|复诊|随访|预约|末次|\b(?:elsewhere|clinic|follow|before)"
)

# No hospital has a result of a day that has not come.
_FOLLOW_UP = re.compile(r"复查|复诊|随访|预约|拟|预计|择期|待|\b(?:follow|planned|due|scheduled)")


def _outside_the_stay(stay: Stay, paper: Paper) -> Iterator[Defect]:
    """A date in the course of a stay before it began or after it ended; a result of a day that
    had not come when the document was written."""
    if stay.admitted_at is None or paper.written_at is None:
        return
    admitted = stay.admitted_at.date()
    ended = stay.ended_at.date() if stay.ended_at is not None else paper.written_at.date()
    for part in paper.parts_of("course", "investigations"):
        first = admitted if part.id == "course" else date.min
        last = ended if part.id == "course" else paper.written_at.date()
        for mention in find_dates(paper.folded[part.body.start : part.body.end]):
            day = _day_of(mention, admitted)
            span = Span(part.body.start + mention.start, part.body.start + mention.end)
            before = paper.folded[max(part.body.start, span.start - 12) : span.start]
            around = before + paper.folded[span.start : span.end + 12]
            if day is None or first <= day <= last or abs((day - admitted).days) > _LONG_AGO_DAYS:
                continue
            excuse = _ELSEWHERE if day < first else _FOLLOW_UP
            if not excuse.search(around) and not _PLANNED.search(before):
                yield Defect(
                    "RQ-C12",
                    Bilingual(
                        zh=f"{title_of(paper).zh}中的日期“{paper.quote(span)}”不在住院与书写的时间之内。",
                        en=f"{title_of(paper).en} tells of “{paper.quote(span)}”, which lies "
                        "outside the stay or behind its writing.",
                    ),
                    document=paper,
                    span=span,
                    evidence=(seen(paper, span),),
                )


_PLANNED = re.compile(
    r"(?:预计|拟于?|定于|计划于?|预约|将于|安排于?|预定|"
    r"\b(?:planned for|scheduled for|due on|expected on))"
    r"\s?(?:20\d{2}[-/.年])?$"
)
_TO_COME = re.compile(r"\s?(?:行|拟|予|复查|手术|出院|择期|复诊)")
_LONG_AGO_DAYS = 90


def _planned_in_the_past(stay: Stay, paper: Paper) -> Iterator[Defect]:
    """A date for which something is planned, before the plan was written or the stay began."""
    if paper.written_at is None or stay.admitted_at is None:
        return
    plans = [part.body for part in paper.parts_of("plan")]
    written, admitted = paper.written_at.date(), stay.admitted_at.date()
    for mention in paper.dates:
        before = paper.folded[max(0, mention.start - 12) : mention.start]
        planned = _PLANNED.search(before) is not None
        in_plan = any(b.start <= mention.start < b.end for b in plans)
        if not planned and not (in_plan and _TO_COME.match(paper.folded, mention.end)):
            continue
        day = _day_of(mention, written)
        limit = written if planned else admitted
        if day is None or day >= limit or (limit - day).days > _LONG_AGO_DAYS:
            continue
        span = Span(mention.start, mention.end)
        yield Defect(
            "RQ-C11",
            Bilingual(
                zh=f"{title_of(paper).zh}写于 {_clock(paper.written_at)}，"
                f"却计划在已过去的“{paper.quote(span)}”。",
                en=f"{title_of(paper).en} of {_clock(paper.written_at)} plans for "
                f"“{paper.quote(span)}”, which had passed.",
            ),
            document=paper,
            span=span,
            evidence=(seen(paper, span),),
        )


_COME_AGAIN = re.compile(
    r"\s?[^,，。;\n]{0,6}(?:复查|复诊|随访|随诊|门诊|返院)|[a-z ,]{0,16}\b(?:review|clinic|"
    r"follow)\b"
)


def _called_back_in_the_past(stay: Stay, paper: Paper) -> Iterator[Defect]:
    """A day to come back on that lies before the patient left."""
    if stay.ended_at is None:
        return
    ended = stay.ended_at.date()
    for part in paper.parts_of("orders"):
        for mention in find_dates(paper.folded[part.body.start : part.body.end]):
            end = part.body.start + mention.end
            day = _day_of(mention, ended) if mention.year else None
            if day is None or day >= ended or not _COME_AGAIN.match(paper.folded, end):
                continue
            span = Span(part.body.start + mention.start, end)
            yield Defect(
                "RQ-C11",
                Bilingual(
                    zh=f"出院于 {ended}，却嘱在已过去的“{paper.quote(span)}”复诊。",
                    en=f"Discharged on {ended}, yet called back for “{paper.quote(span)}”, which "
                    "had passed.",
                ),
                document=paper,
                span=span,
                evidence=(seen(paper, span),),
            )


def _day_of(mention: DateMention, admitted: date) -> date | None:
    """The day that is meant; without a year the nearest one, ``None`` where it is not certain."""
    if mention.month is None or mention.day is None or mention.swapped is not None:
        return None
    try:
        if mention.year is not None:
            return date(mention.year, mention.month, mention.day)
        day = date(admitted.year, mention.month, mention.day)
    except ValueError:
        return None
    return day if (day - admitted).days < 90 else None


def _month_of(mention: DateMention) -> date | None:
    """The first day of a month that is named without a day."""
    if mention.year is None or mention.month is None or mention.day is not None:
        return None
    return date(mention.year, mention.month, 1)


def _order(stay: Stay, paper: Paper) -> Iterator[Defect]:
    written, kind = paper.written_at, paper.kind.id if paper.kind else None
    if written is None or kind is None:
        return
    if stay.admitted_at is not None and written < stay.admitted_at and kind not in _BEFORE_STAY:
        yield _out_of_order(
            paper, Event("admission", stay.admitted_at), Bilingual("早于入院", "before admission")
        )
    ended = stay.first("end")
    if ended is not None and written > ended.at and _is_daily(paper):
        left = ended.type == "discharge"
        what = ("晚于出院", "after the discharge") if left else ("晚于死亡", "after death")
        yield _out_of_order(paper, ended, Bilingual(*what))
    event = stay.first(_END_RECORDS.get(kind, ""))
    allowed = _MAY_PRECEDE if kind in ("discharge_summary", "short_stay_record") else timedelta(0)
    if event is not None and written < event.at - allowed and len(stay.papers_of(kind)) == 1:
        name = {"discharge": ("出院", "the discharge"), "death": ("死亡", "death")}
        zh, en = name.get(event.type, ("手术结束", "the end of the operation"))
        yield _out_of_order(paper, event, Bilingual(f"早于{zh}", f"before {en}"))


def _is_daily(paper: Paper) -> bool:
    """Whether it is a running note, which nobody writes once the patient is gone."""
    kind = paper.kind
    return kind is not None and kind.is_course and kind.id not in _AFTER_STAY


def _out_of_order(paper: Paper, event: Event, what: Bilingual) -> Defect:
    written = _clock(paper.written_at) if paper.written_at else ""
    return Defect(
        "RQ-C13",
        Bilingual(
            zh=f"{title_of(paper).zh}写于 {written}，{what.zh}（{_clock(event.at)}）。",
            en=f"{title_of(paper).en} written {written}, {what.en} ({_clock(event.at)}).",
        ),
        document=paper,
        evidence=(_event_evidence(event),),
    )


def _clock(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")


def _event_evidence(event: Event) -> Evidence:
    return Evidence(EvidenceKind.RECORD, f"event/{event.type}", event.at.isoformat())
