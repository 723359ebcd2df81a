"""Orders and statements of medicines as record items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suwen.core.record import (
    Coded,
    Ingredient,
    MedicationItem,
    Quantity,
    RecordItem,
    Resource,
    When,
)
from suwen.integration.fhir import elements as e
from suwen.integration.fhir.item_context import ItemContext, linked


def read_medication(resource: Resource, context: ItemContext) -> RecordItem:
    """An order or statement of a medicine, with what a compounded one is made of."""
    statement = resource["resourceType"] == "MedicationStatement"
    dosages = resource.get("dosage" if statement else "dosageInstruction") or ()
    dosage = dosages[0] if dosages else {}
    rates = dosage.get("doseAndRate") or ()
    category = resource.get("category")
    concepts = [category] if isinstance(category, Mapping) else category
    texts = [d["text"] for d in dosages if d.get("text")]
    return MedicationItem(
        **linked(
            resource, _medication_time(resource, dosage), "context" if statement else "encounter"
        ),
        medication=_drug(resource, context),
        intent=resource.get("intent"),
        category=e.category_code(concepts, ()),
        dose=_first_quantity(rates),
        route=e.coded(dosage.get("route")),
        frequency=_frequency(dosage.get("timing") or {}),
        as_needed=dosage.get("asNeededBoolean"),
        dosage_text="; ".join(texts) or None,
        reasons=e.many_coded(resource.get("reasonCode")),
        ingredients=_ingredients(resource, context),
    )


def _medication_time(resource: Resource, dosage: Mapping[str, Any]) -> When | None:
    """When an order was written and, where its dosage is bounded, when it ended."""
    repeat = (dosage.get("timing") or {}).get("repeat") or {}
    bounds = repeat.get("boundsPeriod") or {}
    authored = resource.get("authoredOn")
    if authored:
        return e.when(authored, bounds.get("end"))
    return e.when_of(resource, "effectivePeriod", "effectiveDateTime", "dateAsserted")


def _drug(resource: Resource, context: ItemContext) -> Coded | None:
    if "medicationCodeableConcept" in resource:
        return e.coded(resource["medicationCodeableConcept"])
    element = resource.get("medicationReference")
    found = e.coded(_medication_named(resource, element, context).get("code"))
    if found is None and element and element.get("display"):
        return Coded(text=str(element["display"]))
    return found


def _medication_named(
    resource: Resource, element: Mapping[str, Any] | None, context: ItemContext
) -> Mapping[str, Any]:
    """The Medication that a Reference names, contained or of the unit; empty when it is neither."""
    reference = e.reference_text(element) or ""
    if reference.startswith("#"):
        for contained in resource.get("contained") or ():
            if contained.get("id") == reference[1:]:
                return dict(contained)
        return {}
    return context.follow(element) or {}


def _ingredients(resource: Resource, context: ItemContext) -> tuple[Ingredient, ...]:
    compound = _medication_named(resource, resource.get("medicationReference"), context)
    found = []
    for part in compound.get("ingredient") or ():
        element = part.get("itemReference")
        item = e.coded(part.get("itemCodeableConcept")) or e.coded(
            _medication_named(resource, element, context).get("code")
        )
        if item is None and element and element.get("display"):
            item = Coded(text=str(element["display"]))
        strength = part.get("strength") or {}
        if item is not None:
            amount, per = (e.quantity(strength.get(k)) for k in ("numerator", "denominator"))
            found.append(Ingredient(item, amount, per))
    return tuple(found)


def _first_quantity(rates: Any) -> Quantity | None:
    for rate in rates:
        for name in ("doseQuantity", "rateQuantity"):
            found = e.quantity(rate.get(name))
            if found is not None:
                return found
    return None


def _frequency(timing: Mapping[str, Any]) -> str | None:
    named = e.coded(timing.get("code"))
    if named is not None:
        return named.text
    repeat = timing.get("repeat") or {}
    count, span, unit = (repeat.get(k) for k in ("frequency", "period", "periodUnit"))
    if count is None or span is None or unit is None:
        return None
    return f"{count} per {span} {unit}"
