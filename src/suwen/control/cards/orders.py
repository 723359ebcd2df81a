"""Orders in the making against the record: allergies, duplicates, what they lack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from suwen.clinical.prescription_review.rulebook import RuleBook, rule_book
from suwen.control.cards.allergies import (
    Allergen,
    AllergyKind,
    allergy_card,
    is_documented,
    order_agents,
    order_wording,
    read_allergies,
)
from suwen.control.cards.completeness import (
    dosage_text,
    dose_missing,
    lacking,
    words_of_lacking,
)
from suwen.control.cards.duplicates import duplicate_cards
from suwen.control.cards.medicines import reader_of
from suwen.control.cards.wording import listed, named, recorded
from suwen.core.cards import (
    Card,
    CardAnswer,
    CardCase,
    CardTopic,
    DraftOrder,
    Hook,
    Indicator,
    Unchecked,
)
from suwen.core.finding import Severity
from suwen.core.language import Bilingual
from suwen.core.record import MedicationItem

_ALLERGIES = Bilingual(zh="过敏", en="allergies")
_DUPLICATES = Bilingual(zh="重复医嘱", en="duplicate orders")
_NOT_OBTAINED = Bilingual(zh="未取得相关记录", en="the record of them was not obtained")
_NAMELESS = Bilingual(
    zh="有现有医嘱读不出药名", en="the medicine of a running order cannot be read"
)
_NOBODY_ASKED = Bilingual(
    zh="病历中没有过敏史，也没有“无已知过敏”的记录",
    en="the record holds no allergy and no statement that there is none",
)
_NO_TABLE = Bilingual(
    zh="药品表中没有，仅比较了文字",
    en="not in the table of medicines; only the wording was compared",
)
_NOT_READ_AS = Bilingual(zh="过敏条目无法识别为药物", en="the entry cannot be read as a medicine")


class OrderChecks:
    """Checks draft orders without any licensed table; prescription review adds its own.

    Args:
        book: the rows of prescription review as the hospital has them; its dictionary is read by.
    """

    card_title = Bilingual(zh="医嘱核对", en="Order checks")
    card_hooks = frozenset({Hook.ORDER_SELECT, Hook.ORDER_SIGN})
    card_reads = frozenset(
        {"AllergyIntolerance", "MedicationRequest", "MedicationStatement", "ServiceRequest"}
    )

    def __init__(self, book: Callable[[], RuleBook] = rule_book) -> None:
        self._book = book

    def cards(self, case: CardCase) -> CardAnswer:
        """What speaks against the selected orders, and what could not be checked about them."""
        orders = [order for order in case.orders if order.selected]
        if not orders:
            return CardAnswer()
        reader = reader_of(self._book())
        allergens = read_allergies(case.record, reader)
        cards: list[Card] = []
        for order in orders:
            against = allergy_card(order, allergens, reader) if order.item is not None else None
            if against is not None:
                cards.append(against)
        cards.extend(duplicate_cards(case, orders, reader))
        cards.extend(_incomplete(case, orders))
        unknown = [
            named(order_wording(order)) or order.reference
            for order in orders
            if isinstance(order.item, MedicationItem) and not order_agents(order, reader)
        ]
        unchecked = [*_unchecked(case, orders, allergens, cards), *_unknown(unknown, orders)]
        return CardAnswer(tuple(cards), tuple(unchecked))


def _incomplete(case: CardCase, orders: Sequence[DraftOrder]) -> Iterator[Card]:
    signing = case.hook is Hook.ORDER_SIGN
    for order in orders:
        if not isinstance(order.item, MedicationItem):
            continue
        missing = lacking(order.resource)
        if not missing:
            continue
        parts = words_of_lacking(missing)
        name, text = named(order_wording(order)), dosage_text(order.resource)
        details = [
            Bilingual(
                zh="因此未核对剂量。" if signing else "可在签署前补全。",
                en="So the dose was not checked."
                if signing
                else "It can be completed before the order is signed.",
            )
        ]
        if text is not None:
            details.append(
                Bilingual(
                    zh=f"用法仅以文字给出：{named(text)}。文字不能作为剂量核对。",
                    en=f"The dosage is given in words only: {named(text)}. Words cannot be "
                    "checked as a dose.",
                )
            )
        yield Card(
            finding=dose_missing(
                Bilingual(zh=f"{name}：缺少{parts.zh}。", en=f"{name}: no {parts.en}."),
                Severity.INFO,
                recorded(order.reference, f"{order.kind}.dosageInstruction", text or ""),
            ),
            topic=CardTopic.UNCHECKED,
            details=tuple(details),
            indicator=Indicator.WARNING if signing else Indicator.INFO,
            orders=(order.reference,),
        )


def _unchecked(
    case: CardCase,
    orders: Sequence[DraftOrder],
    allergens: Sequence[Allergen],
    cards: Sequence[Card],
) -> Iterator[Unchecked]:
    grave = case.hook is Hook.ORDER_SIGN
    if not case.obtained("AllergyIntolerance"):
        yield Unchecked(_ALLERGIES, _NOT_OBTAINED, grave)
    elif not is_documented(case.record):
        yield Unchecked(_ALLERGIES, _NOBODY_ASKED, grave)
    else:
        yield from _unread_allergens(allergens, orders, cards)
    if not case.obtained("MedicationRequest"):
        yield Unchecked(_DUPLICATES, _NOT_OBTAINED, grave)
    nameless = [item.reference for item in case.record.medications if item.medication is None]
    if nameless:
        yield Unchecked(_DUPLICATES, _NAMELESS, grave)


def _unknown(unknown: Sequence[str], orders: Sequence[DraftOrder]) -> Iterator[Unchecked]:
    """Orders that no table knows, and those of a kind that is not checked."""
    if unknown:
        yield Unchecked(listed(unknown), _NO_TABLE)
    kinds = Counter(order.kind for order in orders if order.item is None)
    for kind, number in sorted(kinds.items()):
        yield Unchecked(
            Bilingual(zh=f"{kind} 医嘱（{number} 条）", en=f"{kind} orders ({number})"),
            Bilingual(zh="此类医嘱不在核对范围内", en="orders of this kind are not checked"),
        )


def _unread_allergens(
    allergens: Iterable[Allergen], orders: Sequence[DraftOrder], cards: Sequence[Card]
) -> Iterator[Unchecked]:
    told = {e.reference.partition("#")[0] for card in cards for e in card.finding.evidence}
    unread = [
        named(allergen.label) or allergen.item.reference
        for allergen in allergens
        if (allergen.unknown or allergen.kind is AllergyKind.UNREADABLE)
        and allergen.item.reference not in told
    ]
    if unread and any(isinstance(order.item, MedicationItem) for order in orders):
        names = listed(unread)
        yield Unchecked(Bilingual(zh=f"过敏“{names.zh}”", en=f"allergy “{names.en}”"), _NOT_READ_AS)
