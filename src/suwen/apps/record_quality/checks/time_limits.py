"""Documents that are late or not there, by what happened and when; exact to the minute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from suwen.appkit import Bilingual, Evidence, EvidenceKind
from suwen.apps.record_quality.book import Book, TimeLimit
from suwen.apps.record_quality.documents import document_kinds
from suwen.apps.record_quality.findings import Defect
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_quality.stay import Event, Stay

MISSING = "RQ-M01"

_EVENTS = {
    "admission": Bilingual("入院", "admission"),
    "discharge": Bilingual("出院", "discharge"),
    "death": Bilingual("死亡", "death"),
    "surgery_start": Bilingual("手术开始", "the start of the operation"),
    "surgery_end": Bilingual("手术结束", "the end of the operation"),
    "rescue_end": Bilingual("抢救结束", "the end of the resuscitation"),
    "transfer_in": Bilingual("转科", "the transfer"),
    "takeover": Bilingual("接班", "the takeover"),
    "consult_request": Bilingual("会诊申请", "the request for consultation"),
    "urgent_consult_request": Bilingual("急会诊申请", "the urgent request for consultation"),
    "procedure_end": Bilingual("操作结束", "the end of the procedure"),
    "transfusion_end": Bilingual("输血结束", "the end of the transfusion"),
    "critical_value_received": Bilingual("接到危急值", "the report of the critical value"),
    "case_discussed": Bilingual("病例讨论", "the discussion"),
    "consult_arrival": Bilingual("会诊医师到场", "the consultant's arrival"),
    "archived": Bilingual("归档", "archiving"),
}


def time_defects(stay: Stay, book: Book) -> Iterator[Defect]:
    """What is late or missing by every time limit.

    Source: 病历书写基本规范（卫医政发〔2010〕11号）and those stated with each limit.
    """
    for limit in book.limits:
        if limit.relation == "event":
            yield from _second_events(stay, limit)
        elif not any(stay.papers_of(kind) for kind in limit.instead):
            yield from _documents(stay, limit)


def _documents(stay: Stay, limit: TimeLimit) -> Iterator[Defect]:
    papers = [p for p in stay.papers_of(limit.document) if p.written_at is not None]
    undated = len(stay.papers_of(limit.document)) > len(papers)
    for event, paper in _paired(stay.events_of(limit.event), papers):
        if paper is None:
            if not undated and not limit.optional and _is_due(stay, limit, event):
                yield _missing(limit, event)
        elif _is_late(limit, event, paper):
            yield _late(limit, event, paper)


def _paired(events: tuple[Event, ...], papers: list[Paper]) -> Iterator[tuple[Event, Paper | None]]:
    """Each event with its document: the first one, or with several events one for each in order.

    A document before the second of two operations belongs to the one that it stands nearest to.
    """
    if len(events) == 1:
        yield events[0], papers[0] if papers else None
        return
    left = list(papers)
    for number, event in enumerate(events):
        later = events[number + 1].at if number + 1 < len(events) else None
        mine = next((p for p in left if later is None or _at(p) < later), None)
        if mine is not None:
            left.remove(mine)
        yield event, mine


def _is_due(stay: Stay, limit: TimeLimit, event: Event) -> bool:
    deadline = _deadline(limit, event)
    if limit.lapses and stay.ended_at is not None and deadline > stay.ended_at:
        return False
    known = stay.known_until
    return known is not None and known > deadline


def _is_late(limit: TimeLimit, event: Event, paper: Paper) -> bool:
    if limit.relation == "same_day":
        # Each stamp's own calendar day: the clock may have changed between them.
        return _at(paper).date() > event.at.date()
    return _at(paper) > _deadline(limit, event)


def _deadline(limit: TimeLimit, event: Event, written: datetime | None = None) -> datetime:
    """The last instant that is in time. Hours are elapsed time, also when the clock changes.

    Args:
        written: on whose clock a day ends, where its time stamp has another offset.
    """
    if limit.relation == "before":
        return event.at
    if limit.relation == "same_day":
        next_day = event.at.date() + timedelta(days=1)
        zone = (written or event.at).tzinfo
        midnight = datetime(next_day.year, next_day.month, next_day.day, tzinfo=zone)
        return midnight - timedelta(microseconds=1)
    return event.at + limit.limit


def _second_events(stay: Stay, limit: TimeLimit) -> Iterator[Defect]:
    """An event that must follow another within the limit, judged where both are known."""
    followers = stay.events_of(limit.document)
    for event in stay.events_of(limit.event):
        second = next((f for f in followers if f.at >= event.at), None)
        if second is not None and second.at > event.at + limit.limit:
            what = _name(limit.document)
            late = _span_of(second.at - event.at - limit.limit)
            yield Defect(
                limit.id,
                Bilingual(
                    zh=f"{what.zh}在{_told(event).zh}后超时 {late.zh}。",
                    en=f"{what.en[:1].upper()}{what.en[1:]} came {late.en} too late after "
                    f"{_told(event).en}.",
                ),
                evidence=(_event_evidence(event), _event_evidence(second)),
            )


def _missing(limit: TimeLimit, event: Event) -> Defect:
    title = document_kinds()[limit.document].title
    told = _told(event)
    return Defect(
        MISSING,
        Bilingual(
            zh=f"缺少{title.zh}（{told.zh}；{_duty(limit).zh}）。",
            en=f"{title.en} is not there ({told.en}; {_duty(limit).en}).",
        ),
        evidence=(_event_evidence(event), Evidence(EvidenceKind.RULE, limit.id, _duty(limit).en)),
        absent=(limit.document, None),
        suggestion=Bilingual(zh="请补写并注明补记时间。", en="Write it, marked as written later."),
    )


def _late(limit: TimeLimit, event: Event, paper: Paper) -> Defect:
    title = document_kinds()[limit.document].title
    written = _at(paper)
    told, late = _told(event), _span_of(written - _deadline(limit, event, written))
    return Defect(
        limit.id,
        Bilingual(
            zh=f"{title.zh}写于 {_clock(written)}，{told.zh}；{_duty(limit).zh}，超时 {late.zh}。",
            en=f"{title.en} written {_clock(written)}, {told.en}; {_duty(limit).en}, "
            f"late by {late.en}.",
        ),
        document=paper,
        evidence=(_event_evidence(event), Evidence(EvidenceKind.RULE, limit.id, _duty(limit).en)),
    )


def _duty(limit: TimeLimit) -> Bilingual:
    if limit.relation == "before":
        return Bilingual("应在此之前完成", "due before it")
    if limit.relation == "same_day":
        return Bilingual("应在当日完成", "due on the same day")
    span = _span_of(limit.limit)
    return Bilingual(f"时限 {span.zh}", f"limit {span.en}")


def _span_of(elapsed: timedelta) -> Bilingual:
    """A duration in days, hours and minutes; less than a minute counts as one."""
    minutes = max(1, -(-int(elapsed.total_seconds()) // 60))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days and not rest:
        return Bilingual(f"{days * 24} 小时" if days < 4 else f"{days} 日", _days_en(days))
    zh = "".join(
        f" {n} {unit}" for n, unit in ((days, "日"), (hours, "小时"), (minutes, "分钟")) if n
    )
    en = " ".join(f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if n)
    return Bilingual(zh.strip(), en)


def _days_en(days: int) -> str:
    return f"{days * 24} h" if days < 4 else f"{days} days"


def _told(event: Event) -> Bilingual:
    name = _name(event.type)
    return Bilingual(f"{name.zh} {_clock(event.at)}", f"{name.en} {_clock(event.at)}")


def _name(event: str) -> Bilingual:
    return _EVENTS.get(event, Bilingual(event, event))


def _clock(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")


def _at(paper: Paper) -> datetime:
    if paper.written_at is None:
        raise TypeError("only documents with a time are judged by it")
    return paper.written_at


def _event_evidence(event: Event) -> Evidence:
    return Evidence(EvidenceKind.RECORD, f"event/{event.type}", event.at.isoformat())
