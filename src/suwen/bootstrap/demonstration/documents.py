"""Notes of the record: assembled from the chart or written by hand, signed or left unsigned."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from suwen.bootstrap.demonstration.chart import Chart
from suwen.bootstrap.demonstration.encounters import diagnosis_text
from suwen.bootstrap.demonstration.fhir_values import (
    DOCUMENT_TYPE_SYSTEM,
    LOINC,
    Resource,
    coding,
    concept,
    instant,
    period,
    reference,
)
from suwen.bootstrap.demonstration.history import (
    allergy_text,
    family_text,
    past_history_text,
    tobacco_text,
)
from suwen.bootstrap.demonstration.model import StaffMember
from suwen.bootstrap.demonstration.plans import Note, NoteKind, Setting
from suwen.bootstrap.demonstration.staff_list import HOSPITAL_EN, HOSPITAL_ID, HOSPITAL_ZH

_TITLES = {
    NoteKind.ADMISSION: ("34117-2", "入院记录", "Admission record"),
    NoteKind.FIRST_COURSE: ("11506-3", "首次病程记录", "First course note"),
    NoteKind.DAILY: ("11506-3", "日常病程记录", "Daily course note"),
    NoteKind.ATTENDING_ROUND: ("11506-3", "主治医师查房记录", "Attending physician's round"),
    NoteKind.CHIEF_ROUND: ("11506-3", "主任医师查房记录", "Chief physician's round"),
    NoteKind.OPERATION: ("11504-8", "手术记录", "Operation record"),
    NoteKind.CONSENT: ("59284-0", "手术知情同意书", "Consent to operation"),
    NoteKind.POSTOPERATIVE: ("11506-3", "术后首次病程记录", "First postoperative note"),
    NoteKind.OUTPATIENT: ("34131-3", "门诊病历", "Outpatient note"),
    NoteKind.EMERGENCY: ("34111-5", "急诊病历", "Emergency note"),
    NoteKind.DISCHARGE: ("18842-5", "出院记录", "Discharge summary"),
}
_CLINICAL_NOTE = (
    "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
    "clinical-note",
    "Clinical Note",
)
_ADMISSION_NOTE_AFTER = timedelta(hours=4, minutes=50)
_FIRST_NOTE_AFTER = timedelta(hours=2, minutes=30)
_VISIT_NOTE_AFTER = {
    Setting.OUTPATIENT: timedelta(minutes=155),
    Setting.EMERGENCY: timedelta(minutes=120),
}
_ROUND = (9, 15)


def add_notes(chart: Chart) -> None:
    """Adds all notes of the encounter that have been written by now."""
    _set_words(chart)
    start, course = chart.timeline.start, chart.plan.course
    assembled: list[tuple[datetime, NoteKind, Callable[[Chart, datetime], list[str]]]]
    if course.setting is Setting.INPATIENT:
        assembled = [
            (start + _FIRST_NOTE_AFTER, NoteKind.FIRST_COURSE, _first_course_note),
            (start + _ADMISSION_NOTE_AFTER, NoteKind.ADMISSION, _admission_record),
        ]
    else:
        kind = NoteKind.OUTPATIENT if course.setting is Setting.OUTPATIENT else NoteKind.EMERGENCY
        assembled = [(start + _VISIT_NOTE_AFTER[course.setting], kind, _visit_note)]
    for moment, kind, write in assembled:
        if chart.timeline.happened(moment):
            _add_document(chart, kind, moment, "\n".join(write(chart, moment)), signed=True)
    for note in sorted(course.notes, key=lambda item: _written_at(chart, item)):
        _add_written(chart, note)


def add_earlier_summary(chart: Chart, encounter: str, moment: datetime, text: str) -> None:
    """Adds the signed discharge summary of a former stay."""
    present, chart.encounter = chart.encounter, encounter
    _add_document(chart, NoteKind.DISCHARGE, moment, text, signed=True)
    chart.encounter = present


def add_visit_note(chart: Chart, moment: datetime) -> None:
    """Adds the note of an earlier visit for long-term treatment."""
    past = past_history_text(chart)
    text = chart.pick(
        f"慢性病复诊。{past}。今测血压{chart.values['BP_0']}。{_results(chart, moment)}"
        "继续原治疗方案，按时复诊。",
        f"Review of long-term treatment. {past}. Blood pressure {chart.values['BP_0']}. "
        f"{_results(chart, moment)} Treatment continued unchanged.",
    )
    _add_document(chart, NoteKind.OUTPATIENT, moment, text, signed=True)


def _add_written(chart: Chart, note: Note) -> None:
    moment = _written_at(chart, note)
    if chart.timeline.happened(moment):
        text = note.text.format_map(chart.values)
        _add_document(chart, note.kind, moment, text, signed=note.signed)


def _written_at(chart: Chart, note: Note) -> datetime:
    moment = chart.timeline.resolve(note.when, _ADMISSION_NOTE_AFTER, _ROUND)
    if not isinstance(note.when, tuple):
        moment += timedelta(minutes=chart.noise(f"note/{note.when}").randint(0, 25))
    return moment


def _set_words(chart: Chart) -> None:
    female = chart.plan.sex == "F"
    chart.values |= {
        "name": chart.name,
        "age": str(chart.plan.age),
        "sex": chart.pick("女" if female else "男", "female" if female else "male"),
        "He": "She" if female else "He",
        "he": "she" if female else "he",
        "his": "her" if female else "his",
        "him": "her" if female else "him",
        "attending": _staff_name(chart, chart.team.attending),
        "resident": _staff_name(chart, chart.team.resident),
        "chief": _staff_name(chart, chart.team.chief or chart.team.attending),
    }


def _staff_name(chart: Chart, member: StaffMember) -> str:
    return chart.pick(member.name_zh, member.name_en)


def _who(chart: Chart) -> str:
    values = chart.values
    return chart.pick(
        f"{chart.name}，{values['sex']}，{chart.plan.age}岁",
        f"{chart.name}, {chart.plan.age}-year-old {values['sex']}",
    )


def _present_illness(chart: Chart) -> str:
    histories = chart.plan.course.histories
    text = chart.noise("history").choice(histories)
    return text.format_map(chart.values)


def _vital_signs(chart: Chart) -> str | None:
    values = chart.values
    if "T_0" not in values:
        return None
    text = chart.pick(
        "T {T_0}，P {P_0}，R {R_0}，BP {BP_0}，SpO2 {SPO2_0}",
        "T {T_0}, pulse {P_0}, respiration {R_0}, BP {BP_0}, SpO2 {SPO2_0}",
    ).format_map(values)
    if "WT_0" in values:
        text += chart.pick("，体重 {WT_0}", ", weight {WT_0}").format_map(values)
    return text


def _results(chart: Chart, until: datetime) -> str:
    """What laboratory and images had shown by then; says so when nothing was back."""
    abnormal = [f"{item.name} {item.text}" for item in chart.abnormal if item.known_at <= until]
    images = [
        f"{item.name}：{item.text}" if chart.language == "zh" else f"{item.name}: {item.text}"
        for item in chart.images
        if item.known_at <= until
    ]
    parts = []
    if abnormal:
        parts.append(chart.pick("，", ", ").join(abnormal) + chart.pick("。", "."))
    elif any(known_at <= until for known_at in chart.reported):
        parts.append(
            chart.pick(
                "已回报的检验项目均在参考区间内。", "Results so far lie within their intervals."
            )
        )
    parts.extend(images)
    return chart.pick("", " ").join(parts) or chart.pick("待回报。", "Awaited.")


def _diagnoses(chart: Chart) -> str:
    lines = [
        f"{number}. {item.initially or diagnosis_text(chart, item)}"
        for number, item in enumerate(chart.plan.course.diagnoses, start=1)
    ]
    return chart.pick("；", "; ").join(lines)


def _lines(chart: Chart, rows: list[tuple[str, str, str | None]]) -> list[str]:
    """Headed lines; a heading without content is left out, never filled."""
    return [
        chart.pick(f"{zh}：{text}", f"{en}: {text}") for zh, en, text in rows if text is not None
    ]


def _admission_record(chart: Chart, moment: datetime) -> list[str]:
    course = chart.plan.course
    vital_signs = _vital_signs(chart)
    examination = course.examination.format_map(chart.values)
    if vital_signs:
        examination = vital_signs + chart.pick("。", ". ") + examination
    heading = ("诊断", "Diagnoses")
    if course.setting is Setting.INPATIENT:
        heading = ("初步诊断", "Initial diagnoses")
    return _lines(
        chart,
        [
            ("一般项目", "Patient", _who(chart)),
            ("主诉", "Chief complaint", course.reason),
            ("现病史", "Present illness", _present_illness(chart)),
            ("既往史", "Past history", past_history_text(chart) + chart.pick("。", ".")),
            ("过敏史", "Allergies", allergy_text(chart)),
            ("个人史", "Smoking", tobacco_text(chart)),
            ("家族史", "Family history", family_text(chart)),
            ("体格检查", "Examination", examination),
            ("辅助检查", "Investigations", _results(chart, moment)),
            (*heading, _diagnoses(chart)),
        ],
    )


def _first_course_note(chart: Chart, moment: datetime) -> list[str]:
    course = chart.plan.course
    features = chart.pick(
        f"{_who(chart)}，因“{course.reason}”入院。{_results(chart, moment)}",
        f"{_who(chart)}, admitted with {course.reason[0].lower()}{course.reason[1:]}. "
        f"{_results(chart, moment)}",
    )
    return _lines(
        chart,
        [
            ("病例特点", "Features", features),
            ("拟诊讨论", "Discussion", course.assessment.format_map(chart.values)),
            ("初步诊断", "Initial diagnoses", _diagnoses(chart)),
            ("诊疗计划", "Plan", course.plan.format_map(chart.values)),
        ],
    )


def _visit_note(chart: Chart, moment: datetime) -> list[str]:
    record = _admission_record(chart, moment)
    course = chart.plan.course
    return record + _lines(
        chart,
        [
            ("分析", "Assessment", course.assessment.format_map(chart.values)),
            ("处理", "Management", course.plan.format_map(chart.values)),
        ],
    )


def _add_document(
    chart: Chart, kind: NoteKind, moment: datetime, text: str, *, signed: bool
) -> None:
    loinc, zh, en = _TITLES[kind]
    title = chart.pick(zh, en)
    writer, signer = chart.team.resident, chart.team.attending
    if kind is NoteKind.CHIEF_ROUND and chart.team.chief is not None:
        signer = chart.team.chief
    signature = _signature(chart, writer, signer if signed else None)
    data = f"{title}\n{moment:%Y-%m-%d %H:%M}\n{text}\n{signature}".encode()
    body: Resource = {
        "status": "current",
        "docStatus": "final" if signed else "preliminary",
        "type": concept(
            title, coding(LOINC, loinc, title), coding(DOCUMENT_TYPE_SYSTEM, kind.value, title)
        ),
        "category": [concept(None, coding(*_CLINICAL_NOTE))],
        "subject": chart.subject,
        "date": instant(moment),
        "author": [chart.person(writer)],
        "custodian": reference(f"Organization/{HOSPITAL_ID}", chart.pick(HOSPITAL_ZH, HOSPITAL_EN)),
        "content": [{"attachment": _attachment(chart, title, data, moment)}],
        "context": {
            "encounter": [reference(chart.encounter)],
            "period": period(moment, moment),
        },
    }
    if signed:
        body["authenticator"] = chart.person(signer)
    chart.add("DocumentReference", body)


def _signature(chart: Chart, writer: StaffMember, signer: StaffMember | None) -> str:
    """The last line of a note; the countersigner's place stays empty without one."""
    written, signed = _staff_name(chart, writer), _staff_name(chart, signer) if signer else ""
    return chart.pick(
        f"记录医师：{written}　审签医师：{signed}",
        f"Written by {written}; countersigned by {signed}".rstrip(),
    )


def _attachment(chart: Chart, title: str, data: bytes, moment: datetime) -> Resource:
    # FHIR R4 prescribes SHA-1 for this element; it protects nothing here.
    digest = hashlib.sha1(data, usedforsecurity=False).digest()
    return {
        "contentType": "text/plain; charset=utf-8",
        "language": chart.pick("zh-CN", "en"),
        "data": base64.b64encode(data).decode("ascii"),
        "size": len(data),
        "hash": base64.b64encode(digest).decode("ascii"),
        "title": title,
        "creation": instant(moment),
    }
