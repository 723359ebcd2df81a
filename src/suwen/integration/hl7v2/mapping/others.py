"""RXA, IN1, SCH and what stands in Z-segments: immunizations, coverage, appointments, site fields.

Source: HL7 v2.5.1, 4.14.7 (RXA), 6.5.6 (IN1), 10.6.1 (SCH), 10.6.4 to 10.6.7 (AIS, AIG, AIL, AIP).
"""

from __future__ import annotations

from suwen.integration.hl7v2.mapping import datatypes as d
from suwen.integration.hl7v2.mapping import tables
from suwen.integration.hl7v2.mapping.context import UNKNOWN, Mapping, Resource, reference_to
from suwen.integration.hl7v2.mapping.observations import CATEGORY
from suwen.integration.hl7v2.mapping.orders import Order
from suwen.integration.hl7v2.mapping.systems import v2_table
from suwen.integration.hl7v2.message import Segment
from suwen.integration.hl7v2.refusal import missing, not_in_table, wrong_form
from suwen.integration.hl7v2.site_mapping import place_text

RXA = frozenset({1, 2, 3, 5, 6, 7, 9, 10, 11, 15, 16, 17, 18, 20, 21})
IN1 = frozenset({1, 2, 3, 4, 12, 13, 36, 49})
SCH = frozenset({1, 2, 7, 8, 9, 10, 11, 25})

_NO_AMOUNT = "999"
_ATTENDANCE = {"accepted": {"BOOKED", "STARTED", "COMPLETE"}, "declined": {"CANCELLED", "DC"}}


def map_immunization(segment: Segment, m: Mapping, order: Order) -> Resource:
    """Immunization of an RXA.

    Raises:
        MessageRefusedError: at RXA-3, RXA-5 or RXA-20 when empty, or with what they cannot hold.
    """
    status = _immunization_status(segment)
    occurred = m.moment(segment, 3)
    if occurred is None:
        raise missing(segment.where(3))
    subject = m.patient_reference(segment)
    numbers = []
    if order.common is not None:
        for place, kind in ((2, "PLAC"), (3, "FILL")):
            numbers.append(
                d.entity_identifier(
                    order.common.components(place), segment.delimiters, m.names, kind
                )
            )
    identifiers = [one for one in numbers if one]
    known = identifiers[-1]["value"] if identifiers else ""
    immunization = m.new(
        "Immunization", subject["reference"], known, segment.text(3), segment.text(5)
    )
    if identifiers:
        immunization["identifier"] = identifiers
    immunization["status"] = status
    if refusal := m.concept(segment, 18):
        immunization["statusReason"] = refusal
    code = m.concept(segment, 5)
    if code is None:
        raise missing(segment.where(5))
    immunization["vaccineCode"] = code
    immunization["patient"] = subject
    if visit := m.visit:
        immunization["encounter"] = visit
    immunization["occurrenceDateTime"] = occurred
    _batch(segment, m, immunization)
    m.add(immunization)
    m.leave_out(segment, RXA)
    return immunization


def _immunization_status(segment: Segment) -> str:
    if segment.text(21).strip().upper() == "D":
        return "entered-in-error"
    stated = segment.text(20).strip().upper()
    if not stated:
        raise missing(segment.where(20))
    known = tables.IMMUNIZATION_STATUS.get(stated)
    if known is None:
        raise not_in_table(segment.where(20), "HL70322")
    return known


def _batch(segment: Segment, m: Mapping, immunization: Resource) -> None:
    source = segment.text(9).strip()
    if source in ("00", "01"):
        immunization["primarySource"] = source == "00"
    elif source:
        m.not_mapped(segment, 9)
    if lot := segment.text(15):
        immunization["lotNumber"] = lot
    if expires := m.day(segment, 16):
        immunization["expirationDate"] = expires
    maker = segment.text(17, 2) or segment.text(17)
    if maker:
        immunization["manufacturer"] = {"type": "Organization", "display": maker}
    amount = segment.text(6).strip()
    if amount and amount != _NO_AMOUNT:
        value = d.number_of(amount)
        if value is None:
            raise wrong_form(segment.where(6), "数字", "a number")
        unit = d.unit_of(segment.components(7), segment.delimiters, m.names)
        immunization["doseQuantity"] = d.quantity(value, unit)
    if performers := list(m.persons(segment, 10)):
        immunization["performer"] = [{"actor": one} for one in performers]
    place = segment.text(11, 4) or segment.text(11)
    if place:
        immunization["location"] = {"type": "Location", "display": place}


def map_immunization_route(segment: Segment, m: Mapping, immunization: Resource) -> None:
    """Route and site of an RXR after an RXA."""
    for name, number, table in (("route", 1, "0162"), ("site", 2, "0163")):
        if concept := m.coded(segment, number, v2_table(table)):
            immunization[name] = concept
    m.leave_out(segment, frozenset({1, 2}))


def map_coverage(segment: Segment, m: Mapping) -> None:
    """Coverage of an IN1 that names a payer; whether it is in force is not said."""
    payer = segment.text(4)
    number = d.identifier(segment.components(3), segment.delimiters, m.names)
    if not payer and number is None:
        m.leave_out(segment, frozenset({1}))
        return
    subject = m.patient_reference(segment)
    policy = segment.text(36) or segment.text(49)
    coverage = m.new(
        "Coverage", subject["reference"], segment.text(3) or payer, segment.text(2), policy
    )
    if policy:
        coverage["identifier"] = [{"value": policy}]
    coverage["_status"] = dict(UNKNOWN)
    if number_of_member := segment.text(36):
        coverage["subscriberId"] = number_of_member
    coverage["beneficiary"] = subject
    period = {
        name: moment
        for name, place in (("start", 12), ("end", 13))
        if (moment := m.moment(segment, place))
    }
    if period:
        coverage["period"] = period
    payor: Resource = {"type": "Organization"}
    if number is not None:
        payor["identifier"] = number
    if payer:
        payor["display"] = payer
    coverage["payor"] = [payor]
    if plan := m.concept(segment, 2):
        value = segment.text(2) or plan["text"]
        kind = {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/coverage-class", "code": "plan"}
            ]
        }
        entry: Resource = {"type": kind, "value": value}
        if segment.text(2, 2):
            entry["name"] = segment.text(2, 2)
        coverage["class"] = [entry]
    m.add(coverage)
    m.partial.add(reference_to(coverage))
    m.leave_out(segment, IN1)


def map_appointment(segment: Segment, m: Mapping) -> Resource:
    """Appointment of an SCH; the patient joins it when the PID is read.

    Raises:
        MessageRefusedError: ``hl7_code_unknown`` at SCH-25 or at the event of MSH-9;
            ``hl7_field_missing`` at SCH-1 and SCH-2 without any number.
    """
    number = segment.text(1).strip() or segment.text(2).strip()
    if not number:
        raise missing(segment.where(2))
    appointment = m.new("Appointment", number)
    numbers = [
        d.entity_identifier(segment.components(place), segment.delimiters, m.names, kind)
        for place, kind in ((1, "PLAC"), (2, "FILL"))
    ]
    appointment["identifier"] = [one for one in numbers if one]
    appointment["status"] = _appointment_status(segment, m)
    for name, place in (("reasonCode", 7), ("appointmentType", 8)):
        concept = m.concept(segment, place)
        if concept:
            appointment[name] = [concept] if name == "reasonCode" else concept
    for name, part in (("start", 4), ("end", 5)):
        text = segment.text(11, part)
        if text:
            moment = m.instant(segment, 11, part)
            appointment[name] = m.checked(moment, segment, 11)
    duration, unit = segment.text(9).strip(), segment.text(10).strip().upper()
    if duration.isdigit() and unit[:3] == "MIN" and int(duration[:6]) > 0:
        appointment["minutesDuration"] = int(duration[:6])
    elif duration:
        m.not_mapped(segment, 9)
    appointment["participant"] = []
    m.add(appointment)
    m.partial.add(reference_to(appointment))
    m.leave_out(segment, SCH)
    return appointment


def _appointment_status(segment: Segment, m: Mapping) -> str:
    event = tables.SCHEDULE_STATUS.get(m.header.event)
    if event in ("cancelled", "entered-in-error", "noshow"):
        return event
    stated = segment.text(25).strip().upper()
    if stated:
        known = tables.APPOINTMENT_STATUS.get(stated)
        if known is None:
            raise not_in_table(segment.where(25), "HL70278")
        return known
    if event is None:
        raise missing(segment.where(25))
    return event


def join_patient(appointment: Resource, m: Mapping, segment: Segment) -> None:
    """Makes the patient of the PID a participant."""
    participant = {"actor": m.patient_reference(segment), **_attendance("")}
    appointment["participant"].insert(0, participant)


def map_appointment_resource(segment: Segment, m: Mapping, appointment: Resource) -> None:
    """Service, person or place of an AIS, AIP, AIL or AIG."""
    concept = m.concept(segment, 3) if segment.name in ("AIS", "AIG") else None
    used = {1, 2, 3, 4}
    if segment.name == "AIS" and concept:
        appointment.setdefault("serviceType", []).append(concept)
        if "start" not in appointment and (start := m.instant(segment, 4)):
            appointment["start"] = start
        m.leave_out(segment, frozenset(used))
        return
    actors: list[Resource] = []
    if segment.name == "AIP":
        actors, status_place = list(m.persons(segment, 3)), 12
    elif segment.name == "AIL":
        parts = segment.components(3)
        name = " ".join(t for n in (1, 2, 3) if (t := d.text_of(parts, n, segment.delimiters)))
        actors, status_place = ([{"type": "Location", "display": name}] if name else []), 12
    else:
        actors, status_place = (
            ([{"display": concept["text"]}] if concept and "text" in concept else []),
            14,
        )
    state = segment.text(status_place).strip().upper()
    appointment["participant"] += [{"actor": actor, **_attendance(state)} for actor in actors]
    m.leave_out(segment, frozenset({1, 2, 3, status_place}))


def _attendance(state: str) -> Resource:
    for status, codes in _ATTENDANCE.items():
        if state in codes:
            return {"status": status}
    return {"_status": dict(UNKNOWN)}


def map_site_fields(m: Mapping) -> set[str]:
    """Extensions and observations that the channel's mapping file makes of its fields.

    Returns:
        the places that were used.
    """
    used: set[str] = set()
    by_type = {resource["resourceType"]: resource for resource in reversed(m.resources)}
    for entry in m.channel.mapping.file.extensions:
        text = place_text(entry.field, m.firsts)
        target = by_type.get(entry.resource)
        if text and target is not None:
            extension = {"url": entry.url, "valueString": text}
            target.setdefault("extension", []).append(extension)
            used.add(entry.field.split(".")[0])
    for item in m.channel.mapping.file.observations:
        text = place_text(item.field, m.firsts).strip()
        if not text:
            continue
        segment = m.firsts[item.field[:3]]
        observation = m.new(
            "Observation", m.patient_reference(segment)["reference"], m.header.control_id, item.code
        )
        coding = {"system": item.system, "code": item.code, "display": item.display}
        observation.update(
            {
                "status": "unknown",
                "code": {"coding": [coding], "text": item.display},
                "subject": m.patient_reference(segment),
            }
        )
        if item.category:
            category = {"coding": [{"system": CATEGORY, "code": item.category}]}
            observation["category"] = [category]
        value = d.number_of(text)
        if value is not None:
            unit = {"unit": item.unit} if item.unit else None
            observation["valueQuantity"] = d.quantity(value, unit)
        else:
            observation["valueString"] = text
        m.add(observation)
        used.add(item.field.split(".")[0])
    return used
