"""What the patient reads: fixed texts, no diagnosis among them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from suwen.appkit import Bilingual, Language
from suwen.clinical.departments import DepartmentScore
from suwen.clinical.red_flag_rules import Urgency
from suwen.clinical.red_flags import RedFlag

_WHERE: Final = {
    Urgency.CALL_120: Bilingual("请立即拨打 120。", "Call 120 now."),
    Urgency.CRISIS: Bilingual(
        "您的安全最重要，请现在就联系能帮助您的人。", "Your safety comes first. Reach help now."
    ),
    Urgency.EMERGENCY_ROOM: Bilingual(
        "请马上到急诊；途中加重立即拨打 120。",
        "Go to the emergency department now; if it gets worse call 120.",
    ),
    Urgency.OBSTETRIC_EMERGENCY: Bilingual(
        "请马上到产科急诊；加重立即拨打 120。",
        "Go to the obstetric emergency now; if it gets worse call 120.",
    ),
    Urgency.FEVER_CLINIC: Bilingual(
        "请戴好口罩，马上到发热门诊。", "Wear a mask and go to the fever clinic now."
    ),
    Urgency.SAME_DAY: Bilingual("请今天就到儿科就诊。", "See a paediatrician today."),
}
_WORRY: Final = Bilingual(
    "您说的情况可能需要紧急处理（{name}）。", "What you tell may need urgent care ({name})."
)
_STAFF: Final = Bilingual(
    "随时可以找导诊台工作人员。", "Staff at the information desk help at any time."
)
_NOT_A_DIAGNOSIS: Final = Bilingual(
    "这是就诊建议，不是诊断；如果加重，请到急诊或拨打 120。",
    "This is advice on where to go and no diagnosis; if it gets worse, go to the emergency "
    "department or call 120.",
)
_WANTS_STAFF: Final = re.compile(
    r"人工|真人|工作人员|护士(?:帮|在)|找人|human|real person|talk to (?:someone|staff|a person)",
    re.IGNORECASE,
)
_ASKS_RULES: Final = re.compile(
    r"医保|报销|挂号|预约|取号|退号|停车|探视|几点|上班|开门|门诊时间|发票|复印|带什么|"
    r"(?:报告|结果|片子|胶片|化验单).{0,6}(?:拿|取|查|打印|出来|什么时候|多久|到哪)|"
    r"病假|假条|诊断证明|证明.{0,4}(?:开|办|盖章)|(?:开|办).{0,4}证明|多少钱|费用|退费|押金|宠物|食堂|陪护|轮椅|无线网|"
    r"怎么走|在哪|几楼|缴费|insurance|appointment|register|parking|visiting hours|opening|"
    r"where (?:is|are|do|can)|which floor|how do i get to|invoice|copy of|sick (?:note|leave)|"
    r"certificate|results? (?:ready|come|be ready)|how much (?:is|does)|refund|\bbill|wi-?fi|"
    r"canteen|wheelchair|\bpets?\b|bring (?:my|our|a|the) (?:dog|cat|pet|child|kids?)",
    re.IGNORECASE,
)
_TO_STAFF: Final = Bilingual(
    "已请工作人员来看这段对话；什么时候有人回复说不准，着急请直接去导诊台。",
    "Staff have been asked and will see this chat; how soon somebody answers is not certain. If "
    "you cannot wait, go to the information desk.",
)
_ASK_DESK: Final = Bilingual(
    "这个问题我没有找到本院的公开规定，请问导诊台，或点“找工作人员”。",
    "I found no public rule of this hospital on that. Ask at the information desk, or tap "
    "'Talk to staff'.",
)


def ask_desk(language: Language) -> str:
    """What is said to a question on the hospital's rules that the library does not answer."""
    return _ASK_DESK.in_language(language)


def wants_staff(said: Sequence[str]) -> bool:
    """Whether the patient asks for a person."""
    return bool(said) and _WANTS_STAFF.search(said[-1]) is not None


def asks_rules(said: Sequence[str]) -> bool:
    """Whether the patient asks how things are done here, which the library answers."""
    return bool(said) and _ASKS_RULES.search(said[-1]) is not None


def action_of(flag: RedFlag, language: Language) -> str:
    """What to do now."""
    where = _WHERE[flag.rule.urgency].in_language(language)
    return (
        f"{where}{'' if language is Language.ZH else ' '}{flag.rule.do_now.in_language(language)}"
    )


def emergency_pathway(flags: Sequence[RedFlag], language: Language) -> str:
    """The text above everything else when a red flag was found."""
    first = flags[0]
    name = first.rule.name.in_language(language)
    if first.rule.reader is not None:
        worry = _WORRY.in_language(language).format(name=name)
        return f"{worry}{'' if language is Language.ZH else ' '}{action_of(first, language)}"
    if language is Language.ZH:
        return f"您提到的情况（{name}）需要紧急处理。{action_of(first, language)}"
    return f"What you tell ({name}) needs urgent care. {action_of(first, language)}"


def pathway(ranked: Sequence[DepartmentScore], language: Language, *, to_staff: bool) -> str:
    """Department, steps and what to bring."""
    staff = _STAFF.in_language(language)
    note = _NOT_A_DIAGNOSIS.in_language(language)
    if to_staff:
        return f"{_TO_STAFF.in_language(language)}{'' if language is Language.ZH else ' '}{note}"
    name = ranked[0].department.name.in_language(language)
    if language is Language.ZH:
        return (
            f"建议就诊科室：{name}。先挂号（手机、自助机或窗口），再到该科分诊台签到候诊。"
            f"请带身份证或医保卡、以往病历和检查报告、正在吃的药。{staff}{note}"
        )
    return (
        f"Suggested department: {name}. Register (phone, machine or counter), then check in at "
        "the department's desk. Bring your ID or insurance card, earlier records and reports, and "
        f"the medicines you take. {staff} {note}"
    )
