"""OBR with results, SPM and TXA: reports, specimens and documents.

Source: HL7 v2.5.1, 7.4.1 (OBR), 7.4.3 (SPM), 9.6.1 (TXA), 9.5 (what each document event states).
"""

from __future__ import annotations

import base64

from suwen.integration.hl7v2.mapping import datatypes as d
from suwen.integration.hl7v2.mapping import tables
from suwen.integration.hl7v2.mapping.context import UNKNOWN, Mapping, Resource, reference_to
from suwen.integration.hl7v2.mapping.observations import attachment_of, media_type
from suwen.integration.hl7v2.mapping.systems import v2_table
from suwen.integration.hl7v2.message import Segment
from suwen.integration.hl7v2.refusal import missing, not_in_table

OBR_REPORT = frozenset({7, 8, 22, 25, 32})
SPM = frozenset({1, 2, 4, 8, 17, 18})
TXA = frozenset({1, 2, 3, 4, 6, 9, 12, 13, 16, 17, 19, 22})

_CANCELS = frozenset({"T11"})
_AVAILABILITY = {"CA": "entered-in-error", "OB": "superseded"}


def map_report(segment: Segment, m: Mapping, number: str, based_on: list[str]) -> Resource:
    """DiagnosticReport of an OBR.

    Args:
        number: by which the order is known.
        based_on: references of the requests that it answers.

    Raises:
        MessageRefusedError: ``hl7_field_missing`` at OBR-4; ``hl7_code_unknown`` at OBR-25.
    """
    code = m.concept(segment, 4)
    if code is None:
        raise missing(segment.where(4))
    status = tables.REPORT_STATUS.get(segment.text(25).strip().upper())
    if status is None:
        raise not_in_table(segment.where(25), "HL70123")
    subject = m.patient_reference(segment)
    report = m.new(
        "DiagnosticReport", subject["reference"], number, segment.text(4) or code["text"]
    )
    numbers = [
        d.entity_identifier(segment.components(place), segment.delimiters, m.names, kind)
        for place, kind in ((2, "PLAC"), (3, "FILL"))
    ]
    if identifiers := [one for one in numbers if one]:
        report["identifier"] = identifiers
    if based_on:
        report["basedOn"] = [{"reference": one} for one in based_on]
    report["status"] = status
    if section := m.coded(segment, 24, v2_table("0074")):
        report["category"] = [section]
    report["code"] = code
    report["subject"] = subject
    if visit := m.visit:
        report["encounter"] = visit
    begun, ended = m.moment(segment, 7), m.moment(segment, 8)
    if begun and ended and begun != ended:
        report["effectivePeriod"] = {"start": begun, "end": ended}
    elif begun:
        report["effectiveDateTime"] = begun
    if issued := m.instant(segment, 22):
        report["issued"] = issued
    if interpreters := list(m.persons(segment, 32)):
        report["resultsInterpreter"] = interpreters
    m.add(report)
    m.partial.add(reference_to(report))
    return report


def map_specimen(segment: Segment, m: Mapping) -> Resource | None:
    """Specimen of an SPM; ``None`` when it says nothing of one."""
    kind = m.coded(segment, 4, v2_table("0487"))
    numbers = [d.text_of(one, 1, segment.delimiters) for one in segment.repetitions(2)]
    placed = next((n.split(segment.delimiters.subcomponent)[0] for n in numbers if n), "")
    if kind is None and not placed:
        m.leave_out(segment, frozenset({1}))
        return None
    subject = m.patient_reference(segment)
    specimen = m.new("Specimen", subject["reference"], placed or f"message:{m.header.control_id}")
    if placed:
        specimen["identifier"] = [{"value": placed}]
    if kind:
        specimen["type"] = kind
    specimen["subject"] = subject
    if received := m.moment(segment, 18):
        specimen["receivedTime"] = received
    collection: Resource = {}
    begun, ended = m.moment(segment, 17), segment.text(17, 2)
    if begun and ended:
        collection["collectedPeriod"] = {"start": begun, "end": m.moment(segment, 17, 2)}
    elif begun:
        collection["collectedDateTime"] = begun
    if site := m.concept(segment, 8):
        collection["bodySite"] = site
    if collection:
        specimen["collection"] = collection
    m.add(specimen)
    m.leave_out(segment, SPM)
    return specimen


def map_document(segment: Segment, m: Mapping, contents: list[Segment]) -> Resource:
    """DocumentReference of a TXA and the text or files of the OBX segments after it."""
    subject = m.patient_reference(segment)
    number = segment.text(12).strip()
    document = m.new(
        "DocumentReference", subject["reference"], number or f"message:{m.header.control_id}"
    )
    master = d.entity_identifier(segment.components(12), segment.delimiters, m.names)
    if master:
        document["masterIdentifier"] = master
    cancelled = m.header.event in _CANCELS
    availability = segment.text(19).strip().upper()
    document["status"] = (
        "entered-in-error" if cancelled else _AVAILABILITY.get(availability, "current")
    )
    completion = segment.text(17).strip().upper()
    if completion in tables.DOCUMENT_STATUS:
        document["docStatus"] = tables.DOCUMENT_STATUS[completion]
    elif completion:
        m.not_mapped(segment, 17)
    if kind := m.coded(segment, 2, v2_table("0270")):
        document["type"] = kind
    document["subject"] = subject
    if moment := m.instant(segment, 6) or m.instant(segment, 4):
        document["date"] = moment
    if authors := list(m.persons(segment, 9)):
        document["author"] = authors
    if signers := list(m.persons(segment, 22)):
        document["authenticator"] = signers[0]
    parent = d.entity_identifier(segment.components(13), segment.delimiters, m.names)
    if parent:
        target = m.id_for("DocumentReference", subject["reference"], segment.text(13).strip())
        code = "replaces" if m.header.event in ("T09", "T10") else "appends"
        related = {"reference": f"DocumentReference/{target}", "identifier": parent}
        document["relatesTo"] = [{"code": code, "target": related}]
    document["content"] = _contents(segment, contents)
    if visit := m.visit:
        document["context"] = {"encounter": [visit]}
    m.add(document)
    m.partial.add(reference_to(document))
    m.leave_out(segment, TXA)
    return document


def _contents(segment: Segment, contents: list[Segment]) -> list[Resource]:
    """The lines of text as one attachment, each file as its own."""
    lines: list[str] = []
    found: list[Resource] = []
    for one in contents:
        kind = one.text(2).strip().upper()
        if kind in ("ED", "RP"):
            for components in one.repetitions(5):
                attachment = attachment_of(kind, components, one)
                if attachment is not None:
                    found.append({"attachment": attachment})
        elif one.has(5):
            marks = one.delimiters
            lines += [marks.unescape(part) for part in one.raw(5).split(marks.repetition)]
    title = segment.text(16)
    if lines:
        data = base64.b64encode("\n".join(lines).encode()).decode()
        text = {"contentType": "text/plain; charset=utf-8", "data": data}
        found.insert(0, {"attachment": text})
    if not found:
        presented = segment.text(3)
        attachment = {"contentType": media_type(presented, "")} if presented else dict(UNKNOWN)
        found.append({"attachment": attachment})
    if title:
        found[0]["attachment"]["title"] = title
    return found
