"""The documents that an operation adds."""

from __future__ import annotations

from datetime import timedelta

from tests.evaluation.corrupted_records.case import Surgery
from tests.evaluation.corrupted_records.layout import minute
from tests.evaluation.corrupted_records.model import later
from tests.evaluation.corrupted_records.writer import Desk, Row


def before_surgery(desk: Desk, surgery: Surgery) -> None:
    """Discussion, summary, consents and anaesthetist's visit on the day before."""
    case = desk.case
    rows: list[Row] = [
        ("indication", "手术指征", "Indication", case.basis),
        (
            "discussion",
            "讨论意见",
            "Opinion",
            desk.say("同意手术，备齐器械，防范并发症。", "Operate as planned; risks prepared for."),
        ),
    ]
    names: tuple[str | None, str, str] = (None, "术前讨论", "Pre-operative discussion")
    desk.put("discussion", names, desk.at(1, 10, 30), "attending_physician", rows)
    rows = [
        ("summary", "简要病情", "Summary", case.features),
        ("diagnosis", "术前诊断", "Pre-operative diagnosis", surgery.diagnosis),
        ("operation", "拟施手术", "Planned operation", surgery.name),
        ("anaesthesia", "拟施麻醉", "Planned anaesthesia", surgery.anaesthesia),
    ]
    names = (None, "术前小结", "Pre-operative summary")
    desk.put("pre-operative", names, desk.at(1, 15, 0), "resident_physician", rows)
    _consent(desk, surgery)
    rows = [
        (
            "visit",
            None,
            None,
            desk.say(
                f"气道评估容易，心肺功能可耐受，禁食已交代，拟行{surgery.anaesthesia}。",
                f"Airway easy, fit for anaesthesia, fasting explained. {surgery.anaesthesia}.",
            ),
        )
    ]
    names = (None, "麻醉术前访视记录", "Anaesthetist's pre-operative visit")
    desk.put("anaesthesia-before", names, desk.at(1, 17, 0), "anaesthetist", rows)


def _consent(desk: Desk, surgery: Surgery) -> None:
    agreed = desk.say("已知悉上述内容，同意。", "I have understood the above and agree.")
    rows: list[Row] = [
        ("diagnosis", "术前诊断", "Pre-operative diagnosis", surgery.diagnosis),
        ("operation", "手术名称", "Operation", surgery.name),
        ("complications", "术中术后可能并发症", "Possible complications", surgery.risks),
        (
            "risk",
            "手术风险",
            "Risk",
            desk.say("总体风险低，极少数可危及生命。", "Low; rarely threatens life."),
        ),
        ("opinion", "患者意见", "Patient's opinion", agreed),
        ("patient-signature", "患者签名", "Patient's signature", desk.frame.name),
        ("surgeon-signature", "术者签名", "Surgeon's signature", desk.frame.senior),
    ]
    names = ("informed_consent", "手术知情同意书", "Consent to operation")
    desk.put("consent", names, desk.at(1, 16, 0), "resident_physician", rows)
    rows = [
        ("anaesthesia", "麻醉方法", "Anaesthesia", surgery.anaesthesia),
        (
            "complications",
            "可能并发症",
            "Possible complications",
            desk.say(
                "低血压、头痛、误吸、过敏反应", "Hypotension, headache, aspiration, reactions"
            ),
        ),
        ("opinion", "患者意见", "Patient's opinion", agreed),
        ("patient-signature", "患者签名", "Patient's signature", desk.frame.name),
    ]
    other: tuple[str | None, str, str] = (None, "麻醉知情同意书", "Consent to anaesthesia")
    desk.put("consent-anaesthesia", other, desk.at(1, 17, 10), "anaesthetist", rows)


def after_surgery(desk: Desk, surgery: Surgery) -> None:
    """What theatre and ward write when the operation is over."""
    end = desk.events["surgery_end"]
    rows: list[Row] = [
        (
            "check",
            None,
            None,
            desk.say(
                "麻醉实施前、手术开始前、离开手术室前三次核对身份、部位、术式均相符。"
                f"手术医师：{desk.frame.senior}；麻醉医师：{desk.frame.physician}；"
                f"巡回护士：{desk.frame.chief}。",
                "Identity, site and procedure agreed before induction, before incision and "
                f"before leaving. Surgeon {desk.frame.senior}, anaesthetist "
                f"{desk.frame.physician}, nurse {desk.frame.chief}.",
            ),
        )
    ]
    names: tuple[str | None, str, str] = (None, "手术安全核查记录", "Surgical safety check")
    desk.put("safety-check", names, end, "attending_physician", rows)
    _theatre_records(desk, surgery)
    rows = [("course", None, None, surgery.postoperative)]
    names = ("first_postoperative_note", "术后首次病程记录", "First postoperative note")
    when = later(end, timedelta(minutes=25))
    desk.put("postoperative", names, when, "resident_physician", rows)
    _operation_record(desk, surgery)
    rows = [
        (
            "visit",
            None,
            None,
            desk.say("无恶心头痛，感觉运动恢复，无麻醉并发症。", "No anaesthetic complication."),
        )
    ]
    names = (None, "麻醉术后访视记录", "Anaesthetist's post-operative visit")
    desk.put("anaesthesia-after", names, desk.at(3, 10, 0), "anaesthetist", rows)


def _operation_record(desk: Desk, surgery: Surgery) -> None:
    end = desk.events["surgery_end"]
    helpers = desk.say(
        f"术者{desk.frame.senior}，助手{desk.frame.physician}",
        f"{desk.frame.senior}, assisted by {desk.frame.physician}",
    )
    rows: list[Row] = [
        ("general", "一般项目", "Patient", desk.who()),
        ("date", "手术日期", "Date of operation", minute(end)),
        ("before", "术前诊断", "Pre-operative diagnosis", surgery.diagnosis),
        ("during", "术中诊断", "Diagnosis at operation", surgery.diagnosis),
        ("operation", "手术名称", "Operation", surgery.name),
        ("surgeons", "手术者及助手", "Surgeon and assistant", helpers),
        ("anaesthesia", "麻醉方法", "Anaesthesia", surgery.anaesthesia),
        ("steps", "手术经过", "Course of operation", surgery.steps),
        ("findings", "术中出现情况及处理", "Events and their management", surgery.findings),
    ]
    names = ("operation_record", "手术记录", "Operation record")
    when = later(end, timedelta(hours=2))
    desk.put("operation", names, when, "attending_physician", rows)


def _theatre_records(desk: Desk, surgery: Surgery) -> None:
    end = desk.events["surgery_end"]
    rows: list[Row] = [
        ("method", "麻醉方法", "Anaesthesia", surgery.anaesthesia),
        ("operation", "手术名称", "Operation", surgery.name),
        (
            "process",
            "麻醉经过",
            "Course",
            desk.say("生命体征平稳，无特殊用药。", "Vital signs stable throughout."),
        ),
    ]
    names: tuple[str | None, str, str] = (None, "麻醉记录", "Anaesthesia record")
    when = later(end, timedelta(minutes=10))
    desk.put("anaesthesia-record", names, when, "anaesthetist", rows)
    counted = desk.say(
        "术前、关闭切口前后器械与敷料数目一致。", "Instruments and swabs counted, all present."
    )
    rows = [("count", None, None, counted)]
    names = (None, "手术清点记录", "Surgical count")
    desk.put("count", names, later(end, timedelta(minutes=5)), "nurse", rows)
