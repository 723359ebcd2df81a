"""Images, immunisations, family and social history."""

from __future__ import annotations

from suwen.apps.record_writer.parts.laboratory import LABORATORY_REPORTS, report_entry
from suwen.apps.record_writer.parts.measurements import codes_of, time_path
from suwen.apps.record_writer.parts.part import Entry, Part, statement, together, told
from suwen.apps.record_writer.parts.problems import time_text
from suwen.apps.record_writer.visit import Visit
from suwen.apps.record_writer.wording import (
    free_text,
    listed,
    quantity_exact,
    recorded,
    term_evidence,
    term_of,
)
from suwen.core.finding import Evidence
from suwen.core.record import CodedItem, ImagingItem, ObservationItem, Quantity, ReportItem

_VOID = frozenset({"entered-in-error", "cancelled", "not-done"})
#: HL7 v2 table 0074 (diagnostic service sections) of imaging, and the LOINC category.
IMAGING_REPORTS = frozenset(
    {
        "RAD", "RX", "CT", "CUS", "NMR", "NMS", "OUS", "RUS", "VUS", "XRC", "IMG", "PF",
        "LP29684-5", "imaging", "US", "MR", "DX", "XA", "CR", "MG", "PT", "NM",
    }
)  # fmt: skip
TOBACCO = frozenset({"72166-2", "11367-0", "39240-7", "63640-7", "81229-7"})
ALCOHOL = frozenset({"11331-6", "74013-4", "74205-6", "68518-0"})
#: Social history that a document for other eyes does not need: HIV status, sexual orientation,
#: abuse status. They stay in the record and are counted among the limits.
SENSITIVE = frozenset({"55277-8", "76690-7", "28245-9"})


def imaging_part(visit: Visit) -> Part:
    """Imaging reports and studies: of the encounter; for a visit, and for a stay without any,
    also those before it. A study that a report of the same time already tells is not repeated."""
    reports = [r for r in visit.record.reports if _is_imaging(r, visit)]
    studies = [s for s in visit.record.imaging if s.status not in _VOID]
    held_reports = [r for r in reports if visit.holds(r)]
    held_studies = [s for s in studies if visit.holds(s)]
    if visit.document_type.needs_stay and (held_reports or held_studies):
        reports, studies = held_reports, held_studies
    else:
        reports = [r for r in reports if visit.holds(r) or not visit.is_after(r.when)]
        studies = [s for s in studies if visit.holds(s) or not visit.is_after(s.when)]
    reported = {
        reference.get("reference")
        for r in reports
        for reference in r.resource.get("imagingStudy") or ()
    }
    head = visit.say("影像报告：", "Imaging report: ")
    entries = [report_entry(r, visit, head) for r in reports]
    entries += [_study_entry(s, visit) for s in studies if s.reference not in reported]
    return together(told("imaging", entries, visit), _other_reports(visit))


def _other_reports(visit: Visit) -> Part:
    """Reports of the encounter that are neither laboratory nor imaging, such as an ECG."""
    head = visit.say("检查报告：", "Report: ")
    found = []
    for report in visit.record.reports:
        if report.status in _VOID or not visit.holds(report) or not report.conclusion:
            continue
        if report.category not in LABORATORY_REPORTS and not _is_imaging(report, visit):
            entry = report_entry(report, visit, head)
            found.append(statement(entry.said or entry.value, entry.evidence, visit))
    return Part((), tuple(found))


def _is_imaging(report: ReportItem, visit: Visit) -> bool:
    if report.status in _VOID:
        return False
    codes = {
        coding.get("code")
        for concept in report.resource.get("category") or ()
        for coding in concept.get("coding") or ()
    }
    if codes & IMAGING_REPORTS:
        return True
    return not codes & LABORATORY_REPORTS and bool(report.resource.get("imagingStudy"))


def _study_entry(study: ImagingItem, visit: Visit) -> Entry:
    language = visit.language
    evidence: list[Evidence] = []
    moment = time_text(study.when, visit)
    if study.when is not None:
        evidence.append(recorded(study.reference, "ImagingStudy.started", study.when.text))
    name = free_text(study.description, language) if study.description else None
    if study.resource.get("description"):
        evidence.append(
            recorded(study.reference, "ImagingStudy.description", study.resource["description"])
        )
    for code in study.modalities:
        in_head = any(c.get("code") == code for c in study.resource.get("modality") or ())
        path = "ImagingStudy.modality.code" if in_head else "ImagingStudy.series.modality.code"
        evidence.append(recorded(study.reference, path, code))
    sites = []
    for index, series in enumerate(study.resource.get("series") or ()):
        concept = {"coding": [series["bodySite"]]} if series.get("bodySite") else None
        term = term_of(concept, "ImagingStudy.bodySite", language)
        if term is not None and term.shown(language) not in sites:
            sites.append(term.shown(language))
            part = "display" if series["bodySite"].get("display") else "code"
            path = f"ImagingStudy.series[{index}].bodySite.{part}"
            evidence.append(recorded(study.reference, path, series["bodySite"][part]))
    site = visit.say("部位：", "site: ") + visit.say("、", ", ").join(sites) if sites else None
    modality = "/".join(study.modalities) or None
    text = listed((moment, name, modality, site), language)
    return Entry(text, visit.say(f"影像检查：{text}", f"Imaging study: {text}"), tuple(evidence))


def immunisations_part(visit: Visit) -> Part:
    """Immunisations that were given up to the end of the encounter."""
    entries = []
    for item in visit.record.immunizations:
        if item.status in _VOID or visit.is_after(item.when):
            continue
        term = term_of(item.resource.get("vaccineCode"), "Immunization.vaccineCode", visit.language)
        if term is None:
            continue
        evidence = [*term_evidence(item.reference, term)[:1]]
        moment = time_text(item.when, visit)
        if item.when is not None:
            evidence.append(
                recorded(item.reference, "Immunization.occurrenceDateTime", item.when.text)
            )
        text = listed((moment, term.shown(visit.language)), visit.language)
        entries.append(
            Entry(text, visit.say(f"预防接种：{text}", f"Immunisation: {text}"), tuple(evidence))
        )
    return told("immunisations", entries, visit)


def family_part(visit: Visit) -> Part:
    """Relatives and their conditions, as recorded."""
    entries = []
    for item in visit.record.family_history:
        if item.status in ("entered-in-error", "health-unknown"):
            continue
        entry = _family_entry(item, visit)
        if entry is not None:
            entries.append(entry)
    return told("family_history", entries, visit)


def _family_entry(item: CodedItem, visit: Visit) -> Entry | None:
    language = visit.language
    relative = term_of(
        item.resource.get("relationship"), "FamilyMemberHistory.relationship", language
    )
    if relative is None:
        return None
    evidence = [*term_evidence(item.reference, relative)[:1]]
    words = []
    for index, condition in enumerate(item.resource.get("condition") or ()):
        path = f"FamilyMemberHistory.condition[{index}].code"
        term = term_of(condition.get("code"), path, language)
        if term is not None:
            words.append(term.shown(language))
            evidence.extend(term_evidence(item.reference, term)[:1])
    for index, note in enumerate(item.resource.get("note") or ()):
        if note.get("text"):
            words.append(free_text(note["text"], language))
            evidence.append(
                recorded(item.reference, f"FamilyMemberHistory.note[{index}].text", note["text"])
            )
    text = relative.shown(language)
    if words:
        text += visit.say("：", ": ") + visit.say("、", ", ").join(words)
    return Entry(text, visit.say(f"家族史：{text}", f"Family history: {text}"), tuple(evidence))


def social_part(visit: Visit) -> Part:
    """Tobacco, alcohol and other social history: the latest of each up to the encounter's end."""
    latest: dict[str, ObservationItem] = {}
    for item in visit.record.observations:
        if item.status in _VOID or (visit.is_after(item.when) and not visit.holds(item)):
            continue
        codes = codes_of(item.resource.get("code"))
        known = codes & (TOBACCO | ALCOHOL)
        if codes & SENSITIVE or not (known or item.category == "social-history"):
            continue
        if item.value is not None and item.code is not None:
            latest[(sorted(known or codes) or [item.code.text])[0]] = item
    return told("social_history", [_social_entry(i, visit) for i in latest.values()], visit)


def sensitive_left_out(visit: Visit) -> int:
    """How many entries of social history were left out of the document."""
    return sum(
        1
        for item in visit.record.observations
        if item.status not in _VOID
        and codes_of(item.resource.get("code")) & SENSITIVE
        and not visit.is_after(item.when)
    )


def _social_entry(item: ObservationItem, visit: Visit) -> Entry:
    language = visit.language
    name = term_of(item.resource.get("code"), "Observation.code", language)
    evidence = [*term_evidence(item.reference, name)[:1]] if name else []
    codes = codes_of(item.resource.get("code"))
    if codes & TOBACCO:
        title = visit.say("吸烟", "Tobacco")
    elif codes & ALCOHOL:
        title = visit.say("饮酒", "Alcohol")
    else:
        title = name.shown(language) if name else ""
    concept = item.resource.get("valueCodeableConcept")
    term = term_of(concept, "Observation.valueCodeableConcept", language)
    if term is not None:
        value = term.shown(language)
        evidence.extend(term_evidence(item.reference, term)[:1])
    elif isinstance(item.value, Quantity):
        value = quantity_exact(item.value)
        evidence.append(
            recorded(item.reference, "Observation.valueQuantity.value", item.value.value)
        )
    else:
        kind = next((k for k in item.resource if k.startswith("value")), "valueString")
        value = free_text(str(item.value), language)
        evidence.append(recorded(item.reference, f"Observation.{kind}", item.value))
    moment = time_text(item.when, visit)
    if item.when is not None:
        evidence.append(recorded(item.reference, time_path(item), item.when.text))
    text = title + visit.say("：", ": ") + value
    if moment:
        text += visit.say(f"（{moment}）", f" ({moment})")
    return Entry(text, text, tuple(evidence))
