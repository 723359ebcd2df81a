"""What happened in the stay or visit, told in order from the record alone."""

from __future__ import annotations

from suwen.apps.record_writer.moments import shown, zone_of
from suwen.apps.record_writer.parts.identity import (
    days_text,
    length_of_stay_days,
    length_of_stay_evidence,
)
from suwen.apps.record_writer.parts.laboratory import (
    Result,
    analyte_name,
    result_evidence,
    results_of,
    value_shown,
)
from suwen.apps.record_writer.parts.medications import medication_sentences
from suwen.apps.record_writer.parts.part import Part, statement
from suwen.apps.record_writer.parts.plans import procedures_of
from suwen.apps.record_writer.parts.problems import reason_part, time_text
from suwen.apps.record_writer.visit import Visit
from suwen.apps.record_writer.wording import recorded, term_evidence, term_of
from suwen.core.document import Statement
from suwen.core.finding import Evidence


def course_part(visit: Visit) -> Part:
    """Admission and discharge, procedures, treatment in the stay, course of abnormal values."""
    return Part(
        (),
        (
            *_came(visit),
            *_operated(visit),
            *(statement(text, evidence, visit) for text, evidence in medication_sentences(visit)),
            *_trends(visit),
            *_left(visit),
        ),
    )


def case_part(visit: Visit) -> Part:
    """Why and when the patient came: the opening sentence of an admission record."""
    return Part((), tuple(_came(visit)))


def _came(visit: Visit) -> list[Statement]:
    if visit.start is None:
        return []
    zone = zone_of(visit.start.text)
    when = shown(visit.start.text, zone)
    evidence = [recorded(visit.encounter.reference, "Encounter.period.start", visit.start.text)]
    reason = reason_part(visit).fields[0]
    evidence.extend(reason.evidence)
    if visit.is_stay:
        zh, en = "入院", "was admitted"
    else:
        zh, en = "就诊", "was seen"
    if reason.value:
        text = visit.say(
            f"患者因“{reason.value}”于{when}{zh}", f"The patient {en} on {when} for: {reason.value}"
        )
    else:
        text = visit.say(f"患者于{when}{zh}", f"The patient {en} on {when}")
    return [statement(text, evidence, visit)]


def _operated(visit: Visit) -> list[Statement]:
    if not visit.document_type.needs_stay:
        return []
    found = []
    for procedure in procedures_of(visit):
        term = term_of(procedure.resource.get("code"), "Procedure.code", visit.language)
        when = time_text(procedure.when, visit)
        if term is None or when is None or procedure.when is None:
            continue
        name = term.shown(visit.language)
        path = "Procedure.performedPeriod.start"
        if "performedDateTime" in procedure.resource:
            path = "Procedure.performedDateTime"
        evidence = [
            *term_evidence(procedure.reference, term)[:1],
            recorded(procedure.reference, path, procedure.when.text),
        ]
        text = visit.say(f"住院期间于{when}行{name}", f"{name} was performed on {when}")
        found.append(statement(text, evidence, visit))
    return found


def _trends(visit: Visit) -> list[Statement]:
    """First and last value of each analyte that was ever flagged abnormal in the stay."""
    if not visit.is_stay:
        return []
    series: dict[str, list[Result]] = {}
    for result in results_of(visit):
        if visit.holds(result.item):
            series.setdefault(result.analyte, []).append(result)
    found = []
    for results in series.values():
        first, last = results[0], results[-1]
        if len(results) < 2 or not any(r.is_abnormal for r in results):
            continue
        start, end = time_text(first.item.when, visit), time_text(last.item.when, visit)
        if start is None or end is None or start == end:
            continue
        name = analyte_name(last, visit)
        one, two = value_shown(first, visit), value_shown(last, visit)
        evidence: list[Evidence] = [
            *result_evidence(first, visit),
            *result_evidence(last, visit),
        ]
        space = visit.say("" if name.endswith("）") else " ", " ")
        text = visit.say(
            f"{name}{space}首次为{one}（{start}），末次为{two}（{end}）",
            f"{name} was {one} first ({start}) and {two} last ({end})",
        )
        found.append(statement(text, evidence, visit))
    return found


def _left(visit: Visit) -> list[Statement]:
    if visit.end is None or visit.start is None or not visit.is_stay:
        return []
    when = shown(visit.end.text, zone_of(visit.start.text))
    days = length_of_stay_days(visit)
    evidence = [recorded(visit.encounter.reference, "Encounter.period.end", visit.end.text)]
    if days is None:
        return [
            statement(
                visit.say(f"患者于{when}出院", f"The patient was discharged on {when}"),
                evidence,
                visit,
            )
        ]
    text = visit.say(
        f"患者于{when}出院，共住院{days_text(days, visit)}",
        f"The patient was discharged on {when} after {days_text(days, visit)} in hospital",
    )
    return [statement(text, [*evidence, *length_of_stay_evidence(visit)], visit)]
