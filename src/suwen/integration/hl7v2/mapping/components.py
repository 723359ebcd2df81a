"""RXC: what a compounded medicine is made of, as a Medication contained in its order.

Source: HL7 v2.5.1, 4.14.3 (RXC), table 0166; FHIR R4, Medication.ingredient.
"""

from __future__ import annotations

from decimal import Decimal

from suwen.integration.hl7v2.mapping import datatypes as d
from suwen.integration.hl7v2.mapping.context import Mapping, Resource
from suwen.integration.hl7v2.mapping.systems import v2_table
from suwen.integration.hl7v2.message import Segment
from suwen.integration.hl7v2.refusal import missing, not_in_table, wrong_form

RXC = frozenset({1, 2, 3, 4, 5, 6})

_ID = "compound"
_EXTENSIONS = "https://suwen.example/fhir/StructureDefinition"
_TYPES = {"B": "Base", "A": "Additive"}


def name_medicine(request: Resource, drug: Resource) -> None:
    """Says which medicine is ordered; what a compound is made of stays with it."""
    compound = compound_of(request)
    if compound is None:
        request["medicationCodeableConcept"] = drug
        return
    compound["code"] = drug
    request["medicationReference"] = _reference(drug)


def map_component(segment: Segment, m: Mapping, request: Resource) -> None:
    """Adds one component to the medicine of an order.

    Raises:
        MessageRefusedError: ``hl7_field_missing`` without the component's code,
            ``hl7_code_unknown`` at RXC-1, ``hl7_data_type`` at an amount.
    """
    item = m.concept(segment, 2)
    if item is None:
        raise missing(segment.where(2))
    ingredient: Resource = {"itemCodeableConcept": item}
    extensions = _extensions(segment, m)
    if extensions:
        ingredient["extension"] = extensions
    amount = _quantity(segment, m, 3, 4)
    if amount is not None:
        # Of one preparation: RXC-3 is what is added to it.
        denominator = {"value": Decimal(1), "unit": "preparation"}
        ingredient["strength"] = {"numerator": amount, "denominator": denominator}
    _compound(request).setdefault("ingredient", []).append(ingredient)
    m.leave_out(segment, RXC)


def compound_of(request: Resource) -> Resource | None:
    """The contained Medication of a compounded medicine; ``None`` for any other."""
    for contained in request.get("contained", ()):
        if contained["id"] == _ID:
            found: Resource = contained
            return found
    return None


def _compound(request: Resource) -> Resource:
    compound = compound_of(request)
    if compound is None:
        drug = request.pop("medicationCodeableConcept")
        compound = {"resourceType": "Medication", "id": _ID, "code": drug}
        request["contained"] = [compound]
        request["medicationReference"] = _reference(drug)
    return compound


def _reference(drug: Resource) -> Resource:
    reference = {"reference": f"#{_ID}"}
    coding = (drug.get("coding") or [{}])[0]
    name = drug.get("text") or coding.get("display") or coding.get("code")
    return {**reference, "display": name} if name else reference


def _extensions(segment: Segment, m: Mapping) -> list[Resource]:
    found: list[Resource] = []
    kind = segment.text(1).strip().upper()
    if kind:
        if kind not in _TYPES:
            raise not_in_table(segment.where(1), "HL70166")
        coding = {"system": v2_table("0166"), "code": kind, "display": _TYPES[kind]}
        found.append({"url": f"{_EXTENSIONS}/component-type", "valueCoding": coding})
    strength = _quantity(segment, m, 5, 6)
    if strength is not None:
        found.append({"url": f"{_EXTENSIONS}/component-strength", "valueQuantity": strength})
    return found


def _quantity(segment: Segment, m: Mapping, number: int, unit_number: int) -> Resource | None:
    """An amount with its unit; ``None`` when there is no amount."""
    text = segment.text(number).strip()
    unit = d.unit_of(segment.components(unit_number), segment.delimiters, m.names)
    if not text:
        if unit:
            m.not_mapped(segment, unit_number)
        return None
    value = d.number_of(text)
    if value is None:
        raise wrong_form(segment.where(number), "数字", "a number")
    return d.quantity(value, unit)
