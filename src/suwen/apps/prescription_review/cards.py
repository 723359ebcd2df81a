"""What the review says at a hook: one card for each matter, and only what is grave in red."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from suwen.appkit import Bilingual, InputError
from suwen.apps.prescription_review.from_record import drafted
from suwen.clinical.prescription_review import (
    Action,
    Kind,
    Prescription,
    Review,
    ReviewFinding,
    RuleBook,
    alternatives_for,
    review,
)
from suwen.core.cards import (
    Card,
    CardAnswer,
    CardCase,
    CardTopic,
    DraftOrder,
    Hook,
    Indicator,
    Removal,
    Unchecked,
    matter_of,
)
from suwen.core.finding import Severity
from suwen.core.record import MedicationItem

CARD_TITLE: Final = Bilingual(zh="处方审核", en="Prescription review")
CARD_HOOKS: Final = frozenset({Hook.ORDER_SELECT, Hook.ORDER_SIGN})

_TOPICS: Final[Mapping[Kind, CardTopic]] = {
    Kind.INTERACTION: CardTopic.INTERACTION,
    Kind.COMPATIBILITY: CardTopic.INTERACTION,
    Kind.ALLERGY: CardTopic.ALLERGY,
    Kind.DUPLICATE: CardTopic.DUPLICATE,
    Kind.DOSE: CardTopic.DOSE,
    Kind.RENAL: CardTopic.DOSE,
    Kind.HEPATIC: CardTopic.CONTRAINDICATION,
    Kind.PREGNANCY: CardTopic.CONTRAINDICATION,
    Kind.LACTATION: CardTopic.CONTRAINDICATION,
    Kind.AGE: CardTopic.CONTRAINDICATION,
    Kind.DISEASE: CardTopic.CONTRAINDICATION,
}
_INDICATORS: Final = {Action.INTERRUPT: Indicator.CRITICAL, Action.INFORM: Indicator.WARNING}
_SLIGHT: Final = frozenset({Severity.MINOR, Severity.INFO})
_REMOVE: Final = Bilingual(zh="撤回该医嘱", en="Take this order back")
_NOT_READ: Final = Bilingual(
    zh="记录中有无法采用的值，未能核对", en="the record holds a value that cannot be; not checked"
)
_PROBLEMS: Final = Bilingual(zh="疾病禁忌与适应证", en="diseases and indications")
_NOT_OBTAINED: Final = Bilingual(zh="未取得诊断", en="the problems were not obtained")
_LEGAL: Final = "legal"
_SETTING: Final = Bilingual(zh="处方天数与门急诊规定", en="days' supply and outpatient rules")
_NO_SETTING: Final = Bilingual(
    zh="不知道就诊类别（门诊、急诊、住院）", en="the kind of encounter is not known"
)
# The platform's own order checks say these of every order.
_SAID_ELSEWHERE: Final = frozenset({"UNC-allergies", "UNC-dose", "UNC-route", "UNC-frequency"})


def cards_of(case: CardCase, book: RuleBook) -> CardAnswer:
    """A card for each matter that asks for attention, and what could not be checked."""
    orders = [order for order in case.orders if isinstance(order.item, MedicationItem)]
    selected = [order for order in orders if order.selected]
    if not selected:
        return CardAnswer()
    try:
        prescription, setting_known = drafted(case, [_item(order) for order in orders])
    except InputError:
        return CardAnswer(unchecked=(Unchecked(CARD_TITLE, _NOT_READ, grave=True),))
    found = review(prescription, book)
    wanted = frozenset(order.reference for order in selected)
    problems_known = case.obtained("Condition")
    heads = tuple(
        group
        for group in found.groups
        if (setting_known and problems_known) or group[0].row.table != _LEGAL
    )
    said = tuple(_said(heads, wanted, prescription, book))
    lacking = tuple(_lacking(found, wanted))
    if not problems_known:
        lacking = (*lacking, Unchecked(_PROBLEMS, _NOT_OBTAINED))
    if not setting_known:
        lacking = (*lacking, Unchecked(_SETTING, _NO_SETTING))
    return CardAnswer(said, lacking)


def _item(order: DraftOrder) -> MedicationItem:
    if not isinstance(order.item, MedicationItem):
        raise TypeError("an order that is reviewed is one of a medicine")
    # The caller's name of the order stands in the answer, whatever the resource calls itself.
    return replace(order.item, reference=order.reference)


def _said(
    groups: Iterable[Sequence[ReviewFinding]],
    wanted: frozenset[str],
    prescription: Prescription,
    book: RuleBook,
) -> Iterable[Card]:
    for head, *others in groups:
        if head.action is Action.PASS or head.kind is Kind.UNCHECKED:
            continue
        about = tuple(dict.fromkeys(line for line in head.lines if line in wanted))
        if not about:
            continue
        yield _card(head, others, about, alternatives_for(head, prescription, book))


def _card(
    head: ReviewFinding,
    others: Sequence[ReviewFinding],
    about: tuple[str, ...],
    instead: Sequence[Bilingual],
) -> Card:
    finding = head.as_finding()
    details = [one for one in (head.advice, head.explanation) if one.zh]
    details += [other.message for other in others]
    if instead:
        details.append(
            Bilingual(
                zh=f"可考虑：{'、'.join(one.zh for one in instead)}（供参考）。",
                en=f"To consider: {', '.join(one.en for one in instead)}.",
            )
        )
    slight = head.severity in _SLIGHT
    return Card(
        finding=finding,
        topic=_TOPICS.get(head.kind, CardTopic.PRESCRIBING),
        details=tuple(details),
        indicator=Indicator.INFO if slight else _INDICATORS[head.action],
        orders=about,
        removals=tuple(Removal(_REMOVE, order) for order in about),
        overridable=head.overridable and not slight,
        matter=matter_of(head.key),
    )


def _lacking(found: Review, wanted: frozenset[str]) -> Iterable[Unchecked]:
    """What lacked, once each; what concerns other orders alone is left to them."""
    told: dict[str, Unchecked] = {}
    for finding in found.findings:
        if finding.kind is not Kind.UNCHECKED or finding.rule in _SAID_ELSEWHERE:
            continue
        if finding.lines and wanted.isdisjoint(finding.lines):
            continue
        told[finding.rule] = Unchecked(CARD_TITLE, _without_stop(finding.message))
    yield from told.values()


def _without_stop(said: Bilingual) -> Bilingual:
    return Bilingual(zh=said.zh.rstrip("。"), en=said.en.rstrip("."))
