"""Another person's marks in the record: sex, organs of the other sex, name, age."""

from __future__ import annotations

import re
from collections.abc import Iterator

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.checks.relatives import RELATIVE
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import DIAGNOSES, Paper, Part
from suwen.apps.record_quality.stay import Stay
from suwen.language.negation import Assertion, assertion_of, find_scopes

_SEX_ZH = re.compile(r"(?:^|[，,、；;\s：:])(?P<sex>男|女)(?:性|士|孩)?(?=[，,、；;。\s]|$|\d|性)")
_SEX_STATED = re.compile(r"性别\s*[:：]?\s*(?P<sex>男|女)")
_SEX_EN = re.compile(
    r"(?P<sex>(?:years?[- ]old|y/?o)\s+(?:\w+\s+)?(?P<w>woman|man|male|female|gentleman|lady|boy|"
    r"girl)\b)|"
    r"\b(?:sex|gender)\s*[:：]?\s*(?P<w2>female|male|f|m)\b|(?:^|[,;]\s*)(?P<w3>female|male|"
    r"woman|man)\b"
)
_FEMALE_WORDS = frozenset({"女", "woman", "female", "lady", "girl", "f"})
_WORD = {"male": Bilingual("男", "male"), "female": Bilingual("女", "female")}

_FEMALE_ONLY = re.compile(
    r"子宫(?:内膜|肌瘤|颈)?|宫颈|卵巢|输卵管|阴道|双?附件(?:区)?(?=未|无|可|有|压|包|触|炎|囊|"
    r"正常)|月经|痛经|"
    r"闭经|绝经|初潮|妊娠|怀孕|孕\d|产\d(?=[^\d])|宫内孕|早孕|停经|分娩|顺产|剖宫产|流产|哺乳期|"
    r"白带|胎儿|"
    r"前置胎盘|盆腔炎|"
    r"\b(?:uter(?:us|ine)|ovar(?:y|ies|ian)|cervix|vagina\w*|menstrua\w*|menses|menarche|"
    r"menopaus\w*|"
    r"periods? (?:regular|irregular)|last menstrual|pregnan\w*|gravida|caesarean|cesarean|"
    r"fallopian|adnexa\w*|hysterectomy|gestation\w*|lactati\w*|breast[- ]feeding|miscarriage\w*)\b"
)
_MALE_ONLY = re.compile(
    r"前列腺|睾丸|附睾|精囊|精索|阴茎|阴囊|包皮|龟头|遗精|射精|输精管|"
    r"\b(?:prostat\w*|test(?:is|es|icle|icles|icular)|scrot\w*|epididym\w*|penis|penile|seminal|"
    r"spermatic|foreskin|vasectomy|ejaculat\w*)\b"
)
# How the patient came into the world is told of men and women alike.
_BIRTH = re.compile(r"顺产|剖[宫腹]产|分娩|妊娠|孕\d|产\d|胎儿|哺乳")
_OWN_BIRTH = re.compile(
    r"足月|早产|过期产|出生|母孕|孕期|胎\s*[、，,]?\s*第|第\s*[\d一二三四五六]+\s*胎|g\d+p\d+|apgar|"
    r"窒息|新生儿|生后|母乳"
)
_HEALTHY = re.compile(r"体健|健康|均健|健在|healthy|well\b")
_CLAUSE = re.compile(r"[^，,。；;\n.!?！？：:]+")
_AGE = re.compile(
    r"(?P<age>\d{1,3})\s*(?:周?岁|[- ]years?[- ]old|[- ]year[- ]old|\s*y/?o\b)|"
    r"(?:年龄|\bage)\s*[:：]?\s*(?P<age2>\d{1,3})(?!\s*(?:个?月|天|日|months?|days?|\d))"
)
_BESIDE = 12
_SEX_BEFORE = re.compile(
    r"(?:^|[\s，,、：:；;。.（(]|患者|患儿|病人|[老青中壮少]年)(?:男|女)(?:性|童|孩|婴|士|患者|患儿)?[，,、\s]{0,2}$|"
    r"(?:患者|患儿|病人)[^。；;]{0,4}[男女][，,]?$|(?:患者|患儿|病人|孕妇|孕母|产妇)[，,]?(?:现年|年龄)?$|"
    r"(?:病例特点|特点|case features?|features)\s*[:：]\s*(?:[\u2460(（]?1?[.、)）]?)\s*$|"
    r"\b(?:male|female|man|woman|boy|girl)[,\s]{1,2}(?:aged? )?$"
)
_SEX_BEHIND = re.compile(
    r"[，,、\s]{0,2}的?(?:男|女)(?:性|童|孩|婴|士|患|[，,、。；;\s]|$)|的?(?:患者|患儿)|"
    r"\s+(?:\w+\s+)?(?:man|woman|male|female|gentleman|lady|boy|girl)\b"
)
# In an obstetric record the patient herself.
_PREGNANT = re.compile(r"孕母|孕产?妇|产妇")
# At an age of the past: 12岁时, 25岁结婚, 50岁绝经.
_THEN = re.compile(r"[时起前后开结初绝因患行曾始至]")
# 80F, or 66M at the beginning of a sentence; a catheter of 16F stands elsewhere.
_SHORT_AGE = re.compile(r"(?:^|[:.\n]\s*)(?P<age>\d{2,3})\s?(?:m|f|yo)(?=[,;])")
_SEX_SAID = (
    re.compile(
        r"(?:^|[\s，,、：:；;。（(]|患者|患儿|病人|[老青中壮]年)(?P<w>男|女)(?:性|童|孩|婴|士|患者|患儿)?"
        r"[，,、\s]{0,2}\d{1,3}\s*周?(?:岁|个?月龄)"
    ),
    re.compile(r"\d{1,3}\s*周?岁[，,、]?的?(?P<w>男|女)(?:性|童|孩|士|患)"),
    re.compile(r"(?:[老青中壮]年|患者为|患儿为|患者系|该|本例)(?P<w>男|女)(?:性|童|孩)"),
    re.compile(
        r"\b\d{1,3}[- ]years?[- ]old\s+(?:\w+\s+)?(?P<w>woman|man|male|female|gentleman|lady|boy|"
        r"girl)\b"
    ),
    re.compile(r"(?:^|[:.\n]\s*)\d{2,3}\s?(?P<w>m|f)(?=[,;])"),
)
_NEWBORN = re.compile(
    r"新生儿\w{0,8}?(?=[；;，,。\s]|$)|早产儿\w{0,6}|低体重儿|\b(?:neonatal|newborn|"
    r"neonate)\b(?: \w+)?"
)
_CHILD = re.compile(
    r"小儿\w{0,8}?(?=[；;，,。\s]|$)|婴儿\w{0,8}?(?=[；;，,。\s]|$)|\binfantile \w+"
)
_PERSON_LINES = ("identity",)
_NAME_ZH = re.compile(r"(?:姓名\s*[:：]?\s*)(?P<name>[\u4e00-\u9fff·]{2,15})")
_NAME_FIRST = re.compile(
    r"\s*(?P<name>[\u4e00-\u9fff·]{2,15}|[A-Z][\w'’.-]*(?: [A-Z][\w'’.-]*){1,3})\s*(?=[，,、；;]|"
    r"\s|$)"
)
_WORD_OF_NAME = r"(?:(?:Mrs|Mr|Ms|Miss|Dr|Prof|St|[A-Z])\.|[A-Z][\w'’-]*)"
_NAME_EN = re.compile(rf"\bName\s*[:：]\s*(?P<name>{_WORD_OF_NAME}(?: {_WORD_OF_NAME}){{1,3}})")


def person_defects(stay: Stay) -> Iterator[Defect]:
    """Another sex, name or age than the patient's, and what the patient cannot have.

    Source: 病历质控常见缺陷 C01, C02, C10 (collected from memory).
    """
    for paper in stay.papers:
        for part in paper.parts_of(*_PERSON_LINES):
            yield from _name_line(stay, paper, part)
        yield from _other_sex(stay, paper)
        yield from _organs(stay, paper)
        yield from _ages(stay, paper)
        yield from _age_words(stay, paper)
        yield from _diagnoses_of_age(stay, paper)


def _other_sex(stay: Stay, paper: Paper) -> Iterator[Defect]:
    if stay.person.sex not in _WORD:
        return
    lines = [found for p in paper.parts_of(*_PERSON_LINES) for found in _sexes(paper, p.body)]
    for span, sex in (*lines, *_sexes_of_the_patient(paper)):
        if sex != stay.person.sex:
            known, other = _WORD[stay.person.sex], _WORD[sex]
            yield Defect(
                "RQ-C01",
                Bilingual(
                    zh=f"{title_of(paper).zh}写“{other.zh}”，患者登记为“{known.zh}”。",
                    en=f"{title_of(paper).en} says {other.en}; the patient is registered as "
                    f"{known.en}.",
                ),
                document=paper,
                span=span,
            )
            return


def _sexes_of_the_patient(paper: Paper) -> Iterator[tuple[Span, str]]:
    """Sexes said beside an age or of the patient, wherever they stand."""
    family = [part.body for part in paper.parts_of("family")]
    for pattern in _SEX_SAID:
        for match in pattern.finditer(paper.folded):
            before = paper.folded[max(0, match.start() - _BESIDE) : match.end()]
            inside = any(s.start <= match.start() < s.end for s in family)
            if not inside and not RELATIVE.search(re.split(r"[。；;\n]", before)[-1]):
                sex = "female" if match.group("w") in _FEMALE_WORDS else "male"
                yield Span(match.start("w"), match.end("w")), sex


def _sexes(paper: Paper, body: Span) -> Iterator[tuple[Span, str]]:
    for pattern in (_SEX_STATED, _SEX_ZH, _SEX_EN):
        for match in pattern.finditer(paper.folded, body.start, body.end):
            groups = match.groupdict()
            word = groups.get("w") or groups.get("w2") or groups.get("w3") or groups.get("sex")
            place = next(g for g in ("w", "w2", "w3", "sex") if groups.get(g))
            sex = "female" if word in _FEMALE_WORDS else "male"
            yield Span(match.start(place), match.end(place)), sex


def _name_line(stay: Stay, paper: Paper, part: Part) -> Iterator[Defect]:
    if stay.person.name is None:
        return
    known = _plain(stay.person.name)
    place = _NAME_ZH.search(paper.text, part.head.start, part.body.end) or _NAME_EN.search(
        paper.text, part.head.start, part.body.end
    )
    if place is None:
        place = _NAME_FIRST.match(paper.text, part.body.start, part.body.end)
    if place is None or place.group("name") in ("男", "女"):
        return
    found = _plain(place.group("name"))
    if found and found != known and not _is_no_name(found):
        yield Defect(
            "RQ-C03",
            Bilingual(
                zh=f"{title_of(paper).zh}写有另一人的姓名。",
                en=f"The name in {title_of(paper).en} is not this patient's.",
            ),
            document=paper,
            span=Span(place.start("name"), place.end("name")),
        )


def _plain(name: str) -> str:
    plain = re.sub(r"^(?:Mrs|Mr|Ms|Miss|Dr|Prof)\.?\s+", "", name)
    return re.sub(r"[\s·.,'’-]", "", plain).lower()


def _is_no_name(found: str) -> bool:
    return re.search(r"岁|男性|女性|患者|病人|先生|女士|性别|年龄|床|科|年", found) is not None


def _organs(stay: Stay, paper: Paper) -> Iterator[Defect]:
    if stay.person.sex == "male":
        pattern = _FEMALE_ONLY
    elif stay.person.sex == "female":
        pattern = _MALE_ONLY
    else:
        return
    if pattern.search(paper.folded) is None:
        return
    family = [part.body for part in paper.parts_of("family")]
    told: set[str] = set()
    for clause in _CLAUSE.finditer(paper.folded):
        match = pattern.search(clause.group())
        if match is None or any(s.start <= clause.start() < s.end for s in family):
            continue
        if RELATIVE.search(_sentence_start(paper.folded, clause)) or match.group() in told:
            continue
        if _BIRTH.fullmatch(match.group()) and _is_own_birth(paper.folded, clause):
            continue
        told.add(match.group())
        span = Span(clause.start() + match.start(), clause.start() + match.end())
        known = _WORD[stay.person.sex]
        yield Defect(
            "RQ-C02",
            Bilingual(
                zh=f"患者为{known.zh}性，{title_of(paper).zh}却写到“{paper.quote(span)}”。",
                en=f"The patient is {known.en}, yet {title_of(paper).en} tells of "
                f"“{paper.quote(span)}”.",
            ),
            document=paper,
            span=span,
            evidence=(seen(paper, span),),
        )


def _is_own_birth(folded: str, clause: re.Match[str]) -> bool:
    start = max(folded.rfind(stop, 0, clause.start()) for stop in "。；;\n") + 1
    return _OWN_BIRTH.search(folded[start : clause.end() + _BESIDE]) is not None


def _sentence_start(folded: str, clause: re.Match[str]) -> str:
    """The clause, and the one before it where a relative's illness is told in two."""
    before = re.split(r"[。；;\n.：:]", folded[max(0, clause.start() - 24) : clause.start()])[-1]
    tail = re.split(r"[，,]", before.rstrip("，, "))[-1]
    return clause.group() if _HEALTHY.search(tail) else tail + clause.group()


def _ages(stay: Stay, paper: Paper) -> Iterator[Defect]:
    days = {m.date() for m in (stay.admitted_at, paper.written_at, stay.ended_at) if m is not None}
    possible = stay.person.ages_on(days)
    if not possible:
        return
    for span, age in _stated_ages(paper):
        if age not in possible:
            told = "、".join(str(a) for a in sorted(possible)) if stay.person.birth_date else None
            right = told or f"{int(stay.person.age_y or 0)}"
            yield Defect(
                "RQ-C04",
                Bilingual(
                    zh=f"{title_of(paper).zh}写 {age} 岁，患者应为 {right} 岁。",
                    en=f"{title_of(paper).en} says {age} years; the patient is {right}.",
                ),
                document=paper,
                span=span,
            )


def _stated_ages(paper: Paper) -> Iterator[tuple[Span, int]]:
    """Ages in the lines that say who the patient is, and right beside a sex or the patient."""
    lines = [Span(p.head.start, p.body.end) for p in paper.parts_of(*_PERSON_LINES)]
    for match in _AGE.finditer(paper.folded):
        group = "age" if match.group("age") else "age2"
        inside = any(s.start <= match.start() < s.end for s in lines)
        before = paper.folded[max(0, match.start() - _BESIDE) : match.start()]
        behind = paper.folded[match.end() : match.end() + _BESIDE]
        beside = _SEX_BEFORE.search(before) or _SEX_BEHIND.match(behind)
        if (
            (inside or beside)
            and not RELATIVE.search(_PREGNANT.sub("", before))
            and not _THEN.match(behind)
        ):
            yield Span(match.start(), match.end()), int(match.group(group))
    for match in _SHORT_AGE.finditer(paper.folded):
        yield Span(match.start("age"), match.end("age")), int(match.group("age"))


def _diagnoses_of_age(stay: Stay, paper: Paper) -> Iterator[Defect]:
    if stay.admitted_at is None:
        return
    ages = stay.person.ages_on({stay.admitted_at.date()})
    if not ages or min(ages) < 1:
        return
    youngest = min(ages)
    for part in paper.parts_of(*DIAGNOSES):
        for pattern, from_age in ((_NEWBORN, 1), (_CHILD, 18)):
            match = pattern.search(paper.folded, part.body.start, part.body.end)
            if match is None or youngest < from_age:
                continue
            span = Span(match.start(), match.end())
            yield Defect(
                "RQ-C04",
                Bilingual(
                    zh=f"诊断“{paper.quote(span)}”与年龄 {youngest} 岁不符。",
                    en=f"The diagnosis “{paper.quote(span)}” does not fit {youngest} years.",
                ),
                document=paper,
                span=span,
            )


# Words for an age with the youngest and oldest whom they may be said of, with years of grace.
# Source: 青年 up to 44, 中年 45 to 59, 老年 from 60 (from memory).
_AGE_WORDS = (
    (re.compile(r"(?<![中壮])青年(?:[男女患]|$|[，,。；;])|青年患者"), 13, 49),
    (re.compile(r"(?<!老)中年(?:[男女患]|$|[，,。；;])|中年患者"), 30, 69),
    (re.compile(r"(?<!中)老年(?:男|女|患者)"), 50, 130),
    (re.compile(r"(?<!新生)患儿(?!时)|\b(?:young|baby|little) (?:boy|girl)\b"), 0, 20),
    (re.compile(r"\belderly (?:man|woman|lady|gentleman|male|female)\b"), 50, 130),
)
_AGE_SPOKEN = ("first_course_note", "admission_record", "daily_course_note", "attending_round_note")


def _age_words(stay: Stay, paper: Paper) -> Iterator[Defect]:
    """Words for an age that the patient is far from."""
    if stay.admitted_at is None or paper.kind is None or paper.kind.id not in _AGE_SPOKEN:
        return
    ages = stay.person.ages_on({stay.admitted_at.date()})
    for pattern, youngest, oldest in _AGE_WORDS if ages else ():
        for match in pattern.finditer(paper.folded):
            before = paper.folded[max(0, match.start() - _BESIDE) : match.start()]
            if any(youngest <= age <= oldest for age in ages) or RELATIVE.search(before):
                continue
            if _GENERAL.search(before):
                continue
            span = Span(match.start(), match.end())
            yield Defect(
                "RQ-C04",
                Bilingual(
                    zh=f"{title_of(paper).zh}写“{paper.quote(span)}”，患者 {min(ages)} 岁。",
                    en=f"{title_of(paper).en} says “{paper.quote(span)}”; the patient is "
                    f"{min(ages)}.",
                ),
                document=paper,
                span=span,
            )
            break


# What is said of patients in general: 多见于中年女性.
_GENERAL = re.compile(
    r"新生儿|见于|好发|常见|多发|鉴别|多为|多在|易发|自|年轻时|幼时|\b(?:common|usually|often|typical\w*)\b"
)


def is_denied(paper: Paper, span: Span) -> bool:
    """Whether the words at a place are denied."""
    start = max(paper.folded.rfind(stop, 0, span.start) for stop in "。\n") + 1
    sentence = paper.folded[start : span.end + 20]
    scopes = find_scopes(sentence)
    found = assertion_of(span.start - start, span.end - start, scopes)
    return found is Assertion.NEGATED
