"""From a message to resources: its segments in their order, each to what it stands for.

Source: HL7 v2.5.1, the message structures of chapters 3 (ADT), 4 (ORM, OML, OMP, RDE, VXU), 6
(DFT), 7 (ORU), 9 (MDM), 10 (SIU), 12 (PPR).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from suwen.integration.hl7v2.header import Header
from suwen.integration.hl7v2.mapping import (
    encounters,
    observations,
    orders,
    others,
    patients,
    problems,
    reports,
)
from suwen.integration.hl7v2.mapping.context import (
    ChannelFacts,
    Mapping,
    PatientLink,
    Resource,
    reference_to,
)
from suwen.integration.hl7v2.mapping.events import LINK, MERGES, UNLINK, message_type
from suwen.integration.hl7v2.message import Message, Segment
from suwen.integration.hl7v2.refusal import misplaced, missing_segment

_REPORTING = frozenset({"ORU", "OUL"})
_SILENT = frozenset({"MSH", "SFT", "RGS", "UAC", "DSC"})
EVN = frozenset({1, 2, 6, 7})


@dataclass(frozen=True, slots=True)
class MappedMessage:
    """What a message says, as FHIR R4.

    Attributes:
        patient: id of the patient; the last one where there are several, ``None`` without any.
        resources: in the order of the segments.
        unmapped: fields that hold something which no resource carries, for example ``PID-31``.
        links: numbers of one patient that were joined or parted.
        partial, gap_filling, derived_status, removed: as in ``Mapping``.
    """

    patient: str | None
    resources: list[Resource]
    unmapped: list[str]
    links: list[PatientLink]
    partial: frozenset[str] = frozenset()
    gap_filling: frozenset[str] = frozenset()
    derived_status: frozenset[str] = frozenset()
    removed: dict[str, list[str]] = field(default_factory=dict)


def map_message(message: Message, header: Header, channel: ChannelFacts) -> MappedMessage:
    """The resources of a message.

    Raises:
        MessageRefusedError: with the segment and field at fault; nothing of the message is
            returned.
    """
    code, event = message_type(header, channel)
    if (code, event) != (header.code, header.event):
        header = _read_as(header, code, event)
    segments = list(message.segments())
    firsts: dict[str, Segment] = {}
    for segment in segments:
        firsts.setdefault(segment.name, segment)
    m = Mapping(header, channel, firsts)
    if channel.mapping.by_segment:
        for segment in segments:
            channel.mapping.apply(segment, firsts)
    if "PID" not in firsts:
        raise missing_segment("PID")
    walk = _Walk(m)
    for segment in segments:
        walk.take(segment)
    walk.end()
    _drop_used(m, others.map_site_fields(m))
    return MappedMessage(
        patient=m.patient["id"] if m.patient else None,
        resources=m.resources,
        unmapped=list(m.unmapped),
        links=m.links,
        partial=frozenset(m.partial),
        gap_filling=frozenset(m.gap_filling),
        derived_status=frozenset(m.derived_status),
        removed=m.removed,
    )


def _read_as(header: Header, code: str, event: str) -> Header:

    return replace(header, code=code, event=event)


def _drop_used(m: Mapping, used: set[str]) -> None:
    for place in used:
        m.unmapped.pop(place, None)


class _Walk:
    """Goes through the segments and keeps what the next ones belong to."""

    def __init__(self, m: Mapping) -> None:
        self.m = m
        self.order = orders.Order()
        self.obr: Segment | None = None
        self.obr_facts: tuple[tuple[str, ...], str | None, str] | None = None
        self.report: Resource | None = None
        self.immunization: Resource | None = None
        self.appointment: Resource | None = None
        self.last: Resource | None = None
        self.document: Segment | None = None
        self.contents: list[Segment] = []
        self.members: list[Resource] = []

    def take(self, segment: Segment) -> None:
        """Maps one segment."""
        taker = _TAKERS.get(segment.name)
        if taker is not None:
            taker(self, segment)
        elif segment.name not in _SILENT:
            self.m.leave_out(segment, frozenset())
            self.last = None

    def end(self) -> None:
        """Closes what is open, and checks that the message was whole.

        Raises:
            MessageRefusedError: ``hl7_segment_missing``.
        """
        self._close_order()
        self.m.write_notes()
        if self.document is not None:
            reports.map_document(self.document, self.m, self.contents)
        m = self.m
        if m.header.code == "SIU" and self.appointment is None:
            raise missing_segment("SCH")
        if m.header.code == "ADT" and m.header.event in MERGES and not m.links:
            raise missing_segment("MRG")
        if m.header.code == "ADT" and m.header.event in (LINK, UNLINK):
            self._link_members()
        if m.header.code == "ADT":
            return
        for resource in m.resources:
            if resource["resourceType"] == "Patient":
                m.gap_filling.add(reference_to(resource))

    def keep(self, resource: Resource) -> None:
        self.last = resource

    def _event(self, segment: Segment) -> None:
        self.m.leave_out(segment, EVN)

    def _patient(self, segment: Segment) -> None:
        self._close_order()
        patient = patients.map_patient(segment, self.m)
        self.members.append(patient)
        self.last = patient
        if self.appointment is not None:
            others.join_patient(self.appointment, self.m, segment)

    def _visit(self, segment: Segment) -> None:
        encounter = encounters.map_encounter(segment, self.m)
        event = self.m.firsts.get("EVN")
        if event is not None and self.m.header.code == "ADT":
            encounters.set_event_time(encounter, event, self.m)
        self.last = encounter

    def _merge(self, segment: Segment) -> None:
        if self.m.patient is None:
            raise missing_segment("PID")
        if self.m.header.code == "ADT" and self.m.header.event in MERGES:
            patients.map_merge(segment, self.m, self.m.patient)
        else:
            self.m.leave_out(segment, frozenset())

    def _link_members(self) -> None:
        if len(self.members) < 2:
            raise missing_segment("PID[2]")
        surviving, prior = self.members[0], self.members[1]
        linked = self.m.header.event == LINK
        self.m.links.append(PatientLink(prior["id"], surviving["id"], linked))

    def _order(self, segment: Segment) -> None:
        self._close_order()
        self.order = orders.Order(common=segment)
        self.m.leave_out(segment, orders.ORC)

    def _service(self, segment: Segment) -> None:
        if self.order.service is not None:
            # A second OBR without an ORC of its own is a further service of the same order.
            self.order = orders.Order(common=None)
        self.obr = segment
        request = orders.map_service_request(self.order, segment, self.m)
        self.last = request
        number = self.order.number(segment, self.m)
        self.obr_facts = ((number, segment.text(4)), self.m.moment(segment, 7), segment.text(24))
        used = orders.OBR_ORDER
        self.report = None
        if self.m.header.code in _REPORTING:
            self.report = reports.map_report(segment, self.m, number, [reference_to(request)])
            used = used | reports.OBR_REPORT
        elif segment.has(7):
            used = used | {7}
        self.m.leave_out(segment, used)

    def _medicine(self, segment: Segment) -> None:
        self.last = orders.map_medication(self.order, segment, self.m)

    def _route(self, segment: Segment) -> None:
        if self.immunization is not None:
            others.map_immunization_route(segment, self.m, self.immunization)
        elif not orders.map_route(segment, self.m, self.order):
            self.m.leave_out(segment, frozenset())

    def _component(self, segment: Segment) -> None:
        self.last = orders.map_compound(segment, self.m, self.order)

    def _timing(self, segment: Segment) -> None:
        if not orders.map_timing(segment, self.m, self.order):
            self.m.leave_out(segment, frozenset())

    def _immunization(self, segment: Segment) -> None:
        if self.m.header.code != "VXU":
            self.m.leave_out(segment, frozenset())
            return
        self.order.details = True
        self.immunization = others.map_immunization(segment, self.m, self.order)
        self.last = self.immunization

    def _observation(self, segment: Segment) -> None:
        m = self.m
        key, moment, section = self.obr_facts or (self._loose_key(), None, "")
        observation = observations.map_observation(segment, m, key, moment)
        observations.set_category(observation, m, section)
        if self.report is not None:
            self.report.setdefault("result", []).append({"reference": reference_to(observation)})
        if self.obr is not None and self.order.requests:
            observation["basedOn"] = [{"reference": r} for r in self.order.requests]
        if self.immunization is not None:
            observation["partOf"] = [{"reference": reference_to(self.immunization)}]
        if self.document is not None:
            self.contents.append(segment)
        self.last = observation

    def _loose_key(self) -> tuple[str, ...]:
        """An OBX outside a report is known by its immunization or by its message."""
        if self.immunization is not None:
            return ("immunization", str(self.immunization["id"]))
        return ("message", self.m.header.control_id)

    def _note(self, segment: Segment) -> None:
        kinds = (
            "Observation",
            "ServiceRequest",
            "MedicationRequest",
            "Condition",
            "Procedure",
            "AllergyIntolerance",
            "Immunization",
        )
        target = self.last
        if target is not None and target["resourceType"] in kinds:
            self.m.note(target, observations.note_text(segment))
            self.m.leave_out(segment, observations.NTE)
        else:
            self.m.leave_out(segment, frozenset({1, 2}))

    def _specimen(self, segment: Segment) -> None:
        specimen = reports.map_specimen(segment, self.m)
        if specimen is not None:
            reference = {"reference": reference_to(specimen)}
            for resource in (self.report, self.order.service):
                if resource is not None:
                    resource.setdefault("specimen", []).append(reference)

    def _document(self, segment: Segment) -> None:
        self._close_order()
        self.document = segment
        self.last = None

    def _schedule(self, segment: Segment) -> None:
        if self.appointment is not None:
            raise misplaced(segment.where())
        self.appointment = others.map_appointment(segment, self.m)
        if self.m.patient is not None:
            others.join_patient(self.appointment, self.m, segment)
        self.last = None

    def _resource(self, segment: Segment) -> None:
        if self.appointment is None:
            raise missing_segment("SCH")
        others.map_appointment_resource(segment, self.m, self.appointment)

    def _close_order(self) -> None:
        if self.m.header.code != "VXU":
            orders.map_order_without_detail(self.order, self.m)
        self.order = orders.Order()
        self.obr = None
        self.obr_facts = None
        self.report = None
        self.immunization = None
        self.last = None


_TAKERS: dict[str, Callable[[_Walk, Segment], object]] = {
    "PID": _Walk._patient,
    "OBX": _Walk._observation,
    "OBR": _Walk._service,
    "ORC": _Walk._order,
    "NTE": _Walk._note,
    "PV1": _Walk._visit,
    "PV2": lambda w, s: encounters.map_visit_details(s, w.m),
    "PD1": lambda w, s: patients.map_primary_care(s, w.m),
    "NK1": lambda w, s: patients.map_next_of_kin(s, w.m),
    "MRG": _Walk._merge,
    "AL1": lambda w, s: w.keep(problems.map_allergy(s, w.m)),
    "IAM": lambda w, s: w.keep(problems.map_allergy(s, w.m)),
    "DG1": lambda w, s: w.keep(problems.map_diagnosis(s, w.m)),
    "PRB": lambda w, s: w.keep(problems.map_problem(s, w.m)),
    "PR1": lambda w, s: w.keep(problems.map_procedure(s, w.m)),
    "RXO": _Walk._medicine,
    "RXE": _Walk._medicine,
    "RXR": _Walk._route,
    "RXC": _Walk._component,
    "RXA": _Walk._immunization,
    "TQ1": _Walk._timing,
    "SPM": _Walk._specimen,
    "TXA": _Walk._document,
    "IN1": lambda w, s: others.map_coverage(s, w.m),
    "SCH": _Walk._schedule,
    "AIS": _Walk._resource,
    "AIG": _Walk._resource,
    "AIL": _Walk._resource,
    "AIP": _Walk._resource,
    "EVN": _Walk._event,
}

#: Names of the segments that are mapped.
SEGMENTS = tuple(_TAKERS)
