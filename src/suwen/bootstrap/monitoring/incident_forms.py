"""An incident as a regulator asks for it: our own form with the fields of each.

The fields follow the forms named below, from memory; the compliance office compares them with the
form in force before it files one. What nobody recorded stays empty; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final

from suwen.bootstrap.monitoring.incident_codes import DUTIES, Act, Harm, due
from suwen.bootstrap.monitoring.incidents import IncidentView
from suwen.core.errors import NotFoundError
from suwen.core.identity import PrincipalId
from suwen.core.language import Bilingual, Language
from suwen.evaluation.monitoring.buckets import age_band

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form.

    Attributes:
        value: a code with the prefix of its texts (``incident.harm.severe``), or plain text;
            ``None`` where it was not recorded.
        coded: whether ``value`` is the key of a text.
        withheld: whether there is a value that this person may not read.
    """

    name: str
    label: Bilingual
    value: str | None = field(repr=False)
    coded: bool = False
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class FormSection:
    """A part of a form."""

    title: Bilingual
    fields: Sequence[FormField]


@dataclass(frozen=True, slots=True)
class IncidentForm:
    """A filled form."""

    law: str
    title: Bilingual
    follows: str
    sections: Sequence[FormSection]


_TITLES: Final[Mapping[str, tuple[Bilingual, str]]] = {
    "cn": (
        Bilingual("医疗器械不良事件报告（使用单位）", "Medical device adverse event report (user)"),
        "医疗器械不良事件监测和再评价管理办法 (2018) 附表；字段凭记忆整理",
    ),
    "us": (
        Bilingual("用户机构器械报告（3500A 字段）", "User facility device report (3500A fields)"),
        "FDA Form 3500A, 21 CFR 803.32; fields from memory",
    ),
    "eu": (
        Bilingual(
            "制造商事件报告所需信息（MIR 字段）", "Incident for the manufacturer (MIR fields)"
        ),
        "EU Manufacturer Incident Report, sections 1-3, MDCG/IMDRF; fields from memory",
    ),
}
LAWS: Final = tuple(_TITLES)


@dataclass(frozen=True, slots=True)
class _Known:
    """Everything that a form may be filled from."""

    view: IncidentView
    product: Bilingual
    intended_use: Bilingual
    hospital: Bilingual
    sex: str | None
    age: str | None
    reporter: str
    department: str | None
    zone: tzinfo
    texts: Mapping[str, str | None] = field(repr=False)


async def incident_form(platform: Platform, view: IncidentView, law: str) -> IncidentForm:
    """The form of a law, filled with what is known and what this reader may read.

    Raises:
        NotFoundError: ``no_such_form``.
    """
    if law not in _TITLES:
        raise NotFoundError(
            "no_such_form", Bilingual(zh="没有这种表格。", en="There is no such form.")
        )
    known = await _known(platform, view, Language.ZH if law == "cn" else Language.EN)
    sections = {"cn": _china, "us": _america, "eu": _europe}[law](known)
    title, follows = _TITLES[law]
    return IncidentForm(law, title, follows, sections)


def form_as_json(form: IncidentForm) -> dict[str, Any]:
    """The form for another program."""
    return {
        "law": form.law,
        "title": {"zh": form.title.zh, "en": form.title.en},
        "follows": form.follows,
        "sections": [
            {
                "title": {"zh": section.title.zh, "en": section.title.en},
                "fields": [
                    {
                        "name": one.name,
                        "label": {"zh": one.label.zh, "en": one.label.en},
                        "value": one.value.rpartition(".")[2]
                        if one.coded and one.value
                        else one.value,
                        **({"withheld": True} if one.withheld else {}),
                    }
                    for one in section.fields
                ],
            }
            for section in form.sections
        ],
    }


async def _known(platform: Platform, view: IncidentView, language: Language) -> _Known:
    incident = view.incident
    installed = {str(app): one for app, one in platform.applications.items()}.get(
        incident.app or ""
    )
    nothing = Bilingual("", "")
    sex = age = None
    if incident.patient is not None and view.legible:
        summary = await platform.records.read_summary(incident.patient)
        if summary is not None:
            sex = summary.sex
            age = age_band(summary.birth_date, _day(view))
    words: dict[str, list[str]] = {}
    for entry in view.entries:
        if entry.words is not None:
            words.setdefault(entry.act, []).append(entry.words["text"])
    site = platform.settings.site
    return _Known(
        view=view,
        product=installed.manifest.title if installed is not None else nothing,
        intended_use=installed.manifest.intended_use if installed is not None else nothing,
        hospital=Bilingual(site.name_zh, site.name_en),
        sex=sex,
        age=age,
        reporter=await _name(platform, incident.reported_by),
        department=await _department(platform, incident.department, language),
        zone=platform.settings.zone,
        texts={act: "\n".join(said) for act, said in words.items()},
    )


async def _name(platform: Platform, account: str) -> str:
    """Name and account: the form leaves the house, where an account alone says nothing."""
    try:
        return f"{(await platform.people.read(PrincipalId(account))).name} ({account})"
    except NotFoundError:
        return account


async def _department(platform: Platform, code: str | None, language: Language) -> str | None:
    if code is None:
        return None
    name = await platform.departments.naming([code], language)
    return code if name(code) == code else f"{name(code)} ({code})"


def _moment(at: datetime, known: _Known) -> str:
    """An instant as the hospital's clocks showed it, with their offset."""
    return at.astimezone(known.zone).isoformat(" ", "minutes")


def _day(view: IncidentView) -> date:
    return view.incident.happened_at.date()


def _f(name: str, zh: str, en: str, value: str | None) -> FormField:
    return FormField(name, Bilingual(zh, en), value or None)


def _coded(name: str, zh: str, en: str, prefix: str, code: str | None) -> FormField:
    return FormField(name, Bilingual(zh, en), f"{prefix}.{code}" if code else None, coded=True)


def _told(name: str, zh: str, en: str, known: _Known, act: Act) -> FormField:
    """What people wrote at a step."""
    return FormField(name, Bilingual(zh, en), known.texts.get(act), withheld=known.view.withheld)


def _product(known: _Known) -> list[FormField]:
    incident = known.view.incident
    return [
        _f("product", "产品名称", "Product", _both(known.product) or incident.app),
        _f(
            "software_version",
            "软件版本（发布哈希）",
            "Software version (Release hash)",
            incident.release,
        ),
        _f("registration", "注册证编号 / UDI", "Registration number / UDI", None),
        _f("intended_use", "预期用途", "Intended use", _both(known.intended_use)),
        _f("manufacturer", "上市许可人 / 制造商", "Marketing authorisation holder", None),
        _f("trace", "运行编号", "Run", incident.trace),
        _f("draft", "草稿与版本", "Draft and version", _draft(known)),
    ]


def _patient(known: _Known) -> list[FormField]:
    withheld = not known.view.legible
    return [
        FormField(
            "patient",
            Bilingual("患者编号（病历号在院内系统中查）", "Patient (id in this system)"),
            None if withheld else known.view.incident.patient,
            withheld=withheld and known.view.incident.patient is not None,
        ),
        _coded("sex", "性别", "Sex", "sex", known.sex),
        _f("age", "年龄段（岁）", "Age band (years)", known.age),
    ]


def _event(known: _Known) -> list[FormField]:
    incident, facts = known.view.incident, known.view.facts
    return [
        _f(
            "happened",
            "事件发生日期",
            "Date of event",
            _moment(incident.happened_at, known),
        ),
        _f("known", "获知日期", "Date of awareness", _moment(incident.reported_at, known)),
        _coded("kind", "类别", "Kind", "incident.kind", incident.kind),
        _coded("harm", "伤害程度", "Degree of harm", "incident.harm", facts.get("harm")),
        _coded(
            "problem", "器械故障表现", "Device problem", "incident.problem", facts.get("problem")
        ),
        _told("description", "事件经过", "Description of event", known, Act.REPORT),
    ]


def _analysis(known: _Known) -> list[FormField]:
    facts = known.view.facts
    return [
        _coded("cause", "可能的原因", "Possible cause", "incident.cause", facts.get("cause")),
        _told("analysis", "原因分析", "Analysis", known, Act.ANALYSE),
        _coded("remedy", "处置", "Action", "incident.remedy", facts.get("remedy")),
        _told("action", "处置情况", "Action in words", known, Act.ACT),
        _coded("state", "处理状态", "State", "incident.state", known.view.state.value),
    ]


def _reporter(known: _Known) -> list[FormField]:
    incident = known.view.incident
    return [
        _f("facility", "报告单位", "Facility", _both(known.hospital)),
        _f("department", "科室", "Department", known.department),
        _f("reporter", "报告人", "Reporter", known.reporter),
        _f("number", "本院事件编号", "Our number", incident.id),
        *(_deadlines(known)),
    ]


def _deadlines(known: _Known) -> list[FormField]:
    harm = known.view.facts.get("harm")
    return [
        _f(
            f"due_{duty.law}",
            f"报告时限（{duty.law}，待合规确认）",
            f"To be filed by ({duty.law}, to be confirmed)",
            f"{due(duty, known.view.incident.reported_at).date().isoformat()} · {duty.source}",
        )
        for duty in (DUTIES.get(Harm(harm), ()) if harm else ())
    ]


def _china(known: _Known) -> list[FormSection]:
    return [
        FormSection(Bilingual("一、报告基本情况", "1 Report"), _reporter(known)),
        FormSection(Bilingual("二、医疗器械情况", "2 Device"), _product(known)),
        FormSection(Bilingual("三、不良事件情况", "3 Event"), [*_event(known), *_patient(known)]),
        FormSection(
            Bilingual("四、使用情况", "4 Use"),
            [
                _f("treated", "预期治疗疾病或作用", "Disease treated or purpose", None),
                _f("place", "使用场所", "Place of use", known.department),
                _f(
                    "screen",
                    "使用过程（页面）",
                    "Course of use (screen)",
                    known.view.incident.place,
                ),
                _f("others", "合并用药/械情况", "Other drugs and devices", None),
            ],
        ),
        FormSection(Bilingual("五、初步原因分析与处置", "5 Analysis and action"), _analysis(known)),
    ]


def _america(known: _Known) -> list[FormSection]:
    return [
        FormSection(Bilingual("A 患者信息", "A Patient information"), _patient(known)),
        FormSection(
            Bilingual("B 不良事件或产品问题", "B Adverse event or product problem"), _event(known)
        ),
        FormSection(Bilingual("D 可疑器械", "D Suspect medical device"), _product(known)),
        FormSection(
            Bilingual("E/F 报告人与用户机构", "E/F Initial reporter and user facility"),
            _reporter(known),
        ),
        FormSection(
            Bilingual("H 制造商部分（本院所知）", "H Manufacturer's part (what we know)"),
            _analysis(known),
        ),
    ]


def _europe(known: _Known) -> list[FormSection]:
    return [
        FormSection(Bilingual("1 管理信息", "1 Administrative information"), _reporter(known)),
        FormSection(Bilingual("2 医疗器械信息", "2 Medical device information"), _product(known)),
        FormSection(
            Bilingual("3 由医务人员提供的事件信息", "3 Incident information from the user"),
            [*_event(known), *_patient(known)],
        ),
        FormSection(
            Bilingual("4 分析（供制造商）", "4 Analysis (for the manufacturer)"), _analysis(known)
        ),
    ]


def _draft(known: _Known) -> str | None:
    incident = known.view.incident
    return f"{incident.draft} v{incident.draft_version}" if incident.draft else None


def _both(text: Bilingual) -> str:
    return text.zh if text.zh == text.en else f"{text.zh} / {text.en}".strip(" /")
