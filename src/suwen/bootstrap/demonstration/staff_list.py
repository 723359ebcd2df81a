"""The people, departments and offices of the demonstration hospital, as data."""

from __future__ import annotations

from dataclasses import dataclass

from suwen.bootstrap.demonstration.model import StaffMember
from suwen.core.identity import Role

HOSPITAL_ID = "demo-hospital"
HOSPITAL_ZH = "素问示范医院(虚构)"
HOSPITAL_EN = "Suwen Demonstration Hospital (fictional)"


@dataclass(frozen=True)
class Department:
    """A department or office; ``beds`` is 0 where nobody lies."""

    code: str
    zh: str
    en: str
    beds: int = 0

    @property
    def id(self) -> str:
        """The id of the Organization resource."""
        return f"demo-org-{self.code}"


DEPARTMENTS: tuple[Department, ...] = (
    Department("cardiology", "心血管内科", "Cardiology", 16),
    Department("respiratory", "呼吸与危重症医学科", "Respiratory", 16),
    Department("nephrology", "肾内科", "Nephrology", 12),
    Department("endocrinology", "内分泌代谢科", "Endocrinology", 12),
    Department("gi-surgery", "普通外科(胃肠)", "GI surgery", 16),
    Department("emergency", "急诊科", "Emergency", 6),
    Department("laboratory", "检验科", "Laboratory"),
    Department("radiology", "放射科", "Radiology"),
    Department("pharmacy", "药学部", "Pharmacy"),
    Department("quality", "质量管理办公室", "Quality office"),
    Department("research", "科研处", "Research office"),
    Department("information", "信息中心", "Information centre"),
    Department("compliance", "合规与审计办公室", "Compliance and audit office"),
    Department("patient-services", "患者服务中心", "Patient services"),
)

DEPARTMENT_BY_CODE = {department.code: department for department in DEPARTMENTS}

_PHYSICIAN = (Role.PHYSICIAN.value,)
_CHIEF = (Role.PHYSICIAN.value, Role.CHIEF_PHYSICIAN.value)

_ATTENDING = ("主治医师", "Attending physician")
_RESIDENT = ("住院医师", "Resident physician")
_CHIEF_TITLE = ("主任医师", "Chief physician")
_NURSE = ("主管护师", "Nurse in charge")


def _person(
    username: str,
    names: tuple[str, str],
    roles: tuple[str, ...],
    place: str,
    title: tuple[str, str],
) -> StaffMember:
    return StaffMember(
        id=f"demo-staff-{username.replace('.', '-')}",
        username=username,
        name_zh=names[0],
        name_en=names[1],
        roles=roles,
        department_code=place,
        title_zh=title[0],
        title_en=title[1],
    )


STAFF: tuple[StaffMember, ...] = (
    _person("dr.sun", ("孙秉文", "Sun Bingwen"), _CHIEF, "cardiology", _CHIEF_TITLE),
    _person("dr.lin", ("林怀瑾", "Lin Huaijin"), _PHYSICIAN, "cardiology", _ATTENDING),
    _person("dr.he", ("何知远", "He Zhiyuan"), _PHYSICIAN, "cardiology", _RESIDENT),
    _person("nurse.zhao", ("赵若兰", "Zhao Ruolan"), (Role.NURSE.value,), "cardiology", _NURSE),
    _person("dr.xie", ("谢明远", "Xie Mingyuan"), _CHIEF, "respiratory", _CHIEF_TITLE),
    _person("dr.qiu", ("邱景明", "Qiu Jingming"), _PHYSICIAN, "respiratory", _ATTENDING),
    _person("dr.fang", ("方予安", "Fang Yu'an"), _PHYSICIAN, "respiratory", _RESIDENT),
    _person("nurse.tang", ("唐静姝", "Tang Jingshu"), (Role.NURSE.value,), "respiratory", _NURSE),
    _person("dr.kong", ("孔令仪", "Kong Lingyi"), _CHIEF, "nephrology", _CHIEF_TITLE),
    _person("dr.wei", ("魏清和", "Wei Qinghe"), _PHYSICIAN, "nephrology", _ATTENDING),
    _person("dr.harper", ("詹姆斯·哈珀", "James Harper"), _PHYSICIAN, "nephrology", _RESIDENT),
    _person("nurse.bao", ("鲍思齐", "Bao Siqi"), (Role.NURSE.value,), "nephrology", _NURSE),
    _person("dr.nie", ("聂正则", "Nie Zhengze"), _CHIEF, "endocrinology", _CHIEF_TITLE),
    _person("dr.shen", ("沈若溪", "Shen Ruoxi"), _PHYSICIAN, "endocrinology", _ATTENDING),
    _person("dr.luo", ("罗子衡", "Luo Ziheng"), _PHYSICIAN, "endocrinology", _RESIDENT),
    _person(
        "nurse.meng", ("孟晓棠", "Meng Xiaotang"), (Role.NURSE.value,), "endocrinology", _NURSE
    ),
    _person("dr.lu", ("陆承志", "Lu Chengzhi"), _CHIEF, "gi-surgery", _CHIEF_TITLE),
    _person("dr.gu", ("顾长风", "Gu Changfeng"), _PHYSICIAN, "gi-surgery", _ATTENDING),
    _person("dr.foster", ("海伦·福斯特", "Helen Foster"), _PHYSICIAN, "gi-surgery", _ATTENDING),
    _person("dr.ye", ("叶舟", "Ye Zhou"), _PHYSICIAN, "gi-surgery", _RESIDENT),
    _person("nurse.qin", ("秦念慈", "Qin Nianci"), (Role.NURSE.value,), "gi-surgery", _NURSE),
    _person("dr.pan", ("潘毅", "Pan Yi"), _PHYSICIAN, "emergency", _ATTENDING),
    _person("dr.dai", ("戴望舟", "Dai Wangzhou"), _PHYSICIAN, "emergency", _RESIDENT),
    _person("nurse.ren", ("任小满", "Ren Xiaoman"), (Role.NURSE.value,), "emergency", _NURSE),
    _person(
        "dr.mo", ("莫闻", "Mo Wen"), _PHYSICIAN, "radiology", ("放射科主治医师", "Radiologist")
    ),
    _person(
        "pharm.jiang",
        ("江采薇", "Jiang Caiwei"),
        (Role.PHARMACIST.value,),
        "pharmacy",
        ("主管药师", "Pharmacist in charge"),
    ),
    _person(
        "quality.xu",
        ("许慎言", "Xu Shenyan"),
        (Role.QUALITY_OFFICER.value,),
        "quality",
        ("病历质控员", "Record quality officer"),
    ),
    _person(
        "research.whitfield",
        ("爱丽丝·惠特菲尔德", "Alice Whitfield"),
        (Role.RESEARCHER.value,),
        "research",
        ("研究员", "Researcher"),
    ),
    _person(
        "it.cao",
        ("曹予诺", "Cao Yunuo"),
        (Role.SYSTEM_ADMINISTRATOR.value,),
        "information",
        ("系统管理员", "System administrator"),
    ),
    _person(
        "security.dong",
        ("董守正", "Dong Shouzheng"),
        (Role.SECURITY_ADMINISTRATOR.value,),
        "information",
        ("安全管理员", "Security administrator"),
    ),
    _person(
        "audit.bai",
        ("白鉴明", "Bai Jianming"),
        (Role.AUDIT_ADMINISTRATOR.value,),
        "compliance",
        ("审计管理员", "Audit administrator"),
    ),
    _person(
        "compliance.yuan",
        ("袁知义", "Yuan Zhiyi"),
        (Role.COMPLIANCE_OFFICER.value,),
        "compliance",
        ("合规专员", "Compliance officer"),
    ),
    _person(
        "service.tao",
        ("陶乐宜", "Tao Leyi"),
        (Role.PATIENT_SERVICES.value,),
        "patient-services",
        ("客服专员", "Patient services officer"),
    ),
    _person(
        "pharm.wen",
        ("温知微", "Wen Zhiwei"),
        (Role.PHARMACIST.value,),
        "pharmacy",
        ("副主任药师", "Deputy chief pharmacist"),
    ),
)


@dataclass(frozen=True)
class WardTeam:
    """Who looks after the patients of a department."""

    chief: StaffMember | None
    attending: StaffMember
    resident: StaffMember
    nurse: StaffMember


_BY_USERNAME = {member.username: member for member in STAFF}


def _team(chief: str | None, attending: str, resident: str, nurse: str) -> WardTeam:
    return WardTeam(
        chief=_BY_USERNAME[chief] if chief else None,
        attending=_BY_USERNAME[attending],
        resident=_BY_USERNAME[resident],
        nurse=_BY_USERNAME[nurse],
    )


RADIOLOGIST = _BY_USERNAME["dr.mo"]

_TEAMS = {
    "cardiology": _team("dr.sun", "dr.lin", "dr.he", "nurse.zhao"),
    "respiratory": _team("dr.xie", "dr.qiu", "dr.fang", "nurse.tang"),
    "nephrology": _team("dr.kong", "dr.wei", "dr.harper", "nurse.bao"),
    "endocrinology": _team("dr.nie", "dr.shen", "dr.luo", "nurse.meng"),
    "gi-surgery": _team("dr.lu", "dr.gu", "dr.ye", "nurse.qin"),
    "emergency": _team(None, "dr.pan", "dr.dai", "nurse.ren"),
}
_ENGLISH_SURGERY = _team("dr.lu", "dr.foster", "dr.ye", "nurse.qin")


def team_of(department_code: str, language: str) -> WardTeam:
    """The team that treats a patient of this department and language (``zh`` or ``en``)."""
    if department_code == "gi-surgery" and language == "en":
        return _ENGLISH_SURGERY
    return _TEAMS[department_code]
