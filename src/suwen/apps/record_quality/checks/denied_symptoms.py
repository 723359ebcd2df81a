"""Symptoms that one place of the record denies and another tells of, at the same time of a stay."""

from __future__ import annotations

import re
from collections.abc import Iterator

from suwen.appkit import Bilingual, Span
from suwen.apps.record_quality.checks.relatives import RELATIVE
from suwen.apps.record_quality.findings import Defect, seen, title_of
from suwen.apps.record_quality.papers import Paper
from suwen.apps.record_quality.stay import Stay

# Words of symptoms, from memory.
_WORD = (
    r"(?:恶心|呕吐|腹泻|便秘|便血|黑便|呕血|腹痛|腹胀|反酸|嗳气|烧心|黄疸|发热|寒战|畏寒|盗汗|咳嗽|咳痰|咯血|"
    r"胸痛|胸闷|心悸|心慌|气促|气短|气急|呼吸困难|喘息|晕厥|头晕|头痛|眩晕|抽搐|惊厥|昏迷|意识障碍|肢体无力|"
    r"麻木|震颤|幻觉|妄想|失眠|味觉(?:减退|异常|障碍)?|嗅觉减退|听力下降|耳鸣|耳痛|视物模糊|复视|飞蚊|声嘶|"
    r"吞咽困难|饮水呛咳|尿频|尿急|尿痛|血尿|尿失禁|排尿困难|夜尿增多|水肿|浮肿|皮疹|瘙痒|瘀点|瘀斑|出血点|"
    r"鼻出血|牙龈出血|关节痛|关节肿痛|晨僵|口腔溃疡|脱发|光过敏|骨痛|腰痛|背痛|乏力|消瘦|多饮|多尿|口干|"
    r"痛经|阴道流血|阴道出血|跛行|外伤)"
)
_WORD_EN = (
    r"(?:nausea|vomiting|diarrh?o?ea|constipation|ha?ematemesis|mela?ena|jaundice|fever|chills|"
    r"rigors|night sweats|"
    r"cough|sputum|ha?emoptysis|chest pain|palpitations?|breathlessness|dyspno?ea|"
    r"shortness of breath|"
    r"wheeze|syncope|"
    r"dizziness|vertigo|headache|seizures?|convulsions?|weakness|numbness|tremor|dysphagia|"
    r"hoarseness|"
    r"dysuria|ha?ematuria|incontinence|o?edema|rash|itching|bleeding|"
    r"abdominal pain|back pain|weight loss|"
    r"photophobia|diplopia|hallucinations?|delusions?)"
)
_DENIED_EN = re.compile(
    rf"\b(?:no|denies|denied|without|nor)\s+(?:any\s+)?(?P<list>{_WORD_EN}(?:\s*(?:,|or|and|nor|/)+\s*{_WORD_EN})*)"
    r"(?=[\s,.;]|$)"
)
_SINGLE_EN = re.compile(_WORD_EN)
_NOT_TOLD_EN = re.compile(
    r"\b(?:no|not|denie[sd]|without|nor|never|resolved|settled|stopped|improv\w+|previous\w*|past|if|risk|watch|"
    r"exclude\w*|prevent\w*|anti\w*|treat\w*|differential|worse)\b|\?"
)
_SENTENCE_EN = re.compile(r"[^.;\n]+")
_DENIED = re.compile(
    rf"(?:否认|(?<![^\s,，。；;、])无|诉无|未见|未诉|没有)(?P<list>{_WORD}[^,，。；;\n(（]{{0,20}})"
)
_TOKEN = re.compile(rf"(?:{_WORD}|出血)+(?:等)?(?:症状|不适)?(?:史|病史)?")
_SINGLE = re.compile(_WORD)
_NOT_TOLD = re.compile(
    r"无|未|否认|没有|不|非|除外|排除|缓解|消失|停止|好转|改善|减轻|既往|曾|后即|若|如|可能|防|注意|警惕|观察|"
    r"鉴别|[?？]|药|治疗|较"
)
_CLAUSE = re.compile(r"[^，,。；;\n:：()（）]+")
_DISCUSSION = re.compile(
    r"诊断依据|依据|鉴别|拟诊|诊疗计划|计划|处理|\b(?:basis|differential|impression|plan|assessment)\b"
)
_OF_ALL_THE_STAY = re.compile(r"病程中|起病以来|发病以来|史(?:$|[，,。；;])")


def denied_symptoms(stay: Stay) -> Iterator[Defect]:
    """What the history denies and the first course note tells of, or the other way about; and
    what a later note denies for the whole illness although the patient came for it.

    Source: 病历质控常见缺陷 C17 (collected from memory).
    """
    told: set[str] = set()
    for denying, denials, telling, region in _pairs(stay):
        for word, span in denials:
            place = _told_of(telling, region, word)
            if place is None or word in told:
                continue
            told.add(word)
            yield _defect(denying, span, telling, place, word)


_Denials = list[tuple[str, Span]]


def _pairs(stay: Stay) -> Iterator[tuple[Paper, _Denials, Paper, Span]]:
    """Who denies what, and the other place that speaks of the same time."""
    for record in stay.papers_of("admission_record"):
        illness = [part.body for part in record.parts_of("illness")]
        complaint = [part.body for part in record.parts_of("complaint")]
        past = [part.body for part in record.parts_of("past")]
        for body in past:
            for other in illness:
                yield record, list(_denials(record, body)), record, other
        for note in stay.papers_of("first_course_note"):
            features = _features(note)
            for body in illness:
                yield record, list(_denials(record, body)), note, features
            for body in complaint:
                yield note, list(_denials(note, features)), record, body
        for note in stay.course:
            whole = [
                (word, span)
                for word, span in _denials(note, note.prose)
                if _OF_ALL_THE_STAY.search(_sentence(note, span))
            ]
            for body in complaint:
                yield note, whole, record, body


def _features(note: Paper) -> Span:
    """What a first course note tells of the patient, before it discusses the diagnosis."""
    ends = _DISCUSSION.search(note.folded)
    return Span(0, ends.start() if ends is not None else len(note.folded))


def _denials(paper: Paper, region: Span) -> Iterator[tuple[str, Span]]:
    for match in _DENIED.finditer(paper.folded, region.start, region.end):
        for token in re.split(r"[、及和或与]", match.group("list")):
            if _TOKEN.fullmatch(token.strip()):
                for word in _SINGLE.findall(token):
                    yield word, Span(*match.span())
    for match in _DENIED_EN.finditer(paper.folded, region.start, region.end):
        for word in _SINGLE_EN.findall(match.group("list")):
            yield word, Span(*match.span())


def _told_of(paper: Paper, region: Span, word: str) -> Span | None:
    if word.isascii():
        return _told_of_in_english(paper, region, word)
    stem = word[:2] if word.startswith("味觉") else word
    for clause in _CLAUSE.finditer(paper.folded, region.start, region.end):
        said = clause.group()
        if stem in said and not (_NOT_TOLD.search(said) or RELATIVE.search(said)):
            start = clause.start() + said.index(stem)
            return Span(start, start + len(stem))
    return None


def _told_of_in_english(paper: Paper, region: Span, word: str) -> Span | None:
    for sentence in _SENTENCE_EN.finditer(paper.folded, region.start, region.end):
        said = sentence.group()
        place = re.search(rf"\b{word}\b", said)
        if place is not None and not (_NOT_TOLD_EN.search(said) or RELATIVE.search(said)):
            return Span(sentence.start() + place.start(), sentence.start() + place.end())
    return None


def _sentence(paper: Paper, span: Span) -> str:
    start = max(paper.folded.rfind(stop, 0, span.start) for stop in "。；;\n") + 1
    ends = [e for e in (paper.folded.find(stop, span.end) for stop in "。；;\n") if e >= 0]
    return paper.folded[start : min(ends, default=len(paper.folded))]


def _defect(denying: Paper, span: Span, telling: Paper, place: Span, word: str) -> Defect:
    return Defect(
        "RQ-C07",
        Bilingual(
            zh=f"“{word}”：{title_of(denying).zh}写“{denying.quote(span)}”，"
            f"{title_of(telling).zh}写有“{telling.quote(place)}”。",
            en=f"“{word}”: {title_of(denying).en} says “{denying.quote(span)}”, "
            f"{title_of(telling).en} tells of “{telling.quote(place)}”.",
        ),
        document=denying,
        span=span,
        evidence=(seen(denying, span), seen(telling, place)),
    )
