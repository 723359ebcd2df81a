"""What is missing: sections, the content of a field, a whole document."""

from __future__ import annotations

from tests.evaluation.corrupted_records.case import Case
from tests.evaluation.corrupted_records.model import Encounter, Item, Plan
from tests.evaluation.corrupted_records.roll import Roll
from tests.evaluation.corrupted_records.stays import Wish

_ADMISSION = (
    "complaint",
    "illness",
    "past",
    "allergy",
    "personal",
    "marital",
    "family",
    "examination",
    "local",
    "investigations",
    "diagnosis",
)
_FIRST_COURSE = ("features", "discussion", "plan")
_DISCHARGE = (
    "admitted",
    "discharged",
    "state",
    "admission-diagnosis",
    "course",
    "discharge-diagnosis",
    "outcome",
    "orders",
)
_OPERATION = (
    "date",
    "before",
    "during",
    "operation",
    "surgeons",
    "anaesthesia",
    "steps",
    "findings",
)
_CONSENT = ("diagnosis", "operation", "complications", "risk", "opinion")
_DEATH = ("admitted", "died", "state", "admission-diagnosis", "course", "cause", "death-diagnosis")
_FRONT_PAGE = ("diagnosis", "operation", "allergy", "blood-group", "leaving", "cost")
_CONSULTATION = ("request", "opinion")


def remove_section(encounter: Encounter, key: str, code: str) -> Plan:
    """Leaves a section out, its heading too."""
    draft = encounter.draft(key)
    draft.sections = [section for section in draft.sections if section.code != code]
    return Plan("missing.section", key, about=code)


def empty_field(encounter: Encounter, key: str, code: str) -> Plan:
    """Leaves the heading and nothing behind it."""
    encounter.draft(key).section(code).text = ""
    return Plan("missing.field", key, about=code)


def remove_document(encounter: Encounter, key: str) -> Plan:
    """Leaves a document out."""
    name = encounter.draft(key).name_zh
    encounter.drafts = [draft for draft in encounter.drafts if draft.key != key]
    return Plan("missing.document", None, about=name)


def items(half: str) -> list[Item]:
    """Every mandatory section left out once, fields emptied, documents missing."""
    roll = Roll(half, "missing")
    plain = roll.cases("zh", surgery=False)
    operated, english = roll.cases("zh", surgery=True)[0], roll.cases("en", surgery=False)[0]
    for key, codes in (
        ("admission", _ADMISSION),
        ("first-course", _FIRST_COURSE),
        ("discharge", _DISCHARGE),
        ("front-page", _FRONT_PAGE),
    ):
        for number, code in enumerate(codes):
            _add_both(roll, plain[number % len(plain)], key, code)
            encounter = roll.sound(english)
            roll.add(encounter, [remove_section(encounter, key, code)], f"{key}: no {code}")
    surgical: tuple[tuple[str, tuple[str, ...]], ...] = (
        ("operation", _OPERATION),
        ("consent", _CONSENT),
    )
    for key, left_out in surgical:
        for code in left_out:
            encounter = roll.sound(operated)
            roll.add(encounter, [remove_section(encounter, key, code)], f"{key}: no {code}")
    for code in _DEATH:
        encounter = roll.stay(Wish(plain[0], roll.frame(plain[0]), half, end="death"))
        roll.add(encounter, [remove_section(encounter, "death", code)], f"death: no {code}")
    for code in _CONSULTATION:
        wish = Wish(plain[0], roll.frame(plain[0]), half, extra=("consult_request",))
        encounter = roll.stay(wish)
        plan = remove_section(encounter, "consultation", code)
        roll.add(encounter, [plan], f"consultation: no {code}")
    _add_empty_rounds(roll)
    _add_documents(roll, plain[0], operated)
    return roll.items


def _add_both(roll: Roll, case: Case, key: str, code: str) -> None:
    encounter = roll.sound(case)
    roll.add(encounter, [remove_section(encounter, key, code)], f"{key}: no {code}")
    encounter = roll.sound(case)
    roll.add(encounter, [empty_field(encounter, key, code)], f"{key}: {code} empty")


def _add_empty_rounds(roll: Roll) -> None:
    """Rounds of a senior that say nothing: no analysis, no plan."""
    words = {
        ("first", "zh"): "看过患者，一般情况可，无特殊意见。",
        ("second", "zh"): "查看患者，暂无补充。",
        ("first", "en"): "Patient seen, nothing to add.",
        ("second", "en"): "Saw the patient today, no comment.",
    }
    for case in roll.cases(surgery=False):
        for key in ("attending-round", "chief-round"):
            encounter = roll.sound(case)
            encounter.draft(key).section("round").text = words[roll.half, case.language]
            plan = Plan("missing.section", key, about="analysis")
            roll.add(encounter, [plan], f"{key}: no analysis")


def _add_documents(roll: Roll, plain: Case, operated: Case) -> None:
    for key in ("admission", "first-course", "attending-round", "discharge", "front-page"):
        encounter = roll.sound(plain)
        roll.add(encounter, [remove_document(encounter, key)], f"no {key}")
    for key in ("operation", "consent", "postoperative", "pre-operative", "consent-anaesthesia"):
        encounter = roll.sound(operated)
        roll.add(encounter, [remove_document(encounter, key)], f"no {key}")
    for key in ("death", "death-review", "rescue"):
        encounter = roll.stay(Wish(plain, roll.frame(plain), roll.half, end="death"))
        roll.add(encounter, [remove_document(encounter, key)], f"no {key}")
    for event, key in (
        ("transfer_in", "transfer-in"),
        ("takeover", "takeover"),
        ("consult_request", "consultation"),
        ("critical_value_received", "critical-value"),
        ("transfusion_end", "transfusion"),
        ("transfusion_end", "consent-transfusion"),
    ):
        encounter = roll.stay(Wish(plain, roll.frame(plain), roll.half, extra=(event,)))
        roll.add(encounter, [remove_document(encounter, key)], f"no {key}")
