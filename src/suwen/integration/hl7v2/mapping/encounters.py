"""PV1 and PV2: the visit, and what the event says of its state.

Source: HL7 v2.5.1, 3.4.3 (PV1), 3.4.4 (PV2), 3.3 (what each event states).
"""

from __future__ import annotations

from datetime import datetime

from suwen.integration.hl7v2.mapping import datatypes as d
from suwen.integration.hl7v2.mapping import tables
from suwen.integration.hl7v2.mapping.context import Mapping, Resource, reference_to
from suwen.integration.hl7v2.mapping.systems import TERMINOLOGY, v2_table
from suwen.integration.hl7v2.message import Segment
from suwen.integration.hl7v2.refusal import wrong_form
from suwen.integration.hl7v2.site_mapping import place_text
from suwen.integration.hl7v2.times import in_order

PV1 = frozenset({1, 2, 3, 4, 7, 8, 9, 10, 14, 17, 18, 19, 36, 44, 45, 50, 52})
PV2 = frozenset({3, 12, 38})

_PARTICIPATION = (
    (7, "ATND", "attender"),
    (8, "REF", "referrer"),
    (9, "CON", "consultant"),
    (17, "ADM", "admitter"),
    (52, "PART", "Participation"),
)
_PLACES = ((1, "wa", "Ward"), (2, "ro", "Room"), (3, "bd", "Bed"))
_NO_CLASS = {"system": f"{TERMINOLOGY}/v3-NullFlavor", "code": "UNK", "display": "unknown"}
_CANCELS_DISCHARGE = "A13"


def map_encounter(segment: Segment, m: Mapping) -> Resource:
    """Encounter of a PV1; of another message than ADT it only adds what is not yet known."""
    subject = m.patient_reference(segment)
    encounter = m.new("Encounter", subject["reference"], *_key(segment, m))
    reference = reference_to(encounter)
    numbers = [
        *(d.identifier(one, segment.delimiters, m.names) for one in segment.repetitions(19)),
        *(d.identifier(one, segment.delimiters, m.names) for one in segment.repetitions(50)),
    ]
    if identifiers := [number for number in numbers if number]:
        for one in identifiers:
            one.setdefault("type", {"coding": [{"system": v2_table("0203"), "code": "VN"}]})
        encounter["identifier"] = identifiers
    period = {
        name: moment
        for name, number in (("start", 44), ("end", 45))
        if (moment := m.moment(segment, number))
    }
    if len(period) == 2 and not in_order(period["start"], period["end"]):
        raise wrong_form(
            segment.where(45), "不早于 PV1-44 的时间", "a time that is not before PV1-44"
        )
    encounter["status"] = _status(m, reference, period)
    encounter["class"] = _class(segment)
    _kind_of_visit(segment, m, encounter)
    encounter["subject"] = subject
    _participants(segment, m, encounter)
    if period:
        encounter["period"] = period
    _places(segment, m, encounter)
    _hospitalization(segment, m, encounter)
    m.add(encounter)
    m.partial.add(reference)
    if m.header.code != "ADT":
        m.gap_filling.add(reference)
    elif m.header.event == _CANCELS_DISCHARGE:
        m.removed[reference] = ["period.end"]
    m.leave_out(segment, PV1)
    m.of_visit(encounter)
    return encounter


def map_visit_details(segment: Segment, m: Mapping) -> None:
    """Reason and description of a PV2, on the visit of the PV1 before it."""
    encounter = m.encounter
    if encounter is None:
        m.leave_out(segment, frozenset())
        return
    if reason := m.concept(segment, 3):
        encounter["reasonCode"] = [reason]
    if described := segment.text(12):
        encounter["text"] = {"status": "additional", "div": _narrative(described)}
    if mode := m.coded(segment, 38, v2_table("0430")):
        encounter.setdefault("extension", []).append(
            {"url": "urn:suwen:hl7v2:PV2-38:modeOfArrival", "valueCodeableConcept": mode}
        )
    m.leave_out(segment, PV2)


def _key(segment: Segment, m: Mapping) -> tuple[str, ...]:
    """By which number the visit is known; without any, by its start, else by the message."""
    for number in (19, 50):
        value = segment.text(number).strip()
        if value:
            components = segment.components(number)
            return ("number", d.sub_of(components, 4, 1, segment.delimiters), value)
    account = m.firsts["PID"].text(18).strip() if "PID" in m.firsts else ""
    if account:
        return ("account", account)
    start = segment.text(44).strip()
    return ("start", start) if start else ("message", m.header.control_id)


def _status(m: Mapping, reference: str, period: dict[str, str]) -> str:
    """What the event states; a discharge time states the end; else only what the dates show."""
    if m.header.code == "ADT":
        stated = tables.EVENT_STATUS.get(m.header.event)
        if stated is not None:
            return stated
    m.derived_status.add(reference)
    if "end" in period:
        return "finished"
    if m.header.code == "ADT" and "start" in period and _has_begun(period["start"], m):
        return "in-progress"
    return "unknown"


def _has_begun(start: str, m: Mapping) -> bool:
    sent = m.header.sent_at
    if sent is None:
        return False
    moment = datetime.fromisoformat(start) if len(start) >= 10 else None
    if moment is None:
        return False
    return (moment if moment.tzinfo else moment.replace(tzinfo=m.zone)) <= sent


def _class(segment: Segment) -> dict[str, str]:
    code = d.code_of(segment.text(2))
    if not code:
        return dict(_NO_CLASS)
    known = tables.ENCOUNTER_CLASS.get(code)
    if known is None:
        return {"system": v2_table("0004"), "code": code}
    return {"system": f"{TERMINOLOGY}/v3-ActCode", "code": known[0], "display": known[1]}


def _kind_of_visit(segment: Segment, m: Mapping, encounter: Resource) -> None:
    if kind := m.coded(segment, 4, v2_table("0007")):
        encounter["type"] = [kind]
    place = m.channel.mapping.file.department
    code = d.code_of(place_text(place, {**m.firsts, "PV1": segment}))
    if code:
        coding = {"code": code}
        if place == "PV1-10":
            coding["system"] = v2_table("0069")
        found = m.concept(segment, 10) if place == "PV1-10" else None
        encounter["serviceType"] = {"coding": [coding], "text": (found or {}).get("text", code)}
    elif segment.has(10):
        m.not_mapped(segment, 10)


def _participants(segment: Segment, m: Mapping, encounter: Resource) -> None:
    found = []
    for number, code, display in _PARTICIPATION:
        kind = {
            "coding": [
                {
                    "system": f"{TERMINOLOGY}/v3-ParticipationType",
                    "code": code,
                    "display": display,
                }
            ]
        }
        found += [{"type": [kind], "individual": person} for person in m.persons(segment, number)]
    if found:
        encounter["participant"] = found


def _places(segment: Segment, m: Mapping, encounter: Resource) -> None:
    components = segment.components(3)
    found = []
    for number, code, display in _PLACES:
        name = d.text_of(components, number, segment.delimiters)
        if name:
            found.append(
                {
                    "location": {"type": "Location", "display": name},
                    "physicalType": {
                        "coding": [
                            {
                                "system": f"{TERMINOLOGY}/location-physical-type",
                                "code": code,
                                "display": display,
                            }
                        ]
                    },
                }
            )
    if found:
        encounter["location"] = found
    facility = d.text_of(components, 4, segment.delimiters)
    if facility:
        encounter["serviceProvider"] = {"type": "Organization", "display": facility}


def _hospitalization(segment: Segment, m: Mapping, encounter: Resource) -> None:
    stay: Resource = {}
    if source := m.coded(segment, 14, v2_table("0023")):
        stay["admitSource"] = source
    if disposition := m.coded(segment, 36, v2_table("0112")):
        stay["dischargeDisposition"] = disposition
    if stay:
        encounter["hospitalization"] = stay
    if kind := m.coded(segment, 18, v2_table("0018")):
        encounter["type"] = [*encounter.get("type", []), kind]


def _narrative(text: str) -> str:
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    lines = "<br/>".join(safe.split("\n"))
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{lines}</div>'


def set_event_time(encounter: Resource, event: Segment, m: Mapping) -> None:
    """Start or end of the visit by EVN-6, where the PV1 has none: when the event really happened.

    Source: HL7 v2.5.1, 3.4.1.6 (EVN-6).
    """
    name = {"A01": "start", "A04": "start", "A03": "end"}.get(m.header.event)
    if name is None:
        return
    moment = m.moment(event, 6)
    period = encounter.get("period", {})
    if not moment or name in period:
        return
    told = {**period, name: moment}
    if len(told) == 1 or in_order(told["start"], told["end"]):
        encounter["period"] = told
    else:
        m.not_mapped(event, 6)
