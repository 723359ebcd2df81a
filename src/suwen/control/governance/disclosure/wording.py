"""What a sheet says in words of ours: about the platform, who decides, what was counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from suwen.control.governance.answerability import Answering, Gap, Party
from suwen.core.language import Bilingual
from suwen.core.manifest import Audience, Manifest, SignOffRule

ORIGINS: Final = {
    "register": Bilingual("登记册", "register"),
    "manifest": Bilingual("应用清单", "manifest"),
    "release": Bilingual("放行记录", "Releases"),
    "platform": Bilingual("平台", "platform"),
    "evaluation": Bilingual("本院评估记录", "evaluations of this hospital"),
    "monitoring": Bilingual("本院监测记录", "monitoring of this hospital"),
}
GATE: Final = {
    True: Bilingual("达到门槛", "the gate was reached"),
    False: Bilingual("未达到门槛", "the gate was not reached"),
    None: Bilingual("无门槛", "no gate"),
}
PUBLIC_SET: Final = Bilingual(
    "；题集公开，模型可能见过", "; the cases are published, a model may have seen them"
)
NO_MODEL: Final = Bilingual(
    "未放行任何语言模型：只用规则", "No language model is released: rules alone"
)
NO_PLAN: Final = Bilingual(
    "无：任何变更都须重新评估或批准", "None: every change is evaluated or approved anew"
)
FAIRNESS_WATCHED: Final = Bilingual(
    "接受、修改与退回按性别和年龄组分别统计并比较。",
    "Acceptance, edits and rejections are counted and compared by sex and age group.",
)
STAGES: Final = {
    "planned": Bilingual("计划中", "Planned"),
    "in_evaluation": Bilingual("评估中", "In evaluation"),
    "in_use": Bilingual("使用中", "In use"),
    "suspended": Bilingual("已停用", "Taken out of use"),
    "retired": Bilingual("已退役", "Retired"),
}
_ROLES: Final = {
    "physician": Bilingual("医师", "Physicians"),
    "chief_physician": Bilingual("主任医师", "Chief physicians"),
    "nurse": Bilingual("护士", "Nurses"),
    "pharmacist": Bilingual("药师", "Pharmacists"),
    "quality_officer": Bilingual("质控员", "Quality officers"),
    "researcher": Bilingual("研究人员", "Researchers"),
    "compliance_officer": Bilingual("合规办公室", "Compliance office"),
    "patient_services": Bilingual("患者服务", "Patient services"),
    "service": Bilingual("系统与患者入口", "Systems and patients' pages"),
}
_GAPS: Final = {
    Gap.NOBODY: Bilingual("尚无人负责", "nobody yet"),
    Gap.NOT_YET: Bilingual("尚未生效", "not yet in force"),
    Gap.NO_ACCOUNT: Bilingual("账号已不存在", "the account is gone"),
    Gap.ACCOUNT_DISABLED: Bilingual("账号已停用", "the account is disabled"),
}


def role(name: str) -> Bilingual:
    """A role in words."""
    return _ROLES.get(name, Bilingual(name, name))


def of_manifest(manifest: Manifest) -> Mapping[str, tuple[Bilingual, ...]]:
    """What follows from the manifest: who decides, and which facts about a person are read."""
    variables: tuple[Bilingual, ...] = ()
    if "Patient" in manifest.reads:
        variables = (Bilingual("性别、出生日期", "Sex and birth date"),)
    first = manifest.first_opinion
    return {
        "output_kind": (_output_kind(manifest),),
        "decision_role": (_decision_role(manifest),),
        "input_variables": variables,
        "first_opinion": (
            Bilingual(
                "是：先写下自己的判断，才显示输出", "Yes: the output is shown after the own view"
            )
            if first
            else Bilingual("否", "No"),
        ),
    }


def of_platform(manifest: Manifest) -> Mapping[str, tuple[Bilingual, ...]]:
    """What the platform does for every application of ours.

    Source of the label: 人工智能生成合成内容标识办法 (2025), GB 45438-2025.
    """
    whose = "患者" if manifest.audience is Audience.PATIENT else "工作人员"
    return {
        "explanation": (
            Bilingual(
                "每条陈述都指向其依据（病历条目、知识段落、规则或计算）；没有依据的陈述会标出。",
                "Each statement points at its evidence: an item of the record, a passage, a rule "
                "or a calculation. What has none is marked.",
            ),
        ),
        "label": (
            Bilingual(
                f"向{whose}显示的每份输出都有“AI 辅助生成”标识；"
                "文件元数据中有属性、提供者和内容编号。",
                "Each output is labelled as made with AI, visibly and in the metadata of files "
                "(attribute, provider, content number).",
            ),
        ),
        "security": (
            Bilingual(
                "运行在医院自己的机器上，不向外发送；病历按患者加密保存。",
                "It runs on the hospital's own machines and sends nothing out; records are sealed "
                "by a key for each patient.",
            ),
        ),
        "logging": (
            Bilingual(
                "每次运行在发生之前即写入防篡改的审计链；谁看、谁签、谁改都有记录。",
                "Each run is on a tamper-evident audit chain before it happens; so is who read, "
                "signed and changed what.",
            ),
        ),
        "updates": (
            Bilingual(
                "任何变更都改变版本号；按变更类别重新评估、重新批准后才启用。",
                "Every change is another version, which is evaluated and approved anew as the "
                "class of the change asks.",
            ),
        ),
        "correction": (
            Bilingual(
                "可立即停用；不良事件与不同意见由另一人复核并留存结论。",
                "It can be taken out of use at once. Incidents and disagreements are read by "
                "another person, and the outcome is kept.",
            ),
        ),
    }


def training(months: int | None) -> Bilingual:
    """Whether a training is asked for."""
    if months is None:
        return Bilingual("登记册未要求", "The register asks for none")
    return Bilingual(
        f"须经另一人培训并考核合格，{months} 个月内有效；否则不能使用",
        f"Trained by another person and found fit, within {months} months; else it cannot be used",
    )


def watched(until: date) -> Bilingual:
    """That monitoring has counted, and until when."""
    on = until.isoformat()
    return Bilingual(
        f"每日统计接受、修改、退回、签署用时、无依据陈述与延迟，按控制限报警；已统计到 {on}。",
        "Acceptance, edits, rejections, time to sign, unsupported statements and delay are counted "
        f"daily, with alarms by control limits; counted until {on}.",
    )


def incidents(count: int) -> Bilingual:
    """How many were reported."""
    return Bilingual(f"{count} 起", str(count))


def duty(words: Bilingual, one: Answering, *, by_name: bool) -> Bilingual:
    """Who has a duty; without names the office alone, and a gap as a gap."""
    who = _holder(one, by_name=by_name)
    since = f" {one.since.isoformat()}" if by_name and one.since is not None else ""
    return Bilingual(f"{words.zh}：{who.zh}{since}", f"{words.en}: {who.en}{since}")


def _holder(one: Answering, *, by_name: bool) -> Bilingual:
    if one.gap is not None:
        return _GAPS[one.gap]
    name = one.name or ""
    if one.declared and name.startswith("role:"):
        return role(name.removeprefix("role:"))
    if not by_name and one.party is not Party.DEVELOPER:
        return Bilingual(one.role or "已指定人员", one.role or "a named person")
    return Bilingual(
        f"{name}（{one.role}）" if one.role else name, f"{name} ({one.role})" if one.role else name
    )


def _output_kind(manifest: Manifest) -> Bilingual:
    if manifest.sign_off is SignOffRule.NONE:
        return Bilingual("信息与检索结果", "Information and what was found")
    return Bilingual("供人审核的草稿与提示", "Drafts and findings for a person to check")


def _decision_role(manifest: Manifest) -> Bilingual:
    if manifest.sign_off is SignOffRule.NONE:
        return Bilingual(
            "只提供信息，不作决定；不代替医师。",
            "It informs and decides nothing; it does not replace a physician.",
        )
    signer = role(manifest.sign_off.value)
    also = Bilingual("，并由上级审签", ", and a superior signs too") if manifest.co_sign else None
    zh, en = (also.zh, also.en) if also is not None else ("", "")
    return Bilingual(
        f"只产生草稿；须由{signer.zh}审核签署{zh}后才生效，签署者负责。",
        f"It makes drafts. {signer.en} check and sign each{en} before it counts, and answer for "
        "it.",
    )
