"""Draft orders of what is already ordered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from suwen.clinical.allergy_classes import substance_title
from suwen.control.cards.allergies import REMOVE, order_agents, order_wording
from suwen.control.cards.medicines import (
    MedicineReader,
    medicine_concept,
    only_carries,
    substances_of,
)
from suwen.control.cards.wording import codings_of, named, plain, recorded
from suwen.core.cards import Card, CardCase, CardTopic, DraftOrder, Removal
from suwen.core.finding import Confidence, Finding, Severity, Source
from suwen.core.language import Bilingual
from suwen.core.record import CodedItem, MedicationItem, When
from suwen.language.width import fold

SAME_MEDICINE = "CDS-D01"
SAME_EXAMINATION = "CDS-D02"

_SUBSTANCES = Source("WHO ATC classification: one substance, one running order", "recalled")
_RUNNING = frozenset({"active", "on-hold", "intended"})
_ORDERS = frozenset(
    {None, "order", "original-order", "reflex-order", "filler-order", "instance-order"}
)
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Running:
    """An order that may be doubled."""

    reference: str
    wording: str
    substances: frozenset[str]
    codings: frozenset[tuple[str, str]]
    route: str
    as_needed: bool | None
    excuse: Bilingual | None


_AT_HOME = Bilingual(
    zh="患者已在服用（用药史）；如为续用，可忽略。",
    en="The patient takes it already (statement); ignore this where it is meant to go on.",
)
_ON_HOLD = Bilingual(
    zh="原医嘱为暂停状态，恢复后会与新医嘱并行。",
    en="The former order is on hold and would run beside the new one when resumed.",
)
_OTHER_ROUTE = Bilingual(
    zh="给药途径不同，请确认是否有意为之。", en="Another route: make sure that it is meant."
)
_AT_NEED = Bilingual(
    zh="一为按需、一为固定给药，注意总量。",
    en="One is at need, the other regular: mind the sum of both.",
)
_STILL_RUNS = Bilingual(
    zh="原医嘱仍在执行；请停用其一或说明理由。",
    en="The former order still runs: stop one of them or say why both.",
)


def duplicate_cards(
    case: CardCase, orders: Sequence[DraftOrder], reader: MedicineReader
) -> Iterable[Card]:
    """A card for each selected order of what another running or drafted order holds already."""
    running = (_running(item, case.now, reader) for item in case.record.medications)
    record = [one for one in running if one is not None]
    drafts = [
        _drafted(o, o.item, reader) for o in case.orders if isinstance(o.item, MedicationItem)
    ]
    seen: set[frozenset[str]] = set()
    for order in orders:
        if isinstance(order.item, CodedItem):
            yield from _examinations(case, order, order.item)
        if not isinstance(order.item, MedicationItem) or only_carries(order_agents(order, reader)):
            continue
        own = _drafted(order, order.item, reader)
        replaced = _replaced_by(order)
        others = [r for r in record if r.reference not in {order.reference, *replaced}]
        found = _worst(own, others)
        if found is None:
            # Of two drafts that double one another only one card speaks.
            found = _worst(own, [d for d in drafts if d.reference != order.reference])
            if found is not None:
                pair = frozenset({order.reference, found[0].reference})
                if pair in seen:
                    continue
                seen.add(pair)
        if found is not None:
            yield _card(order, *found)


def _running(item: MedicationItem, now: datetime, reader: MedicineReader) -> _Running | None:
    if item.status not in _RUNNING or item.intent not in _ORDERS or _is_over(item.when, now):
        return None
    if item.reference.startswith("MedicationStatement/"):
        excuse: Bilingual | None = _AT_HOME
    else:
        excuse = _ON_HOLD if item.status == "on-hold" else None
    agents = reader.agents_of_medicine(item)
    return _Running(
        reference=item.reference,
        wording=item.medication.text if item.medication else "",
        substances=substances_of(agents),
        codings=codings_of(medicine_concept(item.resource)),
        route=fold(item.route.text) if item.route else "",
        as_needed=item.as_needed,
        excuse=excuse,
    )


def _drafted(order: DraftOrder, item: MedicationItem, reader: MedicineReader) -> _Running:
    return _Running(
        reference=order.reference,
        wording=order_wording(order),
        substances=substances_of(order_agents(order, reader)),
        codings=codings_of(medicine_concept(item.resource)),
        route=fold(item.route.text) if item.route else "",
        as_needed=item.as_needed,
        excuse=None,
    )


def _is_over(moment: When | None, now: datetime) -> bool:
    """Whether an order ended; one that ends on a day runs through that day."""
    if moment is None or moment.end is None:
        return False
    whole_day = len(moment.end_text or "") <= len("2026-01-31")
    return moment.end + (_A_DAY if whole_day else timedelta()) <= now


def _replaced_by(order: DraftOrder) -> frozenset[str]:
    """Orders that the draft says it replaces."""
    prior = order.resource.get("priorPrescription")
    named_orders = [prior, *(order.resource.get("replaces") or ())]
    return frozenset(
        str(element["reference"])
        for element in named_orders
        if isinstance(element, dict) and element.get("reference")
    )


def _worst(
    own: _Running, others: Sequence[_Running]
) -> tuple[_Running, str, Bilingual, Severity] | None:
    """The other order that doubles this one with the least excuse, and what they share."""
    found: tuple[_Running, str, Bilingual, Severity] | None = None
    for other in others:
        shared = _shared(own, other)
        if shared is None:
            continue
        excuse = other.excuse or _excuse(own, other)
        if excuse is None:
            return other, shared, _STILL_RUNS, Severity.MODERATE
        found = found or (other, shared, excuse, Severity.MINOR)
    return found


def _shared(one: _Running, other: _Running) -> str | None:
    substances = one.substances & other.substances
    if substances:
        return sorted(substances)[0]
    if one.codings & other.codings:
        return one.wording
    if one.substances or other.substances:
        return None
    mine, others = fold(plain(one.wording)), fold(plain(other.wording))
    return one.wording if mine and mine == others else None


def _excuse(one: _Running, other: _Running) -> Bilingual | None:
    if one.route and other.route and one.route != other.route:
        return _OTHER_ROUTE
    if (one.as_needed is True) != (other.as_needed is True):
        return _AT_NEED
    return None


def _card(
    order: DraftOrder, other: _Running, shared: str, reason: Bilingual, severity: Severity
) -> Card:
    drug, running = named(order_wording(order)), named(other.wording)
    common = substance_title(shared)
    return Card(
        finding=Finding(
            rule=SAME_MEDICINE,
            severity=severity,
            message=Bilingual(
                zh=f"{drug}：与现有医嘱“{running}”成分重复（{named(common.zh)}）。",
                en=f"{drug}: doubles “{running}” ({named(common.en)}).",
            ),
            source=_SUBSTANCES,
            confidence=Confidence.FROM_MEMORY,
            suggestion=reason,
            evidence=(
                recorded(
                    other.reference, f"{other.reference.partition('/')[0]}.medication", running
                ),
                recorded(order.reference, f"{order.kind}.medication", order_wording(order)),
            ),
        ),
        topic=CardTopic.DUPLICATE,
        details=(reason,),
        orders=(order.reference,),
        removals=(Removal(REMOVE, order.reference),),
        overridable=severity is Severity.MODERATE,
    )


def _examinations(case: CardCase, order: DraftOrder, item: CodedItem) -> Iterable[Card]:
    """The same coded examination, ordered within the last day and not done yet."""
    own = codings_of(item.resource.get("code"))
    replaced = _replaced_by(order) | {order.reference}
    for other in case.record.service_requests:
        if (
            other.reference in replaced
            or other.status not in _RUNNING
            or other.resource.get("intent") not in _ORDERS
            or other.when is None
            or not case.now - _A_DAY <= other.when.start <= case.now
            or not own & codings_of(other.resource.get("code"))
        ):
            continue
        name = named(order_wording(order))
        yield Card(
            finding=Finding(
                rule=SAME_EXAMINATION,
                severity=Severity.MINOR,
                message=Bilingual(
                    zh=f"{name}：24 小时内已开立同一检查，尚未完成。",
                    en=f"{name}: the same was ordered within 24 hours and is not done yet.",
                ),
                source=Source("HL7 FHIR R4 ServiceRequest.status, code", "4.0.1"),
                confidence=Confidence.VERIFIED,
                evidence=(recorded(other.reference, "ServiceRequest.code", other.when.text),),
            ),
            topic=CardTopic.DUPLICATE,
            orders=(order.reference,),
            removals=(Removal(REMOVE, order.reference),),
        )
        return
