"""Sex and side that do not fit, and sections that the record cannot fill."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from suwen.apps.record_writer.parts.plans import procedures_of
from suwen.apps.record_writer.parts.problems import diagnosed
from suwen.apps.record_writer.schema import DocumentType
from suwen.apps.record_writer.visit import Visit
from suwen.apps.record_writer.wording import recorded
from suwen.core.document import Document
from suwen.core.finding import Confidence, Evidence, Finding, Severity, Source
from suwen.core.language import Bilingual
from suwen.core.record import NoteItem

_WRITING_RULES = Source("病历书写基本规范（卫医政发〔2010〕11号）", "2010", "各类记录的内容")
_CONSISTENCY = Source("电子病历应用管理规范（试行）；病案质控常见缺陷", "2017", "性别、左右一致")
_ONLY_FEMALE = re.compile(
    r"子宫|卵巢|妊娠|怀孕|分娩|宫颈|月经|\b(uter(us|ine)|ovar(y|ian)|pregnan(t|cy)|cervix)\b", re.I
)
_ONLY_MALE = re.compile(
    r"前列腺|睾丸|精囊|附睾|\b(prostat(e|ic)|testic(le|ular)|testis|epididymi\w+)\b", re.I
)
_SIDED_ZH = re.compile(r"(?P<both>双侧|两侧|双)|(?P<side>[左右])侧?(?P<part>[一-鿿]{2,6})")
_SIDED_EN = re.compile(
    r"\b(?P<side>left|right)(?:-sided)? (?P<part>[a-z]{4,}(?: [a-z]{4,})?)", re.I
)
_OPERATIVE = re.compile(r"手术记录|手术.*同意|operation|operative|consent", re.I)
_UNSURE = re.compile(r"无|未|正常|对侧|健侧|\bno\b|without|normal|contralateral", re.I)
_SHARED_CHARACTERS = 2


@dataclass(frozen=True, slots=True)
class _Sided:
    """A body part with its side, and where it is written."""

    side: str
    part: str
    wording: str
    evidence: Evidence


def sex_findings(visit: Visit) -> Iterable[Finding]:
    """Diagnoses and procedures that the patient's recorded sex cannot have."""
    sex = visit.record.patient.sex
    pattern = {"male": _ONLY_FEMALE, "female": _ONLY_MALE}.get(sex or "")
    if pattern is None:
        return
    for reference, path, text in _coded_texts(visit):
        found = pattern.search(text)
        if found:
            yield Finding(
                rule="RW-C01",
                severity=Severity.MAJOR,
                message=Bilingual(
                    zh=f"记录性别为{'男' if sex == 'male' else '女'}，与“{text}”不符。",
                    en=f"The recorded sex is {sex}, which does not fit “{text}”.",
                ),
                source=_CONSISTENCY,
                confidence=Confidence.FROM_MEMORY,
                evidence=(
                    recorded(visit.record.patient.reference, "Patient.gender", sex),
                    recorded(reference, path, text),
                ),
            )


def side_findings(visit: Visit) -> Iterable[Finding]:
    """The same part on the left in one place and only on the right in another."""
    planned = [
        s
        for reference, path, text in [*_reasons(visit), *_coded_texts(visit)]
        for s in _sided(text, recorded(reference, path, text))
    ]
    operative = [
        s
        for note in visit.record.notes
        if visit.holds(note) and _OPERATIVE.search(note.note_type.text if note.note_type else "")
        for s in _sided(note.text, _note_evidence(note))
    ]
    reported: set[tuple[str, str]] = set()
    for written in [*planned, *operative]:
        for other in planned:
            if not _contradict(written, other, planned):
                continue
            key = (written.evidence.reference, written.part[:_SHARED_CHARACTERS])
            if key in reported:
                continue
            reported.add(key)
            reported.add((other.evidence.reference, other.part[:_SHARED_CHARACTERS]))
            yield _side_finding(written, other)


def missing_findings(visit: Visit, document: Document) -> Iterable[Finding]:
    """Mandatory content of the document that the record cannot fill."""
    filled = {f.name for s in document.sections for f in s.fields if f.value is not None}
    for names, zh, en in _MANDATORY[visit.document_type]:
        if not filled.intersection(names):
            grave = "allergies" in names or "diagnoses" in names
            yield Finding(
                rule="RW-S01",
                severity=Severity.MODERATE if grave else Severity.MINOR,
                message=Bilingual(
                    zh=f"必备内容缺失：{zh}。记录中未见，须由医师补充。",
                    en=f"Mandatory content missing: {en}. It is not in the record; a physician "
                    "must add it.",
                ),
                source=_WRITING_RULES,
                confidence=Confidence.VERIFIED,
            )
    by_hand = _BY_HAND[visit.document_type]
    yield Finding(
        rule="RW-S02",
        severity=Severity.INFO,
        message=Bilingual(
            zh=f"以下内容无法由结构化记录写成，须由医师书写：{by_hand.zh}。",
            en=f"The structured record cannot give these; a physician writes them: {by_hand.en}.",
        ),
        source=_WRITING_RULES,
        confidence=Confidence.VERIFIED,
    )


_VITALS = ("temperature", "pulse", "respiration", "blood_pressure")
_MANDATORY: dict[DocumentType, tuple[tuple[tuple[str, ...], str, str], ...]] = {
    DocumentType.DISCHARGE_SUMMARY: (
        (("admission_date",), "入院日期", "date of admission"),
        (("discharge_date",), "出院日期", "date of discharge"),
        (("reason_for_encounter",), "入院情况", "state on admission"),
        (("diagnoses",), "诊断", "diagnoses"),
        (("allergies",), "过敏史", "allergies"),
        (
            ("medications_at_discharge", "care_plan", "follow_up"),
            "出院医嘱",
            "instructions at discharge",
        ),
    ),
    DocumentType.ADMISSION_RECORD: (
        (("reason_for_encounter",), "主诉", "chief complaint"),
        (("past_history",), "既往史", "past history"),
        (("allergies",), "过敏史", "allergies"),
        (("social_history",), "个人史", "personal history"),
        (("family_history",), "家族史", "family history"),
        (_VITALS, "体格检查（生命体征）", "examination (vital signs)"),
        (("laboratory", "imaging"), "辅助检查", "investigations"),
        (("diagnoses",), "初步诊断", "initial diagnoses"),
    ),
    DocumentType.OUTPATIENT_NOTE: (
        (("reason_for_encounter",), "主诉", "chief complaint"),
        (("past_history",), "既往史", "past history"),
        (("allergies",), "过敏史", "allergies"),
        (("diagnoses",), "诊断", "diagnoses"),
    ),
}
_BY_HAND = {
    DocumentType.DISCHARGE_SUMMARY: Bilingual("出院时情况与体征", "state and signs at discharge"),
    DocumentType.ADMISSION_RECORD: Bilingual(
        "现病史、体格检查与专科情况、婚育史或月经史",
        "present illness, examination, marital and obstetric history",
    ),
    DocumentType.OUTPATIENT_NOTE: Bilingual("现病史、体格检查", "present illness, examination"),
}


def _coded_texts(visit: Visit) -> list[tuple[str, str, str]]:
    """Wordings of the diagnoses and procedures of the document, with their sites."""
    found = []
    for condition in diagnosed(visit):
        if condition.code is not None:
            found.append(
                (
                    condition.reference,
                    _path("Condition.code", condition.resource.get("code")),
                    condition.code.text,
                )
            )
    for procedure in procedures_of(visit):
        if procedure.code is not None:
            path = _path("Procedure.code", procedure.resource.get("code"))
            found.append((procedure.reference, path, procedure.code.text))
        for index, site in enumerate(procedure.body_sites):
            path = _path(f"Procedure.bodySite[{index}]", procedure.resource["bodySite"][index])
            found.append((procedure.reference, path, site.text))
    return found


def _reasons(visit: Visit) -> list[tuple[str, str, str]]:
    return [
        (
            visit.encounter.reference,
            _path(f"Encounter.reasonCode[{index}]", concept),
            str(concept.get("text") or ""),
        )
        for index, concept in enumerate(visit.encounter.resource.get("reasonCode") or ())
    ]


def _path(element: str, concept: object) -> str:
    if isinstance(concept, dict) and concept.get("text"):
        return f"{element}.text"
    return f"{element}.coding[0].display"


def _sided(text: str, evidence: Evidence) -> Iterable[_Sided]:
    """Parts with a side in a text; clauses that deny or compare are left out."""
    for clause in re.split(r"[，。；;,.\n]", text):
        if _UNSURE.search(clause):
            continue
        for found in _SIDED_ZH.finditer(clause):
            if found["side"]:
                yield _Sided(found["side"], found["part"], found[0], evidence)
        for found in _SIDED_EN.finditer(clause):
            side = "左" if found["side"].lower() == "left" else "右"
            yield _Sided(side, found["part"].lower(), found[0], evidence)


def _contradict(one: _Sided, two: _Sided, planned: list[_Sided]) -> bool:
    """Whether two kinds of source name one part on different sides, and the second kind
    nowhere names the first's side: two diagnoses of both sides contradict nothing."""
    kind = two.evidence.reference.partition("/")[0]
    if one.evidence.reference.startswith(f"{kind}/") or one.side == two.side:
        return False
    return _same_part(one.part, two.part) and not any(
        s.side == one.side
        and _same_part(s.part, two.part)
        and s.evidence.reference.startswith(f"{kind}/")
        for s in planned
    )


def _same_part(one: str, two: str) -> bool:
    if one.isascii() or two.isascii():
        return one.split(" ")[0] == two.split(" ")[0]
    return one[:_SHARED_CHARACTERS] == two[:_SHARED_CHARACTERS]


def _side_finding(one: _Sided, two: _Sided) -> Finding:
    return Finding(
        rule="RW-C02",
        severity=Severity.MAJOR,
        message=Bilingual(
            zh=f"左右不一致：一处为“{one.wording}”，另一处为“{two.wording}”。",
            en=f"Sides contradict: “{one.wording}” in one place, “{two.wording}” in another.",
        ),
        source=_CONSISTENCY,
        confidence=Confidence.FROM_MEMORY,
        suggestion=Bilingual(zh="请立即核对侧别。", en="Check the side now."),
        evidence=(one.evidence, two.evidence),
    )


def _note_evidence(note: NoteItem) -> Evidence:
    title = note.note_type.text if note.note_type else ""
    if note.reference.startswith("Composition/"):
        return recorded(note.reference, "Composition.type.text", title)
    return recorded(note.reference, "DocumentReference.type.text", title)
