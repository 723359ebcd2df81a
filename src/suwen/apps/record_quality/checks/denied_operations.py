"""Operations, injuries and transfusions that a history denies and the record tells of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.checks.relatives import RELATIVE, is_of_a_relative
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_quality.stay import Stay

_YEAR = r"(?:19|20)\d{2}\s?年?"
_AGO = r"\d{1,2}\s?(?:余|多)?年前"
_WHAT = (
    (
        Bilingual("手术史", "operations"),
        re.compile(
            r"(?:否认|无|没有)[^，,。；;\n]{0,16}?手术(?!指征|禁忌|适应|必要|意愿|条件)[^，,。；;\n]{0,10}|"
            r"\b(?:no|denies|never had)\b[^.;\n]{0,24}?\b(?:surger\w+|operations?)\b"
        ),
        re.compile(
            r"(?:陈旧性?|旧)(?:手术|切口)?(?:瘢痕|疤痕)|手术(?:瘢痕|疤痕)|"
            rf"(?:{_YEAR}|{_AGO})[^，,。；;\n]{{0,16}}?(?:手术|切除|置换|剖宫产|搭桥|修补|内固定|造口|移植)|"
            r"(?:切除|置换|修补|成形|吻合|搭桥|固定|结扎|移植|支架(?:植入|置入)?|手术)术?后\s?\d{1,2}\s?余?年|"
            rf"(?:手术|切除术?|置换术?|剖宫产术?|修补术?|内固定术?)[^，,。；;\n]{{0,6}}?{_YEAR}|"
            r"\b(?:surgical|operation|old|midline|laparotomy) scars?\b|"
            r"\b(?:append\w*ectomy|cholecystectomy|hysterectomy|tonsillectomy|caesarean|cesarean|"
            r"hernia repair|hip replacement|bypass)(?: section)?\b[^.;\n]{0,8}?(?:19|20)\d{2}"
        ),
    ),
    (
        Bilingual("外伤史", "injuries"),
        re.compile(
            r"(?:否认|无|没有)[^，,。；;\n]{0,16}?(?:外伤|骨折)史?[^，,。；;\n]{0,8}|"
            r"\b(?:no|denies)\b[^.;\n]{0,24}?\b(?:trauma|injur\w+|fractures?)\b"
        ),
        re.compile(
            rf"(?:{_YEAR}|{_AGO})[^，,。；;\n]{{0,12}}?(?:骨折|外伤|车祸|摔伤|坠落|烧伤|烫伤)|"
            r"\b(?:19|20)\d{2}\s?(?:fracture|trauma|accident)|"
            r"\bfractured?\b[^.;\n]{0,16}?\bin (?:19|20)\d{2}"
        ),
    ),
    (
        Bilingual("输血史", "transfusions"),
        re.compile(
            r"(?:否认|无|没有|未)[^，,。；;\n]{0,20}?输血[^，,。；;\n]{0,8}|"
            r"\b(?:no|denies|never)\b[^.;\n]{0,32}?\btransfus\w+"
        ),
        re.compile(
            rf"(?:{_YEAR}|{_AGO})[^，,。；;\n]{{0,12}}?(?:输血|输注?红细胞)|有输血史|"
            r"\btransfus\w+\b[^.;\n]{0,12}?(?:19|20)\d{2}|\b(?:19|20)\d{2}\b[^.;\n]{0,12}?\btransfus\w+"
        ),
    ),
)
_OTHERS = re.compile(r"其他|其它|其余|余|除|另|\b(?:other|further|else|besides)\b")
_NOT_TOLD = re.compile(r"否认|无|未|拟|计划|建议|可能|\b(?:no|not|denies|never|planned|plan)\b")
_HISTORY = ("admission_record", "first_course_note", "short_stay_record")
_TELLING = (*_HISTORY, "attending_round_note", "chief_round_note")


def denied_operations(stay: Stay) -> Iterator[Defect]:
    """What the history denies altogether while the record tells of one of them before the stay.

    Source: 病历质控常见缺陷 C17 (collected from memory).
    """
    for what, denied, told in _WHAT:
        denials = list(_denials(stay, denied))
        places = list(_places(stay, told)) if denials else []
        if places:
            yield _defect(what, denials[0], places[0])


def _denials(stay: Stay, pattern: re.Pattern[str]) -> Iterator[tuple[Paper, Span]]:
    for record in _papers(stay, _HISTORY):
        for part in record.parts_of("past"):
            for match in pattern.finditer(record.folded, part.body.start, part.body.end):
                if not _OTHERS.search(match.group()) and not RELATIVE.search(match.group()):
                    yield record, Span(*match.span())


def _papers(stay: Stay, kinds: tuple[str, ...]) -> Iterator[Paper]:
    for kind in kinds:
        yield from stay.papers_of(kind)


def _places(stay: Stay, pattern: re.Pattern[str]) -> Iterator[tuple[Paper, Span]]:
    """Where one is told of: of the patient, before this stay."""
    for paper in _papers(stay, _TELLING):
        family = [part.body for part in paper.parts_of("family")]
        for match in pattern.finditer(paper.folded):
            start = max(paper.folded.rfind(stop, 0, match.start()) for stop in "，,。；;\n.") + 1
            clause = paper.folded[start : match.end()]
            if any(b.start <= match.start() < b.end for b in family):
                continue
            if not _is_seen_at_admission(paper, match) and _is_of_now(stay, clause):
                continue
            if not (_NOT_TOLD.search(clause) or is_of_a_relative(clause)):
                yield paper, Span(*match.span())


def _is_seen_at_admission(paper: Paper, match: re.Match[str]) -> bool:
    """Whether an examination on admission finds it."""
    return "年" not in match.group() and any(
        part.body.start <= match.start() < part.body.end
        for part in paper.parts_of("examination", "local")
    )


def _is_of_now(stay: Stay, clause: str) -> bool:
    """Whether the year is the one of the stay, in which the patient is operated on now."""
    if re.search(r"术?后\s?\d{1,2}\s?余?年", clause):
        return False
    years = {int(year) for year in re.findall(r"(?:19|20)\d{2}", clause)}
    now = {day.year for day in (stay.admitted_at, stay.ended_at) if day is not None}
    if years & now:
        return True
    # A scar found after an operation of this stay proves nothing.
    return (
        not years
        and "年前" not in clause
        and bool(stay.events_of("surgery_end"))
        and ("陈旧" not in clause and "旧" not in clause and "old" not in clause)
    )


def _defect(what: Bilingual, denial: tuple[Paper, Span], place: tuple[Paper, Span]) -> Defect:
    (denying, span), (telling, told) = denial, place
    return Defect(
        "RQ-C06",
        Bilingual(
            zh=f"{what.zh}：{title_of(denying).zh}写“{denying.quote(span)}”，"
            f"{title_of(telling).zh}写有“{telling.quote(told)}”。",
            en=f"{what.en}: {title_of(denying).en} says “{denying.quote(span)}”, "
            f"{title_of(telling).en} tells of “{telling.quote(told)}”.",
        ),
        document=denying,
        span=span,
        evidence=(seen(denying, span), seen(telling, told)),
    )
