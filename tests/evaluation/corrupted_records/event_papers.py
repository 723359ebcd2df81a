"""The documents that an event of the stay calls for; these stays are Chinese."""

from __future__ import annotations

from datetime import timedelta

from tests.evaluation.corrupted_records.layout import minute
from tests.evaluation.corrupted_records.model import later
from tests.evaluation.corrupted_records.writer import Desk, Row


def rescue(desk: Desk) -> None:
    """抢救记录, after two hours, marked as written afterwards."""
    end = desk.events["rescue_end"]
    died = "death" in desk.events
    result = "经三十分钟抢救无效" if died else "三十分钟后氧合恢复，神志清楚，抢救成功"
    rows: list[Row] = [
        ("change", "病情变化", None, "突发呼吸窘迫，烦躁，血氧饱和度降至82%。"),
        ("measures", "抢救措施", None, f"面罩高流量给氧，建立静脉通路，监护生命体征。{result}。"),
        ("time", "抢救结束时间", None, f"{minute(end)}（补记）"),
        ("staff", "参加人员", None, f"{desk.frame.senior}、{desk.frame.physician}"),
    ]
    when = later(end, timedelta(hours=2))
    desk.put("rescue", (None, "抢救记录", ""), when, "resident_physician", rows)


def death(desk: Desk, *, within_a_day: bool) -> None:
    """Record and discussion of a death."""
    case, end = desk.case, desk.events["death"]
    rows: list[Row] = [
        ("admitted", "入院日期", None, minute(desk.admission)),
        ("died", "死亡时间", None, minute(end)),
        ("state", "入院情况", None, case.features),
        ("admission-diagnosis", "入院诊断", None, desk.diagnosis),
        ("course", "诊疗抢救经过", None, f"{case.plan}后突发呼吸窘迫，抢救无效。"),
        ("cause", "死亡原因", None, "呼吸衰竭"),
        ("death-diagnosis", "死亡诊断", None, desk.diagnosis),
    ]
    if within_a_day:
        rows.insert(0, ("general", "一般项目", None, desk.who()))
        rows.insert(1, ("complaint", "主诉", None, case.complaint))
    name = "24小时内入院死亡记录" if within_a_day else "死亡记录"
    when = later(end, timedelta(hours=3))
    desk.put("death", (None, name, ""), when, "resident_physician", rows)
    rows = [
        ("present", "参加人员", None, f"{desk.frame.chief}、{desk.frame.senior}"),
        ("opinion", "讨论意见", None, "诊断明确，抢救及时，死亡原因为呼吸衰竭。"),
    ]
    when = later(end, timedelta(days=3))
    desk.put("death-review", (None, "死亡病例讨论记录", ""), when, "chief_physician", rows)


def short_stay(desk: Desk) -> None:
    """24小时内入出院记录."""
    case, end = desk.case, desk.events["discharge"]
    rows: list[Row] = [
        ("general", "一般项目", None, desk.who()),
        ("complaint", "主诉", None, case.complaint),
        ("admitted", "入院日期", None, minute(desk.admission)),
        ("discharged", "出院日期", None, minute(end)),
        ("state", "入院情况", None, case.features),
        ("admission-diagnosis", "入院诊断", None, desk.diagnosis),
        ("course", "诊疗经过", None, f"{case.plan}患者要求转回当地医院继续治疗。"),
        ("outcome", "出院情况", None, "症状稍缓解，生命体征平稳。"),
        ("discharge-diagnosis", "出院诊断", None, desk.diagnosis),
        ("orders", "出院医嘱", None, "即往当地医院住院治疗。"),
    ]
    when = later(end, timedelta(hours=2))
    desk.put("short-stay", (None, "24小时内入出院记录", ""), when, "resident_physician", rows)


def transfer(desk: Desk) -> None:
    """转出记录 before and 转入记录 after a change of ward."""
    case, moment = desk.case, desk.events["transfer_in"]
    shared: list[Row] = [
        ("admitted", "入院日期", None, minute(desk.admission)),
        ("moved", "转科日期", None, f"{minute(moment)}，由急诊病区转入专科病区"),
        ("state", "入院情况", None, case.features),
        ("course", "诊疗经过", None, case.plan),
        ("now", "目前情况及诊断", None, f"生命体征平稳。{desk.diagnosis}"),
    ]
    goal: Row = ("goal", "转科目的及注意事项", None, "专科进一步治疗，途中有护士陪同。")
    when = later(moment, timedelta(minutes=-30))
    desk.put("transfer-out", (None, "转出记录", ""), when, "resident_physician", [*shared, goal])
    plan: Row = ("plan", "转入诊疗计划", None, "延续原有治疗，完善专科评估。")
    when = later(moment, timedelta(hours=2))
    rows = [*shared, goal, plan]
    desk.put("transfer-in", (None, "转入记录", ""), when, "resident_physician", rows)


def takeover(desk: Desk) -> None:
    """交班记录 and 接班记录 when the physician in charge changes."""
    case, moment = desk.case, desk.events["takeover"]
    shared: list[Row] = [
        ("admitted", "入院日期", None, minute(desk.admission)),
        ("state", "入院情况", None, case.features),
        ("course", "诊疗经过", None, case.plan),
        ("now", "目前情况及诊断", None, f"病情平稳。{desk.diagnosis}"),
    ]
    notice: Row = ("notice", "交班注意事项", None, "追踪未回报的检查。")
    when = later(moment, timedelta(minutes=-40))
    desk.put("handover", (None, "交班记录", ""), when, "resident_physician", [*shared, notice])
    plan: Row = ("plan", "接班诊疗计划", None, "已看过患者，治疗不变。")
    when = later(moment, timedelta(hours=2))
    desk.put("takeover", (None, "接班记录", ""), when, "resident_physician", [*shared, plan])


def consultation(desk: Desk) -> None:
    """会诊记录: request and opinion."""
    asked = desk.events["consult_request"]
    given = later(asked, timedelta(hours=5))
    rows: list[Row] = [
        ("request", "申请", None, f"{desk.case.features}请营养科会诊，目的为指导饮食。"),
        (
            "opinion",
            "会诊意见",
            None,
            f"营养科{desk.frame.chief}：营养风险低，按目前饮食，一周后再评估。",
        ),
        ("done", "执行情况", None, "已按会诊意见安排饮食。"),
    ]
    desk.put("consultation", (None, "会诊记录", ""), given, "chief_physician", rows)


def critical_value(desk: Desk) -> None:
    """危急值处理记录."""
    told = desk.events["critical_value_received"]
    rows: list[Row] = [
        ("value", "危急值", None, f"{minute(told)}接检验科电话，血钾2.6 mmol/L。"),
        ("action", "处理", None, "心电监护，补钾，复查血钾3.9 mmol/L，考虑进食少所致，继续观察。"),
    ]
    when = later(told, timedelta(hours=3))
    desk.put("critical-value", (None, "危急值处理记录", ""), when, "resident_physician", rows)


def transfusion(desk: Desk) -> None:
    """Consent before and record after a transfusion."""
    end = desk.events["transfusion_end"]
    rows: list[Row] = [
        ("reason", "输血指征", None, f"血红蛋白{desk.values.haemoglobin} g/L。"),
        ("risk", "风险", None, "发热、过敏、溶血反应、经血传播疾病。"),
        ("opinion", "患者意见", None, "已知悉上述内容，同意。"),
        ("patient-signature", "患者签名", None, desk.frame.name),
    ]
    when = later(end, timedelta(hours=-5))
    name = (None, "输血治疗知情同意书", "")
    desk.put("consent-transfusion", name, when, "resident_physician", rows)
    rows = [
        ("product", "血液成分", None, "悬浮红细胞2单位，A型，交叉配血相合。"),
        ("process", "输注过程", None, f"{minute(end)}输注完毕，无发热皮疹。"),
        ("effect", "输血后评价", None, "面色较前红润，次日复查血常规。"),
    ]
    when = later(end, timedelta(minutes=30))
    desk.put("transfusion", (None, "输血记录", ""), when, "resident_physician", rows)
