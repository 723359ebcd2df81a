"""What people hear whom a policy keeps out, by the policy's id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from suwen.core.language import Bilingual

NOT_PERMITTED = Bilingual(
    zh="您的角色、用途或授权不允许此操作。如工作需要，请联系科主任或安全管理员。",
    en="Your role, purpose or rights do not allow this. "
    "If your work needs it, ask the head of department or the security administrator.",
)
_LAUNCHED = Bilingual(
    zh="本窗口是从医院系统为一名患者打开的，只能处理该患者。请从医院系统重新打开，或另行登录。",
    en="This window was opened out of a hospital system for one patient and ends there. Open it "
    "again from that system, or sign in in a window of its own.",
)
MESSAGES: Final[Mapping[str, Bilingual]] = {
    "launched_for_another_patient": _LAUNCHED,
    "launched_for_another_patients_drafts": _LAUNCHED,
    "launched_for_one_patient_only": _LAUNCHED,
    "no_care_relationship": Bilingual(
        zh="您与该患者没有诊疗关系，不能查看或处理其病历。",
        en="You have no care relationship with this patient, so the record is closed to you.",
    ),
    "wrong_partition": Bilingual(
        zh="该应用属于另一分区，不能在此运行。",
        en="This application belongs to the other partition and cannot run here.",
    ),
    "an_escalated_draft_waits_for_a_superior": Bilingual(
        zh="该草稿已上报，须由上级医师决定。",
        en="This draft was escalated; a superior has to decide.",
    ),
    "only_people_sign": Bilingual(
        zh="只有本人可以签名，服务账号不能签名。",
        en="Only a person signs; a service account cannot.",
    ),
    "breaking_the_glass_does_not_sign": Bilingual(
        zh="紧急访问只能阅读，不能签名。",
        en="Emergency access lets you read, not sign.",
    ),
    "nobody_reviews_their_own_emergency": Bilingual(
        zh="本人的紧急访问须由他人审核。",
        en="Somebody else reviews an emergency access than whoever declared it.",
    ),
    "nobody_reads_their_own_disagreement": Bilingual(
        zh="本人提出的异议须由他人复核。",
        en="Somebody else reads a second time than whoever disagreed.",
    ),
    "offices_are_kept_apart": Bilingual(
        zh="系统、安全、审计三类管理员不得由同一账号兼任。",
        en="One account must not hold two of the system, security and audit offices.",
    ),
}
