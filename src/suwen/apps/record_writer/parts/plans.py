"""Procedures of the encounter, and what was planned and arranged."""

from __future__ import annotations

from suwen.apps.record_writer.parts.part import Entry, Part, together, told
from suwen.apps.record_writer.parts.problems import time_text
from suwen.apps.record_writer.visit import Visit
from suwen.apps.record_writer.wording import (
    free_text,
    listed,
    recorded,
    sentence,
    term_evidence,
    term_of,
)
from suwen.core.finding import Evidence
from suwen.core.record import CodedItem, ProcedureItem


def procedures_part(visit: Visit) -> Part:
    """Procedures within the encounter that were begun; those not done do not count."""
    entries = []
    for procedure in procedures_of(visit):
        entry = _procedure_entry(procedure, visit)
        if entry is not None:
            entries.append(entry)
    return told("procedures", entries, visit)


def procedures_of(visit: Visit) -> list[ProcedureItem]:
    """Procedures of the encounter that took place."""
    never = ("entered-in-error", "not-done", "preparation")
    return [p for p in visit.record.procedures if p.status not in never and visit.holds(p)]


def _procedure_entry(procedure: ProcedureItem, visit: Visit) -> Entry | None:
    language = visit.language
    term = term_of(procedure.resource.get("code"), "Procedure.code", language)
    if term is None:
        return None
    evidence = [*term_evidence(procedure.reference, term)]
    name = term.shown(language)
    if term.code:
        name += visit.say(f"（{term.code}）", f" ({term.code})")
    moment = time_text(procedure.when, visit)
    if procedure.when is not None:
        path = "Procedure.performedPeriod.start"
        if "performedDateTime" in procedure.resource:
            path = "Procedure.performedDateTime"
        evidence.append(recorded(procedure.reference, path, procedure.when.text))
    sites = []
    for index, concept in enumerate(procedure.resource.get("bodySite") or ()):
        site = term_of(concept, f"Procedure.bodySite[{index}]", language)
        if site is not None:
            sites.append(site.shown(language))
            evidence.extend(term_evidence(procedure.reference, site)[:1])
    outcome = term_of(procedure.resource.get("outcome"), "Procedure.outcome", language)
    if outcome is not None:
        evidence.extend(term_evidence(procedure.reference, outcome)[:1])
    details = listed(
        (
            name,
            visit.say("部位：", "site: ") + "、".join(sites) if sites else None,
            visit.say("结果：", "outcome: ") + outcome.shown(language) if outcome else None,
        ),
        language,
    )
    value = listed((moment, details), language)
    said = visit.say(f"{moment}行{details}" if moment else f"行{details}", value)
    return Entry(value, said, tuple(evidence))


def plan_part(visit: Visit) -> Part:
    """Care plans of or active at the encounter, appointments and requests that are still due."""
    return together(
        told("care_plan", [_plan_entry(p, visit) for p in plans_of(visit)], visit),
        told("follow_up", _follow_up_entries(visit), visit),
    )


def plans_of(visit: Visit) -> list[CodedItem]:
    """Care plans made in the encounter, or whose period covers a part of it."""
    never = ("entered-in-error", "revoked", "draft")
    return [
        plan
        for plan in visit.record.care_plans
        if plan.status not in never
        and (
            (plan.encounter in visit.members)
            or (not visit.is_after(plan.when) and _plan_runs(plan, visit))
        )
    ]


def _plan_runs(plan: CodedItem, visit: Visit) -> bool:
    if plan.when is not None and plan.when.end is not None:
        return not visit.ended_before(plan.when)
    return plan.status in ("active", "on-hold")


def _plan_entry(plan: CodedItem, visit: Visit) -> Entry:
    language, resource = visit.language, plan.resource
    evidence: list[Evidence] = []
    name = None
    if resource.get("title"):
        name = free_text(resource["title"], language)
        evidence.append(recorded(plan.reference, "CarePlan.title", resource["title"]))
    for index, concept in enumerate(resource.get("category") or ()):
        term = term_of(concept, f"CarePlan.category[{index}]", language)
        if name is None and term is not None:
            name = term.shown(language)
            evidence.extend(term_evidence(plan.reference, term)[:1])
    if name is None and resource.get("description"):
        name = free_text(resource["description"], language)
        evidence.append(recorded(plan.reference, "CarePlan.description", resource["description"]))
    activities = []
    for index, activity in enumerate(resource.get("activity") or ()):
        detail = activity.get("detail") or {}
        path = f"CarePlan.activity[{index}].detail"
        term = term_of(detail.get("code"), f"{path}.code", language)
        if term is not None:
            activities.append(term.shown(language))
            evidence.extend(term_evidence(plan.reference, term)[:1])
        elif detail.get("description"):
            activities.append(free_text(detail["description"], language))
            evidence.append(recorded(plan.reference, f"{path}.description", detail["description"]))
    moment = time_text(plan.when, visit)
    if plan.when is not None and "period" in resource:
        evidence.append(recorded(plan.reference, "CarePlan.period.start", plan.when.text))
    since = visit.say(f"自{moment}", f"from {moment}") if moment else None
    content = visit.say("内容：", "activities: ") + visit.say("、", ", ").join(activities)
    if not evidence:
        evidence.append(recorded(plan.reference, "CarePlan.status", plan.status))
    text = listed((name, since, content if activities else None), language) or str(plan.status)
    return Entry(text, visit.say(f"诊疗计划：{text}", f"Care plan: {text}"), tuple(evidence))


def _follow_up_entries(visit: Visit) -> list[Entry]:
    appointments = [a for a in visit.record.appointments if _is_due(a, visit)]
    requests = [r for r in visit.record.service_requests if _is_requested(r, visit)]
    made = [_appointment_entry(a, visit) for a in appointments]
    asked = [e for e in (_request_entry(r, visit) for r in requests) if e is not None]
    return made + asked


def _is_due(appointment: CodedItem, visit: Visit) -> bool:
    """Booked for after the visit (for an open one: after it began)."""
    never = ("cancelled", "noshow", "entered-in-error")
    if appointment.status in never or appointment.when is None:
        return False
    edge = visit.end or visit.start
    return edge is None or (appointment.when.start > edge.at)


def _is_requested(request: CodedItem, visit: Visit) -> bool:
    """Ordered in the visit and not yet done, or meant for after it."""
    if request.status in ("entered-in-error", "revoked", "draft"):
        return False
    if request.encounter is not None and request.encounter not in visit.members:
        return False
    later = visit.is_after(request.when)
    if request.encounter is None:
        return later or (visit.holds(request) and request.status != "completed")
    return later or request.status != "completed"


def _appointment_entry(appointment: CodedItem, visit: Visit) -> Entry:
    language, resource = visit.language, appointment.resource
    evidence = []
    moment = time_text(appointment.when, visit)
    if appointment.when is not None:
        evidence.append(recorded(appointment.reference, "Appointment.start", appointment.when.text))
    words = []
    for name in ("serviceType", "specialty", "reasonCode"):
        for index, concept in enumerate(resource.get(name) or ()):
            term = term_of(concept, f"Appointment.{name}[{index}]", language)
            if term is not None:
                words.append(term.shown(language))
                evidence.extend(term_evidence(appointment.reference, term)[:1])
    for name in ("description", "patientInstruction"):
        if resource.get(name):
            words.append(free_text(resource[name], language))
            evidence.append(recorded(appointment.reference, f"Appointment.{name}", resource[name]))
    text = listed((moment, *words), language)
    said = visit.say(f"预约：{text}", f"Appointment: {text}")
    return Entry(text, sentence(said, language), tuple(evidence))


def _request_entry(request: CodedItem, visit: Visit) -> Entry | None:
    language = visit.language
    term = term_of(request.resource.get("code"), "ServiceRequest.code", language)
    if term is None:
        return None
    evidence = [*term_evidence(request.reference, term)[:1]]
    moment = time_text(request.when, visit)
    if request.when is not None:
        path = next(
            name
            for name in ("occurrenceDateTime", "occurrencePeriod", "authoredOn")
            if name in request.resource
        )
        place = f"ServiceRequest.{path}" + (".start" if path == "occurrencePeriod" else "")
        evidence.append(recorded(request.reference, place, request.when.text))
    note = None
    if request.description:
        note = free_text(request.description, language)
        evidence.append(
            recorded(request.reference, "ServiceRequest.patientInstruction", request.description)
        )
    text = listed((moment, term.shown(language), note), language)
    return Entry(text, visit.say(f"申请：{text}", f"Requested: {text}"), tuple(evidence))
