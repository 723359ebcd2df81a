"""Days that a record counts: after an operation, since admission, of the stay, of a treatment."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_quality.stay import Stay
from suwen.language.dates import find_dates

_NUMBER = r"(?P<n>\d{1,3}|[一二三四五六七八九十]{1,3})"
_ORDINAL = rf"(?:第\s?|d)?{_NUMBER}\s?(?:天|日)?"
_DIGITS = {c: v for v, c in enumerate("零一二三四五六七八九")}
# What a count stands behind when it says which day today is.
_TODAY = (
    r"(?:^|(?<=[\n。;:]))\s*(?:\d{1,2}[:：]\d{2}\s*)?(?:患[者儿]|病人|产妇)?\s?(?:今日?|现|目前)?\s?"
    r"(?:为|系|是)?\s?"
)
_NAMED = r"[^,，。;\n:拟预待至若如满外院]{0,20}?"
_COUNTED = re.compile(
    rf"(?m){_TODAY}{_NAMED}(?P<what>术后|入院后?|住院|产后|化疗后?|溶栓后?|置管后?|放疗|透析后?)\s?"
    rf"(?:第\s?{_NUMBER}\s?[天日]|d{_NUMBER.replace('<n>', '<n2>')}(?!\d)|"
    rf"{_NUMBER.replace('<n>', '<n3>')}\s?[天日])(?=[,，。;:\s(（]|患|$)"
)
_TODAY_IS = re.compile(
    r"(?:今日?|现|目前)(?:为|系|是)?\s?(?P<what>术后|入院后?|住院|产后|化疗后?|溶栓后?)\s?"
    rf"第?\s?{_NUMBER}\s?[天日](?![内后左右])"
)
_COUNTED_EN = re.compile(
    r"\b(?:(?P<pod>pod|post-?\s?op(?:erative)?(?:ly)? day)\s?#?\s?(?P<n>\d{1,2})|"
    r"(?P<hd>hospital day|hd|inpatient day|day of (?:admission|stay))\s?#?\s?(?P<n2>\d{1,2})|"
    r"day\s(?P<n3>\d{1,2})\s(?:(?P<pod2>post-?\s?op\w*|after (?:the )?(?:operation|surgery))|"
    r"(?P<hd2>of (?:admission|(?:the |this )?(?:hospital )?stay)|in hospital)))\b"
)
_EN_LATER = re.compile(
    r"\b(?:on|until|till|by|from|at|since|after|plan\w*|remove\w*|review|due|expected|discharge on)"
    r"\s(?:the\s)?$"
)
_KEYS = {
    "术后": "operation", "入院": "stay", "入院后": "stay", "住院": "stay", "化疗后": "化疗",
    "溶栓后": "溶栓", "置管后": "置管", "透析后": "透析",
}  # fmt: skip
_STAYED = re.compile(
    rf"(?:共|总|实际|本次|合计)?住院(?:天数|日数|时间)?\s?(?:共计?|为|:)?\s?{_NUMBER}\s?[天日](?![前后内])|"
    r"(?:length of stay|los|hospital stay|inpatient stay)\s?(?::|of|was)?\s?"
    r"(?P<n2>\d{1,3})\s?days?|"
    r"\b(?P<n3>\d{1,3})[- ]day (?:hospital |inpatient )?(?:stay|admission)\b"
)
_ENDS = ("discharge_summary", "death_record", "front_page", "short_stay_record")
_LONGEST_DAYS = 60
_NEXT_COURSE_DAYS = 7


@dataclass(frozen=True, slots=True)
class _Count:
    paper: Paper
    span: Span
    key: str
    days: int
    at: datetime

    @property
    def base(self) -> date:
        """The day that is counted from."""
        return self.at.date() - timedelta(days=self.days)


def counted_day_defects(stay: Stay, copied: frozenset[str]) -> Iterator[Defect]:
    """A count of days that the events, or the other notes' counts, exclude.

    The day of the event may be told as the first or as none, and a day as 24 hours. Of ``copied``
    documents (ids) that they are copies is told already.

    Source: 病历质控常见缺陷 C06 (collected from memory).
    """
    counts = [count for p in stay.papers if p.id not in copied for count in _counts(p)]
    by_key: dict[str, list[_Count]] = defaultdict(list)
    for count in counts:
        by_key[count.key].append(count)
    for key, found in by_key.items():
        bases = _bases(stay, key)
        if bases:
            for count in found:
                known = [b for b in bases if b.date() <= count.at.date()]
                if known and not any(_fits(count, b) for b in known):
                    yield _defect(count, known[-1])
        elif len(found) > 1:
            yield from _alone(found)
    yield from _length_of_stay(stay)


def operated_at(stay: Stay) -> tuple[datetime, ...]:
    """Begin and end of every operation of the stay that is registered."""
    return tuple(e.at for e in stay.events if e.type in ("surgery_start", "surgery_end"))


def _bases(stay: Stay, key: str) -> tuple[datetime, ...]:
    if key == "operation":
        return operated_at(stay)
    if key == "stay" and stay.admitted_at is not None:
        return (stay.admitted_at,)
    return ()


def _fits(count: _Count, base: datetime) -> bool:
    apart = (count.at.date() - base.date()).days
    return count.days in (apart, apart + 1, int((count.at - base).total_seconds() // 86400))


def _alone(found: list[_Count]) -> Iterator[Defect]:
    """The one count that none of the others agrees with, of a base that nothing registers."""
    found = sorted(found, key=lambda c: c.at, reverse=True)
    for count in found if len(found) > 2 else found[:1]:
        others = [c for c in found if c is not count]
        bases = [c.base for c in others]
        if (max(bases) - min(bases)).days > 1:
            continue
        ahead, behind = (min(bases) - count.base).days, (count.base - max(bases)).days
        # A count that begins anew belongs to the next course of treatment.
        anew = (count.at - others[-1].at).days >= _NEXT_COURSE_DAYS
        if 1 < ahead <= _LONGEST_DAYS or (behind > 1 and not anew):
            yield _defect(count, None, others[0])
            return


def _counts(paper: Paper) -> Iterator[_Count]:
    written = paper.written_at
    if written is None or paper.kind is None or not paper.kind.is_course:
        return
    taken: set[int] = set()
    for pattern in (_COUNTED, _TODAY_IS):
        for match in pattern.finditer(paper.folded):
            number = _number(match)
            if number is None or number > _LONGEST_DAYS or match.end() in taken:
                continue
            taken.add(match.end())
            what = match.group("what")
            span = Span(match.start("what"), match.end())
            yield _Count(paper, span, _KEYS.get(what, what), number, written)
    for match in _COUNTED_EN.finditer(paper.folded):
        before = paper.folded[max(0, match.start() - 16) : match.start()]
        number = _number(match)
        if number is None or _EN_LATER.search(before):
            continue
        key = "operation" if match.group("pod") or match.group("pod2") else "stay"
        yield _Count(paper, Span(*match.span()), key, number, written)


def _number(match: re.Match[str]) -> int | None:
    said = next((v for k, v in match.groupdict().items() if v and k in ("n", "n2", "n3")), None)
    if said is None:
        return None
    if said.isdigit():
        return int(said)
    tens, ten, ones = said.rpartition("十")
    if not ten:
        return _DIGITS.get(said)
    return (_DIGITS.get(tens, 1) if tens else 1) * 10 + (_DIGITS.get(ones, 0) if ones else 0)


def _length_of_stay(stay: Stay) -> Iterator[Defect]:
    for kind in _ENDS:
        for paper in stay.papers_of(kind):
            lasted = _lasted(stay, paper)
            match = _STAYED.search(paper.folded) if lasted is not None else None
            number = _number(match) if match is not None else None
            if lasted is None or match is None or number in (None, lasted, lasted + 1):
                continue
            span = Span(*match.span())
            yield Defect(
                "RQ-C14",
                Bilingual(
                    zh=f"{title_of(paper).zh}写“{paper.quote(span)}”，入院至出院相隔 {lasted} 天。",
                    en=f"{title_of(paper).en} says “{paper.quote(span)}”; the stay lasted "
                    f"{lasted} days.",
                ),
                document=paper,
                span=span,
                evidence=(seen(paper, span),),
            )


def _lasted(stay: Stay, paper: Paper) -> int | None:
    if stay.admitted_at is not None and stay.ended_at is not None:
        return (stay.ended_at.date() - stay.admitted_at.date()).days
    days: list[date] = []
    for name in ("admitted", "discharged"):
        part = next(iter(paper.parts_of(name)), None)
        body = paper.folded[part.body.start : part.body.end] if part else ""
        first = next((d for d in find_dates(body) if d.year and d.month and d.day), None)
        if first is None:
            return None
        days.append(date(first.year or 0, first.month or 0, first.day or 0))
    return (days[1] - days[0]).days


_WHAT = {
    "operation": Bilingual("手术", "the operation"),
    "stay": Bilingual("入院", "the admission"),
}


def _defect(count: _Count, base: datetime | None, other: _Count | None = None) -> Defect:
    title, said = title_of(count.paper), count.paper.quote(count.span)
    written = count.at.strftime("%Y-%m-%d")
    evidence = [seen(count.paper, count.span)]
    if base is not None:
        what, day = _WHAT[count.key], base.strftime("%Y-%m-%d")
        zh = f"{title.zh}写于 {written}，写“{said}”，而{what.zh}在 {day}。"
        en = f"{title.en} of {written} says “{said}”; {what.en} was on {day}."
    else:
        against = other.paper.quote(other.span) if other else ""
        day = other.at.strftime("%Y-%m-%d") if other else ""
        zh = f"{title.zh}写于 {written}，写“{said}”，而 {day} 写“{against}”。"
        en = f"{title.en} of {written} says “{said}”, while “{against}” was written on {day}."
        if other is not None:
            evidence.append(seen(other.paper, other.span))
    return Defect(
        "RQ-C14",
        Bilingual(zh=zh, en=en),
        document=count.paper,
        span=count.span,
        evidence=tuple(evidence),
    )
