"""Days told twice in one breath, as "5 days ago (28 October)"; weeks of a pregnancy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.checks.counted_days import operated_at
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_quality.stay import Stay
from suwen.language.dates import DateMention, find_dates

_UNITS = {"天": 1, "日": 1, "周": 7, "星期": 7, "月": 30, "个月": 30, "年": 365,
          "day": 1, "days": 1, "week": 7, "weeks": 7, "month": 30, "months": 30}  # fmt: skip
_AGO = re.compile(
    r"(?P<n>\d{1,2})\s?(?P<u>天|日|周|星期|个?月)余?前\s?[(,，:]?\s?(?:即|于)?$|"
    r"\b(?P<n2>\d{1,2}) (?P<u2>days?|weeks?|months?) ago\s?[(,]?\s?(?:on )?$"
)
_AFTER = re.compile(
    r"(?P<what>发病|起病|术后|入院后?|病程)(?:满|至|第)*\s?(?P<n>\d{1,3})\s?[天日]\s?[(,，]?\s?(?:即)?$"
)
_ONSET = re.compile(
    r"(?:起病|发病|始于|自|于|患者)\s?$|^\s?\d{1,2}[:时点]|^[^。;\n]{0,16}?(?:突发|突感|突然|出现|起病|发病|开始)"
)
_LMP = re.compile(
    r"(?:lmp|末次月经(?:时间|日期)?|last menstrual period|last period)\s?[:为是]?\s?(?:was )?$"
)
_EDD = re.compile(r"(?:edd|edc|预产期(?:为)?|due date|expected date of delivery)\s?[:为是]?\s?$")
_WEEKS = re.compile(
    r"(?<!如)(?:停经|孕|妊娠|宫内妊娠)\s?(?P<w>\d{1,2})\s?(?:\+\s?(?P<d>[0-6]))?\s?周(?!前|时|后|内|起)(?:\+?(?P<d2>[0-6])天?)?|"
    r"\b(?:pregnant|gestation(?:al age)?:?|"
    r"gravid) (?P<w2>\d{1,2})(?:\s?\+\s?(?P<d3>[0-6]))? ?(?:weeks|w\b)|"
    r"\b(?P<w3>\d{1,2})(?:\s?\+\s?(?P<d4>[0-6]))? weeks(?:'| of)? (?:gestation|pregnan\w+|pregnant)"
)
_RECKONED = re.compile(
    r"推算|核实|核对|校正|纠正|不规|不详|推迟|胚胎|移植|\bivf\b|\b(?:corrected|irregular|"
    r"uncertain|by scan|by ultrasound|transfer)\b"
)
_TERM = timedelta(days=280)
# Days of a pregnancy by which two reckonings may differ, and days by which a length in units of
# 1, 7 or 30 days may: people round. From memory, awaiting review.
_MAY_DIFFER_DAYS = 6
_GRACE = {1: 1, 7: 3, 30: 9}


def anchored_day_defects(stay: Stay) -> Iterator[Defect]:
    """A length of time and a date beside it that do not agree; weeks that the last period excludes.

    Source: 病历质控常见缺陷 C06 (collected from memory); 280 days from the last period to the
    expected birth (Naegele's rule).
    """
    yield from _ago(stay)
    yield from _counted_to(stay)
    for record in stay.papers_of("admission_record"):
        yield from _weeks(stay, record)


@dataclass(frozen=True, slots=True)
class _Ago:
    paper: Paper
    span: Span
    said: str
    day: date


def _ago(stay: Stay) -> Iterator[Defect]:
    """An age of what happened beside its date; the same age with two dates."""
    known: dict[str, _Ago] = {}
    for paper in stay.papers:
        if paper.written_at is None:
            continue
        near = paper.written_at.date()
        for mention in paper.dates:
            start = max(0, mention.start - 24)
            match = _AGO.search(paper.folded, start, mention.start)
            day = _day(mention, near)
            if match is None or day is None:
                continue
            unit = _UNITS[match.group("u") or match.group("u2")]
            days = int(match.group("n") or match.group("n2")) * unit
            span = Span(match.start(), mention.end)
            one = _Ago(paper, span, match.group().strip(" (,，:即于"), day)
            first = known.setdefault(one.said, one)
            bases = {near, stay.admitted_at.date()} if stay.admitted_at else {near}
            grace = _GRACE[unit] + days // 10
            if all(abs((base - day).days - days) > grace for base in bases):
                yield _defect(paper, span, Bilingual("两者相差的天数不符", "the two do not agree"))
            elif first.day != day and unit > 1:
                yield _defect(
                    paper,
                    span,
                    Bilingual(
                        f"{title_of(first.paper).zh}写“{first.paper.quote(first.span)}”",
                        f"{title_of(first.paper).en} says “{first.paper.quote(first.span)}”",
                    ),
                )


def _counted_to(stay: Stay) -> Iterator[Defect]:
    """A day counted from the onset, the operation or the admission, with its date behind it."""
    onset = _onset(stay)
    for paper in stay.papers:
        for mention in paper.dates:
            match = _AFTER.search(paper.folded, max(0, mention.start - 16), mention.start)
            if match is None or stay.admitted_at is None:
                continue
            what, days = match.group("what"), int(match.group("n"))
            if what == "术后":
                bases = [at.date() for at in operated_at(stay)]
            elif what.startswith("入院"):
                bases = [stay.admitted_at.date()]
            else:
                bases = [onset] if onset else []
            expected = [base + timedelta(days=days - 1) for base in bases]
            day = _day(mention, expected[0]) if expected else None
            if day is None or any(abs((day - one).days) <= 2 for one in expected):
                continue
            span = Span(match.start(), mention.end)
            yield _defect(
                paper,
                span,
                Bilingual(
                    f"自 {bases[0]} 起算为 {expected[0]}", f"from {bases[0]} it is {expected[0]}"
                ),
            )


def _onset(stay: Stay) -> date | None:
    """The day on which the history of the illness begins, where it gives one."""
    if stay.admitted_at is None:
        return None
    for record in stay.papers_of("admission_record"):
        for part in record.parts_of("illness"):
            body = record.folded[part.body.start : part.body.end]
            for mention in find_dates(body)[:1]:
                behind, before = body[mention.end : mention.end + 30], body[: mention.start]
                day = _day(mention, stay.admitted_at.date())
                told = _ONSET.search(before[-8:]) or _ONSET.search(behind)
                if day is not None and told and day <= stay.admitted_at.date():
                    return day
    return None


def _weeks(stay: Stay, record: Paper) -> Iterator[Defect]:
    """Weeks of pregnancy and the expected day against the first day of the last period."""
    if stay.admitted_at is None or _RECKONED.search(record.folded):
        return
    admitted = stay.admitted_at.date()
    lmp: date | None = None
    for mention in record.dates:
        before = record.folded[max(0, mention.start - 24) : mention.start]
        day = _day(mention, admitted)
        if _LMP.search(before) and lmp is None:
            lmp = day
            continue
        expected = lmp + _TERM if lmp is not None and _EDD.search(before) else None
        if expected is None or day is None or abs((expected - day).days) <= _MAY_DIFFER_DAYS:
            continue
        why = Bilingual(f"按末次月经应为 {expected}", f"by the last period it is {expected}")
        yield _defect(record, Span(mention.start, mention.end), why)
    match = _WEEKS.search(record.folded)
    if lmp is None or match is None or not 0 < (admitted - lmp).days < 310:
        return
    groups = match.groupdict()
    weeks = int(next(groups[k] for k in ("w", "w2", "w3") if groups[k]))
    odd = next((int(groups[k]) for k in ("d", "d2", "d3", "d4") if groups[k]), None)
    least, most = weeks * 7 + (odd or 0), weeks * 7 + (6 if odd is None else odd)
    lived = (admitted - lmp).days
    if not least - _MAY_DIFFER_DAYS <= lived <= most + _MAY_DIFFER_DAYS:
        said = f"{lived // 7}+{lived % 7}"
        why = Bilingual(
            f"按末次月经 {lmp} 为 {said} 周", f"from the last period {lmp} it is {said} weeks"
        )
        yield _defect(record, Span(*match.span()), why)


def _day(mention: DateMention, near: date) -> date | None:
    """The day that is meant, without a year the one nearest to another."""
    if mention.month is None or mention.day is None or mention.swapped is not None:
        return None
    years = (mention.year,) if mention.year else (near.year - 1, near.year, near.year + 1)
    try:
        days = [date(year, mention.month, mention.day) for year in years]
    except ValueError:
        return None
    return min(days, key=lambda day: abs((day - near).days))


def _defect(paper: Paper, span: Span, why: Bilingual) -> Defect:
    return Defect(
        "RQ-C14",
        Bilingual(
            zh=f"{title_of(paper).zh}写“{paper.quote(span)}”：{why.zh}。",
            en=f"{title_of(paper).en} says “{paper.quote(span)}”: {why.en}.",
        ),
        document=paper,
        span=span,
        evidence=(seen(paper, span),),
    )
