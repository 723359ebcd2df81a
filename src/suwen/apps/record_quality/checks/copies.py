"""Course notes that repeat an earlier one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from suwen.appkit import Bilingual
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_quality.stay import Stay

COPY_SHARE = 0.8
"""From which share of its own words a note is a copy, 0 to 1."""

# Records of handover, transfer and operations repeat the course by their nature.
_OF_A_DAY = frozenset({"daily_course_note", "attending_round_note", "chief_round_note"})
_LEAST_CHARACTERS = 18
_GRAM = 4
_MEANS_NOTHING = re.compile(r"[\s，。、；：,.;:!?！？（）()“”\"'-]+")
_CHANGES_DAILY = re.compile(
    r"术后第?\s*[\d一二三四五六七八九十]+\s*[天日]|(?:post-?operative |hospital )?day \d+|"
    r"体温\s*\d+(?:\.\d)?\s*℃?|血压\s*\d+/\d+|脉搏\s*\d+|心率\s*\d+|temperature \d+(?:\.\d)?|"
    r"blood pressure \d+/\d+|pulse \d+|今[日晨天]|昨[日晚天]|\btoday\b|\byesterday\b|this morning",
    re.IGNORECASE,
)


def copy_defects(stay: Stay) -> Iterator[Defect]:
    """Notes most of whose words an earlier note of the stay has already.

    Source: 病历质控常见缺陷 C09 (similarity from 0.9, collected from memory); 电子病历应用管理规范
    （试行）2017. A note with a tail of its own counts too, so that shares from 0.8 are told.
    """
    earlier: list[tuple[Paper, frozenset[str], str]] = []
    for paper in stay.course:
        if paper.kind is None or paper.kind.id not in _OF_A_DAY:
            continue
        body = _bare(paper)
        if len(body) < _LEAST_CHARACTERS:
            continue
        grams = _grams(body)
        for before, its_grams, its_body in reversed(earlier):
            share = len(grams & its_grams) / len(grams)
            if share >= COPY_SHARE or (len(its_body) >= _LEAST_CHARACTERS and its_body in body):
                yield _defect(before, paper, share)
                break
        earlier.append((paper, grams, body))


def _bare(paper: Paper) -> str:
    return _MEANS_NOTHING.sub("", paper.folded[paper.prose.start : paper.prose.end])


def _grams(body: str) -> frozenset[str]:
    return frozenset(body[i : i + _GRAM] for i in range(len(body) - _GRAM + 1))


def _defect(earlier: Paper, later: Paper, share: float) -> Defect:
    when = earlier.written_at.strftime("%Y-%m-%d %H:%M") if earlier.written_at else ""
    unchanged = _unchanged(earlier, later)
    zh = f"{title_of(later).zh}与 {when} 的{title_of(earlier).zh}有 {round(share * 100)}% 相同"
    en = f"{title_of(later).en} repeats {round(share * 100)} % of {title_of(earlier).en} of {when}"
    if unchanged:
        zh += f"；应随日期变化而未变：{'、'.join(unchanged)}"
        en += f"; unchanged though it should differ by the day: {', '.join(unchanged)}"
    return Defect(
        "RQ-F01",
        Bilingual(zh=f"{zh}。", en=f"{en}."),
        document=later,
        span=later.prose,
        evidence=(seen(later, later.prose), seen(earlier, earlier.prose)),
    )


def _unchanged(earlier: Paper, later: Paper) -> list[str]:
    before = earlier.quote(earlier.prose)
    found: list[str] = []
    for match in _CHANGES_DAILY.finditer(later.text, later.prose.start, later.prose.end):
        if match.group() in before and match.group() not in found:
            found.append(match.group())
    return found
