"""What may be done with a prescription, by whom, and what has to be said with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from suwen.clinical.prescription_review import CATEGORIES
from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.integration.cdshooks.answers import OVERRIDE_REASONS as CARD_REASONS
from suwen.storage.prescription_types import (
    OVERRIDDEN,
    FindingRow,
    PrescriptionAct,
    PrescriptionState,
    PrescriptionStep,
    StoredPrescription,
)

PHARMACIST: Final = "pharmacist"
PRESCRIBER: Final = "prescriber"
OTHER: Final = "other"

_WAITING: Final = (PrescriptionAct.ACCEPT, PrescriptionAct.QUERY, PrescriptionAct.REJECT)
STEPS: Final[Mapping[PrescriptionState, Mapping[str, tuple[PrescriptionAct, ...]]]] = {
    PrescriptionState.WAITING: {PHARMACIST: _WAITING},
    PrescriptionState.ANSWERED: {PHARMACIST: _WAITING},
    PrescriptionState.SECOND: {
        PHARMACIST: (
            PrescriptionAct.SECOND,
            PrescriptionAct.RETURN,
            PrescriptionAct.QUERY,
            PrescriptionAct.REJECT,
        )
    },
    PrescriptionState.QUERIED: {
        # Answered by telephone, or by whoever has no account here.
        PHARMACIST: (PrescriptionAct.RETURN,),
        PRESCRIBER: (PrescriptionAct.CHANGE, PrescriptionAct.JUSTIFY, PrescriptionAct.WITHDRAW),
    },
}
"""What may follow each state, and whose part it is; every other state is an end."""

AFTER: Final[Mapping[PrescriptionAct, PrescriptionState]] = {
    PrescriptionAct.ACCEPT: PrescriptionState.ACCEPTED,
    PrescriptionAct.SECOND: PrescriptionState.ACCEPTED,
    PrescriptionAct.RETURN: PrescriptionState.WAITING,
    PrescriptionAct.QUERY: PrescriptionState.QUERIED,
    PrescriptionAct.REJECT: PrescriptionState.REJECTED,
    PrescriptionAct.CHANGE: PrescriptionState.WAITING,
    PrescriptionAct.JUSTIFY: PrescriptionState.ANSWERED,
    PrescriptionAct.WITHDRAW: PrescriptionState.WITHDRAWN,
}

OVERRIDE_REASONS: Final[Mapping[str, Bilingual]] = {
    **{code: said for code, said in CARD_REASONS.items() if code != OTHER},
    "prescriber_confirmed": Bilingual("已与医师核实", "Confirmed with the prescriber"),
    "rule_doubtful": Bilingual("规则依据不足或待审核", "The rule is doubtful or awaits review"),
    OTHER: CARD_REASONS[OTHER],
}
"""Coded reasons for letting a finding be; the same words as at a card, and two more."""

QUERY_REASONS: Final[Mapping[str, Bilingual]] = {
    **CATEGORIES,
    OTHER: Bilingual("其他", "Other"),
}
"""Coded reasons of a query or a rejection: the national categories of prescription comments."""


def first_signer(steps: Sequence[PrescriptionStep]) -> str | None:
    """Who accepted it first, where the last word is that acceptance; ``None`` for nobody."""
    for step in reversed(steps):
        if step.act is PrescriptionAct.ACCEPT:
            return step.by
    return None


def acts_at(
    found: StoredPrescription, who: str, part: str, first: str | None
) -> tuple[PrescriptionAct, ...]:
    """What somebody may do now in this part.

    Nobody reviews what they prescribed, and the second signature is another person's.

    Args:
        first: who signed first.
    """
    own = found.prescriber == who
    if own is (part == PHARMACIST):
        return ()
    if found.state is PrescriptionState.SECOND and first == who:
        return ()
    acts = STEPS.get(found.state, {}).get(part, ())
    if found.orders:
        # What another system ordered is changed there.
        acts = tuple(act for act in acts if act is not PrescriptionAct.CHANGE)
    return acts


def needs_second(wish: str, found: StoredPrescription) -> bool:
    """Whether the hospital wants a second signature before it is accepted."""
    return wish == "always" or (wish == "interrupt" and found.decision == "interrupt")


def check_reasons(
    act: PrescriptionAct,
    reason: str | None,
    comment: str,
    overridden: Mapping[str, str],
    rows: Sequence[FindingRow],
) -> None:
    """Lets an act pass that says what it has to say.

    Raises:
        InputError: ``findings_need_reasons`` when it is accepted over a finding that interrupts;
            ``reason_needed``, ``reason_unknown`` and ``comment_needed``, with the field.
    """
    known = {row.matter for row in rows}
    for matter, given in overridden.items():
        if matter not in known or given not in OVERRIDE_REASONS:
            raise _refused("reason_unknown", "override", "没有这个理由。", "No such reason.")
        if given == OTHER and not comment:
            raise _refused("comment_needed", "comment", "请写明理由。", "Say why.")
    if act in (PrescriptionAct.ACCEPT, PrescriptionAct.SECOND):
        settled = set(overridden) | {row.matter for row in rows if row.outcome == OVERRIDDEN}
        left = [r for r in rows if r.asked == "interrupt" and r.matter not in settled]
        if left:
            raise _refused(
                "findings_need_reasons",
                "override",
                f"还有 {len(left)} 条拦截性问题未注明理由。",
                f"{len(left)} findings that interrupt need a reason first.",
            )
    if act in (PrescriptionAct.QUERY, PrescriptionAct.REJECT):
        if not reason:
            raise _refused("reason_needed", "reason", "请选择理由。", "Choose a reason.")
        if reason not in QUERY_REASONS:
            raise _refused("reason_unknown", "reason", "没有这个理由。", "No such reason.")
        if reason == OTHER and not comment:
            raise _refused("comment_needed", "comment", "请写明理由。", "Say why.")
    if act is PrescriptionAct.RETURN and not comment:
        raise _refused("comment_needed", "comment", "请写明理由。", "Say why.")


def _refused(code: str, field: str, zh: str, en: str) -> InputError:
    return InputError(code, Bilingual(zh=zh, en=en), field=field)
