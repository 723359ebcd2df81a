"""Sections and fields that a document must hold, and signatures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.documents import RequiredSection
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import Paper, is_empty
from suwen.apps.record_quality.stay import Stay
from suwen.clinical.document_sections import is_written_here

_LONGEST_COMPLAINT = 20
_ANALYSIS = re.compile(
    r"诊断|依据|鉴别|考虑|分析|符合|支持|排除|原因|病因|提示|认为|可能|相关|所致|讨论|指征|"
    r"basis|diagnos|differen|because|consisten|support|exclu|consider|analys|likely|due to|cause|"
    r"suggest|indicat|firm|in favour|attribut|evidence|explain|discuss|reason|opinion|unlikely|"
    r"stands|confirm|certain|rul(?:ed|ing) out",
    re.IGNORECASE,
)
_PLAN = re.compile(
    r"计划|方案|继续|予|给予|建议|拟|复查|观察|同意|调整|监测|完善|嘱|治疗|处理|加用|停用|改用|"
    r"改|应|注意|"
    r"手术|随访|指导|等待|疗程|控制|维持|加强|"
    r"plan|continu|start|stop|treat|observ|monitor|repeat|advis|review|agree|operat|adjust|chang|"
    r"switch|keep|give|wait|follow|proceed|recommend|reduce|increase|add\b|complete|tablets|"
    r"days in",
    re.IGNORECASE,
)

_ROUND = (
    (_ANALYSIS, Bilingual("诊断与鉴别诊断的分析", "analysis")),
    (_PLAN, Bilingual("诊疗意见", "plan")),
)
# What an examination finds out of order: with that it tells what a specialty looks at.
_FOUND = re.compile(
    r"啰音|压痛|反跳痛|叩痛|触痛|举痛|包块|肿[块物]|瘢痕|瘀[点斑]|紫癜|皮疹|红疹|黄染|苍白|贫血貌|增[粗大]|减弱|减退|"
    r"减低|充血|混浊|畸形|受限|阳性|\([+＋]|[0-5ⅰ-ⅴ]\+?级|浊音|叩浊|肿大|水肿|溃疡|幻听|妄想|宫高|胎心|尼龙丝|"
    r"花斑|偏斜|膨隆|缺如|\b(?:tender|crackles?|wheez\w*|weak\w*|swollen|positive|reduced|absent|murmur|"
    r"palpable|scars?|mass|rash|nodes|dull|brisk|displaced|exudate|o?edema|fundal height)\b"
)
_NOT_FOUND = re.compile(r"无|未|不|正常|阴性|\b(?:no|not|without|normal|negative|free)\b")
_ADULT_AT_Y = 18
_CHILD = re.compile(r"患儿|新生儿|月龄|日龄")
_LEAST_WRITTEN = 4
_BRIEF_CHINESE = 30
_BRIEF_WORDS = 12


def section_defects(stay: Stay) -> Iterator[Defect]:
    """Mandatory sections that are missing or empty, and what a round must tell.

    Source: 病历书写基本规范（卫医政发〔2010〕11号）; 住院病案首页数据填写质量规范 2016.
    """
    for paper in stay.papers:
        if paper.kind is None:
            continue
        strange = _strangers_in_place(paper)
        for section in paper.kind.sections:
            if not (section.adults_only and _is_of_a_child(stay, paper)):
                yield from _section(paper, section, section.id in strange)
        if paper.kind.is_round:
            yield from _round(paper)
        elif not paper.kind.sections and _says_nothing(paper):
            yield _nothing_said(paper)
        if paper.kind.id == "admission_record":
            yield from _long_complaint(paper)


def _is_of_a_child(stay: Stay, paper: Paper) -> bool:
    """Whether the patient is a minor; by the text where the stay does not tell the age."""
    person, day = stay.person, stay.admitted_at or paper.written_at
    if person.birth_date is not None and day is not None:
        return max(person.ages_on([day.date()])) < _ADULT_AT_Y
    if person.age_y is not None:
        return person.age_y < _ADULT_AT_Y
    return _CHILD.search(paper.folded) is not None


def _strangers_in_place(paper: Paper) -> frozenset[str]:
    """Sections that are not there under a known heading, with an unknown one in their place.

    Such a heading may be a local name of the section: it is told as unchecked, not as missing.
    """
    if paper.kind is None or not paper.strangers:
        return frozenset()
    places = {part.id: part.head.start for part in reversed(paper.parts)}
    order = [section.id for section in paper.kind.sections]
    left = list(paper.strangers)
    found: set[str] = set()
    for number, name in enumerate(order):
        if name in places:
            continue
        before = max((places[n] for n in order[:number] if n in places), default=-1)
        after = min(
            (places[n] for n in order[number + 1 :] if n in places and places[n] > before),
            default=len(paper.text),
        )
        mine = next((p for p in left if before < p < after), None)
        if mine is not None:
            left.remove(mine)
            found.add(name)
    return frozenset(found)


def _section(paper: Paper, section: RequiredSection, strange: bool) -> Iterator[Defect]:
    parts = list(paper.parts_of(section.id))
    title = title_of(paper)
    kind = paper.kind.id if paper.kind else ""
    if any(not is_empty(paper.body(part)) for part in parts):
        return
    if section.part_of is not None and not any(paper.parts_of(section.part_of)):
        return
    if parts:
        head = parts[0].head
        yield Defect(
            "RQ-M03",
            Bilingual(
                zh=f"{title.zh}：“{section.title.zh}”没有内容。",
                en=f"{title.en}: nothing stands behind “{section.title.en}”.",
            ),
            document=paper,
            span=Span(head.start, head.end),
            absent=(kind, section.id),
        )
    elif _is_told_elsewhere(paper, section) or _is_examined(paper, section):
        return
    elif strange:
        yield Defect(
            "RQ-U02",
            Bilingual(
                zh=f"{title.zh}：没有标题“{section.title.zh}”，其位置上的标题不认识，未检查。",
                en=f"{title.en}: no heading “{section.title.en}”; the one in its place is not "
                "known, it was not checked.",
            ),
            document=paper,
        )
    else:
        yield Defect(
            "RQ-M02",
            Bilingual(
                zh=f"{title.zh}缺少“{section.title.zh}”。",
                en=f"{title.en} lacks the section “{section.title.en}”.",
            ),
            document=paper,
            absent=(kind, section.id),
        )


def _is_told_elsewhere(paper: Paper, section: RequiredSection) -> bool:
    """Whether the text tells a section's content without its heading.

    What the platform wrote stands under its own headings and nowhere else.
    """
    if section.instead is None or is_written_here(paper.text):
        return False
    return section.instead.search(paper.folded) is not None


def _is_examined(paper: Paper, section: RequiredSection) -> bool:
    """Whether the general examination tells the specialty's findings, for which the norm asks
    only as far as the specialty needs them."""
    if section.id != "local":
        return False
    return any(
        _FOUND.search(clause) and not _NOT_FOUND.search(clause)
        for part in paper.parts_of("examination")
        for clause in re.split(r"[,，。;\n]|\.\s", paper.folded[part.body.start : part.body.end])
    )


def _says_nothing(paper: Paper) -> bool:
    """Whether a document without sections of its own holds nothing but headings."""
    if not paper.text.strip():
        return False
    said = paper.text[paper.prose.start : paper.prose.end]
    said = re.sub(r"[^\n:：。；;，,、.]{1,16}[:：]", "", said)
    return is_empty(said) or sum(c.isalnum() for c in said) < _LEAST_WRITTEN


def _nothing_said(paper: Paper) -> Defect:
    title = title_of(paper)
    return Defect(
        "RQ-M03",
        Bilingual(zh=f"{title.zh}没有内容。", en=f"{title.en}: nothing is written."),
        document=paper,
        span=Span(0, len(paper.text)),
    )


def _round(paper: Paper) -> Iterator[Defect]:
    body = paper.quote(paper.prose)
    lacking = [what for pattern, what in _ROUND if not pattern.search(body)]
    if len(lacking) < len(_ROUND) and not _is_brief(body):
        # Findings and values told at length are an analysis of their own.
        return
    if lacking:
        title = title_of(paper)
        yield Defect(
            "RQ-M05",
            Bilingual(
                zh=f"{title.zh}缺少{'和'.join(w.zh for w in lacking)}。",
                en=f"{title.en} without {' and '.join(w.en for w in lacking)}.",
            ),
            document=paper,
            span=paper.prose if body else None,
        )


def _is_brief(body: str) -> bool:
    chinese = sum("\u4e00" <= c <= "\u9fff" for c in body)
    return chinese < _BRIEF_CHINESE and len(body.split()) < _BRIEF_WORDS


def _long_complaint(paper: Paper) -> Iterator[Defect]:
    for part in paper.parts_of("complaint"):
        first = paper.body(part).split("\n", 1)[0]
        said = re.sub(r"[\s，。、；,.;]", "", first)
        chinese = sum("\u4e00" <= c <= "\u9fff" for c in said)
        if chinese * 2 > len(said) and len(said) > _LONGEST_COMPLAINT:
            yield Defect(
                "RQ-M04",
                Bilingual(
                    zh=f"主诉 {len(said)} 字，超过 {_LONGEST_COMPLAINT} 字。",
                    en=f"The chief complaint has {len(said)} characters, more than "
                    f"{_LONGEST_COMPLAINT}.",
                ),
                document=paper,
                span=part.body,
                evidence=(seen(paper, part.body),),
            )


def signature_defects(stay: Stay) -> Iterator[Defect]:
    """Documents that nobody signed, and consents without the patient or the surgeon.

    Source: 病历书写基本规范（卫医政发〔2010〕11号）; 民法典第1219条.
    """
    for paper in stay.papers:
        if not _is_signed(paper):
            yield _unsigned(paper, "RQ-S01", "author", Bilingual("医师", "its author"))
        if paper.kind is None or not paper.kind.is_consent:
            continue
        if not _has_hand(paper, "patient"):
            yield _unsigned(
                paper, "RQ-S02", "patient", Bilingual("患者（或被授权人）", "the patient")
            )
        if paper.kind.surgeon_signs and not _has_hand(paper, "surgeon"):
            yield _unsigned(paper, "RQ-S03", "surgeon", Bilingual("术者", "the surgeon"))


def _is_signed(paper: Paper) -> bool:
    if paper.signed is not None:
        return paper.signed
    return paper.signed_by is not None or _has_hand(paper, "author")


def _has_hand(paper: Paper, role: str) -> bool:
    return any(not is_empty(paper.body(part)) for part in paper.parts_of(f"signature:{role}"))


def _unsigned(paper: Paper, rule: str, role: str, who: Bilingual) -> Defect:
    title = title_of(paper)
    place = next(iter(paper.parts_of(f"signature:{role}")), None)
    return Defect(
        rule,
        Bilingual(zh=f"{title.zh}没有{who.zh}签名。", en=f"{title.en} is not signed by {who.en}."),
        document=paper,
        span=place.head if place else None,
    )
