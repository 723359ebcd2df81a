"""What the hooks of ordering know of the pharmacists' queue, and bring into it."""

from __future__ import annotations

import hashlib

from suwen.core.cards import CardCase, Quieted
from suwen.core.exact_json import write_exact
from suwen.core.ports import Clock
from suwen.core.record import MedicationItem, Resource
from suwen.storage.prescription_arrivals import ArrivalStore
from suwen.storage.rule_answers import RuleAnswerStore

ORIGIN = "cds"


class AnswersOfEncounter:
    """What was overridden before in an encounter, at either door, and which rules are quiet."""

    def __init__(self, answers: RuleAnswerStore, clock: Clock) -> None:
        self._answers = answers
        self._clock = clock

    async def quieted(self, patient: str, encounter: str) -> Quieted:
        """What asks no more about this patient in this encounter."""
        matters = await self._answers.overridden(patient, encounter)
        rules = await self._answers.quiet_rules(self._clock.now())
        return Quieted(matters, frozenset(rules))


class SignedOrders:
    """Orders of an EMR that sends no messages, at the moment at which they are signed."""

    def __init__(self, arrivals: ArrivalStore, clock: Clock) -> None:
        self._arrivals = arrivals
        self._clock = clock

    async def signed(self, client: str, patient: str, case: CardCase) -> None:
        """Notes the orders of medicines with what is known of the patient; the same once."""
        orders = [
            _named(order.resource, order.reference, case.encounter)
            for order in case.orders
            if isinstance(order.item, MedicationItem)
        ]
        if not orders:
            return
        record = case.record
        known = [
            record.patient,
            *record.encounters,
            *record.conditions,
            *record.observations,
            *record.allergies,
            *record.medications,
        ]
        references = [order["id"] for order in orders]
        resources = [dict(item.resource) for item in known]
        resources = [
            r
            for r in resources
            if r.get("resourceType") != "MedicationRequest" or r.get("id") not in references
        ]
        exact = write_exact({"orders": orders, "patient": patient})
        digest = hashlib.sha256(exact.encode()).hexdigest()
        await self._arrivals.add(
            f"cds:{client}:{digest}",
            ORIGIN,
            patient,
            [f"MedicationRequest/{one}" for one in references],
            {"resources": [*resources, *orders]},
            self._clock.now(),
        )


def _named(order: Resource, reference: str, encounter: str | None) -> dict[str, object]:
    """The order with its encounter, where the call alone names it."""
    found = {**order, "resourceType": "MedicationRequest", "id": reference.rpartition("/")[2]}
    if encounter is not None and "encounter" not in found:
        found["encounter"] = {"reference": f"Encounter/{encounter.removeprefix('Encounter/')}"}
    return found
