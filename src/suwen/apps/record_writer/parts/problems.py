"""Why the patient came, the diagnoses, the past history, the allergies."""

from __future__ import annotations

from collections.abc import Iterable

from suwen.apps.record_writer.moments import shown, zone_of
from suwen.apps.record_writer.parts.part import Entry, Part, line, told
from suwen.apps.record_writer.visit import Visit
from suwen.apps.record_writer.wording import (
    CLINICAL_STATUS,
    CRITICALITY,
    VERIFICATION,
    fits,
    joined,
    label,
    listed,
    marked,
    recorded,
    term_evidence,
    term_of,
)
from suwen.core.finding import Evidence
from suwen.core.record import AllergyItem, ConditionItem, When

_DISPROVED = frozenset({"refuted", "entered-in-error"})
_ACTIVE = frozenset({"active", "recurrence", "relapse"})


def time_text(when: When | None, visit: Visit) -> str | None:
    """When something began, as the document writes times."""
    if when is None:
        return None
    return shown(when.text, zone_of(visit.start.text) if visit.start else None)


def time_evidence(reference: str, when: When | None, candidates: Iterable[str]) -> list[Evidence]:
    """Evidence of an item's time; the first candidate path is where it was read from."""
    path = next(iter(candidates), None)
    return [recorded(reference, path, when.text)] if when is not None and path else []


def reason_part(visit: Visit) -> Part:
    """Why the patient came: Encounter.reasonCode, the conditions it refers to, else the
    conditions recorded in the encounter."""
    encounter, language = visit.encounter, visit.language
    values: list[str] = []
    evidence: list[Evidence] = []
    for index, concept in enumerate(encounter.resource.get("reasonCode") or ()):
        term = term_of(concept, f"Encounter.reasonCode[{index}]", language)
        if term is not None:
            values.append(term.shown(language))
            evidence.extend(term_evidence(encounter.reference, term)[:1])
    if not values:
        for condition in _referred(visit) or held_conditions(visit):
            term = term_of(condition.resource.get("code"), "Condition.code", language)
            if term is not None:
                values.append(term.shown(language))
                evidence.extend(term_evidence(condition.reference, term)[:1])
    value = joined(dict.fromkeys(values), language) or None
    return Part((line("reason_for_encounter", value, evidence),))


def _referred(visit: Visit) -> list[ConditionItem]:
    wanted = {
        reference.get("reference")
        for reference in visit.encounter.resource.get("reasonReference") or ()
    }
    return [c for c in _believed(visit) if c.reference in wanted]


def _believed(visit: Visit) -> list[ConditionItem]:
    """Conditions with a code that nobody refuted or entered in error."""
    return [
        c
        for c in visit.record.conditions
        if c.code is not None and c.verification_status not in _DISPROVED
    ]


def held_conditions(visit: Visit) -> list[ConditionItem]:
    """Conditions recorded in this encounter, in the order of its diagnosis ranks."""
    ranks = diagnosis_ranks(visit)
    found = [c for c in _believed(visit) if c.reference in ranks or _recorded_in(c, visit)]
    return sorted(found, key=lambda c: ranks.get(c.reference, len(ranks) + 1))


def _recorded_in(condition: ConditionItem, visit: Visit) -> bool:
    return condition.encounter is not None and condition.encounter in visit.members


def diagnosis_ranks(visit: Visit) -> dict[str, int]:
    """``Condition/id`` of Encounter.diagnosis and its rank, from 1; order where none is given."""
    found: dict[str, int] = {}
    for index, item in enumerate(visit.encounter.resource.get("diagnosis") or (), start=1):
        reference = (item.get("condition") or {}).get("reference")
        if reference:
            found[reference] = item.get("rank") or index
    return found


def diagnosed(visit: Visit) -> list[ConditionItem]:
    """Diagnoses of the document: those of the encounter first, then those active at it.

    Active at it: began before it ended, and either still active or ended only after it began.
    """
    own = held_conditions(visit)
    references = {c.reference for c in own}
    others = [
        c
        for c in _believed(visit)
        if c.reference not in references and not visit.is_after(c.when) and _active(c, visit)
    ]
    return own + others


def _active(condition: ConditionItem, visit: Visit) -> bool:
    if condition.abatement is not None:
        return visit.start is not None and not visit.is_before(condition.abatement)
    return condition.clinical_status in _ACTIVE


def diagnoses_part(visit: Visit) -> Part:
    """Conditions of the encounter or active at it, with code and onset."""
    ranks = diagnosis_ranks(visit)
    own = {c.reference for c in held_conditions(visit)}
    principal = next((reference for reference, rank in ranks.items() if rank == 1), None)
    entries = []
    for condition in diagnosed(visit):
        entry = _condition_entry(condition, visit)
        if entry is None:
            continue
        if condition.reference == principal:
            head = visit.say("主要诊断：", "Principal diagnosis: ")
        elif condition.reference in own:
            head = visit.say("诊断：", "Diagnosis: ")
        else:
            head = visit.say("并存疾病：", "Coexisting condition: ")
        entries.append(Entry(entry.value, f"{head}{entry.said}", entry.evidence))
    return told("diagnoses", entries, visit)


def past_part(visit: Visit) -> Part:
    """Conditions that were resolved, or older than the encounter and not of it."""
    own = {c.reference for c in held_conditions(visit)}
    entries = [
        entry
        for condition in _believed(visit)
        if condition.reference not in own
        and not visit.is_after(condition.when)
        and (condition.clinical_status not in _ACTIVE or visit.is_before(condition.when))
        and (entry := _condition_entry(condition, visit)) is not None
    ]
    return told("past_history", entries, visit)


def _condition_entry(condition: ConditionItem, visit: Visit) -> Entry | None:
    term = term_of(condition.resource.get("code"), "Condition.code", visit.language)
    if term is None:
        return None
    evidence = [*term_evidence(condition.reference, term)]
    onset = abated = None
    if condition.when is not None:
        name = _onset_path(condition)
        onset = visit.say(
            f"{time_text(condition.when, visit)}起病", f"onset {time_text(condition.when, visit)}"
        )
        if name == "Condition.recordedDate":
            onset = visit.say(
                f"{time_text(condition.when, visit)}记录",
                f"recorded {time_text(condition.when, visit)}",
            )
        evidence.append(recorded(condition.reference, name, condition.when.text))
    if condition.abatement is not None and not visit.is_after(condition.abatement):
        when = time_text(condition.abatement, visit)
        abated = visit.say(f"{when}缓解", f"abated {when}")
        path = "Condition.abatementDateTime"
        if "abatementDateTime" not in condition.resource:
            path = "Condition.abatementPeriod.start"
        evidence.append(recorded(condition.reference, path, condition.abatement.text))
    certainty = None
    if condition.verification_status in VERIFICATION:
        certainty = label(VERIFICATION, condition.verification_status, visit.language)
        evidence.append(_status_evidence(condition, "verificationStatus"))
    status = None
    if abated is None and not visit.is_after(condition.abatement):
        status = label(CLINICAL_STATUS, condition.clinical_status, visit.language)
        if status:
            evidence.append(_status_evidence(condition, "clinicalStatus"))
    wording = term.shown(visit.language)
    if term.code:
        wording += visit.say(f"（{term.code}）", f" ({term.code})")
    text = listed((wording, certainty, onset, abated, status), visit.language)
    return Entry(text, text, tuple(evidence))


def _status_evidence(item: ConditionItem | AllergyItem, element: str) -> Evidence:
    name = item.reference.split("/")[0]
    code = item.clinical_status if element == "clinicalStatus" else item.verification_status
    codings = (item.resource.get(element) or {}).get("coding") or ()
    index = next((i for i, c in enumerate(codings) if c.get("code") == code), 0)
    return recorded(item.reference, f"{name}.{element}.coding[{index}].code", code)


def _onset_path(condition: ConditionItem) -> str:
    for name in ("onsetDateTime", "onsetPeriod", "recordedDate"):
        if name in condition.resource:
            return f"Condition.{name}" + (".start" if name == "onsetPeriod" else "")
    return "Condition.onsetDateTime"


def allergies_part(visit: Visit) -> Part:
    """Every allergy or recorded absence of one that nobody refuted, whenever it was recorded."""
    entries = [
        entry
        for allergy in visit.record.allergies
        if allergy.verification_status not in _DISPROVED
        and (entry := _allergy_entry(allergy, visit)) is not None
    ]
    return told("allergies", entries, visit)


def _allergy_entry(allergy: AllergyItem, visit: Visit) -> Entry | None:
    language = visit.language
    term = term_of(allergy.resource.get("code"), "AllergyIntolerance.code", language)
    if term is None:
        return None
    evidence = [*term_evidence(allergy.reference, term)[:1]]
    reactions = _reactions(allergy, visit, evidence)
    criticality = None
    if allergy.criticality:
        criticality = visit.say("严重性", "criticality ") + str(
            label(CRITICALITY, allergy.criticality, language)
        )
        evidence.append(
            recorded(allergy.reference, "AllergyIntolerance.criticality", allergy.criticality)
        )
    status = None
    if allergy.clinical_status not in (None, "active"):
        status = label(CLINICAL_STATUS, allergy.clinical_status, language)
        evidence.append(_status_evidence(allergy, "clinicalStatus"))
    certainty = None
    if allergy.verification_status in VERIFICATION:
        certainty = label(VERIFICATION, allergy.verification_status, language)
        evidence.append(_status_evidence(allergy, "verificationStatus"))
    wording = term.shown(language)
    text = listed((wording, reactions, criticality, certainty, status), language)
    return Entry(text, visit.say(f"过敏记录：{text}", f"Allergy record: {text}"), tuple(evidence))


def _reactions(allergy: AllergyItem, visit: Visit, evidence: list[Evidence]) -> str | None:
    words = []
    for index, reaction in enumerate(allergy.resource.get("reaction") or ()):
        for number, concept in enumerate(reaction.get("manifestation") or ()):
            path = f"AllergyIntolerance.reaction[{index}].manifestation[{number}]"
            term = term_of(concept, path, visit.language)
            if term is not None:
                words.append(term.shown(visit.language))
                evidence.extend(term_evidence(allergy.reference, term)[:1])
    if not words:
        return None
    return visit.say("反应：" + "、".join(words), "reaction: " + ", ".join(words))


def mark_if_foreign(text: str, visit: Visit) -> str:
    """A recorded wording, marked when it is in the other language."""
    return text if fits(text, visit.language) else marked(text, visit.language)
