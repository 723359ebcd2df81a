"""ORC, OBR, RXO, RXE, RXR, RXC and TQ1: what was ordered, and how an order stands.

Source: HL7 v2.5.1, 4.5.1 (ORC), 4.5.3 (OBR), 4.14.1 (RXO), 4.14.4 (RXE), 4.14.2 (RXR), 4.5.4 (TQ1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from suwen.integration.hl7v2.mapping import datatypes as d
from suwen.integration.hl7v2.mapping import tables
from suwen.integration.hl7v2.mapping.components import compound_of, map_component, name_medicine
from suwen.integration.hl7v2.mapping.context import Mapping, Resource, reference_to
from suwen.integration.hl7v2.mapping.systems import v2_table
from suwen.integration.hl7v2.mapping.timing import add_timing
from suwen.integration.hl7v2.message import Segment
from suwen.integration.hl7v2.refusal import (
    misplaced,
    missing,
    missing_segment,
    not_in_table,
    wrong_form,
)

ORC = frozenset({1, 2, 3, 4, 5, 7, 9, 12, 16})
OBR_ORDER = frozenset({1, 2, 3, 4, 5, 6, 16, 24, 27, 31})

_PHARMACY = frozenset({"OMP", "RDE", "RDS", "RAS", "RGV"})
_NO_STATUS = frozenset(
    {
        "", "RE", "SC", "SR", "SS", "DE", "UA", "UC", "UD", "UH", "UM", "UN", "UR", "UX", "UF",
        "MC", "LI", "CN", "NR", "RR", "OK",
    }
)  # fmt: skip
_STOPPED = frozenset({"DC", "OD", "DR"})
_PRIORITIES = {"S": "stat", "A": "asap", "R": "routine", "P": "urgent", "T": "stat", "UR": "urgent"}


@dataclass(slots=True)
class Order:
    """One order while its segments are read.

    Attributes:
        common: its ORC, where one came.
        requests: references of the requests made of it.
        medication: the MedicationRequest, to which later segments add.
        service: the ServiceRequest of its OBR.
        details: whether any detail segment came.
        restated: whether an RXE came after components; those that follow it take their place.
    """

    common: Segment | None = None
    requests: list[str] = field(default_factory=list)
    medication: Resource | None = None
    service: Resource | None = None
    details: bool = False
    restated: bool = False

    def number(self, detail: Segment | None, m: Mapping) -> str:
        """By which number the order is known: the placer's, else the filler's."""
        for place in (2, 3):
            for segment in (self.common, detail):
                if segment is not None and (segment is self.common or segment.name == "OBR"):
                    value = segment.text(place).strip()
                    if value:
                        return value
        return f"message:{m.header.control_id}"


def order_status(order: Order, m: Mapping, medication: bool = False) -> str:
    """What ORC-1 and ORC-5 say of the order; ``unknown`` when they say nothing.

    Raises:
        MessageRefusedError: ``hl7_code_unknown`` at ORC-1.
    """
    segment = order.common
    if segment is None:
        return "unknown"
    control = segment.text(1).strip().upper()
    stated = segment.text(5).strip().upper()
    if control not in _NO_STATUS and control not in tables.CONTROL_STATUS:
        raise not_in_table(segment.where(1), "HL70119")
    status = tables.CONTROL_STATUS.get(control, "unknown")
    if status not in ("revoked", "on-hold") and stated:
        known = tables.ORDER_STATUS.get(stated)
        if known is None:
            m.not_mapped(segment, 5)
        status = known or "unknown"
    if medication and status == "revoked":
        return "stopped" if control in _STOPPED or stated == "DC" else "cancelled"
    return status


def map_service_request(order: Order, obr: Segment | None, m: Mapping) -> Resource:
    """ServiceRequest of an OBR with its ORC, or of an ORC alone."""
    segment = obr or order.common
    if segment is None:
        raise missing_segment("ORC")
    subject = m.patient_reference(segment)
    code = m.concept(obr, 4) if obr is not None else None
    request = m.new(
        "ServiceRequest",
        subject["reference"],
        order.number(obr, m),
        obr.text(4) or (code or {}).get("text", "") if obr is not None else "",
    )
    _identify(request, order, obr, m)
    request["status"] = order_status(order, m)
    request["intent"] = "order"
    if code:
        request["code"] = code
    _whose(request, segment, order, obr, m)
    if obr is not None:
        if when := m.moment(obr, 6):
            request["occurrenceDateTime"] = when
        if section := m.coded(obr, 24, v2_table("0074")):
            request["category"] = [section]
        reasons = m.concepts(obr, 31)
        if reasons:
            request["reasonCode"] = [*request.get("reasonCode", []), *reasons]
        # Before 2.5 the priority stood in OBR-5, then in the sixth component of OBR-27.
        _set_priority(request, obr.text(5) or obr.text(27, 6))
    _time_of_service(request, order, obr, m)
    _finish(request, order, m)
    order.service = request
    return request


def map_order_without_detail(order: Order, m: Mapping) -> None:
    """The request of an ORC that no detail segment followed.

    Raises:
        MessageRefusedError: ``hl7_segment_missing`` for an order of a medicine that names none.
    """
    if order.common is None or order.details:
        return
    if m.header.code in _PHARMACY:
        raise missing_segment("RXO" if m.header.code == "OMP" else "RXE")
    map_service_request(order, None, m)


def map_medication(order: Order, segment: Segment, m: Mapping) -> Resource:
    """MedicationRequest of an RXO; an RXE of the same order completes it.

    Raises:
        MessageRefusedError: ``hl7_field_missing`` when no medicine is named; ``hl7_data_type`` at a
            number.
    """
    places = RXE_PLACES if segment.name == "RXE" else RXO_PLACES
    drug = m.concept(segment, places.drug)
    if drug is None:
        raise missing(segment.where(places.drug))
    request = order.medication
    if request is None:
        subject = m.patient_reference(segment)
        request = m.new("MedicationRequest", subject["reference"], order.number(None, m))
        _identify(request, order, None, m)
        request["status"] = order_status(order, m, medication=True)
        request["intent"] = "order"
        _whose(request, segment, order, None, m)
        _finish(request, order, m)
        order.medication = request
    name_medicine(request, drug)
    order.restated = compound_of(request) is not None
    dosage = request.setdefault("dosageInstruction", [{}])[0]
    _dose(segment, places, m, dosage)
    _timing_of_order(order, segment, m, dosage)
    if not dosage:
        del request["dosageInstruction"]
    _dispense(segment, places, m, request)
    if segment.name == "RXE" and (reasons := m.concepts(segment, 27)):
        request["reasonCode"] = reasons
    m.leave_out(segment, places.used)
    return request


@dataclass(frozen=True, slots=True)
class _Places:
    drug: int
    low: int
    high: int
    unit: int
    text: int
    substitution: int
    supply: int
    supply_unit: int
    repeats: int
    used: frozenset[int]


RXO_PLACES = _Places(1, 2, 3, 4, 7, 9, 11, 12, 13, frozenset({1, 2, 3, 4, 7, 9, 11, 12, 13}))
RXE_PLACES = _Places(2, 3, 4, 5, 7, 9, 10, 11, 12, frozenset({1, 2, 3, 4, 5, 7, 9, 10, 11, 12, 27}))


def map_route(segment: Segment, m: Mapping, order: Order) -> bool:
    """Route and site of an RXR, on the medicine before it; false when there is none."""
    request = order.medication
    if request is None:
        return False
    dosage = request.setdefault("dosageInstruction", [{}])[0]
    for name, number, table in (("route", 1, "0162"), ("site", 2, "0163"), ("method", 4, "0165")):
        if concept := m.coded(segment, number, v2_table(table)):
            dosage[name] = concept
    if not dosage:
        del request["dosageInstruction"]
    m.leave_out(segment, frozenset({1, 2, 4}))
    return True


def map_compound(segment: Segment, m: Mapping, order: Order) -> Resource:
    """A component of the medicine before it, by an RXC; the MedicationRequest that carries it.

    Raises:
        MessageRefusedError: ``hl7_segment_misplaced`` without a medicine; a component is never
            left out. Else as ``map_component``.
    """
    request = order.medication
    if request is None:
        raise misplaced(segment.where())
    compound = compound_of(request)
    if order.restated and compound is not None:
        compound["ingredient"] = []
        order.restated = False
    map_component(segment, m, request)
    return request


def map_timing(segment: Segment, m: Mapping, order: Order) -> bool:
    """Frequency, bounds and priority of a TQ1; false when nothing before it can carry them."""
    request = order.medication or order.service
    if request is None:
        return False
    _set_priority(request, segment.text(9))
    if order.medication is not None:
        dosage = order.medication.setdefault("dosageInstruction", [{}])[0]
        marks = segment.delimiters
        patterns = [d.text_of(one, 1, marks) for one in segment.repetitions(3)]
        duration = segment.text(6) + (segment.text(6, 2) and f" {segment.text(6, 2)}")
        add_timing(
            dosage,
            " ".join(p for p in patterns if p),
            duration,
            {"start": m.moment(segment, 7), "end": m.moment(segment, 8)},
        )
        if not dosage:
            del order.medication["dosageInstruction"]
    elif moment := m.moment(segment, 7):
        request["occurrenceDateTime"] = moment
    m.leave_out(segment, frozenset({1, 3, 6, 7, 8, 9}))
    return True


def _identify(request: Resource, order: Order, obr: Segment | None, m: Mapping) -> None:
    found: list[Resource] = []
    for number, kind in ((2, "PLAC"), (3, "FILL")):
        for segment in (order.common, obr):
            if segment is None:
                continue
            one = d.entity_identifier(segment.components(number), segment.delimiters, m.names, kind)
            if one is not None and one not in found:
                found.append(one)
    if found:
        request["identifier"] = found
    if order.common is not None:
        group = d.entity_identifier(
            order.common.components(4), order.common.delimiters, m.names, "PGN"
        )
        if group is not None:
            name = (
                "requisition" if request["resourceType"] == "ServiceRequest" else "groupIdentifier"
            )
            request[name] = group


def _whose(
    request: Resource, segment: Segment, order: Order, obr: Segment | None, m: Mapping
) -> None:
    request["subject"] = m.patient_reference(segment)
    if visit := m.visit:
        request["encounter"] = visit
    common = order.common
    requesters = list(m.persons(common, 12)) if common is not None else []
    if obr is not None:
        requesters += list(m.persons(obr, 16))
    if requesters:
        request["requester"] = requesters[0]
    if common is not None:
        if moment := m.moment(common, 9):
            request["authoredOn"] = moment
        if reasons := m.concepts(common, 16):
            request["reasonCode"] = reasons
        _set_priority(request, common.text(7, 6))


def _finish(request: Resource, order: Order, m: Mapping) -> None:
    m.add(request)
    reference = reference_to(request)
    m.partial.add(reference)
    order.requests.append(reference)
    order.details = True


def _set_priority(request: Resource, code: str) -> None:
    known = _PRIORITIES.get(code.strip().upper())
    if known:
        request["priority"] = known


def _amount(segment: Segment, number: int) -> Any:
    text = segment.text(number).strip()
    if not text:
        return None
    value = d.number_of(text)
    if value is None:
        raise wrong_form(segment.where(number), "数字", "a number")
    return value


def _dose(segment: Segment, places: _Places, m: Mapping, dosage: Resource) -> None:
    unit = d.unit_of(segment.components(places.unit), segment.delimiters, m.names)
    low, high = _amount(segment, places.low), _amount(segment, places.high)
    if low is not None and high is not None and high != low:
        dose = {"doseRange": {"low": d.quantity(low, unit), "high": d.quantity(high, unit)}}
        dosage["doseAndRate"] = [dose]
    elif low is not None or high is not None:
        dosage["doseAndRate"] = [
            {"doseQuantity": d.quantity(low if low is not None else high, unit)}
        ]
    elif unit:
        m.not_mapped(segment, places.unit)
    marks = segment.delimiters
    texts = [
        text
        for one in segment.repetitions(places.text)
        if (text := d.text_of(one, 2, marks) or d.text_of(one, 1, marks))
    ]
    if texts:
        dosage["text"] = "; ".join(texts)


def _timing_of_order(order: Order, segment: Segment, m: Mapping, dosage: Resource) -> None:
    """Quantity/timing as it was written before TQ1: ORC-7, and RXE-1. Source: 4.3 (TQ)."""
    for source, number in ((order.common, 7), (segment if segment.name == "RXE" else None, 1)):
        if source is None or not source.has(number):
            continue
        add_timing(
            dosage,
            source.text(number, 2),
            source.text(number, 3),
            {"start": m.moment(source, number, 4), "end": m.moment(source, number, 5)},
        )


def _time_of_service(request: Resource, order: Order, obr: Segment | None, m: Mapping) -> None:
    """How often and how long, by ORC-7 or OBR-27; it takes the place of a single time."""
    found: Resource = {}
    for source, number in ((order.common, 7), (obr, 27)):
        if source is None or not source.has(number):
            continue
        bounds = {"start": m.moment(source, number, 4), "end": m.moment(source, number, 5)}
        add_timing(found, source.text(number, 2), source.text(number, 3), bounds)
    if found.get("asNeededBoolean"):
        request["asNeededBoolean"] = True
    if "timing" in found:
        request["occurrenceTiming"] = found["timing"]
        request.pop("occurrenceDateTime", None)


def _dispense(segment: Segment, places: _Places, m: Mapping, request: Resource) -> None:
    dispense: Resource = request.get("dispenseRequest", {})
    amount = _amount(segment, places.supply)
    unit = d.unit_of(segment.components(places.supply_unit), segment.delimiters, m.names)
    if amount is not None:
        dispense["quantity"] = d.quantity(amount, unit)
    elif unit:
        m.not_mapped(segment, places.supply_unit)
    repeats = segment.text(places.repeats).strip()
    if repeats.isdigit() and len(repeats) < 6:
        dispense["numberOfRepeatsAllowed"] = int(repeats)
    elif repeats:
        m.not_mapped(segment, places.repeats)
    if dispense:
        request["dispenseRequest"] = dispense
    if allowed := m.coded(segment, places.substitution, v2_table("0161")):
        request["substitution"] = {"allowedCodeableConcept": allowed}
