"""Course notes that fall silent: by the patient's condition, after an operation, in a long stay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from suwen.appkit import Bilingual
from suwen.apps.record_quality.book import Book
from suwen.apps.record_quality.findings import Defect
from suwen.apps.record_quality.stay import Stay

_CONDITIONS = {"critical": "critical", "serious": "serious", "stable": "stable"}


def interval_defects(stay: Stay, book: Book) -> Iterator[Defect]:
    """Stretches of the stay in which notes that are due were not written.

    Source: 病历书写基本规范（卫医政发〔2010〕11号），病程记录; local standards after operations.
    """
    if stay.admitted_at is None:
        return
    yield from _silences(stay, book)
    yield from _after_operations(stay, book)
    yield from _stages(stay, book)


def _silences(stay: Stay, book: Book) -> Iterator[Defect]:
    ends = _end(stay)
    if stay.admitted_at is None or ends is None:
        return
    written = {p.written_at: p for p in stay.course if p.written_at is not None}
    stations = [
        stay.admitted_at,
        *(m for m in sorted(written) if stay.admitted_at < m < ends),
        ends,
    ]
    for one, other in pairwise(stations):
        rule = book.intervals[_condition(stay, one)]
        apart = (other.date() - one.date()).days
        if apart > rule.days:
            yield Defect(
                rule.id,
                Bilingual(
                    zh=f"{_stamp(one)} 至 {_stamp(other)} 之间 {apart} 天没有病程记录"
                    f"（至少每 {rule.days} 天一次）。",
                    en=f"No course note between {_stamp(one)} and {_stamp(other)}, {apart} days "
                    f"(at least every {rule.days}).",
                ),
                document=written.get(other),
            )


def _condition(stay: Stay, moment: datetime) -> str:
    """How ill the patient was known to be: by the last such event before the moment."""
    found = "stable"
    for event in stay.events:
        if event.at <= moment and event.type in _CONDITIONS:
            found = _CONDITIONS[event.type]
    return found


def _after_operations(stay: Stay, book: Book) -> Iterator[Defect]:
    rule, ends = book.after_operation, _end(stay)
    if ends is None:
        return
    for operation in stay.events_of("surgery_end"):
        days = [operation.at.date() + timedelta(days=n) for n in range(1, rule.days + 1)]
        written = {p.written_at.date() for p in stay.course if p.written_at}
        lacking = [d for d in days if d not in written and d < ends.date()]
        if lacking:
            told = "、".join(d.isoformat() for d in lacking)
            yield Defect(
                rule.id,
                Bilingual(
                    zh=f"术后连续 {rule.days} 天应每日有病程记录，缺 {told}。",
                    en=f"A course note is due on each of {rule.days} days after the operation; "
                    f"none on {told.replace('、', ', ')}.",
                ),
            )


def _stages(stay: Stay, book: Book) -> Iterator[Defect]:
    rule, ends = book.stage, _end(stay)
    if stay.admitted_at is None or ends is None:
        return
    summaries = [
        p.written_at
        for p in stay.papers
        if p.kind and p.kind.id in book.stage_documents and p.written_at is not None
    ]
    last = stay.admitted_at
    while ends - last > timedelta(days=rule.days):
        limit = last + timedelta(days=rule.days)
        within = [m for m in summaries if last < m <= limit]
        if not within:
            yield Defect(
                rule.id,
                Bilingual(
                    zh=f"{_stamp(last)} 起 {rule.days} 天内没有阶段小结"
                    "（交接班、转科记录可代替）。",
                    en=f"No stage summary within {rule.days} days from {_stamp(last)} (a handover "
                    "or transfer record may replace it).",
                ),
            )
        last = max(within, default=limit)


def _end(stay: Stay) -> datetime | None:
    if stay.ended_at is not None:
        return stay.ended_at
    return stay.known_until


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")
