"""Reads an R4 Bundle by itself and says which fields a document must fill, and with what.

It imports nothing of ours: plain JSON in, expectations out. It follows the field table of the
contract literally. Where the table leaves room, it is read like this:

- A document cannot know what came after it. Everything is looked at as of the end of the
  encounter the document is about (an open encounter: everything known).
- "Inpatient stay": Encounter.class IMP, ACUTE or NONAC. The stay of a discharge summary or
  admission record is the latest by start; the encounter of an outpatient note is the latest of
  any class. Cancelled, planned and mistaken encounters are none.
- A resource that is ``entered-in-error`` (by status or verificationStatus) is no source; a
  cancelled appointment, order, study or observation, an unfinished procedure and a vaccination
  that was not given are none either.
- department: Encounter.serviceType, serviceProvider or location. attending: a participant; the
  ``ATND`` one where participants are typed.
- length_of_stay: whole days from admission date to discharge date; a stay within one day may be
  written as 0 or 1.
- age: in full years at the start or end of the encounter, today or at death; below three years
  months or days are right too.
- reason_for_encounter: Encounter.reasonCode, else a Condition of that encounter.
- diagnoses: conditions of the encounter, and active ones with onset up to its end; refuted ones
  are none.
- past_history: conditions of earlier onset or resolved, not of this encounter.
- medications_at_discharge: orders of the stay, and what was active at its end;
  current_medications: the same for a visit; medications_on_admission: what was taken before.
- vital signs: the eight of the table, each counted for itself, latest within the encounter (by
  reference, else by time).
- laboratory: each analyte (by LOINC code, else wording) is counted for itself; its value is the
  latest up to the end of the encounter.
- imaging: ImagingStudy, or DiagnosticReport of an imaging category, up to the end of the encounter.
- social_history: tobacco use, whatever category the Observation carries, up to the end.
- care_plan: CarePlans of the encounter or running during it. follow_up: Appointments that begin
  at or after its start, and open ServiceRequests of the encounter.
- A number is consistent when it equals the record's or is a correct rounding of it that is off
  by at most 2 %; a date when it is the record's own date; a name when the record's wording stands
  in the value: the text of the concept or a display of one of its codings, in either language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

Resource = Mapping[str, Any]

INPATIENT = {"IMP", "ACUTE", "NONAC"}
NO_ENCOUNTER = {"cancelled", "entered-in-error", "planned"}
NO_SOURCE = {"entered-in-error", "cancelled", "not-done", "nullified", "revoked", "unknown"}
OPEN_ORDER = {"active", "on-hold", "draft", "intended"}
IMAGING_CATEGORIES = {
    "RAD", "RX", "CT", "NMR", "NMS", "RUS", "VUS", "CUS", "OUS", "IMG", "US", "PF", "XRC", "imaging"
}  # fmt: skip
VITAL_CODES = {
    "temperature": {"8310-5", "8331-1", "8332-9", "8333-7", "8328-7"},
    "pulse": {"8867-4"},
    "respiration": {"9279-1"},
    "blood_pressure": {"85354-9", "55284-4"},
    "oxygen_saturation": {"2708-6", "59408-5"},
    "height": {"8302-2"},
    "weight": {"29463-7", "3141-9"},
    "body_mass_index": {"39156-5"},
}
TOBACCO = {"72166-2"}
SEX_WORDS = {
    "male": ("男", "male"),
    "female": ("女", "female"),
    "other": ("其他", "other"),
    "unknown": ("未知", "不详", "unknown"),
}
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?")
ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
CHINESE_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")


@dataclass(frozen=True)
class Expected:
    """One thing that a document must fill.

    Attributes:
        field: name in the table; several entries may share it (analytes of ``laboratory``).
        item: which of them, empty where there is one.
        check: answers what is wrong with the texts of the field, ``None`` when nothing is.
        wanted: items that should all be named, each by any of its wordings.
    """

    field: str
    item: str
    check: Callable[[list[str], str], str | None]
    wanted: tuple[list[str], ...] = ()


@dataclass
class Judgement:
    """What the oracle found in one document."""

    total: int = 0
    names: int = 0
    filled: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    items_wanted: int = 0
    items_named: int = 0


class Chart:
    """A bundle, its references resolved."""

    def __init__(self, bundle: Resource) -> None:
        self.resources = [entry["resource"] for entry in bundle["entry"]]
        self.by_reference: dict[str, Resource] = {}
        for entry in bundle["entry"]:
            resource = entry["resource"]
            if "fullUrl" in entry:
                self.by_reference[entry["fullUrl"]] = resource
            self.by_reference[f"{resource['resourceType']}/{resource.get('id')}"] = resource
        self.patient = next(r for r in self.resources if r["resourceType"] == "Patient")

    def of(self, *types: str) -> list[Resource]:
        """Resources of these types that are a source at all."""
        return [r for r in self.resources if r["resourceType"] in types and not void(r)]

    def inpatient_stay(self) -> Resource | None:
        """The latest inpatient stay."""
        return self._latest(lambda code: code in INPATIENT)

    def latest_encounter(self) -> Resource | None:
        """The latest encounter of any class."""
        return self._latest(lambda code: True)

    def _latest(self, wanted: Callable[[str], bool]) -> Resource | None:
        found = [
            e
            for e in self.of("Encounter")
            if e.get("status") not in NO_ENCOUNTER and wanted(e.get("class", {}).get("code", ""))
        ]
        return max(found, key=lambda e: instant(e.get("period", {}).get("start")), default=None)

    def belongs(self, resource: Resource, encounter: Resource) -> bool:
        """Whether a resource names the encounter as its own."""
        for key in ("encounter", "context"):
            reference = resource.get(key, {})
            if isinstance(reference, Mapping) and "reference" in reference:
                return self.by_reference.get(reference["reference"]) is encounter
        return False


def void(resource: Resource) -> bool:
    verification = codes(resource.get("verificationStatus", {}))
    return resource.get("status") in NO_SOURCE or "entered-in-error" in verification


def codes(concept: Any) -> set[str]:
    return {c.get("code", "") for c in concept.get("coding", ())} if concept else set()


def wordings(concept: Any) -> list[str]:
    if not concept:
        return []
    texts = [concept.get("text")] + [c.get("display") for c in concept.get("coding", ())]
    return [t for t in texts if t]


def instant(text: str | None) -> datetime:
    """A FHIR date or instant; unknown is before everything."""
    if not text:
        return datetime(1, 1, 1, tzinfo=UTC)
    padded = text + "-01" * (2 - text.count("-")) if len(text) < 10 else text
    value = datetime.fromisoformat(padded.replace("Z", "+00:00"))
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def when(resource: Resource) -> str | None:
    """The clinically relevant time of a resource, as recorded."""
    for key in (
        "effectiveDateTime", "effectiveInstant", "performedDateTime", "onsetDateTime", "authoredOn",
        "occurrenceDateTime", "started", "start", "recordedDate", "issued", "dateAsserted", "date",
    ):  # fmt: skip
        if resource.get(key):
            return str(resource[key])
    for key in ("effectivePeriod", "performedPeriod", "onsetPeriod", "period"):
        if resource.get(key, {}).get("start"):
            return str(resource[key]["start"])
    return None


def numbers(text: str) -> list[Decimal]:
    return [Decimal(n) for n in NUMBER.findall(text)]


def is_rounding(shown: Decimal, recorded: Decimal) -> bool:
    exponent = shown.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    off = abs(shown - recorded)
    half = Decimal(1).scaleb(-places) / 2
    return off <= half and (recorded == shown or off <= abs(recorded) * Decimal("0.02"))


def shows(text: str, value: Decimal) -> bool:
    return any(is_rounding(n, value) for n in numbers(text))


def shows_date(text: str, recorded: str) -> bool:
    """Whether the text shows the recorded date, to the precision of the record."""
    iso = recorded[:10]
    chinese = [f"{y}-{int(m):02d}-{int(d):02d}" for y, m, d in CHINESE_DATE.findall(text)]
    return iso in text or iso in chinese


def names(text: str, concept_wordings: Iterable[str]) -> bool:
    """Whether the text names the concept by any wording that the record has for it."""
    lowered = text.lower()
    return any(w.lower() in lowered for w in concept_wordings)


# --- expectations -----------------------------------------------------------------------------


def expected_fields(chart: Chart, document_type: str) -> list[Expected]:
    """Everything that the document must fill; empty when its encounter does not exist."""
    discharge, admission = document_type == "discharge_summary", document_type == "admission_record"
    encounter = chart.inpatient_stay() if discharge or admission else chart.latest_encounter()
    if encounter is None:
        return []
    scope = Scope(chart, encounter)
    found = [*patient_fields(scope)]
    found += stay_fields(scope, discharge) if discharge or admission else visit_fields(scope)
    found += [*reason(scope), *diagnoses(scope), *allergies(scope)]
    found += [*vital_signs(scope), *laboratory(scope), *imaging(scope)]
    found += medications(scope, document_type)
    if not discharge:
        found += [*past_history(scope), *histories(scope)]
    if not admission:
        found += [*procedures(scope), *plans(scope)]
    return found


class Scope:
    """A chart as of the end of one encounter."""

    def __init__(self, chart: Chart, encounter: Resource) -> None:
        self.chart = chart
        self.encounter = encounter
        period = encounter.get("period", {})
        self.start: str | None = period.get("start")
        self.end: str | None = period.get("end")

    def until(self, text: str | None) -> bool:
        if self.end is None or text is None:
            return True
        if len(text) <= 10:
            return text <= self.end[: len(text)]
        return instant(text) <= instant(self.end) or text[:10] == self.end[:10]

    def within(self, resource: Resource) -> bool:
        if any(k in resource for k in ("encounter", "context")):
            return self.chart.belongs(resource, self.encounter)
        time = when(resource)
        return bool(time and self.start and instant(self.start) <= instant(time)) and self.until(
            time
        )

    def known(self, *types: str) -> list[Resource]:
        return [
            r
            for r in self.chart.of(*types)
            if self.chart.belongs(r, self.encounter) or self.until(when(r))
        ]


def contains(expected: Iterable[str]) -> Callable[[list[str], str], str | None]:
    given = list(expected)

    def check(texts: list[str], language: str) -> str | None:
        missing = [e for e in given if not any(e in t for t in texts)]
        return f"lacks {len(missing)} of {len(given)} wordings" if missing else None

    return check


def any_named(concepts: Sequence[list[str]]) -> Callable[[list[str], str], str | None]:
    def check(texts: list[str], language: str) -> str | None:
        if any(names(t, c) for t in texts for c in concepts):
            return None
        return "names none of the record's items"

    return check


def dated(texts_of_record: Iterable[str]) -> Callable[[list[str], str], str | None]:
    given = list(texts_of_record)

    def check(texts: list[str], language: str) -> str | None:
        return None if any(shows_date(t, d) for t in texts for d in given) else "another date"

    return check


def patient_fields(scope: Scope) -> Iterable[Expected]:
    patient = scope.chart.patient
    name = next((n for n in patient.get("name", ())), None)
    if name:
        parts = [name["text"]] if name.get("text") else [name.get("family", ""), *name["given"][:1]]
        yield Expected("patient_name", "", contains(p for p in parts if p))
    if patient.get("gender"):
        words = SEX_WORDS[patient["gender"]]

        def check_sex(texts: list[str], language: str) -> str | None:
            ok = any(t.strip().lower() in words for t in texts)
            return None if ok else "another sex"

        yield Expected("sex", "", check_sex)
    if patient.get("birthDate"):
        yield Expected("birth_date", "", dated([patient["birthDate"]]))
        ages = right_ages(scope, patient["birthDate"])

        def check_age(texts: list[str], language: str) -> str | None:
            ok = any(int(n) in ages for t in texts for n in numbers(t))
            return None if ok else f"none of {sorted(ages)}"

        yield Expected("age", "", check_age)
    identifiers = [i for i in patient.get("identifier", ()) if i.get("value")]
    records = [i for i in identifiers if "MR" in codes(i.get("type", {}))] or identifiers
    if records:
        values = [i["value"] for i in records]

        def check_identifier(texts: list[str], language: str) -> str | None:
            return None if any(v in t for v in values for t in texts) else "another identifier"

        yield Expected("identifier", "", check_identifier)


def right_ages(scope: Scope, born: str) -> set[int]:
    patient = scope.chart.patient
    moments = [
        scope.start,
        scope.end,
        datetime.now(UTC).date().isoformat(),
        patient.get("deceasedDateTime"),
    ]
    birth = instant(born)
    ages: set[int] = set()
    for moment in (instant(m) for m in moments if m):
        months = (moment.year - birth.year) * 12 + moment.month - birth.month
        months -= moment.day < birth.day
        ages.add(months // 12)
        if months < 36:
            ages |= {months, (moment.date() - birth.date()).days}
    return ages


def stay_fields(scope: Scope, discharge: bool) -> Iterable[Expected]:
    if scope.start:
        yield Expected("admission_date", "", dated([scope.start]))
    if discharge and scope.end and scope.start:
        yield Expected("discharge_date", "", dated([scope.end]))
        first, last = date.fromisoformat(scope.start[:10]), date.fromisoformat(scope.end[:10])
        days = (last - first).days

        def check_days(texts: list[str], language: str) -> str | None:
            right = {days, max(days, 1)}
            return None if any(int(n) in right for t in texts for n in numbers(t)) else str(right)

        yield Expected("length_of_stay", "", check_days)
    encounter = scope.encounter
    places = wordings(encounter.get("serviceType", {}))
    provider = encounter.get("serviceProvider", {})
    organization = scope.chart.by_reference.get(provider.get("reference", ""), {})
    places += [p for p in (provider.get("display"), organization.get("name")) if p]
    places += organization.get("alias", [])
    places += [
        x["location"]["display"]
        for x in encounter.get("location", ())
        if x.get("location", {}).get("display")
    ]
    if places:
        yield Expected("department", "", any_named([places]))
    people = participants(scope)
    if people:
        yield Expected("attending", "", any_named([people]))


def participants(scope: Scope) -> list[str]:
    """Names of the attending, else of any participant."""
    entries = scope.encounter.get("participant", [])
    attending = [p for p in entries if any("ATND" in codes(t) for t in p.get("type", ()))]
    found: list[str] = []
    for entry in attending or entries:
        individual = entry.get("individual", {})
        found += [individual["display"]] if individual.get("display") else []
        person = scope.chart.by_reference.get(individual.get("reference", ""), {})
        for name in person.get("name", ()):
            found += [n for n in (name.get("text"), name.get("family")) if n]
    return found


def visit_fields(scope: Scope) -> Iterable[Expected]:
    if scope.start:
        yield Expected("visit_date", "", dated([scope.start]))
    kinds = [w for t in scope.encounter.get("type", ()) for w in wordings(t)]
    place = scope.encounter.get("class", {})
    if kinds or place:
        visit_class = {"AMB": ["门诊", "ambulatory", "outpatient"], "EMER": ["急诊", "emergency"]}
        kinds = kinds or visit_class.get(place.get("code", ""), [place.get("code", "")])
        yield Expected("visit_type", "", any_named([kinds]))


def reason(scope: Scope) -> Iterable[Expected]:
    given = [wordings(c) for c in scope.encounter.get("reasonCode", ())]
    own = [c for c in scope.chart.of("Condition") if scope.chart.belongs(c, scope.encounter)]
    given = [g for g in given if g] or [wordings(c.get("code")) for c in own]
    if given:
        yield Expected("reason_for_encounter", "", any_named(given))


def encounter_diagnoses(scope: Scope) -> list[Resource]:
    return [
        c
        for c in scope.known("Condition")
        if "refuted" not in codes(c.get("verificationStatus", {}))
        and (
            scope.chart.belongs(c, scope.encounter)
            or codes(c.get("clinicalStatus", {})) & {"active", "recurrence", "relapse"}
        )
    ]


def diagnoses(scope: Scope) -> Iterable[Expected]:
    found = [c for c in encounter_diagnoses(scope) if wordings(c.get("code"))]
    if found:
        own = [c for c in found if scope.chart.belongs(c, scope.encounter)]
        wanted = tuple(wordings(c["code"]) for c in own)
        yield Expected("diagnoses", "", any_named([wordings(c["code"]) for c in found]), wanted)


def past_history(scope: Scope) -> Iterable[Expected]:
    earlier = [
        c
        for c in scope.known("Condition")
        if not scope.chart.belongs(c, scope.encounter)
        and "refuted" not in codes(c.get("verificationStatus", {}))
        and wordings(c.get("code"))
    ]
    if earlier:
        yield Expected("past_history", "", any_named([wordings(c["code"]) for c in earlier]))


def allergies(scope: Scope) -> Iterable[Expected]:
    found = [a for a in scope.known("AllergyIntolerance") if wordings(a.get("code"))]
    if found:
        wanted = tuple(wordings(a["code"]) for a in found)
        yield Expected("allergies", "", any_named([wordings(a["code"]) for a in found]), wanted)


def procedures(scope: Scope) -> Iterable[Expected]:
    found = [p for p in scope.known("Procedure") if scope.within(p) and wordings(p.get("code"))]
    if found:
        wanted = tuple(wordings(p["code"]) for p in found)
        yield Expected("procedures", "", any_named([wordings(p["code"]) for p in found]), wanted)


def medications(scope: Scope, document_type: str) -> Iterable[Expected]:
    every = [
        m
        for m in scope.known("MedicationRequest", "MedicationStatement")
        if drug_wordings(scope, m)
    ]
    own = [m for m in every if scope.chart.belongs(m, scope.encounter)]
    running = [m for m in every if m.get("status") in {"active", "on-hold", "recorded"}]
    if document_type == "admission_record":
        name = "medications_on_admission"
        # Asked of the patient at admission, or ordered before it and still running.
        found = [m for m in own if m["resourceType"] == "MedicationStatement"]
        found += [m for m in running if m not in own and instant(when(m)) < instant(scope.start)]
    else:
        discharge = document_type == "discharge_summary"
        name = "medications_at_discharge" if discharge else "current_medications"
        found = own + [m for m in running if m not in own]
    if found:
        yield Expected(name, "", any_named([drug_wordings(scope, m) for m in found]))


def drug_wordings(scope: Scope, medication: Resource) -> list[str]:
    given = wordings(medication.get("medicationCodeableConcept"))
    reference = medication.get("medicationReference", {})
    target = scope.chart.by_reference.get(reference.get("reference", ""), {})
    return (
        given
        + wordings(target.get("code"))
        + ([reference["display"]] if "display" in reference else [])
    )


def latest(observations: Sequence[Resource]) -> list[Resource]:
    """The latest observation, with those of the very same time."""
    if not observations:
        return []
    last = max(instant(when(o)) for o in observations)
    return [o for o in observations if instant(when(o)) == last]


def vital_signs(scope: Scope) -> Iterable[Expected]:
    for name, loinc in VITAL_CODES.items():
        own = [
            o
            for o in scope.chart.of("Observation")
            if codes(o.get("code")) & loinc and scope.within(o) and measured(o)
        ]
        if own:
            yield Expected(name, "", shows_values([measured(o) for o in latest(own)]))


def measured(observation: Resource) -> list[Decimal]:
    parts = [observation, *observation.get("component", ())]
    return [
        Decimal(str(p["valueQuantity"]["value"]))
        for p in parts
        if "value" in p.get("valueQuantity", {})
    ]


def shows_values(alternatives: list[list[Decimal]]) -> Callable[[list[str], str], str | None]:
    def check(texts: list[str], language: str) -> str | None:
        for values in alternatives:
            if any(all(shows(t, v) for v in values) for t in texts):
                return None
        return f"shows none of {alternatives}"

    return check


def laboratory(scope: Scope) -> Iterable[Expected]:
    analytes: dict[str, list[Resource]] = {}
    for observation in scope.known("Observation"):
        categories = {c for k in observation.get("category", ()) for c in codes(k)}
        if "laboratory" in categories and answer_of(observation) is not None:
            loinc = [
                c["code"]
                for c in observation["code"].get("coding", ())
                if "loinc" in c.get("system", "") and c.get("code")
            ]
            key = loinc[0] if loinc else wordings(observation["code"])[0]
            analytes.setdefault(key, []).append(observation)
    for key, observations in analytes.items():
        yield Expected("laboratory", key, shows_result(key, observations))


def answer_of(observation: Resource) -> Decimal | str | None:
    if "value" in observation.get("valueQuantity", {}):
        return Decimal(str(observation["valueQuantity"]["value"]))
    text = observation.get("valueString") or observation.get("valueCodeableConcept")
    return text if isinstance(text, str) or text is None else wordings(text)[0]


def shows_result(key: str, observations: list[Resource]) -> Callable[[list[str], str], str | None]:
    named = [w for o in observations for w in wordings(o["code"])] + [key]
    answers = [answer_of(o) for o in latest(observations)]

    def right(text: str) -> bool:
        return any(
            shows(text, a) if isinstance(a, Decimal) else names(text, [str(a)])
            for a in answers
            if a is not None
        )

    def check(texts: list[str], language: str) -> str | None:
        pieces = [p for t in texts for p in re.split(r"[\n;；]", t)]
        ours = [p for p in pieces if any(n.lower() in p.lower() for n in named)]
        if any(right(p) for p in ours):
            return None
        return f"{key}: {answers} not shown" if ours else f"{key}: not named"

    return check


def imaging(scope: Scope) -> Iterable[Expected]:
    found = scope.known("ImagingStudy")
    for report in scope.known("DiagnosticReport"):
        if {c for k in report.get("category", ()) for c in codes(k)} & IMAGING_CATEGORIES:
            found.append(report)
    if found:
        dates = [d for r in found if (d := when(r))]

        def check(texts: list[str], language: str) -> str | None:
            stray = [t for t in texts for d in stray_dates(t, dates)]
            return "a date that no study has" if stray else None

        yield Expected("imaging", "", check)


def stray_dates(text: str, allowed: Iterable[str]) -> list[str]:
    shown = ["-".join(m) for m in ISO_DATE.findall(text)]
    shown += [f"{y}-{int(m):02d}-{int(d):02d}" for y, m, d in CHINESE_DATE.findall(text)]
    right = {d[:10] for d in allowed}
    return [d for d in shown if d not in right]


def histories(scope: Scope) -> Iterable[Expected]:
    vaccines = [wordings(i.get("vaccineCode")) for i in scope.known("Immunization")]
    if any(vaccines):
        yield Expected("immunisations", "", any_named([v for v in vaccines if v]))
    family = [
        wordings(c.get("code")) + wordings(f.get("relationship"))
        for f in scope.chart.of("FamilyMemberHistory")
        for c in f.get("condition", ({},))
    ]
    if family:
        yield Expected("family_history", "", any_named(family))
    tobacco = [o for o in scope.known("Observation") if codes(o.get("code")) & TOBACCO]
    if tobacco:
        answers = [
            [str(answer_of(o)), *wordings(o.get("valueCodeableConcept", {}))]
            for o in latest(tobacco)
        ]
        yield Expected("social_history", "", any_named(answers))


def plans(scope: Scope) -> Iterable[Expected]:
    running = []
    for plan in scope.known("CarePlan"):
        end = plan.get("period", {}).get("end")
        open_then = not end or not scope.start or instant(end) >= instant(scope.start)
        if scope.chart.belongs(plan, scope.encounter) or (
            open_then and plan.get("status") in {"active", "completed", "on-hold"}
        ):
            running.append(plan)
    texts = [plan_wordings(p) for p in running]
    if any(texts):
        yield Expected("care_plan", "", any_named([t for t in texts if t]))
    ahead = [
        a for a in scope.chart.of("Appointment") if instant(a.get("start")) >= instant(scope.start)
    ]
    orders = [
        s
        for s in scope.chart.of("ServiceRequest")
        if scope.chart.belongs(s, scope.encounter) and s.get("status") in OPEN_ORDER
    ]
    follow = [appointment_wordings(a) for a in ahead]
    follow += [wordings(s.get("code")) for s in orders]
    if any(follow):
        yield Expected("follow_up", "", any_named([f for f in follow if f]))


def appointment_wordings(appointment: Resource) -> list[str]:
    found = [w for t in appointment.get("serviceType", ()) for w in wordings(t)]
    return [*found, *(t for t in (appointment.get("description"),) if t), appointment["start"][:10]]


def plan_wordings(plan: Resource) -> list[str]:
    found = [w for c in plan.get("category", ()) for w in wordings(c)]
    found += [t for t in (plan.get("title"), plan.get("description")) if t]
    for activity in plan.get("activity", ()):
        detail = activity.get("detail", {})
        found += wordings(detail.get("code")) + [d for d in (detail.get("description"),) if d]
    return found


# --- judging ----------------------------------------------------------------------------------

SOURCE_TYPES = {
    "allergies": ("AllergyIntolerance",),
    "diagnoses": ("Condition",),
    "past_history": ("Condition",),
    "procedures": ("Procedure",),
    "medications_at_discharge": ("MedicationRequest", "MedicationStatement"),
    "medications_on_admission": ("MedicationRequest", "MedicationStatement"),
    "current_medications": ("MedicationRequest", "MedicationStatement"),
    "imaging": ("ImagingStudy", "DiagnosticReport"),
    "immunisations": ("Immunization",),
    "family_history": ("FamilyMemberHistory",),
    "care_plan": ("CarePlan",),
    "follow_up": ("Appointment", "ServiceRequest"),
}


def judge(document: Mapping[str, Any], chart: Chart) -> Judgement:
    """Counts filled fields of a document by the oracle's own expectations."""
    language = document["language"]
    shown = [f for s in document["sections"] for f in s["fields"]]
    verdict = Judgement()
    every = expected_fields(chart, document["document_type"])
    verdict.names = len({e.field for e in every})
    for expected in every:
        verdict.total += 1
        texts = [text_of(f) for f in shown if is_field(f, expected.field) and f["value"]]
        name = f"{expected.field} {expected.item}".strip()
        if not texts:
            verdict.missed.append(name)
            continue
        complaint = expected.check(texts, language)
        if complaint is None:
            verdict.filled += 1
        elif complaint.endswith("not named"):
            verdict.missed.append(name)
        else:
            verdict.wrong.append(f"{name}: {complaint}; shown: {texts[:3]}")
        verdict.items_wanted += len(expected.wanted)
        verdict.items_named += sum(any(names(t, w) for t in texts) for w in expected.wanted)
    verdict.invented = invented_fields(shown, chart)
    return verdict


def invented_fields(shown: Sequence[Mapping[str, Any]], chart: Chart) -> list[str]:
    """Filled fields for which the whole record holds no source of any age."""
    found = []
    for entry in shown:
        if not entry["value"]:
            continue
        for name, types in SOURCE_TYPES.items():
            if is_field(entry, name) and not chart.of(*types):
                found.append(name)
        for name, loinc in VITAL_CODES.items():
            measured_ever = any(codes(o.get("code")) & loinc for o in chart.of("Observation"))
            if is_field(entry, name) and not measured_ever:
                found.append(name)
    return found


def is_field(entry: Mapping[str, Any], name: str) -> bool:
    """``laboratory`` is also ``laboratory.2160-0``; ``pulse`` is also ``vital_signs.pulse``."""
    parts = re.split(r"[.:/]", entry["name"])
    return entry["name"] == name or name in (parts[0], parts[-1])


def text_of(entry: Mapping[str, Any]) -> str:
    """Label, code in the name, and value of a field, as one text."""
    suffix = re.split(r"[.:/]", entry["name"], maxsplit=1)[1:]
    labels = [entry.get("label_zh") or "", entry.get("label_en") or ""] if suffix else []
    return " ".join([*suffix, *labels, str(entry["value"])]).strip()
