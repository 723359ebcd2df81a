"""The documents of every stay, sound and complete by the norm."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.evaluation.corrupted_records.layout import minute
from tests.evaluation.corrupted_records.model import later
from tests.evaluation.corrupted_records.words import (
    ALLERGY,
    FAMILY,
    PAST,
    PERSONAL,
    marital,
)
from tests.evaluation.corrupted_records.writer import Desk, Row


def admission_record(desk: Desk) -> None:
    """入院记录, five hours after admission."""
    case, which = desk.case, (desk.half, desk.frame.language)
    drawn = desk.admission.date().isoformat()
    rows: list[Row] = [
        ("general", "一般项目", "Patient", desk.who()),
        ("complaint", "主诉", "Chief complaint", case.complaint),
        ("illness", "现病史", "History of present illness", case.illness),
        ("past", "既往史", "Past history", PAST[which]),
        ("allergy", "过敏史", "Allergies", ALLERGY[which]),
        ("personal", "个人史", "Personal history", PERSONAL[which]),
        (
            "marital",
            "婚育史及月经史" if desk.frame.sex == "female" else "婚育史",
            "Marital and obstetric history",
            marital(desk.half, desk.frame.language, desk.frame.sex, desk.age),
        ),
        ("family", "家族史", "Family history", FAMILY[which]),
        ("examination", "体格检查", "Physical examination", case.examination),
        ("local", "专科情况", "Specialty examination", case.local),
        (
            "investigations",
            "辅助检查",
            "Investigations",
            desk.say(
                f"{drawn}本院，编号{drawn[5:7]}{drawn[8:]}：{case.imaging}{desk.laboratory()}。",
                f"{drawn}, this hospital, number {drawn[5:7]}{drawn[8:]}. {case.imaging} "
                f"{desk.laboratory()}.",
            ),
        ),
        ("diagnosis", "初步诊断", "Initial diagnosis", desk.diagnosis),
    ]
    when = later(desk.admission, timedelta(hours=5))
    names = ("admission_record", "入院记录", "Admission record")
    desk.put("admission", names, when, "resident_physician", rows)


def first_course_note(desk: Desk) -> None:
    """首次病程记录, two hours after admission."""
    case = desk.case
    discussion = desk.say(
        f"诊断依据：{case.basis}鉴别诊断：{case.differential}",
        f"Basis: {case.basis} Differential diagnosis: {case.differential}",
    )
    rows: list[Row] = [
        ("features", "病例特点", "Case features", case.features),
        ("discussion", "拟诊讨论", "Discussion", discussion),
        ("plan", "诊疗计划", "Plan", case.plan),
    ]
    when = later(desk.admission, timedelta(hours=2))
    names = ("first_course_note", "首次病程记录", "First course note")
    desk.put("first-course", names, when, "resident_physician", rows)


def daily_note(desk: Desk, number: int, when: datetime) -> None:
    """日常病程记录: the case's note of that number."""
    names = ("daily_course_note", "日常病程记录", "Daily course note")
    rows: list[Row] = [("course", None, None, desk.case.notes[number])]
    desk.put(f"daily-{number + 1}", names, when, "resident_physician", rows)


def attending_round(desk: Desk, when: datetime) -> None:
    """主治医师查房记录."""
    names = ("attending_round_note", "主治医师查房记录", "Attending physician's round")
    rows: list[Row] = [("round", None, None, desk.case.attending)]
    desk.put("attending-round", names, when, "attending_physician", rows)


def chief_round(desk: Desk, when: datetime) -> None:
    """主任医师查房记录."""
    names = ("chief_round_note", "主任医师查房记录", "Chief physician's round")
    rows: list[Row] = [("round", None, None, desk.case.chief)]
    desk.put("chief-round", names, when, "chief_physician", rows)


def discharge_record(desk: Desk) -> None:
    """出院记录, fifty minutes after discharge."""
    case, left = desk.case, desk.events["discharge"]
    state = desk.say(
        f"患者因“{case.complaint}”入院。{case.features}", f"{case.complaint}. {case.features}"
    )
    rows: list[Row] = [
        ("admitted", "入院日期", "Admitted", minute(desk.admission)),
        ("discharged", "出院日期", "Discharged", minute(left)),
        ("state", "入院情况", "State on admission", state),
        ("admission-diagnosis", "入院诊断", "Admission diagnosis", desk.diagnosis),
        ("course", "诊疗经过", "Course", case.course),
        ("discharge-diagnosis", "出院诊断", "Discharge diagnosis", desk.diagnosis),
        ("outcome", "出院情况", "State at discharge", case.outcome),
        ("orders", "出院医嘱", "Discharge orders", case.orders),
    ]
    names = ("discharge_summary", "出院记录", "Discharge summary")
    when = later(left, timedelta(minutes=50))
    desk.put("discharge", names, when, "resident_physician", rows)


def front_page(desk: Desk) -> None:
    """病案首页, four hours after the end of the stay."""
    died = "death" in desk.events
    end = desk.events["death"] if died else desk.events["discharge"]
    surgery = desk.case.surgery
    operation = surgery.name if surgery else desk.say("无", "None")
    pathology = surgery.pathology if surgery else None
    rows: list[Row] = [
        ("general", "患者信息", "Patient", desk.who()),
        ("diagnosis", "主要诊断", "Principal diagnosis", desk.diagnosis),
        ("other-diagnoses", "其他诊断", "Other diagnoses", desk.say("无", "None")),
        ("operation", "手术及操作", "Procedures", operation),
        ("allergy", "药物过敏", "Drug allergy", desk.say("无", "None")),
        ("pathology", "病理诊断", "Pathology", pathology or desk.say("无", "None")),
        ("blood-group", "血型", "Blood group", desk.say("A型", "A")),
        (
            "leaving",
            "离院方式",
            "Way of leaving",
            desk.say("死亡" if died else "医嘱离院", "Died" if died else "By medical advice"),
        ),
        ("present", "入院病情", "Present on admission", desk.say("有", "Yes")),
        ("cost", "住院费用", "Cost", desk.say("8765.40元", "8765.40 CNY")),
    ]
    when = later(end, timedelta(hours=4))
    desk.put("front-page", (None, "病案首页", "Front page"), when, "resident_physician", rows)
