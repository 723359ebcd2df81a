"""Another person's marks in the record: sex, organs of the other sex, name, age."""

from __future__ import annotations

import re
from collections.abc import Iterator

from suwen.appkit import Bilingual, Span
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
_RELATIVE = re.compile(
    r"父|母|兄|弟|姐|妹|妻|丈夫|配偶|爱人|子女|儿子|女儿|祖|外公|外婆|姑|姨|舅|叔|伯|家属|家族|"
    r"邻床|产妇|"
    r"\b(?:father|mother|brother|sister|wife|husband|spouse|son|daughter|uncle|aunt|grand\w+|"
    r"cousin|"
    r"family|relative|partner|parents?)\b"
)
_HEALTHY = re.compile(r"体健|健康|均健|健在|healthy|well\b")
_CLAUSE = re.compile(r"[^，,。；;\n.!?！？：:]+")
_AGE = re.compile(
    r"(?P<age>\d{1,3})\s*(?:周?岁|[- ]years?[- ]old|[- ]year[- ]old|\s*y/?o\b)|"
    r"(?:年龄|\bage)\s*[:：]?\s*(?P<age2>\d{1,3})(?!\s*(?:个?月|天|日|months?|days?|\d))"
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
_NAME_EN = re.compile(r"\bName\s*[:：]\s*(?P<name>[A-Z][\w'’.-]*(?: [A-Z][\w'’.-]*){1,3})")


def person_defects(stay: Stay) -> Iterator[Defect]:
    """Another sex, name or age than the patient's, and what the patient cannot have.

    Source: 病历质控常见缺陷 C01, C02, C10 (collected from memory).
    """
    for paper in stay.papers:
        for part in paper.parts_of(*_PERSON_LINES):
            yield from _sex_line(stay, paper, part.body)
            yield from _name_line(stay, paper, part)
        yield from _organs(stay, paper)
        yield from _ages(stay, paper)
        yield from _diagnoses_of_age(stay, paper)


def _sex_line(stay: Stay, paper: Paper, body: Span) -> Iterator[Defect]:
    if stay.person.sex not in _WORD:
        return
    for span, sex in _sexes(paper, body):
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
        if _RELATIVE.search(_sentence_start(paper.folded, clause)) or match.group() in told:
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
    """Ages in the lines that say who the patient is, and right beside the patient's sex."""
    lines = [Span(p.head.start, p.body.end) for p in paper.parts_of(*_PERSON_LINES)]
    for match in _AGE.finditer(paper.folded):
        group = "age" if match.group("age") else "age2"
        inside = any(s.start <= match.start() < s.end for s in lines)
        before = paper.folded[max(0, match.start() - 8) : match.start()]
        behind = paper.folded[match.end() : match.end() + 8]
        beside = re.search(r"患者[^。]{0,4}[男女][，,]?$", before) or re.match(
            r"\s+(?:man|woman|male|female|gentleman|lady)\b", behind
        )
        if (inside or beside) and not _RELATIVE.search(before):
            yield Span(match.start(), match.end()), int(match.group(group))


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


def is_denied(paper: Paper, span: Span) -> bool:
    """Whether the words at a place are denied."""
    start = max(paper.folded.rfind(stop, 0, span.start) for stop in "。\n") + 1
    sentence = paper.folded[start : span.end + 20]
    scopes = find_scopes(sentence)
    found = assertion_of(span.start - start, span.end - start, scopes)
    return found is Assertion.NEGATED
